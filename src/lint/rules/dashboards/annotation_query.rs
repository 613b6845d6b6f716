//! Annotations of dashboards that never mark anything.

use crate::diagnostic::{Diagnostic, did_you_mean, misspelt};
use crate::formats::dashboard::Dashboard;
use crate::formats::rule_file::{Rule as RuleOfFile, RuleFile};
use crate::lint::alert_labels::AlertLabels;
use crate::lint::context::Context;
use crate::lint::inference::condition::unconditional;
use crate::lint::inference::labels::shape;
use crate::lint::inference::value::{LONG_AGO, interval};
use crate::lint::query::parts::Use;
use crate::lint::query::{Query, matches};
use crate::lint::routing::is_unheard;
use crate::lint::rule::{Rule, rule};
use crate::lint::rules::dashboards::panel_setting::misspelt_colour;
use crate::lint::views::ViewKind;
use crate::promql::ast::{ExprKind, MatchOp, Matcher};
use crate::promql::duration::parse_duration;
use crate::promql::grafana::substitute;
use crate::promql::{self, Options, walk};
use crate::source::Node;

rule! {
    /// The query of an annotation cannot be read, or asks `ALERTS` for what it never has: a state other than `pending` and `firing`,
    /// a label `state`, an alert that no rule here brings, a value of a label that no alert here has; or
    /// what marks are named after ends nowhere or is nearly a label of the alerts. Of rules and of lists of alerts the same is asked; and an alert on the absence of
    /// another one that is quiet while all is well fires just then.
    ///
    /// ```json fires
    /// { "title": "Web", "annotations": { "list": [ { "name": "Alerts", "enable": true, "expr": "ALERTS{alertstate=\"fire\"}" } ] },
    ///   "panels": [ { "type": "timeseries", "title": "A", "targets": [] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "annotations": { "list": [ { "name": "Alerts", "enable": true, "expr": "ALERTS{alertstate=\"firing\"}" } ] },
    ///   "panels": [ { "type": "timeseries", "title": "A", "targets": [] } ] }
    /// ```
    AnnotationQuery, "annotation-query", Warning
}

impl Rule for AnnotationQuery {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let of_alerts = || context.queries.iter().filter(|query| query.node.as_str().is_some_and(|text| text.contains("ALERTS")));
        if of_alerts().next().is_none() && !context.views.iter().any(|view| matches!(view.kind, ViewKind::Dashboard(_))) {
            return;
        }
        // Gathered once: a fleet has thousands of both.
        let known = AlertLabels::of(context);
        for query in of_alerts() {
            found.extend(for_state(query));
            found.extend(absent_alert(query, context));
            found.extend(none_has_all(query, context));
            for used in query.selectors().iter().filter(|used| used.selector.metric_name() == Some("ALERTS")) {
                for matcher in used.selector.matchers.iter().filter(|matcher| !query.is_variable(&matcher.value_range)) {
                    alerts(query.node, matcher, &known, &mut |_, message, help| {
                        found.push(META.finding(query.span(&matcher.range), message).path(query.path()).help(help));
                    });
                }
            }
        }
        for view in context.views {
            if let ViewKind::Dashboard(dashboard) = &view.kind {
                annotations(dashboard, &known, context, found);
                lists(dashboard, &known, found);
            }
        }
    }
}

/// A state that is asked of what holds since when alerts are active, and has none.
fn for_state(query: &Query<'_>) -> Option<Diagnostic> {
    let uses = query.selectors();
    let used = uses.iter().find(|used| used.selector.metric_name() == Some("ALERTS_FOR_STATE"))?;
    let matcher = used.selector.matchers.iter().find(|m| m.label.text == "alertstate" && m.op == MatchOp::Equal && !m.value.is_empty())?;
    let finding = META.finding(query.span(&matcher.range), "`ALERTS_FOR_STATE` has no label `alertstate`, so this finds nothing");
    Some(finding.path(query.path()).help("ask `ALERTS`, or leave the matcher away: the value is when the alert became active"))
}

