//! The title, the place and the repetition of a panel, and what all panels share.

use super::Add;
use crate::formats::dashboard::Panel;
use crate::source::Node;

/// Queries of a panel that are called the same, so that nobody can tell their lines apart.
pub(super) fn legends(panel: &Panel<'_>, add: &mut Add<'_>) {
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
pub(super) fn all_alike(panel: &Panel<'_>, add: &mut Add<'_>) {
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
pub(super) fn title<'a>(panel: &Panel<'a>, titles: &mut Vec<&'a Node>, add: &mut Add<'_>) {
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
pub(super) fn place(panel: &Panel<'_>, add: &mut Add<'_>) {
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

pub(super) fn repeated(panel: &Panel<'_>, add: &mut Add<'_>) {
    if let Some(node) = panel.node.get("repeatDirection").filter(|node| node.as_str().is_some_and(|text| !matches!(text, "h" | "v"))) {
        add(node, ".repeatDirection", format!("{} is no direction", node.describe()), "use `h` or `v`".to_owned());
    }
    if let Some(node) = panel.node.get("maxPerRow").filter(|node| node.as_i64().is_some_and(|most| !(1..=24).contains(&most))) {
        add(node, ".maxPerRow", "a row has 1 to 24 panels".to_owned(), "use one of those".to_owned());
    }
}
