//! Panels that cannot show what they are to show.

use crate::diagnostic::{Diagnostic, misspelt};
use crate::formats::dashboard::Panel;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::source::Node;
use crate::source::node::Style;

rule! {
    /// A panel has no title or another's, is of a type that Grafana has removed, has no width or height, a unit or a colour that is
    /// nearly a known one, thresholds in a mode or with values that Grafana does not take or without a lowest step, an override that
    /// matches by nothing or sets nothing, or is repeated in a direction that there is not.
    ///
    /// ```json fires
    /// { "title": "Web", "panels": [ { "type": "graph", "title": "A", "targets": [] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "A", "targets": [] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "templating": { "list": [ { "name": "sort", "type": "custom", "query": "1,2" } ] },
    ///   "panels": [ { "type": "timeseries", "title": "A", "targets": [
    ///   { "refId": "A", "expr": "sum(a) and on () (vector($sort) == 1)", "legendFormat": "All" },
    ///   { "refId": "B", "expr": "sum(b) and on () (vector($sort) == 2)", "legendFormat": "All" } ] } ] }
    /// ```
    PanelSetting, "panel-setting", Warning
}

/// Types that Grafana 12 has no more, and what took their place.
const REMOVED: &[(&str, &str)] = &[
    ("graph", "timeseries"),
    ("singlestat", "stat"),
    ("grafana-singlestat-panel", "stat"),
    ("table-old", "table"),
    ("grafana-piechart-panel", "piechart"),
    ("grafana-worldmap-panel", "geomap"),
    ("heatmap-new", "heatmap"),
];

/// Units that are used most; others are nearly one of these only by a slip.
const UNITS: &[&str] = &[
    "none",
    "short",
    "percent",
    "percentunit",
    "humidity",
    "dB",
    "hex",
    "sci",
    "locale",
    "string",
    "bool",
    "bool_yes_no",
    "bool_on_off",
    "currencyUSD",
    "currencyEUR",
    "currencyGBP",
    "bits",
    "bytes",
    "kbytes",
    "mbytes",
    "gbytes",
    "tbytes",
    "decbits",
    "decbytes",
    "deckbytes",
    "decmbytes",
    "decgbytes",
    "pps",
    "bps",
    "binbps",
    "Bps",
    "binBps",
    "Kbits",
    "KBs",
    "Mbits",
    "MBs",
    "Gbits",
    "GBs",
    "cps",
    "ops",
    "reqps",
    "rps",
    "wps",
    "iops",
    "eps",
    "mps",
    "recps",
    "cpm",
    "opm",
    "reqpm",
    "rpm",
    "wpm",
    "hertz",
    "ns",
    "µs",
    "ms",
    "s",
    "m",
    "h",
    "d",
    "dtdurationms",
    "dtdurations",
    "dthms",
    "dtdhms",
    "timeticks",
    "clockms",
    "clocks",
    "dateTimeAsIso",
    "dateTimeAsUS",
    "dateTimeAsLocal",
    "dateTimeFromNow",
    "celsius",
    "fahrenheit",
    "kelvin",
    "watt",
    "kwatt",
    "volt",
    "amp",
    "joule",
    "kwatth",
    "watth",
    "lengthm",
    "velocityms",
    "flops",
    "rotrpm",
    "rothz",
    "time:",
    "suffix:",
    "prefix:",
];

/// Names of Grafana's colours, without the words for their shades.
/// Words for units that Grafana takes for a suffix, and its own.
const OTHER_UNITS: &[(&str, &str)] = &[
    ("seconds", "s"),
    ("second", "s"),
    ("sec", "s"),
    ("milliseconds", "ms"),
    ("millis", "ms"),
    ("microseconds", "µs"),
    ("nanoseconds", "ns"),
    ("minutes", "m"),
    ("hours", "h"),
    ("days", "d"),
    ("percentage", "percent"),
    ("ratio", "percentunit"),
    ("byte", "bytes"),
    ("requests", "reqps"),
    ("req/s", "reqps"),
    ("number", "short"),
    ("count", "short"),
    ("%", "percent"),
];

