//! Values of a manifest that it takes and that cannot be meant.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::words::hold::longest_hold;
use crate::source::Node;

rule! {
    /// A dependency is of one kind and its exporter listens at the port of another kind's; an objective is below one half, so that a
    /// service which fails every other time keeps its promise, or kept over hours; what spends a budget fast is less grave than what does so
    /// slowly; or a metric has no help.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// dependencies: { database: { kind: mysql, exporter: "exporter:9187" } }
    /// # file: alerts.yml
    /// groups: [{ name: web, rules: [{ alert: Down, expr: 'up{job="web"} == 0', labels: { severity: critical } }] }]
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// dependencies: { database: { kind: postgres, exporter: "exporter:9187" } }
    /// # file: alerts.yml
    /// groups: [{ name: web, rules: [{ alert: Down, expr: 'up{job="web"} == 0', labels: { severity: critical } }] }]
    /// ```
    ManifestValue, "manifest-value", Warning
}

/// Ports at which the exporters of Prometheus's list listen unless told otherwise.
const PORTS: &[(&str, &str)] = &[
    ("postgres", "9187"),
    ("mysql", "9104"),
    ("redis", "9121"),
    ("memcached", "9150"),
    ("mongodb", "9216"),
    ("rabbitmq", "15692"),
    ("kafka", "9308"),
];

/// In milliseconds.
const WEEK: i64 = 7 * 24 * 3_600_000;

/// Languages that services are written in.
const LANGUAGES: &[&str] = &[
    "elixir",
    "erlang",
    "go",
    "golang",
    "java",
    "kotlin",
    "scala",
    "clojure",
    "javascript",
    "typescript",
    "node",
    "nodejs",
    "python",
    "ruby",
    "rust",
    "php",
    "perl",
    "csharp",
    "dotnet",
    "cpp",
    "swift",
    "haskell",
    "ocaml",
    "lua",
];

impl Rule for ManifestValue {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        context.each_manifest(found, |manifest, found| {
            let mut add = |node: &Node, path: String, message: String, help: String| {
                found.push(META.finding(node.span, message).path(path).help(help));
            };
            let entries = |key: &str| manifest.entries_of(key);
            let written = |section: &str, key: &str| manifest.get(section).and_then(|section| section.get(key)).and_then(Node::with_str);
            if let Some((node, language)) = written("service", "language")
                && let Some(meant) = crate::diagnostic::misspelt(language, LANGUAGES)
            {
                let message = format!("{} is nearly a language that is known", node.describe());
                add(node, "service.language".to_owned(), message, format!("did you mean `{meant}`?"));
            }
            let share = |text: &str| text.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
            if let Some((node, _)) = written("tracing", "sample").filter(|(_, text)| share(text) == Some(0.0)) {
                let message = "of no request there is a trace".to_owned();
                add(node, "tracing.sample".to_owned(), message, "sample some, as `1%`, or leave `tracing` out".to_owned());
            }
            let crashes = manifest.get("errors").and_then(|errors| errors.get("sentry")?.get("traces_sample"));
            if let Some(node) = crashes.filter(|node| node.as_str().and_then(share) == Some(0.0)) {
                let message = "of no transaction there is a trace".to_owned();
                add(node, "errors.sentry.traces_sample".to_owned(), message, "sample some, as `1%`, or leave it out".to_owned());
            }
            let millis = |text: &str| crate::promql::duration::parse_duration(text).ok();
            if let Some((node, _)) =
                written("dashboard", "refresh").filter(|(_, text)| millis(text).is_some_and(|millis| (1..5000).contains(&millis)))
            {
                let message = format!("Grafana allows no refresh every {} unless it is told to", node.describe());
                add(node, "dashboard.refresh".to_owned(), message, "refresh every `5s` or more seldom".to_owned());
            }
            for (name, _, dependency) in entries("dependencies") {
                let (Some(kind), Some(exporter)) = (dependency.get("kind"), dependency.get("exporter").and_then(Node::as_str)) else {
                    continue;
                };
                let port = exporter.rsplit_once(':').map_or("", |(_, port)| port);
                let other = PORTS.iter().find(|(_, known)| *known == port).map(|(kind, _)| *kind);
                if let Some(other) = other.filter(|other| {
                    kind.as_str().is_some_and(|kind| kind != *other && (kind == "http" || PORTS.iter().any(|(k, _)| *k == kind)))
                }) {
                    let message =
                        format!("the exporter listens at {port}, where that of {other} does, and the kind is {}", kind.describe());
                    add(kind, format!("dependencies.{name}.kind"), message, format!("write `kind: {other}`, or correct the exporter"));
                }
            }
            for (section, name, node) in ["dependencies", "metrics"]
                .into_iter()
                .flat_map(|section| entries(section).map(move |(name, _, of)| (section, name, of)))
                .filter_map(|(section, name, of)| Some((section, name, of.get("max_series")?)))
            {
                if node.as_i64() == Some(0) {
                    let message = "there is always more than no series".to_owned();
                    add(node, format!("{section}.{name}.max_series"), message, "say how many there may be, or leave it out".to_owned());
                }
            }
            for (name, _, objective) in entries("objectives") {
                let target =
                    objective.get("target").and_then(|node| Some((node, node.as_str()?.strip_suffix('%')?.trim().parse::<f64>().ok()?)));
                if let Some((node, _)) = target.filter(|(_, percent)| *percent < 50.0) {
                    let message =
                        format!("with an objective of {} a service that fails every other time keeps its promise", node.describe());
                    add(
                        node,
                        format!("objectives.{name}.target"),
                        message,
                        "write the share that has to be good, such as 99.9%".to_owned(),
                    );
                }
            }
            for (name, _, objective) in entries("objectives") {
                let window = objective.get_str("window").and_then(|(node, text)| Some((node, text.strip_suffix('h')?)));
                if let Some((node, number)) = window.filter(|(_, number)| matches!(*number, "7" | "14" | "28" | "30" | "90")) {
                    let message = format!("an objective is kept over weeks, and {} are hours", node.describe());
                    add(node, format!("objectives.{name}.window"), message, format!("did you mean `{number}d`?"));
                }
            }
            alerts(manifest, &mut add);
            for (name, key, metric) in entries("metrics") {
                match metric.get("help") {
                    Some(node) if node.as_str().is_some_and(|text| text.trim().is_empty()) => {
                        add(
                            node,
                            format!("metrics.{name}.help"),
                            format!("the help of `{name}` is empty"),
                            "say what it counts".to_owned(),
                        );
                    }
                    None if metric.get("type").is_some() => {
                        add(
                            key,
                            format!("metrics.{name}"),
                            format!("`{name}` has no help"),
                            "say what it counts, as in `help: …`".to_owned(),
                        );
                    }
                    _ => {}
                }
            }
        });
    }
}

