//! Addresses of a manifest at which something else listens.

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::formats::collector::{Collector, kind};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::ViewKind;
use crate::lint::words::hosts::{are_one, host, is_container, is_own, port};
use crate::source::Node;

rule! {
    /// A program of the stack is said to be at the port of another one, or at a path that takes nothing; or the link to the dashboard
    /// leads to one that is not there. Or the service is checked where another program listens, traces go where nobody takes them, the
    /// Collector is said to have its metrics where it takes OTLP, or one address of many is that of the machine itself.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// stack: { alertmanager: { address: "alertmanager:9090" } }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// stack: { alertmanager: { address: "alertmanager:9093" } }
    /// ```
    ManifestAddress, "manifest-address", Warning
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
    ("9411", "Zipkin"),
    ("13133", "the Collector's health check"),
    ("14268", "Jaeger's own protocol"),
    ("16686", "Jaeger's pages"),
    ("8888", "the Collector's own metrics"),
];

/// Where a manifest names a program, and the ports of the table that it may have.
const PLACES: &[(&[&str], &[&str])] = &[
    (&["stack", "prometheus", "url"], &["9090"]),
    (&["stack", "alertmanager", "address"], &["9093"]),
    (&["stack", "blackbox", "address"], &["9115"]),
    // The Collector speaks gRPC with it.
    (&["stack", "tempo", "address"], &["4317"]),
    (&["stack", "loki", "address"], &["3100"]),
    (&["stack", "collector", "address"], &["4317", "4318", "8888", "8889"]),
    (&["stack", "grafana", "url"], &["3000"]),
    (&["tracing", "endpoint"], &["4317", "4318"]),
];

type Add<'r> = dyn FnMut(&Node, String, String, String) + 'r;

impl Rule for ManifestAddress {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        context.each_manifest(found, |root, found| {
            let mut add = |node: &Node, path: String, message: String, help: String| {
                found.push(META.finding(node.span, message).path(path).help(help));
            };
            addresses(root, &mut add);
            stored(root, &mut add);
            links(root, context, &mut add);
            checked(root, &mut add);
            local(root, &mut add);
            traced(root, context, &mut add);
            scraped(root, context, &mut add);
        });
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

/// What takes samples, and the one path where it does.
const STORES: &[(&str, &str)] = &[("mimir", "/api/v1/push"), ("thanos", "/api/v1/receive")];

/// Samples that are sent to the path of another storage than the one that is named.
fn stored(root: &Node, add: &mut Add<'_>) {
    let Some(write) = root.at(["stack", "prometheus", "remote_write"]) else { return };
    let (Some((node, url)), Some((_, to))) = (write.get_str("url"), write.get_str("to")) else { return };
    let Some((_, own)) = STORES.iter().find(|(store, _)| *store == to) else { return };
    let asked = url.split(['?', '#']).next().unwrap_or("").trim_end_matches('/');
    if !asked.ends_with(own) && ["/api/v1/push", "/api/v1/receive", "/api/v1/write"].iter().any(|end| asked.ends_with(end)) {
        let message = format!("what takes the samples is `{to}`, and it takes them at `{own}`");
        add(node, "stack.prometheus.remote_write.url".to_owned(), message, format!("end it with `{own}`, or name another storage"));
    }
}

/// A service that is scraped, or checked, where another program listens.
fn checked(root: &Node, add: &mut Add<'_>) {
    for (at, target) in root.at(["scrape", "targets"]).into_iter().flat_map(Node::items).enumerate() {
        let of_stack = |name: &&str| {
            let address = root.at(["stack", name, "address"]).and_then(Node::as_str);
            address.zip(target.as_str()).is_some_and(|(address, target)| !port(target).is_empty() && are_one(address, target))
        };
        if let Some(program) = ["alertmanager", "blackbox"].into_iter().find(|name| of_stack(name)) {
            let message = format!("{} is the address of {program}", target.describe());
            add(target, format!("scrape.targets[{at}]"), message, "name that of the service".to_owned());
        }
    }
    let Some((node, base)) = root.at(["health", "base"]).and_then(Node::with_str) else { return };
    let of_stack =
        ["alertmanager", "blackbox"].into_iter().filter_map(|name| Some((name.to_owned(), root.at(["stack", name, "address"])?)));
    let exporters = root
        .entries_of("dependencies")
        .filter(|(.., of)| of.get("kind").and_then(Node::as_str) != Some("http"))
        .filter_map(|(name, _, of)| Some((format!("the exporter of `{name}`"), of.get("exporter")?)));
    let traces = root.at(["tracing", "endpoint"]).map(|node| ("what takes the traces".to_owned(), node));
    let mut others = of_stack.chain(exporters).chain(traces);
    if let Some((what, _)) = others.find(|(_, other)| other.as_str().is_some_and(|other| !port(other).is_empty() && are_one(other, base))) {
        let message = format!("{} is the address of {what}", node.describe());
        add(node, "health.base".to_owned(), message, "name that of the service".to_owned());
    }
    let scheme = root.at(["scrape", "scheme"]).and_then(Node::as_str).unwrap_or("http");
    let mut targets = root.at(["scrape", "targets"]).into_iter().flat_map(Node::items).filter_map(Node::as_str);
    let own = base.split_once("://").map_or("", |(scheme, _)| scheme);
    if matches!((scheme, own), ("http", "https") | ("https", "http"))
        && targets.any(|target| !port(target).is_empty() && are_one(target, base))
    {
        let message = format!("metrics are asked for over `{scheme}` at the same address, and this is `{own}`");
        add(node, "health.base".to_owned(), message, "use one scheme for both".to_owned());
    }
}

/// An address of the machine itself among those of containers, in which it is Prometheus's own.
fn local(root: &Node, add: &mut Add<'_>) {
    let targets = root.at(["scrape", "targets"]).into_iter().flat_map(Node::items).map(|node| ("scrape.targets".to_owned(), node));
    let exporters =
        root.entries_of("dependencies").filter_map(|(name, _, of)| Some((format!("dependencies.{name}.exporter"), of.get("exporter")?)));
    let sent = root.at(["stack", "alertmanager", "address"]).map(|node| ("stack.alertmanager.address".to_owned(), node));
    let judged: Vec<(String, &Node)> = targets.chain(exporters).chain(sent).collect();
    let others = [root.at(["health", "base"]), root.at(["stack", "blackbox", "address"])].into_iter().flatten();
    let known: Vec<&str> = judged.iter().map(|(_, node)| *node).chain(others).filter_map(Node::as_str).collect();
    let own: Vec<_> = judged.iter().filter(|(_, node)| node.as_str().is_some_and(|text| is_own(host(text)))).collect();
    let [(path, node)] = own.as_slice() else { return };
    let named = known.iter().filter(|text| is_container(text)).count();
    if named > 1 && named + 1 == known.len() {
        let message = format!("{} is Prometheus itself where it runs in a container, and all else is reached by a name", node.describe());
        add(node, path.clone(), message, "use the name of the container or host".to_owned());
    }
}

/// Where traces are said to go and nobody takes them.
fn traced(root: &Node, context: &Context<'_>, add: &mut Add<'_>) {
    let Some((node, endpoint)) = root.at(["tracing", "endpoint"]).and_then(Node::with_str) else { return };
    let Some((scheme, _)) = endpoint.split_once("://") else { return };
    let path = "tracing.endpoint".to_owned();
    if scheme == "http" && port(endpoint).is_empty() && (is_own(host(endpoint)) || is_container(endpoint)) {
        let message = format!("{} is port 80, at which nothing takes traces", node.describe());
        add(node, path, message, "name the port: 4317 takes gRPC, and 4318 HTTP".to_owned());
        return;
    }
    let is_plain = |config: &Collector<'_>| {
        config.components("receivers").filter(|(id, ..)| kind(id) == "otlp").any(|(_, _, body)| {
            body.entries_of("protocols").any(|(protocol, _, body)| {
                let usual = if protocol == "grpc" { "4317" } else { "4318" };
                body.get("endpoint").and_then(Node::as_str).map_or(usual, port) == port(endpoint) && body.get("tls").is_none()
            })
        })
    };
    let mut collectors =
        context.views.iter().filter_map(|view| if let ViewKind::Collector(config) = &view.kind { Some(config) } else { None });
    if scheme == "https" && is_own(host(endpoint)) && collectors.any(is_plain) {
        add(
            node,
            path,
            "the Collector takes traces there without TLS".to_owned(),
            "write `http://`, or give its receiver `tls`".to_owned(),
        );
    }
}