/// Labels that alerts have one by one, and none has together: `HighErrorRate` as a warning.
fn none_has_all(query: &Query<'_>, context: &Context<'_>) -> Option<Diagnostic> {
    let uses = query.selectors();
    let used = uses.iter().find(|used| used.selector.metric_name() == Some("ALERTS"))?;
    let asked =
        |label: &str| used.selector.matchers.iter().find(|m| m.label.text == label && m.op == MatchOp::Equal && !m.value.is_empty());
    let name = asked("alertname").filter(|m| !query.is_variable(&m.value_range))?;
    if let Some(finding) = aggregated_away(query, used, &name.value, context) {
        return Some(finding);
    }
    let matcher = ["severity", "team", "service"].into_iter().find_map(asked).filter(|m| !query.is_variable(&m.value_range))?;
    let mut rules = context.rule_files().flat_map(RuleFile::rules).filter(|rule| rule.is_alert() && rule.name() == name.value).peekable();
    let first = rules.peek()?.name;
    // What the rule does not say, the expression or the group may bring.
    let other = |rule: &RuleOfFile<'_>| {
        rule.label(&matcher.label.text).and_then(Node::as_str).is_some_and(|own| own != matcher.value && !own.contains("{{"))
    };
    rules.all(other).then(|| {
        let message = format!("`{}` never has `{}` `{}`", name.value, matcher.label.text, matcher.value);
        let finding = META.finding(query.span(&matcher.range), message).path(query.path()).related(first.span, "the alert");
        finding.help("ask for what it has, or leave the matcher away")
    })
}

/// A label that is asked of an alert whose rule does not set it and whose expression keeps none of that name.
fn aggregated_away(query: &Query<'_>, used: &Use<'_>, name: &str, context: &Context<'_>) -> Option<Diagnostic> {
    let mut rules = context.queries.iter().filter(|other| other.is_alert() && other.name() == name);
    let (rule, None) = (rules.next()?, rules.next()) else { return None };
    let pending = used.selector.matchers.iter().find(|m| m.label.text == "alertstate" && m.op == MatchOp::Equal && m.value == "pending");
    if let Some(matcher) = pending.filter(|_| rule.rule().is_some_and(|own| own.hold.unwrap_or(0) == 0)) {
        let finding = META.finding(query.span(&matcher.range), format!("`{name}` has no `for`, so it is never pending"));
        return Some(finding.path(query.path()).related(rule.node.span, "the alert").help("ask for `firing`"));
    }
    let shape = rule.expr.as_ref().map(|expr| shape(expr, context.world)).filter(|shape| shape.closed)?;
    let sets = |label: &str| rule.rule().is_some_and(|own| own.label(label).is_some());
    let is_own = |label: &str| matches!(label, "alertname" | "alertstate" | "__name__") || sets(label) || shape.possible(label);
    let asks = |m: &Matcher| match m.op {
        MatchOp::Equal => !m.value.is_empty(),
        MatchOp::Regex => matches(m, "") == Some(false),
        MatchOp::NotEqual | MatchOp::NotRegex => false,
    };
    let gone = |m: &&Matcher| asks(m) && !is_own(&m.label.text) && !query.is_variable(&m.value_range);
    let matcher = used.selector.matchers.iter().find(gone)?;
    // A group may give all its alerts a label.
    let of_group = context.rule_files().any(|file| file.groups.iter().any(|group| group.node.get("labels").is_some()));
    let message = format!("`{name}` has no label `{}`: its expression keeps none", matcher.label.text);
    let finding = META.finding(query.span(&matcher.range), message).path(query.path()).related(rule.node.span, "the alert");
    (!of_group).then(|| finding.help("ask for a label that it has, or keep this one there"))
}

