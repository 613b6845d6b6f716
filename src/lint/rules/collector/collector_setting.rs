//! Settings of Collector components that contradict one another or cannot work.

use crate::diagnostic::{Diagnostic, Level, misspelt};
use crate::formats::collector::kind;
use crate::formats::tables::go_duration;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, Section, rule};
use crate::lint::views::CollectorView;
use crate::lint::walk;
use crate::source::Node;
use crate::source::node::Scalar;

rule! {
    /// Settings of a component of the OpenTelemetry Collector contradict one another, or cannot work: a memory limit below its own
    /// spike, batches larger than the largest batch, retries that end before they begin, a share above a hundred percent, an action
    /// on attributes without a value, a condition whose brackets do not close.
    ///
    /// ```yaml fires
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// processors: { memory_limiter: { check_interval: 1s, limit_mib: 100, spike_limit_mib: 400 } }
    /// exporters: { debug: {} }
    /// service: { pipelines: { traces: { receivers: [otlp], processors: [memory_limiter], exporters: [debug] } } }
    /// ```
    /// ```yaml silent
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// processors: { memory_limiter: { check_interval: 1s, limit_mib: 400, spike_limit_mib: 100 } }
    /// exporters: { debug: {} }
    /// service: { pipelines: { traces: { receivers: [otlp], processors: [memory_limiter], exporters: [debug] } } }
    /// ```
    CollectorSetting, "collector-setting", Error
}

impl Rule for CollectorSetting {
    fn collector(&self, view: &CollectorView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for section in ["receivers", "processors", "exporters", "connectors", "extensions"] {
            for (id, key, body) in view.config.components(section) {
                let mut report = Section::new(&META, format!("{section}.{id}"), found);
                if id.ends_with('/') {
                    report.add(
                        Level::Error,
                        key,
                        "id",
                        format!("nothing stands behind the `/` of `{id}`"),
                        "name it, or leave the `/` out",
                    );
                }
                match (section, kind(id)) {
                    ("processors" | "extensions", "memory_limiter") => memory(key, body, &mut report),
                    ("processors", "batch") => batch(body, &mut report),
                    ("processors", "resource") => actions(body, "attributes", &mut report),
                    ("processors", "attributes") => actions(body, "actions", &mut report),
                    ("processors", "filter" | "transform") | ("connectors", "routing" | "count" | "sum") => {
                        conditions(body, "", &mut report);
                    }
                    ("processors", "probabilistic_sampler") => percentage(body, "sampling_percentage", &mut report),
                    ("processors", "tail_sampling") => sampling(body, &mut report),
                    ("connectors", "spanmetrics" | "span_metrics") => spans(body, &mut report),
                    ("connectors", "servicegraph" | "service_graph") => graph(body, &mut report),
                    ("extensions", "bearertokenauth" | "bearer_token_auth") => {
                        let token = body.get("token").filter(|node| node.as_str().is_some_and(|text| text.starts_with("Bearer ")));
                        if let Some(node) = token.filter(|_| body.get("scheme").is_none()) {
                            report.add(
                                Level::Warning,
                                node,
                                "token",
                                "`Bearer` is put before it, and so is there twice",
                                "write the token alone",
                            );
                        }
                    }
                    ("extensions", "health_check" | "healthcheckv2") => {
                        let path =
                            body.get("path").filter(|node| node.as_str().is_some_and(|text| !text.starts_with('/') && !text.contains('$')));
                        if let Some(node) = path {
                            report.add(Level::Error, node, "path", format!("{} is no path", node.describe()), "begin it with `/`");
                        }
                    }
                    ("processors", "k8sattributes" | "k8s_attributes") => kubernetes(body, &mut report),
                    _ => {}
                }
                if let Some((node, _)) = time(body, "collection_interval").filter(|(_, millis)| *millis <= 0.0) {
                    report.add(Level::Error, node, "collection_interval", "nothing is ever collected", "write `1m`");
                }
                if section == "exporters" {
                    delivery(body, &mut report);
                }
                walk::mappings(body, &mut |node, _| {
                    environment(node, &mut report);
                    tls(node, &mut report);
                    origins(node, &mut report);
                });
            }
        }
    }
}

