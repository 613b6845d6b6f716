//! Recorded series whose names promise something else.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::labels::shape;
use crate::lint::query::expression::Expression;
use crate::lint::query::written::Purpose;
use crate::lint::query::{Origin, Query, constant, is_placeholder, matches};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::RuleView;
use crate::lint::world::declared::Label;
use crate::promql::Expr;
use crate::promql::ast::{AggregateOp, Binary, BinaryOp, ExprKind, MatchOp, Matcher};
use crate::promql::duration::{format_duration, parse_duration};
use crate::promql::walk::{self, selectors};

rule! {
    /// Names of recorded series say `level:metric:operations`: by which labels they are grouped, and what was done over which window.
    /// Whoever reads `job:requests:rate5m` relies on both, and takes it for a sum, which is what a name leaves unsaid. The name and
    /// the expression contradict each other: in a label, a function, a window, the aggregation or the metric. Or the name is one
    /// that has to be quoted wherever it is used.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - record: job:requests:rate1h
    ///         expr: sum by (job) (rate(requests_total[5m]))
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - record: job:requests:rate5m
    ///         expr: sum by (job) (rate(requests_total[5m]))
    /// ```
    RecordNameDrift, "record-name-drift", Warning
}

impl Rule for RecordNameDrift {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Origin::Written(written) = query.origin else { return };
        let (Some(parts), Some(expr)) = (parts(written.name), &query.expr) else { return };
        if written.purpose != Purpose::Recording {
            return;
        }
        let drift = match said(written.name, parts, expr, query, context) {
            Said::Drift(message, help) => Some((message, help)),
            Said::Nothing => None,
            Said::Fits => of_level(parts.0, expr, context),
        };
        if let Some((message, help)) = drift {
            found.push(META.finding(written.node.span, message).path(written.path.clone()).help(help));
        }
    }

    fn rule(&self, view: &RuleView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if view.rule.is_alert() {
            return;
        }
        let name = view.rule.name();
        if !name.is_empty() && !name.contains(['{', '}']) && !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ':')) {
            let help = format!(
                "use letters, digits, `_` and `:`, as in `{}`",
                name.replace(|c: char| !c.is_ascii_alphanumeric() && c != ':', "_")
            );
            let message = format!("`{name}` has to be quoted wherever it is used, and older versions refuse it");
            return found.push(META.finding(view.rule.name.span, message).path(view.path("record")).help(help));
        }
        let is_condition = |expr: &Expr| matches!(&walk::without_parens(expr).kind, ExprKind::Binary(binary) if binary.op.is_comparison() && !binary.return_bool);
        if let Some(severity) = view.rule.label("severity")
            && view.query.and_then(|query| query.expr.as_ref()).is_some_and(is_condition)
        {
            let message = format!("`{name}` has a severity and a condition, and is recorded: nobody is told of it");
            let finding = META.finding(view.rule.name.span, message).path(view.path("record")).related(severity.span, "the severity");
            return found.push(finding.help("write `alert:` instead of `record:`"));
        }
        if let Some((catalogue, metric, _)) = context.world.metric(name) {
            let message = format!("`{name}` is scraped, too: whoever asks for it gets both");
            let finding = META.finding(view.rule.name.span, message).path(view.path("record"));
            let other = if catalogue.is_page() { "exposed on this page" } else { "declared here" };
            return found.push(finding.related(metric.name.span, other).help("name it with a level, as in `job:requests:rate5m`"));
        }
        let mut report = |message: String, help: String| {
            found.push(META.finding(view.rule.name.span, message).path(view.path("record")).help(help));
        };
        let Some((level, operations)) = parts(name) else { return };
        let Some(query) = view.query else { return };
        let Some(expr) = &query.expr else { return };
        match said(name, (level, operations), expr, query, context) {
            Said::Drift(message, help) => return report(message, help),
            Said::Nothing => return,
            Said::Fits => {}
        }
        if let Some((message, help)) = of_level(level, expr, context).filter(|_| view.rule.label(level).is_none()) {
            report(message, help);
        }
    }
}

