//! Manifests and files beside them that contradict each other.

use std::collections::HashMap;

use crate::diagnostic::Diagnostic;
use crate::formats::collector::{Collector, kind};
use crate::formats::dashboard::Dashboard;
use crate::lint::context::Context;
use crate::lint::query::Query;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::written::{Purpose, expressions};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::ViewKind;
use crate::lint::words::hosts::{host, port};
use crate::lint::words::ports::of_dependency;
use crate::manifest::variants;
use crate::promql::ast::ExprKind;
use crate::promql::duration::{format_duration, parse_duration};
use crate::promql::walk;
use crate::source::{Node, Span};

rule! {
    /// A file beside a manifest cannot be meant as the manifest is: a collector sends to another port of a program, or reads other
    /// files; Prometheus writes to another address, or reaches what the manifest checks at another port; an alert compares with
    /// another number than the condition of its name in the manifest.
    ///
    /// The dashboard, its folder and the window of a recorded budget are those that the manifest says, and so are the share of traces that a
    /// collector keeps and the version of a Loki that it sends OTLP to.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// alerts: { Few: { expr: "parts_left < 5", for: 5m } }
    /// # file: rules.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Few
    ///         expr: parts_left < 50
    ///         for: 5m
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// alerts: { Few: { expr: "parts_left < 5", for: 5m } }
    /// # file: rules.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Few
    ///         expr: parts_left < 5
    ///         for: 5m
    ///         labels: { severity: warning }
    /// ```
    ManifestContradiction, "manifest-contradiction", Warning
}

impl Rule for ManifestContradiction {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let mut manifests = context.manifests();
        if let (Some(only), None) = (manifests.next(), manifests.next()) {
            collectors(only.root, context, found);
            prometheus(only.root, context, found);
            dashboards(only.root, context, found);
            budgets(only.root, context, found);
        }
        conditions(context, found);
    }
}

/// Says of two places that they contradict each other, at each of them: one of another file, which is called `what`, and one of the
/// manifest.
fn contradict(found: &mut Vec<Diagnostic>, (here, path): (Span, &str), (there, key): (Span, &str), message: &str, what: &str) {
    let finding =
        |span, path: &str, other, what: &str| META.finding(span, message).path(path).related(other, what).help("make the two say the same");
    found.push(finding(here, path, there, "the manifest"));
    found.push(finding(there, key, here, what));
}

/// The `prometheus.yml` beside it: other ports of what the manifest checks and writes to.
fn prometheus(root: &Node, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let [config] = context.world.prometheus.as_slice() else { return };
    let mut both = |here: &Node, path: &str, there: &Node, key: &str, message: String| {
        contradict(found, (here.span, path), (there.span, key), &message, "the configuration");
    };
    let written: Vec<&Node> = config.root.items_of("remote_write").filter_map(|write| write.get("url")).collect();
    if let Some((declared, url)) = root.at(["stack", "prometheus", "remote_write", "url"]).and_then(Node::with_str)
        && !written.iter().any(|node| node.as_str() == Some(url))
        && let Some(node) = written.iter().find(|node| node.as_str().is_some_and(|other| host(other) == host(url)))
    {
        let message = format!("Prometheus writes to {}, and the manifest says {}", node.describe(), declared.describe());
        both(node, "remote_write", declared, "stack.prometheus.remote_write.url", message);
    }
    let name = root.at(["service", "job"]).or_else(|| root.at(["service", "name"])).and_then(Node::as_str).unwrap_or("");
    let environments = root.entries_of("environments").map(|(_, _, overlay)| overlay);
    let declared: Vec<&Node> =
        std::iter::once(root).chain(environments).filter_map(|root| root.at(["scrape", "targets"])).flat_map(Node::items).collect();
    let ports: Vec<&str> = declared.iter().filter_map(|node| node.as_str()).map(port).filter(|port| !port.is_empty()).collect();
    if let Some(job) = config.jobs.iter().find(|job| {
        job.name() == name
            && job.targets.discovery.is_empty()
            && job.relabel.iter().all(|step| step.target.and_then(Node::as_str) != Some("__address__"))
    }) && let Some((first, target)) = declared.first().zip(job.targets.addresses.first())
    {
        let own: Vec<&str> = job.targets.addresses.iter().filter_map(|node| node.as_str()).map(port).collect();
        if !ports.is_empty() && own.iter().all(|port| !port.is_empty() && !port.contains('$') && !ports.contains(port)) {
            let message = format!("the job `{name}` scrapes {}, and the manifest says {}", target.describe(), first.describe());
            both(target, "scrape_configs", first, "scrape.targets", message);
        }
    }
    let probes = config.jobs.iter().filter(|job| job.metrics_path() == "/probe");
    let groups = probes.flat_map(|job| job.node.items_of("static_configs"));
    let targets: Vec<&Node> = groups.filter_map(|group| group.get("targets")).flat_map(Node::items).collect();
    for (node, declared, key) in probed(root, &targets) {
        let message = format!("{} is probed, and the manifest says {}", node.describe(), declared.describe());
        both(node, "scrape_configs", declared, &key, message);
    }
    for (name, _, check) in root.entries_of("health") {
        for key in ["tcp", "grpc"] {
            let Some((declared, address)) = check.get_str(key) else { continue };
            let plain = |node: &&&Node| node.as_str().is_some_and(|other| !other.contains("://") && host(other) == host(address));
            if let Some(node) = targets.iter().find(plain).filter(|_| !targets.iter().any(|node| node.as_str() == Some(address))) {
                let message = format!("{} is probed, and the manifest checks {}", node.describe(), declared.describe());
                both(node, "scrape_configs", declared, &format!("health.{name}.{key}"), message);
            }
        }
    }
}

