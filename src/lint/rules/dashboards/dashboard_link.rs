//! Links of dashboards and panels that lead nowhere, or hand on what is not there.

use crate::diagnostic::{Diagnostic, did_you_mean, misspelt};
use crate::formats::dashboard::{Dashboard, uid_of_link};
use crate::formats::rule_file::RuleFile;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::rules::dashboards::panel_query::built_in;
use crate::lint::views::DashboardView;
use crate::lint::words::walk;
use crate::promql::grafana::substitute;
use crate::source::Node;

rule! {
    /// A link of a dashboard, of a panel or of its values leads to a dashboard whose uid is nearly that of one here, sets a variable
    /// that the dashboard does not have, or holds a variable that neither the dashboard nor Grafana has: it stays as it is written. Or it
    /// leads to a page that is nearly the runbook of an alert.
    ///
    /// Dashboards that are not among the inputs may well exist: of their uids only what looks like a slip is reported.
    ///
    /// ```yaml fires
    /// uid: web
    /// title: Web
    /// schemaVersion: 39
    /// links: [{ title: More, type: link, url: "/d/web/web?${__url_time_rang}" }]
    /// panels: []
    /// ```
    /// ```yaml silent
    /// uid: web
    /// title: Web
    /// schemaVersion: 39
    /// links: [{ title: More, type: link, url: "/d/web/web?${__url_time_range}" }]
    /// panels: []
    /// ```
    DashboardLink, "dashboard-link", Warning
}

/// With more dashboards than these, the one that a link leads to is not looked for.
const MANY: usize = 200;

impl Rule for DashboardLink {
    fn dashboard(&self, view: &DashboardView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let dashboard = view.dashboard;
        aimless(dashboard, found);
        // Few dashboards have links, and to walk through all of them is work.
        if !["\"url\"", "url:"].iter().any(|key| view.view.text.contains(key)) {
            return;
        }
        let defined = dashboard.defined();
        tags(dashboard, context, found);
        walk::mappings(dashboard.root, &mut |node, path| {
            let links = ["links", "dataLinks"].into_iter().filter_map(|key| node.get(key)).flat_map(Node::items);
            // An override has them as the value of a property.
            let of_property = node.get("value").filter(|_| node.get("id").and_then(Node::as_str) == Some("links"));
            for link in links.chain(of_property.into_iter().flat_map(Node::items)) {
                let Some((place, url)) = link.get_str("url") else { continue };
                let mut add = |message: String, help: String| {
                    found.push(META.finding(place.span, message).path(format!("{path}.links")).help(help));
                };
                if url.trim().is_empty() && !std::ptr::eq(node, dashboard.root) && link.get("type").is_none() {
                    add("the link leads nowhere".to_owned(), "write it as `https://…`".to_owned());
                }
                let of_panel = node.get("gridPos").is_some() || node.get("fieldConfig").is_some();
                if let Some(of) =
                    ["__field", "__value", "__series", "__data"].iter().find(|of| of_panel && url.contains(&format!("${{{of}.")))
                {
                    let message = format!("the link of a panel belongs to no point of it, so `${{{of}.…}}` stays as it is");
                    add(message, "make it a link of the data, under `fieldConfig.defaults.links`".to_owned());
                }
                address(url, &mut add);
                variables(url, &defined, &mut add);
                leads_to(url, dashboard, context, &mut add);
                runbook(url, context, &mut add);
            }
        });
    }
}

/// Links of the dashboard to a page that they do not name.
fn aimless(dashboard: &Dashboard<'_>, found: &mut Vec<Diagnostic>) {
    let links = dashboard.root.items_of("links").filter(|link| link.get("type").and_then(Node::as_str) == Some("link"));
    for link in links.filter(|link| link.get("url").is_none_or(|url| url.as_str().is_some_and(|text| text.trim().is_empty()))) {
        let finding = META.finding(link.get("title").unwrap_or(link).span, "the link leads nowhere: it has no `url`");
        found.push(finding.path("links").help("write it as `https://…`"));
    }
}

/// Links to all dashboards with a tag that none here has, while one has nearly this tag.
fn tags(dashboard: &Dashboard<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let links = dashboard.root.items_of("links");
    let by_tags = links.filter(|link| link.get("type").and_then(Node::as_str) == Some("dashboards"));
    let wanted: Vec<&Node> = by_tags.filter_map(|link| link.get("tags")).flat_map(Node::items).collect();
    if wanted.is_empty() || context.views.len() > MANY {
        return;
    }
    let all = context.dashboards().filter_map(|dashboard| dashboard.root.get("tags")).flat_map(Node::items);
    let known: Vec<&str> = all.filter_map(Node::as_str).collect();
    for node in wanted {
        if let Some(meant) = node.as_str().and_then(|tag| misspelt(tag, &known)) {
            let message = format!("no dashboard here has the tag {}", node.describe());
            found.push(META.finding(node.span, message).path("links").help(format!("did you mean `{meant}`?")));
        }
    }
}

