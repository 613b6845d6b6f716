//! Remote storage: addresses that take no samples, and queues that cannot keep up.

use crate::diagnostic::{Diagnostic, Level};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::PrometheusView;
use crate::lint::words::hosts::{is_own, slip_of_taking};
use crate::promql::duration::parse_duration;
use crate::source::Node;

rule! {
    /// `remote_write` sends to an address that takes no samples (the path of queries, none at all, that of another product, this very
    /// Prometheus), or its queue contradicts itself: less room than one request takes, back-offs of hours, so many shards that memory
    /// ends first. `remote_read` asks an address that only takes samples.
    /// The same goes for what tells Prometheus to keep no trace of itself, or no exemplar.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// remote_write: [{ url: "http://mimir:9009" }]
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// remote_write: [{ url: "http://mimir:9009/api/v1/push" }]
    /// ```
    RemoteEndpoint, "remote-endpoint", Warning up to Error
}

/// Products by words of their hosts, and the path that takes samples.
const PRODUCTS: &[(&str, &str)] = &[
    ("mimir", "/api/v1/push"),
    ("cortex", "/api/v1/push"),
    ("thanos", "/api/v1/receive"),
    ("prometheus", "/api/v1/write"),
    ("vminsert", "/api/v1/write"),
    ("victoria", "/api/v1/write"),
];

impl Rule for RemoteEndpoint {
    fn prometheus(&self, view: &PrometheusView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (index, (node, _)) in view.config.remote_write.iter().enumerate() {
            let path = format!("remote_write[{index}]");
            let mut report = |level: Level, at: &Node, key: &str, message: String, help: &str| {
                found.push(META.finding_at(level, at.span, message).path(format!("{path}.{key}")).help(help));
            };
            address(node, view, &mut report);
            if let Some(queue) = node.get("queue_config") {
                queue_of(queue, &mut report);
            }
            for (name, _, value) in node.entries_of("headers").filter(|(.., value)| value.as_str() == Some("")) {
                report(Level::Warning, value, "headers", format!("the header `{name}` is empty"), "write its value, or remove it");
            }
        }
        alike(view, found);
        tenants(view, found);
        traced(view, found);
        let reads = view.config.root.get("remote_read").and_then(Node::as_sequence).unwrap_or_default();
        for (index, url) in reads.iter().enumerate().filter_map(|(index, node)| Some((index, node.get("url")?))) {
            let path = url.as_str().and_then(|text| text.split('?').next()).unwrap_or("").trim_end_matches('/');
            if ["/api/v1/write", "/api/v1/push", "/api/v1/receive"].iter().any(|end| path.ends_with(end)) {
                let message = format!("{} takes samples, and gives none back", url.describe());
                let finding = META.finding_at(Level::Error, url.span, message).path(format!("remote_read[{index}].url"));
                found.push(finding.help("name the path that is read, such as `/api/v1/read`"));
            } else if url
                .as_str()
                .and_then(|text| text.split_once("://"))
                .is_some_and(|(_, rest)| is_itself(view, rest.split('/').next().unwrap_or("")))
            {
                let message = "this Prometheus reads from itself what it has already".to_owned();
                let finding = META.finding_at(Level::Warning, url.span, message).path(format!("remote_read[{index}].url"));
                found.push(finding.help("name the remote storage"));
            }
        }
        let tsdb = view.config.root.at(["storage", "tsdb"]);
        let time = |node: Option<&Node>| node.and_then(Node::as_str).and_then(|text| parse_duration(text).ok());
        if let Some(node) = tsdb.and_then(|tsdb| tsdb.get("out_of_order_time_window")) {
            let mut report = |finding: Diagnostic, help: &str| {
                found.push(finding.path("storage.tsdb.out_of_order_time_window").help(help));
            };
            match time(Some(node)) {
                Some(millis) if millis > 7 * 86_400_000 => {
                    let message = format!("samples of {} ago are taken in, and all of that is kept in memory", node.describe());
                    report(META.finding(node.span, message), "an hour or a day is enough for most senders");
                }
                Some(1..1000) => {
                    let message = format!("hardly any sample is late by less than {}", node.describe());
                    report(META.finding_at(Level::Warning, node.span, message), "write minutes, as `30m`");
                }
                _ => {}
            }
        }
        let kept = tsdb.and_then(|tsdb| tsdb.get("retention")?.get("time"));
        if let Some(node) = kept.filter(|node| time(Some(node)).is_some_and(|millis| millis > 0 && millis < 86_400_000)) {
            found.push(
                META.finding(node.span, format!("what is older than {} is gone", node.describe()))
                    .path("storage.tsdb.retention.time")
                    .help("keep a day at least, as `15d`"),
            );
        }
        let size = tsdb.and_then(|tsdb| tsdb.get("retention")?.get("size"));
        if let Some(node) = size.filter(|node| {
            node.as_str().is_some_and(|text| {
                ["KB", "MB", "KiB", "MiB"].iter().any(|unit| text.ends_with(unit))
                    || (text.ends_with('B') && text[..text.len() - 1].bytes().all(|b| b.is_ascii_digit()))
            })
        }) {
            let small = node.as_str().is_some_and(|text| !text.ends_with("MB") && !text.ends_with("MiB") || text.len() < 6);
            if small {
                found.push(
                    META.finding(node.span, format!("{} hold hardly an hour of samples", node.describe()))
                        .path("storage.tsdb.retention.size")
                        .help("keep gigabytes, as `50GB`"),
                );
            }
        }
    }
}