const COLOURS: &[&str] = &[
    "green",
    "yellow",
    "red",
    "orange",
    "blue",
    "purple",
    "text",
    "transparent",
    "white",
    "black",
    "gray",
    "grey",
    "pink",
    "brown",
    "cyan",
];

/// By what an override finds its fields.
const MATCHERS: &[&str] = &[
    "byName",
    "byNames",
    "byRegexp",
    "byRegexpOrNames",
    "byType",
    "byTypes",
    "byFrameRefID",
    "byValue",
    "numeric",
    "time",
    "first",
    "firstTimeField",
    "invalidate",
    "anyMatch",
    "allMatch",
    "invertMatch",
];

/// What an override sets.
const PROPERTIES: &[&str] = &[
    "unit",
    "unitScale",
    "min",
    "max",
    "decimals",
    "displayName",
    "color",
    "thresholds",
    "mappings",
    "links",
    "actions",
    "noValue",
    "filterable",
    "description",
    "fieldMinMax",
    "custom.",
];

impl Rule for PanelSetting {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for view in context.manifests() {
            let panels = view.root.get("dashboard").and_then(|dashboard| dashboard.get("panels")).into_iter().flat_map(Node::items);
            for node in panels.filter_map(|panel| panel.get("unit")) {
                let meant = |unit| misspelt(unit, UNITS).filter(|_| unit.len() > 2).or_else(|| meant_unit(unit));
                if let Some(meant) = node.as_str().and_then(meant) {
                    let message = format!("Grafana has no unit {}", node.describe());
                    found.push(META.finding(node.span, message).path("dashboard.panels").help(format!("did you mean `{meant}`?")));
                }
            }
        }
    }

    fn dashboard(&self, view: &DashboardView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let dashboard = view.dashboard;
        if dashboard.layout_apart {
            return;
        }
        let mut titles: Vec<&Node> = Vec::new();
        for panel in &dashboard.panels {
            let mut add = |node: &Node, key: &str, message: String, help: String| {
                found.push(META.finding(node.span, message).path(format!("{}{key}", panel.path)).help(help));
            };
            title(panel, &mut titles, &mut add);
            if let Some((node, (_, instead))) =
                panel.node.get("type").and_then(|node| Some((node, REMOVED.iter().find(|(removed, _)| Some(*removed) == node.as_str())?)))
            {
                add(node, ".type", format!("Grafana has no panel of type {} any longer", node.describe()), format!("use `{instead}`"));
            }
            place(panel, &mut add);
            repeated(panel, &mut add);
            legends(panel, &mut add);
            all_alike(panel, &mut add);
            for step in panel.node.items_of("transformations") {
                if let Some((node, meant)) = step.get("id").and_then(|node| Some((node, misspelt(node.as_str()?, TRANSFORMATIONS)?))) {
                    let message = format!("Grafana has no transformation {}", node.describe());
                    add(node, ".transformations", message, format!("did you mean `{meant}`?"));
                }
            }
            let Some(config) = panel.node.get("fieldConfig") else { continue };
            if let Some(defaults) = config.get("defaults") {
                fields(defaults, &mut add);
            }
            for rule in config.items_of("overrides") {
                overridden(panel, rule, &mut add);
            }
        }
    }
}

type Add<'r> = dyn FnMut(&Node, &str, String, String) + 'r;

