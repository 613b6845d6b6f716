//! How alike two expressions are: what they are made of, word by word, windows left out.
//!
//! Expressions that are built alike have words of the same kinds in the same order, and can be told apart by the words that
//! differ. Windows are none: siblings and panels look back over others by design.

use std::ops::Range;

use crate::lint::query::Query;
use crate::promql::ast::{Binary, DurationExpr, Expr, ExprKind, Grouping, Name, Selector};
use crate::promql::duration::parse_duration;

/// What a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// An aggregation, such as `sum`.
    Aggregation,
    /// `by (…)` or `without (…)`.
    Grouping,
    /// A function.
    Function,
    /// An operator, with `bool` where it has one.
    Operator,
    /// `on (…)`, `ignoring (…)`, `group_left (…)`.
    Matching,
    /// The name of a metric, without a window at its end.
    Metric,
    /// All matchers of a selector.
    Matchers,
    /// A number or a text.
    Constant,
    /// A shift in time.
    Shift,
}

/// A word of an expression.
#[derive(Clone, Debug)]
pub struct Word {
    /// What it is.
    pub part: Part,
    /// How it is written.
    pub text: String,
    /// Where it stands in the expression's text.
    pub range: Range<usize>,
}

impl Word {
    /// Whether a function or aggregation does the same to a window or a group as another, but for its unit.
    pub fn is_akin(&self, other: &Self) -> bool {
        const RATES: &[&str] = &["rate", "irate", "increase"];
        self.text == other.text || (RATES.contains(&self.text.as_str()) && RATES.contains(&other.text.as_str()))
    }
}

/// The words of an expression; matchers of the labels that are passed over are left out.
pub fn words(expr: &Expr, passed_over: &dyn Fn(&str) -> bool) -> Vec<Word> {
    let mut found = Vec::new();
    collect(expr, passed_over, &mut found);
    found
}

/// Where two expressions differ, by the number of the word; `None` where they are built differently.
pub fn differences(one: &[Word], other: &[Word]) -> Option<Vec<usize>> {
    let alike = one.len() == other.len() && one.iter().zip(other).all(|(a, b)| a.part == b.part);
    alike.then(|| one.iter().zip(other).enumerate().filter(|(_, (a, b))| a.text != b.text).map(|(at, _)| at).collect())
}

/// A name without a window at its end: `job:errors:rate5m` and `job:errors:rate1h` are one family.
pub fn without_window(name: &str) -> &str {
    let unit = name.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let digits = unit.trim_end_matches(|c: char| c.is_ascii_digit());
    let is_window = digits.len() < unit.len() && matches!(&name[unit.len()..], "ms" | "s" | "m" | "h" | "d" | "w" | "y");
    if is_window { digits } else { name }
}

/// The window that a recorded name ends with, in milliseconds: `job:errors:rate1h30m` has one of 90 minutes.
pub fn window_of(name: &str) -> Option<i64> {
    let word = name.rsplit(|c: char| !c.is_ascii_alphanumeric()).next()?;
    let starts = word.char_indices().filter(|(at, c)| c.is_ascii_digit() && !word[..*at].ends_with(|c: char| c.is_ascii_digit()));
    starts.map(|(at, _)| at).find_map(|at| parse_duration(&word[at..]).ok())
}

/// Whether a query has variables elsewhere than in windows and matchers.
pub fn is_plain(query: &Query<'_>, words: &[Word]) -> bool {
    // The places of the others hold those of matchers.
    let alone = |part: Part| !matches!(part, Part::Matchers | Part::Shift | Part::Grouping);
    !words.iter().any(|word| alone(word.part) && query.is_variable(&word.range))
}

fn list(labels: &[Name]) -> String {
    let mut labels: Vec<&str> = labels.iter().map(|label| label.text.as_str()).collect();
    labels.sort_unstable();
    labels.join(", ")
}

fn collect(expr: &Expr, passed_over: &dyn Fn(&str) -> bool, found: &mut Vec<Word>) {
    let mut add = |part: Part, text: String, range: &Range<usize>| found.push(Word { part, text, range: range.clone() });
    match &expr.kind {
        ExprKind::Number(number) => add(Part::Constant, number.value.to_string(), &expr.range),
        ExprKind::String(text) => add(Part::Constant, format!("{:?}", String::from_utf8_lossy(text)), &expr.range),
        ExprKind::Selector(selector) => self::selector(selector, &expr.range, passed_over, &mut add),
        ExprKind::Range { selector, selector_range, .. } => self::selector(selector, selector_range, passed_over, &mut add),
        ExprKind::Subquery { expr, offset, .. } => {
            add(Part::Shift, shift(offset.as_ref()), &expr.range);
            collect(expr, passed_over, found);
        }
        ExprKind::Call { function, arguments } => {
            add(Part::Function, function.text.clone(), &function.range);
            for argument in arguments {
                collect(argument, passed_over, found);
            }
        }
        ExprKind::Aggregate(aggregate) => {
            let name = aggregate.op.name();
            let at = expr.range.start..(expr.range.start + name.len()).min(expr.range.end);
            add(Part::Aggregation, name.to_owned(), &at);
            add(Part::Grouping, grouping(aggregate.grouping.as_ref()), &expr.range);
            if let Some(parameter) = &aggregate.parameter {
                collect(parameter, passed_over, found);
            }
            collect(&aggregate.expr, passed_over, found);
        }
        ExprKind::Binary(binary) => {
            let flag = if binary.return_bool { " bool" } else { "" };
            add(Part::Operator, format!("{}{flag}", binary.op.symbol()), &binary.op_range);
            add(Part::Matching, matching(binary), &binary.op_range);
            collect(&binary.left, passed_over, found);
            collect(&binary.right, passed_over, found);
        }
        ExprKind::Unary { negative, expr: inner } => {
            if *negative {
                add(Part::Operator, "-".to_owned(), &expr.range);
            }
            collect(inner, passed_over, found);
        }
        ExprKind::Paren(inner) => collect(inner, passed_over, found),
    }
}