/// An alert that fires while another one does not, though that one is quiet while all is well.
fn absent_alert(query: &Query<'_>, context: &Context<'_>) -> Option<Diagnostic> {
    let expr = query.expr.as_ref().filter(|_| query.is_alert())?;
    let ExprKind::Call { function, arguments } = &walk::without_parens(expr).kind else { return None };
    let ExprKind::Selector(selector) = &walk::without_parens(arguments.first().filter(|_| function.text == "absent")?).kind else {
        return None;
    };
    let asked = selector.matchers.iter().find(|m| m.label.text == "alertname" && m.op == MatchOp::Equal)?;
    let named = |other: &&&Query<'_>| other.is_alert() && other.name() == asked.value;
    let mut others = context.queries.iter().filter(named).peekable();
    others.peek().filter(|_| selector.metric_name() == Some("ALERTS"))?;
    if !others.all(|other| other.expr.as_ref().is_some_and(|expr| unconditional(expr, context, 0).is_none())) {
        return None;
    }
    let message = format!("`{}` is quiet while all is well, and then this fires", asked.value);
    Some(META.finding(query.span(&expr.range), message).path(query.path()).help("ask for an alert that always fires, as a watchdog does"))
}

/// Labels that the marks of `ALERTS` are named after.
fn formats(annotation: &Node, query: &str, known: &AlertLabels<'_>, context: &Context<'_>, add: &mut dyn FnMut(&Node, String, String)) {
    let parsed = promql::parse(&substitute(query).text, &Options::all()).ok();
    let result = parsed.as_ref().map(|expr| shape(expr, context.world));
    for (key, node) in ["titleFormat", "textFormat", "tagKeys"].into_iter().filter_map(|key| Some((key, annotation.get(key)?))) {
        let text = node.as_str().unwrap_or("");
        let labels: Vec<&str> = if key == "tagKeys" {
            text.split(',').map(str::trim).filter(|label| !label.is_empty()).collect()
        } else {
            if text.matches("{{").count() != text.matches("}}").count() {
                add(node, format!("the braces of `{key}` do not match"), "write it as `{{alertname}}`".to_owned());
                continue;
            }
            text.split("{{").skip(1).filter_map(|rest| Some(rest.split_once("}}")?.0.trim())).collect()
        };
        let names: Vec<&str> = known.labels.iter().copied().collect();
        for label in &labels {
            // A variable may stand for what is grouped by.
            let plain = !query.contains("($") && !query.contains("(${");
            // Alerts have the labels of their expressions and of their rules.
            let is_of_alerts = query.contains("ALERTS") && !known.labels.contains(label) && *label != "__name__";
            let foreign = is_of_alerts && (known.closed || is_unheard(label, context));
            let dotted = label.trim_start_matches(['$', '.']).strip_prefix("labels.").or_else(|| label.strip_prefix(".Labels."));
            if let Some(bare) = dotted {
                add(
                    node,
                    format!("`{{{{{label}}}}}` is of alerts, and Grafana knows labels by their names"),
                    format!("write `{{{{{bare}}}}}`"),
                );
                continue;
            }
            let gone =
                foreign || result.as_ref().is_some_and(|result| plain && result.closed && !result.possible(label)) && *label != "__name__";
            let of_rules = query.contains("ALERTS") || query.contains(':') || query.contains("label_");
            if gone || matches!(*label, "alertname" | "alertstate") && result.is_some() && !of_rules {
                let message =
                    if foreign { format!("no alert here has a label `{label}`") } else { format!("the query keeps no label `{label}`") };
                let help =
                    misspelt(label, &names).map_or_else(|| "name one that there is".to_owned(), |meant| format!("did you mean `{meant}`?"));
                add(node, message, help);
            } else if query.contains("ALERTS")
                && !known.labels.contains(label)
                && let Some(said) =
                    known.annotations.iter().find(|said| *said == label || said.len() > 5 && strsim::damerau_levenshtein(said, label) == 1)
            {
                let message = format!("`{said}` is an annotation of alerts, and `ALERTS` has their labels only");
                add(node, message, "name a label".to_owned());
            }
        }
        for label in labels.into_iter().filter(|_| query.contains("ALERTS") && !known.closed) {
            let short = || names.iter().find(|name| name.len() > label.len() && name.starts_with(label) && label.len() > 3).copied();
            if let Some(meant) = misspelt(label, &names).or_else(|| if names.contains(&label) { None } else { short() }) {
                add(node, format!("no alert here has a label `{label}`"), format!("did you mean `{meant}`?"));
            }
        }
    }
}

