//! The fields of a panel: what its queries bring, and what its transformations make of them.

use std::collections::BTreeSet;
use std::rc::Rc;

use regex::Regex;

use crate::diagnostic::misspelt;
use crate::formats::dashboard::{Panel, Target};
use crate::lint::context::Context;
use crate::lint::inference::labels::shape;
use crate::lint::query::Query;
use crate::lint::views::DashboardView;
use crate::lint::words::anchored::anchored;
use crate::source::Node;

/// Transformations behind which the fields are those of the queries, or new names for them.
const PLAIN: &[&str] =
    &["organize", "joinByField", "seriesToColumns", "merge", "sortBy", "limit", "filterByValue", "filterFieldsByName", "filterByRefId"];

/// The types of fields.
pub const TYPES: &[&str] = &["number", "string", "time", "boolean", "enum", "other", "frame", "nestedFrames", "trace", "geo"];

/// A transformation of a panel.
pub struct Step<'n> {
    /// What it does, as `organize`.
    pub id: &'n str,
    /// How it does it.
    pub options: &'n Node,
}

impl<'n> Step<'n> {
    /// Whether the fields behind it are those before it, some of them, or new names for them.
    pub fn is_plain(&self) -> bool {
        PLAIN.contains(&self.id)
    }

    /// The fields that it reads by their names.
    pub fn reads(&self) -> Vec<&'n Node> {
        let options = self.options;
        let each = |list: &str, key: &'static str| options.items_of(list).filter_map(move |one| one.get(key)).collect();
        match self.id {
            "filterFieldsByName" => {
                let lists = ["include", "exclude"].into_iter().filter_map(|key| options.get(key));
                lists.flat_map(|by| by.items_of("names")).collect()
            }
            "filterByValue" => each("filters", "fieldName"),
            "sortBy" => each("sort", "field"),
            "convertFieldType" => each("conversions", "targetField"),
            "joinByField" | "seriesToColumns" => options.get("byField").into_iter().collect(),
            "partitionByValues" => options.items_of("fields").collect(),
            "groupingToMatrix" => ["columnField", "rowField"].into_iter().filter_map(|key| options.get(key)).collect(),
            "calculateField" => {
                let sides = options.get("binary").into_iter().flat_map(|binary| [binary.get("left"), binary.get("right")]).flatten();
                // A side may be a number.
                let sides = sides.filter(|node| node.as_str().is_some_and(|text| text.parse::<f64>().is_err()));
                sides.chain(options.get("reduce").into_iter().flat_map(|reduce| reduce.items_of("include"))).collect()
            }
            "groupBy" => {
                let used = |of: &Node| of.get("operation").is_some_and(|node| node.as_str().is_some());
                options.entries_of("fields").filter(|(.., of)| used(of)).map(|(_, key, _)| key).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// The transformations of a panel, in their order.
pub fn steps<'n>(panel: &Panel<'n>) -> Vec<Step<'n>> {
    let all = panel.node.items_of("transformations");
    all.filter_map(|step| Some(Step { id: step.get("id")?.as_str()?, options: step.get("options").unwrap_or(step) })).collect()
}

/// What the overrides of a panel say in one way which fields they are for, as `byName`.
pub fn overridden<'n>(panel: &Panel<'n>, way: &'static str) -> impl Iterator<Item = (&'n Node, &'n str)> + use<'n> {
    let overrides = panel.node.at(["fieldConfig", "overrides"]).into_iter().flat_map(Node::items);
    let matchers = overrides.filter_map(|rule| rule.get("matcher"));
    matchers.filter(move |matcher| matcher.get("id").and_then(Node::as_str) == Some(way)).filter_map(|matcher| matcher.get_str("options"))
}

/// The properties that the overrides of a panel set, with their names, as `displayName`.
pub fn properties<'n>(panel: &Panel<'n>) -> impl Iterator<Item = (&'n Node, &'n str)> + use<'n> {
    let overrides = panel.node.at(["fieldConfig", "overrides"]).into_iter().flat_map(Node::items);
    overrides.flat_map(|rule| rule.items_of("properties")).filter_map(|property| Some((property, property.get("id")?.as_str()?)))
}

/// What a panel reads of its fields by their names, and under which key: columns whose sum is shown, the field that bars are called after.
pub fn read_by<'n>(panel: &Panel<'n>) -> Vec<(&'n Node, &'static str)> {
    let Some(options) = panel.node.get("options") else { return Vec::new() };
    let footer = options.get("footer").filter(|_| panel.kind == "table");
    let footer = footer.into_iter().flat_map(|footer| footer.items_of("fields")).map(|node| (node, "options.footer"));
    let field = options.get("xField").filter(|_| panel.kind == "barchart").map(|node| (node, "options.xField"));
    footer.chain(field).collect()
}

