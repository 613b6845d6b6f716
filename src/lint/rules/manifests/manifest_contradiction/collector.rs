//! The Collector beside a manifest.

use super::contradict;
use crate::diagnostic::Diagnostic;
use crate::formats::collector::{Collector, kind, policies};
use crate::lint::context::Context;
use crate::lint::views::ViewKind;
use crate::lint::words::hosts::{host, port};
use crate::manifest::variants;
use crate::source::Node;

/// The collector beside it: ports of the programs that it sends to, and the files that it reads.
pub(super) fn collectors(root: &Node, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let mut both = |here: &Node, path: &str, there: &Node, key: &str, message: String| {
        contradict(found, (here.span, path), (there.span, key), &message, "the collector");
    };
    for view in context.views {
        let ViewKind::Collector(config) = &view.kind else { continue };
        for (id, _, body) in config.components("exporters") {
            let Some((node, text)) = body.get_str("endpoint") else { continue };
            for path in [&["stack", "tempo", "address"], &["stack", "loki", "address"]] {
                let Some((declared, address)) = root.at(path.iter().copied()).and_then(Node::with_str) else { continue };
                // One program takes OTLP at two ports, one for each protocol.
                let is_standard = |port: &str| matches!(port, "4317" | "4318" | "");
                if host(text) == host(address) && port(text) != port(address) && !(is_standard(port(text)) && is_standard(port(address))) {
                    let message = format!("the collector sends to {}, and the manifest says {}", node.describe(), declared.describe());
                    both(node, &format!("exporters.{id}.endpoint"), declared, &path.join("."), message);
                }
            }
        }
        for (id, _, body) in config.components("exporters") {
            let Some((node, text)) = body.get_str("endpoint").filter(|(_, text)| text.trim_end_matches('/').ends_with("/otlp")) else {
                continue;
            };
            let Some((declared, version)) = root.at(["stack", "loki", "version"]).and_then(Node::with_str) else { continue };
            let is_loki = root.at(["stack", "loki", "address"]).and_then(Node::as_str).is_some_and(|own| host(own) == host(text));
            let major: Option<u32> = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse().ok());
            if is_loki && major.is_some_and(|major| major < 3) {
                let message = format!("the collector sends to {}, which Loki has from 3.0 on, and it is {version}", node.describe());
                both(node, &format!("exporters.{id}.endpoint"), declared, "stack.loki.version", message);
            }
        }
        sampled(root, config, &mut both);
        let files: Vec<&Node> = root.at(["logging", "files"]).into_iter().flat_map(Node::items).collect();
        let readers: Vec<_> =
            config.components("receivers").filter(|(id, ..)| matches!(id.split('/').next(), Some("filelog" | "file_log"))).collect();
        let [(id, _, body)] = readers.as_slice() else { continue };
        let included: Vec<&Node> = body.items_of("include").collect();
        let folder = |node: &Node| node.as_str().map(|text| text.split(['*', '?', '[', '{']).next().unwrap_or(text).to_owned());
        let meets = |one: &Node, other: &Node| match (folder(one), folder(other)) {
            (Some(one), Some(other)) => one.starts_with(&other) || other.starts_with(&one),
            _ => true,
        };
        let Some(include) = included.first() else { continue };
        if let Some(first) = files.first()
            && !included.iter().any(|include| files.iter().any(|file| meets(include, file)))
        {
            let message = format!("the collector reads {}, and the service writes to {}", include.describe(), first.describe());
            both(include, &format!("receivers.{id}.include"), first, "logging.files", message);
        }
        let format = root.at(["logging", "format"]).and_then(Node::with_str);
        let parser = body.items_of("operators").filter_map(|one| one.get("type"));
        let parser = parser.filter_map(Node::with_str).find(|(_, kind)| matches!(*kind, "json_parser" | "key_value_parser"));
        let wants = |kind: &str| if kind == "json_parser" { "json" } else { "logfmt" };
        if let (Some((declared, format)), Some((node, kind))) = (format, parser)
            && format != wants(kind)
        {
            let message = format!("the collector reads lines as `{}`, and the service writes them as `{format}`", wants(kind));
            both(node, &format!("receivers.{id}.operators"), declared, "logging.format", message);
        }
    }
}

/// How many traces are kept, where the collector decides.
fn sampled(root: &Node, config: &Collector<'_>, both: &mut dyn FnMut(&Node, &str, &Node, &str, String)) {
    let mut samplers = config.components("processors").filter(|(id, ..)| kind(id) == "tail_sampling");
    let (Some((id, _, body)), None) = (samplers.next(), samplers.next()) else { return };
    let path = format!("processors.{id}");
    let all: Vec<&Node> = variants(root).filter_map(|root| root.get("tracing")).collect();
    let says = |key: &str, wanted: &str| all.iter().any(|tracing| tracing.get(key).and_then(Node::as_str) == Some(wanted));
    let share = |node: &Node| node.as_str()?.trim_end_matches('%').trim().parse::<f64>().ok();
    let kept = policies(body).filter_map(|policy| policy.at(["probabilistic", "sampling_percentage"]));
    let kept: Vec<&Node> = kept.collect();
    let ([kept], Some(declared)) = (kept.as_slice(), root.at(["tracing", "sample"])) else { return };
    let samples: Vec<f64> = all.iter().filter_map(|tracing| share(tracing.get("sample")?)).collect();
    let of_head = all.iter().find_map(|tracing| match tracing.get("sampling") {
        Some(node) => Some(node).filter(|node| node.as_str() == Some("head")),
        // That is how it is where nothing else is said, and nobody keeps a larger share of what is left.
        None => tracing.get("sample").filter(|node| share(node) < share(kept)),
    });
    if let (Some(node), Some(percent)) = (of_head.filter(|_| !says("sampling", "tail")), share(kept).filter(|percent| *percent < 100.0)) {
        let message = format!("the service keeps {} of the traces by itself, and the collector {percent}% of those", declared.describe());
        both(kept, &path, node, "tracing.sampling", message);
        return;
    }
    if let Some(percent) = share(kept).filter(|percent| says("sampling", "tail") && !samples.contains(percent)) {
        let message = format!("the collector keeps {percent}% of traces, and the manifest says {}", declared.describe());
        both(kept, &path, declared, "tracing.sample", message);
    }
}
