//! Texts that show a value as what it is not.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::measure::{gauge, measured};
use crate::lint::inference::moment::{Targets, Value, evaluate};
use crate::lint::inference::value::principal;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::constant;
use crate::lint::query::interval::Interval;
use crate::lint::query::unit::{Quantity, calls};
use crate::lint::rule::{Rule, rule};
use crate::lint::template::parse::{Pipeline, Term};
use crate::lint::views::RuleView;
use crate::lint::world::Series;
use crate::lint::world::declared::MetricType;
use crate::promql::Expr;
use crate::promql::ast::{BinaryOp, ExprKind, Selector};
use crate::promql::walk::{alternatives, only_selector, without_parens};
use crate::source::text_map;

rule! {
    /// An alert fires above 100 and its text shows the value with `humanizePercentage`, which takes 1 for 100%: 120 messages
    /// read "12000%". Or a text shows a span of time as a moment, with `humanizeTimestamp`: an hour reads "1970-01-01".
    ///
    /// What the value is follows from the number that the expression compares with.
    ///
    /// Where the expression says in which unit the value is, a function for another unit misleads: seconds with `humanizePercentage`,
    /// a share with `humanizeDuration`.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Backlog
    ///         expr: max(queue_depth) > 100
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "{{ $value | humanizePercentage }} messages wait" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Errors
    ///         expr: sum(rate(errors_total[5m])) / sum(rate(requests_total[5m])) > 0.05
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "{{ $value | humanizePercentage }} of the requests fail" }
    /// ```
    ValueFormat, "value-format", Warning
}

/// No moment that anybody alerts on is before this: 1973, in seconds.
const MOMENTS: f64 = 1e8;

impl Rule for ValueFormat {
    fn rule(&self, view: &RuleView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        // Few texts have a function for a unit, and comparing is work.
        if !view.texts.iter().any(|text| text.text.contains("humanize")) {
            return;
        }
        of_absent(view, found);
        let before = found.len();
        of_another_unit(view, context, found);
        if found.len() == before {
            no_time(view, context, found);
        }
        if found.len() > before {
            return;
        }
        let Some((query, expr)) = view.alert() else { return };
        of_alternatives(view, expr, found);
        shown_on_page(view, expr, context, found);
        // The value is that of the left side of an `and`.
        let [Comparison { number: threshold, side, node, .. }] = query.comparisons.as_slice() else { return };
        let of = principal(expr);
        if node.range.start < of.range.start || of.range.end < node.range.end {
            return;
        }
        for text in &view.texts {
            let Some(template) = text.template() else { continue };
            for action in &template.actions {
                let Some((function, range)) = shown(&action.pipeline) else { continue };
                let what = match function {
                    // Twice as many as there are is a share that may be meant.
                    "humanizePercentage" if threshold.abs() > 5.0 || threshold.abs() >= 1.0 && is_percentage(side) => {
                        format!("`{threshold}` would read `{}%`", threshold * 100.0)
                    }
                    "humanizeTimestamp" if threshold.abs() < MOMENTS => "the value is no moment, so this reads as 1970".to_owned(),
                    "humanizeDuration" if threshold.abs() >= MOMENTS * 10.0 && !calls(side, "time") => {
                        "the value is a moment, so this reads as fifty years and more".to_owned()
                    }
                    _ => continue,
                };
                let help = match function {
                    "humanizePercentage" => "leave it out, or divide so that 1 is all",
                    "humanizeDuration" => "use `humanizeTimestamp`, or take it from `time()`",
                    _ => "use `humanizeDuration`",
                };
                let span = text_map::Map::new(view.text, text.node).span(range);
                found.push(META.finding(span, format!("{what} with `{function}`")).path(view.text_path(text)).help(help));
            }
        }
    }
}

/// A value shown as a share, where the page has numbers that are none: two processes would read 200%.
fn shown_on_page(view: &RuleView<'_>, expr: &Expr, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    if !context.world.has_pages || !view.texts.iter().any(|text| text.text.contains("humanizePercentage")) {
        return;
    }
    let ExprKind::Binary(compared) = &without_parens(principal(expr)).kind else { return };
    let (Some(Value::Vector(points)), _) = evaluate(&compared.left, context.world, Targets::One) else { return };
    let is_number = |value: f64| value >= 2.0 && value.fract().abs() < f64::EPSILON;
    let Some(first) =
        points.first().filter(|_| compared.op.is_comparison() && points.iter().all(|point| !point.life.lived && is_number(point.value)))
    else {
        return;
    };
    for text in &view.texts {
        let Some(template) = text.template() else { continue };
        for (function, range) in template.actions.iter().filter_map(|action| shown(&action.pipeline)) {
            if function == "humanizePercentage" {
                let span = text_map::Map::new(view.text, text.node).span(range);
                let message = format!(
                    "the value is a number of things, and the `{}` of the page would read `{}%` with `{function}`",
                    first.value,
                    first.value * 100.0
                );
                found.push(META.finding(span, message).path(view.text_path(text)).help("use `humanize`, or divide by the whole"));
            }
        }
    }
}

