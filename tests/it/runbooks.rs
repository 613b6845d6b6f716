//! Runbooks: every link of an alert has its page, and a page says what the rest of the set says.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::common::{example_text, render, run_in};

fn pages(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).expect("runbooks").map(|entry| entry.expect("an entry").file_name());
    entries.map(|name| name.to_string_lossy().into_owned()).collect()
}

fn rules(path: &Path) -> Vec<Value> {
    let file: Value = serde_yaml::from_str(&fs::read_to_string(path).expect("rules")).expect("YAML");
    let groups = file["groups"].as_array().expect("groups").clone();
    groups.iter().flat_map(|group| group["rules"].as_array().expect("rules").clone()).collect()
}

#[test]
fn every_link_to_a_runbook_has_its_page_and_every_page_its_alert() {
    let text = example_text()
        .replace("  NoTraffic:", "  \"Disk is full.\": { expr: 'up{job=\"myapp\"} == 0', for: 1m, severity: warning }\n  NoTraffic:");
    let (folder, run) = render(&text);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let out = folder.path().join("out");
    let linked: BTreeSet<String> = rules(&out.join("alerts.yml"))
        .iter()
        .filter_map(|rule| rule["annotations"]["runbook_url"].as_str())
        .map(|url| url.strip_prefix("https://runbooks.example.com/myapp/").expect("the manifest's address").to_owned() + ".md")
        .collect();
    let mut pages = pages(&out.join("runbooks"));
    assert!(pages.remove("Watchdog.md"), "the watchdog is no service's and has a page all the same");
    assert_eq!(linked, pages);
    assert!(linked.contains("Disk%20is%20full%2E.md"), "{linked:?}");
}

#[test]
fn a_page_shows_the_condition_the_stories_and_the_dependencies() {
    let (folder, run) = render(&example_text());
    assert_eq!(run.code, 0, "{}", run.stderr);
    let out = folder.path().join("out");
    let page = |name: &str| fs::read_to_string(out.join("runbooks").join(name)).expect("a page");
    for rule in rules(&out.join("alerts.yml")) {
        let (name, expr) = (rule["alert"].as_str().expect("a name"), rule["expr"].as_str().expect("an expression"));
        assert!(page(&format!("{name}.md")).contains(&format!("```promql\n{expr}\n```")), "{name}");
    }
    let tests = fs::read_to_string(out.join("tests/alerts_test.yml")).expect("rule tests");
    let high = page("HighErrorRate.md");
    let stories: Vec<&str> =
        high.split("## What its tests proved").nth(1).expect("a section").lines().filter_map(|l| l.strip_prefix("- ")).collect();
    assert!(stories.len() > 5, "{stories:?}");
    for story in stories {
        assert!(tests.contains(&format!("HighErrorRate: {story}")), "{story}");
    }
    assert!(
        high.contains("`database` (`PostgreSQL`): `pg_up{job=\"myapp-database\"}`; watched by [DatabaseDown](DatabaseDown.md)"),
        "{high}"
    );
    assert!(!page("DatabaseDown.md").contains("[DatabaseDown]"), "an alert is no cause of itself");
    assert!(!page("TargetDown.md").contains("## Likely causes"), "a scrape that fails has nothing to do with the database");
}

#[test]
fn services_of_a_fleet_have_pages_of_their_own() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["one", "two"] {
        let service = folder.path().join("fleet").join(name);
        fs::create_dir_all(&service).expect("a folder");
        let text = example_text().replace("name: myapp", &format!("name: {name}")).replace("job=\"myapp\"", &format!("job=\"{name}\""));
        fs::write(service.join("obsgen.yaml"), text).expect("a manifest");
    }
    let run = run_in(folder.path(), &["render", "-m", "fleet", "-o", "out"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let out = folder.path().join("out/runbooks");
    assert_eq!(pages(&out.join("one")), pages(&out.join("two")));
    assert_eq!(pages(&out.join("_shared")), BTreeSet::from(["Watchdog.md".to_owned()]));
    let page = fs::read_to_string(out.join("two/HighErrorRate.md")).expect("a page");
    assert!(page.contains("`two`") && page.contains("job=\"two\"") && !page.contains("job=\"one\""), "{page}");
}
