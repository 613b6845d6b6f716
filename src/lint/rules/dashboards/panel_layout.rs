//! Panels that stand on one another or beside the grid.

use crate::diagnostic::Diagnostic;
use crate::formats::dashboard::Panel;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::source::{Node, Span};

rule! {
    /// Two panels cover the same cells of the grid, or one reaches beyond its 24 columns. Grafana moves them, and the
    /// dashboard looks different from what the file says.
    ///
    /// ```json fires
    /// { "title": "Web", "panels": [
    ///   { "type": "stat", "title": "A", "gridPos": { "x": 0, "y": 0, "w": 12, "h": 8 } },
    ///   { "type": "stat", "title": "B", "gridPos": { "x": 6, "y": 4, "w": 12, "h": 8 } } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "panels": [
    ///   { "type": "stat", "title": "A", "gridPos": { "x": 0, "y": 0, "w": 12, "h": 8 } },
    ///   { "type": "stat", "title": "B", "gridPos": { "x": 12, "y": 0, "w": 12, "h": 8 } } ] }
    /// ```
    PanelLayout, "panel-layout", Warning
}

struct Cells<'a> {
    panel: &'a Panel<'a>,
    node: &'a Node,
    x: i64,
    y: i64,
    w: i64,
    h: i64,
}

impl Rule for PanelLayout {
    fn dashboard(&self, view: &DashboardView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        // Panels in collapsed rows are laid out when their row opens.
        let mut all: Vec<Cells<'_>> = view.dashboard.panels.iter().filter(|panel| !panel.nested).filter_map(cells).collect();
        for cells in all.iter().filter(|cells| cells.x + cells.w > 24 || cells.x < 0) {
            let message = format!("the panel {} reaches beyond the grid of 24 columns", panel_name(cells.panel));
            found.push(
                META.finding(cells.node.span, message).path(format!("{}.gridPos", cells.panel.path)).help("keep `x + w` at 24 or less"),
            );
        }
        collapsed(view, found);
        // By row, so that only panels that may meet are compared.
        all.sort_by_key(|cells| cells.y);
        for (index, cells) in all.iter().enumerate() {
            for other in all[index + 1..].iter().take_while(|other| other.y < cells.y + cells.h) {
                if cells.x < other.x + other.w && other.x < cells.x + cells.w {
                    let message = format!("the panel {} lies on the panel {}", panel_name(other.panel), panel_name(cells.panel));
                    found.push(
                        META.finding(other.node.span, message)
                            .path(format!("{}.gridPos", other.panel.path))
                            .related(cells.node.span, "which is here")
                            .help("move one of them"),
                    );
                    break;
                }
            }
        }
    }
}

/// A row that is closed and holds nothing, while what is meant to be in it stands below and stays open; or one that is open and holds
/// panels, which only closed rows do.
fn collapsed(view: &DashboardView<'_>, found: &mut Vec<Diagnostic>) {
    let own: Vec<&Panel<'_>> = view.dashboard.panels.iter().filter(|panel| !panel.nested).collect();
    for row in own.iter().filter(|panel| panel.kind == "row") {
        let open = row.node.get("collapsed").and_then(Node::as_bool) == Some(false);
        if let Some(node) = row.node.get("panels").filter(|panels| open && panels.items().next().is_some()) {
            let finding = META.finding(node.span, format!("the row {} is open, so the panels inside it are not shown", panel_name(row)));
            found.push(finding.path(format!("{}.panels", row.path)).help("move them below the row, or close it"));
        }
    }
    for pair in own.windows(2).filter(|pair| pair[0].kind == "row" && pair[1].kind != "row") {
        let is_empty = pair[0].node.get("panels").is_none_or(|panels| panels.items().next().is_none());
        let closed = pair[0].node.get("collapsed").filter(|node| node.as_bool() == Some(true));
        if let Some(node) = closed.filter(|_| is_empty) {
            let finding = META.finding(node.span, format!("the row {} is closed and holds no panels", panel_name(pair[0])));
            found.push(finding.path(format!("{}.collapsed", pair[0].path)).help("open it, or move the panels below it inside"));
        }
    }
}

fn cells<'a>(panel: &'a Panel<'a>) -> Option<Cells<'a>> {
    let node = panel.node.get("gridPos")?;
    let number = |key: &str| node.get(key).and_then(Node::as_i64);
    let (w, h) = (number("w")?, number("h")?);
    (w > 0 && h > 0).then_some(Cells { panel, node, x: number("x").unwrap_or(0), y: number("y").unwrap_or(0), w, h })
}

/// How a panel is called in a message.
pub(super) fn panel_name(panel: &Panel<'_>) -> String {
    if panel.title.is_empty() { format!("`{}`", panel.path) } else { format!("`{}`", panel.title) }
}

/// The place of a finding about a panel as a whole: its title, else its first key.
pub(super) fn panel_place(panel: &Panel<'_>) -> Span {
    let first = panel.node.as_mapping().and_then(<[_]>::first).map_or(panel.node.span, |(key, _)| key.span);
    panel.node.get("title").map_or(first, |title| title.span)
}