/// Whether a side is a share times 100.
fn is_percentage(side: &Expr) -> bool {
    let ExprKind::Binary(binary) = &without_parens(side).kind else { return false };
    binary.op == BinaryOp::Mul && [&binary.left, &binary.right].iter().any(|side| constant(side) == Some(100.0))
}

/// A text that shows a share, where the value may be that of another condition, which is no share.
fn of_alternatives(view: &RuleView<'_>, expr: &Expr, found: &mut Vec<Diagnostic>) {
    let conditions = alternatives(expr);
    let number = |expr: &&Expr| Comparison::of(principal(expr)).map(|of| of.number.abs());
    let (mut numbers, mut shares) = (conditions.iter().filter_map(number), conditions.iter().filter_map(number));
    let (Some(large), true) = (numbers.find(|number| *number >= 100.0), shares.any(|number| number <= 1.0)) else { return };
    for text in &view.texts {
        let Some(template) = text.template() else { continue };
        let shown = template.actions.iter().filter_map(|action| shown(&action.pipeline));
        for (function, range) in shown.filter(|(function, _)| *function == "humanizePercentage") {
            let span = text_map::Map::new(view.text, text.node).span(range);
            let message =
                format!("the value may be that of the other condition, and `{large}` would read `{}%` with `{function}`", large * 100.0);
            found.push(META.finding(span, message).path(view.text_path(text)).help("join the conditions by `and`, or write two alerts"));
        }
    }
}

/// The value of what is absent, which is always 1, shown as if it measured something.
fn of_absent(view: &RuleView<'_>, found: &mut Vec<Diagnostic>) {
    let Some((_, expr)) = view.alert() else { return };
    let is_absent = matches!(&without_parens(principal(expr)).kind, ExprKind::Call { function, .. } if matches!(function.text.as_str(), "absent" | "absent_over_time"));
    for text in view.texts.iter().filter(|_| is_absent) {
        let Some(template) = text.template() else { continue };
        for (function, range) in template.actions.iter().filter_map(|action| shown(&action.pipeline)) {
            if function.starts_with("humanize") {
                let span = text_map::Map::new(view.text, text.node).span(range);
                let finding = META.finding(span, format!("the value of what is absent is always 1, and says nothing with `{function}`"));
                found.push(finding.path(view.text_path(text)).help("leave the value out"));
            }
        }
    }
}

/// A value whose unit is known, shown as if it had another.
fn of_another_unit(view: &RuleView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let Some((query, expr)) = view.alert() else { return };
    let mut known = None;
    for text in view.texts.iter().filter(|text| text.text.contains("humanize")) {
        let Some(template) = text.template() else { continue };
        for (function, range) in template.actions.iter().filter_map(|action| shown(&action.pipeline)) {
            // Of several that are joined by `or`, the value may be any.
            let of = known.get_or_insert_with(|| {
                alternatives(expr).into_iter().filter_map(|expr| measured(expr, query, context.world)).collect::<Vec<_>>()
            });
            let Some((value, read)) = of.iter().find_map(|of| misread(function, *of)) else { continue };
            let span = text_map::Map::new(view.text, text.node).span(range);
            let finding = META.finding(span, format!("the value is {value}, and `{function}` shows it as {read}"));
            found.push(finding.path(view.text_path(text)).help("use the function for its unit, or `humanize`"));
        }
    }
}

/// A number of things, or events by the time that they took, shown as a time.
fn no_time(view: &RuleView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let Some((_, expr)) = view.alert().filter(|_| view.texts.iter().any(|text| text.text.contains("humanizeDuration"))) else { return };
    let what = match &principal(expr).kind {
        ExprKind::Binary(compared) if compared.op.is_comparison() && is_by_time(&compared.left) => {
            "how many there are by the time that they take"
        }
        _ if gauge(expr).is_some_and(|selector| counts_things(selector, context)) => "a number of things",
        _ => return,
    };
    for text in &view.texts {
        let Some(template) = text.template() else { continue };
        for (_, range) in
            template.actions.iter().filter_map(|action| shown(&action.pipeline)).filter(|(name, _)| *name == "humanizeDuration")
        {
            let span = text_map::Map::new(view.text, text.node).span(range);
            let finding = META.finding(span, format!("the value is {what}, and `humanizeDuration` shows it as seconds"));
            found.push(finding.path(view.text_path(text)).help("leave the function out, or take the time"));
        }
    }
}

