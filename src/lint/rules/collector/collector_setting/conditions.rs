//! Conditions and statements whose brackets do not close, or that are cut off.

use crate::diagnostic::Level;
use crate::lint::rule::Section;
use crate::source::Node;
use crate::source::node::Scalar;

/// Conditions and statements in OTTL: strings and brackets that do not close, one `=` where two are meant.
pub(super) fn conditions(node: &Node, key: &str, report: &mut Section<'_>) {
    if let Some(text) = node.as_scalar().map(Scalar::text).filter(|_| !key.is_empty() && key != "error_mode") {
        if let Some(message) = ottl(text) {
            report.add(Level::Error, node, key, format!("{}: {message}", node.describe()), "correct the condition");
        }
        return;
    }
    for (name, _, value) in node.entries() {
        // Matching by lists of names is no OTTL.
        let own = name == "spans" && !value.entries().any(|(_, _, one)| one.get("conditions").is_some());
        if !own && !matches!(name, "include" | "exclude" | "error_mode" | "context" | "description" | "attributes" | "source_attribute") {
            conditions(value, name, report);
        }
    }
    for item in node.items() {
        conditions(item, key, report);
    }
}

/// What is wrong with an expression of OTTL, as far as its brackets and operators say.
fn ottl(text: &str) -> Option<&'static str> {
    let (mut open, mut quoted, mut escaped) = (Vec::new(), false, false);
    let bytes = text.as_bytes();
    for (index, byte) in bytes.iter().enumerate() {
        match byte {
            b'"' if !escaped => quoted = !quoted,
            _ if quoted => {}
            b'(' | b'[' | b'{' => open.push(*byte),
            b')' | b']' | b'}' => {
                let pair = matches!((open.pop(), byte), (Some(b'('), b')') | (Some(b'['), b']') | (Some(b'{'), b'}'));
                if !pair {
                    return Some("a bracket closes that was not opened");
                }
            }
            b'=' => {
                let before = index.checked_sub(1).map(|at| bytes[at]);
                let named = matches!(before, Some(b'=' | b'!' | b'<' | b'>')) || bytes.get(index + 1) == Some(&b'=');
                // Inside of a call an argument may be named.
                if !named && !open.contains(&b'(') {
                    return Some("one `=` compares nothing; write `==`");
                }
            }
            _ => {}
        }
        escaped = *byte == b'\\' && !escaped;
    }
    if quoted {
        return Some("a string does not end");
    }
    (!open.is_empty()).then_some("a bracket does not close")
}