fn number<'a>(node: &'a Node, key: &str) -> Option<(&'a Node, i64)> {
    node.get(key).and_then(|node| Some((node, node.as_i64()?)))
}

fn time<'a>(node: &'a Node, key: &str) -> Option<(&'a Node, f64)> {
    node.get(key).and_then(|node| Some((node, go_duration(node.as_str()?)?)))
}

fn memory(key: &Node, body: &Node, report: &mut Section<'_>) {
    let place = body.get("check_interval").unwrap_or(key);
    match time(body, "check_interval") {
        Some((_, 0.0)) => report.add(Level::Error, place, "check_interval", "memory is never looked at", "write `1s`"),
        None if body.get("check_interval").is_none() => {
            report.add(Level::Error, place, "check_interval", "`check_interval` is missing", "add `check_interval: 1s`");
        }
        Some((node, millis)) if millis > 10_000.0 => {
            report.add(Level::Warning, node, "check_interval", format!("memory can run out within {}", node.describe()), "write `1s`");
        }
        _ => {}
    }
    if body.get("limit_mib").is_none() && body.get("limit_percentage").is_none() {
        report.add(Level::Error, key, "limit_mib", "there is no limit", "add `limit_mib:` or `limit_percentage:`");
    }
    for (unit, other) in [("mib", "percentage"), ("percentage", "mib")] {
        let alone = body.get(&format!("limit_{unit}")).is_none() && body.get(&format!("limit_{other}")).is_some();
        if let Some(node) = body.get(&format!("spike_limit_{unit}")).filter(|_| alone) {
            let message = format!("the limit is `limit_{other}`, and this spike counts for `limit_{unit}` alone");
            report.add(Level::Warning, node, &format!("spike_limit_{unit}"), message, "write both in one unit");
        }
    }
    for unit in ["mib", "percentage"] {
        let (limit, spike) = (number(body, &format!("limit_{unit}")), number(body, &format!("spike_limit_{unit}")));
        if let (Some((_, limit)), Some((node, spike))) = (limit, spike)
            && spike >= limit
            && limit > 0
        {
            report.add(
                Level::Error,
                node,
                &format!("spike_limit_{unit}"),
                format!("the spike is no smaller than the limit, {limit}"),
                "a fifth of the limit is usual",
            );
        }
        for (node, value) in limit.into_iter().chain(spike) {
            if unit == "percentage"
                && value == 0
                && limit.is_some_and(|(limit, _)| std::ptr::eq(limit, node))
                && body.get("limit_mib").is_none()
            {
                report.add(Level::Error, node, "limit_percentage", "a limit of 0 is none, and the Collector refuses it", "write 75 or so");
            } else if unit == "percentage" && value > 100 {
                report.add(Level::Error, node, "limit_percentage", "a share is 100 at most", "write 75 or so");
            } else if unit == "percentage" && value > 95 {
                report.add(Level::Warning, node, "limit_percentage", "the machine's memory ends before this limit does", "write 75 or so");
            }
        }
        if let Some((node, limit)) = limit.filter(|(_, limit)| unit == "mib" && (*limit == 0 || *limit < 32 || *limit > 1_000_000)) {
            let message = if limit > 32 { "hardly any machine has that much memory" } else { "the Collector itself takes more than that" };
            report.add(Level::Warning, node, "limit_mib", message, "write mebibytes, as `400`");
        }
    }
}

