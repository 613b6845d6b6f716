//! Receivers and processors of a Collector that cannot read or keep what they are to.

use globset::GlobBuilder;

use crate::diagnostic::{Diagnostic, Level, misspelt};
use crate::formats::collector::kind;
use crate::formats::prometheus::LOOKBACK;
use crate::formats::tables::go_duration;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, Section, rule};
use crate::lint::views::CollectorView;
use crate::lint::words::anchored::full_match;
use crate::source::Node;

rule! {
    /// A receiver reads nothing: the metrics of its Prometheus configuration are all dropped or that does not stand below `config`, its files are none or all left out. Or a
    /// processor or an exporter forgets what it got: a detector
    /// that there is not, two sources for one attribute, metrics that expire before they are scraped or are flushed too seldom.
    ///
    /// ```yaml fires
    /// # file: otel-collector.yml
    /// receivers: { filelog: { include: [/var/log/app.log], start_at: tail } }
    /// exporters: { otlp: { endpoint: "tempo:4317" } }
    /// service: { pipelines: { logs: { receivers: [filelog], exporters: [otlp] } } }
    /// ```
    /// ```yaml silent
    /// # file: otel-collector.yml
    /// receivers: { filelog: { include: [/var/log/app.log], start_at: end } }
    /// exporters: { otlp: { endpoint: "tempo:4317" } }
    /// service: { pipelines: { logs: { receivers: [filelog], exporters: [otlp] } } }
    /// ```
    CollectorReceiver, "collector-receiver", Error
}

/// What can be found out about the machine.
const DETECTORS: &[&str] = &[
    "aks",
    "akamai",
    "azure",
    "consul",
    "digitalocean",
    "docker",
    "dynatrace",
    "ec2",
    "ecs",
    "eks",
    "elastic_beanstalk",
    "env",
    "gcp",
    "heroku",
    "hetzner",
    "k8snode",
    "kubeadm",
    "lambda",
    "nova",
    "openshift",
    "oraclecloud",
    "scaleway",
    "system",
    "upcloud",
    "vultr",
];

impl Rule for CollectorReceiver {
    fn collector(&self, view: &CollectorView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for section in ["receivers", "processors", "exporters", "connectors"] {
            for (id, key, body) in view.config.components(section) {
                let mut report = Section::new(&META, format!("{section}.{id}"), found);
                let every = body.get("collection_interval").and_then(|node| Some((node, go_duration(node.as_str()?)?)));
                if let Some((node, _)) = every.filter(|(_, millis)| section == "receivers" && *millis > LOOKBACK as f64) {
                    let message = format!("Prometheus forgets series after 5m, and these come every {}", node.describe());
                    report.add(Level::Warning, node, "collection_interval", message, "collect more often");
                }
                if (section, kind(id)) == ("receivers", "hostmetrics") {
                    filters(body, &mut report);
                }
                match (section, kind(id)) {
                    ("receivers", "prometheus") => {
                        let set = ["config", "target_allocator", "scrape_configs"]
                            .iter()
                            .any(|name| body.get(name).is_some_and(|node| !node.is_null()));
                        if !set {
                            report.add(
                                Level::Error,
                                key,
                                "config",
                                "nothing is scraped, and the Collector refuses that",
                                "add `config: { scrape_configs: […] }`",
                            );
                        }
                        scraping(body, &mut report);
                    }
                    ("receivers", "filelog" | "file_log") => files(body, &mut report),
                    ("processors", "resourcedetection" | "resource_detection") => {
                        let is_short = |text: &str| DETECTORS.iter().find(|known| text.len() > 2 && known.starts_with(text)).copied();
                        if let Some(list) = body.get("detectors").filter(|list| list.as_sequence().is_some_and(<[_]>::is_empty)) {
                            report.add(Level::Warning, list, "detectors", "nothing is found out", "name some, as `env`");
                        }
                        let listed: Vec<&str> = body.items_of("detectors").filter_map(Node::as_str).collect();
                        for (name, key, _) in body.entries().filter(|(name, ..)| !listed.is_empty() && !listed.contains(name)) {
                            if DETECTORS.contains(&name) && listed.iter().all(|text| !text.contains('$')) {
                                let message = format!("`{name}` is not among the detectors, and this is not read");
                                report.add(Level::Warning, key, name, message, "name it under `detectors`");
                            }
                        }
                        for node in body.items_of("detectors").filter(|node| node.as_str().is_none_or(|text| !DETECTORS.contains(&text))) {
                            if let Some(meant) = node.as_str().and_then(|text| misspelt(text, DETECTORS).or_else(|| is_short(text))) {
                                report.add(
                                    Level::Error,
                                    node,
                                    "detectors",
                                    format!("there is no detector {}", node.describe()),
                                    &format!("did you mean `{meant}`?"),
                                );
                            }
                        }
                    }
                    ("processors", "attributes" | "resource") => sources(body, &mut report),
                    ("connectors", "spanmetrics" | "span_metrics") => {
                        let flush = body.get("metrics_flush_interval").and_then(|node| Some((node, go_duration(node.as_str()?)?)));
                        if let Some((node, _)) = flush.filter(|(_, millis)| *millis >= LOOKBACK as f64) {
                            let message = format!("metrics come every {}, and Prometheus forgets them after 5m", node.describe());
                            report.add(Level::Warning, node, "metrics_flush_interval", message, "use `15s` to `1m`");
                        }
                    }
                    ("exporters", "prometheus") => {
                        let expiry = body.get("metric_expiration").and_then(|node| Some((node, go_duration(node.as_str()?)?)));
                        if let Some((node, _)) = expiry.filter(|(_, millis)| *millis < 60_000.0) {
                            let message = format!("metrics that are {} old are gone, before most of them come again", node.describe());
                            report.add(Level::Warning, node, "metric_expiration", message, "keep them for minutes, as in `5m`");
                        }
                    }
                    _ => {}
                }
            }
        }
    }
}

