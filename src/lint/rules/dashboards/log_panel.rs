//! Queries for log lines that find none of the service's.

use crate::diagnostic::{Diagnostic, did_you_mean, misspelt};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::manifest::telemetry::LogLevel;
use crate::source::Node;

rule! {
    /// A panel asks Loki for the lines of a service whose name is nearly that of one whose manifest is here, for a level that there is
    /// not or that the manifest says is not written, or takes lines apart in another format than the manifest says they have. Or it compares
    /// a label with several values by `=`, which is the text of all of them.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// logging: { format: json, level: info }
    /// # file: dashboard.json
    /// { "title": "Web", "panels": [ { "type": "logs", "title": "Errors", "datasource": { "type": "loki", "uid": "loki" },
    ///   "targets": [ { "refId": "A", "expr": "{service_name=\"web\"} | logfmt | level=\"error\"" } ] } ] }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// logging: { format: json, level: info }
    /// # file: dashboard.json
    /// { "title": "Web", "panels": [ { "type": "logs", "title": "Errors", "datasource": { "type": "loki", "uid": "loki" },
    ///   "targets": [ { "refId": "A", "expr": "{service_name=\"web\"} | json | level=\"error\"" } ] } ] }
    /// ```
    LogPanel, "log-panel", Warning
}

/// Words for levels.
const LEVELS: &[&str] = &[
    "trace",
    "debug",
    "info",
    "information",
    "notice",
    "warn",
    "warning",
    "error",
    "err",
    "critical",
    "fatal",
    "alert",
    "emergency",
    "unknown",
];

/// Other words for the levels that services write whose manifests are obsgen's.
const SHORT: &[(&str, LogLevel)] = &[("err", LogLevel::Error), ("warning", LogLevel::Warn), ("information", LogLevel::Info)];

impl Rule for LogPanel {
    fn dashboard(&self, view: &DashboardView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for panel in &view.dashboard.panels {
            for target in &panel.targets {
                let source = target.datasource.or(panel.datasource).and_then(|source| source.get("type")?.as_str());
                let Some((node, text)) = target.node.get_str("expr") else { continue };
                let is_log = panel.kind == "logs";
                let mut shown = |node: &Node, message: &str, help: &str| {
                    found.push(META.finding(node.span, message).path(format!("{}.expr", target.path)).help(help));
                };
                if source == Some("prometheus") && crate::logql::looks_like(text) {
                    shown(node, "this is a question to Loki, and Prometheus is asked", "name a data source of type `loki`");
                }
                if is_log && source == Some("prometheus") && !crate::logql::looks_like(text) {
                    shown(node, "Prometheus answers with numbers, and a panel of logs shows lines", "ask Loki, or draw a time series");
                }
                if source != Some("loki") {
                    continue;
                }
                let drawn = matches!(panel.kind, "timeseries" | "stat" | "gauge" | "bargauge" | "barchart" | "piechart" | "heatmap");
                let is_selector = text.trim_start().starts_with('{') && !text.contains('[');
                if drawn && is_selector && panel.node.get("transformations").is_none() {
                    shown(
                        node,
                        "the answer are lines, and this panel draws numbers",
                        "count them, as `sum(count_over_time({…}[$__auto]))`",
                    );
                }
                let is_metric = !text.trim_start().starts_with('{') && text.contains('[') && text.contains('{');
                if is_log && is_metric {
                    shown(node, "the answer are numbers, and a panel of logs shows lines", "ask for lines, as `{…} |= \"…\"`");
                }
                if let Some((kind, word)) = target.node.get_str("queryType") {
                    if misspelt(word, &["range", "instant", "stream"]).is_some() {
                        shown(kind, "Loki is asked in no such way", "use `range` or `instant`");
                    } else if is_log && word == "instant" && !is_metric {
                        shown(kind, "Loki does not answer with lines to a question about one moment", "use `range`");
                    }
                }
                let mut add = |message: String, help: String| {
                    found.push(META.finding(node.span, message).path(format!("{}.expr", target.path)).help(help));
                };
                let mut manifests = context.manifests();
                let (only, others) = (manifests.next(), manifests.next());
                let logging = only.filter(|_| others.is_none()).and_then(|manifest| manifest.root.get("logging"));
                asked(text, logging, context, &mut add);
                if let Some(part) = pattern_as_text(text) {
                    let help = "write `|~`, or `!~`, for a pattern".to_owned();
                    add(format!("`|=` and `!=` look for the very text `{part}`"), help);
                }
            }
            let most = panel.targets.iter().filter_map(|target| target.node.get("maxLines"));
            for node in most.filter(|node| panel.kind == "logs" && node.as_i64() == Some(0)) {
                found.push(META.finding(node.span, "not a line is shown").path(panel.path.clone()).help("show some, as 100"));
            }
        }
    }
}

