//! Settings of dashboards that Grafana does not know or that contradict one another.

use crate::diagnostic::{Diagnostic, misspelt};
use crate::formats::dashboard::{Panel, Variable};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::lint::words::timezone;
use crate::promql::regex;
use crate::source::Node;

rule! {
    /// A setting of a dashboard means nothing to Grafana, or contradicts another: a panel or variable of a type that is nearly a
    /// known one, an option of a panel with a word that it does not take, thresholds out of order or of another unit, a panel that repeats by a variable
    /// that is not there, a smallest value above the largest, a variable that is defined twice or sorted by a number that is none.
    ///
    /// ```json fires
    /// { "title": "Web", "panels": [ { "type": "timeserie", "title": "A", "targets": [] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "A", "targets": [] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "A", "targets": [], "fieldConfig": { "defaults": {
    ///   "unit": "percentunit", "max": 1, "color": { "mode": "palette-classic" }, "custom": { "thresholdsStyle": { "mode": "off" } },
    ///   "thresholds": { "mode": "absolute", "steps": [ { "color": "green", "value": null }, { "color": "red", "value": 80 } ] } } } } ] }
    /// ```
    DashboardSetting, "dashboard-setting", Warning
}

const PANELS: &[&str] = &[
    "timeseries",
    "stat",
    "gauge",
    "bargauge",
    "barchart",
    "table",
    "heatmap",
    "histogram",
    "piechart",
    "text",
    "row",
    "logs",
    "news",
    "nodeGraph",
    "traces",
    "state-timeline",
    "status-history",
    "candlestick",
    "canvas",
    "geomap",
    "dashlist",
    "alertlist",
    "annolist",
    "xychart",
    "trend",
    "flamegraph",
    "graph",
    "singlestat",
    "welcome",
    "datagrid",
];
const VARIABLES: &[&str] =
    &["query", "datasource", "custom", "constant", "interval", "textbox", "adhoc", "groupby", "system", "snapshot", "switch"];
/// Options of panels that are one of a few words.
const OPTIONS: &[(&str, &[&str])] = &[
    ("graphMode", &["none", "line", "area"]),
    ("textMode", &["auto", "value", "value_and_name", "name", "none"]),
    ("colorMode", &["value", "background", "background_solid", "none"]),
    ("justifyMode", &["auto", "center"]),
    ("orientation", &["auto", "horizontal", "vertical", ""]),
    ("displayMode", &["basic", "gradient", "lcd"]),
];
/// Options inside options.
const NESTED: &[(&str, &str, &[&str])] = &[
    ("tooltip", "mode", &["single", "multi", "none"]),
    ("tooltip", "sort", &["none", "asc", "desc"]),
    ("legend", "displayMode", &["list", "table", "hidden"]),
    ("legend", "placement", &["bottom", "right"]),
];
/// Words by which panels of Grafana's own draw, under `fieldConfig.defaults.custom`.
const CUSTOM: &[(&str, &[&str])] = &[
    ("drawStyle", &["line", "bars", "points"]),
    ("lineInterpolation", &["linear", "smooth", "stepBefore", "stepAfter"]),
    ("showPoints", &["auto", "always", "never"]),
    ("gradientMode", &["none", "opacity", "hue", "scheme"]),
    ("axisPlacement", &["auto", "left", "right", "top", "bottom", "hidden"]),
    ("stacking.mode", &["none", "normal", "percent"]),
    ("thresholdsStyle.mode", &["off", "line", "dashed", "area", "line+area", "dashed+area", "series"]),
    ("scaleDistribution.type", &["linear", "log", "ordinal", "symlog"]),
];

/// What Grafana can make one number of a series by.
pub(super) const CALCULATIONS: &[&str] = &[
    "lastNotNull",
    "last",
    "firstNotNull",
    "first",
    "min",
    "max",
    "mean",
    "sum",
    "count",
    "range",
    "delta",
    "step",
    "diff",
    "logmin",
    "allIsZero",
    "allIsNull",
    "changeCount",
    "distinctCount",
    "diffperc",
    "allValues",
    "uniqueValues",
    "median",
    "variance",
    "stdDev",
    "total",
    "current",
    "avg",
];

struct Report<'r> {
    found: &'r mut Vec<Diagnostic>,
    path: String,
}

impl Report<'_> {
    fn add(&mut self, node: &Node, message: String, help: &str) {
        self.found.push(META.finding(node.span, message).path(self.path.clone()).help(help));
    }

    fn word(&mut self, node: Option<&Node>, words: &[&str]) {
        let Some((node, text)) = node.and_then(Node::with_str) else { return };
        // Plugins bring types of their own: only what is nearly a known one is a slip.
        if let Some(meant) = misspelt(text, words) {
            self.add(node, format!("Grafana does not know {}", node.describe()), &format!("did you mean `{meant}`?"));
        }
    }
}