type Add<'r> = dyn FnMut(&Node, String, String, String) + 'r;

/// The severity of the fast or the slow alert of a budget.
fn tier<'a>(alert: &'a Node, which: &str) -> Option<(&'a Node, &'a str)> {
    alert.at(["severity", which]).and_then(Node::with_str)
}

/// How grave a severity is, of those that everybody knows.
fn rank(severity: &str) -> Option<usize> {
    ["info", "warning", "critical"].iter().position(|known| *known == severity)
}

/// Alerts that wait for days, or that are called as the one that always fires.
fn alerts(manifest: &Node, add: &mut Add<'_>) {
    let millis = |text: &str| crate::promql::duration::parse_duration(text).ok();
    for (name, key, alert) in manifest.entries_of("alerts") {
        if name == "Watchdog" && alert.get_str("expr").is_none_or(|(_, text)| !text.contains("vector(")) {
            let message = "the alert that always fires is called so, and what has this name goes where that goes".to_owned();
            add(key, format!("alerts.{name}"), message, "call it otherwise".to_owned());
        }
        if let (Some((fast, pages)), Some((_, slow))) = (tier(alert, "fast"), tier(alert, "slow"))
            && rank(pages).zip(rank(slow)).is_some_and(|(fast, slow)| fast < slow)
        {
            let message = format!("what spends the budget within hours is {}, and what takes days is `{slow}`", fast.describe());
            add(fast, format!("alerts.{name}.severity"), message, "swap the two".to_owned());
        }
        let severity = alert.get("severity").and_then(Node::as_str).unwrap_or("");
        let longest = longest_hold(severity).filter(|_| alert.get("expr").is_none());
        let waits = alert.get_str("for").and_then(|(node, text)| Some((node, millis(text)?)));
        if let Some((node, _)) = waits.filter(|(_, waits)| longest.is_some_and(|longest| *waits > longest)) {
            let message = format!("nobody is told before it has lasted for {}", node.describe());
            add(node, format!("alerts.{name}.for"), message, "use minutes, or at most some hours".to_owned());
        }
        let kept = alert.get_str("keep_firing_for").and_then(|(node, text)| Some((node, millis(text)?)));
        if let Some((node, _)) = kept.filter(|(_, kept)| *kept >= WEEK) {
            let message = format!("it fires for {} after its cause is gone", node.describe());
            add(node, format!("alerts.{name}.keep_firing_for"), message, "write minutes or hours".to_owned());
        }
    }
}
