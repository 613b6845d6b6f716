//! Defaults of fields.

use super::Add;
use super::colours::misspelt_colour;
use super::units::meant_unit;
use crate::source::Node;
use crate::source::node::Style;

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

/// Unit, thresholds and their colours, and the links of values.
pub(super) fn fields(defaults: &Node, add: &mut Add<'_>) {
    let aimless = |link: &&Node| {
        link.get("url").is_none_or(|url| url.as_str() == Some("")) && link.get("internal").is_none() && link.get("onBuildUrl").is_none()
    };
    for link in defaults.items_of("links").filter(aimless) {
        add(link, ".fieldConfig.defaults.links", "this link leads nowhere".to_owned(), "write its `url`".to_owned());
    }
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
pub(in crate::lint::rules::dashboards) const CUSTOM: &[&str] = &[
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
