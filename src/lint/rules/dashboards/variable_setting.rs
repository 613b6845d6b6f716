//! Variables of dashboards whose values cannot be what they are meant to be.

use foldhash::{HashMap, HashSet};

use crate::diagnostic::{Diagnostic, did_you_mean, misspelt};
use crate::formats::dashboard::Variable;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::lint::words::anchored::full_match;
use crate::promql::ast::ExprKind;
use crate::promql::grafana::substitute;
use crate::promql::{self, Options};
use crate::source::Node;

rule! {
    /// A variable asks by a function that Grafana does not have, or for series whose selector cannot be read; its value for "all" is
    /// no regular expression; it is asked for never; it builds on itself or on a variable that there is not; its list and its
    /// options differ; or it chooses data sources of a type that is nearly a known one.
    ///
    /// A list, a constant or a text that is written as a question is not asked; a query for whole series gives values that no label
    /// has.
    ///
    /// ```json fires
    /// { "title": "Web", "templating": { "list": [ { "name": "job", "type": "query", "query": "label_value(up, job)", "refresh": 2 } ] },
    ///   "panels": [ { "type": "timeseries", "title": "A", "targets": [ { "refId": "A", "expr": "up{job=~\"$job\"}" } ] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "templating": { "list": [ { "name": "job", "type": "query", "query": "label_values(up, job)", "refresh": 2 } ] },
    ///   "panels": [ { "type": "timeseries", "title": "A", "targets": [ { "refId": "A", "expr": "up{job=~\"$job\"}" } ] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "templating": { "list": [ { "name": "id", "type": "query", "refresh": 2, "regex": "/id=\"(.*)\"/",
    ///   "query": "query_result(label_replace(up, \"id\", \"$1\", \"instance\", \"(.*):.*\"))" } ] },
    ///   "panels": [ { "type": "timeseries", "title": "A", "targets": [ { "refId": "A", "expr": "up{instance=~\"$id.*\"}" } ] } ] }
    /// ```
    VariableSetting, "variable-setting", Warning
}

/// What a variable can ask Prometheus.
const FUNCTIONS: &[&str] = &["label_values", "label_names", "metrics", "query_result"];

/// Data sources that come with Grafana.
const SOURCES: &[&str] = &[
    "prometheus",
    "loki",
    "tempo",
    "jaeger",
    "zipkin",
    "elasticsearch",
    "influxdb",
    "graphite",
    "mysql",
    "postgres",
    "mssql",
    "alertmanager",
    "cloudwatch",
];

/// Types of variables.
const KINDS: &[&str] =
    &["query", "custom", "textbox", "constant", "datasource", "interval", "adhoc", "switch", "groupby", "system", "snapshot"];

/// What a variable is called, by which `$name` finds it, and its type.
fn named(variable: &Variable<'_>, add: &mut dyn FnMut(&Node, String, String)) {
    let name = variable.name;
    let text = name.as_str().unwrap_or("");
    if text.starts_with("__") {
        add(name, format!("{} is called as Grafana's own variables are, which win", name.describe()), "leave the `__` out".to_owned());
    } else if !text.is_empty() && !text.chars().all(|c| c.is_alphanumeric() || c == '_') {
        add(
            name,
            format!("{} cannot be named by `$`: a name is of letters, digits and `_`", name.describe()),
            "write `_` for other signs".to_owned(),
        );
    }
    if let Some((node, kind)) = variable.node.get_str("type").filter(|(_, kind)| !kind.is_empty() && !KINDS.contains(kind)) {
        let meant = misspelt(kind, KINDS).map_or_else(|| "use `query` or `custom`".to_owned(), |meant| format!("did you mean `{meant}`?"));
        add(node, format!("no variable is of type {}", node.describe()), meant);
    }
}

