//! A Prometheus that feeds a central engine: what is rendered for it, and two real shards that feed a third.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::capacity::serve;
use crate::common::{example_text, free_port, render, run_in};
use crate::end_to_end::stack::{Program, get, wait_for};
use crate::engines::{self, Engine};

const PATIENCE: Duration = Duration::from_mins(1);

/// The example with more keys below `stack.prometheus`.
fn example_with(keys: &str) -> String {
    let text = example_text();
    let line = text.lines().find(|line| line.trim_start().starts_with("prometheus:")).expect("a version");
    let indent = &line[..line.len() - line.trim_start().len()];
    text.replace(line, &format!("{indent}prometheus: {{ {keys} }}"))
}

fn rendered(keys: &str) -> (tempfile::TempDir, Value) {
    let (folder, run) = render(&example_with(keys));
    assert_eq!(run.code, 0, "{keys}: {}", run.stderr);
    let text = fs::read_to_string(folder.path().join("out/prometheus.yml")).expect("a configuration");
    (folder, serde_yaml::from_str(&text).expect("YAML"))
}

const URL: &str = "http://store:9009/api/v1/push";

/// Every way to feed a store, with what it is told apart by.
fn ways() -> Vec<(String, BTreeMap<&'static str, &'static str>)> {
    let path = |to: &str| if to == "thanos" { URL.replace("push", "receive") } else { URL.to_owned() };
    let to = |to: &str| format!("remote_write: {{ url: \"{}\", to: {to} }}", path(to));
    vec![
        (to("prometheus"), BTreeMap::new()),
        (format!("agent: true, {}", to("prometheus")), BTreeMap::new()),
        (format!("shards: 2, shard: 1, {}", to("thanos")), BTreeMap::from([("shard", "1")])),
        (format!("agent: true, shards: 3, shard: 0, replica: a, {}", to("thanos")), BTreeMap::from([("shard", "0"), ("replica", "a")])),
        ("replica: b".to_owned(), BTreeMap::from([("replica", "b")])),
        (
            format!("agent: true, replica: b, external_labels: {{ cluster: eu }}, {}", to("mimir")),
            BTreeMap::from([("cluster", "eu"), ("__replica__", "b")]),
        ),
        (
            format!("agent: true, shards: 2, shard: 1, replica: b, external_labels: {{ cluster: eu }}, {}", to("mimir")),
            BTreeMap::from([("cluster", "eu-1"), ("__replica__", "b"), ("shard", "1")]),
        ),
        (format!("agent: true, replica: b, {}", to("victoriametrics")), BTreeMap::new()),
        (
            "remote_write: { url: \"https://store:9090/api/v1/write\", basic_auth: { username: u, password_file: /etc/p }, tls: { ca_file: /etc/ca.pem } }"
                .to_owned(),
            BTreeMap::new(),
        ),
    ]
}

#[test]
fn every_way_to_feed_a_store_is_accepted_by_promtool_and_by_lint() {
    for version in ["2.42", "3.14"] {
        for (keys, labels) in ways() {
            let keys = format!("version: \"{version}\", {keys}");
            let (folder, config) = rendered(&keys);
            let external = config["global"]["external_labels"].as_object().cloned().unwrap_or_default();
            let expected: serde_json::Map<String, Value> = labels.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
            assert_eq!(external, expected, "{keys}");
            let (is_agent, is_shard) = (keys.contains("agent: true"), keys.contains("shards:"));
            let rules_are_here = !is_agent && !is_shard;
            assert_eq!(config.get("rule_files").is_some(), rules_are_here, "{keys}");
            assert_eq!(config.get("alerting").is_some(), rules_are_here, "{keys}");
            let drops = config["alerting"]["alert_relabel_configs"].is_array();
            assert_eq!(drops, rules_are_here && labels.contains_key("replica"), "{keys}");
            assert_eq!(config.get("remote_write").is_some(), keys.contains("remote_write"), "{keys}");
            for job in config["scrape_configs"].as_array().expect("jobs") {
                assert_eq!(job["relabel_configs"][0]["action"] == "hashmod", is_shard, "{keys}: {job}");
            }
            let lint = run_in(folder.path(), &["lint", "out", "obsgen.yaml", "--fail-on", "info"]);
            assert_eq!(lint.code, 0, "{keys}: {}", lint.stdout);
            for engine in engines::all().iter().filter(|engine| engine.newest || version == "2.42") {
                let mut args = vec!["check", "config", "--syntax-only", "out/prometheus.yml"];
                if is_agent {
                    args.insert(2, "--agent");
                }
                let check = engines::run(&engine.promtool, folder.path(), &args);
                assert_eq!(check.code, 0, "{keys}: {}{}", check.stdout, check.stderr);
            }
        }
    }
}