/// What a probe asks of the host of a dependency at a port that is nearly its own, or at that of its kind while the manifest names
/// another one, which nobody probes.
fn probed<'a>(root: &'a Node, targets: &[&'a Node]) -> Vec<(&'a Node, &'a Node, String)> {
    let declared = |root: &'a Node| root.entries_of("dependencies").filter_map(|(name, _, of)| Some((name, of.get_str("address")?)));
    let all: Vec<(&str, (&Node, &str))> = variants(root).flat_map(declared).collect();
    let is_declared = |text: &str| all.iter().any(|(_, (_, address))| *address == text);
    let is_probed = |text: &str| targets.iter().any(|node| node.as_str() == Some(text));
    let usual = |name: &str| of_dependency(root.at(["dependencies", name, "kind"])?.as_str()?);
    let mut odd = Vec::new();
    for node in targets {
        let Some(target) = node.as_str().filter(|target| !target.contains("://") && !is_declared(target)) else { continue };
        let near = |name: &str, address: &str| {
            let (own, asked) = (port(address), port(target));
            let slip = own.len() == asked.len() && strsim::damerau_levenshtein(own, asked) == 1;
            host(address) == host(target) && (slip || usual(name) == Some(asked) && !is_probed(address))
        };
        if let Some((name, (place, _))) = all.iter().find(|(name, (_, address))| near(name, address)) {
            odd.push((*node, *place, format!("dependencies.{name}.address")));
        }
    }
    odd
}

/// The dashboard and its provider beside it, where there is one of each and both are those that are rendered.
fn dashboards(root: &Node, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
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
    let providers = context.views.iter().filter_map(|view| match &view.kind {
        ViewKind::Providers(list) => Some(list),
        _ => None,
    });
    let own: Vec<&Node> = providers.flatten().filter(|one| one.get("name").and_then(Node::as_str) == Some("obsgen")).copied().collect();
    let declared = root.at(["dashboard", "folder"]).and_then(Node::with_str);
    if let ([only], Some((declared, wanted))) = (own.as_slice(), declared)
        && let Some((node, has)) = only.get_str("folder").filter(|(_, has)| !wanted.contains('$') && !has.contains('$'))
        && !variants(root).any(|part| part.at(["dashboard", "folder"]).and_then(Node::as_str) == Some(has))
    {
        let message = format!("dashboards come into the folder `{has}`, and the manifest says {}", declared.describe());
        both(node, "providers.folder", declared, "dashboard.folder", message);
    }
}