/// Whether a text can be a time zone: one of Grafana's words, or a name of the time zone database.
fn is_timezone(text: &str) -> bool {
    matches!(text, "" | "browser" | "utc") || text.contains('$') || timezone::is_known(text)
}

/// Whether a text is a time such as `now-1d/d`.
fn is_relative(text: &str) -> bool {
    let is_unit = |text: &str| matches!(text, "s" | "m" | "h" | "d" | "w" | "M" | "Q" | "y" | "fQ" | "fy");
    let Some(rest) = text.strip_prefix("now") else { return false };
    let (shift, round) = rest.split_once('/').map_or((rest, None), |(shift, round)| (shift, Some(round)));
    let steps = shift.split_inclusive(|c: char| c.is_ascii_alphabetic());
    let is_step = |step: &str| {
        let digits = step.strip_prefix(['-', '+']).map(|step| step.trim_start_matches(|c: char| c.is_ascii_digit()));
        digits.is_some_and(is_unit)
    };
    steps.into_iter().all(is_step) && round.is_none_or(is_unit)
}

/// A panel that is repeated by a variable: one that there is, that it asks for, and that has several values.
fn repeated(panel: &Panel<'_>, names: &[&str], view: &DashboardView<'_>, report: &mut Report<'_>) {
    let repeat = panel.node.get_str("repeat");
    if let Some((node, _)) = repeat.filter(|(_, name)| !name.is_empty() && !names.contains(name)) {
        report.add(node, format!("no variable {} is defined", node.describe()), "repeat by a variable of the dashboard");
    }
    let chosen = repeat.and_then(|(_, name)| view.dashboard.variables.iter().find(|variable| variable.name.as_str() == Some(name)));
    // The text of a row stands beside its panels, and a panel of the library is not in the file. What is written above a panel, and where
    // its links lead, changes nothing of what it shows.
    let uses = |name: &str| {
        let ways = [format!("${name}"), format!("${{{name}"), format!("[[{name}")];
        let asked = panel.node.entries().filter(|(key, ..)| !matches!(*key, "title" | "description" | "links"));
        asked.filter_map(|(.., part)| view.view.text.get(part.span.range())).any(|text| ways.iter().any(|way| text.contains(way.as_str())))
    };
    if let Some((node, name)) =
        repeat.filter(|(_, name)| names.contains(name) && panel.kind != "row" && !panel.targets.is_empty() && !uses(name))
    {
        let message = format!("the panel asks nothing of {}, so its copies are all the same", node.describe());
        report.add(node, message, &format!("use `${name}` in its query, or repeat it by another variable"));
    }
    let is_set = |variable: &Variable<'_>, key: &str| variable.node.get(key).and_then(Node::as_bool) == Some(true);
    if let (Some((node, _)), Some(variable)) = (repeat, chosen)
        && !is_set(variable, "multi")
        && !is_set(variable, "includeAll")
        && matches!(variable.kind, "query" | "custom")
    {
        let message = format!("the variable {} has one value at a time, so the panel is never repeated", node.describe());
        report.add(node, message, "let it have several, with `\"multi\": true`");
    }
}

/// The time that a dashboard opens with.
fn times(root: &Node, report: &mut Report<'_>) {
    for (end, node) in ["from", "to"].into_iter().filter_map(|end| Some((end, root.get("time")?.get(end)?))) {
        report.path = format!("time.{end}");
        if node.as_str().is_some_and(|text| text.starts_with("now") && !is_relative(text)) {
            report.add(
                node,
                format!("{} is no time that Grafana knows", node.describe()),
                "write `now-6h`, with one of s, m, h, d, w, M, y",
            );
        }
    }
    let shown = root.at(["time", "from"]).filter(|_| root.at(["time", "to"]).and_then(Node::as_str) == Some("now"));
    let seconds = |node: &Node| node.as_str()?.strip_prefix("now-")?.strip_suffix('s')?.parse::<u32>().ok();
    if let Some(node) = shown.filter(|node| seconds(node).is_some_and(|seconds| seconds < 30)) {
        "time.from".clone_into(&mut report.path);
        report.add(
            node,
            format!("the dashboard opens with {} alone, in which hardly anything is scraped twice", node.describe()),
            "write `now-6h`",
        );
    }
}