/// How the labels that an expression keeps differ from the level that the name of its series begins with.
fn of_level(level: &str, expr: &Expr, context: &Context<'_>) -> Option<(String, String)> {
    // A level of one label, and the expression keeps that one and others.
    if let ExprKind::Aggregate(aggregate) = &walk::without_parens(expr).kind
        && let Some(grouping) = aggregate.grouping.as_ref().filter(|grouping| !grouping.without && grouping.labels.len() > 1)
        && grouping.labels.iter().any(|label| label.text == level)
    {
        let kept: Vec<&str> = grouping.labels.iter().map(|label| label.text.as_str()).collect();
        // Where there is one instance there is one job, and both are carried along.
        let is_wide = |label: &str| matches!(label, "job" | "cluster");
        // What targets are labelled with goes with the instance.
        let is_own = |label: &str| level != "instance" || is_label(label, expr, context);
        let finer = |label: &&str| *label != level && (!is_wide(label) || is_wide(level)) && is_own(label);
        let message = || format!("the name promises one series for each `{level}`, and the expression keeps {}", kept.join(" and "));
        return kept.iter().any(finer).then(|| (message(), format!("name it `{}:…`, or write `by ({level})`", kept.join("_"))));
    }
    // Levels are joined by `_`, and so are parts of a label's name: only a level of one word can be told.
    let is_told = !level.is_empty()
        && !level.contains('_')
        && (matches!(level, "job" | "instance" | "service" | "cluster" | "namespace" | "pod" | "node") || is_label(level, expr, context));
    (is_told && !shape(expr, context.world).possible(level)).then(|| {
        let message = format!("the name promises one series for each `{level}`, and the expression keeps no such label");
        (message, format!("write `by ({level})`"))
    })
}

/// The level of a name and its operations.
fn parts(name: &str) -> Option<(&str, &str)> {
    match name.split(':').collect::<Vec<_>>().as_slice() {
        [level, _, operations] => Some((level, operations)),
        [level, _] => Some((level, "")),
        _ => None,
    }
}

/// How an expression compares with what the name of its series says.
enum Said {
    /// It does something else: what, and what to do.
    Drift(String, String),
    /// Nobody can tell.
    Nothing,
    /// As far as can be told it does so.
    Fits,
}

fn said(name: &str, (level, operations): (&str, &str), expr: &Expr, query: &Query<'_>, context: &Context<'_>) -> Said {
    let drift = |(message, help): (String, String)| Said::Drift(message, help);
    if let Some((function, window)) = operation(operations) {
        let used: Vec<(&str, Option<i64>)> = ranges(expr);
        let [(first, _), ..] = used.as_slice() else {
            if selectors(expr).iter().all(|found| found.selector.metric_name().is_some_and(|name| !name.contains(':'))) {
                return Said::Drift(
                    format!("the name says `{function}`, and the expression takes none"),
                    format!("take `{function}(…[{}])`, or name it otherwise", format_duration(window)),
                );
            }
            return Said::Nothing;
        };
        if used.iter().all(|(other, _)| *other != function) && matches!(*first, "rate" | "increase" | "irate" | "delta") {
            return Said::Drift(
                format!("the name says `{function}`, and the expression takes `{first}`"),
                format!("name it `…:{first}…`, or take `{function}`"),
            );
        }
        let windows: Vec<i64> = used.iter().filter_map(|(_, window)| *window).collect();
        if let Some(other) = windows.first().filter(|_| !windows.contains(&window)) {
            let (says, looks) = (format_duration(window), format_duration(*other));
            return Said::Drift(
                format!("the name says `{says}`, and the expression looks back over `{looks}`"),
                format!("name it `…{function}{looks}`, or look back over `{says}`"),
            );
        }
    }
    let metric = name.split(':').nth(1).unwrap_or("");
    no_share(name, expr, query)
        .or_else(|| errors(metric, expr))
        .or_else(|| quantile(name, expr))
        .or_else(|| rest(metric, expr))
        .or_else(|| class_of_status(metric, expr))
        .or_else(|| excluded(metric, expr))
        .or_else(|| levels(level, expr, context))
        .or_else(|| aggregation(name, operations, expr))
        .or_else(|| another_metric(metric, expr, context))
        .map_or(Said::Fits, drift)
}