/// Lists of alerts, chosen by labels that alerts have.
fn lists(dashboard: &Dashboard<'_>, known: &AlertLabels<'_>, found: &mut Vec<Diagnostic>) {
    for panel in dashboard.panels.iter().filter(|panel| panel.kind == "alertlist") {
        let filter = panel.node.get("options").and_then(|options| options.get_str("alertInstanceLabelFilter"));
        let Some((node, text)) = filter.filter(|(_, text)| !text.trim().is_empty()) else { continue };
        let Ok(expr) = promql::parse(&substitute(text).text, &Options::all()) else { continue };
        let ExprKind::Selector(selector) = &walk::without_parens(&expr).kind else { continue };
        for matcher in &selector.matchers {
            alerts(node, matcher, known, &mut |node, message, help| {
                let path = format!("{}.options.alertInstanceLabelFilter", panel.path);
                found.push(META.finding(node.span, message).path(path).help(help));
            });
        }
    }
}

/// In milliseconds.
const HOUR: i64 = 3_600_000;

fn annotations(dashboard: &Dashboard<'_>, known: &AlertLabels<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let list = dashboard.root.get("annotations").and_then(|annotations| annotations.get("list"));
    for annotation in list.into_iter().flat_map(Node::items) {
        let mut add = |node: &Node, message: String, help: String| {
            found.push(META.finding(node.span, message).path("annotations.list").help(help));
        };
        if let Some(node) = annotation.get("enable").filter(|node| node.as_bool().is_none() && !node.is_null()) {
            add(node, "`enable` is true or false".to_owned(), "use one of those".to_owned());
        }
        let is = |key: &str, wanted: bool| annotation.get(key).and_then(Node::as_bool) == Some(wanted);
        if let Some(node) = annotation.get("hide").filter(|_| is("hide", true) && is("enable", false)) {
            add(node, "the annotation is off, and so is what would switch it on".to_owned(), "show the switch, or enable it".to_owned());
        }
        if let Some(node) = annotation.get("name").filter(|node| node.as_str().is_some_and(|text| text.trim().is_empty())) {
            add(node, "the annotation has no name, so nobody can switch it off".to_owned(), "say what it marks".to_owned());
        }
        if let Some((node, colour)) = annotation.get_str("iconColor")
            && let Some(meant) = misspelt_colour(colour)
        {
            add(node, format!("Grafana knows no colour {}", node.describe()), format!("did you mean `{meant}`?"));
        }
        let filter = annotation.get("filter").filter(|filter| filter.get("exclude").and_then(Node::as_bool) == Some(false));
        if let Some(node) = filter.and_then(|filter| filter.get("ids")).filter(|ids| ids.as_sequence().is_some_and(<[_]>::is_empty)) {
            add(node, "the annotation is for no panel at all".to_owned(), "name the panels, or leave `filter` out".to_owned());
        }
        let source = annotation.get("datasource").and_then(|source| source.get("type")?.as_str());
        let by_tags = annotation.get("target").filter(|target| target.get("type").and_then(Node::as_str) == Some("tags"));
        if let Some(tags) = by_tags.and_then(|target| target.get("tags")).filter(|tags| tags.as_sequence().is_some_and(<[_]>::is_empty)) {
            add(tags, "marks are asked for by tags, and none is named".to_owned(), "name one, or use the type `dashboard`".to_owned());
        }
        let step = annotation.get("step").and_then(|node| Some((node, parse_duration(node.as_str()?).ok()?)));
        if let Some((node, _)) = step.filter(|(_, millis)| *millis >= HOUR) {
            let message = format!("Prometheus is asked for one moment in {}, and what fires in between is not seen", node.describe());
            add(node, message, "leave it out, or write `60s`".to_owned());
        }
        let asked = annotation.get("expr").or_else(|| annotation.get("target").and_then(|target| target.get("expr")));
        let is_query = annotation.get("builtIn").is_none() && source == Some("prometheus");
        if asked.is_none() && is_query {
            let message = "the annotation has no `expr`, so it marks nothing".to_owned();
            add(annotation.get("name").unwrap_or(annotation), message, "write a query, as `ALERTS{…}`".to_owned());
        }
        let Some((node, text)) = asked.and_then(Node::with_str) else { continue };
        formats(annotation, text, known, context, &mut add);
        if let (Some("loki"), Some(node)) = (source, annotation.get("datasource"))
            && !text.trim_start().starts_with('{')
            && promql::parse(&substitute(text).text, &Options::all())
                .is_ok_and(|expr| walk::selectors(&expr).iter().any(|found| found.selector.metric_name().is_some()))
        {
            let message = "the query is PromQL, and the data source is Loki".to_owned();
            add(node, message, "ask a data source of the type `prometheus`".to_owned());
        }
        if text.trim().is_empty() && is_query {
            add(node, "the annotation asks nothing, so it marks nothing".to_owned(), "write a query, as `ALERTS{…}`".to_owned());
        }
        if text.is_empty() || source.is_some_and(|kind| kind != "prometheus") {
            continue;
        }
        match promql::parse(&substitute(text).text, &Options::all()) {
            Err(error) => add(node, format!("this is no PromQL: {}", error.message), "correct the query".to_owned()),
            Ok(expr) => {
                let moved = annotation.get("useValueForTime").filter(|node| node.as_bool() == Some(true));
                if let Some(node) = moved.filter(|_| interval(&expr, context.world).high < LONG_AGO) {
                    let message = "the values of the query are no moments, so every mark is of 1970".to_owned();
                    add(node, message, "write `false`".to_owned());
                }
                for used in walk::selectors(&expr) {
                    if used.selector.metric_name() == Some("ALERTS") {
                        used.selector.matchers.iter().for_each(|matcher| alerts(node, matcher, known, &mut add));
                    } else if let Some(name) = used.selector.metric_name()
                        && strsim::damerau_levenshtein(name, "ALERTS") == 1
                    {
                        add(node, format!("nothing makes a series `{name}`"), "did you mean `ALERTS`?".to_owned());
                    }
                }
            }
        }
    }
}

