//! Small things of a manifest that contradict another part of it.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, misspelt};
use crate::lint::context::Context;
use crate::lint::hosts::{host, port};
use crate::lint::rule::{Rule, rule};
use crate::lint::written::expressions;
use crate::promql::ast::ExprKind;
use crate::promql::duration::parse_duration;
use crate::promql::{Options, parse, walk};
use crate::source::Node;

rule! {
    /// A detail of a manifest cannot be meant: a dependency at the port of another kind, or where its exporter is; a field that
    /// is there twice; a template where plain text stands; a runbook that is no address; a recorded series that is asked
    /// for, or recorded by the rules, under nearly the same name.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// dependencies: { database: { kind: postgres, exporter: "exporter:9187", address: "db:3306" } }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// dependencies: { database: { kind: postgres, exporter: "exporter:9187", address: "db:5432" } }
    /// ```
    ManifestDetail, "manifest-detail", Warning
}

/// Ports at which dependencies listen unless told otherwise.
const PORTS: &[(&str, &str)] = &[
    ("postgres", "5432"),
    ("mysql", "3306"),
    ("redis", "6379"),
    ("memcached", "11211"),
    ("mongodb", "27017"),
    ("rabbitmq", "5672"),
    ("kafka", "9092"),
];

/// What `--enable-feature` has taken.
const FEATURES: &[&str] = &[
    "agent",
    "auto-gomaxprocs",
    "auto-gomemlimit",
    "auto-reload-config",
    "concurrent-rule-eval",
    "created-timestamp-zero-ingestion",
    "delayed-compaction",
    "exemplar-storage",
    "expand-external-labels",
    "extra-scrape-metrics",
    "memory-snapshot-on-shutdown",
    "metadata-wal-records",
    "native-histograms",
    "new-service-discovery-manager",
    "no-default-scrape-port",
    "old-ui",
    "otlp-deltatocumulative",
    "otlp-native-delta-ingestion",
    "otlp-write-receiver",
    "promql-at-modifier",
    "promql-delayed-name-removal",
    "promql-duration-expr",
    "promql-experimental-functions",
    "promql-extended-range-selectors",
    "promql-negative-offset",
    "promql-per-step-stats",
    "remote-write-receiver",
    "type-and-unit-labels",
    "use-uncached-io",
    "utf8-names",
];

type Add<'r> = dyn FnMut(&Node, String, String, String) + 'r;

impl Rule for ManifestDetail {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for root in context.manifests().map(|view| view.root) {
            let mut add = |node: &Node, path: String, message: String, help: String| {
                found.push(META.finding(node.span, message).path(path).help(help));
            };
            dependencies(root, &mut add);
            texts(root, &mut add);
            metrics(root, &mut add);
            logging(root, &mut add);
            scrape(root, &mut add);
            environments(root, &mut add);
            routing(root, &mut add);
            stack(root, &mut add);
            recorded(root, context, &mut add);
        }
    }
}

fn entries<'n>(root: &'n Node, key: &str) -> impl Iterator<Item = (&'n str, &'n Node, &'n Node)> {
    root.get(key).into_iter().flat_map(Node::entries)
}

/// The name that was meant, where the two differ in letters: `rate5m` and `rate1m` are two.
fn slip<'a>(written: &str, known: &[&'a str]) -> Option<&'a str> {
    let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).collect::<Vec<_>>();
    misspelt(written, known).filter(|meant| digits(written) == digits(meant))
}

fn dependencies(root: &Node, add: &mut Add<'_>) {
    for (name, _, dependency) in entries(root, "dependencies") {
        let Some((node, address)) = dependency.get_str("address") else { continue };
        let path = format!("dependencies.{name}.address");
        let kind = dependency.get("kind").and_then(Node::as_str).unwrap_or("");
        let other = PORTS.iter().find(|(of, known)| *known == port(address) && *of != kind);
        if dependency.get("exporter").and_then(Node::as_str) == Some(address) && kind != "rabbitmq" && kind != "http" {
            add(node, path, "this is where its exporter is".to_owned(), "name the dependency itself".to_owned());
        } else if let Some((of, known)) = other.filter(|_| PORTS.iter().any(|(of, _)| *of == kind)) {
            add(node, path, format!("{known} is the port of {of}, and the kind is `{kind}`"), "correct one of the two".to_owned());
        }
    }
}