/// A name that says `ratio`, and an expression that multiplies, adds or subtracts two things of which none is a share.
fn no_share(name: &str, expr: &Expr, query: &Query<'_>) -> Option<(String, String)> {
    const SHARES: &[&str] = &["ratio", "percent", "share", "fraction", "util"];
    let is_share = |name: &str| SHARES.iter().any(|word| name.contains(word));
    name.split([':', '_']).find(|word| *word == "ratio")?;
    let mut body = walk::without_parens(expr);
    while let ExprKind::Binary(binary) = &body.kind
        && constant(&binary.left).is_some()
    {
        body = walk::without_parens(&binary.right);
    }
    if let Some(counter) = summed_events(body) {
        let message = format!("the name says `ratio`, and the expression is the rate of `{counter}`, divided by nothing");
        return Some((message, "divide by the rate of all, or name it otherwise".to_owned()));
    }
    if let ExprKind::Call { function, arguments } = &body.kind
        && let Some(number) = arguments.first().and_then(constant).filter(|number| function.text == "vector" && *number > 1.0)
    {
        return Some((
            format!("the name says `ratio`, and `{number}` is no share"),
            format!("write `{}`, or name it otherwise", number / 100.0),
        ));
    }
    let ExprKind::Binary(binary) = &body.kind else { return None };
    // `read_write:ratio` compares the two.
    if let Some((label, above, below)) = apart(binary).filter(|(_, above, below)| name.contains(above) && !name.contains(below)) {
        let message = format!("the name says `ratio`, and what has `{label}` `{above}` is no part of what has `{below}`");
        return Some((message, format!("divide by all, or by `{label}=~\"{above}|{below}\"`")));
    }
    let joins = matches!(binary.op, BinaryOp::Mul | BinaryOp::Add | BinaryOp::Sub);
    let two = constant(&binary.left).is_none() && constant(&binary.right).is_none();
    let mut divided = false;
    walk::visit(expr, &mut |node| divided |= matches!(&node.kind, ExprKind::Binary(binary) if matches!(binary.op, BinaryOp::Div)));
    let found = selectors(expr);
    let known = found.iter().all(|found| {
        found
            .selector
            .metric_name()
            .is_some_and(|name| !is_share(name) && name != "up" && name != "probe_success" && !name.contains(':') || name.contains(":rate"))
    });
    (joins && two && !divided && known && !query.is_built_of_variables(expr)).then(|| {
        let message = format!("the name says `ratio`, and the expression takes `{}` of its two sides", binary.op.symbol());
        (message, "divide one by the other, or name it otherwise".to_owned())
    })
}

/// A name that says errors, and an expression that counts all there is of a metric which does not.
fn errors(metric: &str, expr: &Expr) -> Option<(String, String)> {
    const FAILED: &[&str] = &["error", "errors", "failed", "failure", "failures", "5xx"];
    let said = metric.split('_').find(|word| FAILED.contains(word))?;
    if let [only] = selectors(expr).as_slice() {
        let is_status = |m: &&Matcher| m.label.text.ends_with("status") || m.label.text == "code" || m.label.text == "status_code";
        let fine = |m: &&Matcher| matches(m, "200") == Some(true) && matches(m, "500") == Some(false);
        if let Some(asked) = only.selector.matchers.iter().filter(is_status).find(fine) {
            let message = format!("the name says `{said}`, and the expression asks for what went well by `{}`", asked.label.text);
            return Some((message, "ask for those that fail, as by `status=~\"5..\"`".to_owned()));
        }
    }
    let counter = summed_events(walk::without_parens(expr))?;
    let found = selectors(expr);
    let [only] = found.as_slice() else { return None };
    let all = only
        .selector
        .matchers
        .iter()
        .all(|matcher| matches!(matcher.label.text.as_str(), "job" | "instance" | "__name__" | "service" | "namespace"));
    let fails =
        ["error", "fail", "5xx", "panic", "drop", "reject", "exception", "abort", "timeout"].iter().any(|word| counter.contains(word));
    (all && !fails).then(|| {
        let message = format!("the name says `{said}`, and the expression counts all of `{counter}`");
        (message, "count those that fail, as by `status=~\"5..\"`, or name it otherwise".to_owned())
    })
}

