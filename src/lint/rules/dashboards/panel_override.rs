//! Overrides for fields that a panel does not have.

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::formats::dashboard::Panel;
use crate::lint::context::Context;
use crate::lint::fields::{self, Fields, Step, TYPES, anywhere};
use crate::lint::query::Query;
use crate::lint::rule::{Rule, rule};
use crate::lint::rules::dashboards::panel_option::is_broken;
use crate::lint::views::DashboardView;
use crate::lint::words::anchored::full_match;
use crate::lint::world::exporters;
use crate::promql::ast::ExprKind;
use crate::promql::walk;
use crate::source::Node;

rule! {
    /// An override is for a field that the panel does not have: a series of another name than every legend gives, a label that no query
    /// keeps, a pattern that matches no legend or cannot be read, a type that there is not. The panel looks as if it were not there.
    ///
    /// ```json fires
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "A",
    ///   "targets": [ { "refId": "A", "expr": "sum(up)", "legendFormat": "up" } ],
    ///   "fieldConfig": { "overrides": [ { "matcher": { "id": "byName", "options": "down" }, "properties": [] } ] } } ] }
    /// ```
    /// ```json fires
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "A",
    ///   "targets": [ { "refId": "A", "expr": "sum by (state) (pg_stat_activity_count)", "legendFormat": "{{state}}" } ],
    ///   "fieldConfig": { "overrides": [ { "matcher": { "id": "byName", "options": "limit" }, "properties": [] } ] } } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "A",
    ///   "targets": [ { "refId": "A", "expr": "sum(up)", "legendFormat": "up" } ],
    ///   "fieldConfig": { "overrides": [ { "matcher": { "id": "byName", "options": "up" }, "properties": [] } ] } } ] }
    /// ```
    PanelOverride, "panel-override", Warning
}

impl Rule for PanelOverride {
    fn dashboard(&self, view: &DashboardView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for panel in fields::panels(view).filter(|panel| panel.node.at(["fieldConfig", "overrides"]).is_some()) {
            let mut add = |node: &Node, message: String, help: String| {
                found.push(META.finding(node.span, message).path(format!("{}.fieldConfig.overrides", panel.path)).help(help));
            };
            meaningless(panel, &mut add);
            let steps = fields::steps(panel);
            listed(panel, &steps, view.queries, context, &mut add);
            if steps.is_empty() {
                drawn(panel, view.queries, context, &mut add);
            }
        }
    }
}

type Add<'r> = dyn FnMut(&Node, String, String) + 'r;

/// Overrides by a pattern that cannot be read, or for a type that there is not.
fn meaningless(panel: &Panel<'_>, add: &mut Add<'_>) {
    for (node, _) in fields::overridden(panel, "byRegexp").filter(|(_, text)| is_broken(text)) {
        add(node, format!("{} is no regular expression", node.describe()), "correct it".to_owned());
    }
    for (node, _) in fields::overridden(panel, "byType").filter(|(_, text)| !TYPES.contains(text) && !text.is_empty()) {
        let help = "use `number`, `string`, `time` or `boolean`".to_owned();
        add(node, format!("no field is of the type {}", node.describe()), help);
    }
}

/// Overrides for a field of a table, where all of them are known.
fn listed(panel: &Panel<'_>, steps: &[Step<'_>], queries: &[Query<'_>], context: &Context<'_>, add: &mut Add<'_>) {
    let mut overrides = fields::overridden(panel, "byName").peekable();
    if overrides.peek().is_none() || !steps.iter().all(Step::is_plain) {
        return;
    }
    let overrides: Vec<(&Node, &str)> = overrides.collect();
    for (node, name) in &overrides {
        renamed(node, name, steps, add);
    }
    let Some(labels) = fields::labels(panel, queries, context) else { return };
    let fields = Fields::new(steps, &labels);
    for (node, name) in overrides.into_iter().filter(|(_, name)| !fields.has(name)) {
        add(node, format!("the table has no field {}", node.describe()), fields.help(name));
    }
}

