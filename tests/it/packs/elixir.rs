//! The pack for Elixir: it compiles without a warning against stand-ins of its libraries, does under ExUnit what the manifest says, and
//! has none of the faults of the tutorial that this project began with.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::journey::{HOSTILE, hostile_manifest};
use crate::common::{example_text, files, render, root};
use crate::engines::on_path;

/// Whether there is a compiler. Where there is none, it is said aloud; in CI there must be one.
pub fn is_here() -> bool {
    let here = on_path("elixirc").is_some();
    assert!(here || std::env::var_os("CI").is_none(), "elixir is absent: apt-get install elixir");
    if !here {
        eprintln!("SKIPPED: elixir is absent: apt-get install elixir");
    }
    here
}

/// The example, with more of what a service has.
fn manifest() -> Value {
    let mut all: Value = serde_yaml::from_str(&example_text()).expect("YAML");
    all["metrics"]["http_requests_total"]["labels"]["route"] = json!({ "role": "http_route" });
    all["metrics"]["http_requests_in_flight"] = json!({ "type": "gauge", "help": "Requests that are being answered" });
    all["metrics"]["orders_total"] = json!({ "type": "counter", "help": "Orders", "labels": { "kind": { "values": ["new", "paid"] } } });
    all
}

fn text(manifest: &Value) -> String {
    serde_json::to_string_pretty(manifest).expect("JSON")
}

