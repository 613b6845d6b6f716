//! Lines as Kubernetes gives them with `?verbose`: `[+]etcd ok`, `[-]etcd failed: reason withheld`.

use super::body::{Health, Part};
use super::state::State;

pub(super) fn read(text: &str) -> Option<Health> {
    let parts: Vec<Part> = text.lines().filter_map(part).collect();
    if parts.is_empty() {
        return None;
    }
    let overall = parts.iter().map(|part| part.state).max().map(|state| (state, last_line(text)));
    Some(Health { overall, parts })
}

fn part(line: &str) -> Option<Part> {
    let (state, rest) = match line.trim().split_at_checked(3)? {
        ("[+]", rest) => (State::Pass, rest),
        ("[-]", rest) => (State::Fail, rest),
        _ => return None,
    };
    let (name, rest) = rest.trim().split_once(' ').unwrap_or((rest.trim(), ""));
    let (word, detail) = rest.split_once(':').map_or((rest, None), |(word, detail)| (word, Some(detail.trim().to_owned())));
    (!name.is_empty()).then(|| Part { name: name.to_owned(), state, word: word.trim().to_owned(), detail })
}

fn last_line(text: &str) -> String {
    text.trim_end().lines().last().unwrap_or_default().trim().to_owned()
}
