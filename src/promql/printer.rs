//! Trees to text: the shortest usual form, on one line, as Prometheus writes expressions.
//!
//! A parsed tree keeps its parentheses. A built one has none, so they are set where precedence and grouping ask for them:
//! what is printed always reads back as the tree it came from, but for those parentheses.

use std::fmt::{self, Write as _};

use super::ast::{
    Aggregate, At, Binary, BinaryOp, DurationExpr, DurationFunction, DurationKind, Expr, ExprKind, Extend, Group, MatchOp, Matching, Name,
    Number, Selector,
};
use super::duration::format_duration;
use super::strings::quote;
use super::token::{Kind, keyword};

/// How tightly a sign binds its operand; see [`BinaryOp::precedence`].
const SIGN: u8 = 5;
/// How tightly brackets bind, and so what they need to stand behind.
const POSTFIX: u8 = 7;

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        expression(self, &mut text);
        f.write_str(&text)
    }
}

impl fmt::Display for DurationExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        duration(self, &mut text);
        f.write_str(&text)
    }
}

fn expression(expr: &Expr, text: &mut String) {
    match &expr.kind {
        ExprKind::Number(value) => number_literal(value, text),
        ExprKind::String(value) => quote(value, text),
        ExprKind::Selector(value) => {
            selector(value, text);
            extend(value.extend, text);
            modifiers(value.at, value.offset.as_ref(), text);
        }
        ExprKind::Range { selector: value, range, extend: extension, .. } => {
            selector(value, text);
            text.push('[');
            duration(range, text);
            text.push(']');
            extend(*extension, text);
            modifiers(value.at, value.offset.as_ref(), text);
        }
        ExprKind::Subquery { expr, range, step, at, offset } => {
            operand(expr, POSTFIX, text);
            text.push('[');
            duration(range, text);
            text.push(':');
            if let Some(step) = step {
                duration(step, text);
            }
            text.push(']');
            modifiers(*at, offset.as_ref(), text);
        }
        ExprKind::Call { function, arguments } => {
            text.push_str(&function.text);
            text.push('(');
            separated(arguments, text, expression);
            text.push(')');
        }
        ExprKind::Aggregate(value) => aggregate(value, text),
        ExprKind::Binary(value) => binary(value, text),
        ExprKind::Unary { negative, expr } => {
            text.push(if *negative { '-' } else { '+' });
            match expr.kind {
                // A sign right before a number would become part of it: `-(1)` is no literal, `-1` is.
                ExprKind::Number(_) => enclosed(expr, text),
                ExprKind::Unary { .. } => expression(expr, text),
                _ => operand(expr, SIGN + 1, text),
            }
        }
        ExprKind::Paren(inner) => enclosed(inner, text),
    }
}

fn enclosed(expr: &Expr, text: &mut String) {
    text.push('(');
    expression(expr, text);
    text.push(')');
}

fn separated<T>(items: &[T], text: &mut String, write: impl Fn(&T, &mut String)) {
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            text.push_str(", ");
        }
        write(item, text);
    }
}

/// How tightly an expression holds together.
fn strength(expr: &Expr) -> u8 {
    match &expr.kind {
        ExprKind::Binary(binary) => binary.op.precedence(),
        ExprKind::Unary { .. } => SIGN,
        ExprKind::Number(number) if number.value.is_sign_negative() => SIGN,
        _ => POSTFIX,
    }
}

/// Writes an operand that must hold together at least so tightly.
fn operand(expr: &Expr, minimum: u8, text: &mut String) {
    if strength(expr) < minimum { enclosed(expr, text) } else { expression(expr, text) }
}

/// Whether arithmetic written right behind an expression would be read as part of the offset it ends with.
fn ends_in_open_offset(expr: &Expr) -> bool {
    let offset = match &expr.kind {
        ExprKind::Selector(selector) | ExprKind::Range { selector, .. } => &selector.offset,
        ExprKind::Subquery { offset, .. } => offset,
        ExprKind::Binary(binary) => return ends_in_open_offset(&binary.right),
        ExprKind::Unary { expr, .. } => return ends_in_open_offset(expr),
        _ => return false,
    };
    offset.as_ref().is_some_and(|offset| matches!(offset.kind, DurationKind::Binary { .. }))
}