/// Events divided by the seconds that they took together: a mean the wrong way up.
fn is_by_time(side: &Expr) -> bool {
    let ExprKind::Binary(division) = &without_parens(side).kind else { return false };
    let counters = || only_selector(&division.left)?.metric_name().zip(only_selector(&division.right)?.metric_name());
    let Some((above, below)) = counters() else { return false };
    let counts = above.ends_with("_count_total") || above.ends_with("_count");
    let sums = below.ends_with("_seconds_total") || below.ends_with("_seconds_sum");
    division.op == BinaryOp::Div && counts && sums && !above.contains("seconds_total")
}

/// Whether a gauge that a page shows as a whole number is neither called a time nor told to be one.
fn counts_things(selector: &Selector, context: &Context<'_>) -> bool {
    const TIMES: &[&str] = &[
        "second", "milli", "minute", "hour", "day", "duration", "age", "time", "lag", "latency", "delay", "_ms", "ttl", "period", "long",
        "took", "wait", "ago", "since", "elapsed", "until", "expir", "interval",
    ];
    /// Those of them that are units.
    const SPANS: usize = 5;
    let Some((catalogue, metric, Series::Base)) = context.world.metric_of(selector) else { return false };
    let whole = |shown: Interval| shown.low.fract().abs() < f64::EPSILON && shown.high.fract().abs() < f64::EPSILON && shown.high < 1e6;
    // `Number of jobs that wait` is a number, whatever they do.
    let times = if metric.values.range == Some(Interval::NOT_NEGATIVE) { &TIMES[..SPANS] } else { TIMES };
    let said = format!("{} {}", metric.name.value, metric.values.help).to_ascii_lowercase();
    catalogue.is_page()
        && metric.kind == MetricType::Gauge
        && !metric.values.help.trim().is_empty()
        && metric.values.shown.is_some_and(whole)
        && !times.iter().any(|word| said.contains(word))
}

/// What a value is and what a function shows it as, where these are two.
fn misread(function: &str, of: Quantity) -> Option<(&'static str, &'static str)> {
    use Quantity::{Bytes, BytesPerSecond, Events, EventsPerSecond, Millis, Number, Percent, Seconds, Share};
    let value = match of {
        Seconds => "a time in seconds",
        Millis => "a time in milliseconds",
        Bytes => "a size in bytes",
        BytesPerSecond => "bytes per second",
        EventsPerSecond => "events per second",
        Events => "a number of events",
        Number => "a number of things",
        Share => "a share, from 0 to 1",
        Percent => "a share in percent",
    };
    let read = match (function, of) {
        ("humanizeDuration", Bytes | BytesPerSecond | EventsPerSecond | Events | Number | Share | Percent | Millis) => "seconds",
        ("humanizePercentage", Seconds | Millis | Bytes | BytesPerSecond | EventsPerSecond | Events | Number | Percent) => {
            "a percentage: 5 reads `500%`"
        }
        ("humanize1024", Seconds | Millis | Share | Percent) => "a size",
        ("humanizeTimestamp", Seconds | Millis | Bytes | BytesPerSecond | EventsPerSecond | Events | Number | Share | Percent) => {
            "a moment"
        }
        _ => return None,
    };
    Some((value, read))
}

/// The function that `$value` is handed to, as it is: `{{ $value | f }}` or `{{ f $value }}`.
fn shown(pipeline: &Pipeline) -> Option<(&str, std::ops::Range<usize>)> {
    let is_value = |term: &Term| {
        matches!(term, Term::Variable(name, fields) if name == "value" && fields.is_empty())
            || matches!(term, Term::Field(fields) if fields.as_slice() == ["Value"])
    };
    let function = |term: &Term| matches!(term, Term::Function(_));
    let (call, value) = match pipeline.commands.as_slice() {
        [first, second, ..] if first.len() == 1 && second.len() == 1 => (&second[0], &first[0]),
        [only] if only.len() == 2 => (&only[0], &only[1]),
        _ => return None,
    };
    match &call.term {
        Term::Function(name) if function(&call.term) && is_value(&value.term) => Some((name, call.range.clone())),
        _ => None,
    }
}