/// Queries of a panel that are called the same, so that nobody can tell their lines apart.
fn legends(panel: &Panel<'_>, add: &mut Add<'_>) {
    let mut seen: Vec<&str> = Vec::new();
    let shown = |target: &&crate::formats::dashboard::Target<'_>| target.node.get("hide").and_then(Node::as_bool) != Some(true);
    for target in panel.targets.iter().filter(shown) {
        let Some((node, text)) = target.node.get_str("legendFormat") else { continue };
        // What holds a label differs from series to series.
        if text.is_empty() || text.contains("{{") || text.starts_with("__") || text.contains('$') {
            continue;
        }
        // A variable may choose one of several queries.
        let is_chosen = target.expr.and_then(Node::as_str).is_some_and(|expr| expr.contains("vector($"));
        if is_chosen {
            continue;
        }
        if seen.contains(&text) {
            add(node, ".targets", format!("another query of the panel is called {}", node.describe()), "say how they differ".to_owned());
        }
        seen.push(text);
    }
}

/// A name for all series of a panel, whose legends would tell them apart.
fn all_alike(panel: &Panel<'_>, add: &mut Add<'_>) {
    let name = panel.node.at(["fieldConfig", "defaults", "displayName"]).and_then(Node::with_str);
    let Some((node, _)) = name.filter(|(_, text)| !text.trim().is_empty() && !text.contains('$')) else { return };
    let shown = |target: &&crate::formats::dashboard::Target<'_>| target.node.get("hide").and_then(Node::as_bool) != Some(true);
    let by_label = |target: &crate::formats::dashboard::Target<'_>| {
        target.expr.is_some() && target.node.get("legendFormat").and_then(Node::as_str).is_some_and(|text| text.contains("{{"))
    };
    let drawn = matches!(panel.kind, "timeseries" | "stat" | "gauge" | "bargauge" | "piechart" | "state-timeline" | "status-history");
    if drawn && panel.node.get("transformations").is_none() && panel.targets.iter().filter(shown).any(by_label) {
        let message = format!("every series is called {}, whatever its legend says", node.describe());
        add(node, ".fieldConfig.defaults.displayName", message, "leave it out, or set it by overrides".to_owned());
    }
}

/// A title that is there and nobody else's.
fn title<'a>(panel: &Panel<'a>, titles: &mut Vec<&'a Node>, add: &mut Add<'_>) {
    if matches!(panel.kind, "text" | "dashlist" | "news" | "welcome") {
        return;
    }
    let Some((node, text)) = panel.node.get_str("title") else { return };
    if text.trim().is_empty() {
        return add(node, ".title", "the panel has no title".to_owned(), "say what it shows".to_owned());
    }
    // Rows may repeat the same panels.
    if panel.kind == "row" || panel.nested {
        return;
    }
    if titles.iter().any(|other| other.as_str() == Some(text)) {
        return add(node, ".title", format!("another panel is called {}", node.describe()), "say how they differ".to_owned());
    }
    titles.push(node);
}

/// Width, height and place.
fn place(panel: &Panel<'_>, add: &mut Add<'_>) {
    let position = panel.node.get("gridPos").filter(|position| position.as_mapping().is_some_and(|entries| !entries.is_empty()));
    if let Some((key, position)) =
        position.and_then(|position| Some((["w", "h"].into_iter().find(|key| position.get(key).is_none())?, position)))
    {
        add(position, ".gridPos", format!("a panel without `{key}` has no size, and cannot be seen"), format!("write `{key}`"));
    }
    for key in ["w", "h", "y"] {
        let number = panel.node.get("gridPos").and_then(|position| position.get(key)).and_then(|node| Some((node, node.as_i64()?)));
        if let Some((node, _)) = number.filter(|(_, number)| if key == "y" { *number < 0 } else { *number < 1 }) {
            let message = format!("a panel whose `{key}` is {} cannot be seen", node.describe());
            add(node, ".gridPos", message, "give it at least 1".to_owned());
        }
    }
}

fn repeated(panel: &Panel<'_>, add: &mut Add<'_>) {
    if let Some(node) = panel.node.get("repeatDirection").filter(|node| node.as_str().is_some_and(|text| !matches!(text, "h" | "v"))) {
        add(node, ".repeatDirection", format!("{} is no direction", node.describe()), "use `h` or `v`".to_owned());
    }
    if let Some(node) = panel.node.get("maxPerRow").filter(|node| node.as_i64().is_some_and(|most| !(1..=24).contains(&most))) {
        add(node, ".maxPerRow", "a row has 1 to 24 panels".to_owned(), "use one of those".to_owned());
    }
}

