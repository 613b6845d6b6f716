//! Values of labels: which can occur, which a matcher takes, and an example of each.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use regex::Regex;
use regex_syntax::hir::{Class, Hir, HirKind};

use crate::manifest::metrics::LabelRole;

/// What is declared about a label's values.
#[derive(Clone, Debug)]
pub enum Values {
    /// These, and no others.
    Listed(Vec<String>),
    /// Those that match an anchored regular expression; its text is kept for messages.
    Pattern {
        /// The expression as written.
        text: String,
        /// The expression, anchored.
        regex: Arc<Regex>,
    },
    /// HTTP statuses, 100 to 599.
    Status,
    /// HTTP methods.
    Method,
    /// Nothing is declared.
    Any,
}

static METHODS: [&str; 9] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT", "TRACE"];

/// Statuses in the order in which they make good examples.
const STATUSES: [u16; 24] =
    [200, 201, 204, 206, 301, 302, 304, 400, 401, 403, 404, 409, 410, 422, 429, 499, 500, 501, 502, 503, 504, 505, 507, 599];

/// An anchored regular expression, or why it is none.
///
/// The services of a fleet mean the same few patterns: to compile one takes longer than to read a manifest's section, and what a
/// search needs is as large as a service's alerts.
pub fn anchored(text: &str) -> Result<Arc<Regex>, String> {
    COMPILED.with_borrow_mut(|compiled| {
        if let Some(known) = compiled.get(text) {
            return known.clone();
        }
        let fresh = compile(text).map(Arc::new);
        if compiled.len() < 512 {
            compiled.insert(text.to_owned(), fresh.clone());
        }
        fresh
    })
}

thread_local! {
    static COMPILED: RefCell<HashMap<String, Result<Arc<Regex>, String>>> = RefCell::default();
}

fn compile(text: &str) -> Result<Regex, String> {
    Regex::new(&format!("^(?s:{text})$")).map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "the regular expression is too large".to_owned(),
        _ => format!("`{}` is not a regular expression", crate::manifest::scalars::shorten(text)),
    })
}

impl Values {
    /// What a role says where nothing else does.
    pub fn of_role(role: Option<LabelRole>) -> Self {
        match role {
            Some(LabelRole::HttpStatus) => Self::Status,
            Some(LabelRole::Method) => Self::Method,
            Some(LabelRole::HttpRoute) | None => Self::Any,
        }
    }

    /// Every value worth trying, the plainest first; made one by one, for mostly the first will do.
    fn candidates(&self) -> Box<dyn Iterator<Item = String> + '_> {
        let words = |list: &'static [&'static str]| list.iter().map(|&word| word.to_owned());
        match self {
            Self::Listed(values) => Box::new(values.iter().cloned()),
            Self::Status => {
                let rest = (100..600).filter(|s| !STATUSES.contains(s));
                Box::new(STATUSES.into_iter().chain(rest).map(|s| s.to_string()))
            }
            Self::Method => Box::new(words(&METHODS)),
            Self::Pattern { text, .. } => Box::new(examples(text).into_iter()),
            Self::Any => Box::new(words(&["ok", "good", "/", "a", "b", "200"])),
        }
    }

    /// Whether a value can occur at all.
    pub fn allow(&self, value: &str) -> bool {
        match self {
            Self::Listed(values) => values.iter().any(|v| v == value),
            Self::Status => value.parse::<u16>().is_ok_and(|s| (100..600).contains(&s)),
            Self::Pattern { regex, .. } => regex.is_match(value),
            Self::Method | Self::Any => true,
        }
    }

    /// Up to `count` values that can occur and that the matcher takes.
    pub fn taken_by(&self, text: &str, regex: &Regex, count: usize) -> Vec<String> {
        self.chosen(text, count, |value| regex.is_match(value))
    }

    /// Up to `count` values that can occur and that the matcher does not take.
    pub fn left_by(&self, text: &str, regex: &Regex, count: usize) -> Vec<String> {
        self.chosen(text, count, |value| !regex.is_match(value))
    }

    /// Values that can occur, where no matcher is given.
    pub fn some(&self, count: usize) -> Vec<String> {
        self.candidates().filter(|v| self.allow(v)).take(count).collect()
    }

    fn chosen(&self, text: &str, count: usize, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let made_up = if self.closed() { Vec::new() } else { examples(text) };
        let mut chosen: Vec<String> = Vec::new();
        for value in self.candidates().chain(made_up) {
            if chosen.len() == count {
                break;
            }
            if wanted(&value) && self.allow(&value) && !chosen.contains(&value) {
                chosen.push(value);
            }
        }
        chosen
    }

    /// Whether these are all the values that there are.
    pub fn closed(&self) -> bool {
        matches!(self, Self::Listed(_) | Self::Status)
    }
}

/// A few texts that match a regular expression: one for each alternative at its top.
fn examples(text: &str) -> Vec<String> {
    let Ok(hir) = regex_syntax::parse(text) else { return Vec::new() };
    match hir.kind() {
        HirKind::Alternation(all) => all.iter().filter_map(example).collect(),
        _ => example(&hir).into_iter().collect(),
    }
}

/// The shortest, plainest text that a regular expression matches.
fn example(hir: &Hir) -> Option<String> {
    Some(match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => String::new(),
        HirKind::Literal(literal) => std::str::from_utf8(&literal.0).ok()?.to_owned(),
        HirKind::Class(class) => match class {
            Class::Unicode(ranges) => {
                let plain = |c: &char| c.is_ascii_alphanumeric();
                let starts = || ranges.iter().flat_map(|r| [r.start(), r.end()]);
                let preferred = ['a', '0', 'A'].into_iter().find(|c| ranges.iter().any(|r| (r.start()..=r.end()).contains(c)));
                preferred.or_else(|| starts().find(plain)).or_else(|| starts().next())?.to_string()
            }
            Class::Bytes(ranges) => char::from(ranges.iter().next()?.start()).to_string(),
        },
        HirKind::Repetition(repetition) => example(&repetition.sub)?.repeat(usize::try_from(repetition.min.clamp(1, 1000)).ok()?),
        HirKind::Capture(capture) => example(&capture.sub)?,
        HirKind::Concat(all) => all.iter().map(example).collect::<Option<String>>()?,
        HirKind::Alternation(all) => example(all.first()?)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_matches_its_expression() {
        for text in ["5..", "/.*", "a|b", "[a-f0-9]{8}", "(?i)error", "x+y*", "[^a]b"] {
            let regex = anchored(text).expect("a regular expression");
            for example in examples(text) {
                assert!(regex.is_match(&example), "{example:?} for {text}");
            }
        }
    }

    #[test]
    fn statuses_are_split_by_a_matcher() {
        let regex = anchored("5..").expect("a regular expression");
        assert_eq!(Values::Status.taken_by("5..", &regex, 3), ["500", "501", "502"]);
        assert_eq!(Values::Status.left_by("5..", &regex, 1), ["200"]);
    }
}
