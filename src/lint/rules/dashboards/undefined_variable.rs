//! Variables that a dashboard does not have.

use crate::diagnostic::{Diagnostic, Level, did_you_mean, misspelt};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::promql::grafana;
use crate::source::{Node, Span};

rule! {
    /// A query uses a variable that the dashboard does not define. Grafana sends the name as it stands, and the panel is
    /// empty or shows an error.
    ///
    /// ```json fires
    /// { "title": "Web", "panels": [ { "type": "stat", "title": "Up", "targets": [ { "refId": "A", "expr": "up{env=\"$env\"}" } ] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "panels": [ { "type": "stat", "title": "Up", "targets": [ { "refId": "A", "expr": "up{env=\"$env\"}" } ] } ],
    ///   "templating": { "list": [ { "name": "env", "type": "custom", "query": "prod,test" } ] } }
    /// ```
    UndefinedVariable, "undefined-variable", Error
}

impl Rule for UndefinedVariable {
    fn dashboard(&self, view: &DashboardView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let dashboard = view.dashboard;
        let defined = dashboard.defined();
        for panel in &dashboard.panels {
            let braced = |key: &str| panel.node.get(key).filter(|node| node.as_str().is_some_and(|text| text.contains("${")));
            for (key, node) in ["title", "description"].into_iter().filter_map(|key| Some((key, braced(key)?))) {
                for variable in node.as_str().map(grafana::substitute).into_iter().flat_map(|text| text.variables) {
                    let name = variable.name.as_str().split(['.', ':']).next().unwrap_or("");
                    let is_braced = node.as_str().is_some_and(|text| text.contains(&format!("${{{name}")));
                    if is_braced && !is_built_in(name) && !defined.contains(&name) && did_you_mean(name, defined.iter().copied()).is_none()
                    {
                        let message = format!("the {key} names a variable `{name}`, and none is defined");
                        let finding = META.finding_at(Level::Warning, node.span, message).path(format!("{}.{key}", panel.path));
                        found.push(finding.help("define it under `templating.list`"));
                    }
                }
            }
            let Some(node) = panel.node.get("title") else { continue };
            for variable in node.as_str().map(grafana::substitute).into_iter().flat_map(|text| text.variables) {
                let name = variable.name.as_str().split(['.', ':']).next().unwrap_or("");
                let is_word = name.len() > 2 && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
                let near = did_you_mean(name, defined.iter().copied());
                if is_word
                    && near.is_none()
                    && !is_built_in(name)
                    && !defined.contains(&name)
                    && !node.as_str().is_some_and(|text| text.contains("${"))
                {
                    let message = format!("the title names a variable `{name}`, and none is defined");
                    let finding = META.finding_at(Level::Warning, node.span, message).path(format!("{}.title", panel.path));
                    found.push(finding.help("define it under `templating.list`"));
                }
                // A dollar may be one in a title: only what is nearly a variable is a slip.
                if let Some(meant) = did_you_mean(name, defined.iter().copied()).filter(|_| !is_built_in(name) && !defined.contains(&name))
                {
                    let message = format!("the title names a variable `{name}`, and none is defined");
                    let finding = META.finding_at(Level::Warning, node.span, message).path(format!("{}.title", panel.path));
                    found.push(finding.help(format!("did you mean `${meant}`?")));
                }
            }
        }
        for target in dashboard.panels.iter().flat_map(|panel| &panel.targets) {
            let Some((node, text)) = target.node.get_str("legendFormat") else { continue };
            for variable in grafana::substitute(text).variables {
                let name = variable.name.split(['.', ':']).next().unwrap_or("");
                // Prices are written so, too.
                let is_label = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
                if is_label && !is_built_in(name) && !defined.contains(&name) && !text.contains("$labels") {
                    let message = format!("the legend names a variable `{name}`, and none is defined");
                    let finding = META.finding_at(Level::Warning, node.span, message).path(format!("{}.legendFormat", target.path));
                    found.push(finding.help(format!("for a label write `{{{{{name}}}}}`")));
                }
            }
        }
        sources(view, &defined, found);
        marks(view, &defined, found);
        for query in view.queries {
            for variable in &query.variables {
                found.extend(
                    format_slip(query.node.as_str().and_then(|text| text.get(variable.range.clone())), query.span(&variable.range))
                        .map(|finding| finding.path(query.path())),
                );
                found.extend(undefined(&variable.name, &defined, query.span(&variable.range)).map(|finding| finding.path(query.path())));
            }
        }
    }
}

