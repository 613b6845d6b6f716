//! `obsgen render`: the same bytes, nothing lost, nothing half-written.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use crate::common::{example, example_text, files, obsgen, render, root, run_in, write_pair};

#[test]
fn two_renders_give_the_same_bytes_wherever_they_run() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let manifest = example();
    let run = run_in(first.path(), &["render", "-m", manifest.to_str().unwrap(), "-o", "a"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let out = second.path().join("deep/b");
    let run = run_in(&root().join("examples"), &["render", "-m", "myapp/obsgen.yaml", "-o", out.to_str().unwrap()]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(files(&first.path().join("a")), files(&out));
    let all: String = files(&out).iter().map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).collect();
    assert!(!all.contains(env!("CARGO_PKG_VERSION")) && !all.contains(first.path().to_str().unwrap()));
}

#[test]
fn check_tells_drift_and_a_hand_edit_is_kept() {
    let (folder, run) = render(&example_text());
    assert_eq!(run.code, 0, "{}", run.stderr);
    let again = |args: &[&str]| run_in(folder.path(), &[&["render", "-o", "out"], args].concat());
    assert_eq!(again(&["--check"]).code, 0);
    let alerts = folder.path().join("out/alerts.yml");
    let rendered = fs::read_to_string(&alerts).unwrap();
    fs::write(&alerts, rendered.clone() + "# by hand\n").unwrap();
    let check = again(&["--check"]);
    assert_eq!(check.code, 1);
    assert!(check.stdout.contains("--- a/alerts.yml\n+++ b/alerts.yml\n") && check.stdout.contains("-# by hand"), "{}", check.stdout);
    assert_eq!(again(&["--diff"]).code, 0);
    let refused = again(&[]);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("out/alerts.yml: edited since it was rendered"), "{}", refused.stderr);
    assert!(fs::read_to_string(&alerts).unwrap().contains("by hand"));
    assert_eq!(again(&["--force"]).code, 0);
    assert_eq!(fs::read_to_string(&alerts).unwrap(), rendered);
    fs::remove_file(folder.path().join("out/prometheus.yml")).unwrap();
    assert_eq!(again(&["--check"]).code, 1);
}

