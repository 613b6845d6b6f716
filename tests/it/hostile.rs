//! Hostile text in every free-text field: the output is valid and means the same text, or the manifest is refused at its place.

use obsgen::internals::artifacts::{Engine, File, Selection, readback, render, shares};
use obsgen::internals::diagnostic::Level;
use obsgen::internals::manifest;
use obsgen::internals::model::resolve::resolve;
use obsgen::internals::source::{Forms, SourceMap};
use proptest::prelude::*;
use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use serde_json::{Value, json};

/// A manifest with the text in every free-text field.
fn manifest_with(text: &str) -> String {
    let quoted = json!(text).to_string();
    format!(
        r#"apiVersion: obsgen/v1
service: {{ name: shop, description: {quoted}, team: {quoted}, runbooks: {quoted}, labels: {{ tier: {quoted} }}, links: {{ dashboard: {quoted}, logs: {quoted} }} }}
scrape: {{ targets: ["localhost:8080"] }}
metrics:
  http_requests_total:
    type: counter
    help: {quoted}
    labels: {{ status: {{ role: http_status }}, shop: {{ values: [{quoted}] }} }}
alerts:
  HighErrorRate:
    ratio: http_requests_total
    bad: {{ status: "5.." }}
    above: 5%
    severity: critical
    summary: {quoted}
    description: {quoted}
    runbook: {quoted}
    labels: {{ area: {quoted} }}
    annotations: {{ note: {quoted} }}
routing: {{ receivers: {{ critical: {{ slack: {{ api_url_file: /etc/slack, channel: {quoted} }} }}, warning: {{ webhook: {{ url: "http://localhost:1" }} }} }} }}
dashboard: {{ title: {quoted}, folder: {quoted}, panels: [{{ title: {quoted}, expr: up, description: {quoted}, unit: {quoted}, legend: {quoted} }}] }}
stack: {{ prometheus: {{ version: "2.42", external_labels: {{ cluster: {quoted} }} }} }}
"#
    )
}

/// Renders a manifest, or says where it was refused.
fn rendered(text: &str) -> Result<Vec<File>, Vec<String>> {
    let mut sources = SourceMap::default();
    let id = sources.add("obsgen.yaml", text);
    let reading = manifest::read(&sources, id, None, None, &Forms::default());
    let mut found = reading.diagnostics;
    let resolved = resolve(reading.manifest.into_iter().map(|(located, _)| located).collect(), &sources);
    found.extend(resolved.diagnostics);
    let errors: Vec<String> =
        found.iter().filter(|d| d.level == Level::Error).map(|d| format!("{}: {}", sources.place(d.span), d.message)).collect();
    match resolved.model {
        Some(model) if errors.is_empty() => {
            let engine = Engine::new(None).expect("templates");
            let of_share = |share| render(share, &model, &engine, &Selection::default()).expect("a rendering");
            let files: Vec<File> = shares(&model).into_iter().flat_map(of_share).collect();
            readback::check(&files, &readback::Judged::default()).expect("what is rendered can be read back");
            Ok(files)
        }
        _ => Err(errors),
    }
}

fn yaml(files: &[File], path: &str) -> Value {
    serde_yaml::from_str(&files.iter().find(|file| file.path == path).expect(path).text).expect("YAML")
}