impl Rule for VariableSetting {
    fn dashboard(&self, view: &DashboardView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if view.dashboard.layout_apart {
            return;
        }
        let names: Vec<&str> = view.dashboard.variables.iter().filter_map(|variable| variable.name.as_str()).collect();
        let needs = needs(view);
        for variable in &view.dashboard.variables {
            let mut add = |node: &Node, message: String, help: String| {
                found.push(META.finding(node.span, message).path("templating.list").help(help));
            };
            named(variable, &mut add);
            if let Some(node) = variable.node.get("allValue")
                && let Some(text) = node.as_str().filter(|text| !text.is_empty() && !text.contains('$'))
                && promql::regex::check(text).is_err()
            {
                let help = "write one, such as `.+`, or leave it out".to_owned();
                add(node, format!("{} is no regular expression, and stands for all values of the variable", node.describe()), help);
            }
            if let Some((node, text)) = variable.node.get_str("allValue")
                && !text.is_empty()
                && takes_only_nothing(text)
            {
                let message = format!("{} stands for all values, and matches only what is empty", node.describe());
                add(node, message, "write `.+`, or leave it out".to_owned());
            }
            if let Some((node, text)) = variable.node.get_str("allValue")
                && variable.kind == "query"
                && matches!(text.to_lowercase().as_str(), "all" | "any" | "every" | "everything")
            {
                let message = format!("{} stands for all values, and as a pattern it matches that very text alone", node.describe());
                add(node, message, "write `.+`, or leave it out".to_owned());
            }
            if let Some(node) = variable.node.get("regex")
                && matches!(variable.kind, "datasource" | "query")
                // JavaScript knows what RE2 does not.
                && node.as_str().is_some_and(|text| !text.contains("(?") && !text.contains('\\'))
                && let Some(text) = node.as_str().filter(|text| !text.trim_end_matches(['/', '$', 'g', 'i']).contains('$'))
                && promql::regex::check(text.trim_start_matches('/').rsplit_once('/').map_or(text, |(pattern, _)| pattern)).is_err()
            {
                add(node, format!("{} is no regular expression", node.describe()), "write one, or leave it out".to_owned());
            }
            all(variable, &mut add);
            current(variable, context, &mut add);
            let Some((node, text)) = variable.query().and_then(Node::with_str) else { continue };
            if matches!(variable.kind, "custom" | "constant" | "textbox" | "interval") && is_question(text) {
                let message = format!("a variable of type `{}` asks nothing: this stands for itself", variable.kind);
                add(node, message, "use the type `query`".to_owned());
                continue;
            }
            if variable.kind == "query"
                && !variable.asks_prometheus()
                && let Some(source) = variable.node.get("datasource").filter(|source| asks_loki(source, text))
            {
                let help = "ask a data source of the type `prometheus`".to_owned();
                add(source, "the query names a metric, and the data source is Loki".to_owned(), help);
            }
            match variable.kind {
                "query" if variable.asks_prometheus() => {
                    asked(variable, node, text, &names, &mut add);
                    if let Some(other) = in_circle(variable, text, &needs) {
                        let message = format!("this needs `${other}`, whose query needs this");
                        add(node, message, "let only one of them depend on the other".to_owned());
                    }
                    takes_none(variable, text, &mut add);
                }
                "custom" => {
                    options(variable, node, text, &mut add);
                    chosen(variable, text, &mut add);
                    listed(variable, node, text, &mut add);
                }
                "interval" => {
                    intervals(node, text, &mut add);
                    chosen(variable, text, &mut add);
                }
                "datasource" => {
                    if let Some(meant) = misspelt(text, SOURCES) {
                        add(node, format!("no data source is of type {}", node.describe()), format!("did you mean `{meant}`?"));
                    }
                }
                _ => {}
            }
        }
    }
}

/// Whether a pattern matches the empty text, and no other.
fn takes_only_nothing(pattern: &str) -> bool {
    regex_syntax::parse(pattern).is_ok_and(|pattern| pattern.properties().maximum_len() == Some(0))
}

/// Whether a text is a question to Prometheus, as `label_values(up, job)`.
fn is_question(text: &str) -> bool {
    let text = text.trim();
    FUNCTIONS.iter().any(|function| text.strip_prefix(function).is_some_and(|rest| rest.starts_with('('))) && text.ends_with(')')
}

