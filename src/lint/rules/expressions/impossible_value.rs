//! Label values that a declared label cannot have.

use crate::diagnostic::{Diagnostic, Level, did_you_mean};
use crate::lint::context::Context;
use crate::lint::inference::source;
use crate::lint::query::expression::Expression;
use crate::lint::query::{Query, matches};
use crate::lint::rule::{Rule, rule};
use crate::lint::words::anchored::full_match;
use crate::lint::words::nearly;
use crate::lint::world::Series;
use crate::lint::world::declared::{Catalogue, Label, Metric, MetricType};
use crate::promql::ast::{AggregateOp, ExprKind, MatchOp, Matcher, Selector};
use crate::promql::walk;

rule! {
    /// A matcher asks for a value that the label's declaration rules out, so the selector finds nothing.
    ///
    /// A page of metrics (`--metrics`) shows the values of one moment. A value that it does not have is an info, and a warning where
    /// it is one that is there in other letters, in another form of the word or with more or less around it (`mem` for `memory`, `/items/17`
    /// for `/items/{id}`), or is no status of HTTP or code of gRPC among such. So it is where nearly a value is to be left out, and nothing is.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { http_requests_total: { type: counter, labels: { method: { values: [GET, POST] } } } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Busy
    ///         expr: rate(http_requests_total{method="get"}[5m]) > 1
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { http_requests_total: { type: counter, labels: { method: { values: [GET, POST] } } } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Busy
    ///         expr: rate(http_requests_total{method="GET"}[5m]) > 1
    /// ```
    ImpossibleValue, "impossible-value", Error
}

impl Rule for ImpossibleValue {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if context.world.catalogues.is_empty() {
            return;
        }
        for selector in &query.selectors {
            let Some((catalogue, metric, series)) = context.world.metric_of(selector.selector) else {
                recorded(query, selector.selector, context, found);
                continue;
            };
            for matcher in &selector.selector.matchers {
                if metric.kind == MetricType::Summary && series == Series::Base && is_no_quantile(matcher) {
                    let message = format!("`quantile` is never `{}`", matcher.value);
                    let finding = META.finding(query.span(&matcher.value_range), message).related(metric.name.span, catalogue.says());
                    found.push(finding.help("quantiles are written as fractions, as in `0.99`"));
                }
                if metric.kind == MetricType::Summary && series == Series::Base {
                    found.extend(not_exposed(query, selector.selector, matcher, context));
                }
                let Some(label) = metric.labels.iter().find(|label| label.name.value == matcher.label.text) else { continue };
                if query.is_variable(&matcher.value_range) {
                    continue;
                }
                if catalogue.is_page()
                    && let Some(finding) = of_other_class(query, selector.selector, matcher)
                {
                    found.push(finding);
                    continue;
                }
                if let Some(finding) = never_empty(query, matcher, label).filter(|_| !catalogue.is_page()) {
                    found.push(finding);
                } else if is_impossible(matcher, label) {
                    found.push(report(query, matcher, label, catalogue));
                } else if let Some(finding) = leaves_nothing(query, matcher, label) {
                    found.push(finding);
                } else if let Some(finding) = pattern_as_text(query, matcher, label) {
                    found.push(finding);
                } else if catalogue.is_page() {
                    found.extend(
                        of_other_side(query, selector.selector, matcher, (catalogue, label))
                            .or_else(|| unseen(query, matcher, label))
                            .or_else(|| excludes_nothing(query, matcher, label))
                            .or_else(|| off_pattern(query, matcher, label)),
                    );
                } else {
                    found.extend(takes_all(query, matcher, label));
                }
            }
        }
    }
}