#[test]
fn the_tenant_of_mimir_is_sent_to_mimir_alone() {
    for (to, is_sent) in [("mimir", true), ("thanos", false)] {
        let keys = format!("version: \"2.42\", remote_write: {{ url: \"{URL}\", to: {to} }} }}\n  mimir: {{ tenant: shop");
        let (_folder, config) = rendered(&keys);
        let tenant = &config["remote_write"][0]["headers"]["X-Scope-OrgID"];
        assert_eq!(tenant == "shop", is_sent, "{to}: {config}");
    }
}

#[test]
fn the_queue_is_sized_for_what_the_shard_takes_in() {
    let (_folder, config) = rendered(&format!("version: \"2.42\", remote_write: {{ url: \"{URL}\" }}"));
    let queue = &config["remote_write"][0]["queue_config"];
    assert_eq!(queue, &json!({ "min_shards": 1, "max_shards": 10, "capacity": 2500, "max_samples_per_send": 500 }));
    // A million series every 15 s.
    let wide = example_with(&format!("version: \"2.42\", agent: true, remote_write: {{ url: \"{URL}\" }}"))
        .replace("db_connections_active:\n", "db_connections_active:\n    labels: { tenant: {} }\n    max_series: 1000000\n");
    assert!(wide.contains("max_series"), "{wide}");
    let (folder, run) = render(&wide);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let text = fs::read_to_string(folder.path().join("out/prometheus.yml")).expect("a configuration");
    let config: Value = serde_yaml::from_str(&text).expect("YAML");
    let queue = &config["remote_write"][0]["queue_config"];
    assert_eq!((&queue["min_shards"], &queue["max_samples_per_send"]), (&json!(4), &json!(2000)), "{text}");
    assert!(text.contains("# The queue is sized for about 66"), "{text}");
}

#[test]
fn what_the_keys_lack_is_said_at_their_place() {
    let remote = format!("remote_write: {{ url: \"{URL}\" }}");
    for (keys, rule, said) in [
        ("agent: true".to_owned(), "missing-key", "an agent keeps nothing"),
        ("shards: 2, shard: 0".to_owned(), "missing-key", "a shard sees only a part"),
        (format!("shards: 2, {remote}"), "missing-key", "which of the 2 shards"),
        (format!("shard: 2, {remote}"), "missing-key", "of how many"),
        (format!("shards: 2, shard: 2, {remote}"), "invalid-manifest", "none has the number 2"),
        (format!("shards: 0, shard: 0, {remote}"), "invalid-manifest", "no Prometheus scrapes"),
        (format!("shards: 2, shard: 1, external_labels: {{ shard: x }}, {remote}"), "invalid-manifest", "sets the external label `shard`"),
        (format!("replica: a, remote_write: {{ url: \"{URL}\", to: mimir }}"), "missing-key", "by the label `cluster`"),
        ("remote_write: { to: mimir }".to_owned(), "missing-key", "has no `url`"),
        ("remote_write: { url: store }".to_owned(), "invalid-manifest", "not a URL"),
        (
            format!("remote_write: {{ url: \"{URL}\", basic_auth: {{ username: u, password: p }} }}"),
            "literal-secret",
            "put a secret into the manifest",
        ),
        (format!("remote_write: {{ url: \"{URL}\", to: influx }}"), "invalid-manifest", "influx"),
    ] {
        let (folder, run) = render(&example_with(&format!("version: \"2.42\", {keys}")));
        assert_eq!(run.code, 2, "{keys}");
        assert!(run.stderr.contains(said) && run.stderr.contains(rule) && run.stderr.contains("obsgen.yaml:"), "{keys}: {}", run.stderr);
        assert!(!folder.path().join("out").exists(), "{keys}");
    }
}

