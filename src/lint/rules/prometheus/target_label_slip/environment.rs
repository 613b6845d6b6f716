//! Environments that a host is called after, and those that it is labelled with.

use super::Report;
use crate::formats::prometheus::Job;
use crate::lint::words::environments::{LABELS, of_word};
use crate::lint::words::hosts::host;
use crate::source::Node;

/// Targets of hosts that are called after one environment, as `web-stg-1`, and are labelled as those of another.
pub(super) fn other(job: &Job<'_>, report: &mut Report<'_>) {
    for group in &job.targets.groups {
        let labels = group.get("labels").into_iter().flat_map(Node::entries).filter(|(name, ..)| LABELS.contains(name));
        for (name, _, value) in labels {
            let Some((said, own)) = value.as_str().and_then(|text| Some((text, of_word(text)?))) else { continue };
            let targets = group.get("targets").into_iter().flat_map(Node::items).filter_map(Node::as_str);
            let odd = targets.filter_map(|target| Some((target, of_host(host(target))?))).find(|(_, other)| *other != own);
            if let Some((target, _)) = odd {
                let message = format!("`{name}` is `{said}`, and `{target}` is called after another environment");
                report(value, message, "correct the label, or the target".to_owned());
            }
        }
    }
}

/// The environment that a host is called after, where that is one; the last part of a domain is none.
fn of_host(host: &str) -> Option<usize> {
    let parts = host.rsplit_once('.').map_or(host, |(parts, _)| parts);
    let mut found = parts.split(|c: char| !c.is_ascii_alphabetic()).filter_map(of_word);
    let first = found.next()?;
    found.all(|other| other == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::of_host;

    #[test]
    fn hosts_are_called_after_environments() {
        assert_eq!(of_host("web-stg-1.example.com"), Some(1));
        assert_eq!(of_host("prod.example.com"), of_host("live2.example.com"));
        assert_eq!(of_host("latest.example.dev"), None);
        assert_eq!(of_host("prod-to-test.example.com"), None);
    }
}
