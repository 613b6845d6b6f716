//! Words that a panel shows for values.

use super::colours::unknown;
use super::{Add, META, is_broken, is_well};
use crate::diagnostic::Diagnostic;
use crate::formats::dashboard::Panel;
use crate::lint::query::Query;
use crate::promql::ast::{AggregateOp, ExprKind};
use crate::promql::walk::without_parens;
use crate::source::Node;

/// Whether all that a panel shows are the numbers of series.
fn is_of_numbers(panel: &Panel<'_>) -> bool {
    let of_series = |target: &crate::formats::dashboard::Target<'_>| {
        target.expr.is_some() && target.node.get("format").is_none_or(|format| format.as_str() == Some("time_series"))
    };
    !panel.targets.is_empty() && panel.targets.iter().all(of_series) && panel.node.get("transformations").is_none()
}

/// Words for values.
pub(super) fn mappings(panel: &Panel<'_>, defaults: &Node, add: &mut Add<'_>) {
    let path = "fieldConfig.defaults.mappings";
    let of_numbers = is_of_numbers(panel);
    for mapping in defaults.items_of("mappings") {
        let Some((node, kind)) = mapping.get_str("type") else { continue };
        let Some(options) = mapping.get("options") else { continue };
        let shown = options.entries().map(|(_, _, shown)| shown).chain(options.get("result"));
        shown.for_each(|shown| unknown(shown.get("color"), path, add));
        match kind {
            "value" => {
                let words = options.entries().map(|(value, key, _)| (value, key)).find(|(value, _)| matches!(*value, "up" | "down"));
                if let Some((value, key)) =
                    words.filter(|_| options.entries().all(|(value, ..)| value.parse::<f64>().is_err()) && of_numbers)
                {
                    add(key, path, format!("what Prometheus returns are numbers, and none is `{value}`"), "write 1 and 0");
                }
                let mut all = options.entries().map(|(value, key, _)| (value, key)).peekable();
                let first = all.peek().map(|(_, key)| *key);
                let is_word = |value: &str| matches!(value, "true" | "false");
                let of_words = first.is_some() && all.all(|(value, _)| is_word(value));
                let one_word = options.entries().find(|(value, ..)| of_numbers && is_word(value)).map(|(_, key, _)| key);
                if let Some(key) = one_word.or(first.filter(|_| of_words)) {
                    add(key, path, "what Prometheus returns are numbers, and none is `true` or `false`".to_owned(), "write 1 and 0");
                }
            }
            "range" => {
                let number = |key: &str| options.get(key).and_then(|node| Some((node, node.as_f64()?)));
                if let (Some((from, least)), Some((_, most))) = (number("from"), number("to"))
                    && least > most
                {
                    add(from, path, format!("no number is above {} and below {most}", from.describe()), "swap the two");
                }
            }
            "regex" => {
                let pattern = options.get_str("pattern");
                if let Some((node, _)) = pattern.filter(|(_, text)| is_broken(text)) {
                    add(node, path, format!("{} is no regular expression", node.describe()), "correct it");
                }
            }
            "special" => {
                let wanted = options.get_str("match");
                if let Some((node, _)) =
                    wanted.filter(|(_, text)| !matches!(*text, "true" | "false" | "null" | "nan" | "null+nan" | "empty"))
                {
                    add(node, path, format!("no special value is called {}", node.describe()), "use `null`, `nan`, `null+nan` or `empty`");
                }
            }
            _ => add(node, path, format!("there is no mapping of type {}", node.describe()), "use `value`, `range`, `regex` or `special`"),
        }
    }
}

/// Words for 0 and 1 that say the contrary, or that sums have, too.
pub(super) fn states(query: &Query<'_>, found: &mut Vec<Diagnostic>) {
    let (Some(panel), Some(expr)) = (query.panel(), query.expr.as_ref()) else { return };
    let Some(defaults) = panel.node.get("fieldConfig").and_then(|config| config.get("defaults")) else { return };
    let mappings: Vec<&Node> = defaults.items_of("mappings").collect();
    let [only] = mappings.as_slice() else { return };
    let Some(options) = only.get("options").filter(|_| only.get("type").and_then(Node::as_str) == Some("value")) else { return };
    let path = || format!("{}.fieldConfig.defaults.mappings", panel.path);
    let shown =
        |value: &str| options.get(value).and_then(|shown| shown.get("text")).and_then(|node| Some((node, node.as_str()?.to_lowercase())));
    let is_bad = |text: &str| {
        matches!(
            text,
            "down" | "failed" | "failing" | "fails" | "fail" | "broken" | "unreachable" | "error" | "unhealthy" | "offline" | "not ready"
        )
    };
    let is_good = |text: &str| {
        matches!(text, "up" | "ok" | "works" | "working" | "alive" | "reachable" | "healthy" | "online" | "passing" | "passed" | "ready")
    };
    let wrong = shown("1").filter(|(_, text)| is_bad(text)).or_else(|| shown("0").filter(|(_, text)| is_good(text)));
    if let Some((node, _)) = wrong.filter(|_| is_well(expr)) {
        let finding = META.finding(node.span, format!("1 is how it stands while all is well, and {} says the contrary", node.describe()));
        found.push(finding.path(path()).related(query.node.span, "the query").help("swap the two"));
    }
    let of_sum = matches!(&without_parens(expr).kind, ExprKind::Aggregate(of) if of.op == AggregateOp::Sum && of.grouping.is_none() && is_well(&of.expr));
    let mut values: Vec<&str> = options.entries().map(|(value, ..)| value).collect();
    values.sort_unstable();
    if of_sum && values == ["0", "1"] {
        let finding =
            META.finding(query.node.span, "this counts all that is up, and the panel has words for 0 and 1 alone").path(query.path());
        found.push(finding.related(only.span, "the words").help("ask for `min`"));
    }
}