/// Whether Loki is asked for the values of a label of a metric: it has streams, which no name stands before.
fn asks_loki(source: &Node, text: &str) -> bool {
    let asked = text.trim().strip_prefix("label_values(").and_then(|rest| rest.split_once('{')).map(|(name, _)| name.trim());
    let is_name =
        |name: &str| name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    source.get("type").and_then(Node::as_str) == Some("loki") && asked.is_some_and(is_name)
}

/// A job that is chosen at first, and is none of those that there are.
fn current(variable: &Variable<'_>, context: &Context<'_>, add: &mut dyn FnMut(&Node, String, String)) {
    let query = variable.query().and_then(Node::as_str).unwrap_or("");
    let asks_for_jobs =
        query.trim_end().strip_suffix(')').and_then(|rest| rest.rsplit_once(',')).is_some_and(|(_, label)| label.trim() == "job");
    // One value, or a list of them.
    let chosen = variable.node.get("current").and_then(|current| current.get("value")).filter(|_| asks_for_jobs);
    let closed = context.world.jobs_known == crate::lint::world::Jobs::Closed;
    for (node, value) in chosen.into_iter().flat_map(|node| std::iter::once(node).chain(node.items())).filter_map(Node::with_str) {
        if !closed || value.is_empty() || value.contains('$') || context.world.has_job(value) {
            continue;
        }
        let meant = did_you_mean(value, context.world.jobs.iter().map(|(name, _)| name.as_str()));
        let help = meant.map_or_else(|| "choose a job that there is".to_owned(), |meant| format!("did you mean `{meant}`?"));
        add(node, format!("the dashboard opens with the job {}, which nobody scrapes", node.describe()), help);
    }
}

/// What is said of all values of a variable that does not offer them.
fn all(variable: &Variable<'_>, add: &mut dyn FnMut(&Node, String, String)) {
    if variable.node.get("includeAll").and_then(Node::as_bool) == Some(true) || !matches!(variable.kind, "query" | "custom") {
        return;
    }
    let help = "set `\"includeAll\": true`, or leave it out".to_owned();
    let current = variable.node.get("current").and_then(|current| current.get("value"));
    let is_all = |node: &Node| node.as_str() == Some("$__all");
    if let Some(node) = current.filter(|node| is_all(node) || node.items().any(is_all)) {
        add(node, "all values are chosen, and the variable does not offer them".to_owned(), help);
    } else if let Some(node) = variable.node.get("allValue").filter(|node| node.as_str().is_some_and(|text| !text.is_empty())) {
        add(node, "this stands for all values, and the variable does not offer them".to_owned(), help);
    }
}

