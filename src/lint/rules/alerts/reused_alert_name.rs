//! One name for two different alerts.

use foldhash::{HashMap, HashSet};

use crate::diagnostic::Diagnostic;
use crate::formats::alertmanager::Matcher;
use crate::formats::rule_file::{Rule as RuleOfFile, RuleFile};
use crate::lint::context::Context;
use crate::lint::query::likeness::without_window;
use crate::lint::query::{Origin, Query};
use crate::lint::routing::{asked_by_name, is_closed};
use crate::lint::rule::{Rule, rule};
use crate::promql::{self, walk};

rule! {
    /// Two alerts of a file have one name, and what they ask has nothing in common: silences, routes and pages cannot tell them apart.
    /// Or an inhibition or a route asks for a name that is no alert's, and is that of the two but for its last word.
    /// Alerts of one name at different severities or windows of one question are usual and meant.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: A
    ///         expr: 'rate(errors_total[5m]) > 1'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    ///       - alert: A
    ///         expr: disk_free_bytes < 1e9
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "the disk is full" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: A
    ///         expr: 'rate(errors_total[5m]) > 1'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    ///       - alert: A
    ///         expr: 'rate(errors_total[1h]) > 1'
    ///         for: 5m
    ///         labels: { severity: critical }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    ReusedAlertName, "reused-alert-name", Warning
}

impl Rule for ReusedAlertName {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let missing = missing(context);
        let mut seen: HashMap<_, Vec<&&Query<'_>>> = HashMap::default();
        for query in context.queries {
            let Origin::Rule { file, rule } = query.origin else { continue };
            if !rule.is_alert() {
                continue;
            }
            let alike = seen.entry((query.node.span.source, rule.name())).or_default();
            let stranger = alike
                .first()
                .filter(|first| (strangers(first, query) || labels(first) == labels(query)) && summary(first) != summary(query));
            if let Some(first) = stranger.and_then(|first| first.rule()) {
                found.push(
                    META.finding(rule.name.span, format!("another alert is named `{}`, and asks something else", rule.name()))
                        .path(file.path(rule, "alert"))
                        .related(first.name.span, "the other one")
                        .help("rename one of them"),
                );
            }
            // One of the two was called otherwise before, and somebody still waits for that.
            let meant =
                missing.iter().find(|other| !alike.is_empty() && stranger.is_none() && differ_in_last_word(rule.name(), &other.value));
            if let (Some(meant), Some(first)) = (meant, alike.first().and_then(|first| first.rule())) {
                let message = format!("another alert is named `{}`, and none `{}`, which is asked for", rule.name(), meant.value);
                let finding =
                    META.finding(rule.name.span, message).path(file.path(rule, "alert")).related(first.name.span, "the other one");
                found.push(finding.related(meant.node.span, "asked for here").help(format!("call one of them `{}`", meant.value)));
            }
            alike.push(query);
        }
    }
}

/// What routes and inhibitions ask for by a name that no alert has, where all alerts are here.
fn missing<'c>(context: &'c Context<'_>) -> Vec<&'c Matcher<'c>> {
    let mut asked = asked_by_name(context);
    if asked.is_empty() || !is_closed(context) {
        return Vec::new();
    }
    let alerts = context.rule_files().flat_map(RuleFile::rules).filter(|rule| rule.is_alert());
    let names: HashSet<&str> = alerts.map(RuleOfFile::name).collect();
    asked.retain(|matcher| !names.contains(matcher.value.as_str()));
    asked
}

/// Whether two names are the same up to their last words, as `QueueLong` and `QueueLonger`.
fn differ_in_last_word(one: &str, other: &str) -> bool {
    let stem = |name: &str| name.rfind(char::is_uppercase).map_or(0, |at| at);
    let at = stem(one);
    at > 0 && at == stem(other) && one.get(..at) == other.get(..at) && one != other
}

/// Whether two expressions read no metric in common, as far as their texts tell.
fn strangers(one: &Query<'_>, other: &Query<'_>) -> bool {
    names(one).zip(names(other)).is_some_and(|(one, other)| one.iter().all(|name| !other.contains(name)))
}

/// The metrics that an expression names. Trees may be let go of by now, and few rules share a name.
fn names(query: &Query<'_>) -> Option<Vec<String>> {
    let expr = promql::parse(query.node.as_str()?, &promql::Options::all()).ok()?;
    let all: Option<Vec<String>> =
        walk::selectors(&expr).iter().map(|s| s.selector.metric_name().map(|name| without_window(name).to_owned())).collect();
    all.filter(|names| !names.is_empty())
}

/// The labels that the rule sets: two alerts of one name with the same are one to Alertmanager, where their series are alike.
fn labels(query: &Query<'_>) -> Vec<(String, String)> {
    let all = query.rule().into_iter().flat_map(RuleOfFile::labels);
    let mut all: Vec<_> = all.map(|(name, _, value)| (name.to_owned(), value.as_str().unwrap_or("").to_owned())).collect();
    all.sort_unstable();
    all
}

fn summary<'a>(query: &Query<'a>) -> Option<&'a str> {
    query.rule()?.node.get("annotations")?.get("summary")?.as_str()
}