fn binary(binary: &Binary, text: &mut String) {
    let precedence = binary.op.precedence();
    let to_the_right = binary.op == BinaryOp::Pow;
    if precedence >= BinaryOp::Add.precedence() && ends_in_open_offset(&binary.left) {
        enclosed(&binary.left, text);
    } else {
        operand(&binary.left, precedence + u8::from(to_the_right), text);
    }
    text.push(' ');
    text.push_str(binary.op.symbol());
    if binary.return_bool {
        text.push_str(" bool");
    }
    if let Some(value) = &binary.matching {
        matching(value, text);
    }
    text.push(' ');
    // A sign may follow any operator, so only what stands behind it counts.
    let starts_with_sign = strength(&binary.right) == SIGN && !matches!(binary.right.kind, ExprKind::Binary(_));
    let minimum = precedence + u8::from(!to_the_right);
    if starts_with_sign { expression(&binary.right, text) } else { operand(&binary.right, minimum, text) }
}

fn matching(matching: &Matching, text: &mut String) {
    if matching.explicit || matching.on || !matching.labels.is_empty() || matching.group.is_some() {
        text.push_str(if matching.on { " on (" } else { " ignoring (" });
        separated(&matching.labels, text, label);
        text.push(')');
    }
    if let Some(Group { left, labels }) = &matching.group {
        text.push_str(if *left { " group_left (" } else { " group_right (" });
        separated(labels, text, label);
        text.push(')');
    }
    let mut fill = |word: &str, value: f64| {
        text.push_str(word);
        number(value, text);
        text.push(')');
    };
    match (matching.fill_left, matching.fill_right) {
        (Some(left), Some(right)) if left.to_bits() == right.to_bits() => fill(" fill (", left),
        (left, right) => {
            if let Some(left) = left {
                fill(" fill_left (", left);
            }
            if let Some(right) = right {
                fill(" fill_right (", right);
            }
        }
    }
}

fn aggregate(aggregate: &Aggregate, text: &mut String) {
    text.push_str(aggregate.op.name());
    if let Some(grouping) = &aggregate.grouping {
        text.push_str(if grouping.without { " without (" } else { " by (" });
        separated(&grouping.labels, text, label);
        text.push_str(") ");
    }
    text.push('(');
    if let Some(parameter) = &aggregate.parameter {
        expression(parameter, text);
        text.push_str(", ");
    }
    expression(&aggregate.expr, text);
    text.push(')');
}

/// A label of a list: bare where the lexer reads it as one word that may name a label there.
fn label(name: &Name, text: &mut String) {
    let bare = is_word(&name.text, false) && keyword(&name.text).is_none_or(Kind::may_name_label);
    bare_or_quoted(&name.text, bare, text);
}

fn bare_or_quoted(name: &str, bare: bool, text: &mut String) {
    if bare {
        text.push_str(name);
    } else {
        quote(name.as_bytes(), text);
    }
}

/// The text of a selector of a metric with exactly these labels, as [`super::build::selector`] would be printed.
pub fn series<'a>(metric: &str, labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = String::with_capacity(metric.len() + 64);
    let matchers = labels.into_iter().map(|(label, value)| (label, MatchOp::Equal, value));
    metric_and_matchers(Some(metric), matchers, &mut text);
    text
}

fn selector(selector: &Selector, text: &mut String) {
    let metric = selector.metric.as_ref().map(|metric| metric.text.as_str());
    let matchers = selector.matchers.iter().map(|matcher| (matcher.label.text.as_str(), matcher.op, matcher.value.as_str()));
    metric_and_matchers(metric, matchers, text);
}