/// Values that a recorded series cannot have, because none of the metrics it is recorded from has.
fn recorded(query: &Query<'_>, selector: &Selector, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let all = selector.metric_name().map(|name| context.world.recorded(name)).unwrap_or_default();
    let Some(rule) = all.first().and_then(|recorded| recorded.query.rule()) else { return };
    for matcher in selector.matchers.iter().filter(|matcher| !query.is_variable(&matcher.value_range)) {
        let values = all.iter().map(|recorded| values_of(recorded.query, &matcher.label.text, context)).collect::<Option<Vec<_>>>();
        let Some(values) = values.map(|values| values.concat()) else {
            found.extend(below(query, selector, matcher, context));
            continue;
        };
        let asks = matches!(matcher.op, MatchOp::Equal | MatchOp::Regex) && !matcher.value.is_empty();
        if asks && values.iter().all(|value| matches(matcher, value) == Some(false)) {
            let message = format!("`{}` is never `{}`", matcher.label.text, matcher.value);
            let finding =
                META.finding_at(Level::Warning, query.span(&matcher.value_range), message).related(rule.name.span, "recorded here");
            let meant = did_you_mean(&matcher.value, values.iter().copied());
            found.push(finding.help(meant.map_or_else(|| "correct the value".to_owned(), |meant| format!("did you mean `{meant}`?"))));
        }
    }
}

/// A value of a label that a recorded series keeps of the metric below it, where a page shows which values that has.
fn below(query: &Query<'_>, selector: &Selector, matcher: &Matcher, context: &Context<'_>) -> Option<Diagnostic> {
    let known = source::label(selector, &matcher.label.text, context.world)?;
    let asks = matches!(matcher.op, MatchOp::Equal | MatchOp::Regex) && !matcher.value.is_empty();
    if let Some(narrowed) = known.narrowed.filter(|narrowed| narrowed.op == MatchOp::Equal && asks) {
        let none = matches(matcher, &narrowed.value) == Some(false);
        let message = format!("only series with `{}` as `{}` are recorded here", matcher.label.text, narrowed.value);
        let finding = META.finding_at(Level::Warning, query.span(&matcher.value_range), message).related(known.rule, "recorded here");
        return none.then(|| finding.help(format!("ask for `{}`, or record the others, too", narrowed.value)));
    }
    if !known.catalogue.is_page() {
        return None;
    }
    let found = if is_impossible(matcher, known.label) {
        Some(report(query, matcher, known.label, known.catalogue))
    } else {
        leaves_nothing(query, matcher, known.label)
            .or_else(|| pattern_as_text(query, matcher, known.label))
            .or_else(|| unseen(query, matcher, known.label))
            .or_else(|| excludes_nothing(query, matcher, known.label))
            .or_else(|| off_pattern(query, matcher, known.label))
    };
    found.map(|finding| finding.related(known.rule, "recorded here"))
}