fn batch(body: &Node, report: &mut Section<'_>) {
    let size = number(body, "send_batch_size").map_or(8192, |(_, size)| size);
    if let Some((node, most)) = number(body, "send_batch_max_size").filter(|(_, most)| *most > 0)
        && most < size
    {
        let place = if body.get("send_batch_size").is_some() { body.get("send_batch_size").unwrap_or(node) } else { node };
        report.add(
            Level::Error,
            place,
            "send_batch_max_size",
            format!("a batch of {size} is larger than the largest batch, {most}"),
            "make `send_batch_max_size` the larger one",
        );
    }
    if let Some((node, _)) = number(body, "send_batch_size").filter(|(_, size)| (1..50).contains(size)) {
        report.add(Level::Warning, node, "send_batch_size", format!("batches of {} are none", node.describe()), "use `8192`");
    }
    if let Some((node, _)) =
        time(body, "timeout").filter(|(_, millis)| *millis <= 0.0 && number(body, "send_batch_size").is_some_and(|(_, size)| size > 0))
    {
        let message = "without a timeout everything is sent at once, and `send_batch_size` counts for nothing";
        report.add(Level::Warning, node, "timeout", message, "wait a moment, as in `1s`");
    }
    if let Some((node, _)) = number(body, "send_batch_size").filter(|(_, size)| *size == 0) {
        report.add(Level::Warning, node, "send_batch_size", "without a size only the timeout decides when a batch is sent", "use `8192`");
    }
    let mut seen: Vec<String> = Vec::new();
    for (node, name) in body.items_of("metadata_keys").filter_map(|node| Some((node, node.as_str()?.to_lowercase()))) {
        if seen.contains(&name) {
            report.add(Level::Error, node, "metadata_keys", format!("{} is there twice", node.describe()), "remove one");
        }
        seen.push(name);
    }
    if let Some((node, _)) = time(body, "timeout").filter(|(_, millis)| *millis > 60_000.0) {
        report.add(Level::Warning, node, "timeout", format!("data waits up to {} before it is sent", node.describe()), "use a few seconds");
    }
}

/// What is asked of Kubernetes about a pod.
fn kubernetes(body: &Node, report: &mut Section<'_>) {
    const METADATA: &[&str] = &[
        "k8s.pod.name",
        "k8s.pod.uid",
        "k8s.pod.ip",
        "k8s.pod.hostname",
        "k8s.pod.start_time",
        "k8s.deployment.name",
        "k8s.deployment.uid",
        "k8s.replicaset.name",
        "k8s.replicaset.uid",
        "k8s.daemonset.name",
        "k8s.daemonset.uid",
        "k8s.statefulset.name",
        "k8s.statefulset.uid",
        "k8s.job.name",
        "k8s.job.uid",
        "k8s.cronjob.name",
        "k8s.cronjob.uid",
        "k8s.node.name",
        "k8s.node.uid",
        "k8s.namespace.name",
        "k8s.container.name",
        "k8s.cluster.uid",
        "container.id",
        "container.image.name",
        "container.image.tag",
        "container.image.repo_digests",
        "service.namespace",
        "service.name",
        "service.version",
        "service.instance.id",
    ];
    for node in body.get("extract").and_then(|extract| extract.get("metadata")).into_iter().flat_map(Node::items) {
        let Some(text) = node.as_str().filter(|text| !METADATA.contains(text) && !text.contains('$')) else { continue };
        let meant = misspelt(text, METADATA);
        if meant.is_some() || !text.contains('.') {
            let help = meant.map_or_else(|| "name it as `k8s.pod.name`".to_owned(), |meant| format!("did you mean `{meant}`?"));
            report.add(Level::Error, node, "extract.metadata", format!("nothing about a pod is called `{text}`"), &help);
        }
    }
    let passes = body.get("passthrough").filter(|node| node.as_bool() == Some(true));
    if let Some(node) = passes.filter(|_| body.get("extract").is_some_and(|extract| extract.entries().next().is_some())) {
        let message = "only the address of the pod is noted, and nothing of `extract` is looked up";
        report.add(Level::Warning, node, "passthrough", message, "leave it out, or `extract`");
    }
    let sources = body.items_of("pod_association").filter_map(|rule| rule.get("sources"));
    for source in sources.flat_map(Node::items) {
        let is = source.get("from").filter(|node| node.as_str() == Some("resource_attribute"));
        if let Some(node) = is.filter(|_| source.get("name").is_none()) {
            report.add(Level::Error, node, "pod_association", "the attribute has no name", "add `name:`, such as `k8s.pod.ip`");
        }
    }
}