/// Texts that are taken as they are, and addresses that are none.
fn texts(root: &Node, add: &mut Add<'_>) {
    for (name, _, alert) in entries(root, "alerts") {
        let annotations = entries(alert, "annotations").map(|(_, _, node)| ("annotations", node));
        let own = ["summary", "description"].into_iter().filter_map(|key| Some((key, alert.get(key)?)));
        for (key, node) in
            own.chain(annotations).filter(|(_, node)| node.as_str().is_some_and(|text| text.contains("{{") && text.contains("}}")))
        {
            let message = "this is plain text, and people will read its braces".to_owned();
            add(node, format!("alerts.{name}.{key}"), message, "write it without a template".to_owned());
        }
        if let Some((node, _)) = alert.get_str("runbook").filter(|(_, url)| !url.contains("://") && !url.is_empty()) {
            add(
                node,
                format!("alerts.{name}.runbook"),
                format!("{} is no address", node.describe()),
                "write it with `https://`".to_owned(),
            );
        }
        let share = |text: &str| text.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
        let bound = alert
            .get_str("above")
            .filter(|(_, text)| alert.get("saturation").is_some() && share(text).is_some_and(|share| share > 0.0 && share <= 1.0));
        if let Some((node, _)) = bound {
            let message = format!("what is hardly used at all is above {}", node.describe());
            add(node, format!("alerts.{name}.above"), message, "write a percentage, as `90%`".to_owned());
        }
    }
    for (index, panel) in root.at(["dashboard", "panels"]).into_iter().flat_map(Node::items).enumerate() {
        if let Some((node, _)) = panel.get_str("legend").filter(|(_, text)| text.matches("{{").count() != text.matches("}}").count()) {
            let message = format!("the braces of {} do not close", node.describe());
            add(node, format!("dashboard.panels[{index}].legend"), message, "write it as `{{label}}`".to_owned());
        }
    }
}

fn metrics(root: &Node, add: &mut Add<'_>) {
    for (name, _, metric) in entries(root, "metrics") {
        let Some(node) = metric.get("max") else { continue };
        if node.as_str() == Some(name) {
            add(
                node,
                format!("metrics.{name}.max"),
                "it is always as full as itself".to_owned(),
                "name the metric that says its limit".to_owned(),
            );
        } else if metric.get_str("type").is_some_and(|(_, kind)| kind != "gauge") {
            add(node, format!("metrics.{name}.max"), "only a gauge can be full".to_owned(), "leave it out".to_owned());
        }
    }
}

fn logging(root: &Node, add: &mut Add<'_>) {
    let list = |key: &str| root.at(["logging", key]).into_iter().flat_map(Node::items).filter_map(Node::with_str);
    let redacted: Vec<&str> = list("redact").map(|(_, name)| name).collect();
    let mut seen: Vec<&str> = Vec::new();
    for (node, name) in list("metadata") {
        let path = || "logging.metadata".to_owned();
        if seen.contains(&name) {
            add(node, path(), format!("`{name}` is there twice"), "remove one".to_owned());
        } else if matches!(name, "time" | "timestamp" | "level" | "message" | "msg") {
            add(node, path(), format!("every line carries `{name}` already"), "leave it out".to_owned());
        }
        seen.push(name);
    }
    for (index, (node, name)) in list("redact").enumerate() {
        if redacted[..index].contains(&name) {
            add(node, "logging.redact".to_owned(), format!("`{name}` is there twice"), "remove one".to_owned());
        }
    }
}

/// What a scrape needs and does not say, and what is not read of it.
fn scrape(root: &Node, add: &mut Add<'_>) {
    let Some(scrape) = root.get("scrape") else { return };
    // What is read of it in an environment is read.
    let overlays = entries(root, "environments").filter_map(|(_, _, overlay)| overlay.get("scrape"));
    let secure = overlays.chain([scrape]).any(|scrape| scrape.get("scheme").and_then(Node::as_str) == Some("https"));
    if let Some((key, _)) = scrape.entry("tls").filter(|(_, tls)| !secure && tls.entries().next().is_some()) {
        add(
            key,
            "scrape.tls".to_owned(),
            "this is scraped without TLS, so nothing of it is read".to_owned(),
            "write `scheme: https`".to_owned(),
        );
    }
    if let Some((key, basic)) = scrape.entry("basic_auth").filter(|(_, basic)| basic.as_mapping().is_some()) {
        let has = |start: &str| basic.entries().any(|(name, _, value)| name.starts_with(start) && value.as_str() != Some(""));
        if has("username") != has("password") {
            let message = "a user and a password belong together".to_owned();
            add(key, "scrape.basic_auth".to_owned(), message, "write `username:` and `password_file:`".to_owned());
        }
    }
    if let Some((node, _)) = scrape.get_str("path").filter(|(_, path)| path.contains('?')) {
        let message = "Prometheus takes the question mark for a part of the path".to_owned();
        add(node, "scrape.path".to_owned(), message, "write the path alone".to_owned());
    }
}

/// Names of an environment that are nearly those of what it should change.
fn environments(root: &Node, add: &mut Add<'_>) {
    for (environment, _, overlay) in entries(root, "environments") {
        for section in ["health", "dependencies", "metrics", "alerts", "objectives", "recording"] {
            let own: Vec<&str> = entries(root, section).map(|(name, ..)| name).chain((section == "health").then_some("base")).collect();
            for (name, key, _) in entries(overlay, section) {
                if let Some(meant) = slip(name, &own) {
                    let message = format!("there is no `{name}` that this could change");
                    add(key, format!("environments.{environment}.{section}"), message, format!("did you mean `{meant}`?"));
                }
            }
        }
    }
}