/// A service of six targets, one of which fails all its requests, and a dependency.
fn sharded(engine: &Engine, targets: &[u16], exporter: u16, central: u16) -> Value {
    let local = |port: u16| format!("127.0.0.1:{port}");
    let prometheus = |more: Value| {
        let mut all = json!({ "shards": 2, "agent": true, "remote_write": { "url": format!("http://{}/api/v1/write", local(central)) } });
        all.as_object_mut().expect("keys").extend(more.as_object().expect("keys").clone());
        all
    };
    json!({
        "apiVersion": "obsgen/v1",
        "service": { "name": "shop", "team": "web" },
        "scrape": { "targets": targets.iter().map(|port| local(*port)).collect::<Vec<_>>(), "interval": "1s" },
        "dependencies": { "database": { "kind": "postgres", "exporter": local(exporter) } },
        "metrics": { "requests_total": { "type": "counter", "help": "Requests", "labels": { "status": { "values": ["200", "500"] } } } },
        "alerts": {
            "HighErrorRate": { "ratio": "requests_total", "bad": { "status": "500" }, "above": "5%", "for": "0s", "window": "10s", "severity": "critical" },
            "DatabaseDown": { "down": "database", "for": "0s", "severity": "critical" },
        },
        "objectives": { "availability": { "ratio": "requests_total", "bad": { "status": "500" }, "target": "99%", "window": "30d" } },
        "stack": { "prometheus": prometheus(json!({ "version": if engine.newest { "3.14" } else { "2.42" }, "shard": 0 })) },
        "environments": { "second": { "stack": { "prometheus": { "shard": 1 } } } },
    })
}

/// Instances and shards of an instant vector.
fn series(central: u16, expr: &str) -> Result<Vec<(String, String)>, String> {
    let escaped: String =
        expr.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect();
    let body = get(central, &format!("/api/v1/query?query={escaped}")).ok_or("no answer")?;
    let answer: Value = serde_json::from_str(&body).map_err(|error| error.to_string())?;
    let result = answer["data"]["result"].as_array().ok_or_else(|| body.clone())?;
    let label = |series: &Value, name: &str| series["metric"][name].as_str().unwrap_or_default().to_owned();
    Ok(result.iter().map(|series| (label(series, "instance"), label(series, "shard"))).collect())
}

/// The targets that an agent scrapes.
fn active_targets(port: u16) -> Option<Vec<String>> {
    let answer: Value = serde_json::from_str(&get(port, "/api/v1/targets?state=active")?).ok()?;
    Some(
        answer["data"]["activeTargets"]
            .as_array()?
            .iter()
            .map(|target| target["labels"]["instance"].as_str().unwrap_or_default().to_owned())
            .collect(),
    )
}

