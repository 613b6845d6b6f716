//! Regular expressions that match the whole of a text, as Prometheus and Alertmanager anchor them.

use std::cell::RefCell;
use std::rc::Rc;

use foldhash::HashMap;

use regex::{Regex, RegexBuilder};

/// So many are remembered on each thread.
pub const REMEMBERED: usize = 512;

thread_local! {
    /// The same few patterns are compared with the same few names again and again.
    static COMPILED: RefCell<HashMap<String, Option<Rc<Regex>>>> = RefCell::default();
}

/// An anchored pattern; `None` where it cannot be compiled here.
pub fn anchored(pattern: &str) -> Option<Rc<Regex>> {
    COMPILED.with_borrow_mut(|compiled| {
        if let Some(known) = compiled.get(pattern) {
            return known.clone();
        }
        if compiled.len() >= REMEMBERED {
            compiled.clear();
        }
        let regex = RegexBuilder::new(&format!("^(?s:{pattern})$")).size_limit(1 << 20).build().ok().map(Rc::new);
        compiled.insert(pattern.to_owned(), regex.clone());
        regex
    })
}

/// Whether a pattern is the one text that it matches.
pub fn is_plain(pattern: &str) -> bool {
    pattern.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b':' | b'/'))
}

/// Whether a pattern matches the whole of a text; `None` where it cannot be compiled here.
pub fn full_match(pattern: &str, text: &str) -> Option<bool> {
    if is_plain(pattern) {
        return Some(pattern == text);
    }
    anchored(pattern).map(|regex| regex.is_match(text))
}