/// An override by the name that a field had before a transformation gave it another.
fn renamed(node: &Node, name: &str, steps: &[Step<'_>], add: &mut Add<'_>) {
    let names = || steps.iter().filter(|step| step.id == "organize").flat_map(|step| step.options.entries_of("renameByName"));
    let given = |wanted: &str| names().any(|(_, _, new)| new.as_str() == Some(wanted));
    let new = names().find(|(old, _, new)| *old == name && new.as_str().is_some_and(|new| !new.is_empty() && new != name));
    if let Some((_, _, new)) = new.filter(|_| !given(name)) {
        add(node, format!("the field {} is called {} by then", node.describe(), new.describe()), "use its new name".to_owned());
    }
}

/// Overrides for a series of which every query of the panel has another name.
fn drawn(panel: &Panel<'_>, queries: &[Query<'_>], context: &Context<'_>, add: &mut Add<'_>) {
    let is_drawn = matches!(panel.kind, "timeseries" | "stat" | "gauge" | "bargauge" | "piechart");
    let Some(legends) = fields::legends(panel).filter(|_| is_drawn) else { return };
    let own: Vec<&Query<'_>> = queries.iter().filter(|query| query.is_of(panel)).collect();
    let mut texts: Option<Vec<Texts<'_>>> = own.iter().zip(&legends).map(|(query, legend)| Texts::of(query, legend, context)).collect();
    if own.len() != legends.len() {
        texts = None;
    }
    by_pattern(panel, &legends, texts.as_deref(), add);
    let is_known = |name: &str| texts.as_ref().is_some_and(|texts| !texts.iter().any(|texts| texts.has(name)));
    // Between legends that are labels, a text that is nearly one which is written out.
    let is_slip = |name: &str| {
        let written: Vec<&str> = legends.iter().copied().filter(|legend| fields::is_plain(legend)).collect();
        let long = written.iter().copied().filter(|legend| legend.contains(' '));
        let is_near = did_you_mean(name, long).is_some() || written.iter().any(|legend| legend.eq_ignore_ascii_case(name));
        is_near && !written.contains(&name)
    };
    several(panel, &legends, add);
    let named = fields::overridden(panel, "byName");
    for (node, name) in named.filter(|(_, name)| !matches!(*name, "" | "Time" | "Value") && !name.contains('$')) {
        if legends.iter().all(|legend| !may_be(legend, name)) || is_known(name) || is_slip(name) {
            add(node, format!("no query of the panel is called {}", node.describe()), "name the legend of one".to_owned());
        } else if name.len() == 1 && fields::target(panel, name).is_some() {
            let message = format!("{} is a query here, and its series are called after its legend", node.describe());
            add(node, message, "use `byFrameRefID`".to_owned());
        }
    }
}

/// Overrides for a list of series of which no query has any.
fn several(panel: &Panel<'_>, legends: &[&str], add: &mut Add<'_>) {
    let rules = panel.node.at(["fieldConfig", "overrides"]).into_iter().flat_map(Node::items);
    for matcher in
        rules.filter_map(|rule| rule.get("matcher")).filter(|matcher| matcher.get("id").and_then(Node::as_str) == Some("byNames"))
    {
        let Some(list) = matcher.at(["options", "names"]) else { continue };
        let names: Vec<&str> = list.items().filter_map(Node::as_str).collect();
        // What is hidden by a click is kept as all but one.
        let is_listed = matcher.at(["options", "mode"]).and_then(Node::as_str) != Some("exclude");
        let unknown = |name: &&str| {
            !matches!(*name, "" | "Time" | "Value") && !name.contains('$') && legends.iter().all(|legend| !may_be(legend, name))
        };
        if is_listed && !names.is_empty() && names.iter().all(unknown) {
            add(list, format!("no query of the panel is called {}", names.join(" or ")), "name the legend of one".to_owned());
        }
    }
}

/// Overrides for what no legend says: none has a label in it, or what they say is nearly that.
fn by_pattern(panel: &Panel<'_>, legends: &[&str], texts: Option<&[Texts<'_>]>, add: &mut Add<'_>) {
    let closed = legends.iter().all(|legend| fields::is_plain(legend));
    for (node, text) in fields::overridden(panel, "byRegexp") {
        let matched = anywhere(text).zip(texts).and_then(|(pattern, texts)| {
            let all = texts.iter().map(|texts| texts.listed().map(|mut all| all.any(|text| pattern.is_match(text))));
            all.collect::<Option<Vec<_>>>().map(|all| all.contains(&true))
        });
        let is_none = whole(text).is_some_and(|name| legends.iter().all(|legend| !may_be(legend, name)));
        if matched == Some(false) || is_none || is_unlike(text, legends, closed) {
            let message = format!("no query of the panel is called as {} says", node.describe());
            add(node, message, "write a pattern of the legends".to_owned());
        }
    }
}

/// The one name that a pattern matches, where it asks for the whole of it: `/^failed$/`.
fn whole(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).unwrap_or(text);
    let name = inner.strip_prefix('^')?.strip_suffix('$')?;
    let is_plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | ':'));
    (is_plain && !matches!(name, "Time" | "Value")).then_some(name)
}

/// Whether a pattern that is a word, perhaps with anything around it, stands in no legend; of legends with labels only what is nearly it
/// tells.
fn is_unlike(text: &str, legends: &[&str], closed: bool) -> bool {
    let inner = text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).unwrap_or(text);
    if let Some(rest) = inner.strip_prefix('^')
        && begins_otherwise(rest, legends)
    {
        return true;
    }
    let inner = inner.strip_prefix('^').unwrap_or(inner);
    let inner = inner.strip_suffix('$').unwrap_or(inner);
    let plain = inner.trim_start_matches(".*").trim_end_matches(".*");
    if plain.len() < 4 || plain.contains(['.', '*', '+', '?', '(', '[', '{', '|', '\\', '/', '$', '^']) {
        return false;
    }
    let pieces: Vec<&str> = legends.iter().flat_map(|legend| literals(legend)).collect();
    !pieces.iter().any(|piece| piece.contains(plain)) && (closed || pieces.iter().any(|piece| nearly(piece, plain)))
}