fn two_shards_feed_a_third(engine: &Engine) {
    let targets: Vec<u16> = (0..6)
        .map(|number| {
            serve(move |tenths| {
                let (good, bad) = if number == 0 { (0, tenths) } else { (tenths, 0) };
                format!("requests_total{{status=\"200\"}} {good}\nrequests_total{{status=\"500\"}} {bad}\n")
            })
        })
        .collect();
    let exporter = serve(|_| "pg_up 0\n".to_owned());
    let (central, agents) = (free_port(), [free_port(), free_port()]);
    let folder = tempfile::tempdir().expect("a folder");
    let manifest = sharded(engine, &targets, exporter, central);
    fs::write(folder.path().join("obsgen.yaml"), manifest.to_string()).expect("a manifest");
    let outputs = ["first", "second"];
    for (output, args) in outputs.iter().zip([&[][..], &["--env", "second"]]) {
        let run = run_in(folder.path(), &[&["render", "-o", output], args].concat());
        assert_eq!(run.code, 0, "{}", run.stderr);
        let flag = if engine.newest { "--agent" } else { "--enable-feature=agent" };
        assert!(run.stderr.contains(flag) && run.stderr.contains("an agent evaluates no rules"), "{}", run.stderr);
    }
    // Both render the same rules; the third has those of the first.
    for file in ["alerts.yml", "recording.yml"] {
        let read = |output: &str| fs::read(folder.path().join(output).join(file)).expect("rules");
        assert_eq!(read("first"), read("second"), "{file}");
    }
    let scratch = tempfile::tempdir().expect("a folder");
    let rules: Vec<String> =
        ["alerts.yml", "recording.yml"].iter().map(|file| folder.path().join("first").join(file).display().to_string()).collect();
    let config = json!({ "global": { "evaluation_interval": "1s" }, "rule_files": rules });
    fs::write(scratch.path().join("central.yml"), config.to_string()).expect("a configuration");
    let start = |log: &str, config: &Path, port: u16, more: &[String]| {
        let args = [format!("--config.file={}", config.display()), format!("--web.listen-address=127.0.0.1:{port}")];
        Program::start(&engine.prometheus, scratch.path(), log, &[&args[..], more].concat())
    };
    let data = |name: &str| scratch.path().join(name).display().to_string();
    let receives = ["--web.enable-remote-write-receiver".to_owned(), format!("--storage.tsdb.path={}", data("central"))];
    let mut running = vec![start("central.log", &scratch.path().join("central.yml"), central, &receives)];
    wait_for("the third Prometheus is ready", PATIENCE, || {
        get(central, "/-/ready").filter(|body| body.contains("eady")).map(drop).ok_or_else(String::new)
    });
    let flag = if engine.newest { "--agent" } else { "--enable-feature=agent" };
    for (output, port) in outputs.iter().zip(agents) {
        let more = [flag.to_owned(), format!("--storage.agent.path={}", data(output))];
        running.push(start(&format!("{output}.log"), &folder.path().join(output).join("prometheus.yml"), port, &more));
    }
    let logs =
        || ["central.log", "first.log", "second.log"].map(|log| fs::read_to_string(scratch.path().join(log)).unwrap_or_default()).concat();

    let expected: BTreeSet<String> = targets.iter().chain([&exporter]).map(|port| format!("127.0.0.1:{port}")).collect();
    let shares = wait_for("the agents scrape", PATIENCE, || {
        let shares = agents.map(active_targets);
        match shares {
            [Some(first), Some(second)] if first.len() + second.len() >= expected.len() => Ok([first, second]),
            other => Err(format!("{other:?}\n{}", logs())),
        }
    });
    // Every target is scraped by exactly one of them.
    let all: Vec<&String> = shares.iter().flatten().collect();
    assert_eq!(all.len(), expected.len(), "{shares:?}");
    assert_eq!(all.into_iter().cloned().collect::<BTreeSet<_>>(), expected, "{shares:?}");
    // And arrives once, with the number of the one that scraped it.
    let arrived = wait_for("every target has arrived", PATIENCE, || {
        let arrived = series(central, "up == 1")?;
        if arrived.len() >= expected.len() { Ok(arrived) } else { Err(format!("{arrived:?}\n{}", logs())) }
    });
    let sent: BTreeSet<(String, String)> = shares
        .iter()
        .enumerate()
        .flat_map(|(number, share)| share.iter().map(move |instance| (instance.clone(), number.to_string())))
        .collect();
    assert_eq!(arrived.len(), sent.len(), "{arrived:?}");
    assert_eq!(arrived.into_iter().collect::<BTreeSet<_>>(), sent);
    // Series travel by several queues, and not all at once.
    let requests = wait_for("the requests have arrived", PATIENCE, || {
        let requests = series(central, "requests_total")?;
        if requests.len() >= 2 * targets.len() { Ok(requests) } else { Err(format!("{requests:?}\n{}", logs())) }
    });
    assert_eq!(requests.len(), 2 * targets.len(), "{requests:?}");
    assert!(requests.iter().all(|identity| sent.contains(identity)), "{requests:?}");
    // Its rules see all of them: one target in six fails.
    for alert in ["HighErrorRate", "DatabaseDown"] {
        wait_for(&format!("{alert} fires"), PATIENCE, || {
            let firing = series(central, &format!("ALERTS{{alertname=\"{alert}\",alertstate=\"firing\",service=\"shop\"}}"))?;
            if firing.is_empty() { Err(logs()) } else { Ok(()) }
        });
    }
    // One job, one ratio, whichever shard saw the target; it settles once there are rates of all of them.
    wait_for("the ratio is that of all targets", PATIENCE, || {
        let ratio = series(central, "job:slo_errors_per_request:ratio_rate5m > 0.1 < 0.25")?;
        if ratio.len() == 1 { Ok(()) } else { Err(format!("{ratio:?}\n{}", logs())) }
    });
    // What was pending before everything had arrived has gone.
    wait_for("nothing is missed", PATIENCE, || {
        let missed = series(central, "ALERTS{alertname=~\"TargetDown|AllTargetsDown|TargetAbsent|MetricsAbsent\"}")?;
        if missed.is_empty() { Ok(()) } else { Err(format!("{missed:?}\n{}", logs())) }
    });
    eprintln!("{}: shards of {} and {} targets", engine.name, shares[0].len(), shares[1].len());
}

#[test]
fn two_agents_scrape_every_target_once_and_the_rules_of_a_third_fire() {
    std::thread::scope(|scope| {
        for engine in engines::all() {
            scope.spawn(|| two_shards_feed_a_third(engine));
        }
    });
}