fn metric_and_matchers<'a>(metric: Option<&str>, matchers: impl Iterator<Item = (&'a str, MatchOp, &'a str)>, text: &mut String) {
    let mut matchers = matchers.peekable();
    let bare = metric.filter(|metric| is_word(metric, true) && keyword(metric).is_none_or(Kind::may_name_metric));
    text.push_str(bare.unwrap_or_default());
    let quoted = metric.filter(|_| bare.is_none());
    if quoted.is_none() && bare.is_some() && matchers.peek().is_none() {
        return;
    }
    text.push('{');
    if let Some(metric) = quoted {
        quote(metric.as_bytes(), text);
        if matchers.peek().is_some() {
            text.push(',');
        }
    }
    for (place, (label, op, value)) in matchers.enumerate() {
        if place > 0 {
            text.push(',');
        }
        // Inside braces no word is a keyword.
        bare_or_quoted(label, is_word(label, false), text);
        text.push_str(op.symbol());
        quote(value.as_bytes(), text);
    }
    text.push('}');
}

/// Whether a name can be written without quotes.
fn is_word(name: &str, colons: bool) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || (colons && byte == b':');
    !name.is_empty() && name.bytes().all(fits) && !name.starts_with(|first: char| first.is_ascii_digit())
}

fn extend(extend: Option<Extend>, text: &mut String) {
    match extend {
        Some(Extend::Anchored) => text.push_str(" anchored"),
        Some(Extend::Smoothed) => text.push_str(" smoothed"),
        None => {}
    }
}

fn modifiers(at: Option<At>, offset: Option<&DurationExpr>, text: &mut String) {
    match at {
        Some(At::Time(seconds)) => {
            // Writing to a String cannot fail.
            let _ = write!(text, " @ {seconds:.3}");
        }
        Some(At::Start) => text.push_str(" @ start()"),
        Some(At::End) => text.push_str(" @ end()"),
        None => {}
    }
    if let Some(offset) = offset {
        text.push_str(" offset ");
        // One sign needs no parentheses here, arithmetic does.
        if matches!(offset.kind, DurationKind::Binary { .. }) { duration_enclosed(offset, text) } else { duration(offset, text) }
    }
}

fn duration(expr: &DurationExpr, text: &mut String) {
    match &expr.kind {
        DurationKind::Millis(millis) => text.push_str(&format_duration(*millis)),
        DurationKind::Number(value) => number(*value, text),
        DurationKind::Step => text.push_str("step()"),
        DurationKind::Range => text.push_str("range()"),
        DurationKind::Call { function, arguments } => {
            text.push_str(if *function == DurationFunction::Max { "max_of(" } else { "min_of(" });
            separated(arguments, text, duration);
            text.push(')');
        }
        DurationKind::Binary { op, left, right } => {
            let precedence = duration_precedence(*op);
            let to_the_right = *op == '^';
            duration_operand(left, precedence + u8::from(to_the_right), text);
            text.push(' ');
            text.push(*op);
            text.push(' ');
            let signed = !matches!(right.kind, DurationKind::Binary { .. }) && duration_strength(right) == SIGN;
            let minimum = if signed { 0 } else { precedence + u8::from(!to_the_right) };
            duration_operand(right, minimum, text);
        }
        DurationKind::Unary { negative, expr } => {
            text.push(if *negative { '-' } else { '+' });
            let signed = matches!(expr.kind, DurationKind::Unary { .. });
            duration_operand(expr, if signed { SIGN } else { SIGN + 1 }, text);
        }
        DurationKind::Paren(inner) => duration_enclosed(inner, text),
    }
}

fn duration_precedence(op: char) -> u8 {
    match op {
        '+' | '-' => 4,
        '^' => 6,
        _ => 5,
    }
}

fn duration_strength(expr: &DurationExpr) -> u8 {
    match &expr.kind {
        DurationKind::Binary { op, .. } => duration_precedence(*op),
        DurationKind::Unary { .. } => SIGN,
        DurationKind::Millis(millis) if *millis < 0 => SIGN,
        DurationKind::Number(value) if value.is_sign_negative() => SIGN,
        _ => POSTFIX,
    }
}

fn duration_operand(expr: &DurationExpr, minimum: u8, text: &mut String) {
    if duration_strength(expr) < minimum { duration_enclosed(expr, text) } else { duration(expr, text) }
}

fn duration_enclosed(expr: &DurationExpr, text: &mut String) {
    text.push('(');
    duration(expr, text);
    text.push(')');
}

