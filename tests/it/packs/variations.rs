//! Manifests that say less than others, or otherwise: every pack compiles and starts with each of them.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use super::{elixir, node, python, rust};
use crate::common::render;

/// A manifest of a service and nothing else but its sections.
fn with(language: &str, sections: &Value) -> Value {
    let mut all = json!({
        "apiVersion": "obsgen/v1",
        "service": { "name": "2-shop.v1", "language": language },
        "scrape": { "targets": ["localhost:8080"], "path": "/internal/metrics" },
    });
    for (key, value) in sections.as_object().expect("sections") {
        all[key] = value.clone();
    }
    all
}

/// What manifests can say and the journey's does not.
fn variations() -> Vec<(&'static str, Value)> {
    let odd = json!({
        "queue:depth": { "type": "gauge", "native": false, "labels": { "shard": { "optional": true }, "class": {} } },
        "queue_depth": { "type": "gauge", "presence": "on_first_use" },
        "http_requests_total": {
            "type": "counter",
            "labels": { "tenant": {}, "tier": { "optional": true }, "verb": { "values": ["GET", "other"] }, "code": {}, "handler": { "optional": true } },
        },
        "http_request_size_bytes": { "type": "summary", "labels": { "handler": { "role": "http_route" } } },
        "request_latency_seconds": { "type": "summary" },
        "http_server_request_duration_seconds": { "type": "histogram", "native": true, "labels": { "code": { "values": ["200", "500"] } } },
        "jobs_seconds": { "type": "histogram", "buckets": [0.5, 1, 1e6], "labels": { "job_kind": { "values": ["a", "b"] } } },
        "http_requests_active": { "type": "gauge" },
        "payload_ratio": { "type": "gauge", "labels": { "kind": { "values": ["x"] } } },
    });
    let health = json!({ "base": "http://localhost:8080", "deep": { "path": "/deep?all=1", "covers": ["broker"], "expect": { "status": ["202", "5xx"], "within": "300ms", "body": "fine|well" } } });
    vec![
        ("nothing", json!({})),
        (
            "logs as text, traces over gRPC",
            json!({
                "logging": { "format": "text", "level": "info", "metadata": ["user_id"], "redact": ["password"] }, "tracing": { "protocol": "grpc" },
            }),
        ),
        (
            "logs as logfmt, reports",
            json!({
                "logging": { "format": "logfmt", "level": "trace" }, "errors": { "sentry": { "dsn_env": "DSN", "environment_env": "STAGE", "traces_sample": "5%" } },
            }),
        ),
        (
            "metrics of all kinds",
            json!({
                "metrics": odd, "health": health, "dependencies": { "broker": { "kind": "rabbitmq", "exporter": "localhost:15692" } },
                "stack": { "prometheus": "3.14" },
            }),
        ),
        (
            "traces without logs",
            json!({ "tracing": { "sample": "0%", "endpoint": "http://collector:4318/custom/" }, "errors": { "sentry": { "dsn_env": "DSN" } } }),
        ),
    ]
}

fn rendered(language: &str, sections: &Value) -> tempfile::TempDir {
    let (folder, run) = render(&serde_json::to_string(&with(language, sections)).expect("JSON"));
    assert_eq!(run.code, 0, "{}", run.stderr);
    folder
}

fn succeeds(what: &str, output: &Output) {
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what}: {said}");
}

fn code(folder: &Path, language: &str) -> std::path::PathBuf {
    folder.join("out/instrumentation").join(language)
}

/// Where every level is written as logfmt, the request to `/` has its line.
fn has_its_line(what: &str, said: &str) {
    if what == "logs as text, traces over gRPC" {
        // The time, the level, the message: what a pipeline takes a line of text apart by.
        let is_line =
            |line: &&str| line.split_once(' ').is_some_and(|(time, rest)| time.ends_with('Z') && rest.starts_with("info GET / 200 "));
        assert!(said.lines().any(|line| is_line(&line)), "no line of the request: {said}");
    }
    if what == "logs as logfmt, reports" {
        let line = said.lines().find(|line| line.contains("status=200")).unwrap_or_else(|| panic!("no line of the request: {said}"));
        for piece in ["level=info", "request_id=", "method=GET", "path=/ ", "duration_ms="] {
            assert!(format!("{line} ").contains(piece), "{piece} is not in {line}");
        }
    }
}

/// What the service of a variation gives, in words of a language.
const PYTHON: &str = "
import asyncio, observability
async def app(scope, receive, send):
    await send({'type': 'http.response.start', 'status': 200, 'headers': []})
    await send({'type': 'http.response.body', 'body': b''})
given = {'checks': {name: lambda: True for name in observability.health.COVERED}, 'feeds': {name: lambda: 1 for name in observability.metrics.FED}}
if observability.metrics.OWN_LABELS:
    given['labels'] = lambda scope, status: {name: 'x' for name in observability.metrics.OWN_LABELS}
app = observability.observe(app, **given)
sent = []
async def send(message): sent.append(message)
for path in ('/', '/internal/metrics', '/deep'):
    asyncio.run(app({'type': 'http', 'method': 'GET', 'path': path, 'scheme': 'http', 'headers': []}, None, send))
print([message.get('status') for message in sent], sent[3].get('body').decode())
";

