//! `obsgen.toml`: levels, ignores, and what is wrong with the file itself.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::common::run_in;

const RULES: &str = "groups:\n  - name: g\n    rules:\n      - alert: A\n        expr: up == 0\n";
const BOARD: &str = r#"{"title": "T", "uid": "shop", "schemaVersion": 39, "panels": [
  {"type": "stat", "title": "One", "id": 1, "datasource": {"uid": "x"}, "gridPos": {"x": 0, "y": 0, "w": 6, "h": 4}, "fieldConfig": {"defaults": {"unit": "s"}}, "targets": [{"refId": "A", "expr": "a$gone"}, {"refId": "B", "expr": "b$gone"}]},
  {"type": "stat", "title": "Two", "id": 2, "datasource": {"uid": "x"}, "gridPos": {"x": 6, "y": 0, "w": 6, "h": 4}, "fieldConfig": {"defaults": {"unit": "s"}}, "targets": [{"refId": "A", "expr": "c$gone"}]}
]}"#;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

/// `file:line:column level[rule]` of everything found.
fn found(folder: &Path, args: &[&str]) -> Vec<String> {
    let run = run_in(folder, &[&["lint", "--format", "json"], args].concat());
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", run.stdout, run.stderr));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let findings = report["findings"].as_array().expect("findings").iter();
    findings.map(|f| format!("{}:{}:{} {}[{}]", text(&f["file"]), f["line"], f["column"], text(&f["level"]), text(&f["rule"]))).collect()
}

#[test]
fn levels_hold_for_all_files_or_for_some() {
    let folder = folder(&[("a.yml", RULES), ("vendor/deep/b.yml", RULES), ("teams/c.yml", RULES)]);
    let levels = |config: &str| {
        fs::write(folder.path().join("obsgen.toml"), config).expect("settings");
        let all = found(folder.path(), &["."]);
        all.into_iter().filter(|f| f.contains("missing-severity")).map(|f| f.replace(":4:16", "")).collect::<Vec<_>>()
    };
    let warnings =
        ["./a.yml warning[missing-severity]", "./teams/c.yml warning[missing-severity]", "./vendor/deep/b.yml warning[missing-severity]"];
    assert_eq!(levels(""), warnings);
    assert_eq!(levels("[levels]\nmissing-severity = \"off\""), Vec::<String>::new());
    let config = "[levels]\nmissing-severity = \"error\"\n[[paths]]\nglob = \"vendor/\"\nlevels = { all = \"off\" }\n[[paths]]\nglob = [\"teams/*.yml\", \"x\"]\nlevels = { missing-severity = \"info\" }\n";
    assert_eq!(levels(config), ["./a.yml error[missing-severity]", "./teams/c.yml info[missing-severity]"]);
    // The exit code goes by the level that counts.
    assert_eq!(run_in(folder.path(), &["lint", "a.yml"]).code, 1);
}

#[test]
fn settings_are_found_above_what_is_looked_at() {
    let folder = folder(&[("sub/deep/a.yml", RULES), ("sub/obsgen.toml", "[levels]\nmissing-severity = \"off\"\n")]);
    assert_eq!(found(folder.path(), &["sub/deep/a.yml"]), Vec::<String>::new());
    assert_eq!(found(&folder.path().join("sub/deep"), &["a.yml"]), Vec::<String>::new());
    fs::write(folder.path().join("other.toml"), "[levels]\nmissing-severity = \"error\"\n").expect("settings");
    assert_eq!(found(folder.path(), &["--config", "other.toml", "sub/deep/a.yml"]), ["sub/deep/a.yml:4:16 error[missing-severity]"]);
    assert_eq!(run_in(folder.path(), &["lint", "--config", "gone.toml", "sub"]).code, 2);
}

#[test]
fn findings_in_dashboards_are_ignored_by_their_object() {
    let folder = folder(&[("d.json", BOARD)]);
    let lines = |config: &str| {
        fs::write(folder.path().join("obsgen.toml"), config).expect("settings");
        let all = found(folder.path(), &["d.json"]).into_iter();
        all.filter(|f| !f.contains("d.json") || f.contains("undefined-variable"))
            .map(|f| f.split(' ').next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let entry = |locator: &str| format!("[[ignore]]\nrule = \"undefined-variable\"\nreason = \"known\"\n{locator}\n");
    let all = lines("");
    assert_eq!(all.len(), 3, "{all:?}");
    assert_eq!(lines(&entry("dashboard = \"shop\"")), Vec::<String>::new());
    assert_eq!(lines(&entry("dashboard = \"shop\"\npanel = \"One\"")), all[2..]);
    assert_eq!(lines(&entry("dashboard = \"shop\"\npanel = 2")), all[..2]);
    assert_eq!(lines(&entry("dashboard = \"shop\"\npanel = \"One\"\nref_id = \"B\"")), [all[0].clone(), all[2].clone()]);
    assert_eq!(lines(&entry("path = \"*.json\"\nref_id = \"A\"")), [all[1].clone()]);
    // One about a dashboard that is not looked at is not unused; one that finds nothing is.
    assert_eq!(lines(&entry("dashboard = \"other\"")), all);
    assert_eq!(lines(&entry("dashboard = \"shop\"\npanel = \"Three\"")), [&all[..], &["obsgen.toml:2:8".to_owned()]].concat());
}

#[test]
fn what_is_wrong_with_the_settings_is_said_at_its_place() {
    let config = "levles = {}\n[levels]\nmissing-severty = \"off\"\nunknown-job = \"eror\"\n[[paths]]\nglob = \"a[\"\nlevels = {}\n[[ignore]]\nrule = \"unknown-job\"\n[[ignore]]\nrule = \"unknown-job\"\nreason = \" \"\npath = \"*\"\n[[ignore]]\nrule = 3\nreason = \"r\"\ndashboard = []\n[[ignore]]\nrule = \"unknown-job\"\nreason = \"r\"\n";
    let folder = folder(&[("a.yml", "groups: []\n"), ("obsgen.toml", config)]);
    let expected = [
        "obsgen.toml:1:1 error[unknown-key]",
        "obsgen.toml:3:1 error[invalid-config]",
        "obsgen.toml:4:15 error[invalid-config]",
        "obsgen.toml:6:8 error[invalid-config]",
        "obsgen.toml:9:1 error[missing-key]",
        "obsgen.toml:11:8 warning[unused-ignore]",
        "obsgen.toml:12:10 error[invalid-config]",
        "obsgen.toml:15:8 error[invalid-config]",
        "obsgen.toml:17:13 error[wrong-type]",
        "obsgen.toml:19:8 error[invalid-config]",
    ];
    assert_eq!(found(folder.path(), &["a.yml"]), expected);
    let run = run_in(folder.path(), &["lint", "a.yml"]);
    for help in ["did you mean `levels`?", "did you mean `missing-severity`?", "did you mean `error`?", "add `reason = …`"] {
        assert!(run.stdout.contains(help), "{help}: {}", run.stdout);
    }
    fs::write(folder.path().join("obsgen.toml"), "[levels\nx = \"é\n").expect("settings");
    let broken = found(folder.path(), &["a.yml"]);
    assert!(broken[0].starts_with("obsgen.toml:1:") && broken[0].ends_with("error[invalid-toml]"), "{broken:?}");
}
