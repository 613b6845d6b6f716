//! `compose.yml`: the whole stack on one machine, for trying it out, with what Loki and Tempo need to start.
//!
//! What the manifest has at `localhost` shares the machine's network, so that every address of the rendered files means there what it
//! means here. A program with a name of its own has a network of its own and answers at the loopback address `127.0.0.2`, to which
//! the others resolve that name: so a Tempo at `tempo:4317` and a Collector at `localhost:4317` do not meet.

use serde_json::{Map, Value, json};

use super::{Artifact, Engine, File, TemplateError, collector, grafana, loki_rules};
use crate::manifest::stack::Version;
use crate::model::telemetry::Shipper;
use crate::model::{Model, Service};

/// A Compose file.
pub struct Compose;

/// Where a program answers that has a name of its own.
const APART: &str = "127.0.0.2";

/// What the machine is called by a program that is apart.
const MACHINE: &str = "host.docker.internal";

/// Versions of programs that the manifest says none of.
const LOKI: &str = "grafana/loki:3.5.0";
const TEMPO: &str = "grafana/tempo:2.8.0";
const ALLOY: &str = "grafana/alloy:v1.11.0";
const VECTOR: &str = "timberio/vector:0.50.0-debian";
const FLUENT_BIT: &str = "fluent/fluent-bit:4.0.0";

/// A container.
struct Program {
    name: String,
    image: String,
    /// `host:port` in the rendered files; `None` for what nobody asks.
    address: Option<String>,
    /// Ports besides that of the address.
    ports: Vec<u16>,
    command: Vec<String>,
    volumes: Vec<String>,
    /// Files that the manifest only names, at their places in the container.
    secrets: Vec<String>,
    environment: Vec<(&'static str, String)>,
    /// The path that answers when it is ready.
    ready: Option<String>,
}

impl Artifact for Compose {
    fn kind(&self) -> &'static str {
        "compose"
    }

    fn by_default(&self) -> bool {
        false
    }

    fn of_all(&self, model: &Model, engine: &Engine) -> Result<Vec<File>, TemplateError> {
        let programs = programs(model);
        let document = json!({ "services": services(&programs), "secrets": secrets(&programs) });
        let file = |path: &str, template: &str, values: Value| Ok(File { path: path.to_owned(), text: engine.render(template, values)? });
        let files: Vec<String> = secrets(&programs).as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
        let (alertmanager, grafana) = (format!("http://{}", model.stack.alertmanager_address), port(Some(GRAFANA)).to_string());
        let guide = json!({
            "prometheus": model.stack.prometheus_url,
            "alertmanager": model.services.iter().any(|service| service.routing.is_some()).then_some(alertmanager),
            "grafana": grafana,
            "secrets": files,
            "names": names(&programs),
        });
        let mut all = vec![
            file("compose.yml", "compose.yml.j2", json!({ "document": document }))?,
            file("compose/README.md", "compose.md.j2", guide)?,
        ];
        if grafana::has_logs(model) {
            let has_rules = model.services.iter().any(|service| !service.log_alerts.is_empty());
            let values = json!({
                "port": port(Some(&model.stack.loki_address)),
                "rules": has_rules.then(|| format!("http://{}", from_apart(&model.stack.alertmanager_address))),
            });
            all.push(file("compose/loki.yml", "compose-loki.yml.j2", values)?);
        }
        if grafana::has_traces(model) {
            let values = json!({ "port": grafana::TEMPO_QUERIES, "grpc": format!("0.0.0.0:{}", port(Some(&model.stack.tempo_address))) });
            all.push(file("compose/tempo.yml", "compose-tempo.yml.j2", values)?);
        }
        Ok(all)
    }
}

/// Where Grafana answers.
const GRAFANA: &str = "localhost:3000";