/// Addresses that Grafana has no longer, and parameters without what begins them.
fn address(url: &str, add: &mut dyn FnMut(String, String)) {
    // `runbooks.example.com/web` is a path of Grafana's own.
    let first = url.split(['/', '?', '#']).next().unwrap_or("");
    let is_host = first.contains('.')
        && first.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
        && first.rsplit('.').next().is_some_and(|last| last.len() > 1 && last.bytes().all(|byte| byte.is_ascii_alphabetic()));
    if is_host && !matches!(first.rsplit('.').next(), Some("html" | "json" | "php")) {
        add(format!("`{first}` is read as a path of Grafana, without `https://` before it"), "write `https://` before it".to_owned());
    }
    if url.contains("/dashboard/db/") {
        add("Grafana finds no dashboard by its name any longer".to_owned(), "write `/d/UID`".to_owned());
    }
    // Its state is JSON.
    let state = url.split("/explore?").nth(1).and_then(|rest| rest.split('&').find_map(|part| part.strip_prefix("left=")));
    let is_json = |state: &str| ["{", "[", "%7B", "%5B", "%7b", "%5b"].iter().any(|start| state.starts_with(start));
    if state.is_some_and(|state| !is_json(state) && (!state.starts_with('$') || state.starts_with("${__url_time_range}"))) {
        add(
            "`left` takes a state in JSON, so this leads to an empty page".to_owned(),
            "copy the address of Explore as it stands".to_owned(),
        );
    }
    let inside = url.starts_with("/d/") || url.contains("/d/") && url.starts_with("http");
    if inside && !url.contains('?') && url.contains("&var-") {
        add("parameters begin with `?`, and so this one is a part of the path".to_owned(), "write `?` before the first".to_owned());
    }
}

/// Variables in a link that nothing brings.
fn variables(url: &str, defined: &[&str], add: &mut dyn FnMut(String, String)) {
    for rest in url.split("${__field.").skip(1) {
        let part = rest.split(['.', ':', '[', '}']).next().unwrap_or("");
        if let Some(meant) = misspelt(part, &["name", "displayName", "labels", "formattedLabels"]) {
            add(format!("a field has no `{part}`"), format!("did you mean `${{__field.{meant}…}}`?"));
        }
    }
    for variable in substitute(url).variables {
        let name = variable.name.split(['.', ':', '[']).next().unwrap_or("");
        if defined.contains(&name) || name.is_empty() || name.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        if name.starts_with("__") {
            if let Err(Some(meant)) = built_in(name) {
                add(format!("Grafana has no variable `{name}`"), format!("did you mean `${{{meant}}}`?"));
            }
            continue;
        }
        let help = did_you_mean(name, defined.iter().copied())
            .map_or_else(|| "define it under `templating.list`".to_owned(), |meant| format!("did you mean `${{{meant}}}`?"));
        add(format!("no variable `{name}` is defined"), help);
    }
}

/// A page beside those that alerts link to, whose name is nearly that of one of them.
fn runbook(url: &str, context: &Context<'_>, add: &mut dyn FnMut(String, String)) {
    let Some((folder, page)) = url.rsplit_once('/').filter(|(folder, _)| folder.contains("://") && context.views.len() <= MANY) else {
        return;
    };
    let rules = context.rule_files().flat_map(RuleFile::rules).filter(|rule| rule.is_alert());
    let links = rules.flat_map(|rule| rule.annotations().filter_map(|(.., value)| value.as_str()).collect::<Vec<_>>());
    let pages = links.filter_map(|link| link.strip_prefix(folder)?.strip_prefix('/'));
    let pages: Vec<&str> = pages.filter(|page| !page.contains('/')).collect();
    let is_name = page.len() > 4 && page.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if let Some(meant) = misspelt(page, &pages).filter(|_| is_name) {
        add(format!("no alert links to a page `{page}`, and one does to `{meant}`"), format!("did you mean `{folder}/{meant}`?"));
    }
}

/// The dashboard that a link leads to, and the variables that it is given.
fn leads_to(url: &str, own: &Dashboard<'_>, context: &Context<'_>, add: &mut dyn FnMut(String, String)) {
    // What begins with its parameters leads to where it stands.
    if url.starts_with('?') {
        return handed_on(url, own, "this dashboard", add);
    }
    let Some(uid) = uid_of_link(url).filter(|uid| !uid.contains('$')) else { return };
    let known = context.world.dashboard_uids(context.views);
    if !known.contains(uid) {
        // `shop-web` for `web`
        let is_end = |known: &&str| known.strip_suffix(uid).is_some_and(|before| before.ends_with('-') && uid.len() > 3);
        let longer = || known.iter().map(String::as_str).filter(is_end).min();
        if let Some(meant) = did_you_mean(uid, known.iter().map(String::as_str)).or_else(longer) {
            add(format!("no dashboard here has the uid `{uid}`"), format!("did you mean `{meant}`?"));
        }
        return;
    }
    let is_meant = |dashboard: &&Dashboard<'_>| dashboard.uid.and_then(Node::as_str) == Some(uid);
    let target = if is_meant(&own) { Some(own) } else { context.dashboards().find(is_meant).filter(|_| context.views.len() <= MANY) };
    let Some(target) = target else { return };
    let shown = url.split(['?', '&']).skip(1).find_map(|part| part.strip_prefix("viewPanel="));
    let shown = shown.map(|text| text.trim_start_matches("panel-")).and_then(|text| text.parse::<i64>().ok());
    if let Some(id) = shown.filter(|id| target.lacks_panel(*id)) {
        add(format!("the dashboard `{uid}` has no panel {id}"), "name the `id` of one".to_owned());
    }
    handed_on(url, target, &format!("the dashboard `{uid}`"), add);
}

/// Variables that a link sets, and that the dashboard which it leads to does not have.
fn handed_on(url: &str, target: &Dashboard<'_>, called: &str, add: &mut dyn FnMut(String, String)) {
    let defined = target.defined();
    for name in target.undefined_by(url).filter(|name| !name.is_empty() && !name.contains('$')) {
        let help = did_you_mean(name, defined.iter().copied())
            .map_or_else(|| "hand on one that it has".to_owned(), |meant| format!("did you mean `var-{meant}`?"));
        add(format!("{called} has no variable `{name}`"), help);
    }
}
