//! Fields that a panel names and that its queries do not bring.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, misspelt};
use crate::formats::dashboard::Panel;
use crate::lint::context::Context;
use crate::lint::labels::shape;
use crate::lint::query::Query;
use crate::lint::rule::{Rule, rule};
use crate::lint::rules::panel_option::is_broken;
use crate::lint::views::DashboardView;
use crate::source::Node;

rule! {
    /// A transformation or an override names a field that the panel does not have: a query that is not there, `time` for `Time`, a label
    /// that no query keeps, a legend that no query has. It then does nothing.
    ///
    /// ```json fires
    /// { "title": "Web", "panels": [ { "type": "table", "title": "A",
    ///   "transformations": [ { "id": "organize", "options": { "renameByName": { "Value #B": "Errors" } } } ],
    ///   "targets": [ { "refId": "A", "expr": "sum by (job) (up)", "format": "table", "instant": true } ] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "panels": [ { "type": "table", "title": "A",
    ///   "transformations": [ { "id": "organize", "options": { "renameByName": { "Value #A": "Errors" } } } ],
    ///   "targets": [ { "refId": "A", "expr": "sum by (job) (up)", "format": "table", "instant": true } ] } ] }
    /// ```
    PanelField, "panel-field", Warning
}

/// Transformations behind which the fields are those of the queries, or new names for them.
const PLAIN: &[&str] =
    &["organize", "joinByField", "seriesToColumns", "merge", "sortBy", "limit", "filterByValue", "filterFieldsByName", "filterByRefId"];

impl Rule for PanelField {
    fn dashboard(&self, view: &DashboardView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if view.dashboard.layout_apart {
            return;
        }
        for panel in view.dashboard.panels.iter().filter(|panel| !panel.targets.is_empty()) {
            let steps: Vec<(&str, &Node)> = panel
                .node
                .items_of("transformations")
                .filter_map(|step| Some((step.get("id")?.as_str()?, step.get("options").unwrap_or(step))))
                .collect();
            let overrides: Vec<(&Node, &str)> = overridden(panel, "byName").collect();
            patterns(panel, found);
            // A table may be sorted without either.
            let has_overrides = panel.node.at(["fieldConfig", "overrides"]).is_some();
            if steps.is_empty() && !has_overrides && panel.kind != "table" {
                continue;
            }
            let mut add = |node: &Node, key: &str, message: String, help: String| {
                found.push(META.finding(node.span, message).path(format!("{}.{key}", panel.path)).help(help));
            };
            let labels = labels(panel, view.queries, context);
            renamed(panel, &steps, labels.as_ref(), &mut add);
            values(panel, &steps, &mut add);
            joined(&steps, labels.as_ref(), &mut add);
            asked(panel, &steps, labels.as_ref(), &mut add);
            sorted(panel, &steps, labels.as_ref(), &mut add);
            listed(&steps, &overrides, labels.as_ref(), &mut add);
            removed(panel, &steps, &overrides, &mut add);
            read(panel, &steps, labels.as_ref(), &mut add);
            if steps.is_empty() {
                drawn(panel, &overrides, view.queries, context, &mut add);
            }
        }
    }
}

type Add<'r> = dyn FnMut(&Node, &str, String, String) + 'r;

/// The labels of all queries of a table, where each keeps only those that it names.
fn labels<'q>(panel: &Panel<'_>, queries: &'q [Query<'_>], context: &Context<'q>) -> Option<BTreeSet<&'q str>> {
    let own: Vec<&Query<'_>> = queries.iter().filter(|query| query.is_of(panel)).collect();
    let tables = panel.targets.iter().all(|target| target.node.get("format").and_then(Node::as_str) == Some("table"));
    if !tables || own.len() != panel.targets.len() {
        return None;
    }
    let mut all = BTreeSet::new();
    for query in own {
        let expr = query.expr.as_ref().filter(|expr| !query.is_built_of_variables(expr))?;
        let result = shape(expr, context.world);
        if !result.closed {
            return None;
        }
        all.extend(result.labels);
    }
    Some(all)
}