/// What Prometheus makes of a template that holds no action but those that print a text.
fn expanded(template: &Value) -> String {
    let prints = regex::Regex::new(r#"\{\{ "([^"]*)" \}\}"#).expect("an expression");
    prints.replace_all(template.as_str().expect("text"), "$1").into_owned()
}

fn means_the_same(text: &str, files: &[File]) {
    page_means_the_same(text, files);
    let rule = yaml(files, "alerts.yml")["groups"][0]["rules"][0].clone();
    for place in ["summary", "description", "runbook_url", "dashboard_url", "note"] {
        assert_eq!(expanded(&rule["annotations"][place]), text, "{place}");
    }
    for place in ["team", "tier", "area"] {
        assert_eq!(expanded(&rule["labels"][place]), text, "{place}");
    }
    let channel = yaml(files, "alertmanager.yml")["receivers"][0]["slack_configs"][0]["channel"].clone();
    assert_eq!(channel.as_str(), Some(text));
    let cluster = yaml(files, "prometheus.yml")["global"]["external_labels"]["cluster"].clone();
    assert_eq!(cluster.as_str().expect("text").replace("$$", "$"), text);
    let folder = yaml(files, "grafana/provisioning/dashboards/obsgen.yml")["providers"][0]["folder"].clone();
    assert_eq!(folder.as_str().expect("text").replace("$$", "$"), text);
    let dashboard: Value =
        serde_json::from_str(&files.iter().find(|f| f.path == "dashboards/shop.json").expect("a dashboard").text).expect("JSON");
    assert_eq!(dashboard["title"].as_str(), Some(text));
    assert_eq!(dashboard["description"].as_str(), Some(text));
    let own = dashboard["panels"].as_array().and_then(|all| all.last()).expect("a panel");
    // A joiner keeps a dollar sign from starting one of Grafana's variables.
    assert_eq!(own["title"].as_str().expect("text").replace("$\u{200d}", "$"), text.replace("$\u{200d}", "$"));
    assert_eq!(own["targets"][0]["legendFormat"].as_str(), Some(text));
    // The tests expect what the template becomes.
    let tests = yaml(files, "tests/alerts_test.yml");
    let checks = tests["tests"].as_array().expect("tests").iter().flat_map(|test| test["alert_rule_test"].as_array().expect("checks"));
    let fires = |check: &&Value| check["alertname"] == "HighErrorRate" && check["exp_alerts"].as_array().is_some_and(|all| !all.is_empty());
    let expected = &checks.into_iter().find(fires).expect("a check in which it fires")["exp_alerts"][0];
    assert_eq!(expected["exp_annotations"]["summary"].as_str(), Some(text));
    assert_eq!(expected["exp_labels"]["team"].as_str(), Some(text));
}

/// On the alert's page the text is one paragraph in bold and one in plain words, and nothing of it means anything else.
fn page_means_the_same(text: &str, files: &[File]) {
    let page = &files.iter().find(|file| file.path == "runbooks/HighErrorRate.md").expect("a page").text;
    // What no reader of Markdown keeps: blanks at the ends, and what is no character.
    let shown = |text: &str| {
        text.chars()
            .filter(|c| {
                !c.is_whitespace()
                    && !c.is_control()
                    && !"\u{2028}\u{2029}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}\u{fffd}".contains(*c)
            })
            .collect::<String>()
    };
    let (mut bold, mut words, mut in_bold) = (String::new(), String::new(), false);
    let mut headings = 0;
    for event in Parser::new(page) {
        match event {
            Event::Start(Tag::Strong) => in_bold = true,
            Event::End(TagEnd::Strong) => in_bold = false,
            Event::Start(Tag::Heading { .. }) => headings += 1,
            Event::Text(text) if in_bold && headings == 2 => bold.push_str(&text),
            Event::Text(text) if headings == 2 => words.push_str(&text),
            Event::Html(html) | Event::InlineHtml(html) => panic!("{text:?} became {html:?} in {page}"),
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                assert!(
                    dest_url.strip_suffix(".md").is_some_and(|name| name.chars().all(|c| c.is_ascii_alphanumeric())),
                    "{text:?} became a link in {page}"
                );
            }
            _ => {}
        }
    }
    assert_eq!(headings, 4, "{text:?} in {page}");
    if !shown(text).is_empty() {
        assert_eq!(shown(&bold), shown(text), "{page}");
        assert!(shown(&words).trim_start_matches("Whatitmeans").starts_with(&shown(text)), "{text:?}: {words:?} in {page}");
    }
}

/// Text that breaks out of places that are not quoted well.
const HOSTILE: &[&str] = &[
    "plain",
    "\"",
    "'",
    "''",
    "a: b",
    "- a",
    "# c",
    "a #b",
    "{{",
    "}}",
    "{{ .x }}",
    "{{{",
    "{",
    "a{",
    "{{ \"{{\" }}",
    "costs $value, {{ $labels.job }} or {{ .Labels.x }}",
    "$",
    "$$",
    "${x}",
    "$1",
    "$labels.x",
    "%",
    "\\",
    "\\n",
    "a\nb",
    "\n",
    "\t",
    " lead",
    "trail ",
    "!tag",
    "&a",
    "*a",
    "|",
    ">",
    "**a** _b_ `c` ~~d~~",
    "[a](http://b) ![c](d)",
    "<script>alert(1)</script> &amp; <!-- x",
    "```\n# a\n```",
    "- a\n- b",
    "1. a",
    "===",
    "_a",
    "a_",
    "https://example.com/a_b_",
    "yes",
    "no",
    "null",
    "~",
    "0x1f",
    "012",
    "1e3",
    "2024-01-01",
    "<<",
    "---",
    "...",
    "\u{202e}rtl",
    "\u{200f}",
    "é",
    "😀",
    "[x]",
    "{x}",
    "`",
    "{% raw %}",
    "{# c #}",
    "</script>",
    "\u{feff}bom",
];

/// Text that some program behind obsgen cannot carry, and that is refused.
const REFUSED: &[&str] = &["\0", "a\u{7}b", "\u{1b}[0m", "\u{85}", "\u{2028}", "\u{2029}", "\r", "\u{7f}"];

#[test]
fn hostile_text_means_the_same_everywhere() {
    for text in HOSTILE {
        let files = rendered(&manifest_with(text)).unwrap_or_else(|errors| panic!("{text:?}: {errors:#?}"));
        means_the_same(text, &files);
    }
    let long = "name ".repeat(2000) + "end";
    means_the_same(&long, &rendered(&manifest_with(&long)).expect("ten kilobytes"));
}

#[test]
fn text_that_cannot_be_carried_is_refused_at_its_place() {
    for text in REFUSED {
        let errors = rendered(&manifest_with(text)).expect_err(text);
        assert!(!errors.is_empty() && errors.iter().all(|error| error.starts_with("obsgen.yaml:")), "{text:?}: {errors:#?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_mixture_means_the_same_or_is_refused(parts in prop::collection::vec(prop_oneof![prop::sample::select(HOSTILE).prop_map(str::to_owned), "\\PC{0,6}"], 1..6)) {
        let text = parts.concat();
        match rendered(&manifest_with(&text)) {
            Ok(files) => means_the_same(&text, &files),
            Err(errors) => prop_assert!(!errors.is_empty() && errors.iter().all(|error| error.starts_with("obsgen.yaml:")), "{:?}: {:#?}", text, errors),
        }
    }
}
