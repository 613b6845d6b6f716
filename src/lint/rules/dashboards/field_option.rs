//! Options of single fields that Grafana cannot follow.

use crate::diagnostic::{Diagnostic, misspelt};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::rules::dashboards::panel_setting::{CUSTOM, meant_unit};
use crate::lint::views::DashboardView;
use crate::source::Node;

rule! {
    /// An option of a field, set for a whole panel or by an override, is none that Grafana knows, or has a value that it cannot
    /// follow: a unit or a style that there is not, a colour without a mode, a width that is no number, an opacity above 100.
    ///
    /// What only graphs and tables have stands behind `custom.` in an override.
    ///
    /// ```json fires
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "A", "targets": [], "fieldConfig": { "defaults": {}, "overrides": [
    ///   { "matcher": { "id": "byType", "options": "number" }, "properties": [ { "id": "custom.drawStyle", "value": "dashed" } ] } ] } } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "A", "targets": [], "fieldConfig": { "defaults": {}, "overrides": [
    ///   { "matcher": { "id": "byType", "options": "number" }, "properties": [ { "id": "custom.drawStyle", "value": "bars" } ] } ] } } ] }
    /// ```
    FieldOption, "field-option", Warning
}

/// Panels of Grafana's own, so that no plugin gives another word a meaning.
const OWN: &[&str] =
    &["timeseries", "barchart", "trend", "histogram", "table", "state-timeline", "status-history", "stat", "gauge", "bargauge", "piechart"];

/// Options that are one of a few words, with what leads to the word.
const WORDS: &[(&str, &str, &[&str])] = &[
    ("drawStyle", "", &["line", "bars", "points"]),
    ("lineInterpolation", "", &["linear", "smooth", "stepBefore", "stepAfter"]),
    ("showPoints", "", &["auto", "always", "never"]),
    ("gradientMode", "", &["none", "opacity", "hue", "scheme"]),
    ("axisPlacement", "", &["auto", "left", "right", "top", "bottom", "hidden"]),
    ("stacking", "mode", &["none", "normal", "percent"]),
    ("thresholdsStyle", "mode", &["off", "line", "dashed", "area", "line+area", "dashed+area", "series"]),
    ("lineStyle", "fill", &["solid", "dash", "dot", "square"]),
    ("align", "", &["auto", "left", "center", "right"]),
];

/// How cells of a table are drawn; newer versions may have more.
const CELLS: &[&str] = &[
    "auto",
    "color-text",
    "color-background",
    "color-background-solid",
    "gauge",
    "gradient-gauge",
    "lcd-gauge",
    "basic",
    "json-view",
    "image",
    "sparkline",
    "data-links",
    "actions",
    "pill",
    "markdown",
    "geo",
    "custom",
];

/// Options that are numbers, from and to.
const NUMBERS: &[(&str, f64, f64)] = &[
    ("fillOpacity", 0.0, 100.0),
    ("lineWidth", 0.0, 100.0),
    ("pointSize", 0.0, 1000.0),
    ("width", 0.0, 100_000.0),
    ("minWidth", 0.0, 100_000.0),
];

type Add<'r> = dyn FnMut(&Node, &str, String, String) + 'r;

impl Rule for FieldOption {
    fn dashboard(&self, view: &DashboardView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if view.dashboard.layout_apart {
            return;
        }
        for panel in view.dashboard.panels.iter().filter(|panel| OWN.contains(&panel.kind)) {
            let mut add = |node: &Node, key: &str, message: String, help: String| {
                found.push(META.finding(node.span, message).path(format!("{}.fieldConfig.{key}", panel.path)).help(help));
            };
            let Some(config) = panel.node.get("fieldConfig") else { continue };
            for (name, key, value) in config.get("defaults").and_then(|defaults| defaults.get("custom")).into_iter().flat_map(Node::entries)
            {
                if let Some(meant) = misspelt(name, CUSTOM) {
                    add(key, "defaults.custom", format!("no option is called `{name}`"), format!("did you mean `{meant}`?"));
                }
                // Words of whole panels are looked at with the panel.
                if name == "lineStyle" || !WORDS.iter().any(|(known, ..)| *known == name) {
                    option(name, value, "defaults.custom", &mut add);
                }
            }
            for property in config.items_of("overrides").filter_map(|rule| rule.get("properties")) {
                for property in property.items() {
                    let Some((id, name)) = property.get_str("id") else { continue };
                    overridden(id, name, property.get("value"), &mut add);
                }
            }
        }
    }
}

/// What an override sets.
fn overridden(id: &Node, name: &str, value: Option<&Node>, add: &mut Add<'_>) {
    let key = "overrides";
    if let (Some(option_name), Some(value)) = (name.strip_prefix("custom."), value) {
        option(option_name, value, key, add);
    } else if CUSTOM.contains(&name) && !matches!(name, "filterable" | "displayMode") {
        add(id, key, format!("an override cannot set {}", id.describe()), format!("write `custom.{name}`"));
    }
    let Some(value) = value else { return };
    match name {
        "unit" => {
            if let Some(meant) = value.as_str().and_then(meant_unit) {
                add(value, key, format!("Grafana knows no unit {}", value.describe()), format!("did you mean `{meant}`?"));
            }
        }
        "color" if value.as_scalar().is_some() && !value.is_null() => {
            let help = "write `{ \"mode\": \"fixed\", \"fixedColor\": … }`".to_owned();
            add(value, key, "a colour is a mode, and what belongs to it".to_owned(), help);
        }
        "decimals" | "min" | "max"
            if value.as_str().is_some_and(|text| !text.is_empty() && !text.contains('$') && value.as_f64().is_none()) =>
        {
            add(value, key, format!("{} is no number", value.describe()), "write one without quotes".to_owned());
        }
        _ => {}
    }
}

/// The way to draw a cell that a word stands for which is none: nearly called so, or begun alike, as `color-bg`.
fn meant_cell(word: &str) -> Option<&'static str> {
    let begun = |known: &&&str| word.split_once('-').is_some_and(|(first, _)| known.starts_with(&format!("{first}-")));
    let alike =
        || CELLS.iter().rev().filter(|_| !CELLS.contains(&word)).filter(begun).max_by_key(|known| begins_alike(known, word)).copied();
    misspelt(word, CELLS).or_else(alike)
}

/// How many letters two words have in common at their beginning.
fn begins_alike(one: &str, other: &str) -> usize {
    one.bytes().zip(other.bytes()).take_while(|(one, other)| one == other).count()
}

/// An option of graphs or tables.
fn option(name: &str, value: &Node, path: &str, add: &mut Add<'_>) {
    for (_, inside, words) in WORDS.iter().filter(|(known, ..)| *known == name) {
        let word = if inside.is_empty() { Some(value) } else { value.get(inside) };
        if let Some((node, _)) = word.and_then(Node::with_str).filter(|(_, text)| !text.is_empty() && !words.contains(text)) {
            let message = format!("Grafana does not know {} as `{name}`", node.describe());
            add(node, path, message, format!("use one of {}", words.join(", ")));
        }
    }
    let cell = value.get("type").filter(|_| name == "cellOptions").and_then(|node| Some((node, meant_cell(node.as_str()?)?)));
    if let Some((node, meant)) = cell {
        add(node, path, format!("no cell is drawn as {}", node.describe()), format!("did you mean `{meant}`?"));
    }
    for (_, least, most) in NUMBERS.iter().filter(|(known, ..)| *known == name) {
        match value.as_f64() {
            None if value.as_str().is_some_and(|text| !text.is_empty() && !text.contains('$')) => {
                add(value, path, format!("{} is no number", value.describe()), "write one without quotes".to_owned());
            }
            Some(number) if !(*least..=*most).contains(&number) => {
                add(value, path, format!("`{name}` is {least} to {most}"), "write a number of those".to_owned());
            }
            _ => {}
        }
    }
    // A number of milliseconds, or a flag.
    if name == "spanNulls" && value.as_f64().is_none() && value.as_bool().is_none() && value.as_str().is_some() {
        add(value, path, format!("gaps are not closed by {}", value.describe()), "use `true`, `false` or milliseconds".to_owned());
    }
}