/// The window over which the budget of an objective is recorded.
fn budgets(root: &Node, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    // An environment may have another one.
    let elsewhere = |name: &str, windows: &[i64]| {
        let said = variants(root).filter_map(|part| parse_duration(part.at(["objectives", name, "window"])?.as_str()?).ok());
        said.into_iter().any(|window| windows.contains(&window))
    };
    for (name, _, objective) in root.entries_of("objectives") {
        let Some((declared, window)) = objective.get_str("window").and_then(|(node, text)| Some((node, parse_duration(text).ok()?))) else {
            continue;
        };
        let is_own = |query: &&&Query<'_>| {
            query.rule().is_some_and(|rule| rule.label("slo").and_then(Node::as_str) == Some(name))
                && query.name().starts_with("job:slo_error_budget_remaining:")
        };
        let Some(query) = context.queries.iter().find(is_own) else { continue };
        let mut windows = Vec::new();
        if let Some(expr) = &query.expr {
            walk::visit(expr, &mut |node| {
                if let ExprKind::Range { range, .. } = &node.kind {
                    windows.extend(range.millis());
                }
            });
        }
        if !windows.is_empty() && windows.iter().all(|over| *over != window) && !elsewhere(name, &windows) {
            let over = format_duration(windows[0]);
            let message =
                format!("what is left of the budget of `{name}` is recorded over `{over}`, and the manifest says {}", declared.describe());
            let key = format!("objectives.{name}.window");
            contradict(found, (query.node.span, &query.path()), (declared.span, &key), &message, "the rule");
        }
    }
}

/// The collector beside it: ports of the programs that it sends to, and the files that it reads.
fn collectors(root: &Node, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
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
        let ([(id, _, body)], Some(first)) = (readers.as_slice(), files.first()) else { continue };
        let included: Vec<&Node> = body.items_of("include").collect();
        let folder = |node: &Node| node.as_str().map(|text| text.split(['*', '?', '[', '{']).next().unwrap_or(text).to_owned());
        let meets = |one: &Node, other: &Node| match (folder(one), folder(other)) {
            (Some(one), Some(other)) => one.starts_with(&other) || other.starts_with(&one),
            _ => true,
        };
        let Some(include) = included.first() else { continue };
        if !included.iter().any(|include| files.iter().any(|file| meets(include, file))) {
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
    let kept = body.items_of("policies").filter_map(|policy| policy.at(["probabilistic", "sampling_percentage"]));
    let kept: Vec<&Node> = kept.collect();
    let ([kept], Some(declared)) = (kept.as_slice(), root.at(["tracing", "sample"])) else { return };
    let samples: Vec<f64> = all.iter().filter_map(|tracing| share(tracing.get("sample")?)).collect();
    let of_head = all.iter().find_map(|tracing| tracing.get("sampling").filter(|node| node.as_str() == Some("head")));
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

/// Alerts whose condition the manifest writes out, and that the rule of their name compares with another number.
fn conditions(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    // Alerts of a fleet's services are called alike.
    let mut manifests = context.manifests();
    let (Some(manifest), None) = (manifests.next(), manifests.next()) else { return };
    let expressions = expressions(manifest.root);
    let alerts = expressions.iter().filter(|written| written.purpose == Purpose::Alert);
    let queries: Vec<Query<'_>> = alerts.filter_map(|written| Query::of_written(written, manifest.text)).collect();
    let written: HashMap<&str, &Query<'_>> = queries.iter().map(|query| (query.name(), query)).collect();
    if written.is_empty() {
        return;
    }
    let only = |query: &Query<'_>| {
        let all = Comparison::all(query.expr.as_ref()?);
        let [Comparison { op, number, place, .. }] = all.as_slice() else { return None };
        Some((*op, *number, query.span(&place.range)))
    };
    let metric = |query: &Query<'_>| {
        let used = query.selectors();
        let name = used.first()?.selector.metric_name()?;
        used.iter().all(|other| other.selector.metric_name() == Some(name)).then(|| name.to_owned())
    };
    for rule in context.queries.iter().filter(|query| query.rule().is_some() && query.is_alert()) {
        let Some(declared) = written.get(rule.name()).filter(|declared| metric(declared).is_some() && metric(declared) == metric(rule))
        else {
            continue;
        };
        let (Some((op, wanted, place)), Some((other, number, here))) = (only(declared), only(rule)) else { continue };
        if op == other && (wanted - number).abs() > 1e-9 * wanted.abs() {
            let message = format!("`{}` compares with `{number}` in the rules, and with `{wanted}` in the manifest", rule.name());
            contradict(found, (here, &rule.path()), (place, &declared.path()), &message, "the rule");
        }
    }
}
