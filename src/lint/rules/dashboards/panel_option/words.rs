//! Options that are one of a few words, and numbers within bounds.

use super::{Add, is_time};
use crate::diagnostic::misspelt;
use crate::formats::dashboard::{Panel, Target};
use crate::lint::rules::dashboards::dashboard_setting::CALCULATIONS;
use crate::source::Node;

/// Words that are often written for what a legend can show of a line.
const OTHER_CALCULATIONS: &[(&str, &str)] = &[
    ("average", "mean"),
    ("avg", "mean"),
    ("current", "lastNotNull"),
    ("minimum", "min"),
    ("maximum", "max"),
    ("latest", "lastNotNull"),
    ("newest", "lastNotNull"),
];

/// Options of Grafana's own panels that are one of a few words: the panel, what leads to the option, the words.
const WORDS: &[(&str, &[&str], &[&str])] = &[
    ("table", &["cellHeight"], &["sm", "md", "lg", "auto"]),
    ("logs", &["dedupStrategy"], &["none", "exact", "numbers", "signature"]),
    ("barchart", &["stacking"], &["none", "normal", "percent"]),
    ("barchart", &["showValue"], &["auto", "always", "never"]),
    ("barchart", &["orientation"], &["auto", "horizontal", "vertical"]),
    ("state-timeline", &["showValue"], &["auto", "always", "never"]),
    ("state-timeline", &["alignValue"], &["left", "center", "right"]),
    ("status-history", &["showValue"], &["auto", "always", "never"]),
    ("text", &["mode"], &["markdown", "html", "code"]),
    ("heatmap", &["color", "mode"], &["opacity", "scheme"]),
    ("heatmap", &["color", "scale"], &["exponential", "linear"]),
    ("heatmap", &["yAxis", "axisPlacement"], &["auto", "left", "right", "hidden"]),
    ("heatmap", &["tooltip", "mode"], &["single", "multi", "none"]),
    ("heatmap", &["rowsFrame", "layout"], &["auto", "unknown", "le", "ge"]),
    ("candlestick", &["mode"], &["candles+volume", "candles", "volume"]),
];

/// What legends call the calculations that they can be sorted by.
const CALCULATED: &[(&str, &str)] = &[
    ("Min", "min"),
    ("Max", "max"),
    ("Mean", "mean"),
    ("Total", "sum"),
    ("Last", "last"),
    ("Last *", "lastNotNull"),
    ("First", "first"),
    ("First *", "firstNotNull"),
    ("Count", "count"),
    ("Range", "range"),
    ("Difference", "diff"),
];

/// What can be calculated of several points alone.
const OVER_TIME: &[&str] = &["count", "diff", "diffperc", "delta", "range", "step", "changeCount", "distinctCount"];

/// Colours of a heatmap.
const SCHEMES: &[&str] = &[
    "Blues",
    "BrBG",
    "BuGn",
    "BuPu",
    "Cividis",
    "Cool",
    "Cubehelix",
    "GnBu",
    "Greens",
    "Greys",
    "Inferno",
    "Magma",
    "Oranges",
    "OrRd",
    "PiYG",
    "Plasma",
    "PRGn",
    "PuBu",
    "PuBuGn",
    "PuOr",
    "PuRd",
    "Purples",
    "Rainbow",
    "RdBu",
    "RdGy",
    "RdPu",
    "RdYlBu",
    "RdYlGn",
    "Reds",
    "Sinebow",
    "Spectral",
    "Turbo",
    "Viridis",
    "Warm",
    "YlGn",
    "YlGnBu",
    "YlOrBr",
    "YlOrRd",
];