/// A matcher of `ALERTS`.
fn alerts(node: &Node, matcher: &Matcher, known: &AlertLabels<'_>, add: &mut dyn FnMut(&Node, String, String)) {
    let values =
        known.values.get(matcher.label.text.as_str()).filter(|values| !values.is_empty() && !values.iter().any(|text| text.contains("{{")));
    if let Some(values) = values.filter(|_| matcher.op == MatchOp::Regex && !matcher.value.contains('$')) {
        if values.iter().all(|value| matches(matcher, value) == Some(false)) && matches(matcher, "") == Some(false) {
            let message = format!("no alert here has a `{}` that `{}` matches", matcher.label.text, matcher.value);
            add(node, message, "name values that alerts have".to_owned());
        }
        return;
    }
    if matcher.op != MatchOp::Equal || matcher.value.is_empty() || matcher.value.contains('$') {
        return;
    }
    let (label, value) = (matcher.label.text.as_str(), matcher.value.as_str());
    match label {
        "alertstate" if !matches!(value, "pending" | "firing") => {
            add(node, format!("an alert is `pending` or `firing`, and never `{value}`"), "use one of those".to_owned());
        }
        _ if !known.labels.contains(label)
            && !known.labels.is_empty()
            && misspelt(label, &known.labels.iter().copied().collect::<Vec<_>>()).is_some() =>
        {
            let names: Vec<&str> = known.labels.iter().copied().collect();
            let meant = misspelt(label, &names).unwrap_or_default();
            add(node, format!("no alert here has a label `{label}`"), format!("did you mean `{meant}`?"));
        }
        "state" => add(node, "the state of an alert is its label `alertstate`".to_owned(), "write `alertstate=\"firing\"`".to_owned()),
        "alertname" | "service" | "severity" | "team" => {
            let Some(known) = known.values.get(label) else { return };
            if !known.is_empty() && !known.contains(value) && !known.iter().any(|text| text.contains("{{")) {
                let help = did_you_mean(value, known.iter().copied())
                    .map_or_else(|| "correct it".to_owned(), |meant| format!("did you mean `{meant}`?"));
                add(node, format!("no alert here has `{label}` {}", format_args!("`{value}`")), help);
            }
        }
        _ => {}
    }
}