fn number_literal(literal: &Number, text: &mut String) {
    let millis = (literal.value * 1000.0).round();
    #[expect(clippy::float_cmp, reason = "only an exact number of milliseconds prints back to the same value")]
    if literal.duration && millis.abs() < 9.2e12 && millis / 1000.0 == literal.value {
        #[expect(clippy::cast_possible_truncation, reason = "bounded just above")]
        text.push_str(&format_duration(millis as i64));
    } else {
        number(literal.value, text);
    }
}

/// The shortest digits that read back to the same number, with an exponent only where there would be many zeros.
fn number(value: f64, text: &mut String) {
    let magnitude = value.abs();
    // Writing to a String cannot fail.
    let _ = if value.is_nan() {
        text.write_str("NaN")
    } else if value.is_infinite() {
        text.write_str(if value > 0.0 { "Inf" } else { "-Inf" })
    } else if magnitude != 0.0 && !(1e-7..1e21).contains(&magnitude) {
        write!(text, "{value:e}")
    } else {
        write!(text, "{value}")
    };
}

#[cfg(test)]
mod tests {
    use crate::promql::ast::{AggregateOp, BinaryOp, Expr, ExprKind, MatchOp};
    use crate::promql::build::{
        aggregate, aggregate_with, and_on, binary, call, compare, compare_bool, negate, number, offset, on_group_left, or, rate, selector,
        string, subquery, unless_on,
    };
    use crate::promql::{Options, parse};

    fn metric(name: &str) -> Expr {
        selector(name, &[])
    }