/// Whether a pattern begins with a text as whose beginning none of the legends begins.
fn begins_otherwise(pattern: &str, legends: &[&str]) -> bool {
    let end = pattern.find(|c: char| !c.is_alphanumeric() && !matches!(c, ' ' | '_' | '-' | ':')).unwrap_or(pattern.len());
    // What may be repeated or left out is no beginning.
    let start = &pattern[..end];
    let is_open = pattern[end..].starts_with(['*', '?', '{', '|']) || pattern.contains('|');
    let unlike = |legend: &&str| {
        let own = legend.split("{{").next().unwrap_or("");
        let own = own.split(['$', '[']).next().unwrap_or("");
        let length = own.len().min(start.len());
        length >= 2 && own.as_bytes()[..length] != start.as_bytes()[..length]
    };
    !is_open && start.len() >= 2 && legends.iter().all(unlike)
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

/// So many texts are made of the values of the labels of a legend.
const TEXTS: usize = 512;

/// What a legend may read as: texts that are known, or a label of which only a pattern is.
enum Texts<'t> {
    Listed(Vec<String>),
    Pattern(&'t str),
}

impl<'t> Texts<'t> {
    /// That of the legend of a query; `None` where it may be any text.
    fn of(query: &Query<'_>, legend: &'t str, context: &Context<'t>) -> Option<Self> {
        let labels = || {
            let used = query.selectors();
            let (first, others) = used.split_first()?;
            // A function may write labels.
            let mut writes = false;
            walk::visit(query.expr.as_ref()?, &mut |node| {
                writes |= matches!(&node.kind, ExprKind::Call { function, .. } if function.text.starts_with("label_"));
            });
            let is_one = !writes && others.iter().all(|other| other.selector.metric_name() == first.selector.metric_name());
            context.world.metric_of(first.selector).filter(|_| is_one).map(|(_, metric, _)| &metric.labels)
        };
        let mut texts = vec![String::new()];
        let mut rest = legend;
        while let Some((before, behind)) = rest.split_once("{{") {
            let (name, after) = behind.split_once("}}")?;
            let Some(declared) = labels().and_then(|labels| labels.iter().find(|known| known.name.value == name.trim())) else {
                let values = of_exporter(query, name.trim())?;
                if !fields::is_plain(before) || texts.len() * values.len() > TEXTS {
                    return None;
                }
                texts = texts.iter().flat_map(|text| values.iter().map(move |value| format!("{text}{before}{value}"))).collect();
                rest = after;
                continue;
            };
            let Some(values) = declared.values.as_ref() else {
                let is_whole = before.is_empty() && after.is_empty() && texts.len() == 1 && texts[0].is_empty();
                return declared.pattern.as_deref().filter(|_| is_whole).map(Self::Pattern);
            };
            // A series that lacks the label has nothing there.
            let lacking = declared.optional.then_some("");
            let values: Vec<&str> = values.iter().map(String::as_str).chain(lacking).collect();
            if !fields::is_plain(before) || texts.len() * values.len() > TEXTS {
                return None;
            }
            texts = texts.iter().flat_map(|text| values.iter().map(move |value| format!("{text}{before}{value}"))).collect();
            rest = after;
        }
        fields::is_plain(rest).then(|| Self::Listed(texts.into_iter().map(|text| text + rest).collect()))
    }

    /// Whether a name may be one of them.
    fn has(&self, name: &str) -> bool {
        match self {
            Self::Listed(texts) => texts.iter().any(|text| text == name),
            Self::Pattern(pattern) => full_match(pattern, name) != Some(false),
        }
    }

    /// All of them, where they are listed.
    fn listed(&self) -> Option<impl Iterator<Item = &str>> {
        match self {
            Self::Listed(texts) => Some(texts.iter().map(String::as_str)),
            Self::Pattern(_) => None,
        }
    }
}

/// All values of a label of an exporter's metric, and none where it is missing, of a query that reads no other.
fn of_exporter(query: &Query<'_>, label: &str) -> Option<Vec<&'static str>> {
    let used = query.selectors();
    let [only] = used.as_slice() else { return None };
    let mut writes = false;
    walk::visit(query.expr.as_ref()?, &mut |node| {
        writes |= matches!(&node.kind, ExprKind::Call { function, .. } if function.text.starts_with("label_"));
    });
    let values = exporters::values_of(only.selector.metric_name()?, label).filter(|_| !writes)?;
    Some(values.iter().copied().chain([""]).collect())
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