/// Options that are one of a few words.
pub(super) fn words(panel: &Panel<'_>, add: &mut Add<'_>) {
    let options = panel.node.get("options");
    for (_, way, words) in WORDS.iter().filter(|(kind, ..)| *kind == panel.kind) {
        let value = options.and_then(|options| options.at(way.iter().copied()));
        if let Some((node, _)) = value.and_then(Node::with_str).filter(|(_, text)| !text.is_empty() && !words.contains(text)) {
            let key = format!("options.{}", way.join("."));
            let message = format!("Grafana does not know {} here", node.describe());
            add(node, &key, message, &format!("use one of {}", words.join(", ")));
        }
    }
    let scheme = options.filter(|_| panel.kind == "heatmap").and_then(|options| options.get("color")?.get("scheme"));
    if let Some((node, meant)) = scheme.and_then(|node| Some((node, misspelt(node.as_str()?, SCHEMES)?))) {
        let message = format!("Grafana has no colours {}", node.describe());
        add(node, "options.color.scheme", message, &format!("did you mean `{meant}`?"));
    }
    let steps = options.filter(|_| panel.kind == "heatmap").and_then(|options| options.get("color")?.get("steps"));
    if let Some(node) = steps.filter(|node| node.as_i64().is_some_and(|steps| !(2..=128).contains(&steps))) {
        add(node, "options.color.steps", "a heatmap has 2 to 128 colours".to_owned(), "use `64`");
    }
    for key in ["color", "yAxis"] {
        let bounds = options.filter(|_| panel.kind == "heatmap").and_then(|options| options.get(key));
        let bound = |end: &str| bounds.and_then(|bounds| bounds.get(end)).and_then(|node| Some((node, node.as_f64()?)));
        if let (Some((node, least)), Some((_, most))) = (bound("min"), bound("max"))
            && least >= most
        {
            add(node, &format!("options.{key}"), format!("nothing lies between {} and {most}", node.describe()), "swap the two");
        }
    }
    let footer = options.filter(|_| panel.kind == "table").and_then(|options| options.get("footer")?.get("reducer"));
    for (node, meant) in footer.into_iter().flat_map(Node::items).filter_map(|node| Some((node, misspelt(node.as_str()?, CALCULATIONS)?))) {
        add(node, "options.footer", format!("Grafana cannot calculate {}", node.describe()), &format!("did you mean `{meant}`?"));
    }
    let step_reducers = panel.node.items_of("transformations").filter_map(|step| step.get("options")?.get("reducers"));
    for (node, meant) in step_reducers.flat_map(Node::items).filter_map(|node| Some((node, misspelt(node.as_str()?, CALCULATIONS)?))) {
        add(node, "transformations", format!("Grafana cannot calculate {}", node.describe()), &format!("did you mean `{meant}`?"));
    }
    let height = options.and_then(|options| options.get("rowHeight")).filter(|_| matches!(panel.kind, "state-timeline" | "status-history"));
    if let Some(node) = height.filter(|node| node.as_f64().is_some_and(|height| !(0.0..=1.0).contains(&height))) {
        add(node, "options.rowHeight", "the height of a row is a share, 0 to 1".to_owned(), "write a share");
    }
    let interval = panel.node.get_str("interval");
    if let Some((node, _)) = interval.filter(|(node, text)| !is_time(node) && !text.starts_with('>')) {
        add(node, "interval", format!("{} is no length of time", node.describe()), "write it as `1m`");
    }
    if let Some(node) = panel.node.get("maxDataPoints").filter(|node| panel.kind == "timeseries" && node.as_i64() == Some(1)) {
        add(node, "maxDataPoints", "a line needs more points than one".to_owned(), "leave it out, or write hundreds");
    }
    let legend = options.and_then(|options| options.get("legend"));
    for node in legend.and_then(|legend| legend.get("calcs")).into_iter().flat_map(Node::items) {
        let text = node.as_str().unwrap_or("");
        if let Some(meant) = meant_calculation(text) {
            add(node, "options.legend", format!("a legend cannot show {}", node.describe()), &format!("did you mean `{meant}`?"));
        }
    }
    let sorted = legend.and_then(|legend| legend.get_str("sortBy"));
    let calculated: Vec<&str> = legend.into_iter().flat_map(|legend| legend.items_of("calcs")).filter_map(Node::as_str).collect();
    let by_calculation = sorted.and_then(|(node, text)| Some((node, CALCULATED.iter().find(|(name, _)| *name == text)?.1)));
    if let Some((node, _)) = by_calculation.filter(|(_, id)| !calculated.contains(id)) {
        add(node, "options.legend", format!("the legend does not show {}", node.describe()), "add it to `calcs`, or sort by one of those");
    }
    of_one_point(panel, add);
    each_sample(panel, add);
    if panel.kind == "piechart" {
        for node in options.and_then(|options| options.get("displayLabels")).into_iter().flat_map(Node::items) {
            if node.as_str().is_some_and(|text| !matches!(text, "name" | "value" | "percent")) {
                add(node, "options.displayLabels", format!("a pie cannot show {}", node.describe()), "use `name`, `value` or `percent`");
            }
        }
        let form = options.and_then(|options| options.get("pieType"));
        if let Some(node) = form.filter(|node| node.as_str().is_some_and(|text| !matches!(text, "pie" | "donut" | ""))) {
            add(node, "options.pieType", format!("{} is no form of a pie", node.describe()), "use `pie` or `donut`");
        }
        for node in legend.and_then(|legend| legend.get("values")).into_iter().flat_map(Node::items) {
            if node.as_str().is_some_and(|text| !matches!(text, "value" | "percent")) {
                add(node, "options.legend", format!("the legend of a pie cannot show {}", node.describe()), "use `value` or `percent`");
            }
        }
    }
}

