//! Colours of values and the thresholds that they change at.

use super::{Add, META, is_well};
use crate::diagnostic::{Diagnostic, misspelt};
use crate::formats::dashboard::Panel;
use crate::lint::context::Context;
use crate::lint::fields;
use crate::lint::inference::value::interval;
use crate::lint::query::outcome::{Outcome, outcome};
use crate::lint::query::when::until_end;
use crate::lint::query::{Query, constant};
use crate::lint::rules::dashboards::panel_setting::misspelt_colour;
use crate::promql::ast::{AggregateOp, BinaryOp, Expr, ExprKind};
use crate::promql::walk::without_parens;
use crate::source::Node;

/// How a panel is coloured.
const COLOUR_MODES: &[&str] = &[
    "fixed",
    "shades",
    "thresholds",
    "palette-classic",
    "palette-classic-by-name",
    "continuous-GrYlRd",
    "continuous-RdYlGr",
    "continuous-BlYlRd",
    "continuous-YlRd",
    "continuous-BlPu",
    "continuous-YlBl",
    "continuous-blues",
    "continuous-reds",
    "continuous-greens",
    "continuous-purples",
];

/// Colours, decimals and scales.
pub(super) fn values(panel: &Panel<'_>, defaults: &Node, add: &mut Add<'_>) {
    let mode = defaults.get("color").and_then(|colour| colour.get("mode")).and_then(Node::with_str);
    if let Some((node, meant)) =
        mode.and_then(|(node, text)| Some((node, misspelt(text, COLOUR_MODES).filter(|_| !text.starts_with("continuous-"))?)))
    {
        add(
            node,
            "fieldConfig.defaults.color",
            format!("Grafana has no mode of colours {}", node.describe()),
            &format!("did you mean `{meant}`?"),
        );
    }
    for (property, _) in fields::properties(panel).filter(|(_, id)| *id == "color") {
        let Some(value) = property.get("value") else { continue };
        if let Some((node, meant)) = value.get_str("mode").and_then(|(node, text)| Some((node, misspelt(text, COLOUR_MODES)?))) {
            let message = format!("Grafana has no mode of colours {}", node.describe());
            add(node, "fieldConfig.overrides", message, &format!("did you mean `{meant}`?"));
        }
        unknown(value.get("fixedColor"), "fieldConfig.overrides", add);
    }
    unknown(defaults.at(["color", "fixedColor"]), "fieldConfig.defaults.color", add);
    let by_thresholds = matches!(mode, Some((_, "thresholds")));
    let steps: Vec<&Node> = defaults.get("thresholds").into_iter().flat_map(|thresholds| thresholds.items_of("steps")).collect();
    let colours: Vec<&str> = steps.iter().filter_map(|step| step.get("color")?.as_str()).collect();
    let single = colours.len() > 1 && colours.len() == steps.len() && colours.windows(2).all(|pair| pair[0] == pair[1]);
    if let Some(last) = steps.last().filter(|_| by_thresholds && single) {
        let message = "every step has the same colour, so nothing is seen of the threshold".to_owned();
        add(last, "fieldConfig.defaults.thresholds", message, "give what is bad another colour");
    }
    if let Some(node) = defaults.get("decimals").filter(|node| node.as_f64().is_some_and(|number| number < 0.0)) {
        add(
            node,
            "fieldConfig.defaults.decimals",
            format!("no number has {} decimals", node.describe()),
            "write 0 or more, or leave it out",
        );
    }
    let scale = defaults.get("custom").and_then(|custom| custom.get("scaleDistribution"));
    let base = scale.filter(|scale| scale.get("type").and_then(Node::as_str) == Some("log")).and_then(|scale| scale.get("log"));
    if let Some(node) = base.filter(|node| panel.kind == "timeseries" && node.as_f64().is_some_and(|base| base <= 1.0)) {
        add(node, "fieldConfig.defaults.custom", format!("there is no logarithm to the base of {}", node.describe()), "use 2 or 10");
    }
}

/// A colour that is nearly one of Grafana's.
pub(super) fn unknown(colour: Option<&Node>, path: &str, add: &mut Add<'_>) {
    if let Some((node, meant)) = colour.and_then(|node| Some((node, misspelt_colour(node.as_str()?)?))) {
        add(node, path, format!("Grafana knows no colour {}", node.describe()), &format!("did you mean `{meant}`?"));
    }
}

