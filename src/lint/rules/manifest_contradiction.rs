//! Manifests that contradict themselves.

use std::collections::{BTreeSet, HashMap};

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::lint::comparison::Comparison;
use crate::lint::context::Context;
use crate::lint::hosts::{host, port};
use crate::lint::query::Query;
use crate::lint::rule::{Rule, rule};
use crate::lint::rules::log_panel::ORDER;
use crate::lint::views::ViewKind;
use crate::lint::written::{Purpose, expressions};
use crate::source::{Node, Span};

rule! {
    /// One part of a manifest cannot work with another: an alert waits for lines of a level that is not written, alerts are grouped
    /// by a label that none has, a unit contradicts the name of its metric, a program of the stack is at the port of another one.
    /// Or the collector beside it sends to another port of that program, or reads other files.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// scrape: { targets: ["web:8080"] }
    /// stack: { alertmanager: { address: "alertmanager:9090" } }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// scrape: { targets: ["web:8080"] }
    /// stack: { alertmanager: { address: "alertmanager:9093" } }
    /// ```
    ManifestContradiction, "manifest-contradiction", Warning
}

/// Ports that other programs, or other protocols of the same, listen at unless told otherwise.
const PORTS: &[(&str, &str)] = &[
    ("9090", "Prometheus"),
    ("9093", "Alertmanager"),
    ("9094", "Alertmanager's cluster"),
    ("9095", "gRPC inside of Loki, Mimir and Tempo"),
    ("9115", "the blackbox exporter"),
    ("3000", "Grafana"),
    ("3100", "Loki"),
    ("3200", "Tempo's queries"),
    ("4317", "OTLP over gRPC"),
    ("4318", "OTLP over HTTP"),
    ("13133", "the Collector's health check"),
    ("8888", "the Collector's own metrics"),
];

/// Where a manifest names a program, and the ports of the table that it may have.
const PLACES: &[(&[&str], &[&str])] = &[
    (&["stack", "prometheus", "url"], &["9090"]),
    (&["stack", "alertmanager", "address"], &["9093"]),
    (&["stack", "blackbox", "address"], &["9115"]),
    (&["stack", "tempo", "address"], &["4317", "4318"]),
    (&["stack", "loki", "address"], &["3100"]),
    (&["stack", "collector", "address"], &["4317", "4318"]),
    (&["stack", "grafana", "url"], &["3000"]),
    (&["tracing", "endpoint"], &["4317", "4318"]),
];

type Add<'r> = dyn FnMut(&Node, String, String, String) + 'r;

impl Rule for ManifestContradiction {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for view in context.manifests() {
            let mut add = |node: &Node, path: String, message: String, help: String| {
                found.push(META.finding(node.span, message).path(path).help(help));
            };
            logging(view.root, &mut add);
            metrics(view.root, &mut add);
            grouping(view.root, &mut add);
            addresses(view.root, &mut add);
            links(view.root, context, &mut add);
            checks(view.root, &mut add);
        }
        let mut manifests = context.manifests();
        if let (Some(only), None) = (manifests.next(), manifests.next()) {
            collectors(only.root, context, found);
            prometheus(only.root, context, found);
        }
        conditions(context, found);
    }
}

/// Lines of a level that is not written.
fn logging(root: &Node, add: &mut Add<'_>) {
    let rank = |node: &Node| ORDER.iter().position(|level| Some(*level) == node.as_str());
    let least = root.at(["logging", "level"]).and_then(rank);
    for (name, _, alert) in root.get("alerts").into_iter().flat_map(Node::entries) {
        let Some(node) = alert.at(["log", "level"]) else { continue };
        if let (Some(level), Some(least)) = (rank(node), least)
            && level < least
        {
            let message = format!("the service writes lines from `{}` upwards, and none of the level {}", ORDER[least], node.describe());
            add(node, format!("alerts.{name}.log.level"), message, "wait for a level that is written".to_owned());
        }
    }
}

