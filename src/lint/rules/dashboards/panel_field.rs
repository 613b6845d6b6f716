//! Fields that a transformation reads and that the queries of its panel do not bring.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, misspelt};
use crate::formats::dashboard::Panel;
use crate::lint::context::Context;
use crate::lint::fields::{self, Fields, Step, anywhere};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::source::Node;

rule! {
    /// A transformation names a field that the panel does not have: a query that is not there, `time` for `Time`, a label that no query
    /// keeps. It then does nothing.
    ///
    /// ```json fires
    /// { "title": "Web", "panels": [ { "type": "table", "title": "A",
    ///   "transformations": [ { "id": "organize", "options": { "renameByName": { "Value #B": "Errors" } } } ],
    ///   "targets": [ { "refId": "A", "expr": "sum by (job) (up)", "format": "table", "instant": true } ] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "panels": [ { "type": "table", "title": "A",
    ///   "transformations": [ { "id": "organize", "options": { "renameByName": { "Value": "Errors" } } } ],
    ///   "targets": [ { "refId": "A", "expr": "sum by (job) (up)", "format": "table", "instant": true } ] } ] }
    /// ```
    PanelField, "panel-field", Warning
}

impl Rule for PanelField {
    fn dashboard(&self, view: &DashboardView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for panel in fields::panels(view) {
            let steps = fields::steps(panel);
            if steps.is_empty() {
                continue;
            }
            let labels = fields::labels(panel, view.queries, context);
            let mut add = |node: &Node, message: String, help: String| {
                found.push(META.finding(node.span, message).path(format!("{}.transformations", panel.path)).help(help));
            };
            renamed(panel, &steps, labels.as_ref(), &mut add);
            values(panel, &steps, &mut add);
            series(panel, &steps, &mut add);
            kept(panel, &steps, &mut add);
            if let Some(labels) = &labels {
                read(&steps, &Fields::new(&steps, labels), &mut add);
            } else if let Some(drawn) = fields::drawn(panel) {
                read(&steps, &Fields::new(&steps, &drawn), &mut add);
                patterns(&steps, &drawn, &mut add);
            }
        }
    }
}

type Add<'r> = dyn FnMut(&Node, String, String) + 'r;

/// Values of queries that are not there, and names in the wrong case.
fn renamed(panel: &Panel<'_>, steps: &[Step<'_>], labels: Option<&BTreeSet<&str>>, add: &mut Add<'_>) {
    // What an earlier version of the panel had is often left behind; what is nearly a label was meant for it.
    let own: Vec<&str> = labels.into_iter().flatten().copied().chain(["Time"]).collect();
    let named = panel.targets.iter().all(|target| target.node.get("refId").is_some());
    for step in steps.iter().filter(|step| step.id == "organize") {
        for list in ["renameByName", "excludeByName", "indexByName"] {
            let listed = |name: &str| step.options.get(list).is_some_and(|list| list.get(name).is_some());
            for (name, key, _) in step.options.entries_of(list) {
                let query = name.strip_prefix("Value #").filter(|_| list == "renameByName" && named);
                let letter = name.strip_prefix("Value ").filter(|rest| rest.len() == 1 && fields::target(panel, rest).is_some());
                if let Some(letter) = letter.filter(|_| panel.targets.len() > 1) {
                    add(key, format!("no field is called {}", key.describe()), format!("did you mean `Value #{letter}`?"));
                    continue;
                }
                let alone = matches!(panel.targets.as_slice(), [only] if only.node.get("format").and_then(Node::as_str) == Some("table"));
                let is_first = std::ptr::eq(step, &raw const steps[0]);
                if query.is_some_and(|wanted| alone && is_first && fields::target(panel, wanted).is_some()) && !listed("Value") {
                    add(key, format!("of one query the values are called `Value`, and not {}", key.describe()), "write `Value`".to_owned());
                } else if let Some(wanted) = query.filter(|wanted| fields::target(panel, wanted).is_none()) {
                    add(key, format!("the panel has no query `{wanted}`"), "name the `refId` of one".to_owned());
                } else if let Some(meant) = ["Time", "Value"].into_iter().find(|known| name != *known && name.eq_ignore_ascii_case(known)) {
                    add(key, format!("no field is called {}", key.describe()), format!("did you mean `{meant}`?"));
                } else if let Some(meant) = misspelt(name, &own).filter(|meant| {
                    list != "indexByName" && !listed(meant)
                        // Of several fields of one name, the next ones have a number.
                        && !name.ends_with(|c: char| c.is_ascii_digit())
                }) {
                    add(key, format!("no field is called {}", key.describe()), format!("did you mean `{meant}`?"));
                }
            }
        }
    }
}