fn programs(model: &Model) -> Vec<Program> {
    let stack = &model.stack;
    let released = |image: &str, version: Version| format!("{image}:v{}.{}.0", version.major, version.minor);
    let program = |name: &str, image: String, address: Option<&str>| Program {
        name: name.to_owned(),
        image,
        address: address.map(str::to_owned),
        ports: Vec::new(),
        command: Vec::new(),
        volumes: Vec::new(),
        secrets: Vec::new(),
        environment: Vec::new(),
        ready: None,
    };
    let url = stack.prometheus_url.trim_end_matches('/');
    let prometheus = url.split_once("://").map_or(url, |(_, rest)| rest.split('/').next().unwrap_or(rest));
    let collects = !collector::signals(model).is_empty();
    let agent = stack.agent_flag();
    let mut flags = vec![
        "--config.file=/etc/prometheus/prometheus.yml".to_owned(),
        format!("--storage.{}.path=/prometheus", if agent.is_some() { "agent" } else { "tsdb" }),
        format!("--web.listen-address=:{}", port(Some(prometheus))),
    ];
    flags.extend(agent.map(str::to_owned));
    // An agent keeps nothing for longer than it takes to send it.
    flags.extend(stack.retention.filter(|_| agent.is_none()).map(|retention| format!("--storage.tsdb.retention.time={retention}")));
    flags.extend(stack.receiver_flag().filter(|_| collects).map(str::to_owned));
    let mut all = vec![Program {
        command: flags,
        volumes: vec![".:/etc/prometheus:ro".to_owned()],
        ready: Some("/-/ready".to_owned()),
        ..program("prometheus", released("prom/prometheus", stack.prometheus), Some(prometheus))
    }];
    if model.services.iter().any(|service| service.routing.is_some()) {
        all.push(Program {
            command: vec![
                "--config.file=/etc/alertmanager/alertmanager.yml".to_owned(),
                "--storage.path=/alertmanager".to_owned(),
                format!("--web.listen-address=:{}", port(Some(&stack.alertmanager_address))),
            ],
            volumes: vec!["./alertmanager.yml:/etc/alertmanager/alertmanager.yml:ro".to_owned()],
            secrets: named_files(model),
            ready: Some("/-/ready".to_owned()),
            ..program("alertmanager", released("prom/alertmanager", stack.alertmanager), Some(&stack.alertmanager_address))
        });
    }
    if let Some(blackbox) = stack.blackbox.as_ref().filter(|_| model.services.iter().any(|service| service.probed().next().is_some())) {
        all.push(Program {
            command: vec!["--config.file=/etc/blackbox.yml".to_owned(), format!("--web.listen-address=:{}", port(Some(&blackbox.address)))],
            volumes: vec!["./blackbox.yml:/etc/blackbox.yml:ro".to_owned()],
            ready: Some("/-/healthy".to_owned()),
            ..program("blackbox", released("prom/blackbox-exporter", blackbox.version), Some(&blackbox.address))
        });
    }
    all.push(Program {
        volumes: vec![
            "./grafana/provisioning:/etc/grafana/provisioning:ro".to_owned(),
            format!("./dashboards:{}:ro", stack.dashboards_path),
        ],
        environment: vec![
            ("GF_AUTH_ANONYMOUS_ENABLED", "true".to_owned()),
            ("GF_SERVER_HTTP_ADDR", "127.0.0.1".to_owned()),
            ("GF_SERVER_HTTP_PORT", port(Some(GRAFANA)).to_string()),
        ],
        ready: Some("/api/health".to_owned()),
        ..program("grafana", format!("grafana/grafana:{}.{}.0", stack.grafana.major, stack.grafana.minor), Some(GRAFANA))
    });
    if collects {
        // It listens where services send to, which its own file says.
        let image = format!("otel/opentelemetry-collector-contrib:{}.{}.0", stack.collector.major, stack.collector.minor);
        all.push(Program {
            volumes: vec!["./otel-collector.yml:/etc/otelcol-contrib/config.yaml:ro".to_owned()],
            ..program("otel-collector", image, None)
        });
    }
    if grafana::has_traces(model) {
        all.push(Program {
            command: vec!["-config.file=/etc/tempo.yml".to_owned()],
            volumes: vec!["./compose/tempo.yml:/etc/tempo.yml:ro".to_owned()],
            ports: vec![grafana::TEMPO_QUERIES],
            ..program("tempo", TEMPO.to_owned(), Some(&stack.tempo_address))
        });
    }
    if grafana::has_logs(model) {
        let rules = model.services.iter().any(|service| !service.log_alerts.is_empty());
        let rules = rules.then(|| format!("./{}:/etc/loki/rules:ro", loki_rules::FOLDER));
        all.push(Program {
            command: vec!["-config.file=/etc/loki.yml".to_owned()],
            volumes: ["./compose/loki.yml:/etc/loki.yml:ro".to_owned()].into_iter().chain(rules).collect(),
            ..program("loki", LOKI.to_owned(), Some(&stack.loki_address))
        });
    }
    all.extend(model.services.iter().filter_map(shipper));
    all
}