/// Values of the environment: a name of letters, digits and `_`, in braces that close.
fn environment(node: &Node, report: &mut Section<'_>) {
    for (key, _, value) in node.entries() {
        for value in std::iter::once(value).chain(value.items()) {
            if let Some(name) = value.as_str().and_then(bare_variable) {
                let message = format!("`${name}` stands for itself: only what is in braces is replaced");
                report.add(Level::Warning, value, key, message, &format!("write `${{env:{name}}}`"));
            }
            let Some(text) = value.as_str().filter(|text| text.contains("${")) else { continue };
            // A second dollar takes the meaning from the first.
            let text = text.replace("$$", "");
            for rest in text.split("${").skip(1) {
                let Some((inside, _)) = rest.split_once('}') else {
                    report.add(Level::Warning, value, key, "a brace does not close, so this stands for itself", "write `${env:NAME}`");
                    break;
                };
                let (scheme, name) = inside.split_once(':').map_or(("env", inside), |(scheme, name)| (scheme, name));
                let name = name.split(":-").next().unwrap_or("");
                let is_name = name
                    .bytes()
                    .enumerate()
                    .all(|(at, byte)| byte == b'_' || byte.is_ascii_alphabetic() || at > 0 && byte.is_ascii_digit());
                if ["environment", "envvar", "ENV", "Env", "envs"].contains(&scheme) {
                    report.add(Level::Error, value, key, format!("nothing is taken from `{scheme}:`"), "write `${env:NAME}`");
                }
                // A default is written behind `:-`, and no source of values is called as a variable is.
                let is_capital = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
                if scheme != "ENV" && scheme.len() > 1 && scheme.bytes().all(is_capital) {
                    let default = inside[scheme.len()..].trim_start_matches([':', '-']);
                    let help = format!("write `${{env:{scheme}:-{default}}}` where that is meant without it");
                    report.add(Level::Error, value, key, format!("nothing is taken from `{scheme}:`"), &help);
                }
                if scheme == "env" && (!is_name || name.is_empty()) && !inside.contains("${") {
                    let message = format!("no variable of the environment is called `{name}`");
                    report.add(Level::Error, value, key, message, "use letters, digits and `_`, as in `${env:NAME}`");
                }
            }
        }
    }
}

/// The variable that a value is, or begins with where an address does, without braces.
fn bare_variable(text: &str) -> Option<&str> {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest).strip_prefix('$')?;
    let end = rest.find(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')).unwrap_or(rest.len());
    let (name, behind) = rest.split_at(end);
    let is_port = behind.strip_prefix(':').is_some_and(|port| port.starts_with(|c: char| c.is_ascii_digit()));
    let is_name = name.len() > 1 && name.starts_with(|c: char| c.is_ascii_uppercase());
    (is_name && (behind.is_empty() || is_port)).then_some(name)
}

/// Origins of pages: a scheme and a host, without a path.
fn origins(node: &Node, report: &mut Section<'_>) {
    for origin in node.items_of("allowed_origins") {
        let Some(text) = origin.as_str().filter(|text| !text.contains(['*', '$']) && *text != "null") else { continue };
        let path = text.split_once("://").is_some_and(|(_, rest)| rest.contains('/'));
        if path || !text.contains("://") {
            let message = format!("no page has the origin {}", origin.describe());
            report.add(Level::Warning, origin, "cors", message, "write a scheme and a host, as in `https://app.example.com`");
        }
    }
}