/// A variable, perhaps with a format behind its name, that is neither built in nor defined.
fn undefined(variable: &str, defined: &[&str], place: Span) -> Option<Diagnostic> {
    let name = variable.split(['.', ':']).next().filter(|name| !is_built_in(name) && !defined.contains(name))?;
    let help = match did_you_mean(name, defined.iter().copied()) {
        Some(meant) => format!("did you mean `${meant}`?"),
        None => "define it under `templating.list`".to_owned(),
    };
    Some(META.finding(place, format!("no variable `{name}` is defined")).help(help))
}

/// A format behind the name of a variable that is nearly one of those that there are.
fn format_slip(written: Option<&str>, place: Span) -> Option<Diagnostic> {
    const FORMATS: &[&str] = &[
        "csv",
        "date",
        "distributed",
        "doublequote",
        "glob",
        "html",
        "json",
        "lucene",
        "percentencode",
        "pipe",
        "queryparam",
        "raw",
        "regex",
        "singlequote",
        "sqlstring",
        "text",
        "uriencode",
        "join",
        "customqueryparam",
    ];
    let format = written?.strip_prefix("${")?.strip_suffix('}')?.split(':').nth(1)?;
    let meant = misspelt(format, FORMATS)?;
    let finding = META.finding_at(Level::Warning, place, format!("Grafana has no format `{format}` for the values of a variable"));
    Some(finding.help(format!("did you mean `{meant}`?")))
}

/// Variables in the queries of annotations.
fn marks(view: &DashboardView<'_>, defined: &[&str], found: &mut Vec<Diagnostic>) {
    let list = view.dashboard.root.get("annotations").and_then(|annotations| annotations.get("list"));
    for node in list.into_iter().flat_map(Node::items).filter_map(|annotation| annotation.get("expr")) {
        for variable in node.as_str().map(grafana::substitute).into_iter().flat_map(|text| text.variables) {
            found.extend(undefined(&variable.name, defined, node.span).map(|finding| finding.path("annotations.list")));
        }
    }
}

/// Data sources by a variable, of panels, queries, variables and annotations.
fn sources(view: &DashboardView<'_>, defined: &[&str], found: &mut Vec<Diagnostic>) {
    // What an export leaves for whoever imports it is no slip, but beside a choice of the dashboard's own.
    let chooses = view.dashboard.variables.iter().any(|variable| variable.kind == "datasource");
    crate::lint::words::walk::mappings(view.dashboard.root, &mut |node, path| {
        let Some(uid) = node.get("datasource").and_then(|source| source.get("uid").or(Some(source))) else { return };
        let name = uid.as_str().and_then(|text| text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).or(text.strip_prefix('$')));
        let name = name.map(|name| name.split(':').next().unwrap_or(name));
        let is_input = |name: &str| name.starts_with("DS_") && !chooses;
        let Some(name) = name.filter(|name| !is_built_in(name) && !defined.contains(name) && !is_input(name)) else { return };
        let finding = META.finding(uid.span, format!("no variable `{name}` is defined")).path(format!("{path}.datasource"));
        found.push(finding.help(match did_you_mean(name, defined.iter().copied()) {
            Some(meant) => format!("did you mean `${{{meant}}}`?"),
            None => "define it under `templating.list`".to_owned(),
        }));
    });
}

/// Whether Grafana itself brings a variable, or it is a group of a regular expression.
fn is_built_in(name: &str) -> bool {
    name.starts_with("__") || matches!(name, "timeFilter" | "interval" | "timezone") || name.bytes().all(|b| b.is_ascii_digit())
}