/// A label by which the two sides of a division ask one metric for different values, and those.
fn apart(division: &Binary) -> Option<(&str, &str, &str)> {
    let (above, below) = (selectors(&division.left), selectors(&division.right));
    let ([above], [below]) = (above.as_slice(), below.as_slice()) else { return None };
    let same = above.selector.metric_name() == below.selector.metric_name() && division.op == BinaryOp::Div && division.matching.is_none();
    let fixed = |m: &&Matcher| {
        m.op == MatchOp::Equal
            && !m.value.is_empty()
            && !is_placeholder(&m.value)
            && !matches!(m.label.text.as_str(), "job" | "instance" | "le")
    };
    let other =
        |m: &&Matcher| below.selector.matchers.iter().find(|other| other.label == m.label && fixed(other) && other.value != m.value);
    let one = above.selector.matchers.iter().filter(fixed).filter(|_| same).find(|m| other(m).is_some())?;
    Some((one.label.text.as_str(), one.value.as_str(), other(&one)?.value.as_str()))
}

/// The counter of events whose rates an expression sums up, and does nothing else.
fn summed_events(expr: &Expr) -> Option<&str> {
    let ExprKind::Aggregate(sum) = &expr.kind else { return None };
    let ExprKind::Call { function, arguments } = &walk::without_parens(&sum.expr).kind else { return None };
    let ExprKind::Range { selector, .. } = &arguments.first()?.kind else { return None };
    let name = selector.metric_name().filter(|_| sum.op == AggregateOp::Sum && matches!(function.text.as_str(), "rate" | "increase"))?;
    // Seconds per second are a share of the time.
    (name.ends_with("_total") && !name.contains("seconds") && !name.contains(':')).then_some(name)
}

/// A percentile in the name, as `p99`, that the expression does not take.
fn quantile(name: &str, expr: &Expr) -> Option<(String, String)> {
    let word = name.split([':', '_']).find(|word| {
        word.strip_prefix('p').is_some_and(|digits| (2..=4).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()))
    })?;
    let digits = &word[1..];
    let said: f64 = format!("0.{digits}").parse().ok()?;
    let mut taken = Vec::new();
    walk::visit(expr, &mut |node| match &node.kind {
        ExprKind::Call { function, arguments } if function.text == "histogram_quantile" => {
            taken.extend(arguments.first().and_then(constant));
        }
        _ => {}
    });
    let found = selectors(expr);
    let has_own = |name: &str| name.contains(':') || name.contains("quantile") || name.contains(word);
    let is_other = || {
        found.iter().all(|found| {
            let by_label = found.selector.matchers.iter().any(|matcher| matcher.label.text == "quantile");
            !by_label && found.selector.metric_name().is_some_and(|name| !has_own(name))
        })
    };
    if let ExprKind::Aggregate(aggregate) = &walk::without_parens(expr).kind
        && taken.is_empty()
        && matches!(aggregate.op, AggregateOp::Max | AggregateOp::Min | AggregateOp::Avg | AggregateOp::Sum)
        && is_other()
    {
        let op = aggregate.op.name();
        return Some((
            format!("the name says `{word}`, and the expression takes `{op}`"),
            format!("take the quantile, or name it `…:{op}`"),
        ));
    }
    let other = taken.first().filter(|_| taken.iter().all(|quantile| (quantile - said).abs() > 1e-9))?;
    Some((format!("the name says `{word}`, and the expression takes the quantile {other}"), format!("take {said}, or name it otherwise")))
}

/// A level of several labels that the metric has, one of which the expression does not keep.
fn levels(level: &str, expr: &Expr, context: &Context<'_>) -> Option<(String, String)> {
    let is_known = |label: &str| label == "job" || label == "instance" || is_label(label, expr, context);
    let labels = parted(level, &is_known)?;
    if labels.len() < 2 {
        return None;
    }
    let result = shape(expr, context.world);
    let gone = labels.iter().find(|label| !result.possible(label))?;
    let message = format!("the name promises one series for each {}, and the expression keeps no `{gone}`", labels.join(" and "));
    Some((message, format!("write `by ({})`", labels.join(", "))))
}