/// Units and roles that contradict a name.
fn metrics(root: &Node, add: &mut Add<'_>) {
    const SUFFIXES: &[(&str, &str)] = &[("seconds", "seconds"), ("bytes", "bytes"), ("ratio", "ratio")];
    for (name, _, metric) in root.get("metrics").into_iter().flat_map(Node::entries) {
        let stem = name.strip_suffix("_total").unwrap_or(name);
        let unit = metric.get_str("unit");
        let own = SUFFIXES.iter().find(|(suffix, _)| stem.strip_suffix(suffix).is_some_and(|rest| rest.ends_with('_')));
        if let (Some((node, unit)), Some((_, own))) = (unit, own)
            && unit != *own
        {
            let message = format!("`{name}` is called after {own}, and its unit is {}", node.describe());
            add(node, format!("metrics.{name}.unit"), message, format!("write `unit: {own}`, or rename it"));
        }
        for (label, _, body) in metric.get("labels").into_iter().flat_map(Node::entries) {
            let role = body.get_str("role");
            let named = match label {
                "status" | "code" | "status_code" | "http_status" | "http_response_status_code" => "http_status",
                "method" | "http_method" | "http_request_method" | "verb" => "method",
                "route" | "http_route" | "path" => "http_route",
                _ => continue,
            };
            if let Some((node, _)) = role.filter(|(_, role)| *role != named) {
                let message = format!("the label `{label}` has the role {}", node.describe());
                add(node, format!("metrics.{name}.labels.{label}.role"), message, format!("did you mean `{named}`?"));
            }
        }
    }
}

/// Labels by which alerts are grouped, and that no alert can have.
fn grouping(root: &Node, add: &mut Add<'_>) {
    let Some(list) = root.at(["routing", "group_by"]) else { return };
    let keys = |node: Option<&Node>| node.into_iter().flat_map(Node::entries).map(|(name, ..)| name.to_owned()).collect::<Vec<_>>();
    let mut known: BTreeSet<String> =
        ["alertname", "service", "severity", "team", "job", "instance", "burn", "slo", "metric", "check", "..."]
            .into_iter()
            .map(str::to_owned)
            .collect();
    known.extend(keys(root.at(["service", "labels"])));
    known.extend(keys(root.at(["stack", "prometheus", "external_labels"])));
    known.extend(keys(root.at(["stack", "kubernetes", "labels"])));
    for (_, _, metric) in root.get("metrics").into_iter().flat_map(Node::entries) {
        known.extend(keys(metric.get("labels")));
    }
    let alerts: Vec<&Node> = root.get("alerts").into_iter().flat_map(Node::entries).map(|(_, _, alert)| alert).collect();
    for alert in &alerts {
        known.extend(keys(alert.get("labels")));
    }
    // Targets that are discovered, and exporters, may bring labels of their own.
    let is_open = ["kubernetes", "http_sd", "file_sd", "dns_sd"].iter().any(|key| root.at(["scrape", key]).is_some());
    for node in list.items() {
        let Some(name) = node.as_str().filter(|name| !known.contains(*name)) else { continue };
        let is_asked = alerts.iter().filter_map(|alert| alert.get("expr")?.as_str()).any(|expr| expr.contains(name));
        let meant = did_you_mean(name, known.iter().map(String::as_str));
        if is_asked || is_open && meant.is_none() {
            continue;
        }
        let help = meant.map_or_else(|| "group by a label that alerts have".to_owned(), |meant| format!("did you mean `{meant}`?"));
        add(node, "routing.group_by".to_owned(), format!("no alert of this manifest has a label `{name}`"), help);
    }
}

/// Programs of the stack at the port of another one.
fn addresses(root: &Node, add: &mut Add<'_>) {
    for (path, own) in PLACES {
        let Some((node, text)) = root.at(path.iter().copied()).and_then(Node::with_str) else { continue };
        let port = port(text);
        if let Some((_, other)) = PORTS.iter().find(|(known, _)| *known == port && !own.contains(known)) {
            let message = format!("{} is at port {port}, which is that of {other}", node.describe());
            add(node, path.join("."), message, format!("{} is usual", own[0]));
        } else if let Some(meant) = own.iter().find(|own| port.len() == 4 && own.len() == 4 && **own != port && own[..3] == port[..3]) {
            let is_otlp = own.contains(&"4317") && !own.contains(&port);
            if is_otlp {
                let message = format!("{} is at port {port}, which is nearly {meant}, that of OTLP", node.describe());
                add(node, path.join("."), message, format!("did you mean {meant}?"));
            }
        }
    }
    let endpoint = root.at(["tracing", "endpoint"]).and_then(Node::with_str);
    let is_grpc = root.at(["tracing", "protocol"]).and_then(Node::as_str) == Some("grpc");
    if let Some((node, _)) = endpoint.filter(|(_, text)| is_grpc && text.split_once("://").is_some_and(|(_, rest)| rest.contains("/v1/"))) {
        let message = "gRPC goes to a host with a port, and a path is one of OTLP over HTTP".to_owned();
        add(node, "tracing.endpoint".to_owned(), message, "leave the path out, or use `http/protobuf`".to_owned());
    }
    let sent = root.at(["stack", "prometheus", "remote_write", "url"]).and_then(Node::with_str);
    let path = |text: &str| text.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path).to_owned();
    if let Some((node, _)) = sent.filter(|(_, text)| {
        let path = path(text);
        path.is_empty() || ["query", "query_range", "read"].iter().any(|end| path.trim_end_matches('/').ends_with(end))
    }) {
        let message = format!("{} takes no samples", node.describe());
        add(
            node,
            "stack.prometheus.remote_write.url".to_owned(),
            message,
            "name the path, such as `/api/v1/push` or `/api/v1/write`".to_owned(),
        );
    }
}