/// Values of queries that are not there, and names in the wrong case.
fn renamed(panel: &Panel<'_>, steps: &[(&str, &Node)], labels: Option<&BTreeSet<&str>>, add: &mut Add<'_>) {
    let is_query = |wanted: &str| panel.targets.iter().any(|target| target.node.get("refId").and_then(Node::as_str) == Some(wanted));
    // What an earlier version of the panel had is often left behind; what is nearly a label was meant for it.
    let own: Vec<&str> = labels.into_iter().flatten().copied().chain(["Time"]).collect();
    let listed = |list: Option<&Node>, name: &str| list.is_some_and(|list| list.get(name).is_some());
    let named = panel.targets.iter().all(|target| target.node.get("refId").is_some());
    for (_, options) in steps.iter().filter(|(id, _)| *id == "organize") {
        for list in ["renameByName", "excludeByName", "indexByName"] {
            for (name, key, _) in options.entries_of(list) {
                let absent = name.strip_prefix("Value #").filter(|wanted| list == "renameByName" && named && !is_query(wanted));
                if let Some(wanted) = absent {
                    add(key, "transformations", format!("the panel has no query `{wanted}`"), "name the `refId` of one".to_owned());
                } else if let Some(meant) = ["Time", "Value"].into_iter().find(|known| name != *known && name.eq_ignore_ascii_case(known)) {
                    add(key, "transformations", format!("no field is called {}", key.describe()), format!("did you mean `{meant}`?"));
                } else if let Some(meant) = misspelt(name, &own).filter(|meant| {
                    list != "indexByName" && !listed(options.get(list), meant)
                        // Of several fields of one name, the next ones have a number.
                        && !name.ends_with(|c: char| c.is_ascii_digit())
                }) {
                    add(key, "transformations", format!("no field is called {}", key.describe()), format!("did you mean `{meant}`?"));
                }
            }
        }
    }
}

/// Values of queries that are not there, which a step reads.
fn values(panel: &Panel<'_>, steps: &[(&str, &Node)], add: &mut Add<'_>) {
    let queries: Option<Vec<&str>> = panel.targets.iter().map(|target| target.node.get("refId").and_then(Node::as_str)).collect();
    let Some(queries) = queries else { return };
    let plain = steps.iter().take_while(|(id, _)| PLAIN.contains(id) || *id == "calculateField");
    for (id, options) in plain.filter(|(id, _)| matches!(*id, "filterByValue" | "calculateField" | "filterFieldsByName" | "sortBy")) {
        let binary = options.get("binary").into_iter().flat_map(|binary| [binary.get("left"), binary.get("right")]).flatten();
        let lists = [options.get("reduce").and_then(|reduce| reduce.get("include")), options.get("include").and_then(|by| by.get("names"))];
        let filters = options.items_of("filters").filter_map(|one| one.get("fieldName"));
        let sorted = options.items_of("sort").filter_map(|one| one.get("field"));
        let read = binary.chain(lists.into_iter().flatten().flat_map(Node::items)).chain(filters).chain(sorted);
        for node in read {
            let wanted = node.as_str().and_then(|text| text.strip_prefix("Value #")).filter(|text| text.len() == 1);
            if let Some(wanted) = wanted.filter(|wanted| !queries.contains(wanted) && (*id != "calculateField" || panel.targets.len() > 1))
            {
                add(node, "transformations", format!("the panel has no query `{wanted}`"), "name the `refId` of one".to_owned());
            }
        }
    }
}