/// What is calculated of a series over time, where each series has one point.
fn of_one_point(panel: &Panel<'_>, add: &mut Add<'_>) {
    let Some(options) = panel.node.at(["options", "reduceOptions"]) else { return };
    let instant = |target: &Target<'_>| {
        let on = |key: &str| target.node.get(key).and_then(Node::as_bool) == Some(true);
        let of_series = target.node.get("format").is_none_or(|format| format.as_str() == Some("time_series"));
        target.expr.is_some() && of_series && on("instant") && !on("range")
    };
    let plain = panel.node.items_of("transformations").next().is_none() && options.get("values").and_then(Node::as_bool) != Some(true);
    if panel.targets.is_empty() || !panel.targets.iter().all(instant) || !plain {
        return;
    }
    let wanted = options.items_of("calcs").find(|node| node.as_str().is_some_and(|text| OVER_TIME.contains(&text)));
    if let Some(node) = wanted {
        let message = format!("the query is asked for one moment, and {} is of several points", node.describe());
        add(node, "options.reduceOptions", message, "use `lastNotNull`, or ask for a range");
    }
}

/// A panel that shows every sample of a series over time by itself, where one value of each is meant.
fn each_sample(panel: &Panel<'_>, add: &mut Add<'_>) {
    let values = panel.node.at(["options", "reduceOptions", "values"]).filter(|node| node.as_bool() == Some(true));
    let is_kind = matches!(panel.kind, "stat" | "gauge" | "bargauge" | "piechart");
    let over_time = |target: &Target<'_>| {
        let of_series = target.node.get("format").is_none_or(|format| format.as_str() == Some("time_series"));
        let at_once = target.node.get("instant").is_some_and(|node| node.as_bool() != Some(false));
        target.expr.is_some() && of_series && !at_once
    };
    let is_plain = panel.node.items_of("transformations").next().is_none() && !panel.targets.is_empty();
    if let Some(node) = values.filter(|_| is_kind && is_plain && panel.targets.iter().all(over_time)) {
        let message = "each sample of the range is shown by itself, and not one value of each series".to_owned();
        add(node, "options.reduceOptions", message, "write `false`, or ask for an instant");
    }
}

/// The calculation that was meant by a word that is none, or that stands for one elsewhere.
pub(in crate::lint::rules::dashboards) fn meant_calculation(word: &str) -> Option<&'static str> {
    let other = OTHER_CALCULATIONS.iter().find(|(other, _)| *other == word).map(|(_, meant)| *meant);
    other.or_else(|| misspelt(word, CALCULATIONS))
}
