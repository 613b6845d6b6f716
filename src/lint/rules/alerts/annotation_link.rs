//! Links of alerts that lead nowhere, or elsewhere.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::formats::dashboard::uid_of_link;
use crate::formats::rule_file::RuleFile;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::{RuleView, ViewKind};
use crate::source::Node;

rule! {
    /// An annotation that is to be a link is none, names another alert of the inputs, or leads to a dashboard that is not among those
    /// of the inputs, to a panel that it does not have, or sets a variable (`var-…`) that it does not have.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: up == 0
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { runbook_url: "runbooks.example.com/Problem" }
    /// ```
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: A
    ///         expr: up == 0
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { runbook_url: "https://runbooks.example.com/B" }
    ///       - alert: B
    ///         expr: up == 0
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: up == 0
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { runbook_url: "https://runbooks.example.com/Problem" }
    /// ```
    AnnotationLink, "annotation-link", Warning
}

impl Rule for AnnotationLink {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        linked(context, found);
        hosts(context, found);
    }

    fn rule(&self, view: &RuleView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (name, _, value) in view.rule.annotations().filter(|(name, ..)| is_link(name)) {
            let Some(text) = value.as_str().map(str::trim).filter(|text| !text.is_empty() && !text.starts_with("{{")) else { continue };
            let problem = if text.contains("://") {
                no_web(text).or_else(|| another_alert(text, view, context)).or_else(|| unknown_dashboard(text, context))
            } else if (name.to_lowercase().ends_with("url") || text.contains('.')) && !text.contains(' ') && !text.starts_with('/') {
                Some((format!("`{name}` is no link"), "write it with `https://`".to_owned()))
            } else {
                None
            };
            if let Some((message, help)) = problem {
                found.push(META.finding(value.span, message).path(format!("{}.{name}", view.path("annotations"))).help(help));
            }
        }
    }
}

/// Whether an annotation of this name is to be a link.
fn is_link(name: &str) -> bool {
    let ends =
        |word: &str| name.len().checked_sub(word.len()).and_then(|at| name.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case(word));
    ends("url") || ends("link") || ["runbook", "dashboard", "playbook"].iter().any(|word| name.eq_ignore_ascii_case(word))
}

/// A link whose last part is the name of another alert.
fn another_alert(url: &str, view: &RuleView<'_>, context: &Context<'_>) -> Option<(String, String)> {
    let last = url.split(['?']).next()?.trim_end_matches('/').rsplit(['/', '#']).next()?;
    let page = last.split_once('.').map_or(last, |(page, _)| page);
    let own = view.rule.name();
    if page.eq_ignore_ascii_case(own) {
        return None;
    }
    let Some(other) = context.world.alert_named(page, context.views) else {
        return is_slip(page, own)
            .then(|| (format!("this leads to a page `{page}`, and the alert is `{own}`"), format!("write `{own}` at its end")));
    };
    Some((format!("this leads to the page of `{other}`, and the alert is `{own}`"), format!("write `{own}` at its end")))
}

/// Whether one letter of a page's name is not that of the alert's, or its ending; `-` and `_` may stand between words.
fn is_slip(page: &str, alert: &str) -> bool {
    let letters = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect::<String>();
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    // `HighLatencies` for `HighLatency`.
    let alike = page.bytes().zip(alert.bytes()).take_while(|(one, other)| one == other).count();
    if digits(page) == digits(alert) && alert.len() > 8 && alike + 2 >= alert.len() && page.len() <= alert.len() + 3 {
        return true;
    }
    digits(page) == digits(alert) && alert.len() > 4 && strsim::damerau_levenshtein(&letters(page), &letters(alert)) == 1
}

/// Dashboards whose uid is nearly the one that alerts link to, while none has that one.
fn linked(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let known = context.world.dashboard_uids(context.views);
    if known.is_empty() {
        return;
    }
    let rules = context.rule_files();
    let links = rules.flat_map(RuleFile::rules).flat_map(|rule| rule.annotations().map(|(_, _, value)| value).collect::<Vec<_>>());
    let mut unknown: BTreeMap<&str, &Node> = BTreeMap::new();
    for link in links {
        if let Some(uid) = link.as_str().and_then(uid_of_link).filter(|uid| !known.contains(*uid)) {
            unknown.entry(uid).or_insert(link);
        }
    }
    for view in context.views.iter().filter(|_| !unknown.is_empty()) {
        let ViewKind::Dashboard(dashboard) = &view.kind else { continue };
        let Some((node, uid)) = dashboard.uid.and_then(Node::with_str) else { continue };
        // A link ends with the title as well, of which Grafana makes no use.
        let title: Vec<String> = dashboard
            .root
            .get("title")
            .and_then(Node::as_str)
            .unwrap_or("")
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        let slug = title.join("-");
        let titled = |link: &Node| {
            let path = link.as_str().and_then(|url| url.split_once("/d/")).map_or("", |(_, rest)| rest);
            path.split(['?', '#']).next().and_then(|path| path.split('/').nth(1)) == Some(slug.as_str()) && !slug.is_empty()
        };
        let by_title = || unknown.iter().find(|(_, link)| titled(link));
        let near = did_you_mean(uid, unknown.keys().copied()).and_then(|meant| unknown.get_key_value(meant));
        if let Some((meant, link)) = near.or_else(by_title) {
            let finding = META.finding(node.span, format!("alerts link to a dashboard `{meant}`, and this one is `{uid}`"));
            found.push(finding.path("uid").related(link.span, "such as this one").help("make the two say the same"));
        }
    }
}