fn asked(text: &str, logging: Option<&Node>, context: &Context<'_>, add: &mut dyn FnMut(String, String)) {
    let services: Vec<&str> = context.world.catalogues.iter().map(|catalogue| catalogue.service.value.as_str()).collect();
    for label in ["service_name", "service", "app", "job", "k8s_deployment_name", "k8s_container_name", "container"] {
        for value in compared(text, label, "=") {
            if let Some(meant) = misspelt(value, &services).filter(|_| services.len() < 100 && !value.contains('$')) {
                add(format!("no service is called `{value}`"), format!("did you mean `{meant}`?"));
            }
        }
    }
    for label in ["level", "detected_level", "severity", "service_name", "service", "app", "job", "namespace"] {
        let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        for value in compared(text, label, "=").into_iter().filter(|value| value.contains('|') && value.split('|').all(is_word)) {
            add(format!("`=` compares with the very text `{value}`"), format!("write `{label}=~\"{value}\"` for any of them"));
        }
    }
    let written = logging.and_then(|logging| logging.get("level")?.as_str());
    // What Loki finds out by itself has words of its own.
    let is_own = || {
        ["service_name", "service", "app", "job"]
            .iter()
            .any(|label| compared(text, label, "=").iter().any(|value| services.contains(value)))
    };
    for value in compared(text, "level", "=").into_iter().filter(|value| logging.is_some() && is_own() && !value.contains('$')) {
        if let Some((_, level)) = SHORT.iter().find(|(word, _)| *word == value.to_lowercase()) {
            add(format!("the service writes no level `{value}`"), format!("write `{}`", level.name()));
        }
    }
    for value in compared(text, "level", "=").into_iter().chain(compared(text, "detected_level", "=")) {
        let lower = value.to_lowercase();
        if let Some(meant) =
            did_you_mean(&lower, LEVELS.iter().copied()).filter(|_| !LEVELS.contains(&lower.as_str()) && !value.contains('$'))
        {
            add(format!("no level is called `{value}`"), format!("did you mean `{meant}`?"));
        }
        if let (Some(asked), Some(least)) = (LogLevel::named(&lower), written.and_then(LogLevel::named))
            && asked < least
        {
            add(
                format!("the service writes from `{}` upwards, and nothing of the level `{value}`", least.name()),
                "ask for a level that is written".to_owned(),
            );
        }
    }
    let format = logging.and_then(|logging| logging.get("format")?.as_str());
    let parses = |word: &str| text.split('|').skip(1).any(|stage| stage.split_whitespace().next() == Some(word));
    let other = match format {
        Some("json") if parses("logfmt") && !parses("json") => Some("logfmt"),
        Some("logfmt") if parses("json") && !parses("logfmt") => Some("json"),
        _ => None,
    };
    if let (Some(other), Some(format)) = (other, format) {
        add(format!("the lines are in `{format}`, as the manifest says, and are read as `{other}`"), format!("write `| {format}`"));
    }
}

/// A text that lines are to hold as it stands, and that begins as only a pattern does.
fn pattern_as_text(text: &str) -> Option<&str> {
    text.match_indices(['|', '!']).find_map(|(at, _)| {
        let rest = text[at + 1..].strip_prefix('=')?.trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '`'))?;
        let inside = rest[1..].split(quote).next()?;
        // Of a label the sign follows its name at once; that of lines stands by itself.
        let is_of_lines = text.as_bytes()[at] == b'|' || text[..at].ends_with([' ', '}']) && !text[..at].trim_end().ends_with(is_name);
        (is_of_lines && ["(?i)", "(?s)", "(?:"].iter().any(|start| inside.starts_with(start))).then_some(inside)
    })
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// What a label is compared with, in any of a query's matchers and filters.
fn compared<'t>(text: &'t str, label: &str, op: &str) -> Vec<&'t str> {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
    text.match_indices(label)
        .filter(|(at, _)| !is_part(text[..*at].chars().next_back()))
        .filter_map(|(at, _)| text[at + label.len()..].trim_start().strip_prefix(op)?.trim_start().strip_prefix('"')?.split_once('"'))
        .map(|(value, _)| value)
        .collect()
}