/// What ships a service's lines: its files are mounted as they are called here.
fn shipper(service: &Service) -> Option<Program> {
    let logging = service.logging.as_ref()?;
    let shipper = logging.shipper?;
    let (_, file) = super::logs::command(service)?;
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
        name: format!("{program}-{}", service.name),
        image: image.to_owned(),
        address: None,
        ports: Vec::new(),
        command: command.into_iter().map(str::to_owned).collect(),
        volumes: volumes.collect(),
        secrets: Vec::new(),
        environment: Vec::new(),
        ready: None,
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

fn services(programs: &[Program]) -> Value {
    let names = names(programs);
    Value::Object(programs.iter().map(|program| (program.name.clone(), service(program, &names))).collect())
}

/// An address as a program that is apart reaches it.
fn from_apart(address: &str) -> String {
    if is_local(host(address)) { format!("{MACHINE}:{}", port(Some(address))) } else { address.to_owned() }
}

/// The names by which programs know each other, besides `localhost`.
fn names(programs: &[Program]) -> Vec<String> {
    let hosts = programs.iter().filter_map(|program| program.address.as_deref()).map(host).filter(|host| !is_local(host));
    let mut names: Vec<String> = hosts.map(str::to_owned).collect();
    names.sort();
    names.dedup();
    names
}

fn service(program: &Program, names: &[String]) -> Value {
    let mut all = Map::from_iter([("image".to_owned(), json!(program.image))]);
    let mut put = |key: &str, value: Value| drop(all.insert(key.to_owned(), value));
    let literals = |texts: &[String]| texts.iter().map(|text| literal(text)).collect::<Vec<_>>();
    if !program.command.is_empty() {
        put("command", json!(literals(&program.command)));
    }
    if let Some(address) = program.address.as_deref().filter(|address| !is_local(host(address))) {
        let ports = [port(Some(address))].into_iter().chain(program.ports.iter().copied());
        put("ports", ports.map(|port| json!(format!("{APART}:{port}:{port}"))).collect());
        // Those apart know each other by name, and the machine by this one.
        put("networks", json!({ "default": { "aliases": [host(address)] } }));
        put("extra_hosts", json!([format!("{MACHINE}=host-gateway")]));
    } else {
        put("network_mode", json!("host"));
        if !names.is_empty() {
            put("extra_hosts", names.iter().map(|name| json!(format!("{}={APART}", literal(name)))).collect());
        }
    }
    put("volumes", json!(literals(&program.volumes)));
    if !program.secrets.is_empty() {
        let secret = |path: &String| json!({ "source": secret_name(path), "target": literal(path) });
        put("secrets", program.secrets.iter().map(secret).collect());
    }
    if !program.environment.is_empty() {
        put("environment", program.environment.iter().map(|(key, value)| ((*key).to_owned(), json!(literal(value)))).collect());
    }
    if let Some(ready) = &program.ready {
        let port = port(program.address.as_deref());
        put(
            "healthcheck",
            json!({ "test": ["CMD", "wget", "-q", "-O", "/dev/null", format!("http://localhost:{port}{ready}")], "interval": "10s" }),
        );
    }
    put("restart", json!("unless-stopped"));
    Value::Object(all)
}

/// The files that are to be put beside the Compose file.
fn secrets(programs: &[Program]) -> Value {
    let of = |path: &String| (secret_name(path), json!({ "file": format!("./secrets/{}", secret_name(path)) }));
    Value::Object(programs.iter().flat_map(|program| &program.secrets).map(of).collect())
}

/// A path as one name, so that two paths stay two.
fn secret_name(path: &str) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' };
    path.trim_start_matches('/').replace('_', "__").chars().map(allowed).collect()
}

/// Text in which Compose finds no variable.
fn literal(text: &str) -> String {
    text.replace('$', "$$")
}

fn host(address: &str) -> &str {
    address.rsplit_once(':').map_or(address, |(host, _)| host)
}

fn port(address: Option<&str>) -> u16 {
    address.and_then(|address| address.rsplit_once(':')?.1.parse().ok()).unwrap_or(80)
}

fn is_local(host: &str) -> bool {
    matches!(host, "localhost" | "::1" | "[::1]") || host.starts_with("127.")
}