/// Unit, thresholds and their colours.
/// Values that are shown by one text, so that nobody can tell them apart.
fn mapped(defaults: &Node, add: &mut Add<'_>) {
    for mapping in defaults.items_of("mappings").filter(|m| m.get("type").and_then(Node::as_str) == Some("value")) {
        let mut seen: Vec<(&str, &str)> = Vec::new();
        for (value, _, shown) in mapping.entries_of("options") {
            let Some((node, text)) = shown.get_str("text").filter(|(_, text)| !text.is_empty()) else {
                continue;
            };
            let numbers = |one: &str, other: &str| one.parse::<f64>().is_ok() && other.parse::<f64>().is_ok();
            if let Some((other, _)) = seen.iter().find(|(other, known)| *known == text && numbers(other, value)) {
                let message = format!("{other} and {value} are both shown as {}", node.describe());
                add(node, ".fieldConfig.defaults.mappings", message, "say how they differ".to_owned());
            }
            seen.push((value, text));
        }
    }
}

/// The unit of Grafana's that was meant by a text that is none.
pub(super) fn meant_unit(unit: &str) -> Option<&'static str> {
    // Whatever Grafana does not know it shows as a suffix.
    let is_suffix = unit.len() <= 3 || unit.contains([':', ' ']) || UNITS.contains(&unit);
    let near = || UNITS.iter().find(|known| strsim::damerau_levenshtein(known, unit) == 1);
    let word = OTHER_UNITS.iter().find(|(other, _)| other.eq_ignore_ascii_case(unit)).map(|(_, meant)| meant);
    word.or_else(|| if is_suffix { None } else { near() }).copied()
}

fn fields(defaults: &Node, add: &mut Add<'_>) {
    if let Some((node, meant)) = defaults.get("unit").and_then(|node| Some((node, meant_unit(node.as_str()?)?))) {
        add(node, ".fieldConfig.defaults.unit", format!("Grafana knows no unit {}", node.describe()), format!("did you mean `{meant}`?"));
    }
    mapped(defaults, add);
    let Some(thresholds) = defaults.get("thresholds") else { return };
    let path = ".fieldConfig.defaults.thresholds";
    if let Some(node) = thresholds.get("mode").filter(|node| node.as_str().is_some_and(|mode| !matches!(mode, "absolute" | "percentage"))) {
        add(node, path, format!("{} is no mode of thresholds", node.describe()), "use `absolute` or `percentage`".to_owned());
    }
    let percentage = thresholds.get("mode").filter(|mode| mode.as_str() == Some("percentage"));
    if let Some(node) = percentage.filter(|_| defaults.get("max").is_none_or(Node::is_null)) {
        add(
            node,
            path,
            "thresholds in per cent are of `max`, and the panel has none".to_owned(),
            "set `max`, or use `absolute`".to_owned(),
        );
    }
    for (index, step) in thresholds.items_of("steps").enumerate() {
        if let Some(value) = step.get("value").filter(|value| !value.is_null()) {
            let quoted = value.as_f64().is_none() || value.as_scalar().is_some_and(|scalar| scalar.style != Style::Plain);
            if quoted {
                add(value, path, format!("the threshold {} is no number", value.describe()), "write a number without quotes".to_owned());
            } else if index == 0 && value.as_f64().is_some_and(|value| value > 0.0) {
                let message = format!("below {} there is no step, so values there have no colour", value.describe());
                add(value, path, message, "begin with a step whose value is `null`".to_owned());
            }
        }
        if let Some((node, name)) = step.get_str("color")
            && let Some(meant) = misspelt_colour(name)
        {
            add(node, path, format!("Grafana knows no colour {}", node.describe()), format!("did you mean `{meant}`?"));
        }
    }
}