/// The times of notifications, as Alertmanager takes them.
fn routing(root: &Node, add: &mut Add<'_>) {
    let time = |key: &str| root.at(["routing", key]).and_then(|node| Some((node, parse_duration(node.as_str()?).ok()?)));
    for (key, (node, _)) in
        ["group_interval", "repeat_interval"].into_iter().filter_map(|key| Some((key, time(key)?))).filter(|(_, (_, millis))| *millis == 0)
    {
        add(node, format!("routing.{key}"), "Alertmanager refuses an interval of zero".to_owned(), "write minutes, as `5m`".to_owned());
    }
    if let Some(list) = root.at(["routing", "group_by"]).filter(|list| list.as_sequence().is_some_and(<[_]>::is_empty)) {
        let message = "without a label all alerts of all services are one notification".to_owned();
        add(list, "routing.group_by".to_owned(), message, "group by `[alertname, service]`".to_owned());
    }
    let interval = time("group_interval").map_or(300_000, |(_, millis)| millis);
    if let Some((node, repeat)) = time("repeat_interval").filter(|(_, repeat)| *repeat > 0)
        && repeat < interval
    {
        let message = "nothing is sent again sooner than `group_interval`".to_owned();
        add(node, "routing.repeat_interval".to_owned(), message, "make it the longer one".to_owned());
    }
    if let Some((node, _)) = time("group_wait").filter(|(_, wait)| *wait > interval) {
        let message = format!("the first notification waits {}, longer than any later one", node.describe());
        add(node, "routing.group_wait".to_owned(), message, "write seconds, as `30s`".to_owned());
    }
}

fn stack(root: &Node, add: &mut Add<'_>) {
    for (index, node) in root.at(["stack", "prometheus", "features"]).into_iter().flat_map(Node::items).enumerate() {
        let Some(name) = node.as_str().filter(|name| !FEATURES.contains(name)) else { continue };
        let begun = FEATURES.iter().find(|known| known.strip_prefix(name).is_some_and(|rest| rest.starts_with('-'))).copied();
        if let Some(meant) = misspelt(name, FEATURES).or(begun) {
            let message = format!("Prometheus has no feature `{name}`");
            add(node, format!("stack.prometheus.features[{index}]"), message, format!("did you mean `{meant}`?"));
        }
    }
    let Some(collector) = root.at(["stack", "collector"]) else { return };
    let Some(signals) = collector.get("signals").filter(|signals| signals.as_sequence().is_some()) else { return };
    let has = |signal: &str| signals.items().any(|node| node.as_str() == Some(signal));
    let traced = root.at(["tracing", "endpoint"]).and_then(Node::as_str).map(host);
    let same = traced.is_some_and(|traced| collector.get_str("address").is_some_and(|(_, address)| host(address) == traced));
    if signals.items().next().is_none() {
        add(
            signals,
            "stack.collector.signals".to_owned(),
            "the Collector passes nothing on".to_owned(),
            "name `traces`, `metrics` or `logs`".to_owned(),
        );
    } else if same && !has("traces") {
        let message = "the service sends its traces there, and they are not passed on".to_owned();
        add(signals, "stack.collector.signals".to_owned(), message, "add `traces`".to_owned());
    }
}

/// Recorded series that are asked for, or recorded by the rules beside the manifest, under nearly the same name.
fn recorded(root: &Node, context: &Context<'_>, add: &mut Add<'_>) {
    let own: Vec<(&str, &Node)> = entries(root, "recording").map(|(name, key, _)| (name, key)).collect();
    let names: Vec<&str> = own.iter().map(|(name, _)| *name).collect();
    let world = context.world;
    let mut said = BTreeSet::new();
    for written in expressions(root) {
        let Some(expr) = written.node.as_str().and_then(|text| parse(&crate::promql::grafana::substitute(text).text, &Options::all()).ok())
        else {
            continue;
        };
        walk::visit(&expr, &mut |node| {
            let ExprKind::Selector(selector) = &node.kind else { return };
            let Some(asked) = selector.metric_name().filter(|name| name.contains(':') && !names.contains(name)) else { return };
            let Some(meant) = slip(asked, &names).filter(|_| world.recorded(asked).is_empty() && said.insert(asked.to_owned())) else {
                return;
            };
            add(written.node, written.path.clone(), format!("nothing records `{asked}`"), format!("did you mean `{meant}`?"));
            if let Some((_, key)) = own.iter().find(|(name, _)| *name == meant) {
                let message = format!("this is asked for as `{asked}`");
                add(key, format!("recording.{meant}"), message, "use one name for both".to_owned());
            }
        });
    }
    let by_rules: BTreeSet<&str> = context
        .rule_files()
        .flat_map(|file| &file.groups)
        .flat_map(|group| &group.rules)
        .filter(|rule| !rule.is_alert())
        .filter_map(|rule| rule.name.as_str())
        .collect();
    let listed: Vec<&str> = by_rules.iter().copied().filter(|name| !names.contains(name)).collect();
    for (name, key) in own.iter().filter(|(name, _)| !by_rules.contains(name) && by_rules.len() < 1000) {
        if let Some(meant) = slip(name, &listed) {
            add(key, format!("recording.{name}"), format!("the rules record nearly this, `{meant}`"), format!("did you mean `{meant}`?"));
        }
    }
}