/// Attributes that are to come from two places.
fn sources(body: &Node, report: &mut Section<'_>) {
    for list in ["actions", "attributes"] {
        for action in body.items_of(list) {
            let from = action.get("from_attribute").or_else(|| action.get("from_context"));
            if let (Some(_), Some(node)) = (action.get("value"), from) {
                report.add(Level::Error, node, list, "the attribute has a `value` already", "keep one of the two");
            }
        }
    }
}

/// The scrape configuration inside of a receiver.
fn scraping(body: &Node, report: &mut Section<'_>) {
    for key in ["scrape_configs", "global", "scrape_config_files"] {
        if let Some((node, _)) = body.entry(key) {
            report.add(
                Level::Error,
                node,
                key,
                format!("`{key}` stands below `config`, and is not known here"),
                "write it under `config:`",
            );
        }
    }
    let Some(config) = body.get("config") else { return };
    for job in config.items_of("scrape_configs") {
        let interval =
            job.get("scrape_interval").and_then(|node| Some((node, crate::promql::duration::parse_duration(node.as_str()?).ok()?)));
        if let Some((node, _)) = interval.filter(|(_, millis)| *millis > LOOKBACK) {
            let message = format!("Prometheus forgets series after 5m, and these come every {}", node.describe());
            report.add(Level::Warning, node, "config.scrape_configs", message, "scrape more often");
        }
        for step in job.items_of("metric_relabel_configs") {
            if let Some((node, text)) = kept_runtime(step) {
                let message = format!("of all metrics only those of the runtime are kept: {text}");
                report.add(Level::Warning, node, "config.scrape_configs", message, "write `action: drop`, or keep others as well");
            }
            let of_names = step.get("source_labels").is_some_and(|list| list.items().all(|label| label.as_str() == Some("__name__")));
            let text = step.get("regex").and_then(Node::as_str).unwrap_or("(.*)");
            let takes = ["up", "http_requests_total", "process_cpu_seconds_total"].iter().all(|name| full_match(text, name) == Some(true));
            // What stands for anything is found in every scrape configuration.
            let is_plain = full_match(text, "") == Some(true) || matches!(text, ".+" | "(.+)");
            if of_names && takes && !is_plain && step.get("action").and_then(Node::as_str) == Some("drop") {
                report.add(
                    Level::Error,
                    step,
                    "config.scrape_configs",
                    "this drops every metric",
                    "write a pattern for those that are not wanted",
                );
            }
        }
    }
}

/// A pattern of names that a step keeps, and that takes nothing but what a runtime tells of itself.
fn kept_runtime(step: &Node) -> Option<(&Node, &str)> {
    let of_names = step.get("source_labels").is_some_and(|list| list.items().all(|label| label.as_str() == Some("__name__")));
    let (node, text) = step.get_str("regex").filter(|_| of_names && step.get("action").and_then(Node::as_str) == Some("keep"))?;
    let of_runtime = |part: &str| ["go_", "process_", "jvm_", "python_", "promhttp_"].iter().any(|start| part.starts_with(start));
    let inner = text.trim_start_matches(['^', '(']);
    inner.split('|').all(of_runtime).then_some((node, text))
}

/// Encodings of files, as they are usually called.
const ENCODINGS: &[&str] = &[
    "utf-8",
    "utf8",
    "utf-8-raw",
    "utf-16le",
    "utf-16be",
    "ascii",
    "us-ascii",
    "big5",
    "nop",
    "iso-8859-1",
    "latin1",
    "gbk",
    "shift_jis",
    "windows-1252",
];