type Report<'r> = dyn FnMut(Level, &Node, &str, String, &str) + 'r;

/// Whether a host with a port is this very server.
fn is_itself(view: &PrometheusView<'_>, host: &str) -> bool {
    // What a job called after Prometheus scrapes is this server.
    let own = view.config.jobs.iter().filter(|job| job.name() == "prometheus").flat_map(|job| &job.targets.addresses);
    own.filter_map(|node| node.as_str()).any(|address| address == host)
        || host == "prometheus:9090"
        || host.strip_suffix(":9090").is_some_and(is_own)
}

/// Two writes of the same samples to the same place: with one URL, the same headers and credentials, and the same relabelling.
fn alike(view: &PrometheusView<'_>, found: &mut Vec<Diagnostic>) {
    let text = |node: &Node| shown(node);
    let all: Vec<(&Node, &str, String)> = view
        .config
        .remote_write
        .iter()
        .filter_map(|(node, _)| {
            let url = node.get("url")?.as_str()?;
            let rest = ["headers", "http_headers", "basic_auth", "authorization", "sigv4", "azuread", "write_relabel_configs"];
            Some((*node, url, rest.iter().filter_map(|key| node.get(key)).map(text).collect::<Vec<_>>().join(";")))
        })
        .collect();
    // Without relabelling of its own, a second one sends all that the first does.
    let plain = |node: &Node| node.items_of("write_relabel_configs").next().is_none();
    for (index, (node, url, rest)) in all.iter().enumerate() {
        let who = |node: &Node| ["headers", "http_headers", "params"].iter().filter_map(|key| node.get(key)).map(shown).collect::<Vec<_>>();
        let other = all[..index]
            .iter()
            .find(|(first, other, known)| other == url && (known == rest || (plain(first) || plain(node)) && who(first) == who(node)));
        if let (Some((first, ..)), Some(place)) = (other, node.get("url")) {
            let finding = META.finding_at(Level::Warning, place.span, "the same samples are sent here by another entry");
            let finding = finding.path(format!("remote_write[{index}].url")).related(first.span, "the first one");
            found.push(finding.help("remove one, or send other samples or another tenant"));
        }
    }
}

/// All that is written in a node.
fn shown(node: &Node) -> String {
    let below = node.entries().map(|(name, _, value)| format!("{name}:{}", shown(value)));
    let items = node.items().map(shown);
    format!("[{}{}]", node.as_str().unwrap_or(""), below.chain(items).collect::<Vec<_>>().join(","))
}

/// What is told of Prometheus's own traces and of exemplars that keeps none of them.
fn traced(view: &PrometheusView<'_>, found: &mut Vec<Diagnostic>) {
    let root = view.config.root;
    let mut report = |node: &Node, path: &str, message: &str, help: &str| {
        found.push(META.finding_at(Level::Warning, node.span, message).path(path).help(help));
    };
    if let Some(node) = root.at(["tracing", "sampling_fraction"]).filter(|node| node.as_f64() == Some(0.0)) {
        report(node, "tracing.sampling_fraction", "no request of Prometheus is traced", "write a share above 0, or remove `tracing`");
    }
    let tls = root.at(["tracing", "tls_config"]).filter(|tls| tls.entries().next().is_some());
    let insecure = root.at(["tracing", "insecure"]).filter(|node| node.as_bool() == Some(true));
    if let Some(node) = insecure.filter(|_| tls.is_some()) {
        report(node, "tracing.insecure", "with `insecure: true` there is no TLS, and `tls_config` is not read", "keep one of the two");
    }
    let endpoint = root
        .at(["tracing", "endpoint"])
        .filter(|node| node.as_str().is_some_and(|text| !text.contains([':', '$', '{']) && !text.is_empty()));
    if let Some(node) = endpoint {
        report(node, "tracing.endpoint", &format!("{} has no port", node.describe()), "write it as `host:4317`");
    }
    if let Some(node) = root.at(["storage", "exemplars", "max_exemplars"]).filter(|node| node.as_f64().is_some_and(|most| most <= 0.0)) {
        report(node, "storage.exemplars.max_exemplars", "no exemplar is kept", "write `100000`, or remove it");
    }
}