/// The labels that a level is joined of: a label may have a `_` of its own.
fn parted<'l>(level: &'l str, is_known: &dyn Fn(&str) -> bool) -> Option<Vec<&'l str>> {
    if is_known(level) {
        return Some(vec![level]);
    }
    level.match_indices('_').filter(|(at, _)| is_known(&level[..*at])).find_map(|(at, _)| {
        let mut rest = parted(&level[at + 1..], is_known)?;
        rest.insert(0, &level[..at]);
        Some(rest)
    })
}

/// A name that says a class of statuses, and an expression that asks for another.
fn class_of_status(metric: &str, expr: &Expr) -> Option<(String, String)> {
    let (said, digit) =
        metric.split('_').find_map(|word| Some((word, word.strip_suffix("xx").filter(|digit| matches!(*digit, "4" | "5"))?)))?;
    let found = selectors(expr);
    let [only] = found.as_slice() else { return None };
    let is_status = |m: &&Matcher| m.label.text.ends_with("status") || m.label.text.ends_with("code");
    let asked = only.selector.matchers.iter().find(is_status)?;
    let other = if digit == "5" { "4" } else { "5" };
    let takes = |digit: &str| matches(asked, &format!("{digit}03")) == Some(true);
    (takes(other) && !takes(digit)).then(|| {
        (
            format!("the name says `{said}`, and the expression asks for `{}`", asked.value),
            format!("ask for `{digit}..`, or name it otherwise"),
        )
    })
}

/// A name that says how much is used, and an expression that divides what is not by the whole; and the other way round.
fn rest(metric: &str, expr: &Expr) -> Option<(String, String)> {
    const USED: &[&str] = &["utilisation", "utilization", "used", "usage", "busy"];
    const REST: &[&str] = &["free", "avail", "available", "memavailable", "memfree", "idle"];
    let has = |name: &str, words: &[&str]| name.to_lowercase().split('_').any(|word| words.contains(&word));
    let ExprKind::Binary(quotient) = &walk::without_parens(expr).kind else { return None };
    let part = walk::only_selector(&quotient.left).filter(|_| quotient.op == BinaryOp::Div)?.metric_name()?;
    let whole = walk::only_selector(&quotient.right)?.metric_name()?;
    let said = metric.split('_').find(|word| USED.contains(word))?;
    (has(part, REST) && !has(part, USED) && !has(whole, USED) && !has(metric, REST))
        .then(|| (format!("the name says `{said}`, and `{part}` is what is not"), "take `1 - …`, or name it otherwise".to_owned()))
}

/// A name that says what is left out, as `excluding_lo`, and an expression that asks for nothing else.
fn excluded(metric: &str, expr: &Expr) -> Option<(String, String)> {
    let (_, left_out) = ["excluding_", "without_", "except_"].iter().find_map(|word| metric.split_once(word))?;
    let found = selectors(expr);
    let asked = found.iter().flat_map(|found| &found.selector.matchers).find(|m| m.op == MatchOp::Equal && m.value == left_out)?;
    let message = format!("the name leaves `{left_out}` out, and the expression asks for `{}=\"{left_out}\"`", asked.label.text);
    Some((message, format!("write `{}!=\"{left_out}\"`", asked.label.text)))
}

/// What a name leaves unsaid is a sum: any other aggregation of rates belongs into it.
fn aggregation(name: &str, operations: &str, expr: &Expr) -> Option<(String, String)> {
    let ExprKind::Aggregate(aggregate) = &walk::without_parens(expr).kind else { return None };
    let plain = matches!(walk::without_parens(&aggregate.expr).kind, ExprKind::Selector(_));
    if plain && matches!(operations, "sum" | "avg" | "min" | "max" | "count") && operations != aggregate.op.name() {
        let taken = aggregate.op.name();
        let message = format!("the name says `{operations}`, and the expression takes `{taken}`");
        return Some((message, format!("take `{operations}`, or name it `…:{taken}`")));
    }
    operation(operations)?;
    let ExprKind::Call { function, .. } = &walk::without_parens(&aggregate.expr).kind else { return None };
    let words: &[&str] = match aggregate.op {
        AggregateOp::Avg => &["avg", "average", "mean"],
        AggregateOp::Max => &["max", "peak", "worst"],
        AggregateOp::Min => &["min", "worst"],
        AggregateOp::Count => &["count", "number"],
        _ => return None,
    };
    let lower = name.to_lowercase();
    if !matches!(function.text.as_str(), "rate" | "increase" | "irate") || words.iter().any(|word| lower.contains(word)) {
        return None;
    }
    let op = aggregate.op.name();
    let message = format!("the name says nothing of `{op}`, and whoever reads it takes it for a sum");
    Some((message, format!("take `sum`, or name it `…:{op}_{}`", operations.rsplit('_').next().unwrap_or(operations))))
}