/// What overrides set of a graph or a table, after `custom.`.
pub(super) const CUSTOM: &[&str] = &[
    "align",
    "axisBorderShow",
    "axisCenteredZero",
    "axisColorMode",
    "axisGridShow",
    "axisLabel",
    "axisPlacement",
    "axisSoftMax",
    "axisSoftMin",
    "axisWidth",
    "barAlignment",
    "barMaxWidth",
    "barWidthFactor",
    "cellOptions",
    "displayMode",
    "drawStyle",
    "fillBelowTo",
    "fillOpacity",
    "filterable",
    "gradientMode",
    "hidden",
    "hideFrom",
    "insertNulls",
    "inspect",
    "lineColor",
    "lineInterpolation",
    "lineStyle",
    "lineWidth",
    "minWidth",
    "pointColor",
    "pointSize",
    "scaleDistribution",
    "showPoints",
    "show",
    "spanNulls",
    "stacking",
    "thresholdsStyle",
    "transform",
    "width",
];

/// Transformations that Grafana brings.
const TRANSFORMATIONS: &[&str] = &[
    "calculateField",
    "concatenate",
    "configFromData",
    "convertFieldType",
    "convertFrameType",
    "extractFields",
    "fieldLookup",
    "filterByRefId",
    "filterByValue",
    "filterFieldsByName",
    "formatString",
    "formatTime",
    "groupBy",
    "groupToNestedTable",
    "groupingToMatrix",
    "heatmap",
    "histogram",
    "joinByField",
    "joinByLabels",
    "labelsToFields",
    "limit",
    "merge",
    "organize",
    "partitionByValues",
    "prepareTimeSeries",
    "reduce",
    "regression",
    "renameByRegex",
    "rowsToFields",
    "seriesToColumns",
    "seriesToRows",
    "sortBy",
    "spatial",
    "timeSeriesTable",
    "transpose",
];

/// The colour of Grafana's palette that a name is nearly.
pub(super) fn misspelt_colour(name: &str) -> Option<&'static str> {
    let bare = ["super-light-", "semi-dark-", "light-", "dark-"].iter().find_map(|shade| name.strip_prefix(shade)).unwrap_or(name);
    let literal = bare.starts_with('#') || bare.contains('(') || bare.contains('$');
    misspelt(bare, COLOURS).filter(|_| !literal)
}

/// An override: what it matches, and what it sets.
fn overridden(panel: &Panel<'_>, rule: &Node, add: &mut Add<'_>) {
    let path = ".fieldConfig.overrides";
    if let Some(matcher) = rule.get("matcher") {
        let id = matcher.get_str("id");
        if let Some((node, text)) = id
            && let Some(meant) = misspelt(text, MATCHERS)
        {
            add(node, path, format!("fields are not matched by {}", node.describe()), format!("did you mean `{meant}`?"));
        }
        let options = matcher.get_str("options");
        if let (Some((_, "byFrameRefID")), Some((node, wanted))) = (id, options) {
            let known = |target: &crate::formats::dashboard::Target<'_>| target.node.get("refId").and_then(Node::as_str) == Some(wanted);
            if !panel.targets.iter().any(known) {
                add(node, path, format!("the panel has no query {}", node.describe()), "name the `refId` of one".to_owned());
            }
        }
    }
    for (node, property) in rule.items_of("properties").filter_map(|p| p.get("id")).filter_map(Node::with_str) {
        let custom = property.strip_prefix("custom.");
        if let Some(meant) = custom.and_then(|custom| misspelt(custom, CUSTOM)) {
            add(node, path, format!("an override cannot set {}", node.describe()), format!("did you mean `custom.{meant}`?"));
        }
        if let Some(meant) = misspelt(property, PROPERTIES).filter(|_| custom.is_none()) {
            add(node, path, format!("an override cannot set {}", node.describe()), format!("did you mean `{meant}`?"));
        }
    }
}