fn source(name: &str) -> PathBuf {
    root().join("tests/it/packs/elixir").join(name)
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Compiles the stand-ins and the generated code, every warning being an error; the folder of what came of it.
pub fn compile(folder: &Path) -> PathBuf {
    let beams = folder.join("beams");
    fs::create_dir(&beams).expect("a folder");
    let code = folder.join("out/instrumentation/elixir/lib");
    let generated: Vec<PathBuf> = files(&code).into_iter().map(|(name, _)| code.join(name)).collect();
    for sources in [vec![source("stand_ins.ex")], generated] {
        let mut command = Command::new("elixirc");
        command.args(["--warnings-as-errors", "-pa"]).arg(&beams).arg("-o").arg(&beams).args(sources);
        let output = command.output().expect("elixirc");
        assert!(output.status.success(), "{}", said(&output));
    }
    beams
}

pub fn run(folder: &Path, beams: &Path, args: &[&str]) -> String {
    let mut command = Command::new("elixir");
    command.arg("-pa").arg(beams).args(args).current_dir(folder).env("CODE", folder.join("out/instrumentation/elixir"));
    let output = command.output().expect("elixir");
    assert!(output.status.success(), "{}", said(&output));
    said(&output)
}

/// The numbers of the faults that a run of ExUnit showed to be absent.
fn faults(said: &str) -> BTreeSet<u32> {
    let number = |line: &str| line.trim().strip_prefix("* test fault ")?.split(':').next()?.parse().ok();
    said.split(['\n', '\r']).filter(|line| line.contains("ms)")).filter_map(number).collect()
}

fn read(folder: &Path, name: &str) -> Value {
    let text = fs::read_to_string(folder.join("out").join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    serde_yaml::from_str(&text).expect("YAML")
}

/// The alerts of the rendered set.
fn alerts(folder: &Path) -> Vec<Value> {
    let groups = read(folder, "alerts.yml")["groups"].as_array().expect("groups").clone();
    groups.iter().flat_map(|group| group["rules"].as_array().expect("rules").clone()).collect()
}

/// Looks at a rendered set.
type Check = fn(&Path);

/// The faults of the tutorial's rules and dashboard, by their numbers; each panics where the rendered set has it.
const OF_THE_REST: &[(u32, Check)] = &[
    (20, |folder| {
        let expr = alert(folder, "HighErrorRate");
        assert!(expr.contains("status=~\"5..\"") && expr.contains('/') && expr.contains("sum"), "an absolute rate of one status: {expr}");
    }),
    (21, |folder| {
        let expr = alert(folder, "HighLatency");
        let is_right = ["http_request_duration_seconds_bucket", "rate(", "le"].iter().all(|piece| expr.contains(piece));
        assert!(is_right, "a quantile of no buckets: {expr}");
    }),
    (22, |folder| {
        let expr = alert(folder, "DatabaseDown");
        let prometheus = read(folder, "prometheus.yml");
        let jobs = prometheus["scrape_configs"].as_array().expect("jobs").iter().map(|job| job["job_name"].as_str().expect("a name"));
        assert!(jobs.clone().any(|job| expr.contains(&format!("job=\"{job}\""))), "no such job: {expr}");
        assert!(expr.contains("absent") && jobs.clone().any(|job| job == "myapp"), "{expr}");
    }),
    (23, |folder| {
        for alert in alerts(folder) {
            for (part, key) in [("labels", "severity"), ("annotations", "summary"), ("annotations", "description")] {
                assert!(alert[part][key].is_string(), "no {key}: {alert}");
            }
        }
        for name in ["Watchdog", "TargetAbsent", "TargetDown"] {
            alert(folder, name);
        }
        for alert in alerts(folder).iter().filter(|alert| alert["alert"] != "Watchdog") {
            assert!(alert["labels"]["service"] == "myapp" && alert["annotations"]["runbook_url"].is_string(), "{alert}");
        }
    }),
    (24, |folder| {
        let dashboard = read(folder, "dashboards/myapp.json");
        assert!(dashboard.get("dashboard").is_none() && dashboard["templating"]["list"].as_array().is_some_and(|all| !all.is_empty()));
        for panel in dashboard["panels"].as_array().expect("panels").iter().filter(|panel| panel["type"] != "row") {
            assert!(panel["type"].is_string() && panel["gridPos"].is_object() && panel["datasource"]["uid"].is_string(), "{panel}");
            assert!(panel["targets"].as_array().expect("queries").iter().all(|query| query["refId"].is_string()), "{panel}");
            assert!(panel["fieldConfig"]["defaults"]["unit"].is_string(), "{panel}");
        }
    }),
];

/// The expression of an alert that there must be.
fn alert(folder: &Path, name: &str) -> String {
    let all = alerts(folder);
    let found = all.iter().find(|alert| alert["alert"] == name).unwrap_or_else(|| panic!("no alert {name}"));
    found["expr"].as_str().expect("an expression").to_owned()
}

#[test]
fn the_elixir_pack_has_none_of_the_tutorials_faults() {
    if !is_here() {
        return;
    }
    let (folder, rendered) = render(&text(&manifest()));
    assert_eq!(rendered.code, 0, "{}", rendered.stderr);
    let beams = compile(folder.path());
    let said = run(folder.path(), &beams, &[source("observability_test.exs").to_str().expect("UTF-8")]);
    assert!(said.contains(" 0 failures"), "{said}");
    let mut absent = faults(&said);
    for (number, check) in OF_THE_REST {
        check(folder.path());
        absent.insert(*number);
    }
    assert_eq!(absent, (1..=25).collect(), "{said}");
}

/// What the generated code holds, one value a line, each as base64.
const DUMP: &str = r#"
{:ok, _} = Prometheus.StandIn.start()
Myapp.Observability.setup(checks: %{"database" => fn -> :ok end, "cache" => fn -> :ok end}, feeds: %{"db_connections_active" => fn -> 1 end})
{_, class} = Prometheus.StandIn.spec(:class_total)
[[value, "a"]] = Prometheus.StandIn.series(:class_total)
settings = Config.Reader.read!(System.fetch_env!("CODE") <> "/config/observability.exs")
metadata = settings[:logger][:default_formatter][:metadata]
hostile = List.last(metadata)
line = Myapp.Observability.Lines.format(:info, "said", {{2026, 1, 2}, {3, 4, 5, 6}}, [{hostile, "hunter2"}, said: to_string(hostile)])
live = Myapp.Observability.Health.check("/health/live")
exporter = Myapp.Observability.Config.runtime(%{})[:opentelemetry_exporter]
for text <- [class[:help], inspect(class[:labels]), value, live.body, IO.iodata_to_binary(line), to_string(hostile), exporter[:otlp_traces_endpoint]],
    do: IO.puts(Base.encode64(text))
"#;

#[test]
fn hostile_text_stays_text_in_the_elixir_pack() {
    if !is_here() {
        return;
    }
    let hostile = hostile_manifest(manifest());
    let (folder, rendered) = render(&text(&hostile));
    assert_eq!(rendered.code, 0, "{}", rendered.stderr);
    let beams = compile(folder.path());
    let said = run(folder.path(), &beams, &["-e", DUMP]);
    let decode = |line: &str| String::from_utf8(STANDARD.decode(line).expect("base64")).expect("UTF-8");
    let all: Vec<String> = said.lines().map(decode).collect();
    let [help, labels, value, body, line, metadata, endpoint] = all.as_slice() else { panic!("{said}") };
    assert_eq!([help, value, metadata], [HOSTILE; 3]);
    let line: Value = serde_json::from_str(line).expect("a line is JSON");
    assert_eq!((&line[HOSTILE], &line["said"]), (&json!("[redacted]"), &json!(HOSTILE)), "{line}");
    assert_eq!((labels.as_str(), endpoint.as_str()), ("[:def, :import]", hostile["tracing"]["endpoint"].as_str().expect("an endpoint")));
    let body: Value = serde_json::from_str(body).expect("JSON");
    assert_eq!((&body["said"], &body[HOSTILE.replace('.', "")], &body["__proto__"]), (&json!(HOSTILE), &json!("x"), &json!("y")));
    assert!(!files(folder.path()).iter().any(|(name, _)| name.ends_with("pwned")), "text of the manifest was run");
}