impl Rule for DashboardSetting {
    fn dashboard(&self, view: &DashboardView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let dashboard = view.dashboard;
        if dashboard.layout_apart {
            return;
        }
        let mut report = Report { found, path: String::new() };
        let timezone = dashboard.root.get_str("timezone");
        if let Some((node, _)) = timezone.filter(|(_, text)| !is_timezone(text)) {
            report.add(node, format!("{} is no time zone", node.describe()), "use `browser`, `utc` or a name such as `Europe/Berlin`");
        }
        if let Some(node) = dashboard.root.get("graphTooltip").filter(|node| node.as_i64().is_some_and(|mode| !(0..=2).contains(&mode))) {
            report.add(node, format!("{} is no way of showing tooltips", node.describe()), "use 0, 1 or 2");
        }
        let month = dashboard.root.get("fiscalYearStartMonth");
        if let Some(node) = month.filter(|node| node.as_i64().is_some_and(|month| !(0..=11).contains(&month))) {
            report.add(node, format!("months are counted from 0, and {} is none", node.describe()), "use 0 for January, 11 for December");
        }
        let mut names: Vec<&str> = Vec::new();
        for variable in &dashboard.variables {
            "templating.list".clone_into(&mut report.path);
            report.word(variable.node.get("type"), VARIABLES);
            let name = variable.name.as_str().unwrap_or("");
            if names.contains(&name) {
                report.add(variable.name, format!("two variables are called `{name}`"), "rename one");
            }
            names.push(name);
            let all = variable.node.get_str("allValue");
            if let Some((node, Err(error))) = all.map(|(node, text)| (node, regex::check(text))) {
                report.add(node, format!("{} is no regular expression: {}", node.describe(), error.message), "use `.+` for all values");
            }
            for (key, most) in [("refresh", 2), ("sort", 8), ("hide", 3)] {
                let number = variable.node.get(key).and_then(|node| Some((node, node.as_i64()?)));
                if let Some((node, _)) = number.filter(|(_, number)| !(0..=most).contains(number)) {
                    report.add(node, format!("`{key}` of a variable is 0 to {most}"), "use one of those");
                }
            }
        }
        times(dashboard.root, &mut report);
        for panel in &dashboard.panels {
            report.path.clone_from(&panel.path);
            report.word(panel.node.get("type"), PANELS);
            repeated(panel, &names, view, &mut report);
            let options = panel.node.get("options");
            for (key, words) in OPTIONS {
                let option = options.and_then(|options| options.get(key)).and_then(Node::with_str);
                // These panels are Grafana's own, so that no plugin gives another word a meaning.
                let Some((node, _)) =
                    option.filter(|(_, text)| matches!(panel.kind, "stat" | "gauge" | "bargauge") && !words.contains(text))
                else {
                    continue;
                };
                report.add(
                    node,
                    format!("Grafana does not know {} as `{key}`", node.describe()),
                    &format!("use one of {}", words.join(", ")),
                );
            }
            for (part, key, words) in NESTED {
                let option = options.and_then(|options| options.get(part)?.get(key)).and_then(Node::with_str);
                let is_own = matches!(panel.kind, "timeseries" | "barchart" | "piechart" | "histogram" | "state-timeline");
                if let Some((node, _)) = option.filter(|(_, text)| is_own && !text.is_empty() && !words.contains(text)) {
                    let message = format!("Grafana does not know {} as `{part}.{key}`", node.describe());
                    report.add(node, message, &format!("use one of {}", words.join(", ")));
                }
            }
            drawn(panel, &mut report);
            let calculations = options.and_then(|options| options.get("reduceOptions")?.get("calcs"));
            for node in calculations.into_iter().flat_map(Node::items) {
                report.word(Some(node), CALCULATIONS);
                let unit = panel.unit().and_then(Node::as_str).unwrap_or("");
                if node.as_str() == Some("sum")
                    && matches!(unit, "percentunit" | "percent")
                    && matches!(panel.kind, "stat" | "gauge" | "bargauge")
                {
                    report.add(node, "shares of one time after another add up to no share".to_owned(), "use `lastNotNull` or `mean`");
                }
            }
            if let Some(defaults) = panel.node.get("fieldConfig").and_then(|config| config.get("defaults")) {
                values(defaults, &mut report);
            }
            for rule in panel.node.get("fieldConfig").into_iter().flat_map(|config| config.items_of("overrides")) {
                of_share(rule, &mut report);
            }
        }
    }
}

/// How a panel draws, by words of Grafana's own.
fn drawn(panel: &Panel<'_>, report: &mut Report<'_>) {
    let options = panel.node.get("options");
    let custom = panel.node.get("fieldConfig").and_then(|config| config.get("defaults")?.get("custom"));
    for (key, words) in CUSTOM.iter().filter(|_| matches!(panel.kind, "timeseries" | "barchart" | "trend" | "histogram")) {
        let value = custom.and_then(|custom| custom.at(key.split('.')));
        if let Some((node, _)) = value.and_then(Node::with_str).filter(|(_, text)| !words.contains(text)) {
            let message = format!("Grafana does not know {} as `{key}`", node.describe());
            report.add(node, message, &format!("use one of {}", words.join(", ")));
        }
    }
    if let Some((node, _)) = options
        .and_then(|options| options.get("sortOrder"))
        .and_then(Node::with_str)
        .filter(|(_, text)| panel.kind == "logs" && !matches!(*text, "Ascending" | "Descending"))
    {
        report.add(node, format!("Grafana does not know {} as `sortOrder`", node.describe()), "use `Ascending` or `Descending`");
    }
}