/// A join by a label that no query keeps, and in a way that there is not.
fn joined(steps: &[(&str, &Node)], labels: Option<&BTreeSet<&str>>, add: &mut Add<'_>) {
    for (index, (_, options)) in steps.iter().enumerate().filter(|(_, (id, _))| matches!(*id, "joinByField" | "seriesToColumns")) {
        let field = options.get_str("byField");
        let lacking = |name: &str| labels.is_some_and(|labels| !labels.contains(name)) && !name.is_empty() && !name.contains('$');
        let as_asked = steps[..index].iter().all(|(id, _)| matches!(*id, "merge" | "limit" | "sortBy" | "filterByValue" | "filterByRefId"));
        if let Some((node, name)) = field.filter(|(_, name)| as_asked && *name != "Time" && lacking(name)) {
            add(
                node,
                "transformations",
                format!("no query of the panel keeps a label `{name}`"),
                "join by a label that all of them keep".to_owned(),
            );
        }
        let mode = options.get_str("mode");
        if let Some((node, _)) = mode.filter(|(_, mode)| !matches!(*mode, "outer" | "inner" | "outerTabular" | "")) {
            add(node, "transformations", format!("{} is no way of joining", node.describe()), "use `outer` or `inner`".to_owned());
        }
    }
}

/// What the overrides of a panel say in one way which fields they are for, as `byName`.
fn overridden<'a>(panel: &Panel<'a>, way: &'static str) -> impl Iterator<Item = (&'a Node, &'a str)> + use<'a> {
    let overrides = panel.node.at(["fieldConfig", "overrides"]).into_iter().flat_map(Node::items);
    let matchers = overrides.filter_map(|rule| rule.get("matcher"));
    matchers.filter(move |matcher| matcher.get("id").and_then(Node::as_str) == Some(way)).filter_map(|matcher| matcher.get_str("options"))
}

/// The types of fields.
const TYPES: &[&str] = &["time", "number", "string", "boolean", "trace", "geo", "enum", "other", "frame", "nestedFrames"];

/// Overrides by a pattern that cannot be read, or for a type that there is not.
fn patterns(panel: &Panel<'_>, found: &mut Vec<Diagnostic>) {
    for (node, _) in overridden(panel, "byRegexp").filter(|(_, text)| is_broken(text)) {
        let finding = META.finding(node.span, format!("{} is no regular expression", node.describe()));
        found.push(finding.path(format!("{}.fieldConfig.overrides", panel.path)).help("correct it"));
    }
    for (node, _) in overridden(panel, "byType").filter(|(_, text)| !TYPES.contains(text) && !text.is_empty()) {
        let finding = META.finding(node.span, format!("no field is of the type {}", node.describe()));
        found.push(finding.path(format!("{}.fieldConfig.overrides", panel.path)).help("use `number`, `string`, `time` or `boolean`"));
    }
}

/// The names that a table may have for its fields at any step: labels, values and what they are renamed to.
fn known<'n>(steps: &[(&str, &'n Node)], labels: &BTreeSet<&'n str>) -> BTreeSet<&'n str> {
    let organized = steps.iter().filter(|(id, _)| *id == "organize").filter_map(|(_, options)| options.get("renameByName"));
    organized.flat_map(Node::entries).filter_map(|(_, _, to)| to.as_str()).chain(labels.iter().copied()).collect()
}

fn is_field(name: &str, known: &BTreeSet<&str>) -> bool {
    let bare = name.rsplit_once(' ').filter(|(_, number)| number.bytes().all(|b| b.is_ascii_digit())).map_or(name, |(bare, _)| bare);
    name.is_empty() || known.contains(name) || known.contains(bare) || bare == "Time" || name.starts_with("Value") || name.contains('$')
}