/// The values that a label of a recorded series can have; `None` where they are not known.
fn values_of<'a>(recorded: &Query<'_>, label: &str, context: &Context<'a>) -> Option<Vec<&'a str>> {
    let expr = recorded.expr.as_ref()?;
    let mut makes_labels = recorded.rule()?.label(label).is_some();
    walk::visit(expr, &mut |node| {
        makes_labels |= match &node.kind {
            ExprKind::Call { function, .. } => matches!(function.text.as_str(), "label_replace" | "label_join" | "info" | "absent"),
            ExprKind::Aggregate(aggregate) => aggregate.op == AggregateOp::CountValues,
            _ => false,
        };
    });
    let of_selector = |found: walk::Found<'_>| {
        let (_, metric, _) = context.world.metric_of(found.selector)?;
        let label = metric.labels.iter().find(|known| known.name.value == label && !known.optional)?;
        label.values.as_ref().map(|values| values.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let values = walk::selectors(expr).into_iter().map(of_selector).collect::<Option<Vec<_>>>()?;
    Some(values.concat()).filter(|values| !makes_labels && !values.is_empty())
}

/// A value to leave out that is nearly one that there is: nothing is left out.
fn takes_all(query: &Query<'_>, matcher: &Matcher, label: &Label) -> Option<Diagnostic> {
    let values = label.values.as_ref().filter(|values| matcher.op == MatchOp::NotEqual && values.len() <= 64)?;
    if matcher.value.is_empty() || values.contains(&matcher.value) {
        return None;
    }
    let alike = values.iter().find(|value| value.eq_ignore_ascii_case(&matcher.value)).map(String::as_str);
    let digits = |text: &str| text.bytes().any(|byte| byte.is_ascii_digit());
    let meant = alike.or_else(|| did_you_mean(&matcher.value, values.iter().map(String::as_str)).filter(|meant| !digits(meant)))?;
    let message = format!("`{}` is never `{}`, so this leaves nothing out", label.name.value, matcher.value);
    let finding = META.finding_at(Level::Warning, query.span(&matcher.value_range), message);
    Some(finding.related(label.name.span, "the label is declared here").help(format!("did you mean `{meant}`?")))
}

/// A pattern that leaves out every value there is.
fn leaves_nothing(query: &Query<'_>, matcher: &Matcher, label: &Label) -> Option<Diagnostic> {
    let values = label.values.as_ref().filter(|values| !values.is_empty() && !label.optional && matcher.op == MatchOp::NotRegex)?;
    if !values.iter().all(|value| matches(matcher, value) == Some(false)) {
        return None;
    }
    let message = format!("this leaves out every value of `{}`", label.name.value);
    let finding = META.finding_at(Level::Warning, query.span(&matcher.range), message);
    Some(finding.related(label.name.span, "the label").help("leave out less"))
}

/// A pattern that is to be left out, and is compared as a text: nothing is left out.
fn pattern_as_text(query: &Query<'_>, matcher: &Matcher, label: &Label) -> Option<Diagnostic> {
    let values = label.values.as_ref().unwrap_or(&label.seen);
    let is_pattern = matcher.op == MatchOp::NotEqual && matcher.value.contains(['.', '*', '|', '[']);
    if !is_pattern || values.contains(&matcher.value) || !values.iter().any(|value| full_match(&matcher.value, value) == Some(true)) {
        return None;
    }
    let message = format!("`!=` compares with the very text `{}`, so this leaves nothing out", matcher.value);
    let finding = META.finding_at(Level::Warning, query.span(&matcher.range), message);
    Some(finding.related(label.name.span, "the label").help(format!("write `{}!~\"{}\"`", matcher.label.text, matcher.value)))
}

/// A quantile that no page of the jobs which are read shows: a summary brings the same ones from its first event on.
fn not_exposed(query: &Query<'_>, selector: &Selector, matcher: &Matcher, context: &Context<'_>) -> Option<Diagnostic> {
    let asked: f64 = matcher.value.parse().ok()?;
    let plain = matcher.label.text == "quantile" && matcher.op == MatchOp::Equal && (0.0..=1.0).contains(&asked);
    if !plain || query.is_variable(&matcher.value_range) {
        return None;
    }
    let name = selector.metric_name()?;
    // Of several services each has pages of its own, and none says whose it is.
    if context.world.catalogues.iter().filter(|catalogue| !catalogue.is_page()).count() > 1 {
        return None;
    }
    let is_read = |job: &str| selector.matchers.iter().all(|m| m.label.text != "job" || matches(m, job) != Some(false));
    let pages = context.world.catalogues.iter().filter(|page| page.is_page() && page.job().is_none_or(is_read));
    let shown: Vec<&Metric> = pages.flat_map(|page| &page.metrics).filter(|metric| metric.name.value == name).collect();
    let mut quantiles = shown.iter().flat_map(|metric| &metric.quantiles).copied().peekable();
    quantiles.peek()?;
    let all: Vec<f64> = quantiles.collect();
    if all.iter().any(|quantile| (quantile - asked).abs() < 1e-9) {
        return None;
    }
    let all = all.iter().map(|quantile| format!("`{quantile}`")).collect::<Vec<_>>().join(", ");
    let message = format!("`{name}` has no quantile `{}`", matcher.value);
    let finding = META.finding_at(Level::Warning, query.span(&matcher.value_range), message);
    Some(finding.related(shown.first()?.name.span, "exposed on this page").help(format!("ask for one of {all}")))
}

/// What only series without a label satisfy, of a label that every series has.
fn never_empty(query: &Query<'_>, matcher: &Matcher, label: &Label) -> Option<Diagnostic> {
    let empty = match matcher.op {
        MatchOp::Equal | MatchOp::Regex => matcher.value.is_empty(),
        MatchOp::NotRegex => matches!(matcher.value.as_str(), ".+" | "..*"),
        MatchOp::NotEqual => false,
    };
    let message = || format!("every series has a value of `{}`", label.name.value);
    let finding = || META.finding_at(Level::Warning, query.span(&matcher.range), message());
    (empty && !label.optional).then(|| {
        finding()
            .related(label.name.span, "the label is declared here")
            .help("leave the matcher away, or say `optional: true` in the manifest")
    })
}

/// Whether a matcher asks for a quantile that is no share.
fn is_no_quantile(matcher: &Matcher) -> bool {
    let is_share = |value: f64| (0.0..=1.0).contains(&value);
    matcher.label.text == "quantile" && matcher.op == MatchOp::Equal && matcher.value.parse().is_ok_and(|value| !is_share(value))
}

fn is_impossible(matcher: &Matcher, label: &Label) -> bool {
    let may_be_empty = || label.optional && matches(matcher, "") != Some(false);
    if matches!(matcher.op, MatchOp::NotEqual | MatchOp::NotRegex) || matcher.value.is_empty() || may_be_empty() {
        return false;
    }
    match (&label.values, &label.pattern) {
        (Some(values), _) => values.iter().all(|value| matches(matcher, value) == Some(false)),
        (None, Some(pattern)) => matcher.op == MatchOp::Equal && full_match(pattern, &matcher.value) == Some(false),
        (None, None) => false,
    }
}

/// Alternatives that are the values of a page in other letters, or that are compared as one word.
fn none_of(query: &Query<'_>, matcher: &Matcher, label: &Label) -> Option<Diagnostic> {
    if label.values.is_some() || label.seen.is_empty() || !matcher.value.contains('|') {
        return None;
    }
    let parts: Vec<&str> = matcher.value.split('|').collect();
    let letters = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let alike = |part: &&str| label.seen.iter().any(|seen| letters(seen) == letters(part) && !letters(part).is_empty());
    let (message, help) = match matcher.op {
        MatchOp::Equal if parts.iter().any(|part| label.seen.iter().any(|seen| seen == part)) => {
            (format!("`=` compares with the whole of `{}`", matcher.value), "write `=~` for any of them")
        }
        MatchOp::Regex if label.seen.iter().all(|seen| matches(matcher, seen) == Some(false)) && parts.iter().any(alike) => {
            (format!("no series of the page has the {} `{}`", label.name.value, matcher.value), "write the values as the page shows them")
        }
        _ => return None,
    };
    let finding = META.finding_at(Level::Warning, query.span(&matcher.value_range), message);
    Some(finding.related(label.name.span, "the label is exposed on this page").help(help))
}

/// A value that a page does not show. It may come yet, unless one that is there was meant.
fn unseen(query: &Query<'_>, matcher: &Matcher, label: &Label) -> Option<Diagnostic> {
    let value = matcher.value.as_str();
    if let Some(found) = none_of(query, matcher, label) {
        return Some(found);
    }
    // A pattern without a sign of its own is compared as a text is.
    let is_text = match matcher.op {
        MatchOp::Equal => true,
        MatchOp::Regex => value.chars().all(|c| c.is_alphanumeric() || matches!(c, '/' | '_' | '-' | ' ' | ':')),
        _ => false,
    };
    if !is_text || value.is_empty() || label.seen.is_empty() || label.values.is_some() {
        return None;
    }
    if label.seen.iter().any(|seen| seen == value) {
        return None;
    }
    // `pod="orders-.*"` is compared as it stands, and `device=~"eth"` with the whole of `eth0`.
    if matcher.op == MatchOp::Equal
        && [".*", ".+", "|"].iter().any(|sign| value.contains(sign))
        && label.seen.iter().any(|seen| full_match(value, seen) == Some(true))
    {
        let message = format!("`=` compares with the very text `{value}`, which no series of the page has");
        let finding = META
            .finding_at(Level::Warning, query.span(&matcher.range), message)
            .related(label.name.span, "the label is exposed on this page");
        return Some(finding.help(format!("write `{}=~\"{value}\"`", matcher.label.text)));
    }
    let begins = label.seen.iter().find(|seen| matcher.op == MatchOp::Regex && value.len() > 1 && seen.starts_with(value));
    if let Some(seen) = begins {
        let message = format!("a pattern is compared with the whole value, and `{value}` is only the beginning of `{seen}`");
        let finding = META
            .finding_at(Level::Warning, query.span(&matcher.value_range), message)
            .related(label.name.span, "the label is exposed on this page");
        return Some(finding.help(format!("write `{value}.*`")));
    }
    let meant = nearly::meant(value, &label.seen);
    let level = if meant.is_some() { Level::Warning } else { Level::Info };
    let message = format!("no series of the page has the {} `{value}`", label.name.value);
    let finding =
        META.finding_at(level, query.span(&matcher.value_range), message).related(label.name.span, "the label is exposed on this page");
    Some(match meant {
        Some(meant) => finding.help(format!("did you mean `{meant}`?")),
        None => finding.help("correct it, unless it comes only with a certain event"),
    })
}

/// What is to be left out is nearly a value of the page, and is none: nothing is left out.
fn excludes_nothing(query: &Query<'_>, matcher: &Matcher, label: &Label) -> Option<Diagnostic> {
    let is_regex = matcher.op == MatchOp::NotRegex;
    if !is_regex && matcher.op != MatchOp::NotEqual || matcher.value.is_empty() || label.seen.is_empty() {
        return None;
    }
    let closed = label.values.as_deref().unwrap_or_default();
    if label.seen.iter().chain(closed).any(|value| matches(matcher, value) != Some(true)) {
        return None;
    }
    let parts: Vec<&str> = if is_regex { matcher.value.split('|').collect() } else { vec![&matcher.value] };
    let alike = |part: &&str| label.seen.iter().chain(closed).find(|seen| nearly::is_alike(seen, part)).map(String::as_str);
    let begun = |part: &&str| {
        let beyond = |seen: &&String| seen.strip_prefix(*part).is_some_and(|rest| rest.starts_with(|c: char| !c.is_alphanumeric()));
        label.seen.iter().find(beyond).filter(|_| is_regex && part.len() > 2)
    };
    // No status is written so.
    let class = |part: &&str| {
        let digit = part.to_ascii_lowercase().strip_suffix("xx").and_then(|digit| digit.parse::<u8>().ok());
        digit.filter(|digit| (1..=5).contains(digit) && !closed.is_empty()).map(|digit| format!("{digit}.."))
    };
    let message = format!("no series of the page has the {} `{}`, so this leaves nothing out", label.name.value, matcher.value);
    let finding = META.finding_at(Level::Warning, query.span(&matcher.range), message);
    let finding = finding.related(label.name.span, "the label is exposed on this page");
    if let Some(meant) = parts.iter().find_map(alike) {
        return Some(finding.help(format!("did you mean `{meant}`?")));
    }
    if let Some(class) = parts.iter().find_map(class) {
        return Some(finding.help(format!("write `{}!~\"{class}\"`", label.name.value)));
    }
    let (part, seen) = parts.iter().find_map(|part| Some((part, begun(part)?)))?;
    Some(finding.help(format!("a pattern is compared with the whole value, as with `{seen}`: write `{part}.*`")))
}

/// A pattern that no value of the page matches, for what all of them begin with is missing or a comma stands between values.
fn off_pattern(query: &Query<'_>, matcher: &Matcher, label: &Label) -> Option<Diagnostic> {
    let value = matcher.value.as_str();
    let asks = matches!(matcher.op, MatchOp::Regex | MatchOp::Equal) && !value.is_empty() && label.values.is_none();
    if !asks || label.seen.is_empty() || label.seen.iter().any(|seen| matches(matcher, seen) != Some(false)) {
        return None;
    }
    let rooted = || {
        let slash = format!("/{value}");
        let found = label.seen.iter().any(|seen| full_match(&slash, seen) == Some(true));
        (matcher.op == MatchOp::Regex && found && label.seen.iter().all(|seen| seen.starts_with('/'))).then_some(slash)
    };
    let listed = || {
        let parts: Vec<&str> = value.split(',').map(str::trim).collect();
        let all_there = parts.len() > 1 && parts.iter().all(|part| label.seen.iter().any(|seen| seen == part));
        all_there.then(|| parts.join("|"))
    };
    let (why, meant) = rooted()
        .map(|meant| ("all of them begin with `/`", meant))
        .or_else(|| listed().map(|meant| ("a comma separates no values", meant)))?;
    let message = format!("no series of the page has a {} that matches `{value}`: {why}", label.name.value);
    let finding = META.finding_at(Level::Warning, query.span(&matcher.value_range), message);
    let finding = finding.related(label.name.span, "the label is exposed on this page");
    Some(finding.help(format!("write `{}=~\"{meant}\"`", label.name.value)))
}

/// A value that the page shows only of what is called alike for the other side of calls: a service of the server, asked of the client.
fn of_other_side(
    query: &Query<'_>,
    selector: &Selector,
    matcher: &Matcher,
    (catalogue, label): (&Catalogue, &Label),
) -> Option<Diagnostic> {
    let name = selector.metric_name()?;
    let other = ["_server_", "_client_"].iter().zip(["_client_", "_server_"]).find_map(|(own, other)| {
        let (before, after) = name.split_once(own)?;
        Some(format!("{before}{other}{after}"))
    })?;
    let is_there = |label: &Label| label.seen.contains(&matcher.value);
    if matcher.op != MatchOp::Equal || label.seen.is_empty() || is_there(label) || nearly::meant(&matcher.value, &label.seen).is_some() {
        return None;
    }
    let metric = catalogue.metrics.iter().find(|metric| metric.name.value == other)?;
    let place = metric.labels.iter().find(|known| known.name.value == matcher.label.text && is_there(known))?;
    let message = format!("only `{other}` has the {} `{}` on the page", matcher.label.text, matcher.value);
    let finding = META.finding_at(Level::Warning, query.span(&matcher.value_range), message);
    Some(finding.related(place.name.span, "it is exposed here").help(format!("ask `{other}`, or for another {}", matcher.label.text)))
}

/// A status of another class than the outcome that Spring says beside it.
fn of_other_class(query: &Query<'_>, selector: &Selector, matcher: &Matcher) -> Option<Diagnostic> {
    const CLASSES: &[(&str, u16)] = &[("INFORMATIONAL", 1), ("SUCCESS", 2), ("REDIRECTION", 3), ("CLIENT_ERROR", 4), ("SERVER_ERROR", 5)];
    let of_spring = |name: &str| name.starts_with("http_server_requests_") || name.starts_with("http_client_requests_");
    let asks = matcher.label.text == "status" && matches!(matcher.op, MatchOp::Equal | MatchOp::Regex) && !matcher.value.is_empty();
    selector.metric_name().filter(|name| asks && of_spring(name))?;
    let outcome = selector.matchers.iter().find(|m| m.label.text == "outcome" && m.op == MatchOp::Equal)?;
    let (_, class) = CLASSES.iter().find(|(name, _)| *name == outcome.value)?;
    let mut statuses = class * 100..(class + 1) * 100;
    if statuses.any(|status| matches(matcher, &status.to_string()) != Some(false)) {
        return None;
    }
    let message = format!("no `status` that matches `{}` is of the outcome `{}`", matcher.value, outcome.value);
    let finding = META.finding_at(Level::Warning, query.span(&matcher.value_range), message);
    Some(finding.help(format!("statuses of this outcome are {class}00 to {class}99")))
}

fn report(query: &Query<'_>, matcher: &Matcher, label: &Label, catalogue: &Catalogue) -> Diagnostic {
    let message = format!("`{}` is never `{}`", label.name.value, matcher.value);
    // A status that no answer of HTTP has, on a page: the label may mean something else.
    let level = if catalogue.is_page() { Level::Warning } else { META.level };
    let diagnostic = META.finding_at(level, query.span(&matcher.value_range), message);
    let diagnostic = diagnostic.related(label.name.span, format!("the label is {}", catalogue.says()));
    let values = label.values.as_deref().unwrap_or_default();
    let lower = values.iter().find(|value| value.eq_ignore_ascii_case(&matcher.value)).map(String::as_str);
    match lower.or_else(|| did_you_mean(&matcher.value, values.iter().map(String::as_str))) {
        Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
        None if values.is_empty() || values.len() > 20 => diagnostic.help("correct the value, or the declaration"),
        None => diagnostic.help(format!("it is one of {}", values.iter().map(|v| format!("`{v}`")).collect::<Vec<_>>().join(", "))),
    }
}