/// Thresholds that are red while all is well, or in another unit.
pub(super) fn thresholds(query: &Query<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let (Some(panel), Some(expr)) = (query.panel(), query.expr.as_ref()) else { return };
    let Some(thresholds) = panel.node.get("fieldConfig").and_then(|config| config.get("defaults")?.get("thresholds")) else { return };
    if thresholds.get("mode").and_then(Node::as_str) == Some("percentage") || panel.targets.len() != 1 || query.is_built_of_variables(expr)
    {
        return;
    }
    let steps: Vec<&Node> = thresholds.items_of("steps").collect();
    let (Some(first), Some(last)) = (steps.first(), steps.last()) else { return };
    let colour = |step: &Node, word: &str| step.get("color").and_then(Node::as_str).is_some_and(|colour| colour.contains(word));
    let bound = last.get("value").and_then(|node| Some((node, node.as_f64()?)));
    let Some((node, bound)) = bound else { return };
    let path = || format!("{}.fieldConfig.defaults.thresholds", panel.path);
    if let Some((said, message)) = unit_of_text(panel, &steps) {
        let finding = META.finding(said.span, message).path(path()).related(query.node.span, "the query");
        found.push(finding.help("write the threshold in the unit of the panel"));
        return;
    }
    if until_end(expr) && panel.unit().and_then(Node::as_str).is_none_or(|unit| matches!(unit, "s" | "dtdurations")) {
        let days =
            steps.iter().filter_map(|step| step.get("value")).find(|node| node.as_f64().is_some_and(|value| value > 0.0 && value <= 90.0));
        if let Some(node) = days {
            let message = format!("the query returns seconds, and {} of them are no days", node.describe());
            let finding = META.finding(node.span, message).path(path()).related(query.node.span, "the query");
            found.push(finding.help("write a day as 86400"));
            return;
        }
    }
    // What it never reaches is said with the range of the panel.
    if bound > interval(expr, context.world).high {
        return;
    }
    if counts_well(expr) && colour(first, "green") && colour(last, "red") && bound > 0.0 {
        let message = "the query counts what is up, and the panel is green where that is least, and red where it is most".to_owned();
        let finding = META.finding(node.span, message).path(path());
        found.push(finding.related(query.node.span, "the query").help("turn the colours round"));
    } else if is_well(expr) && steps.len() == 2 && colour(first, "green") && colour(last, "red") && bound > 0.0 {
        let finding = META.finding(node.span, "the panel is red while all is well, which is 1, and green at 0".to_owned()).path(path());
        found.push(finding.related(query.node.span, "the query").help("begin with red, and turn green at 1"));
    } else {
        let is = |low: &str, high: &str| colour(first, low) && colour(last, high);
        let turned = match outcome(expr) {
            Some(Outcome::Fine) if is("green", "red") => "succeeds, and the panel is green where it is least, and red where it is most",
            Some(Outcome::Failed) if is("red", "green") => "fails, and the panel is red where it is least, and green where it is most",
            _ => return,
        };
        let finding = META.finding(node.span, format!("the query returns the share of what {turned}")).path(path());
        found.push(finding.related(query.node.span, "the query").help("turn the colours round"));
    }
}

/// Whether it counts what is up.
fn counts_well(expr: &Expr) -> bool {
    let ExprKind::Aggregate(of) = &without_parens(expr).kind else { return false };
    match (&of.op, &without_parens(&of.expr).kind) {
        (AggregateOp::Sum, _) => is_well(&of.expr),
        (AggregateOp::Count, ExprKind::Binary(binary)) => {
            binary.op == BinaryOp::Equal && !binary.return_bool && is_well(&binary.left) && constant(&binary.right) == Some(1.0)
        }
        _ => false,
    }
}

/// A threshold in another unit than the panel's, as its texts say: `500ms` in the description, and 500 where seconds are drawn.
fn unit_of_text<'n>(panel: &Panel<'n>, steps: &[&'n Node]) -> Option<(&'n Node, String)> {
    let unit = panel.node.at(["fieldConfig", "defaults", "unit"])?.as_str()?;
    let other = match unit {
        "s" => "ms",
        "ms" => "s",
        _ => return None,
    };
    let texts = ["title", "description"].into_iter().filter_map(|key| panel.node.get(key)?.as_str());
    let words: Vec<&str> = texts.flat_map(str::split_whitespace).collect();
    steps.iter().find_map(|step| {
        let (node, value) = step.get("value").and_then(|node| Some((node, node.as_f64()?)))?;
        let said = words.iter().find(|word| word.trim_end_matches(|c: char| !c.is_alphanumeric()) == format!("{value}{other}"))?;
        Some((node, format!("the panel draws `{unit}`, and its text says `{said}`: {} is another limit", node.describe())))
    })
}
