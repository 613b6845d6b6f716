//! Fleets: what many manifests share, where each value is from, and what a run says of them.

use std::fs;
use std::path::Path;

use crate::common::run_in;

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
fn a_file_of_that_name_that_is_somebody_elses_is_left_alone() {
    let fleet = fleet();
    fs::write(fleet.path().join("fleet/shop/defaults.yaml"), "image: { repository: shop }\nreplicaCount: 3\n").unwrap();
    let run = run_in(fleet.path(), &["explain-manifest", "-m", "fleet/shop/search/obsgen.yaml", "service.team"]);
    assert!(run.stdout.starts_with("service.team: platform"), "{}{}", run.stdout, run.stderr);
    // Above the top of a work tree is somebody else's land.
    fs::create_dir(fleet.path().join("fleet/shop/.git")).unwrap();
    let run = run_in(fleet.path(), &["explain-manifest", "-m", "fleet/shop/search/obsgen.yaml", "service"]);
    assert!(!run.stdout.contains("team"), "{}{}", run.stdout, run.stderr);
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