/// Values of queries that are not there, which a step reads.
fn values(panel: &Panel<'_>, steps: &[Step<'_>], add: &mut Add<'_>) {
    if panel.targets.iter().any(|target| target.node.get("refId").and_then(Node::as_str).is_none()) {
        return;
    }
    for step in steps.iter().take_while(|step| step.is_plain() || step.id == "calculateField") {
        if step.id == "calculateField" && panel.targets.len() < 2 {
            continue;
        }
        for node in step.reads() {
            let wanted = node.as_str().and_then(|text| text.strip_prefix("Value #")).filter(|text| text.len() == 1);
            let alone = panel.targets.len() == 1 && panel.targets[0].node.get("format").and_then(Node::as_str) == Some("table");
            if let Some(wanted) = wanted.filter(|wanted| alone && fields::target(panel, wanted).is_some()) {
                add(node, format!("of one query the values are called `Value`, and not `Value #{wanted}`"), "write `Value`".to_owned());
                continue;
            }
            if let Some(wanted) = wanted.filter(|wanted| fields::target(panel, wanted).is_none()) {
                add(node, format!("the panel has no query `{wanted}`"), "name the `refId` of one".to_owned());
            }
        }
    }
}

/// Columns of queries whose answer is no table.
fn series(panel: &Panel<'_>, steps: &[Step<'_>], add: &mut Add<'_>) {
    if panel.kind != "table" || panel.targets.len() < 2 {
        return;
    }
    let is_series = |name: &str| {
        name.strip_prefix("Value #").and_then(|wanted| fields::target(panel, wanted)).is_some_and(|target| {
            target.expr.is_some() && target.node.get("format").is_none_or(|node| node.as_str() == Some("time_series"))
        })
    };
    for step in steps.iter().take(2).filter(|step| step.id == "organize") {
        for (_, key, _) in step.options.entries_of("renameByName").filter(|(name, ..)| is_series(name)) {
            let message = format!("this query answers with series, and no column is called {}", key.describe());
            add(key, message, "set `\"format\": \"table\"`".to_owned());
        }
    }
}

/// Queries that a step keeps and that are not there.
fn kept(panel: &Panel<'_>, steps: &[Step<'_>], add: &mut Add<'_>) {
    let is_name = |text: &str| text.len() == 1 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    for step in steps.iter().filter(|step| matches!(step.id, "filterByRefId" | "configFromData")) {
        let wanted = step.options.get_str(if step.id == "configFromData" { "configRefId" } else { "include" });
        if let Some((node, _)) = wanted.filter(|(_, text)| is_name(text) && fields::target(panel, text).is_none()) {
            add(node, format!("the panel has no query {}", node.describe()), "name the `refId` of one".to_owned());
        }
    }
}

/// Patterns of the first step that match the name of no series.
fn patterns(steps: &[Step<'_>], drawn: &BTreeSet<&str>, add: &mut Add<'_>) {
    let Some(step) = steps.first() else { return };
    let pattern = match step.id {
        "renameByRegex" => step.options.get_str("regex"),
        "filterFieldsByName" => step.options.get("include").and_then(|include| include.get_str("pattern")),
        _ => None,
    };
    let matches_none = |text: &str| anywhere(text).is_some_and(|pattern| drawn.iter().chain(&["Time"]).all(|name| !pattern.is_match(name)));
    if let Some((node, _)) = pattern.filter(|(_, text)| matches_none(text)) {
        add(node, format!("no field of the panel is called as {} says", node.describe()), "write a pattern of the legends".to_owned());
    }
}

/// Fields that a step reads, where all of them are known.
fn read(steps: &[Step<'_>], fields: &Fields<'_>, add: &mut Add<'_>) {
    let all = steps.iter().all(Step::is_plain);
    let convertible = steps.iter().all(|step| step.is_plain() || step.id == "convertFieldType");
    let plain = steps.iter().position(|step| !step.is_plain()).unwrap_or(steps.len());
    for (at, step) in steps.iter().enumerate() {
        let known = match step.id {
            "sortBy" => all,
            "convertFieldType" => convertible,
            _ => at <= plain,
        };
        for node in step.reads().into_iter().filter(|_| known) {
            if let Some(name) = node.as_str().filter(|name| !fields.has(name)) {
                add(node, format!("the panel has no field {}", node.describe()), fields.help(name));
            }
        }
    }
}
