//! Values that no page of metrics shows.

use super::META;
use crate::diagnostic::{Diagnostic, Level};
use crate::lint::context::Context;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::expression::Expression;
use crate::lint::query::parts::Use;
use crate::lint::query::{Query, matches};
use crate::lint::words::anchored::full_match;
use crate::lint::words::nearly;
use crate::lint::world::World;
use crate::lint::world::declared::{Catalogue, Label, Metric};
use crate::lint::world::exporters;
use crate::promql::ast::{BinaryOp, MatchOp, Matcher, Selector};

/// A quantile that no page of the jobs which are read shows: a summary brings the same ones from its first event on.
pub(super) fn not_exposed(query: &Query<'_>, selector: &Selector, matcher: &Matcher, context: &Context<'_>) -> Option<Diagnostic> {
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

/// A summary of which the pages show the sum and the count alone, as the client library of Python makes it.
pub(super) fn without_quantiles(query: &Query<'_>, used: &Use<'_>, context: &Context<'_>) -> Option<Diagnostic> {
    let name = used.selector.metric_name()?;
    let pages = context.world.pages_of(used.selector)?;
    let shown: Vec<&Metric> = pages.iter().flat_map(|page| &page.metrics).filter(|metric| metric.name.value == name).collect();
    let has_sum = |page: &&Catalogue| page.snapshot.as_ref().is_some_and(|all| all.contains_key(&format!("{name}_count")));
    if shown.is_empty() || !pages.iter().copied().any(|page| has_sum(&page)) || shown.iter().any(|metric| !metric.quantiles.is_empty()) {
        return None;
    }
    let place = query.span(&used.selector.metric.as_ref()?.range);
    let finding = META.finding_at(Level::Warning, place, format!("`{name}` has no quantiles, but a sum and a count alone"));
    let help = "take the mean, as `rate(…_sum[5m]) / rate(…_count[5m])`, or count it by a histogram";
    Some(finding.related(shown.first()?.name.span, "exposed on this page").help(help))
}

/// Values of several labels that a page shows, each of them and never together, where a condition waits for nothing of it: what is not
/// there is not 0 either.
pub(super) fn never_together(
    query: &Expression<'_, '_>,
    used: &Use<'_>,
    (catalogue, metric): (&Catalogue, &Metric),
    world: &World<'_>,
) -> Option<Diagnostic> {
    let awaits_none = |compared: &Comparison<'_>| {
        let is_none = compared.op == BinaryOp::Equal && compared.number.abs() < f64::EPSILON
            || compared.op == BinaryOp::Less && compared.number > 0.0;
        let side = &compared.side.range;
        is_none && side.start <= used.range.start && used.range.end <= side.end
    };
    if !catalogue.is_page() || metric.series.is_empty() || !query.comparisons.iter().any(awaits_none) {
        return None;
    }
    let own = |matcher: &&Matcher| {
        let label = metric.labels.iter().find(|label| label.name.value == matcher.label.text);
        label.is_some_and(|label| label.seen.iter().any(|seen| matches(matcher, seen) == Some(true)))
    };
    let asked: Vec<&Matcher> = used.selector.matchers.iter().filter(own).collect();
    if asked.len() < 2 {
        return None;
    }
    world.pages_of(used.selector)?;
    let fits = |labels: &Vec<(String, String)>| {
        let value = |name: &str| labels.iter().find(|(label, _)| label == name).map_or("", |(_, value)| value);
        asked.iter().all(|matcher| matches(matcher, value(&matcher.label.text)) != Some(false))
    };
    if metric.series.iter().any(fits) {
        return None;
    }
    let last = asked.last()?;
    let said = asked.iter().map(|matcher| format!("`{}`", matcher.value)).collect::<Vec<_>>().join(" and ");
    let message = format!("no series of the page has {said} together, so this is empty and never below anything");
    let finding = META.finding_at(Level::Warning, query.span(&last.range), message).related(metric.name.span, "exposed on this page");
    Some(finding.help("ask for values that go together"))
}