/// The columns by which a table is sorted.
pub fn sorted_by<'n>(panel: &Panel<'n>) -> impl Iterator<Item = &'n Node> + use<'n> {
    let options = panel.node.get("options").filter(|_| panel.kind == "table");
    options.into_iter().flat_map(|options| options.items_of("sortBy")).filter_map(|sort| sort.get("displayName"))
}

/// The numbers of a panel's thresholds, but for those that are shares.
pub fn thresholds(panel: &Node) -> Vec<(&Node, f64)> {
    let thresholds = panel.get("fieldConfig").and_then(|config| config.get("defaults")?.get("thresholds"));
    let absolute = thresholds.filter(|thresholds| thresholds.get("mode").and_then(Node::as_str) != Some("percentage"));
    let steps = absolute.and_then(|thresholds| thresholds.get("steps")).into_iter().flat_map(Node::items);
    steps.filter_map(|step| step.get("value")).filter_map(|node| Some((node, node.as_f64()?))).collect()
}

/// The panels of a dashboard that have queries and say themselves what is shown of them.
pub fn panels<'n>(view: &DashboardView<'n>) -> impl Iterator<Item = &'n Panel<'n>> + use<'n> {
    let dashboard = view.dashboard;
    dashboard.panels.iter().filter(|panel| !panel.targets.is_empty() && !dashboard.layout_apart)
}

/// The query of a panel with a `refId`.
pub fn target<'p, 'n>(panel: &'p Panel<'n>, wanted: &str) -> Option<&'p Target<'n>> {
    panel.targets.iter().find(|target| target.node.get("refId").and_then(Node::as_str) == Some(wanted))
}

/// The labels of all queries of a table, where each keeps only those that it names.
pub fn labels<'q>(panel: &Panel<'_>, queries: &'q [Query<'_>], context: &Context<'q>) -> Option<BTreeSet<&'q str>> {
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

/// A pattern that is looked for anywhere, as JavaScript does, where it says the same to both; without slashes it is the whole text.
pub fn anywhere(text: &str) -> Option<Rc<Regex>> {
    let bare = match text.strip_prefix('/') {
        Some(rest) => rest.strip_suffix('/')?,
        None => text,
    };
    anchored(&format!(".*(?:{bare}).*")).filter(|_| !bare.is_empty() && !bare.contains("(?") && !bare.contains('\\'))
}

/// The legends of a panel in the order of its queries, where each query draws series and nothing else gives them a name.
pub fn legends<'n>(panel: &Panel<'n>) -> Option<Vec<&'n str>> {
    let renamed =
        panel.node.at(["fieldConfig", "defaults", "displayName"]).is_some() || properties(panel).any(|(_, id)| id == "displayName");
    let legends = panel.targets.iter().map(|target| {
        let format = target.node.get("format").and_then(Node::as_str).unwrap_or("time_series");
        let legend = target.node.get("legendFormat").and_then(Node::as_str);
        legend.filter(|text| !text.is_empty() && !text.starts_with("__") && target.expr.is_some() && format == "time_series")
    });
    legends.collect::<Option<Vec<&str>>>().filter(|_| !renamed)
}

/// Whether a legend says by itself what its series are called, without a label or a variable.
pub fn is_plain(legend: &str) -> bool {
    !legend.contains(['{', '$', '['])
}

/// What the series of a panel are called, where the legends of all queries say so by themselves.
pub fn drawn<'n>(panel: &Panel<'n>) -> Option<BTreeSet<&'n str>> {
    let legends = legends(panel).filter(|legends| !legends.is_empty() && legends.iter().all(|legend| is_plain(legend)))?;
    Some(legends.into_iter().collect())
}

/// All names that the fields of a table have at one step or another.
pub struct Fields<'n> {
    /// Its labels, and what fields are renamed to.
    names: BTreeSet<&'n str>,
}

impl<'n> Fields<'n> {
    /// The names of the fields of a table with labels and transformations.
    pub fn new(steps: &[Step<'n>], labels: &BTreeSet<&'n str>) -> Self {
        let renamed = steps.iter().filter(|step| step.id == "organize").flat_map(|step| step.options.entries_of("renameByName"));
        Self { names: renamed.filter_map(|(_, _, to)| to.as_str()).chain(labels.iter().copied()).collect() }
    }

    /// Whether a field may be called so.
    pub fn has(&self, name: &str) -> bool {
        // Of several fields of one name, the next ones have a number.
        let bare = name.rsplit_once(' ').filter(|(_, number)| number.bytes().all(|b| b.is_ascii_digit())).map_or(name, |(bare, _)| bare);
        name.is_empty()
            || self.names.contains(name)
            || self.names.contains(bare)
            || bare == "Time"
            || name.starts_with("Value")
            || name.contains('$')
    }

    /// What to do about a name that no field has.
    pub fn help(&self, name: &str) -> String {
        let all: Vec<&str> = self.names.iter().copied().collect();
        misspelt(name, &all).map_or_else(|| "name a field that the panel has".to_owned(), |meant| format!("did you mean `{meant}`?"))
    }
}
