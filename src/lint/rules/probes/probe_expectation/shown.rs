//! What a module expects, beside what the page of the service shows to have been answered.

use super::META;
use crate::diagnostic::{Diagnostic, Level};
use crate::lint::context::Context;
use crate::lint::probes::Probe;
use crate::lint::rule::Section;
use crate::source::Node;

/// Labels of requests, as instrumentations call them.
const PATHS: &[&str] = &["http_route", "path", "route", "uri"];
const METHODS: &[&str] = &["http_request_method", "method"];
const STATUSES: &[&str] = &["code", "http_response_status_code", "status", "status_code"];

/// Statuses of success that no such request to the target has been answered with, while a page shows others of success.
pub(super) fn beside_pages(probe: &Probe<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let Some(http) = probe.section() else { return };
    let Some(list) = http.get("valid_status_codes") else { return };
    let codes: Vec<&str> = list.items().map(|node| node.as_scalar().map_or("", |scalar| scalar.text())).collect();
    let method = http.get("method").and_then(Node::as_str).unwrap_or("GET");
    if codes.is_empty() || !codes.iter().all(|code| is_success(code)) {
        return;
    }
    // There may be thousands of targets, and pages are long.
    for (_, target) in probe.targets().take(20) {
        let Some(path) = target.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..])).filter(|path| path.len() > 1)
        else {
            continue;
        };
        let shown = answers(path, method, context);
        if shown.iter().any(|status| is_success(status)) && !shown.iter().any(|status| codes.contains(&status.as_str())) {
            let other = shown.iter().find(|status| is_success(status)).map_or("", String::as_str);
            let mut report = Section::new(&META, format!("modules.{}.http", probe.module.name()), found);
            let message = format!("the page of the service shows that `{method} {path}` is answered with {other}");
            report.add(Level::Warning, list, "valid_status_codes", message, "expect that status");
            return;
        }
    }
}

fn is_success(status: &str) -> bool {
    status.len() == 3 && status.starts_with('2')
}

/// The statuses that pages show of requests to a path.
fn answers(path: &str, method: &str, context: &Context<'_>) -> Vec<String> {
    let pages = context.world.catalogues.iter().filter(|page| page.is_page()).filter_map(|page| page.snapshot.as_ref());
    let mut all: Vec<String> = Vec::new();
    for (labels, _) in pages.flat_map(|snapshot| snapshot.values().flatten()) {
        let value = |names: &[&str]| names.iter().find_map(|name| labels.get(*name)).map(String::as_str);
        if value(PATHS) == Some(path) && value(METHODS).is_some_and(|own| own.eq_ignore_ascii_case(method)) {
            all.extend(value(STATUSES).map(str::to_owned));
        }
    }
    all.sort();
    all.dedup();
    all
}
