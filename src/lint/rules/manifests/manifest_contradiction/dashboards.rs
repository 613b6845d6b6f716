//! The dashboard beside a manifest, and what loads it.

use super::contradict;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::formats::dashboard::Dashboard;
use crate::lint::context::Context;
use crate::lint::views::ViewKind;
use crate::manifest::variants;
use crate::source::Node;

/// The dashboard, where it is the one that is rendered.
pub(super) fn dashboards(root: &Node, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let mut both = |here: &Node, path: &str, there: &Node, key: &str, message: String| {
        contradict(found, (here.span, path), (there.span, key), &message, "the dashboard");
    };
    let rendered = |dashboard: &&Dashboard<'_>| dashboard.root.items_of("tags").any(|tag| tag.as_str() == Some("obsgen"));
    let mut all = context.dashboards().filter(rendered);
    if let (Some(only), None) = (all.next(), all.next()) {
        for key in ["uid", "title"] {
            let (Some((declared, wanted)), Some((node, has))) =
                (root.at(["dashboard", key]).and_then(Node::with_str), only.root.get_str(key))
            else {
                continue;
            };
            let said = |part: &Node| part.at(["dashboard", key]).and_then(Node::as_str) == Some(has);
            if !variants(root).any(said) && !wanted.contains('$') && !has.contains('$') {
                let message = format!("the {key} of the dashboard is {}, and the manifest says {}", node.describe(), declared.describe());
                both(node, key, declared, &format!("dashboard.{key}"), message);
            }
        }
    }
    providers(root, context, &mut both);
}

/// What a provider says and the manifest does, too: its folder in Grafana, and the one that its files lie in.
const SAID: &[(&[&str], &[&str])] =
    &[(&["folder"], &["dashboard", "folder"]), (&["options", "path"], &["stack", "grafana", "dashboards_path"])];

type Both<'r> = dyn FnMut(&Node, &str, &Node, &str, String) + 'r;

/// What loads dashboards: into the folder and from the place that the manifest says, where it is what is rendered or nearly says so.
fn providers(root: &Node, context: &Context<'_>, both: &mut Both<'_>) {
    let lists = context.views.iter().filter_map(|view| if let ViewKind::Providers(list) = &view.kind { Some(list) } else { None });
    let all: Vec<&Node> = lists.flatten().copied().collect();
    let rendered: Vec<&Node> = all.iter().filter(|one| one.get("name").and_then(Node::as_str) == Some("obsgen")).copied().collect();
    for (way, key) in SAID {
        let Some((declared, wanted)) = root.at(key.iter().copied()).and_then(Node::with_str).filter(|(_, text)| !text.contains('$')) else {
            continue;
        };
        let said: Vec<&str> = variants(root).filter_map(|part| part.at(key.iter().copied())?.as_str()).collect();
        let is_path = way.len() > 1;
        // Dashboards may lie in folders below.
        let fits = |has: &str| {
            said.iter().any(|said| {
                let (has, said) = (has.trim_end_matches('/'), said.trim_end_matches('/'));
                has == said || is_path && (has.starts_with(&format!("{said}/")) || said.starts_with(&format!("{has}/")))
            })
        };
        let written: Vec<(&Node, &str)> = all.iter().filter_map(|one| one.at(way.iter().copied())?.with_str()).collect();
        let place = match rendered.as_slice() {
            [only] => only.at(way.iter().copied()).and_then(Node::with_str).filter(|(_, has)| !fits(has)),
            _ if written.iter().any(|(_, has)| fits(has)) => None,
            // One that is called otherwise may bring other dashboards, but for a slip.
            _ => match written.as_slice() {
                [(node, has)] if is_path || has.eq_ignore_ascii_case(wanted) || did_you_mean(has, [wanted]).is_some() => {
                    Some((*node, *has))
                }
                _ => None,
            },
        };
        if let Some((node, has)) = place.filter(|(_, has)| !has.contains('$')) {
            let (verb, path) =
                if is_path { ("are loaded from", "providers.options.path") } else { ("come into the folder", "providers.folder") };
            let message = format!("dashboards {verb} `{has}`, and the manifest says {}", declared.describe());
            both(node, path, declared, &key.join("."), message);
        }
    }
}