fn address(node: &Node, view: &PrometheusView<'_>, report: &mut Report<'_>) {
    let Some((url, text)) = node.get_str("url") else { return };
    let Some((_, rest)) = text.split_once("://").filter(|_| !text.contains("${") && !text.contains("{{")) else { return };
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let path = path.split('?').next().unwrap_or("").trim_end_matches('/');
    let host = authority.rsplit('@').next().unwrap_or("");
    let name = host.split(':').next().unwrap_or("");
    let itself = is_itself(view, host);
    let help = "name the path that takes samples, such as `/api/v1/push` or `/api/v1/write`";
    if itself {
        report(Level::Warning, url, "url", "this Prometheus sends its samples to itself".to_owned(), "name the remote storage");
    } else if path.is_empty() {
        report(Level::Warning, url, "url", format!("{} has no path, and the root of a server takes no samples", url.describe()), help);
    } else if ["/read", "/query", "/query_range", "/labels", "/series", "/metrics", "/alerts"].iter().any(|end| path.ends_with(end)) {
        report(Level::Error, url, "url", format!("{} takes no samples", url.describe()), help);
    } else if let Some(meant) = slip_of_taking(path) {
        report(Level::Warning, url, "url", format!("nothing takes samples at `{path}`"), &format!("did you mean `…/{meant}`?"));
    } else if path.ends_with("/loki/api/v1/push") {
        report(Level::Error, url, "url", "Loki takes lines here, and no samples".to_owned(), "name a storage of metrics");
    } else if let Some((product, right)) = PRODUCTS.iter().find(|(product, _)| name.contains(product)) {
        let known = ["/push", "/write", "/receive"].iter().any(|end| path.ends_with(end));
        let takes = path.ends_with(right) || (*product == "cortex" && path.ends_with("/prom/push"));
        if !takes && (known || !path.contains("/v1/")) {
            report(Level::Warning, url, "url", format!("a {product} takes samples at `{right}`"), &format!("write it as `{right}`"));
        }
    }
}

fn queue_of(queue: &Node, report: &mut Report<'_>) {
    let number = |key: &str| queue.get(key).and_then(|node| Some((node, node.as_i64()?)));
    let default = |key: &str, value: i64| number(key).map_or(value, |(_, number)| number);
    let key = "queue_config";
    let (capacity, send, shards) = (default("capacity", 10_000), default("max_samples_per_send", 2000), default("max_shards", 50));
    if capacity > 0
        && capacity <= send
        && let Some((node, _)) = number("capacity").or(number("max_samples_per_send"))
    {
        let message = format!("a shard holds {capacity} samples, and one request takes {send}: nothing is read while it is sent");
        report(Level::Warning, node, key, message, "hold three to ten times what one request takes");
    } else if shards > 1000 {
        if let Some((node, _)) = number("max_shards") {
            report(Level::Warning, node, key, format!("{shards} shards are as many connections"), "use 50 to 200");
        }
    } else if capacity.saturating_mul(shards) > 100_000_000
        && let Some((node, _)) = number("capacity")
    {
        report(Level::Warning, node, key, format!("{capacity} samples in each of {shards} shards do not fit into memory"), "use `10000`");
    }
    if let Some((node, _)) = number("max_samples_per_send").filter(|(_, number)| (1..50).contains(number)) {
        report(Level::Warning, node, key, format!("requests of {} samples cannot keep up", node.describe()), "use `2000`");
    }
    for (name, least, most) in [("max_backoff", 0, 600_000), ("batch_send_deadline", 0, 300_000), ("sample_age_limit", 60_000, i64::MAX)] {
        let Some((node, millis)) = queue.get(name).and_then(|node| Some((node, parse_duration(node.as_str()?).ok()?))) else { continue };
        if millis > most {
            report(Level::Warning, node, key, format!("samples wait {} and longer", node.describe()), "write seconds");
        } else if millis > 0 && millis < least {
            report(
                Level::Warning,
                node,
                key,
                format!("whatever is older than {} is thrown away", node.describe()),
                "write minutes or hours",
            );
        }
    }
}

/// Samples that are read back of another tenant of the storage than the one they are written to.
fn tenants(view: &PrometheusView<'_>, found: &mut Vec<Diagnostic>) {
    let host = |node: &Node| node.get_str("url").and_then(|(_, url)| Some(url.split_once("://")?.1.split('/').next()?.to_owned()));
    let tenant = |node: &'_ Node| -> Option<(crate::source::Span, String)> {
        let (_, _, value) = node.entries_of("headers").find(|(name, ..)| name.eq_ignore_ascii_case("X-Scope-OrgID"))?;
        Some((value.span, value.as_str()?.to_owned()))
    };
    let writes: Vec<_> = view.config.remote_write.iter().filter_map(|(node, _)| Some((host(node)?, tenant(node)?))).collect();
    let reads = view.config.root.get("remote_read").and_then(Node::as_sequence).unwrap_or_default();
    for (index, read) in reads.iter().enumerate() {
        let (Some(host), Some((span, own))) = (host(read), tenant(read)) else { continue };
        let mut same = writes.iter().filter(|(other, _)| *other == host).peekable();
        let Some((_, (place, first))) = same.peek() else { continue };
        // Several tenants are read together as `a|b`.
        if same.clone().any(|(_, (_, tenant))| own.split('|').any(|one| one == tenant)) {
            continue;
        }
        let message = format!("this reads of the tenant `{own}`, and samples are written to `{first}`");
        let finding = META.finding(span, message).path(format!("remote_read[{index}].headers"));
        found.push(finding.related(*place, "written here").help("name the same tenant"));
    }
}