/// The link to the dashboard, which leads to one that is not among those here.
fn links(root: &Node, context: &Context<'_>, add: &mut Add<'_>) {
    let Some((node, url)) = root.at(["service", "links", "dashboard"]).and_then(Node::with_str) else { return };
    let Some((base, rest)) = url.split_once("/d/") else { return };
    let uid = rest.split(['/', '?', '#']).next().unwrap_or("");
    let own = root.at(["dashboard", "uid"]).and_then(Node::as_str);
    let mut known: Vec<&str> = context.dashboards().take(200).filter_map(|dashboard| dashboard.uid?.as_str()).collect();
    known.extend(own);
    let is_akin = |known: &str| known.starts_with(uid) || uid.starts_with(known) || did_you_mean(uid, [known]).is_some();
    if let Some(meant) = known.iter().find(|known| !uid.is_empty() && is_akin(known)).filter(|_| !known.contains(&uid)) {
        let message = format!("no dashboard here has the uid `{uid}`");
        add(node, "service.links.dashboard".to_owned(), message, format!("did you mean `{meant}`?"));
    }
    let grafana = root.at(["stack", "grafana", "url"]).and_then(Node::as_str).map(host);
    if let Some(grafana) = grafana.filter(|grafana| *grafana != host(base) && did_you_mean(host(base), [*grafana]).is_some()) {
        let message = format!("Grafana is at `{grafana}`, as `stack.grafana.url` says, and this leads to `{}`", host(base));
        add(node, "service.links.dashboard".to_owned(), message, format!("did you mean `{grafana}`?"));
    }
}

/// Checks that take longer than the time until the next.
fn checks(root: &Node, add: &mut Add<'_>) {
    let millis = |node: &Node| crate::promql::duration::parse_duration(node.as_str()?).ok();
    let Some((interval, every)) = root.at(["scrape", "interval"]).and_then(|node| Some((millis(node)?, node))) else { return };
    for (name, _, check) in root.get("health").into_iter().flat_map(Node::entries) {
        if let Some(node) = check.get("timeout").filter(|node| millis(node).is_some_and(|timeout| timeout >= interval)) {
            let message = format!("the check may take {}, and the next comes after {}", node.describe(), every.describe());
            add(node, format!("health.{name}.timeout"), message, "make it shorter than `scrape.interval`".to_owned());
        }
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
    let written: Vec<&Node> =
        config.root.get("remote_write").into_iter().flat_map(Node::items).filter_map(|write| write.get("url")).collect();
    if let Some((declared, url)) = root.at(["stack", "prometheus", "remote_write", "url"]).and_then(Node::with_str)
        && !written.iter().any(|node| node.as_str() == Some(url))
        && let Some(node) = written.iter().find(|node| node.as_str().is_some_and(|other| host(other) == host(url)))
    {
        let message = format!("Prometheus writes to {}, and the manifest says {}", node.describe(), declared.describe());
        both(node, "remote_write", declared, "stack.prometheus.remote_write.url", message);
    }
    let name = root.at(["service", "job"]).or_else(|| root.at(["service", "name"])).and_then(Node::as_str).unwrap_or("");
    let environments = root.get("environments").into_iter().flat_map(Node::entries).map(|(_, _, overlay)| overlay);
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
    let groups = probes.flat_map(|job| job.node.get("static_configs").into_iter().flat_map(Node::items));
    let targets: Vec<&Node> = groups.filter_map(|group| group.get("targets")).flat_map(Node::items).collect();
    for (name, _, check) in root.get("health").into_iter().flat_map(Node::entries) {
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
        let files: Vec<&Node> = root.at(["logging", "files"]).into_iter().flat_map(Node::items).collect();
        let readers: Vec<_> =
            config.components("receivers").filter(|(id, ..)| matches!(id.split('/').next(), Some("filelog" | "file_log"))).collect();
        let ([(id, _, body)], Some(first)) = (readers.as_slice(), files.first()) else { continue };
        let included: Vec<&Node> = body.get("include").into_iter().flat_map(Node::items).collect();
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
        let parser = body.get("operators").into_iter().flat_map(Node::items).filter_map(|one| one.get("type"));
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