/// A question to Prometheus.
fn asked(variable: &Variable<'_>, node: &Node, text: &str, names: &[&str], add: &mut dyn FnMut(&Node, String, String)) {
    if text.trim().is_empty() {
        return add(
            node,
            "the query is empty, so the variable has no values".to_owned(),
            "ask for some, as in `label_values(up, job)`".to_owned(),
        );
    }
    if let Some(refresh) = variable.node.get("refresh").filter(|refresh| refresh.as_i64() == Some(0)) {
        let saved = variable.node.get("options").is_some_and(|options| options.items().next().is_some());
        if !saved {
            add(refresh, "the variable is never asked for, and no values are saved".to_owned(), "set `refresh` to 1 or 2".to_owned());
        }
    }
    let own = variable.name.as_str().unwrap_or("");
    let substituted = substitute(text);
    for used in &substituted.variables {
        let name = used.name.split(['.', ':']).next().unwrap_or("");
        if name == own {
            add(node, format!("the variable `{own}` builds on itself"), "leave it out of its own query".to_owned());
        } else if !names.contains(&name) && !name.starts_with("__") && !name.starts_with(|c: char| c.is_ascii_digit()) {
            let help = did_you_mean(name, names.iter().copied())
                .map_or_else(|| "define it".to_owned(), |meant| format!("did you mean `${meant}`?"));
            add(node, format!("no variable `{name}` is defined"), help);
        }
    }
    let unfiltered = variable.node.get("regex").and_then(Node::as_str).is_none_or(str::is_empty);
    if unfiltered && is_selector(&substituted.text) {
        let help = "ask for the values of one label: `label_values(…, label)`".to_owned();
        return add(node, "the values are whole series, which are those of no label".to_owned(), help);
    }
    let Some((function, rest)) = text.trim().split_once('(') else { return };
    let function = function.trim();
    if function.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && let Some(meant) = misspelt(function, FUNCTIONS)
    {
        return add(node, format!("Grafana has no function `{function}` for variables"), format!("did you mean `{meant}`?"));
    }
    let Some(inside) = rest.trim_end().strip_suffix(')') else {
        return add(node, "the query does not end".to_owned(), "close its parenthesis".to_owned());
    };
    let asked = match function {
        "label_values" => match inside.rsplit_once(',') {
            Some((asked, label)) if label.trim().chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$') => asked,
            None if inside.contains('{') => {
                return add(node, "the label whose values are asked for is missing".to_owned(), "name it behind a comma".to_owned());
            }
            Some(_) => inside,
            None => return,
        },
        "query_result" => {
            if unfiltered {
                let help = "take the label out with `regex`, or ask by `label_values`".to_owned();
                add(node, "the values are whole series, with their numbers and times, that no label has".to_owned(), help);
            }
            inside
        }
        _ => return,
    };
    if let Err(error) = promql::parse(&substitute(asked).text, &Options::all()) {
        add(node, format!("`{}` is no PromQL: {}", asked.trim(), error.message), "correct the selector".to_owned());
    }
}

/// Whether a text selects series by their name and labels.
fn is_selector(text: &str) -> bool {
    let parsed = text.contains('{').then(|| promql::parse(text, &Options::all()).ok()).flatten();
    matches!(parsed.map(|expr| expr.kind), Some(ExprKind::Selector(selector)) if selector.metric_name().is_some())
}

/// Another variable that a query needs, and that needs this one.
fn in_circle<'v>(variable: &Variable<'_>, text: &str, needs: &HashMap<&'v str, Vec<(usize, HashSet<String>)>>) -> Option<&'v str> {
    let own = variable.name.as_str()?;
    let needing = used(text).into_iter().filter(|name| name != own).filter_map(|name| needs.get_key_value(name.as_str()));
    let all = needing.flat_map(|(name, queries)| queries.iter().map(|(at, used)| (*at, *name, used)));
    all.filter(|(.., used)| used.contains(own)).min_by_key(|(at, ..)| *at).map(|(_, name, _)| name)
}

/// The variables that a text names.
fn used(text: &str) -> HashSet<String> {
    substitute(text).variables.iter().filter_map(|used| used.name.split(['.', ':']).next()).map(str::to_owned).collect()
}

/// What the queries of variables need, with their places in the list.
fn needs<'v>(view: &DashboardView<'v>) -> HashMap<&'v str, Vec<(usize, HashSet<String>)>> {
    let mut all: HashMap<&str, Vec<(usize, HashSet<String>)>> = HashMap::default();
    for (at, variable) in view.dashboard.variables.iter().enumerate().filter(|(_, variable)| variable.kind == "query") {
        if let (Some(name), Some(query)) = (variable.name.as_str(), variable.query().and_then(Node::as_str)) {
            all.entry(name).or_default().push((at, used(query)));
        }
    }
    all
}