fn delivery(body: &Node, report: &mut Section<'_>) {
    if let Some(retry) = body.get("retry_on_failure") {
        if retry.get("enabled").and_then(Node::as_bool) == Some(false) {
            let node = retry.get("enabled").unwrap_or(retry);
            report.add(Level::Warning, node, "retry_on_failure", "what fails once is lost", "retry, or leave the key out");
        }
        let elapsed = time(retry, "max_elapsed_time").filter(|(_, millis)| *millis > 0.0);
        let (first, longest) = (time(retry, "initial_interval"), time(retry, "max_interval"));
        if let (Some((node, first)), Some((_, longest))) = (first, longest)
            && first > longest
        {
            report.add(Level::Error, node, "retry_on_failure", "the first wait is longer than the longest", "swap the two");
        } else if let (Some((node, elapsed)), Some(other)) = (elapsed, longest.or(first))
            && elapsed < other.1
        {
            report.add(
                Level::Error,
                node,
                "retry_on_failure",
                "retries end before the longest wait is over",
                "make `max_elapsed_time` the largest",
            );
        }
        if let Some((node, _)) = longest.filter(|(_, millis)| *millis > 3_600_000.0) {
            report.add(Level::Warning, node, "retry_on_failure", format!("a retry waits up to {}", node.describe()), "use seconds");
        }
    }
    if let Some(queue) = body.get("sending_queue") {
        // Who tries for ever loses nothing: whatever is behind waits with it.
        let retry = body.get("retry_on_failure").filter(|retry| retry.get("enabled").and_then(Node::as_bool) != Some(false));
        let patient = retry
            .and_then(|retry| retry.get("max_elapsed_time"))
            .is_some_and(|node| node.as_i64() == Some(0) || node.as_str().and_then(go_duration) == Some(0.0));
        if let Some(node) = queue.get("enabled").filter(|node| node.as_bool() == Some(false) && !patient) {
            report.add(
                Level::Warning,
                node,
                "sending_queue",
                "whoever sends waits for the other side, and data is lost when it is away",
                "keep the queue",
            );
        }
        if let Some((node, size)) = number(queue, "queue_size").filter(|(_, size)| (1..10).contains(size) || *size > 10_000_000) {
            let message =
                if size < 10 { "a queue that short is full at once" } else { "a queue that long fills the memory before it is full" };
            report.add(Level::Warning, node, "sending_queue", message, "use `1000` to `10000` requests");
        }
        let flush = queue.get("batch").and_then(|batch| time(batch, "flush_timeout"));
        if let Some((node, _)) = flush.filter(|(_, millis)| *millis > 60_000.0) {
            let message = format!("what does not fill a batch waits {} before it is sent", node.describe());
            report.add(Level::Warning, node, "sending_queue", message, "use seconds");
        }
        let sizes = queue.get("batch").and_then(|batch| Some((number(batch, "min_size")?, number(batch, "max_size")?)));
        if let Some(((node, least), (_, most))) = sizes
            && most > 0
            && least > most
        {
            report.add(Level::Error, node, "sending_queue", "the smallest batch is larger than the largest", "swap the two");
        }
    }
    if let Some((node, millis)) =
        time(body, "timeout").filter(|(_, millis)| *millis < 0.0 || (*millis > 0.0 && *millis < 100.0) || *millis > 600_000.0)
    {
        let message = if millis < 0.0 {
            "no request lasts"
        } else if millis < 100.0 {
            "hardly any request is answered within"
        } else {
            "a request that is not answered holds a sender for"
        };
        report.add(Level::Warning, node, "timeout", format!("{message} {}", node.describe()), "use seconds");
    }
}

fn actions(body: &Node, list: &str, report: &mut Section<'_>) {
    if let Some((key, _)) = body.entry(list).filter(|(_, list)| list.as_sequence().is_some_and(<[_]>::is_empty)) {
        report.add(Level::Error, key, list, "there are no actions, and the Collector does not start", "add one, or remove the processor");
    }
    let all = |node: &&Node| matches!(node.as_str(), Some(".*" | ".+" | "^.*$" | "^.+$" | "(.*)" | ".*?"));
    for action in body.items_of(list).filter(|action| matches!(action.get("action").and_then(Node::as_str), Some("delete" | "hash"))) {
        if let Some(node) = action.get("pattern").filter(all) {
            report.add(Level::Warning, node, list, format!("{} is every attribute there is", node.describe()), "say which ones");
        }
    }
    for action in body.items_of(list) {
        let Some((node, name)) = action.get_str("action") else { continue };
        let has = |keys: &[&str]| keys.iter().any(|key| action.get(key).is_some());
        // What is no action at all is said by the format.
        if !matches!(name, "insert" | "update" | "upsert" | "delete" | "hash" | "extract" | "convert") {
            continue;
        }
        let pattern_goes = matches!(name, "delete" | "hash");
        if action.get("key").is_none() && !(pattern_goes && has(&["pattern"])) {
            report.add(Level::Error, node, list, "there is no `key`", "name the attribute");
        } else if matches!(name, "insert" | "update" | "upsert") && !has(&["value", "from_attribute", "from_context", "default_value"]) {
            report.add(Level::Error, node, list, format!("`{name}` needs a value"), "add `value:`, `from_attribute:` or `from_context:`");
        } else if matches!(name, "delete" | "hash") && has(&["value", "from_attribute"]) {
            report.add(Level::Warning, node, list, format!("`{name}` takes no value"), "was `upsert` meant?");
        } else if name == "extract"
            && let Some(node) = action
                .get("pattern")
                .filter(|node| node.as_str().is_some_and(|text| !["(?P<", "(?<"].iter().any(|group| text.contains(group))))
        {
            report.add(Level::Error, node, list, "no group has a name, so nothing is taken out", "name groups, as in `(?P<user>.*)@.*`");
        } else if let (Some(key), Some(node)) = (action.get("key").and_then(Node::as_str), action.get("from_attribute"))
            && node.as_str() == Some(key)
        {
            report.add(Level::Warning, node, list, format!("`{key}` gets the value that it has"), "name another attribute");
        } else if name == "extract" && !has(&["pattern"]) {
            report.add(Level::Error, node, list, "`extract` needs a `pattern`", "add `pattern:` with named groups");
        } else if name == "convert" && !has(&["converted_type"]) {
            report.add(Level::Error, node, list, "`convert` needs a `converted_type`", "use `int`, `double` or `string`");
        }
    }
}

