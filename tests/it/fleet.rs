//! Fleets: what many manifests share, where each value is from, and what a run says of them.

use std::fs;
use std::path::Path;

use crate::common::{self, Run, obsgen, run_in, shared, write_pair};

const SHARED: &str = "\
apiVersion: obsgen/v1
scrape: { interval: 15s }
service: { team: platform, labels: { tier: gold } }
routing: { default: { webhook: { url: \"http://hooks:8081\" } } }
stack: { prometheus: \"2.42\", alertmanager: { address: \"am:9093\" } }
metrics:
  process_queue_length: { type: gauge, help: Work that waits, max: 1000 }
alerts:
  Backlog: { saturation: process_queue_length, above: 90%, for: 10m, severity: warning }
environments:
  production: { scrape: { interval: 60s } }
";

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn manifest(name: &str, more: &str) -> String {
    format!("apiVersion: obsgen/v1\nservice: {{ name: {name} }}\nscrape: {{ targets: [\"{name}:80\"] }}\n{more}")
}

/// `shop/` with a team's own defaults, and `billing/` without.
fn fleet() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "fleet/defaults.yaml", SHARED);
    write(folder.path(), "fleet/shop/defaults.yaml", "service: { team: shop }\nalerts: { Backlog: { for: 5m } }\n");
    write(folder.path(), "fleet/shop/cart/obsgen.yaml", &manifest("cart", "alerts: { Backlog: null }\n"));
    write(folder.path(), "fleet/shop/search/obsgen.yaml", &manifest("search", ""));
    write(
        folder.path(),
        "fleet/billing/obsgen.yaml",
        &manifest("billing", "service: { name: billing, labels: { tier: silver } }\n").replacen("service: { name: billing }\n", "", 1),
    );
    folder
}

#[test]
fn defaults_of_every_level_are_merged_and_the_nearer_wins() {
    let fleet = fleet();
    let run = run_in(fleet.path(), &["render", "-m", "fleet", "-o", "out"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let alerts = |service: &str| fs::read_to_string(fleet.path().join(format!("out/alerts/{service}.yml"))).unwrap();
    let (cart, search, billing) = (alerts("cart"), alerts("search"), alerts("billing"));
    assert!(!cart.contains("Backlog"), "null takes a default away: {cart}");
    for (text, hold, team, tier) in [(&search, "5m", "shop", "gold"), (&billing, "10m", "platform", "silver")] {
        let rule = text.split("- alert: ").find(|rule| rule.starts_with("\"Backlog\"")).unwrap();
        for said in [format!("for: \"{hold}\""), format!("\"team\": \"{team}\""), format!("\"tier\": \"{tier}\"")] {
            assert!(rule.replace("team:", "\"team\":").replace("tier:", "\"tier\":").contains(&said), "{said} in {rule}");
        }
    }
    let lint = run_in(fleet.path(), &["lint", "fleet", "out", "--fail-on", "info"]);
    assert_eq!(lint.code, 0, "{}", lint.stdout);
    // One manifest by itself is merged over the same files, from wherever it is named.
    for (from, path) in [("", "fleet/shop/search/obsgen.yaml"), ("fleet/shop", "search/obsgen.yaml"), ("fleet/shop/search", "obsgen.yaml")]
    {
        let run = run_in(&fleet.path().join(from), &["explain-manifest", "-m", path, "alerts.Backlog.for"]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(run.stdout.starts_with("alerts.Backlog.for: 5m"), "{path} from {from}: {}", run.stdout);
    }
}

#[test]
fn the_origin_of_every_value_is_shown() {
    let fleet = fleet();
    let run = run_in(fleet.path(), &["explain-manifest", "-m", "fleet", "--env", "production"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let of = |file: &str| run.stdout.split("\n\n").find(|part| part.starts_with(file)).unwrap_or_else(|| panic!("{file}: {}", run.stdout));
    let search = of("fleet/shop/search/obsgen.yaml:");
    for (value, place) in [
        ("service.name: search", "fleet/shop/search/obsgen.yaml:2:18"),
        ("service.team: shop", "fleet/shop/defaults.yaml:1:18"),
        ("service.labels.tier: gold", "fleet/defaults.yaml:3:44"),
        ("scrape.interval: 60s", "fleet/defaults.yaml:11:37"),
        ("scrape.targets[0]: search:80", "fleet/shop/search/obsgen.yaml:3:21"),
        ("alerts.Backlog.for: 5m", "fleet/shop/defaults.yaml:2:27"),
        ("alerts.Backlog.severity: warning", "fleet/defaults.yaml:9:80"),
    ] {
        let line = search.lines().find(|line| line.starts_with(value)).unwrap_or_else(|| panic!("{value}: {search}"));
        assert_eq!(line.split("  # ").nth(1), Some(place), "{line}");
    }
    assert!(!search.contains("environments"), "{search}");
    assert!(!of("fleet/shop/cart/obsgen.yaml:").contains("Backlog"));
    let json = run_in(fleet.path(), &["explain-manifest", "-m", "fleet/billing/obsgen.yaml", "--format", "json", "service.labels"]);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let value = &json["manifests"][0]["values"][0];
    assert_eq!((&value["path"], &value["value"], &value["line"]), (&"service.labels.tier".into(), &"silver".into(), &3.into()), "{json}");
    let unknown = run_in(fleet.path(), &["explain-manifest", "-m", "fleet", "scrape.intervall"]);
    assert_eq!(unknown.code, 2);
}

#[test]
fn what_is_wrong_with_defaults_is_said_once_and_at_its_place() {
    let fleet = fleet();
    let path = fleet.path().join("fleet/defaults.yaml");
    let cases = [
        (SHARED.replace("interval: 15s", "intervall: 15s"), "fleet/defaults.yaml:2:11", "interval"),
        (SHARED.replace("for: 10m", "for: soon"), "fleet/defaults.yaml:9:65", "soon"),
        (SHARED.replace("team: platform", "name: all"), "fleet/defaults.yaml:3:12", "belongs to one service"),
        (SHARED.replace("obsgen/v1", "obsgen/v9"), "fleet/defaults.yaml:1:13", "not a version"),
        (format!("{SHARED}---\nservice: {{}}\n"), "fleet/defaults.yaml:13:1", "several"),
        (SHARED.replace("metrics:\n", "metrics: \"\n"), "fleet/defaults.yaml:", "invalid-yaml"),
    ];
    for (text, place, said) in cases {
        fs::write(&path, text).unwrap();
        let render = run_in(fleet.path(), &["render", "-m", "fleet", "-o", "out"]);
        assert_eq!(render.code, 2, "{said}: {}", render.stderr);
        assert!(!fleet.path().join("out").exists(), "{said}");
        assert_eq!(render.stderr.matches(place).count(), 1, "{said}: {}", render.stderr);
        let lint = run_in(fleet.path(), &["lint", "fleet", "--format", "concise"]);
        assert_eq!(lint.code, 1, "{said}: {}", lint.stderr);
        for output in [&render.stderr, &lint.stdout] {
            assert!(output.contains(place) && output.contains(said), "{place} {said}: {output}");
        }
    }
}

#[test]
fn lint_finds_the_defaults_of_a_manifest_from_wherever_it_is_named() {
    let fleet = fleet();
    let outer = fleet.path().join("fleet/defaults.yaml");
    fs::write(&outer, SHARED.replace("interval: 15s", "intervall: 15s")).unwrap();
    let manifest = fleet.path().join("fleet/shop/search/obsgen.yaml");
    for (from, path, place) in [
        ("", "fleet/shop/search", "fleet/defaults.yaml:2:11"),
        ("", "./fleet", "./fleet/defaults.yaml:2:11"),
        ("fleet/shop", "search/obsgen.yaml", "../defaults.yaml:2:11"),
        ("fleet/shop/search", "obsgen.yaml", "../../defaults.yaml:2:11"),
        ("fleet/billing", "../shop/search/obsgen.yaml", "../defaults.yaml:2:11"),
        ("", manifest.to_str().unwrap(), &format!("{}:2:11", outer.display())),
    ] {
        let lint = run_in(&fleet.path().join(from), &["lint", path, "--format", "concise"]);
        assert_eq!(lint.stdout.lines().filter(|line| line.starts_with(place)).count(), 1, "{path} from {from}: {}", lint.stdout);
        // The nearer file was merged over it: nothing is missing in the manifest.
        assert_eq!(lint.stdout.lines().filter(|line| line.contains("error[")).count(), 1, "{path} from {from}: {}", lint.stdout);
    }
}

#[test]
fn a_file_of_that_name_that_is_somebody_elses_is_left_alone() {
    let fleet = fleet();
    fs::write(fleet.path().join("fleet/shop/defaults.yaml"), "image: { repository: shop }\nreplicaCount: 3\n").unwrap();
    let run = run_in(fleet.path(), &["explain-manifest", "-m", "fleet/shop/search/obsgen.yaml", "service.team"]);
    assert!(run.stdout.starts_with("service.team: platform"), "{}{}", run.stdout, run.stderr);
    // Above the top of a work tree is somebody else's land.
    fs::create_dir(fleet.path().join("fleet/shop/.git")).unwrap();
    let run = run_in(fleet.path(), &["explain-manifest", "-m", "fleet/shop/search/obsgen.yaml", "service"]);
    assert!(!run.stdout.contains("team"), "{}{}", run.stdout, run.stderr);
    // For lint too, whatever else is among its files.
    let text = SHARED.replace("scrape: { interval: 15s }", "scrape: { intervall: 15s }");
    fs::write(fleet.path().join("fleet/defaults.yaml"), text).unwrap();
    for (path, found) in [("fleet/shop", 0), ("fleet", 1)] {
        let lint = run_in(fleet.path(), &["lint", path, "fleet/defaults.yaml", "--format", "concise"]);
        assert_eq!(lint.stdout.matches("intervall").count(), found, "{path}: {}", lint.stdout);
    }
}

#[test]
fn the_summary_says_who_answers_for_how_much() {
    let fleet = fleet();
    let run = run_in(fleet.path(), &["render", "-m", "fleet", "-o", "out"]);
    let lines: Vec<Vec<&str>> = run.stderr.lines().map(|line| line.split_whitespace().collect()).collect();
    let of = |team: &str| lines.iter().find(|line| line.first() == Some(&team)).unwrap_or_else(|| panic!("{team}: {}", run.stderr));
    assert_eq!(of("team"), &["team", "services", "objectives", "alerts", "unproven"]);
    assert_eq!((of("shop")[1], of("platform")[1]), ("2", "1"));
    let alerts: usize = ["shop", "platform"].iter().map(|team| of(team)[3].parse::<usize>().unwrap()).sum();
    let total = run.stderr.lines().find_map(|line| line.split_once(" alerts, ")).unwrap().0.parse::<usize>().unwrap();
    assert_eq!(alerts + 1, total, "all but the watchdog: {}", run.stderr);
}

#[test]
fn only_what_changed_is_written() {
    let fleet = fleet();
    assert_eq!(run_in(fleet.path(), &["render", "-m", "fleet", "-o", "out"]).code, 0);
    let written = |path: &str| fs::metadata(fleet.path().join("out").join(path)).unwrap().modified().unwrap();
    let paths = ["alerts/billing.yml", "alerts/search.yml", "dashboards/cart.json", "prometheus.yml", "alerts/cart.yml"];
    let before = paths.map(written);
    write(fleet.path(), "fleet/shop/defaults.yaml", "service: { team: shop }\nalerts: { Backlog: { for: 7m } }\n");
    assert_eq!(run_in(fleet.path(), &["render", "-m", "fleet", "-o", "out", "--check"]).code, 1);
    assert_eq!(run_in(fleet.path(), &["render", "-m", "fleet", "-o", "out"]).code, 0);
    let changed: Vec<&str> = paths.iter().zip(before).filter(|(path, before)| written(path) != *before).map(|(path, _)| *path).collect();
    assert_eq!(changed, ["alerts/search.yml"]);
    assert_eq!(run_in(fleet.path(), &["render", "-m", "fleet", "-o", "out", "--check"]).code, 0);
}

/// Runs a command with a folder for caches.
fn run_cached(folder: &Path, args: &[&str]) -> Run {
    obsgen().current_dir(folder).env("XDG_CACHE_HOME", folder.join("cache")).args(args).output().unwrap().into()
}

const RENDER: &[&str] = &["render", "-m", "fleet", "-o", "out"];

/// How many services a rendering left alone, and whether a rendering from nothing makes the same files.
#[track_caller]
fn recalled(folder: &Path, more: &[&str]) -> usize {
    let run = run_cached(folder, &[RENDER, more].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
    let anew = [&["render", "-q", "--no-cache", "-m", "fleet", "-o", "anew"], more].concat();
    assert_eq!(run_cached(folder, &anew).code, 0);
    assert_eq!(common::files(&folder.join("out")), common::files(&folder.join("anew")), "what was remembered is not what is rendered");
    let line = run.stderr.lines().find(|line| line.contains(" unchanged")).expect("a summary");
    let (_, said) = line.split_once("unchanged; ").unwrap_or_default();
    said.split(' ').next().unwrap().parse().unwrap_or(0)
}

#[test]
fn only_services_that_changed_are_rendered_again() {
    let fleet = fleet();
    let folder = fleet.path();
    assert_eq!(recalled(folder, &[]), 0, "nothing is remembered yet");
    assert_eq!(recalled(folder, &[]), 3);

    write(folder, "fleet/shop/search/obsgen.yaml", &manifest("search", "dashboard: { refresh: 1m }\n"));
    assert_eq!(recalled(folder, &[]), 2, "one manifest");
    write(folder, "fleet/shop/defaults.yaml", "service: { team: shop }\nalerts: { Backlog: { for: 7m } }\n");
    assert_eq!(recalled(folder, &[]), 1, "the defaults of two");
    write(folder, "fleet/defaults.yaml", &SHARED.replace("am:9093", "other:9093"));
    assert_eq!(recalled(folder, &[]), 0, "what all of them share");
    assert_eq!(recalled(folder, &["--env", "production"]), 0, "another environment");
    assert_eq!(recalled(folder, &["--env", "production"]), 3);
    assert_eq!(recalled(folder, &["--env", "production", "--target", "mimir"]), 0, "another kind");
    write(
        folder,
        "templates/alerts.yml.j2",
        &("# ours\n".to_owned() + &fs::read_to_string(common::root().join("templates/alerts.yml.j2")).unwrap()),
    );
    let templates = ["--env", "production", "--target", "mimir", "--templates", "templates"];
    assert_eq!(recalled(folder, &templates), 0, "other templates");
    assert_eq!(recalled(folder, &templates), 3);
    write(folder, "fleet/new/obsgen.yaml", &manifest("new", ""));
    assert_eq!(recalled(folder, &templates), 3, "a new service changes no other");

    let kept: Vec<_> = fs::read_dir(folder.join("cache/obsgen/renders")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    fs::write(&kept[0], "{ not what it was").unwrap();
    assert_eq!(recalled(folder, &templates), 0, "what cannot be read says nothing");
}

#[test]
fn a_service_whose_exporter_another_takes_over_is_rendered_again() {
    let fleet = fleet();
    let folder = fleet.path();
    let with_cache = "dependencies: { cache: { kind: redis, exporter: \"redis:9121\", job: redis } }\n";
    write(folder, "fleet/shop/search/obsgen.yaml", &manifest("search", with_cache));
    assert_eq!(recalled(folder, &["--target", "scrape-config"]), 0);
    write(folder, "fleet/aaa/obsgen.yaml", &manifest("aaa", with_cache));
    assert_eq!(recalled(folder, &["--target", "scrape-config"]), 2, "`aaa` is new, and `search` has its exporter no longer");
    let scrape = fs::read_to_string(folder.join("out/scrape/search.yml")).unwrap();
    assert!(!scrape.contains("redis:9121"), "{scrape}");
}

#[test]
fn files_that_somebody_touched_are_found_whatever_is_remembered() {
    let fleet = fleet();
    let folder = fleet.path();
    assert_eq!(recalled(folder, &[]), 0);
    let alerts = folder.join("out/alerts/search.yml");
    let text = fs::read_to_string(&alerts).unwrap();
    // As long as before, in the file that is there, at once.
    fs::write(&alerts, text.replace("warning", "warninG")).unwrap();
    let check = run_cached(folder, &[RENDER, &["--check"]].concat());
    assert_eq!(check.code, 1);
    assert!(check.stdout.contains("warninG"), "{}", check.stdout);
    let run = run_cached(folder, RENDER);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("out/alerts/search.yml: edited since it was rendered"), "{}", run.stderr);
    assert_eq!(recalled(folder, &["--force"]), 2);
    fs::remove_file(&alerts).unwrap();
    assert_eq!(recalled(folder, &[]), 2, "what is gone comes back");
    assert_eq!(fs::read_to_string(&alerts).unwrap(), text);
    assert_eq!(recalled(folder, &[]), 3);
    assert_eq!(run_cached(folder, &[RENDER, &["--check"]].concat()).code, 0);
}

#[test]
fn what_cannot_be_remembered_costs_time_and_nothing_else() {
    let fleet = fleet();
    let folder = fleet.path();
    fs::write(folder.join("cache"), "a file where the folder would be").unwrap();
    assert_eq!(recalled(folder, &[]), 0);
    assert_eq!(recalled(folder, &[]), 0);
}

#[test]
fn of_services_that_are_alike_every_mistake_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let odd = "alerts: { Odd: { expr: 'rate(x_total[5m]) > 1 < 0', severity: warning } }\n";
    for name in ["one", "two", "three"] {
        write(folder.path(), &format!("fleet/{name}/obsgen.yaml"), &manifest(name, odd));
    }
    let run = run_cached(folder.path(), RENDER);
    assert_eq!(run.code, 2, "{}", run.stderr);
    for name in ["one", "two", "three"] {
        assert!(run.stderr.contains(&format!("--> fleet/{name}/obsgen.yaml:4:")), "{name}: {}", run.stderr);
    }
}

#[test]
fn a_fleet_has_a_dashboard_that_leads_to_each_services_own() {
    let folder = tempfile::tempdir().unwrap();
    write_pair(folder.path());
    let rendered = || {
        let run = run_in(folder.path(), &["render", "-m", ".", "-o", "out"]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        let lint = run_in(folder.path(), &["lint", "out", "--fail-on", "info"]);
        assert_eq!(lint.code, 0, "{}", lint.stdout);
        let path = folder.path().join("out/dashboards/_shared.json");
        serde_json::from_str::<serde_json::Value>(&fs::read_to_string(path).unwrap()).unwrap()
    };
    let overview = rendered();
    if let Some(schema) = shared("oracles/grafana/dashboard.jsonschema.json") {
        let schema: serde_json::Value = serde_json::from_str(&fs::read_to_string(schema).unwrap()).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let wrong: Vec<String> = validator.iter_errors(&overview).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
    let links = |overview: &serde_json::Value| -> Vec<String> {
        let tables = overview["panels"].as_array().unwrap().iter().filter(|panel| panel["type"] == "table");
        let url = |panel: &serde_json::Value| panel["fieldConfig"]["defaults"]["links"][0]["url"].as_str().unwrap().to_owned();
        tables.map(url).collect()
    };
    // Names lead to the uids that the services' dashboards have.
    let uid = |name: &str| {
        let text = fs::read_to_string(folder.path().join(format!("out/dashboards/{name}.json"))).unwrap();
        serde_json::from_str::<serde_json::Value>(&text).unwrap()["uid"].as_str().unwrap().to_owned()
    };
    for link in links(&overview) {
        assert_eq!(link.replace("${__data.fields.service}", "alpha"), format!("/d/{}", uid("alpha")));
    }
    assert_eq!(links(&overview).len(), 2);
    // Where one has a uid of its own, by their tags.
    let path = folder.path().join("beta/obsgen.yaml");
    let text = fs::read_to_string(&path).unwrap().replace("dashboard: { ", "dashboard: { uid: other, ");
    fs::write(&path, text).unwrap();
    assert!(links(&rendered()).iter().all(|link| link == "/dashboards?tag=obsgen&tag=${__data.fields.service}"));
}

#[test]
fn dashboards_as_resources_hold_what_the_classic_ones_hold() {
    let folder = tempfile::tempdir().unwrap();
    write_pair(folder.path());
    let run = run_in(folder.path(), &["render", "-m", ".", "-o", "out", "--target", "dashboard-v2"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let lint = run_in(folder.path(), &["lint", "out", "--fail-on", "info"]);
    assert_eq!(lint.code, 0, "{}", lint.stdout);
    let read =
        |path: String| -> serde_json::Value { serde_json::from_str(&fs::read_to_string(folder.path().join(path)).unwrap()).unwrap() };
    let validator = shared("oracles/grafana/dashboardv2beta1.jsonschema.json").map(|path| {
        let mut schema: serde_json::Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        schema["$ref"] = "#/definitions/Dashboard".into();
        jsonschema::validator_for(&schema).unwrap()
    });
    for name in ["alpha", "beta", "_shared"] {
        let (classic, resource) = (read(format!("out/dashboards/{name}.json")), read(format!("out/dashboards-v2/{name}.json")));
        if let Some(validator) = &validator {
            let wrong: Vec<String> =
                validator.iter_errors(&resource["spec"]).map(|error| format!("{}: {error}", error.instance_path())).collect();
            assert!(wrong.is_empty(), "{name}: {wrong:#?}");
            let mut broken = resource["spec"].clone();
            broken["elements"]["panel-2"]["spec"]["queries"] = serde_json::json!([]);
            assert!(!validator.is_valid(&broken));
        }
        assert_eq!(resource["metadata"]["name"].as_str().unwrap(), classic["uid"].as_str().unwrap().replace('_', "-"));
        let panels: Vec<&serde_json::Value> = classic["panels"].as_array().unwrap().iter().collect();
        let (rows, others): (Vec<_>, Vec<_>) = panels.into_iter().partition(|panel| panel["type"] == "row");
        assert_eq!(resource["spec"]["elements"].as_object().unwrap().len(), others.len());
        for panel in others {
            let spec = &resource["spec"]["elements"][format!("panel-{}", panel["id"])]["spec"];
            assert_eq!(spec["title"], panel["title"]);
            assert_eq!(spec["vizConfig"]["spec"]["fieldConfig"], panel["fieldConfig"]);
            for (query, target) in spec["data"]["spec"]["queries"].as_array().unwrap().iter().zip(panel["targets"].as_array().unwrap()) {
                assert_eq!((&query["spec"]["query"]["spec"]["expr"], &query["spec"]["refId"]), (&target["expr"], &target["refId"]));
            }
        }
        // Every panel stands in one row, in a place of its own.
        let layout = resource["spec"]["layout"]["spec"]["rows"].as_array().unwrap();
        assert_eq!(layout.len(), rows.len());
        let mut placed: Vec<&str> = Vec::new();
        for row in layout {
            for item in row["spec"]["layout"]["spec"]["items"].as_array().unwrap() {
                assert!(item["spec"]["y"].as_i64().unwrap() >= 0);
                placed.push(item["spec"]["element"]["name"].as_str().unwrap());
            }
        }
        placed.sort_unstable();
        let mut known: Vec<&str> = resource["spec"]["elements"].as_object().unwrap().keys().map(String::as_str).collect();
        known.sort_unstable();
        assert_eq!(placed, known);
    }
}

/// Of services that differ in names and addresses only one is rendered, and nobody can tell.
#[test]
fn services_that_are_alike_are_rendered_as_each_would_be_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let own = "health: { base: \"http://@\", liveness: { path: /live } }\n\
               logging: { format: json, pipeline: loki }\n\
               objectives:\n  latency: { of: http_seconds, within: 500ms, target: 99%, window: 30d }\n\
               metrics:\n  http_seconds: { type: histogram, help: The rate of work in a team, buckets: [0.1, 0.5, 1.0] }\n";
    // Names that are words of what is rendered or of a language, in the middle and at the ends of their order, and one that a
    // neighbour speaks of; addresses out of order, and one that stands in a file anyway.
    let words = ["cart", "gold", "mint", "rate", "shop", "wolf", "alert", "house", "lemon", "zebra", "class", "match", "break"];
    let names = words.map(str::to_owned).into_iter().chain((1..7).map(|number| format!("item-{number}")));
    let names: Vec<(String, String)> = names
        .enumerate()
        .map(|(number, name)| {
            let address = if name == "item-4" { "hooks:8081".to_owned() } else { format!("10.0.{}.{number}:80", 99 - number) };
            (name, address)
        })
        .collect();
    let manifest = |name: &str, address: &str| {
        let dependency = if name.starts_with("item") { "dependencies: { item-3: { kind: http, exporter: \"x:1\" } }\n" } else { "" };
        let text = manifest(name, &format!("{}{dependency}", own.replace('@', address)));
        text.replacen(&format!("\"{name}:80\""), &format!("\"{address}\""), 1)
    };
    let language = "service: { language: elixir, ";
    write(folder.path(), "all/defaults.yaml", &SHARED.replacen("service: { ", language, 1));
    write(folder.path(), "all/other/obsgen.yaml", &self::manifest("other-than-all", ""));
    for (name, address) in &names {
        write(folder.path(), &format!("all/{name}/obsgen.yaml"), &manifest(name, address));
    }
    let run = run_in(folder.path(), &["render", "--no-cache", "-m", "all", "-o", "together"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    for (name, _) in &names {
        let output = format!("alone/{name}");
        let of_two = [&*format!("all/{name}/obsgen.yaml"), "all/other/obsgen.yaml"];
        let run = run_in(folder.path(), &["render", "--no-cache", "-m", of_two[0], "-m", of_two[1], "-o", &output]);
        assert_eq!(run.code, 0, "{name}: {}", run.stderr);
        let its_own: Vec<String> = files_below(&folder.path().join(&output)).into_iter().filter(|file| file.contains(name)).collect();
        for file in ["alerts/@.yml", "tests/@_test.yml", "logs/@.alloy", "runbooks/@/TargetDown.md", "instrumentation/elixir/@/README.md"] {
            assert!(its_own.contains(&file.replace('@', name)), "{file}: {its_own:?}");
        }
        for file in its_own {
            let read = |folder_name: &str| {
                fs::read_to_string(folder.path().join(folder_name).join(&file)).unwrap_or_else(|e| panic!("{file}: {e}"))
            };
            assert_eq!(read("together"), read(&output), "{file}");
        }
    }
}

/// The paths of the files below a folder, from there.
fn files_below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if entry.file_type().unwrap().is_dir() {
            found.extend(files_below(&entry.path()).into_iter().map(|below| format!("{name}/{below}")));
        } else {
            found.push(name);
        }
    }
    found
}