#[test]
fn what_is_no_longer_rendered_goes_and_what_is_the_users_stays() {
    let (folder, _) = render(&example_text());
    let mine = folder.path().join("out/grafana/mine.yml");
    fs::write(&mine, "mine: true\n").unwrap();
    let text = example_text();
    let without = text.lines().filter(|line| !line.contains("blackbox:") && !line.starts_with("    stack:")).collect::<Vec<_>>().join("\n");
    fs::write(folder.path().join("obsgen.yaml"), without).unwrap();
    let run = run_in(folder.path(), &["render", "-o", "out"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains("no `stack.blackbox`"), "{}", run.stderr);
    assert!(!folder.path().join("out/blackbox.yml").exists());
    assert!(mine.exists());
}

#[test]
fn only_renders_what_it_names_and_leaves_the_rest() {
    let (folder, _) = render(&example_text());
    let before = files(&folder.path().join("out"));
    let run = run_in(folder.path(), &["render", "-o", "out", "--only", "alerts,scrape-config"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let after = files(&folder.path().join("out"));
    let new: Vec<&str> = after.iter().map(|(name, _)| name.as_str()).filter(|name| !before.iter().any(|(b, _)| b == name)).collect();
    assert_eq!(new, ["scrape/myapp.yml"]);
    let unknown = run_in(folder.path(), &["render", "--only", "alert"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.stderr.contains("did you mean `alerts`?"), "{}", unknown.stderr);
}

#[test]
fn a_template_can_be_replaced_and_a_wrong_one_is_told_by_its_place() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("obsgen.yaml"), example_text()).unwrap();
    let templates = folder.path().join("templates");
    fs::create_dir(&templates).unwrap();
    let embedded = fs::read_to_string(root().join("templates/alerts.yml.j2")).unwrap();
    fs::write(templates.join("alerts.yml.j2"), embedded.replace("# Rendered by obsgen", "# Ours. Rendered by obsgen")).unwrap();
    let run = run_in(folder.path(), &["render", "-o", "out", "--templates", "templates"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(fs::read_to_string(folder.path().join("out/alerts.yml")).unwrap().starts_with("# Ours."));
    fs::write(templates.join("alerts.yml.j2"), "groups:\n  - {{ grups }}\n").unwrap();
    let run = run_in(folder.path(), &["render", "-o", "out2", "--templates", "templates"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("alerts.yml.j2:2"), "{}", run.stderr);
    assert!(!folder.path().join("out2").exists());
    fs::write(templates.join("alert.yml.j2"), "").unwrap();
    let run = run_in(folder.path(), &["render", "-o", "out2", "--templates", "templates"]);
    assert!(run.code == 2 && run.stderr.contains("did you mean `alerts.yml.j2`?"), "{}", run.stderr);
}

#[test]
fn a_template_slip_is_found_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("obsgen.yaml"), example_text()).unwrap();
    let templates = folder.path().join("templates");
    fs::create_dir(&templates).unwrap();
    for (name, from, to, says) in [
        ("alerts.yml.j2", "        labels:", "       labels:", "alerts.yml"),
        ("recording.yml.j2", "{{ rule.expr }}", "\"{{ rule.expr|safe }})\"", "recording.yml"),
        ("dashboard.json.j2", "\"editable\": false,", "\"editable\": false", "dashboards/myapp.json"),
    ] {
        let embedded = fs::read_to_string(root().join("templates").join(name)).unwrap();
        fs::write(templates.join(name), embedded.replace(from, to)).unwrap();
        let run = run_in(folder.path(), &["render", "-o", "out", "--templates", "templates"]);
        assert_eq!(run.code, 2, "{name}: {}", run.stderr);
        assert!(run.stderr.contains(says), "{name}: {}", run.stderr);
        assert!(!folder.path().join("out/alerts.yml").exists());
        fs::remove_file(templates.join(name)).unwrap();
    }
}

#[test]
fn of_a_moment_is_drawn_how_far_away_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let metrics = "metrics:\n  last_run_timestamp_seconds: { type: gauge, unit: seconds }\n  expiry_timestamp_seconds: { type: gauge, unit: seconds }\n";
    let manifest = format!("apiVersion: obsgen/v1\nservice: {{ name: shop }}\nscrape: {{ targets: [\"shop:80\"] }}\n{metrics}");
    fs::write(folder.path().join("obsgen.yaml"), manifest).unwrap();
    let run = run_in(folder.path(), &["render", "-o", "out", "--only", "dashboard"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let dashboard = fs::read_to_string(folder.path().join("out/dashboards/shop.json")).unwrap();
    for expr in ["time() - max by (instance) (last_run_timestamp_seconds{", "max by (instance) (expiry_timestamp_seconds{"] {
        assert!(dashboard.contains(expr), "{expr}: {dashboard}");
    }
    assert!(dashboard.contains("}) - time()\""), "{dashboard}");
}

#[test]
fn an_environment_is_an_overlay() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("obsgen.yaml"), example_text()).unwrap();
    let run = run_in(folder.path(), &["render", "-o", "out", "--env", "production"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let prometheus = fs::read_to_string(folder.path().join("out/prometheus.yml")).unwrap();
    assert!(prometheus.contains("myapp:4000") && prometheus.contains("blackbox:9115") && !prometheus.contains("localhost"), "{prometheus}");
    let run = run_in(folder.path(), &["render", "-o", "out", "--env", "prodution"]);
    assert!(run.code == 2 && run.stderr.contains("did you mean `production`?"), "{}", run.stderr);
}

#[test]
fn a_kill_at_any_moment_leaves_a_set_that_the_next_run_completes() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = folder.path().join("obsgen.yaml");
    let texts = [
        example_text(),
        example_text().replace("above: 5%", "above: 7%").replace("name: myapp", "name: other").replace("job=\"myapp\"", "job=\"other\""),
    ];
    let mut whole = Vec::new();
    for text in &texts {
        let (clean, run) = render(text);
        assert_eq!(run.code, 0, "{}", run.stderr);
        whole.push(files(&clean.path().join("out")));
    }
    for round in 0..40_u32 {
        fs::write(&manifest, &texts[round as usize % 2]).unwrap();
        let mut child = obsgen().current_dir(folder.path()).args(["render", "-o", "out", "-q"]).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(u64::from(round % 20) * 1500));
        let _ = child.kill();
        child.wait().unwrap();
        // Whatever the kill left, the next run makes the set of its manifest of it, without `--force`.
        let run = run_in(folder.path(), &["render", "-o", "out"]);
        assert_eq!(run.code, 0, "round {round}: {}", run.stderr);
        assert_eq!(files(&folder.path().join("out")), whole[round as usize % 2], "round {round}");
    }
}

#[test]
fn a_fleet_renders_into_one_set() {
    let folder = tempfile::tempdir().unwrap();
    write_pair(folder.path());
    let run = run_in(folder.path(), &["render", "-m", ".", "-o", "out"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let names: Vec<String> = files(&folder.path().join("out")).into_iter().map(|(name, _)| name).collect();
    for expected in [
        "alerts/alpha.yml",
        "alerts/beta.yml",
        "recording/alpha.yml",
        "tests/beta_test.yml",
        "dashboards/alpha.json",
        "prometheus.yml",
        "alertmanager.yml",
        "blackbox.yml",
    ] {
        assert!(names.iter().any(|name| name == expected), "{expected} of {names:?}");
    }
    let lint = run_in(folder.path(), &["lint", "out", "--fail-on", "info"]);
    assert_eq!(lint.code, 0, "{}", lint.stdout);
    fs::write(
        folder.path().join("beta/obsgen.yaml"),
        example_text().replace("name: myapp", "name: alpha").replace("prometheus: \"2.42\"", "prometheus: \"3.0\""),
    )
    .unwrap();
    let clash = run_in(folder.path(), &["render", "-m", ".", "-o", "out"]);
    assert_eq!(clash.code, 2);
    for said in ["name-clash", "stack-conflict", "alpha/obsgen.yaml", "beta/obsgen.yaml"] {
        assert!(clash.stderr.contains(said), "{said}: {}", clash.stderr);
    }
}

#[test]
fn an_exporter_that_services_share_is_scraped_once() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["alpha", "beta"] {
        let text = format!(
            "apiVersion: obsgen/v1\nservice: {{ name: {name} }}\n\
             dependencies:\n  db: {{ kind: postgres, exporter: \"pg:9187\", job: postgres }}\n\
             alerts:\n  DatabaseDown: {{ down: db, for: 1m, severity: critical }}\n\
             routing: {{ default: {{ webhook: {{ url: \"http://hooks:8081\" }} }} }}\n\
             stack: {{ alertmanager: {{ address: \"am:9093\" }} }}\n"
        );
        fs::write(folder.path().join(format!("{name}.yaml")), text).unwrap();
    }
    let run = run_in(folder.path(), &["render", "-m", "alpha.yaml", "-m", "beta.yaml", "-o", "out"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let config = fs::read_to_string(folder.path().join("out/prometheus.yml")).unwrap();
    assert_eq!(config.matches("job_name: \"postgres\"").count(), 1, "{config}");
    let lint = run_in(folder.path(), &["lint", "out", "--fail-on", "info"]);
    assert_eq!(lint.code, 0, "{}", lint.stdout);
    // Another exporter of that name is another job.
    let other = fs::read_to_string(folder.path().join("beta.yaml")).unwrap().replace("pg:9187", "other:9187");
    fs::write(folder.path().join("beta.yaml"), other).unwrap();
    let clash = run_in(folder.path(), &["render", "-m", "alpha.yaml", "-m", "beta.yaml", "-o", "out"]);
    assert_eq!(clash.code, 2);
    assert!(clash.stderr.contains("two scrape jobs are called `postgres`"), "{}", clash.stderr);
}