/// Conditions and statements in OTTL: strings and brackets that do not close, one `=` where two are meant.
fn conditions(node: &Node, key: &str, report: &mut Section<'_>) {
    if let Some(text) = node.as_scalar().map(Scalar::text).filter(|_| !key.is_empty() && key != "error_mode") {
        if let Some(message) = ottl(text) {
            report.add(Level::Error, node, key, format!("{}: {message}", node.describe()), "correct the condition");
        }
        return;
    }
    for (name, _, value) in node.entries() {
        // Matching by lists of names is no OTTL.
        let own = name == "spans" && !value.entries().any(|(_, _, one)| one.get("conditions").is_some());
        if !own && !matches!(name, "include" | "exclude" | "error_mode" | "context" | "description" | "attributes" | "source_attribute") {
            conditions(value, name, report);
        }
    }
    for item in node.items() {
        conditions(item, key, report);
    }
}

/// What is wrong with an expression of OTTL, as far as its brackets and operators say.
fn ottl(text: &str) -> Option<&'static str> {
    let (mut open, mut quoted, mut escaped) = (Vec::new(), false, false);
    let bytes = text.as_bytes();
    for (index, byte) in bytes.iter().enumerate() {
        match byte {
            b'"' if !escaped => quoted = !quoted,
            _ if quoted => {}
            b'(' | b'[' | b'{' => open.push(*byte),
            b')' | b']' | b'}' => {
                let pair = matches!((open.pop(), byte), (Some(b'('), b')') | (Some(b'['), b']') | (Some(b'{'), b'}'));
                if !pair {
                    return Some("a bracket closes that was not opened");
                }
            }
            b'=' => {
                let before = index.checked_sub(1).map(|at| bytes[at]);
                let named = matches!(before, Some(b'=' | b'!' | b'<' | b'>')) || bytes.get(index + 1) == Some(&b'=');
                // Inside of a call an argument may be named.
                if !named && !open.contains(&b'(') {
                    return Some("one `=` compares nothing; write `==`");
                }
            }
            _ => {}
        }
        escaped = *byte == b'\\' && !escaped;
    }
    if quoted {
        return Some("a string does not end");
    }
    (!open.is_empty()).then_some("a bracket does not close")
}

fn percentage(body: &Node, key: &str, report: &mut Section<'_>) {
    if let Some((node, value)) = body.get(key).and_then(|node| Some((node, node.as_f64()?))) {
        if !(0.0..=100.0).contains(&value) {
            report.add(Level::Error, node, key, "a share is 0 to 100", "write a percentage");
        } else if value == 0.0 {
            report.add(Level::Warning, node, key, "nothing is kept", "write a percentage above 0");
        } else if value < 0.001 {
            report.add(Level::Warning, node, key, "hardly anything is kept", "write a percentage");
        }
    }
}