/// Fields that a step reads, and queries that it keeps, where all of them are known.
fn asked<'n>(panel: &Panel<'_>, steps: &[(&str, &'n Node)], labels: Option<&BTreeSet<&'n str>>, add: &mut Add<'_>) {
    let plain = steps.iter().position(|(id, _)| !PLAIN.contains(id)).unwrap_or(steps.len());
    let names = labels.map(|labels| known(steps, labels));
    for (at, (id, options)) in steps.iter().enumerate() {
        if *id == "filterByRefId" {
            let wanted = options.get_str("include");
            let is_query =
                |wanted: &str| panel.targets.iter().any(|target| target.node.get("refId").and_then(Node::as_str) == Some(wanted));
            let is_name = |text: &str| text.len() == 1 && text.bytes().all(|byte| byte.is_ascii_uppercase());
            if let Some((node, _)) = wanted.filter(|(_, text)| is_name(text) && !is_query(text)) {
                add(node, "transformations", format!("the panel has no query {}", node.describe()), "name the `refId` of one".to_owned());
            }
        }
        let Some(names) = names.as_ref().filter(|_| at <= plain) else { continue };
        let mut read: Vec<&Node> = Vec::new();
        match *id {
            "filterFieldsByName" => {
                let list = ["include", "exclude"].into_iter().filter_map(|key| options.get(key)?.get("names"));
                read.extend(list.flat_map(Node::items));
            }
            "filterByValue" => read.extend(options.items_of("filters").filter_map(|one| one.get("fieldName"))),
            "calculateField" => {
                let sides = options.get("binary").into_iter().flat_map(|binary| [binary.get("left"), binary.get("right")]).flatten();
                // A side may be a number.
                read.extend(sides.filter(|node| node.as_str().is_some_and(|text| text.parse::<f64>().is_err())));
                read.extend(options.get("reduce").and_then(|reduce| reduce.get("include")).into_iter().flat_map(Node::items));
            }
            "partitionByValues" => read.extend(options.items_of("fields")),
            "groupingToMatrix" => read.extend(["columnField", "rowField"].into_iter().filter_map(|key| options.get(key))),
            "groupBy" => {
                let lacking = options
                    .entries_of("fields")
                    .filter(|(name, _, of)| !is_field(name, names) && of.get("operation").is_some_and(|node| node.as_str().is_some()));
                read.extend(lacking.map(|(_, key, _)| key));
            }
            _ => {}
        }
        for node in read.into_iter().filter(|node| node.as_str().is_some_and(|name| !is_field(name, names))) {
            let message = format!("the table has no field {}", node.describe());
            add(node, "transformations", message, "name a field that the table has".to_owned());
        }
    }
}

/// A table that is sorted by a column that it does not have, and values of queries whose answer is no table.
fn sorted<'n>(panel: &Panel<'n>, steps: &[(&str, &'n Node)], labels: Option<&BTreeSet<&'n str>>, add: &mut Add<'_>) {
    let format = |wanted: &str| {
        let target = panel.targets.iter().find(|target| target.node.get("refId").and_then(Node::as_str) == Some(wanted))?;
        target.expr.map(|_| target.node.get("format").map_or("time_series", |node| node.as_str().unwrap_or("")))
    };
    for (_, options) in steps.iter().take(2).filter(|(id, _)| *id == "organize" && panel.kind == "table" && panel.targets.len() > 1) {
        for (name, key, _) in options.entries_of("renameByName") {
            if name.strip_prefix("Value #").and_then(format) == Some("time_series") {
                let message = format!("this query answers with series, and no column is called {}", key.describe());
                add(key, "transformations", message, "set `\"format\": \"table\"`".to_owned());
            }
        }
    }
    let Some(labels) = labels.filter(|_| panel.kind == "table" && steps.iter().all(|(id, _)| PLAIN.contains(id))) else { return };
    let names = known(steps, labels);
    let renamed = panel.node.get("fieldConfig").is_some_and(|config| {
        let overrides = config.items_of("overrides").filter_map(|rule| rule.get("properties"));
        overrides.flat_map(Node::items).any(|property| property.get("id").and_then(Node::as_str) == Some("displayName"))
    });
    let by = panel.node.get("options").and_then(|options| options.get("sortBy")).into_iter().flat_map(Node::items);
    for node in by.filter_map(|sort| sort.get("displayName")) {
        if let Some(name) = node.as_str().filter(|name| !renamed && !is_field(name, &names)) {
            let all: Vec<&str> = names.iter().copied().collect();
            let help = misspelt(name, &all)
                .map_or_else(|| "sort by a column that there is".to_owned(), |meant| format!("did you mean `{meant}`?"));
            add(node, "options.sortBy", format!("the table has no column {}", node.describe()), help);
        }
    }
}

/// Fields of a table by which it is sorted or that an override is for, where all of them are known.
fn listed(steps: &[(&str, &Node)], overrides: &[(&Node, &str)], labels: Option<&BTreeSet<&str>>, add: &mut Add<'_>) {
    let Some(labels) = labels.filter(|_| steps.iter().all(|(id, _)| PLAIN.contains(id))) else { return };
    let organized = || steps.iter().filter(|(id, _)| *id == "organize").filter_map(|(_, options)| options.get("renameByName"));
    let names: BTreeSet<&str> = organized().flat_map(Node::entries).filter_map(|(_, _, to)| to.as_str()).collect();
    let is_field = |name: &str| {
        // Joined fields of one name are told apart by a number.
        let bare = name.rsplit_once(' ').filter(|(_, number)| number.bytes().all(|b| b.is_ascii_digit())).map_or(name, |(bare, _)| bare);
        names.contains(name) || labels.contains(bare) || bare == "Time" || name.starts_with("Value") || name.contains('$')
    };
    let sorted = steps.iter().filter(|(id, _)| *id == "sortBy").flat_map(|(_, options)| options.items_of("sort"));
    let sorted = sorted.filter_map(|sort| sort.get("field")).filter_map(Node::with_str);
    let sorted: Vec<(&Node, &str, &str)> = sorted.map(|(node, name)| (node, name, "transformations")).collect();
    let of_overrides = overrides.iter().map(|(node, name)| (*node, *name, "fieldConfig.overrides"));
    for (node, name, key) in sorted.into_iter().chain(of_overrides).filter(|(_, name, _)| !name.is_empty() && !is_field(name)) {
        let all: Vec<&str> = names.iter().chain(labels).copied().collect();
        let help =
            misspelt(name, &all).map_or_else(|| "name a field that the table has".to_owned(), |meant| format!("did you mean `{meant}`?"));
        add(node, key, format!("the table has no field {}", node.describe()), help);
    }
}

/// What a panel reads of its fields by their names: columns whose sum is shown, the field that bars are called after.
fn named<'n>(panel: &Panel<'n>) -> Vec<(&'n Node, &'static str)> {
    let Some(options) = panel.node.get("options") else { return Vec::new() };
    let footer = options.get("footer").filter(|_| panel.kind == "table").and_then(|footer| footer.get("fields"));
    let footer = footer.into_iter().flat_map(Node::items).map(|node| (node, "options.footer"));
    let field = options.get("xField").filter(|_| panel.kind == "barchart").map(|node| (node, "options.xField"));
    footer.chain(field).collect()
}

/// Fields that a panel or its conversions read, where all of them are known.
fn read<'n>(panel: &Panel<'n>, steps: &[(&str, &'n Node)], labels: Option<&BTreeSet<&'n str>>, add: &mut Add<'_>) {
    const TYPES: &[&str] = &["number", "string", "time", "boolean", "enum", "other", "frame", "nestedFrames", "trace", "geo"];
    let conversions = || {
        steps.iter().filter(|(id, _)| *id == "convertFieldType").filter_map(|(_, options)| options.get("conversions")).flat_map(Node::items)
    };
    for node in conversions()
        .filter_map(|one| one.get("destinationType"))
        .filter(|node| node.as_str().is_some_and(|text| !text.is_empty() && !TYPES.contains(&text)))
    {
        let help = node.as_str().and_then(|text| misspelt(text, TYPES)).unwrap_or("number");
        add(node, "transformations", format!("no field is of type {}", node.describe()), format!("did you mean `{help}`?"));
    }
    for (id, options) in steps {
        let pattern = options.get("regex").filter(|node| *id == "renameByRegex" && node.as_str().is_some_and(is_broken));
        if let Some(node) = pattern {
            add(node, "transformations", format!("{} is no regular expression", node.describe()), "correct it".to_owned());
        }
        if let Some(node) = options.get("limitField").filter(|node| *id == "limit" && node.as_f64() == Some(0.0)) {
            add(node, "transformations", "no row is left".to_owned(), "keep some, as 10".to_owned());
        }
        for (_, _, field) in options.get("fields").filter(|_| *id == "groupBy").into_iter().flat_map(Node::entries) {
            let operation =
                field.get("operation").filter(|node| node.as_str().is_some_and(|text| !matches!(text, "groupby" | "aggregate" | "")));
            if let Some(node) = operation {
                add(
                    node,
                    "transformations",
                    format!("fields are not put together by {}", node.describe()),
                    "use `groupby` or `aggregate`".to_owned(),
                );
            }
        }
    }
    for (_, options) in steps.iter().filter(|(id, _)| *id == "filterFieldsByName") {
        for (name, key, _) in options.entries() {
            if let Some(meant) = misspelt(name, &["include", "exclude", "byVariable"]) {
                add(key, "transformations", format!("fields are not chosen by `{name}`"), format!("did you mean `{meant}`?"));
            }
        }
    }
    let all = |(id, _): &(&str, &Node)| PLAIN.contains(id) || *id == "convertFieldType";
    let Some(labels) = labels.filter(|_| steps.iter().all(all)) else { return };
    let names = known(steps, labels);
    let converted = conversions().filter_map(|one| one.get("targetField")).map(|node| (node, "transformations"));
    for (node, key) in named(panel).into_iter().chain(converted) {
        let Some(name) = node.as_str().filter(|name| !is_field(name, &names)) else { continue };
        let listed: Vec<&str> = names.iter().copied().collect();
        let help = misspelt(name, &listed)
            .map_or_else(|| "name a field that the panel has".to_owned(), |meant| format!("did you mean `{meant}`?"));
        add(node, key, format!("the panel has no field {}", node.describe()), help);
    }
}

/// Fields that a step takes away, and that a later one, an override or the panel itself reads.
fn removed<'n>(panel: &Panel<'n>, steps: &[(&str, &'n Node)], overrides: &[(&Node, &str)], add: &mut Add<'_>) {
    let mut gone: Vec<(&str, &Node)> = Vec::new();
    let mut renamed: Vec<(&str, &str, &Node)> = Vec::new();
    for (id, options) in steps {
        let reads: Vec<&Node> = match *id {
            "sortBy" => options.items_of("sort").filter_map(|sort| sort.get("field")).collect(),
            "filterByValue" => options.items_of("filters").filter_map(|one| one.get("fieldName")).collect(),
            "convertFieldType" => options.items_of("conversions").filter_map(|one| one.get("targetField")).collect(),
            "joinByField" | "seriesToColumns" => options.get("byField").into_iter().collect(),
            "calculateField" => options.get("reduce").and_then(|reduce| reduce.get("include")).into_iter().flat_map(Node::items).collect(),
            _ => Vec::new(),
        };
        for node in reads {
            let name = node.as_str().unwrap_or("");
            if let Some((_, place)) = gone.iter().find(|(other, _)| *other == name) {
                add(
                    node,
                    "transformations",
                    format!("a step before this takes the field {} away", node.describe()),
                    format!("keep it, at {}", place.describe()),
                );
            } else if let Some((_, to, _)) = renamed.iter().find(|(from, ..)| *from == name) {
                add(
                    node,
                    "transformations",
                    format!("a step before this calls the field {} `{to}`", node.describe()),
                    format!("write `{to}`"),
                );
            }
        }
        if *id == "organize" {
            for (name, key, value) in options.entries_of("excludeByName") {
                if value.as_bool() == Some(true) {
                    gone.push((name, key));
                }
            }
            for (from, key, to) in options.entries_of("renameByName") {
                let Some(to) = to.as_str().filter(|to| !to.is_empty() && *to != from) else { continue };
                match gone.iter().find(|(name, _)| *name == from) {
                    // What is called otherwise is gone under that name as well.
                    Some((_, place)) => gone.push((to, place)),
                    None => renamed.push((from, to, key)),
                }
            }
        } else if *id == "filterFieldsByName" {
            if let Some(kept) =
                options.get("include").and_then(|include| include.get("names")).filter(|names| names.items().next().is_some())
            {
                // What is not kept of the panel's own reading.
                let keeps = |name: &str| kept.items().any(|node| node.as_str() == Some(name));
                let by_pattern = options.get("include").is_some_and(|include| include.get("pattern").is_some());
                for (node, key) in named(panel)
                    .into_iter()
                    .filter(|(node, _)| !by_pattern && node.as_str().is_some_and(|name| !name.is_empty() && !keeps(name)))
                {
                    add(node, key, format!("a transformation takes the field {} away", node.describe()), "keep it".to_owned());
                }
            }
        } else if !PLAIN.contains(id) && *id != "convertFieldType" {
            // Others make fields of their own.
            gone.clear();
            renamed.clear();
        }
    }
    let of_overrides = overrides.iter().map(|(node, _)| (*node, "fieldConfig.overrides"));
    let of_panel: Vec<(&Node, &str)> = named(panel);
    for (node, key) in of_overrides.chain(of_panel) {
        if gone.iter().any(|(name, _)| Some(*name) == node.as_str()) {
            add(node, key, format!("a transformation takes the field {} away", node.describe()), "keep it, or leave this out".to_owned());
        }
    }
    let by = panel.node.get("options").and_then(|options| options.get("sortBy")).into_iter().flat_map(Node::items);
    for node in by.filter_map(|sort| sort.get("displayName")).filter(|_| panel.kind == "table") {
        if let Some((_, to, _)) = renamed.iter().find(|(from, ..)| Some(*from) == node.as_str()) {
            add(node, "options.sortBy", format!("the column {} is called `{to}`", node.describe()), format!("write `{to}`"));
        }
    }
}

/// Overrides for a series of which every query of the panel has another name.
fn drawn(panel: &Panel<'_>, overrides: &[(&Node, &str)], queries: &[Query<'_>], context: &Context<'_>, add: &mut Add<'_>) {
    let renames = |node: &Node| node.get("displayName").is_some();
    let config = panel.node.get("fieldConfig");
    let by_override = config.and_then(|config| config.get("overrides")).into_iter().flat_map(Node::items);
    let by_override = by_override.filter_map(|rule| rule.get("properties")).flat_map(Node::items);
    let renamed = config.and_then(|config| config.get("defaults")).is_some_and(renames)
        || by_override.filter_map(|property| property.get("id")).any(|id| id.as_str() == Some("displayName"));
    let legends: Option<Vec<&str>> = panel
        .targets
        .iter()
        .map(|target| {
            let format = target.node.get("format").and_then(Node::as_str).unwrap_or("time_series");
            let legend =
                target.node.get("legendFormat").and_then(Node::as_str).filter(|text| !text.is_empty() && !text.starts_with("__"))?;
            (target.expr.is_some() && format == "time_series").then_some(legend)
        })
        .collect();
    let Some(legends) = legends.filter(|_| !renamed && matches!(panel.kind, "timeseries" | "stat" | "gauge" | "bargauge" | "piechart"))
    else {
        return;
    };
    by_pattern(panel, &legends, add);
    let own: Vec<&Query<'_>> = queries.iter().filter(|query| query.is_of(panel)).collect();
    let is_query = |name: &str| panel.targets.iter().any(|target| target.node.get("refId").and_then(Node::as_str) == Some(name));
    let is_known =
        |name: &str| own.len() == legends.len() && own.iter().zip(&legends).all(|(query, legend)| has_not(query, legend, name, context));
    for (node, name) in overrides.iter().filter(|(_, name)| !name.is_empty() && *name != "Time" && *name != "Value" && !name.contains('$'))
    {
        if legends.iter().all(|legend| !may_be(legend, name)) || is_known(name) {
            add(
                node,
                "fieldConfig.overrides",
                format!("no query of the panel is called {}", node.describe()),
                "name the legend of one".to_owned(),
            );
        } else if name.len() == 1 && is_query(name) {
            let message = format!("{} is a query here, and its series are called after its legend", node.describe());
            add(node, "fieldConfig.overrides", message, "use `byFrameRefID`".to_owned());
        }
    }
}

/// Overrides for what no legend says: none has a label in it, or what they say is nearly that.
fn by_pattern(panel: &Panel<'_>, legends: &[&str], add: &mut Add<'_>) {
    for (node, text) in overridden(panel, "byRegexp") {
        let inner = text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).unwrap_or(text);
        let inner = inner.strip_prefix('^').unwrap_or(inner);
        let inner = inner.strip_suffix('$').unwrap_or(inner);
        let plain = inner.trim_start_matches(".*").trim_end_matches(".*");
        if plain.len() < 4 || plain.contains(['.', '*', '+', '?', '(', '[', '{', '|', '\\', '/', '$', '^']) {
            continue;
        }
        let pieces: Vec<&str> = legends.iter().flat_map(|legend| literals(legend)).collect();
        if pieces.iter().any(|piece| piece.contains(plain)) {
            continue;
        }
        let open = legends.iter().any(|legend| legend.contains(['$', '{', '[']));
        if !open || pieces.iter().any(|piece| nearly(piece, plain)) {
            let message = format!("no query of the panel is called as {} says", node.describe());
            add(node, "fieldConfig.overrides", message, "write a pattern of the legends".to_owned());
        }
    }
}

/// What stands in a legend as it is, between labels and variables.
fn literals(legend: &str) -> Vec<&str> {
    legend
        .split("{{")
        .enumerate()
        .map(|(at, part)| if at == 0 { part } else { part.split_once("}}").map_or("", |(_, rest)| rest) })
        .collect()
}

/// Whether a part of a text is another one but for a slip.
fn nearly(text: &str, wanted: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    let length = wanted.chars().count();
    length > 5
        && (length - 1..=length + 1)
            .flat_map(|size| letters.windows(size))
            .any(|part| strsim::damerau_levenshtein(&part.iter().collect::<String>(), wanted) == 1)
}

/// Whether a legend is a label alone whose declared values are others.
fn has_not(query: &Query<'_>, legend: &str, name: &str, context: &Context<'_>) -> bool {
    let label = legend.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")).map(str::trim);
    let used = query.selectors();
    let metric = used.first().and_then(|used| context.world.metric_of(used.selector)).filter(|_| used.len() == 1);
    let declared = label.zip(metric).and_then(|(label, (_, metric, _))| metric.labels.iter().find(|known| known.name.value == label));
    declared.is_some_and(|declared| declared.values.as_ref().is_some_and(|values| !values.iter().any(|value| value == name)))
}

/// Whether a legend, in which labels and variables stand for any text, may read as a name.
fn may_be(legend: &str, name: &str) -> bool {
    let mut rest = name;
    let mut open = false;
    let mut text = legend;
    while !text.is_empty() {
        let next = text.find("{{").into_iter().chain(text.find('$')).chain(text.find("[[")).min().unwrap_or(text.len());
        let (literal, behind) = text.split_at(next);
        let Some(at) = rest.find(literal).filter(|at| open || *at == 0) else { return false };
        rest = &rest[at + literal.len()..];
        if behind.is_empty() {
            return rest.is_empty() || open && name.ends_with(literal);
        }
        open = true;
        text = if let Some(inner) = behind.strip_prefix("{{") {
            inner.split_once("}}").map_or("", |(_, rest)| rest)
        } else if let Some(inner) = behind.strip_prefix("[[") {
            inner.split_once("]]").map_or("", |(_, rest)| rest)
        } else {
            let inner = &behind[1..];
            match inner.strip_prefix('{') {
                Some(braced) => braced.split_once('}').map_or("", |(_, rest)| rest),
                None => inner.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_'),
            }
        };
    }
    open || rest.is_empty()
}