/// The Collector where it takes OTLP, while Prometheus scrapes it at another port.
fn scraped(root: &Node, context: &Context<'_>, add: &mut Add<'_>) {
    let Some((node, address)) = root.at(["stack", "collector", "address"]).and_then(Node::with_str) else { return };
    if !matches!(port(address), "4317" | "4318") {
        return;
    }
    let jobs = context.world.prometheus.iter().flat_map(|config| &config.jobs).filter(|job| job.metrics_path() != "/probe");
    let mut targets = jobs.flat_map(|job| &job.targets.addresses).filter_map(|target| target.as_str());
    let is_other = |target: &&str| host(target) == host(address) && !matches!(port(target), "" | "4317" | "4318");
    if let Some(target) = targets.find(is_other) {
        let message = format!("{} takes OTLP and has no metrics, and Prometheus scrapes `{target}`", node.describe());
        add(node, "stack.collector.address".to_owned(), message, "name what Prometheus scrapes".to_owned());
    }
}

/// The uid of the only dashboard here, where its own panels link to another one.
fn only_linking_to<'a>(uid: &str, context: &Context<'a>) -> Option<&'a Node> {
    let mut all = context.dashboards();
    let (dashboard, None) = (all.next()?, all.next()) else { return None };
    let wanted = format!("/d/{uid}");
    let links = dashboard.panels.iter().flat_map(|panel| {
        let of_field = panel.node.at(["fieldConfig", "defaults"]).into_iter().flat_map(|defaults| defaults.items_of("links"));
        panel.node.items_of("links").chain(of_field).filter_map(|link| link.get("url")?.as_str()).collect::<Vec<_>>()
    });
    let leads = |url: &str| url.split_once(&wanted).is_some_and(|(_, rest)| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '-'));
    links.into_iter().any(leads).then_some(dashboard.uid).flatten()
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
    if let (Some(dashboard), false) = (only_linking_to(uid, context), known.contains(&uid)) {
        let message = format!("no dashboard here has the uid `{uid}`, and panels of this one link to it");
        add(node, "service.links.dashboard".to_owned(), message.clone(), "make the two say the same".to_owned());
        add(dashboard, "uid".to_owned(), message, "make the links and the `uid` say the same".to_owned());
    }
    let grafana = root.at(["stack", "grafana", "url"]).and_then(Node::as_str).map(host);
    if let Some(grafana) = grafana.filter(|grafana| *grafana != host(base) && did_you_mean(host(base), [*grafana]).is_some()) {
        let message = format!("Grafana is at `{grafana}`, as `stack.grafana.url` says, and this leads to `{}`", host(base));
        add(node, "service.links.dashboard".to_owned(), message, format!("did you mean `{grafana}`?"));
    }
}