fn sampling(body: &Node, report: &mut Section<'_>) {
    let mut names: Vec<&str> = Vec::new();
    for policy in body.items_of("policies") {
        let kind = policy.get("type").and_then(Node::as_str).unwrap_or("");
        if let Some((node, name)) = policy.get_str("name") {
            if names.contains(&name) {
                report.add(Level::Error, node, "policies", format!("two policies are called `{name}`"), "rename one");
            }
            names.push(name);
        }
        if !matches!(kind, "always_sample" | "" | "trace_flags") && policy.get(kind).is_none() {
            let node = policy.get("type").unwrap_or(policy);
            report.add(Level::Warning, node, "policies", format!("the policy has no section `{kind}`"), "add it");
        }
        let joined = ["and", "composite", "drop"].iter().filter_map(|kind| policy.get(kind)).flat_map(Node::entries);
        let parts = joined.filter(|(name, ..)| name.ends_with("_sub_policy")).flat_map(|(_, _, list)| list.items());
        for section in parts.chain([policy]).filter_map(|policy| policy.get("probabilistic")) {
            percentage(section, "sampling_percentage", report);
        }
    }
    if let Some((node, _)) = number(body, "num_traces").filter(|(_, most)| *most < 100) {
        report.add(
            Level::Warning,
            node,
            "num_traces",
            format!("no more than {} traces are kept until it is decided", node.describe()),
            "keep thousands",
        );
    }
    for policy in body.items_of("policies") {
        if let Some(list) =
            policy.get("status_code").and_then(|section| section.get("status_codes")).filter(|list| list.items().next().is_none())
        {
            report.add(Level::Error, list, "policies", "a policy of statuses needs at least one", "add `ERROR`");
        }
        if let Some(section) = policy.get("probabilistic").filter(|_| policy.get("type").and_then(Node::as_str) == Some("probabilistic")) {
            let known = ["sampling_percentage", "hash_salt"];
            for (name, key, value) in section.entries() {
                if !known.contains(&name) {
                    report.add(Level::Error, key, "policies", format!("there is no setting `{name}`"), "write `sampling_percentage`");
                } else if name == "sampling_percentage"
                    && value.as_f64().is_none()
                    && !value.as_str().is_some_and(|text| text.contains('$'))
                {
                    report.add(Level::Error, value, "policies", format!("{} is no number", value.describe()), "write one from 0 to 100");
                }
            }
        }
        for code in policy.get("status_code").and_then(|section| section.get("status_codes")).into_iter().flat_map(Node::items) {
            if code.as_str().is_some_and(|text| !matches!(text, "OK" | "ERROR" | "UNSET")) {
                report.add(
                    Level::Error,
                    code,
                    "policies",
                    format!("{} is no status of a span", code.describe()),
                    "use `OK`, `ERROR` or `UNSET`",
                );
            }
        }
        let latency = policy.get("latency").filter(|_| policy.get("type").and_then(Node::as_str) == Some("latency"));
        if let Some(section) = latency {
            match section.get("threshold_ms") {
                Some(node) if node.as_i64().is_some_and(|millis| millis <= 0) => {
                    report.add(
                        Level::Warning,
                        node,
                        "policies",
                        format!("every trace takes longer than {} ms", node.describe()),
                        "write milliseconds",
                    );
                }
                None => report.add(Level::Warning, section, "policies", "there is no `threshold_ms`, so every trace is slow", "add it"),
                Some(_) => {}
            }
        }
        let all = policy.get("probabilistic").and_then(|section| section.get("sampling_percentage"));
        if let Some(node) = all.filter(|node| node.as_f64() == Some(100.0)) {
            report.add(
                Level::Warning,
                node,
                "policies",
                "this policy takes every trace, and the others decide nothing",
                "take a part of them",
            );
        }
    }
    if let Some((node, _)) = time(body, "decision_wait").filter(|(_, millis)| *millis < 1000.0) {
        report.add(Level::Warning, node, "decision_wait", format!("most spans come later than after {}", node.describe()), "wait seconds");
    }
}