/// Alternatives that are the values of a page in other letters, or that are compared as one word.
fn none_of(query: &Query<'_>, matcher: &Matcher, label: &Label) -> Option<Diagnostic> {
    if label.values.is_some() || label.seen.is_empty() || !matcher.value.contains('|') {
        return None;
    }
    let parts: Vec<&str> = matcher.value.split('|').collect();
    let letters = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let alike = |part: &&str| {
        let same = label.seen.iter().any(|seen| letters(seen) == letters(part) && !letters(part).is_empty());
        same || part.chars().all(char::is_alphanumeric) && nearly::meant(part, &label.seen).is_some()
    };
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
pub(super) fn unseen(query: &Query<'_>, matcher: &Matcher, metric: Option<&Metric>, label: &Label) -> Option<Diagnostic> {
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
    // `/api/v1/payments` where the page has `/v1/payments`.
    let are_paths = value.starts_with('/') && label.seen.iter().all(|seen| seen.starts_with('/'));
    let ends_so = || label.seen.iter().filter(|seen| seen.len() > 5 && value.ends_with(seen.as_str())).max_by_key(|seen| seen.len());
    let meant = nearly::meant(value, &label.seen).or_else(|| ends_so().filter(|_| are_paths).map(String::as_str));
    let is_certain = meant.is_some()
        || matches!(label.name.value.as_str(), "job" | "instance")
        || metric.is_some_and(|metric| is_object(&metric.name.value, label) || shows_all(&metric.name.value, label));
    // `tickets` for `ticketing`: services are few, and called otherwise.
    let is_like = |seen: &String| seen.bytes().zip(value.bytes()).take_while(|(one, other)| one == other).count() >= 5;
    // Units of systemd end with what they are: `docker.service`.
    let is_unit = metric.is_some_and(|metric| metric.name.value.starts_with("node_systemd_unit_")) && label.name.value == "name";
    let is_certain = is_certain || is_unit && !value.contains('.') && label.seen.iter().all(|seen| seen.contains('.'));
    let is_certain = is_certain
        || matches!(label.name.value.as_str(), "service_name" | "service")
            && !value.contains(['-', '_', '.'])
            && label.seen.iter().any(|seen| is_like(seen) && !seen.contains(['-', '_', '.']));
    let level = if is_certain { Level::Warning } else { Level::Info };
    let others = metric.iter().flat_map(|metric| &metric.labels);
    if let Some(other) = others.into_iter().find(|other| meant.is_none() && value.len() > 2 && other.seen.iter().any(|seen| seen == value))
    {
        let message = format!("`{value}` is no {}, and a {} on the page", label.name.value, other.name.value);
        let finding = META.finding_at(Level::Warning, query.span(&matcher.range), message);
        return Some(finding.related(other.name.span, "exposed on this page").help(format!("did you mean `{}`?", other.name.value)));
    }
    let message = format!("no series of the page has the {} `{value}`", label.name.value);
    let finding =
        META.finding_at(level, query.span(&matcher.value_range), message).related(label.name.span, "the label is exposed on this page");
    Some(match meant {
        Some(meant) => finding.help(format!("did you mean `{meant}`?")),
        None => finding.help("correct it, unless it comes only with a certain event"),
    })
}

/// Whether an exporter shows a series for each value that a label can have on a system.
fn shows_all(metric: &str, label: &Label) -> bool {
    exporters::values_of(metric, &label.name.value).is_some()
}

/// Whether a label names an object of the orchestrator that is there for long: its exporter shows all of them.
fn is_object(metric: &str, label: &Label) -> bool {
    metric.starts_with("kube_")
        && matches!(label.name.value.as_str(), "container" | "cronjob" | "daemonset" | "deployment" | "namespace" | "node" | "statefulset")
}

/// A pattern that no value of the page matches, for what all of them begin with is missing or a comma stands between values.
pub(super) fn off_pattern(query: &Query<'_>, matcher: &Matcher, label: &Label) -> Option<Diagnostic> {
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
    let pieces = || {
        let parts: Vec<&str> = value.split('|').collect();
        let whole = |part: &str| {
            let mut wider = label
                .seen
                .iter()
                .filter(|seen| part.len() >= 4 && part.bytes().all(|byte| byte.is_ascii_alphanumeric()) && seen.starts_with(part));
            wider.next().is_some()
        };
        let are_pieces = matcher.op == MatchOp::Regex && parts.len() > 1 && parts.iter().all(|part| whole(part));
        are_pieces.then(|| format!("({value}).*"))
    };
    // The file of a device, where its name alone is the value.
    let deeper = || {
        let (_, last) = value.rsplit_once('/').filter(|_| value.starts_with('/') && matcher.op == MatchOp::Regex)?;
        let is_there = label.seen.iter().any(|seen| full_match(last, seen) == Some(true));
        (is_there && !label.seen.iter().any(|seen| seen.starts_with('/'))).then(|| last.to_owned())
    };
    let (why, meant) = rooted()
        .map(|meant| ("all of them begin with `/`", meant))
        .or_else(|| listed().map(|meant| ("a comma separates no values", meant)))
        .or_else(|| deeper().map(|meant| ("none of them begins with `/`", meant)))
        .or_else(|| pieces().map(|meant| ("a pattern is compared with the whole value", meant)))?;
    let message = format!("no series of the page has a {} that matches `{value}`: {why}", label.name.value);
    let finding = META.finding_at(Level::Warning, query.span(&matcher.value_range), message);
    let finding = finding.related(label.name.span, "the label is exposed on this page");
    Some(finding.help(format!("write `{}=~\"{meant}\"`", label.name.value)))
}

/// A value that the page shows only of what is called alike for the other side of calls: a service of the server, asked of the client.
pub(super) fn of_other_side(
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
pub(super) fn of_other_class(query: &Query<'_>, selector: &Selector, matcher: &Matcher) -> Option<Diagnostic> {
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