/// Files that are followed, and what becomes of their lines.
fn files(body: &Node, report: &mut Section<'_>) {
    if let Some(node) =
        body.get("start_at").filter(|node| node.as_str().is_some_and(|text| !matches!(text, "beginning" | "end") && !text.contains('$')))
    {
        report.add(Level::Error, node, "start_at", format!("{} is no place to start at", node.describe()), "use `beginning` or `end`");
    }
    for (key, least, message) in [
        ("max_concurrent_files", 2, "files are read in turns, for which there have to be two at least"),
        ("fingerprint_size", 16, "files are told apart by 16 bytes at least"),
    ] {
        if let Some(node) = body.get(key).filter(|node| node.as_i64().is_some_and(|number| number < least)) {
            report.add(Level::Error, node, key, message, "leave it out, or write more");
        }
    }
    let ends = body.get("start_at").is_none_or(|node| node.as_str() == Some("end"));
    if let Some(node) = body.get("delete_after_read").filter(|node| ends && node.as_bool() == Some(true)) {
        report.add(
            Level::Error,
            node,
            "delete_after_read",
            "only what is read from its beginning is removed",
            "write `start_at: beginning`",
        );
    }
    if let Some((node, name)) = body.get_str("encoding").filter(|(_, name)| !ENCODINGS.contains(&name.to_lowercase().as_str())) {
        let near = ENCODINGS.iter().find(|known| name.to_lowercase().starts_with(**known) && known.len() > 3).copied();
        if let Some(meant) = misspelt(name, ENCODINGS).or(near) {
            report.add(
                Level::Error,
                node,
                "encoding",
                format!("there is no encoding {}", node.describe()),
                &format!("did you mean `{meant}`?"),
            );
        }
    }
    for node in body.items_of("include").chain(body.items_of("exclude")) {
        if node.as_str().is_some_and(|path| path.rfind('[').is_some_and(|at| !path[at..].contains(']'))) {
            let message = format!("{} is no pattern of files: a bracket does not close", node.describe());
            report.add(Level::Error, node, "include", message, "close it");
        }
    }
    for node in body.items_of("include").filter(|node| node.as_str().is_some_and(|path| path.starts_with("~/"))) {
        report.add(Level::Warning, node, "include", "only a shell knows what `~` stands for", "write the whole path");
    }
    let included: Vec<&Node> = body.items_of("include").collect();
    let excluded: Vec<&str> = body.items_of("exclude").filter_map(Node::as_str).collect();
    if let Some(node) = body.get("include").filter(|node| node.as_sequence().is_some_and(<[_]>::is_empty)) {
        report.add(Level::Error, node, "include", "no files are read", "name some, as in `/var/log/app/*.log`");
    } else if !included.is_empty()
        && included.iter().all(|node| node.as_str().is_some_and(|text| excluded.iter().any(|out| covers(out, text))))
    {
        let node = body.get("exclude").unwrap_or(body);
        report.add(Level::Error, node, "exclude", "all that is included is left out again", "leave less out");
    }
}

/// Whether one pattern of files takes all that another does.
fn covers(wide: &str, narrow: &str) -> bool {
    // What stands for anything is tried with a name that no other pattern was written for.
    let sample = narrow.replace("**", "qzx7/wvy3").replace('*', "qzx7");
    let glob = GlobBuilder::new(wide).literal_separator(true).build();
    wide == narrow || (!narrow.contains(['?', '[', '{', '$']) && glob.is_ok_and(|glob| glob.compile_matcher().is_match(&sample)))
}

/// What scrapers of the machine leave in or out by patterns that are compared as they stand.
fn filters(body: &Node, report: &mut Section<'_>) {
    for (_, _, scraper) in body.entries_of("scrapers") {
        for (name, _, filter) in scraper.entries().filter(|(name, ..)| name.starts_with("include") || name.starts_with("exclude")) {
            if filter.get("match_type").and_then(Node::as_str) != Some("strict") {
                continue;
            }
            let lists = filter.entries().filter(|(_, _, list)| list.as_sequence().is_some()).flat_map(|(_, _, list)| list.items());
            let pattern = lists.filter_map(Node::with_str).find(|(_, text)| text.contains(['*', '^', '$', '|']) && !text.contains("${"));
            if let Some((node, _)) = pattern {
                let message = format!("{} is compared as it stands, and nothing is called so", node.describe());
                report.add(Level::Warning, node, name, message, "write `match_type: regexp`");
            }
        }
    }
}
