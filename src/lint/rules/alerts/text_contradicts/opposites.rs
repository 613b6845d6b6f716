//! Names and texts that speak of the opposite of what is measured: writes where reads are counted.

use std::ops::Deref;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::lint::inference::value::principal;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::constant;
use crate::promql::Expr;
use crate::promql::ast::{BinaryOp, ExprKind};
use crate::promql::walk::{selectors, without_parens};

/// Two words for opposites, each with the forms that it comes in. What one side receives the other sends: these are none.
struct Pair(&'static [&'static str], &'static [&'static str]);

const PAIRS: &[Pair] = &[
    Pair(&["read", "reads", "reading"], &["write", "writes", "written", "writing"]),
    Pair(&["receive", "received", "receives", "receiving", "rx"], &["transmit", "transmitted", "transmits", "transmitting", "tx"]),
    Pair(&["upload", "uploads", "uploaded", "uploading"], &["download", "downloads", "downloaded", "downloading"]),
    Pair(&["ingress"], &["egress"]),
    Pair(&["inbound"], &["outbound"]),
];

/// What each of these words has in it: few metrics are called by any.
static STEMS: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasick::new(["read", "writ", "rece", "rx", "transmi", "tx", "load", "gress", "bound"]).ok());

/// What the texts of an alert, in small letters, and its name speak of, where the metrics are of the opposite.
pub(super) fn contrary(texts: &impl Deref<Target = String>, name: &str, expr: &Expr) -> Option<String> {
    let found = selectors(expr);
    let speaks = |name: &str| STEMS.as_ref().is_some_and(|stems| stems.is_match(name));
    if !found.iter().filter_map(|found| found.selector.metric_name()).any(speaks) {
        return None;
    }
    let measured: Vec<&str> =
        found.iter().filter_map(|found| found.selector.metric_name()).flat_map(|name| name.split(['_', ':'])).collect();
    let values = || found.iter().flat_map(|found| &found.selector.matchers).map(|matcher| matcher.value.to_lowercase());
    for Pair(one, other) in PAIRS {
        for (own, contrary) in [(one, other), (other, one)] {
            // What is read only takes no writes.
            let Some(metric) = measured.iter().find(|word| own.contains(word)).filter(|_| !measured.contains(&"only")) else { continue };
            if measured.iter().any(|word| contrary.contains(word)) || values().any(|value| contrary.iter().any(|word| value.contains(word)))
            {
                continue;
            }
            let words = || texts.split(|c: char| !c.is_ascii_alphabetic());
            let mut named = parts(name).chain(words().map(str::to_owned));
            let said = named.find(|word| contrary.contains(&word.as_str()));
            if let Some(said) = said.filter(|_| !words().any(|word| own.contains(&word))) {
                return Some(format!("this speaks of `{said}`, and the expression measures `{metric}`"));
            }
        }
    }
    None
}

/// Words for what is in use, of a recorded share and of texts.
const IN_USE: &[&str] = &["busy", "used", "utilization", "utilisation", "saturation", "saturated", "full"];
/// Words of who speaks of the rest.
const REST: &[&str] = &["idle", "free", "left", "remain", "availab", "unused", "spare", "headroom"];

/// What the texts of an alert say is in use, where the condition takes the rest of a share that is named so: `1 - …busy:ratio > 0.9`.
pub(super) fn complement(texts: &impl Deref<Target = String>, expr: &Expr) -> Option<String> {
    let Comparison { side, op, number, .. } = Comparison::of(principal(expr))?;
    let ExprKind::Binary(rest) = &without_parens(side).kind else { return None };
    let whole = constant(&rest.left).filter(|whole| rest.op == BinaryOp::Sub && [1.0, 100.0].contains(whole))?;
    let ExprKind::Selector(selector) = &without_parens(&rest.right).kind else { return None };
    let name = selector.metric_name().filter(|_| matches!(op, BinaryOp::Greater | BinaryOp::GreaterEqual) && number >= whole / 2.0)?;
    let own = name.split(['_', ':']).find(|word| IN_USE.contains(word))?;
    let says = |word: &&&str| texts.split(|c: char| !c.is_ascii_alphabetic()).any(|said| said == **word);
    let said = IN_USE.iter().find(says).filter(|_| !REST.iter().any(|word| texts.contains(word)))?;
    Some(format!("this speaks of what is `{said}`, and the condition takes what is left of `{own}`"))
}

/// The words of a name such as `DiskWritesSlow`, in small letters.
pub(super) fn parts(name: &str) -> impl Iterator<Item = String> + '_ {
    let starts: Vec<usize> = name.char_indices().filter(|(_, c)| c.is_ascii_uppercase()).map(|(at, _)| at).collect();
    let ends: Vec<usize> = starts.iter().skip(1).copied().chain([name.len()]).collect();
    starts.into_iter().zip(ends).map(|(start, end)| name[start..end].to_lowercase())
}