/// A link to a dashboard by a uid that none of the inputs has.
pub(in crate::lint::rules) fn unknown_dashboard(url: &str, context: &Context<'_>) -> Option<(String, String)> {
    let uid = uid_of_link(url)?;
    let known = context.world.dashboard_uids(context.views);
    if known.contains(uid) {
        return unknown_part(url, uid, context);
    }
    if known.is_empty() {
        return None;
    }
    let help = did_you_mean(uid, known.iter().map(String::as_str)).map_or_else(
        || "use the `uid` of a dashboard, or add that dashboard to the inputs".to_owned(),
        |meant| format!("did you mean `{meant}`?"),
    );
    Some((format!("no dashboard here has the uid `{uid}`"), help))
}

/// With more files than these, panels and variables are not looked for.
const MANY: usize = 200;

/// A panel or a variable of a dashboard that has none of this number or name.
fn unknown_part(url: &str, uid: &str, context: &Context<'_>) -> Option<(String, String)> {
    let asked = || url.split(['?', '&']).skip(1);
    asked().next().filter(|_| context.views.len() <= MANY)?;
    let dashboard = context.dashboards().find(|dashboard| dashboard.uid.and_then(Node::as_str) == Some(uid))?;
    if let Some(name) = dashboard.undefined_by(url).find(|name| !name.contains("{{")) {
        let help = did_you_mean(name, dashboard.defined())
            .map_or_else(|| "set one that it has".to_owned(), |meant| format!("did you mean `var-{meant}`?"));
        return Some((format!("the dashboard `{uid}` has no variable `{name}`"), help));
    }
    let number = |key: &str| asked().find_map(|part| part.strip_prefix(key));
    let wanted = number("viewPanel=").or_else(|| number("panelId="))?;
    let wanted: i64 = wanted.trim_start_matches("panel-").parse().ok()?;
    dashboard
        .lacks_panel(wanted)
        .then(|| (format!("the dashboard `{uid}` has no panel {wanted}"), "use the `id` of one of its panels".to_owned()))
}

/// A scheme that nearly is that of the web.
fn no_web(text: &str) -> Option<(String, String)> {
    let scheme = text.split_once("://")?.0;
    if matches!(scheme, "https" | "http") {
        return None;
    }
    let meant = ["https", "http"].into_iter().find(|known| strsim::damerau_levenshtein(known, scheme) == 1)?;
    Some((format!("`{scheme}` is no scheme of a link"), format!("did you mean `{meant}`?")))
}

/// Links to a host that is one letter away from the host of all others.
fn hosts(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    // Of each host its first link, and how many there are.
    let mut by_host: BTreeMap<&str, (&Node, usize)> = BTreeMap::new();
    let rules = context.queries.iter().filter_map(|query| query.rule()).filter(|rule| rule.is_alert());
    for (_, _, value) in rules.flat_map(crate::formats::rule_file::Rule::annotations).filter(|(name, ..)| name.ends_with("url")) {
        let host = value.as_str().and_then(|text| text.split_once("://")).map(|(_, rest)| rest.split('/').next().unwrap_or(""));
        if let Some(host) = host.filter(|host| host.contains('.') && !host.contains('{')) {
            by_host.entry(host).or_insert((value, 0)).1 += 1;
        }
        if by_host.len() > 64 {
            return;
        }
    }
    for (host, (node, _)) in by_host.iter().filter(|(_, (_, count))| *count == 1) {
        let usual = by_host.iter().find(|(other, (_, count))| *count > 2 && strsim::damerau_levenshtein(other, host) == 1);
        if let Some((usual, _)) = usual {
            let finding = META.finding(node.span, format!("`{host}` is nearly `{usual}`, where all other links lead"));
            found.push(finding.help(format!("did you mean `{usual}`?")));
        }
    }
}