/// The name speaks of one declared metric, and the expression reads others.
fn another_metric(metric: &str, expr: &Expr, context: &Context<'_>) -> Option<(String, String)> {
    let stem = |name: &str| name.strip_suffix("_total").unwrap_or(name).to_owned();
    let world = context.world;
    let full = format!("{metric}_total");
    let found = selectors(expr);
    // What a number leaves of one thing is the other.
    if matches!(&walk::without_parens(expr).kind, ExprKind::Binary(binary) if binary.op == BinaryOp::Sub && constant(&binary.left).is_some())
    {
        return None;
    }
    let Some((_, named, _)) = world.metric(metric).or_else(|| world.metric(&full)) else {
        let read = found.iter().filter_map(|found| world.metric_of(found.selector)).map(|(_, metric, _)| metric.name.value.as_str());
        let near = read.into_iter().find(|name| strsim::damerau_levenshtein(&stem(name), metric) == 1)?;
        let message = format!("the name speaks of `{metric}`, and the expression reads `{near}`");
        return Some((message, format!("did you mean `{}`?", stem(near))));
    };
    let read: Vec<&str> = found.iter().filter_map(|found| found.selector.metric_name()).collect();
    if let [one] = found.as_slice()
        && one.selector.metric_name() == Some(named.name.value.as_str())
        && let Some(matcher) = one.selector.matchers.iter().find(|m| {
            // One that takes every value that a page shows takes all.
            let takes_all = |label: &Label| !label.seen.is_empty() && label.seen.iter().all(|value| matches(m, value) == Some(true));
            named.labels.iter().any(|label| label.name.value == m.label.text && !takes_all(label))
        })
        && matches!(matcher.op, MatchOp::Equal | MatchOp::Regex)
    {
        let message =
            format!("the name speaks of all `{}`, and the expression takes only those with `{}`", named.name.value, matcher.label.text);
        return Some((message, "name it after what it takes, or take all".to_owned()));
    }
    // What builds on other recorded series may read it through them.
    if read.is_empty() || read.iter().any(|name| name.contains(':') || stem(name).contains(&stem(&named.name.value))) {
        return None;
    }
    let other = read.iter().find(|name| world.metric(name).is_some())?;
    let message = format!("the name speaks of `{}`, and the expression reads `{other}`", named.name.value);
    Some((message, format!("read `{}`, or name it after what it reads", named.name.value)))
}

/// Whether a declared metric of an expression has a label.
fn is_label(name: &str, expr: &Expr, context: &Context<'_>) -> bool {
    let metrics = selectors(expr).into_iter().filter_map(|found| context.world.metric_of(found.selector));
    metrics.into_iter().any(|(_, metric, _)| metric.labels.iter().any(|label| label.name.value == name))
}

/// The function and the window that the last part of a name speaks of: `rate5m`, `increase1h`, `error_ratio_rate5m`.
fn operation(operations: &str) -> Option<(&str, i64)> {
    let last = operations.rsplit('_').next()?;
    let digits = last.find(|c: char| c.is_ascii_digit())?;
    let (function, window) = last.split_at(digits);
    matches!(function, "rate" | "increase" | "irate" | "delta").then_some((function, parse_duration(window).ok()?))
}

/// The functions that are taken of windows, and the windows.
fn ranges(expr: &Expr) -> Vec<(&str, Option<i64>)> {
    let mut found = Vec::new();
    walk::visit(expr, &mut |node| {
        let ExprKind::Call { function, arguments } = &node.kind else { return };
        if let Some(ExprKind::Range { range, .. }) =
            arguments.iter().map(|argument| &walk::without_parens(argument).kind).find(|kind| matches!(kind, ExprKind::Range { .. }))
        {
            found.push((function.text.as_str(), range.millis()));
        }
    });
    found
}
