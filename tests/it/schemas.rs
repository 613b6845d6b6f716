//! The committed schemas are those of the types, and the committed manuals those of the rules. `OBSGEN_UPDATE=1` rewrites them.

use crate::common::{obsgen, root};

#[test]
fn committed_schemas_are_current() {
    for name in ["manifest", "config", "report", "probe", "capacity"] {
        let output = obsgen().args(["schema", name]).output().expect("the program starts");
        let printed = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(output.status.success(), "obsgen schema {name}");
        let path = root().join(format!("schemas/{name}.schema.json"));
        if std::env::var_os("OBSGEN_UPDATE").is_some() {
            std::fs::write(&path, &printed).expect("a schema");
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == printed, "{} is not current: run the tests with OBSGEN_UPDATE=1", path.display());
    }
}

#[test]
fn rules_are_current() {
    let output = obsgen().args(["man", "--rules"]).output().expect("the program starts");
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    let path = root().join("docs/rules.md");
    if std::env::var_os("OBSGEN_UPDATE").is_some() {
        std::fs::create_dir_all(root().join("docs")).expect("a folder");
        std::fs::write(&path, &printed).expect("a page");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == printed, "{} is not current: run the tests with OBSGEN_UPDATE=1", path.display());
    // Every rule stands in it once, below an area, with a link that leads to it.
    let list = obsgen().args(["lint", "--list"]).output().expect("the program starts");
    for line in String::from_utf8(list.stdout).expect("UTF-8").lines() {
        let id = line.split_whitespace().next().expect("an id");
        assert_eq!(printed.matches(&format!("\n### {id}\n")).count(), 1, "{id}");
        assert_eq!(printed.matches(&format!("](#{id})")).count(), 1, "{id}");
    }
    let areas: Vec<&str> = printed.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let linked = areas.iter().skip(1).all(|area| printed.contains(&format!("**[{area}](#")));
    assert!(areas.len() == 16 && areas[0] == "Contents" && linked, "{areas:?}");
}

#[test]
fn the_manifest_schema_takes_the_example_and_refuses_a_misspelt_key() {
    let output = obsgen().args(["schema", "manifest"]).output().expect("the program starts");
    let schema: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let read = |text: &str| -> serde_json::Value { serde_yaml::from_str(text).expect("YAML") };
    let example = crate::common::example_text();
    let errors: Vec<String> = validator.iter_errors(&read(&example)).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    assert!(!validator.is_valid(&read(&example.replace("buckets:", "bucket:"))));
    assert!(!validator.is_valid(&read(&example.replace("type: counter", "type: conter"))));
}

#[test]
fn every_key_of_the_manifest_is_documented() {
    let output = obsgen().args(["schema", "manifest"]).output().expect("the program starts");
    let schema: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let mut undocumented = Vec::new();
    walk(&schema, "", &mut undocumented);
    assert!(undocumented.is_empty(), "without a description: {undocumented:#?}");
}

fn walk(schema: &serde_json::Value, path: &str, undocumented: &mut Vec<String>) {
    if let Some(properties) = schema.get("properties").and_then(|p| p.as_object()) {
        for (key, property) in properties {
            // `fast` and `slow` of a severity, and the known names of checks, say what they are by the key above them.
            let known = ["fast", "slow", "liveness", "readiness"].contains(&key.as_str());
            if property.get("description").is_none() && !known {
                undocumented.push(format!("{path}.{key}"));
            }
        }
    }
    match schema {
        serde_json::Value::Object(map) => map.iter().for_each(|(key, value)| walk(value, &format!("{path}/{key}"), undocumented)),
        serde_json::Value::Array(all) => all.iter().for_each(|value| walk(value, path, undocumented)),
        _ => {}
    }
}