/// A pattern that takes nothing of the one job that can be found.
fn takes_none(variable: &Variable<'_>, text: &str, add: &mut dyn FnMut(&Node, String, String)) {
    let Some((node, pattern)) = variable.node.get_str("regex") else { return };
    let asked = text.trim().strip_prefix("label_values(").and_then(|rest| rest.strip_suffix(')')).and_then(|rest| rest.rsplit_once(','));
    let Some((asked, "job")) = asked.map(|(asked, label)| (asked, label.trim())) else { return };
    let Some((_, rest)) = asked.split_once("job=\"") else { return };
    let job = rest.split('"').next().unwrap_or("");
    let bare = pattern.strip_prefix('/').and_then(|rest| rest.rsplit_once('/')).map_or(pattern, |(pattern, _)| pattern);
    if bare.is_empty() || job.contains('$') || bare.contains(['\\', '$']) || bare.contains("(?") {
        return;
    }
    let anywhere = match bare.strip_prefix('^') {
        Some(rest) => format!("(?:{rest}).*"),
        None => format!(".*(?:{bare}).*"),
    };
    if full_match(&anywhere, job) == Some(false) {
        add(
            node,
            format!("{} takes nothing of `{job}`, so the variable has no values", node.describe()),
            "correct it, or leave it out".to_owned(),
        );
    }
}

/// A value that is chosen at first and is not in the list.
fn chosen(variable: &Variable<'_>, text: &str, add: &mut dyn FnMut(&Node, String, String)) {
    let current = variable.node.get("current").and_then(|current| current.get("value"));
    let each = current.into_iter().flat_map(|node| node.items().chain([node])).filter_map(Node::with_str);
    let mut each = each.filter(|(_, value)| !value.is_empty() && !value.starts_with("$__") && *value != "auto");
    let Some((node, value)) = each.find(|(_, value)| !text.split(',').any(|item| item.trim() == *value)) else { return };
    // Values may have names, and commas of their own.
    if text.trim().is_empty() || text.contains('$') || text.contains("\\,") || text.contains(':') && variable.kind == "custom" {
        return;
    }
    add(node, format!("the dashboard opens with `{value}`, which is not in the list"), "choose one of the list".to_owned());
}

/// A list without values, and what stands for all of them and matches none.
fn listed(variable: &Variable<'_>, node: &Node, text: &str, add: &mut dyn FnMut(&Node, String, String)) {
    if text.trim().is_empty() {
        let offered = variable.node.get("options").is_some_and(|options| options.items().next().is_some());
        if !offered {
            add(node, "the list is empty, so the variable has no values".to_owned(), "write some, as in `a,b,c`".to_owned());
        }
        return;
    }
    let plain = |text: &str| !text.contains('$') && !text.contains("\\,") && !text.contains(" : ");
    let all = variable.node.get_str("allValue").filter(|(_, all)| !all.is_empty() && plain(all));
    if let Some((node, all)) = all.filter(|_| plain(text))
        && text.split(',').all(|item| full_match(all, item.trim()) == Some(false))
    {
        add(
            node,
            format!("{} stands for all values, and matches none of the list", node.describe()),
            "write `.*`, or leave it out".to_owned(),
        );
    }
}

/// The items of a list of intervals.
fn intervals(node: &Node, text: &str, add: &mut dyn FnMut(&Node, String, String)) {
    let is_interval = |item: &&str| item.contains('$') || *item == "auto" || promql::duration::parse_duration(item).is_ok();
    if let Some(item) = text.split(',').map(str::trim).find(|item| !item.is_empty() && !is_interval(item)) {
        add(node, format!("`{item}` is no interval"), "write a number with its unit, as in `5m`".to_owned());
    }
}

/// Values that are written down twice: as a list, and as what is offered.
fn options(variable: &Variable<'_>, node: &Node, text: &str, add: &mut dyn FnMut(&Node, String, String)) {
    let offered: Vec<&str> =
        variable.node.items_of("options").filter_map(|option| option.get("value")?.as_str()).filter(|value| *value != "$__all").collect();
    let listed: Vec<&str> =
        text.split(',').map(|item| item.rsplit(" : ").next().unwrap_or(item).trim()).filter(|item| !item.is_empty()).collect();
    if offered.is_empty() || text.contains("\\,") {
        return;
    }
    let lacking = offered.iter().find(|value| !listed.contains(value)).map(|value| format!("`{value}` is offered and not in the list"));
    let unoffered =
        || listed.iter().find(|value| !offered.contains(value)).map(|value| format!("`{value}` is in the list and not offered"));
    if let Some(message) = lacking.or_else(unoffered) {
        add(node, message, "write the same in both".to_owned());
    }
}