    #[test]
    fn built_trees_are_written_as_prometheus_writes_them() {
        let bucket = selector("x_bucket", &[("job", MatchOp::Equal, "a"), ("path", MatchOp::NotRegex, "/\\d+")]);
        let quantile = call("histogram_quantile", vec![number(0.99), aggregate(AggregateOp::Sum, &["job", "le"], rate(bucket, 300_000))]);
        let cases = [
            (quantile, r#"histogram_quantile(0.99, sum by (job, le) (rate(x_bucket{job="a",path!~"/\\d+"}[5m])))"#),
            (compare(BinaryOp::Greater, metric("up"), 0.05), "up > 0.05"),
            (compare_bool(BinaryOp::Equal, metric("up"), number(0.0)), "up == bool 0"),
            (on_group_left(BinaryOp::Mul, &["job"], &["version"], metric("a"), metric("b")), "a * on (job) group_left (version) b"),
            (and_on(&["job"], or(metric("a"), metric("b")), metric("c")), "(a or b) and on (job) c"),
            (unless_on(&[], metric("a"), metric("c")), "a unless on () c"),
            (offset(subquery(metric("a"), 3_600_000, Some(60_000)), 86_400_000), "a[1h:1m] offset 1d"),
            (aggregate_with(AggregateOp::Topk, number(3.0), &[], metric("a")), "topk(3, a)"),
            (
                aggregate_with(AggregateOp::CountValues, string("v\n"), &["without", "a.b"], metric("a")),
                r#"count_values by ("without", "a.b") ("v\n", a)"#,
            ),
            (selector("http.requests", &[("a.b", MatchOp::Equal, "\u{fffd}")]), r#"{"http.requests","a.b"="\ufffd"}"#),
            (metric("bool"), r#"{"bool"}"#),
            (metric("sum"), "sum"),
        ];
        for (expr, text) in cases {
            assert_eq!(expr.to_string(), text);
            let mut read = parse(text, &Options::stock()).expect(text);
            strip(&mut read);
            assert_eq!(read, expr, "{text}");
        }
    }

    #[test]
    fn parentheses_stand_where_precedence_and_grouping_need_them() {
        let (a, b, c) = (|| metric("a"), || metric("b"), || metric("c"));
        let cases = [
            (binary(BinaryOp::Mul, binary(BinaryOp::Add, a(), b()), c()), "(a + b) * c"),
            (binary(BinaryOp::Add, binary(BinaryOp::Mul, a(), b()), c()), "a * b + c"),
            (binary(BinaryOp::Sub, a(), binary(BinaryOp::Sub, b(), c())), "a - (b - c)"),
            (binary(BinaryOp::Sub, binary(BinaryOp::Sub, a(), b()), c()), "a - b - c"),
            (binary(BinaryOp::Pow, a(), binary(BinaryOp::Pow, b(), c())), "a ^ b ^ c"),
            (binary(BinaryOp::Pow, binary(BinaryOp::Pow, a(), b()), c()), "(a ^ b) ^ c"),
            (binary(BinaryOp::Pow, number(-1.0), number(2.0)), "(-1) ^ 2"),
            (negate(binary(BinaryOp::Pow, a(), number(2.0))), "-a ^ 2"),
            (binary(BinaryOp::Pow, negate(a()), number(2.0)), "(-a) ^ 2"),
            (binary(BinaryOp::Pow, a(), negate(b())), "a ^ -b"),
            (negate(binary(BinaryOp::Mod, a(), b())), "-(a % b)"),
            (negate(negate(a())), "--a"),
            (subquery(negate(a()), 60_000, None), "(-a)[1m:]"),
            (binary(BinaryOp::Sub, number(1.0), number(-1.0)), "1 - -1"),
        ];
        for (expr, text) in cases {
            assert_eq!(expr.to_string(), text);
            let mut read = parse(text, &Options::all()).expect(text);
            strip(&mut read);
            assert_eq!(read, expr, "{text}");
        }
    }

    #[test]
    fn numbers_are_written_short_and_exact() {
        let cases = [
            (0.05, "0.05"),
            (1e6, "1000000"),
            (1e21, "1e21"),
            (1e-7, "0.0000001"),
            (1e-8, "1e-8"),
            (1.0 / 3.0, "0.3333333333333333"),
            (-2.5, "-2.5"),
            (f64::INFINITY, "Inf"),
            (f64::NEG_INFINITY, "-Inf"),
            (f64::NAN, "NaN"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value).to_string(), text);
            assert_eq!(parse(text, &Options::stock()).as_ref(), Ok(&number(value)));
        }
    }

    /// Any tree of operators reads back as itself; the trees come from a fixed sequence, so a failure stays one.
    #[test]
    fn every_built_tree_reads_back_the_same() {
        let mut state = 7;
        for _ in 0..3000 {
            let expr = random(&mut state, 4);
            let text = expr.to_string();
            let mut read = parse(&text, &Options::all()).unwrap_or_else(|error| panic!("{text}: {error}"));
            strip(&mut read);
            assert_eq!(read, expr, "{text}");
        }
    }

    fn next(state: &mut u64, below: usize) -> usize {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(*state >> 33).unwrap_or(0) % below
    }

    fn random(state: &mut u64, depth: usize) -> Expr {
        const OPS: [BinaryOp; 8] =
            [BinaryOp::Or, BinaryOp::And, BinaryOp::Greater, BinaryOp::Add, BinaryOp::Sub, BinaryOp::Mul, BinaryOp::Pow, BinaryOp::Atan2];
        match if depth == 0 { 0 } else { next(state, 6) } {
            0 => metric("a"),
            1 => negate(random(state, depth - 1)),
            2 => call("last_over_time", vec![subquery(random(state, depth - 1), 60_000, None)]),
            3 => binary(BinaryOp::Pow, number(-2.0), random(state, depth - 1)),
            _ => {
                let op = OPS.get(next(state, OPS.len())).copied().unwrap_or(BinaryOp::Add);
                binary(op, random(state, depth - 1), random(state, depth - 1))
            }
        }
    }

    /// Takes parentheses away.
    fn strip(expr: &mut Expr) {
        while let ExprKind::Paren(inner) = &mut expr.kind {
            let inner = std::mem::replace(&mut **inner, number(0.0));
            *expr = inner;
        }
        match &mut expr.kind {
            ExprKind::Subquery { expr, .. } | ExprKind::Unary { expr, .. } => strip(expr),
            ExprKind::Call { arguments, .. } => arguments.iter_mut().for_each(strip),
            ExprKind::Aggregate(aggregate) => strip(&mut aggregate.expr),
            ExprKind::Binary(binary) => {
                strip(&mut binary.left);
                strip(&mut binary.right);
            }
            _ => {}
        }
    }
}