fn spans(body: &Node, report: &mut Section<'_>) {
    let buckets = body.get("histogram").and_then(|histogram| histogram.get("explicit")?.get("buckets"));
    let bounds: Vec<(&Node, f64)> =
        buckets.into_iter().flat_map(Node::items).filter_map(|node| Some((node, go_duration(node.as_str()?)?))).collect();
    if let Some(pair) = bounds.windows(2).find(|pair| pair[1].1 <= pair[0].1) {
        report.add(Level::Error, pair[1].0, "histogram.explicit.buckets", "the bounds do not grow", "sort them");
    }
    let of = |key: &str| time(body, key);
    let flush = of("metrics_flush_interval").map_or(60_000.0, |(_, millis)| millis);
    if let Some((node, _)) = of("metrics_flush_interval").filter(|(_, millis)| *millis <= 0.0) {
        report.add(Level::Error, node, "metrics_flush_interval", "metrics are never sent", "use `15s` to `1m`");
    }
    if let Some((node, _)) = of("metrics_expiration").filter(|(_, millis)| *millis > 0.0 && *millis < flush) {
        let message = format!("what no span was counted of for {} is gone before it is sent", node.describe());
        report.add(Level::Warning, node, "metrics_expiration", message, "make it a multiple of `metrics_flush_interval`");
    }
    let mut names: Vec<&str> = Vec::new();
    for dimension in body.items_of("dimensions") {
        let Some((node, name)) = dimension.get_str("name") else { continue };
        if names.contains(&name) || matches!(name, "service.name" | "span.name" | "span.kind" | "status.code") {
            report.add(Level::Error, node, "dimensions", format!("`{name}` is a dimension already"), "remove it");
        }
        names.push(name);
    }
}

/// What calls what, as told from pairs of spans.
fn graph(body: &Node, report: &mut Section<'_>) {
    let bounds = body.items_of("latency_histogram_buckets").filter_map(|node| Some((node, go_duration(node.as_str()?)?)));
    let bounds: Vec<(&Node, f64)> = bounds.collect();
    if let Some(pair) = bounds.windows(2).find(|pair| pair[1].1 <= pair[0].1) {
        report.add(Level::Error, pair[1].0, "latency_histogram_buckets", "the bounds do not grow", "sort them");
    }
    if let Some((node, _)) = body.get("store").and_then(|store| time(store, "ttl")).filter(|(_, millis)| *millis <= 0.0) {
        report.add(Level::Warning, node, "store.ttl", "no span waits for its other half", "use seconds");
    }
}

fn tls(body: &Node, report: &mut Section<'_>) {
    let Some(tls) = body.get("tls") else { return };
    let insecure = tls.get("insecure").filter(|node| node.as_bool() == Some(true));
    let rest = tls.entries().find(|(name, _, value)| name.ends_with("_file") && value.as_str() != Some(""));
    if let (Some(_), Some((name, key, _))) = (insecure, rest) {
        report.add(
            Level::Warning,
            key,
            "tls",
            format!("with `insecure: true` there is no TLS, and `{name}` is not read"),
            "keep one of the two",
        );
    }
    let https = body.get("endpoint").and_then(Node::as_str).is_some_and(|endpoint| endpoint.starts_with("https://"));
    if let Some(node) = insecure.filter(|_| https) {
        report.add(Level::Warning, node, "tls", "the endpoint says `https`", "remove `insecure`, or write `http`");
    }
    let has =
        |name: &str| tls.get(&format!("{name}_file")).or_else(|| tls.get(&format!("{name}_pem"))).filter(|node| node.as_str() != Some(""));
    match (has("cert"), has("key")) {
        (Some(node), None) => report.add(Level::Error, node, "tls", "a certificate needs its key", "add `key_file:`"),
        (None, Some(node)) => report.add(Level::Error, node, "tls", "a key needs its certificate", "add `cert_file:`"),
        _ => {}
    }
    if let Some(node) = tls.get("client_ca_file").filter(|node| node.as_str() != Some("") && has("cert").is_none() && has("key").is_none())
    {
        report.add(
            Level::Error,
            node,
            "tls",
            "a server without a certificate of its own is trusted by nobody",
            "add `cert_file:` and `key_file:`",
        );
    }
    let version = |key: &str| tls.get_str(key).and_then(|(node, text)| Some((node, text.parse::<f64>().ok()?)));
    let versions = (version("min_version").map(|(_, version)| version), version("max_version"));
    if let (Some(oldest), Some((node, newest))) = versions
        && newest < oldest
    {
        report.add(Level::Error, node, "tls", "the newest version is older than the oldest", "swap the two");
    }
}
