//! The containers as Compose writes them: who shares the machine's network, who is apart, and who finds whom by which name.

use serde_json::{Map, Value, json};

use super::programs::{Program, port};
use crate::artifacts::address;

/// Where a program answers that has a name of its own.
const APART: &str = "127.0.0.2";

/// What the machine is called by a program that is apart.
const MACHINE: &str = "host.docker.internal";

/// The containers, by name.
pub(super) fn services(programs: &[Program]) -> Value {
    let names = names(programs);
    Value::Object(programs.iter().map(|program| (program.name.clone(), service(program, &names))).collect())
}

/// An address as a program that is apart reaches it.
pub(super) fn from_apart(address: &str) -> String {
    if is_local(address::host(address)) { format!("{MACHINE}:{}", port(address)) } else { address.to_owned() }
}

/// The names by which programs know each other, besides `localhost`.
pub(super) fn names(programs: &[Program]) -> Vec<String> {
    let hosts = programs.iter().filter_map(|program| program.address.as_deref()).map(address::host).filter(|host| !is_local(host));
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
    if let Some(address) = program.address.as_deref().filter(|address| !is_local(address::host(address))) {
        let ports = [port(address)].into_iter().chain(program.ports.iter().copied());
        put("ports", ports.map(|port| json!(format!("{APART}:{port}:{port}"))).collect());
        // Those apart know each other by name, and the machine by this one.
        put("networks", json!({ "default": { "aliases": [address::host(address)] } }));
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
    if let (Some(ready), Some(address)) = (&program.ready, &program.address) {
        let port = port(address);
        put(
            "healthcheck",
            json!({ "test": ["CMD", "wget", "-q", "-O", "/dev/null", format!("http://localhost:{port}{ready}")], "interval": "10s" }),
        );
    }
    put("restart", json!("unless-stopped"));
    Value::Object(all)
}

/// The files that are to be put beside the Compose file.
pub(super) fn secrets(programs: &[Program]) -> Map<String, Value> {
    let of = |path: &String| (secret_name(path), json!({ "file": format!("./secrets/{}", secret_name(path)) }));
    programs.iter().flat_map(|program| &program.secrets).map(of).collect()
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

/// Whether a host is this machine to whoever asks it.
fn is_local(host: &str) -> bool {
    matches!(host, "localhost" | "::1" | "[::1]") || host.starts_with("127.")
}
