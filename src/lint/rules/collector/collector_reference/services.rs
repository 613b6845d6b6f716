//! Names of services, by which all that is stored is found.

use crate::diagnostic::Level;
use crate::formats::collector::kind;
use crate::lint::context::Context;
use crate::lint::query::named_jobs;
use crate::lint::rule::Section;
use crate::lint::views::CollectorView;
use crate::lint::words::slip::slip;
use crate::lint::words::{ottl, walk};
use crate::source::Node;

/// Whether a name is a service's with other separators, or with a letter too many, too few or out of its place. One with
/// another letter may be a service of its own.
fn is_service_slip(name: &str, service: &str) -> bool {
    let plain = |text: &str| text.to_lowercase().replace(['-', '_', '.', ' '], "");
    let (one, other) = (plain(name), plain(service));
    let sorted = |text: &str| {
        let mut letters: Vec<char> = text.chars().collect();
        letters.sort_unstable();
        letters
    };
    let numbered = |text: &str| text.ends_with(|c: char| c.is_ascii_digit());
    one == other
        || one.len() > 4
            && !numbered(&one)
            && !numbered(&other)
            && strsim::damerau_levenshtein(&one, &other) == 1
            && (one.len() != other.len() || sorted(&one) == sorted(&other))
}

/// Services that are nearly one that a manifest is of.
pub(super) fn named_services(view: &CollectorView<'_>, body: &Node, context: &Context<'_>, report: &mut Section<'_>) {
    let catalogues = context.world.catalogues.iter().filter(|catalogue| !catalogue.is_page());
    let mut known: Vec<&str> = catalogues.map(|catalogue| catalogue.service.value.as_str()).collect();
    if known.is_empty() {
        known.extend(called(view).filter(|name| context.world.has_job(name)));
    }
    if known.is_empty() {
        return;
    }
    let mut judge = |node: &Node, name: &str, key: &str| {
        if let Some(meant) = known.iter().find(|known| is_service_slip(name, known)).filter(|_| !known.contains(&name)) {
            report.add(Level::Warning, node, key, format!("no service is called `{name}`"), &format!("did you mean `{meant}`?"));
        }
    };
    walk::mappings(body, &mut |node, _| {
        if node.get("key").and_then(Node::as_str) == Some("service.name") {
            node.items_of("values").filter_map(Node::with_str).for_each(|(item, text)| judge(item, text, "policies"));
        }
        for (key, _, value) in node.entries() {
            for item in std::iter::once(value).chain(value.items()) {
                let Some(text) = item.as_str() else { continue };
                if key == "services" {
                    judge(item, text, key);
                } else {
                    for name in ottl::services(text) {
                        judge(item, name, key);
                    }
                }
            }
        }
    });
}

/// What processors call services.
fn called<'a>(view: &CollectorView<'a>) -> impl Iterator<Item = &'a str> {
    let processors = view.config.components("processors").filter(|(id, ..)| matches!(kind(id), "resource" | "attributes"));
    let actions = processors.flat_map(|(_, _, body)| body.items_of("attributes").chain(body.items_of("actions")));
    actions
        .filter(|action| action.get("key").and_then(Node::as_str) == Some("service.name"))
        .filter_map(|action| action.get("value")?.as_str())
}

/// The name of the service, by which all that is stored is found.
pub(super) fn service(body: &Node, context: &Context<'_>, report: &mut Section<'_>) {
    for action in body.items_of("attributes") {
        namespace(action, context, report);
        if action.get("key").and_then(Node::as_str) != Some("service.name") {
            continue;
        }
        let Some((node, name)) = action.get_str("action") else { continue };
        let services: Vec<_> = context.world.catalogues.iter().filter(|catalogue| !catalogue.is_page()).collect();
        match name {
            "delete" | "hash" => {
                report.add(Level::Warning, node, "attributes", "without `service.name` nobody can tell whose data it is", "keep it");
            }
            "upsert" | "update" => {
                let value = action.get_str("value");
                if let Some((node, meant)) = value.and_then(|(node, text)| Some((node, otherwise_in_logs(text, context)?))) {
                    let message = format!("logs are stored under {} from here on, and panels ask for `{meant}`", node.describe());
                    report.add(Level::Warning, node, "attributes", message, &format!("did you mean `{meant}`?"));
                    continue;
                }
                // A job of that name has another way to the same.
                let is_service =
                    |text: &str| context.world.has_job(text) || services.iter().any(|catalogue| catalogue.service.value == text);
                if let Some((node, _)) = value.filter(|(_, text)| !services.is_empty() && !text.contains('$') && !is_service(text)) {
                    let message = format!("every service is called {} from here on, and no manifest is of one", node.describe());
                    report.add(Level::Warning, node, "attributes", message, "write its name, or `insert` it");
                }
            }
            _ => {}
        }
    }
}

/// The name by which panels ask for the logs of a service, where none asks for the name that it has, and that is nearly the same or
/// begins so.
fn otherwise_in_logs<'a>(name: &str, context: &Context<'a>) -> Option<&'a str> {
    const ASKED: &str = "service_name=\"";
    let targets = context.dashboards().flat_map(|dashboard| &dashboard.panels).flat_map(|panel| &panel.targets);
    let asked = targets.filter_map(|target| {
        let (_, rest) = target.node.get("expr")?.as_str()?.split_once(ASKED)?;
        rest.split_once('"').map(|(value, _)| value).filter(|value| !value.is_empty() && !value.contains('$'))
    });
    let asked: Vec<&str> = asked.collect();
    let is_alike = |other: &&str| is_service_slip(name, other) || name.starts_with(*other) || other.starts_with(name);
    asked.iter().copied().find(is_alike).filter(|_| !name.contains('$') && !asked.contains(&name))
}

/// The namespace of services, which becomes the first part of their `job`.
fn namespace(action: &Node, context: &Context<'_>, report: &mut Section<'_>) {
    if action.get("key").and_then(Node::as_str) != Some("service.namespace") {
        return;
    }
    let Some((node, own)) = action.get_str("value").filter(|(_, own)| !own.contains('$') && !own.is_empty()) else { return };
    let jobs = context.selectors().flat_map(|(_, used)| named_jobs(used.selector).collect::<Vec<_>>());
    let asked: Vec<String> = jobs.filter_map(|job| Some(job.split_once('/')?.0.to_owned())).collect();
    let is_slip = |other: &&String| slip(own, &[other.as_str()]).is_some();
    if let Some(meant) = asked.iter().find(is_slip).filter(|_| !asked.iter().any(|other| other == own)) {
        let message = format!("the `job` of these services begins with `{own}/`, and `{meant}/` is asked for");
        report.add(Level::Warning, node, "attributes", message, &format!("did you mean `{meant}`?"));
    }
}