/// Thresholds that an override sets together with a unit in which 1 is all.
fn of_share(rule: &Node, report: &mut Report<'_>) {
    let property = |wanted: &str| {
        let mut all = rule.items_of("properties");
        all.find(|property| property.get("id").and_then(Node::as_str) == Some(wanted)).and_then(|property| property.get("value"))
    };
    let is_share = property("unit").and_then(Node::as_str) == Some("percentunit");
    let absolute = property("thresholds").filter(|t| is_share && t.get("mode").and_then(Node::as_str) != Some("percentage"));
    let bounds = absolute.into_iter().flat_map(|thresholds| thresholds.items_of("steps")).filter_map(|step| step.get("value"));
    bounds.for_each(|node| beyond_all(node, report));
}

/// Says of a number that is shown as a share that it is too large for one.
fn beyond_all(node: &Node, report: &mut Report<'_>) {
    if let Some(value) = node.as_f64().filter(|value| *value >= 2.0) {
        let message = format!("shown as `percentunit`, {} is {}%", node.describe(), value * 100.0);
        report.add(node, message, "write a share from 0 to 1, or use `percent`");
    }
}

/// Limits and thresholds of the values of a panel.
fn values(defaults: &Node, report: &mut Report<'_>) {
    let shown = !is_default_unseen(defaults);
    // Where a share is shown as one, 1 is all of it.
    if defaults.get("unit").and_then(Node::as_str) == Some("percentunit") {
        let is_absolute = defaults.get("thresholds").and_then(|t| t.get("mode")).and_then(Node::as_str) != Some("percentage");
        let steps = defaults.get("thresholds").and_then(|thresholds| thresholds.get("steps")).filter(|_| is_absolute);
        let values = steps.into_iter().flat_map(Node::items).filter_map(|step| step.get("value")).filter(|_| shown);
        let ends = ["min", "max"].into_iter().filter_map(|key| defaults.get(key));
        values.chain(ends).for_each(|node| beyond_all(node, report));
    }
    let number = |key: &str| defaults.get(key).and_then(|node| Some((node, node.as_f64()?)));
    if let (Some((node, least)), Some((_, most))) = (number("min"), number("max"))
        && least >= most
    {
        report.add(node, "the smallest value is no smaller than the largest".to_owned(), "swap `min` and `max`");
    }
    let steps = defaults.get("thresholds").and_then(|thresholds| thresholds.get("steps"));
    // Of the way from `min` to `max`.
    let in_percent = defaults.get("thresholds").and_then(|thresholds| thresholds.get("mode")).and_then(Node::as_str) == Some("percentage");
    let bounds: Vec<(&Node, f64)> = steps
        .into_iter()
        .flat_map(Node::items)
        .filter_map(|step| step.get("value"))
        .filter_map(|node| Some((node, node.as_f64()?)))
        .collect();
    if let (Some((_, most)), Some((node, bound))) = (number("max"), bounds.last())
        && (*bound > most && !in_percent || *bound > 100.0 && in_percent)
        && shown
    {
        let most = if in_percent { 100.0 } else { most };
        report.add(node, format!("the panel ends at {most}, below this threshold"), "raise `max`, or correct the threshold");
    }
    if let Some((node, bound)) = bounds.last().filter(|(_, bound)| in_percent && *bound > 0.0 && *bound <= 1.0) {
        report.add(node, format!("in this mode {bound} is {bound} % of the way, and no share"), "write it times 100, or use `absolute`");
    }
    if let Some(pair) = bounds.windows(2).find(|pair| pair[1].1 <= pair[0].1) {
        report.add(pair[1].0, "the thresholds do not grow".to_owned(), "sort the steps by their values");
    }
}

/// Whether the thresholds are those of a new panel, which nobody set, and which are not drawn.
fn is_default_unseen(defaults: &Node) -> bool {
    let word = |way: &[&str]| defaults.at(way.iter().copied()).and_then(Node::as_str);
    let steps = defaults.at(["thresholds", "steps"]).into_iter().flat_map(Node::items);
    let bounds: Vec<f64> = steps.filter_map(|step| step.get("value")?.as_f64()).collect();
    let colours = word(&["color", "mode"]) == Some("thresholds");
    bounds == [80.0] && word(&["custom", "thresholdsStyle", "mode"]) == Some("off") && !colours
}
