//! Which containers there are, and what each is given.

use serde_json::Value;

use crate::artifacts::{address, collector, grafana, logs, loki_rules};
use crate::manifest::stack::Version;
use crate::model::telemetry::Shipper;
use crate::model::{Model, Service};

/// Versions of programs that the manifest says none of.
const LOKI: &str = "grafana/loki:3.5.0";
const TEMPO: &str = "grafana/tempo:2.8.0";
const ALLOY: &str = "grafana/alloy:v1.11.0";
const VECTOR: &str = "timberio/vector:0.50.0-debian";
const FLUENT_BIT: &str = "fluent/fluent-bit:4.0.0";

/// A container.
pub(super) struct Program {
    pub(super) name: String,
    pub(super) image: String,
    /// `host:port` in the rendered files; `None` for what nobody asks.
    pub(super) address: Option<String>,
    /// Ports besides that of the address.
    pub(super) ports: Vec<u16>,
    pub(super) command: Vec<String>,
    pub(super) volumes: Vec<String>,
    /// Files that the manifest only names, at their places in the container.
    pub(super) secrets: Vec<String>,
    pub(super) environment: Vec<(&'static str, String)>,
    /// The path that answers when it is ready.
    pub(super) ready: Option<String>,
}

impl Program {
    fn new(name: &str, image: String, address: Option<&str>) -> Self {
        Self {
            name: name.to_owned(),
            image,
            address: address.map(str::to_owned),
            ports: Vec::new(),
            command: Vec::new(),
            volumes: Vec::new(),
            secrets: Vec::new(),
            environment: Vec::new(),
            ready: None,
        }
    }
}

/// Where Grafana answers.
pub(super) const GRAFANA: u16 = 3000;

/// Every program of a run's stack.
pub(super) fn programs(model: &Model) -> Vec<Program> {
    let stack = &model.common.stack;
    let released = |image: &str, version: Version| format!("{image}:v{}.{}.0", version.major, version.minor);
    let prometheus = stack.prometheus_url.as_str();
    let collects = !collector::signals(model).is_empty();
    let agent = stack.agent_flag();
    let mut flags = vec![
        "--config.file=/etc/prometheus/prometheus.yml".to_owned(),
        format!("--storage.{}.path=/prometheus", if agent.is_some() { "agent" } else { "tsdb" }),
        format!("--web.listen-address=:{}", port(prometheus)),
    ];
    flags.extend(agent.map(str::to_owned));
    // An agent keeps nothing for longer than it takes to send it.
    flags.extend(stack.retention.filter(|_| agent.is_none()).map(|retention| format!("--storage.tsdb.retention.time={retention}")));
    flags.extend(stack.receiver_flag().filter(|_| collects).map(str::to_owned));
    let mut all = vec![Program {
        command: flags,
        volumes: vec![".:/etc/prometheus:ro".to_owned()],
        ready: Some("/-/ready".to_owned()),
        ..Program::new("prometheus", released("prom/prometheus", stack.prometheus), Some(prometheus))
    }];
    if is_told(model) {
        all.push(Program {
            command: vec![
                "--config.file=/etc/alertmanager/alertmanager.yml".to_owned(),
                "--storage.path=/alertmanager".to_owned(),
                format!("--web.listen-address=:{}", port(&stack.alertmanager_address)),
            ],
            volumes: vec!["./alertmanager.yml:/etc/alertmanager/alertmanager.yml:ro".to_owned()],
            secrets: named_files(model),
            ready: Some("/-/ready".to_owned()),
            ..Program::new("alertmanager", released("prom/alertmanager", stack.alertmanager), Some(&stack.alertmanager_address))
        });
    }
    if let Some(blackbox) = stack.blackbox.as_ref().filter(|_| model.services.iter().any(|service| service.probed().next().is_some())) {
        all.push(Program {
            command: vec!["--config.file=/etc/blackbox.yml".to_owned(), format!("--web.listen-address=:{}", port(&blackbox.address))],
            volumes: vec!["./blackbox.yml:/etc/blackbox.yml:ro".to_owned()],
            ready: Some("/-/healthy".to_owned()),
            ..Program::new("blackbox", released("prom/blackbox-exporter", blackbox.version), Some(&blackbox.address))
        });
    }
    let grafana_address = format!("localhost:{GRAFANA}");
    all.push(Program {
        volumes: vec![
            "./grafana/provisioning:/etc/grafana/provisioning:ro".to_owned(),
            format!("./dashboards:{}:ro", stack.dashboards_path),
        ],
        environment: vec![
            ("GF_AUTH_ANONYMOUS_ENABLED", "true".to_owned()),
            ("GF_SERVER_HTTP_ADDR", "127.0.0.1".to_owned()),
            ("GF_SERVER_HTTP_PORT", GRAFANA.to_string()),
        ],
        ready: Some("/api/health".to_owned()),
        ..Program::new("grafana", format!("grafana/grafana:{}.{}.0", stack.grafana.major, stack.grafana.minor), Some(&grafana_address))
    });
    if collects {
        // It listens where services send to, which its own file says.
        let image = format!("otel/opentelemetry-collector-contrib:{}.{}.0", stack.collector.major, stack.collector.minor);
        all.push(Program {
            volumes: vec!["./otel-collector.yml:/etc/otelcol-contrib/config.yaml:ro".to_owned()],
            ..Program::new("otel-collector", image, None)
        });
    }
    if grafana::has_traces(model) {
        all.push(Program {
            command: vec!["-config.file=/etc/tempo.yml".to_owned()],
            volumes: vec!["./compose/tempo.yml:/etc/tempo.yml:ro".to_owned()],
            ports: vec![grafana::TEMPO_QUERIES],
            ..Program::new("tempo", TEMPO.to_owned(), Some(&stack.tempo_address))
        });
    }
    if grafana::has_logs(model) {
        let rules = has_log_rules(model).then(|| format!("./{}:/etc/loki/rules:ro", loki_rules::FOLDER));
        all.push(Program {
            command: vec!["-config.file=/etc/loki.yml".to_owned()],
            volumes: ["./compose/loki.yml:/etc/loki.yml:ro".to_owned()].into_iter().chain(rules).collect(),
            ..Program::new("loki", LOKI.to_owned(), Some(&stack.loki_address))
        });
    }
    all.extend(model.services.iter().filter_map(shipper));
    all
}

/// Whether anybody is told of alerts.
pub(super) fn is_told(model: &Model) -> bool {
    model.services.iter().any(|service| service.routing.is_some())
}

/// Whether Loki evaluates rules.
pub(super) fn has_log_rules(model: &Model) -> bool {
    model.services.iter().any(|service| !service.log_alerts.is_empty())
}

/// The port of an address; HTTP's own where it names none.
pub(super) fn port(address: &str) -> u16 {
    address::port(address).unwrap_or(80)
}

/// What ships a service's lines: its files are mounted as they are called here.
fn shipper(service: &Service) -> Option<Program> {
    let logging = service.logging.as_ref()?;
    let shipper = logging.shipper?;
    let (_, file) = logs::command(service)?;
    let (program, image, at, command) = match shipper {
        Shipper::Alloy => ("alloy", ALLOY, "/etc/alloy/config.alloy", vec!["run", "/etc/alloy/config.alloy"]),
        Shipper::Vector => ("vector", VECTOR, "/etc/vector/vector.yaml", vec!["--config", "/etc/vector/vector.yaml"]),
        Shipper::FluentBit => ("fluent-bit", FLUENT_BIT, "/fluent-bit/etc/fluent-bit.yaml", vec!["-c", "/fluent-bit/etc/fluent-bit.yaml"]),
    };
    // The folder that a pattern lies in, up to its first wildcard.
    let folder = |pattern: &String| {
        let fixed = pattern.split(['*', '?', '[', '{']).next().unwrap_or_default();
        fixed.rsplit_once('/').map(|(folder, _)| folder.to_owned()).filter(|folder| !folder.is_empty())
    };
    let mut folders: Vec<String> = logging.files.iter().filter_map(folder).collect();
    folders.sort();
    folders.dedup();
    let volumes = [format!("./{file}:{at}:ro")].into_iter().chain(folders.into_iter().map(|folder| format!("{folder}:{folder}:ro")));
    Some(Program {
        command: command.into_iter().map(str::to_owned).collect(),
        volumes: volumes.collect(),
        ..Program::new(&format!("{program}-{}", service.name), image.to_owned(), None)
    })
}

/// Every file that Alertmanager reads a secret from, at its place there.
fn named_files(model: &Model) -> Vec<String> {
    fn collect(value: &Value, found: &mut Vec<String>) {
        for (key, value) in value.as_object().into_iter().flatten() {
            match value.as_str().filter(|_| key.ends_with("_file")) {
                Some(path) => found.push(path.to_owned()),
                None => collect(value, found),
            }
        }
        value.as_array().into_iter().flatten().for_each(|item| collect(item, found));
    }
    let mut found = Vec::new();
    for routing in model.services.iter().filter_map(|service| service.routing.as_ref()) {
        let receivers = routing.receivers.iter().map(|(_, receiver)| receiver).chain(&routing.default).chain(&routing.watchdog);
        receivers.flat_map(|receiver| &receiver.0).flat_map(|(_, bodies)| bodies).for_each(|body| collect(body, &mut found));
    }
    found.sort();
    found.dedup();
    found
}