fn shift(offset: Option<&DurationExpr>) -> String {
    offset.map_or_else(|| "no offset".to_owned(), |offset| format!("offset {offset}"))
}

fn grouping(grouping: Option<&Grouping>) -> String {
    match grouping {
        None => "no grouping".to_owned(),
        Some(grouping) => format!("{} ({})", if grouping.without { "without" } else { "by" }, list(&grouping.labels)),
    }
}

fn matching(binary: &Binary) -> String {
    let Some(matching) = binary.matching.as_ref().filter(|m| m.explicit || m.group.is_some()) else { return "no matching".to_owned() };
    let group = match &matching.group {
        None => String::new(),
        Some(group) => format!(" {} ({})", if group.left { "group_left" } else { "group_right" }, list(&group.labels)),
    };
    format!("{} ({}){group}", if matching.on { "on" } else { "ignoring" }, list(&matching.labels))
}

fn selector(
    selector: &Selector,
    range: &Range<usize>,
    passed_over: &dyn Fn(&str) -> bool,
    add: &mut impl FnMut(Part, String, &Range<usize>),
) {
    let name = selector.metric_name().unwrap_or("");
    add(Part::Metric, without_window(name).to_owned(), selector.metric.as_ref().map_or(range, |metric| &metric.range));
    let mut matchers: Vec<String> = selector
        .matchers
        .iter()
        .filter(|matcher| matcher.label.text != "__name__" && !passed_over(&matcher.label.text))
        .map(|matcher| format!("{}{}\"{}\"", matcher.label.text, matcher.op.symbol(), matcher.value))
        .collect();
    matchers.sort_unstable();
    add(Part::Matchers, format!("{{{}}}", matchers.join(",")), range);
    add(Part::Shift, shift(selector.offset.as_ref()), range);
}

#[cfg(test)]
mod tests {
    use super::{Part, differences, window_of, without_window, words};
    use crate::promql::{Options, parse};

    fn differ(one: &str, other: &str) -> Option<Vec<(Part, String, String)>> {
        let words = |text: &str| words(&parse(text, &Options::stock()).expect("valid"), &|label| label == "job");
        let (one, other) = (words(one), words(other));
        let found = differences(&one, &other)?;
        Some(found.into_iter().map(|at| (one[at].part, one[at].text.clone(), other[at].text.clone())).collect())
    }

    #[test]
    fn expressions_are_told_apart_by_their_words() {
        let changed = |part, one: &str, other: &str| Some(vec![(part, one.to_owned(), other.to_owned())]);
        assert_eq!(differ("sum by (b, a) (x{job=\"1\"}) > 1", "(sum by (a, b) (x{job=\"2\"})) > 1"), Some(Vec::new()));
        assert_eq!(differ("rate(x[5m])", "rate(x[1h])"), Some(Vec::new()));
        assert_eq!(differ("sum(x) > 1", "count(x) > 1"), changed(Part::Aggregation, "sum", "count"));
        assert_eq!(differ("x > 1", "x < 1"), changed(Part::Operator, ">", "<"));
        assert_eq!(differ("x{a=\"1\"}", "x{a=~\"1\"}"), changed(Part::Matchers, "{a=\"1\"}", "{a=~\"1\"}"));
        assert_eq!(differ("x and on (a) y", "x and on (b) y"), changed(Part::Matching, "on (a)", "on (b)"));
        assert_eq!(differ("sum(x)", "x"), None);
    }

    #[test]
    fn the_window_of_a_recorded_name_is_at_its_end() {
        for (name, minutes) in [("job:errors:rate5m", Some(5)), ("job:errors:ratio_rate1h30m", Some(90)), ("a:http2rate1h", Some(60))] {
            assert_eq!(window_of(name), minutes.map(|minutes: i64| minutes * 60_000), "{name}");
        }
        for name in ["job:errors:p99", "job:errors:ratio"] {
            assert_eq!(window_of(name), None, "{name}");
        }
    }

    #[test]
    fn a_family_has_one_name_but_for_the_window() {
        assert_eq!(without_window("job:errors:ratio_rate5m"), "job:errors:ratio_rate");
        assert_eq!(without_window("job:errors:rate30d"), "job:errors:rate");
        assert_eq!(without_window("job:errors:p99"), "job:errors:p99");
        assert_eq!(without_window("http_requests_total"), "http_requests_total");
    }
}