#[test]
fn python_takes_every_manifest() {
    let Some(python) = python::interpreter() else { return };
    for (what, sections) in variations() {
        let folder = rendered("python", &sections);
        let mut command = Command::new(&python);
        command
            .args(["-W", "error::SyntaxWarning", "-c", PYTHON])
            .env("PYTHONPATH", code(folder.path(), "python"))
            .env("OTEL_SDK_DISABLED", "true");
        let output = command.output().expect("python");
        succeeds(what, &output);
        let said = String::from_utf8_lossy(&output.stdout);
        has_its_line(what, &said);
        if what == "metrics of all kinds" {
            assert!(said.contains("http_requests_total{code=\"200\",handler=\"\",tenant=\"x\",tier=\"\",verb=\"GET\"} 1.0"), "{said}");
            assert!(said.starts_with("[200, None, 200, None, 202, None]"), "{said}");
        }
    }
}

const NODE: &str = "
import { observe } from './index.js';
import { checks } from './health.js';
import { metrics, ownLabels } from './metrics.js';
import { createServer } from 'node:http';
const asks = Object.fromEntries([...checks.values()].flatMap((check) => check.covers).map((name) => [name, () => true]));
const feeds = Object.fromEntries(JSON.parse(process.argv[2]).map((name) => [name, () => 1]));
const labels = ownLabels.length > 0 ? () => Object.fromEntries(ownLabels.map((name) => [name, 'x'])) : undefined;
const server = createServer(observe((request, response) => response.end('well'), { checks: asks, feeds, labels }));
server.listen(0, '127.0.0.1', async () => {
  const base = `http://127.0.0.1:${server.address().port}`;
  const said = [];
  for (const path of ['/', '/internal/metrics', '/deep']) said.push(await fetch(base + path).then(async (answer) => [answer.status, await answer.text()]));
  console.log(said.map(([status]) => status).join(' '), said[1][1]);
  process.exit(0);
});
";

#[test]
fn node_takes_every_manifest() {
    let Some(libraries) = node::libraries() else { return };
    for (what, sections) in variations() {
        let folder = rendered("node", &sections);
        let code = code(folder.path(), "node");
        std::os::unix::fs::symlink(&libraries, code.join("node_modules")).expect("a link");
        fs::write(code.join("trial.js"), NODE).expect("a file");
        let output = Command::new("node").arg(code.join("trial.js")).arg("[]").env("OTEL_SDK_DISABLED", "true").output().expect("node");
        succeeds(what, &output);
        let said = String::from_utf8_lossy(&output.stdout);
        has_its_line(what, &said);
        if what == "metrics of all kinds" {
            assert!(said.contains("http_requests_total{code=\"200\",handler=\"\",tenant=\"x\",tier=\"\",verb=\"GET\"} 1"), "{said}");
            assert!(said.contains("200 200 202"), "{said}");
        }
    }
}

const RUST: &str = "#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let labels = Box::new(|_: &axum::http::request::Parts, _| Default::default());
    let with = observability::Observe::default().labels(labels);
    let _ = observability::observe(axum::Router::new(), with);
    Ok(())
}
";

#[test]
fn rust_takes_every_manifest() {
    for (what, sections) in variations() {
        let folder = rendered("rust", &sections);
        let _one = rust::BUILDING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let program = rust::build_with(&code(folder.path(), "rust"), Some(RUST));
        succeeds(what, &Command::new(program).output().expect("the program"));
    }
}

#[test]
fn elixir_takes_every_manifest() {
    if !elixir::is_here() {
        return;
    }
    for (what, sections) in variations() {
        let folder = rendered("elixir", &sections);
        let beams = elixir::compile(folder.path());
        let script = "
        {:ok, _} = Prometheus.StandIn.start()
        alias X2ShopV1.Observability
        checks = Map.new(Observability.Health.covered(), &{&1, fn -> :ok end})
        feeds = Map.new(Observability.Metrics.fed(), &{&1, fn -> 1 end})
        :ok = Observability.setup(checks: checks, feeds: feeds, labels: fn _, _ -> %{\"tenant\" => \"x\"} end)
        conn = Observability.Plug.call(%Plug.Conn{request_path: \"/internal/metrics\"}, [])
        200 = conn.status
        :telemetry.execute([:phoenix, :endpoint, :start], %{}, %{conn: %Plug.Conn{}})
        :telemetry.execute([:phoenix, :endpoint, :stop], %{}, %{conn: %Plug.Conn{status: 200}})
        file = System.fetch_env!(\"CODE\") <> \"/config/observability.exs\"
        if File.exists?(file), do: Config.Reader.read!(file)
        lines = X2ShopV1.Observability.Lines
        fields = [user_id: \"x y\", password: \"hunter2\", customer: %{\"PassWord\" => \"hunter3\", name: \"Ada\"}, n: 1, pid: self()]
        time = {{2026, 1, 2}, {3, 4, 5, 6}}
        if Code.ensure_loaded?(lines), do: IO.puts(lines.format(:info, \"a\\nb\", time, fields))
        ";
        let said = elixir::run(folder.path(), &beams, &["-e", script]);
        let expected = match what {
            "logs as text, traces over gRPC" => "2026-01-02T03:04:05.006Z info a b user_id=\"x y\" password=[redacted] customer=",
            "logs as logfmt, reports" => {
                "time=2026-01-02T03:04:05.006Z level=info message=\"a\\nb\" user_id=\"x y\" password=hunter2 customer="
            }
            _ => "",
        };
        assert!(said.contains(expected), "{what}: {said}");
        // The manifest with text redacts it, the one with logfmt redacts nothing.
        assert!(what != "logs as text, traces over gRPC" || !said.contains("hunter"), "{said}");
    }
}
