//! Each format, compared with what it must print.

use super::*;
use crate::source::{SourceId, Span};

fn example() -> (SourceMap, Report) {
    let mut sources = SourceMap::default();
    let rules = sources.add("alerts.yml", "é: 1\nexpr: up{job=\"database\"} == 0\n");
    let config = sources.add("prometheus.yml", "jobs:\n  - myapp\n");
    let span = |source: SourceId, range| Span::new(source, range);
    let finding = Diagnostic::error("unknown-job", span(rules, 15..29), "no scrape job is named `database`")
        .path("groups[0].rules[2].expr")
        .related(span(config, 10..15), "the only job here is `myapp`")
        .help("add a scrape job `database`, or use `job=\"myapp\"`");
    let mend = Diagnostic::warning("other", span(rules, 0..2), "a `é` here").help("use `e`").fix(span(rules, 0..2), "e");
    (sources, Report { diagnostics: vec![finding, mend], files: 2, skipped: 1 })
}

fn rendered(format: Format) -> String {
    let (sources, report) = example();
    let mut out = Vec::new();
    write(&mut out, format, &report, &sources, Look::default()).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn people_see_both_files_and_the_mend() {
    let expected = "\
error[unknown-job]: no scrape job is named `database`
 --> alerts.yml:2:10
  |
2 | expr: up{job=\"database\"} == 0
  |          ^^^^^^^^^^^^^^
  |
 ::: prometheus.yml:2:5
  |
2 |   - myapp
  |     ----- the only job here is `myapp`
  |
  = help: add a scrape job `database`, or use `job=\"myapp\"`

warning[other]: a `é` here
 --> alerts.yml:1:1
  |
1 | é: 1
  | ^
  |
help: use `e`
  |
1 - é: 1
1 + e: 1
  |

1 error, 1 warning in 2 files (1 of no known kind skipped)
";
    assert_eq!(rendered(Format::Human), expected);
}

#[test]
fn a_line_of_the_concise_format_has_place_level_and_rule() {
    let expected = "alerts.yml:2:10: error[unknown-job] no scrape job is named `database`\nalerts.yml:1:1: warning[other] a `é` here\n";
    assert_eq!(rendered(Format::Concise), expected);
}

#[test]
fn json_has_every_key_of_the_contract() {
    let json: serde_json::Value = serde_json::from_str(&rendered(Format::Json)).unwrap();
    assert_eq!(json["summary"], serde_json::json!({"errors": 1, "warnings": 1, "infos": 0, "files": 2, "skipped": 1}));
    let finding = &json["findings"][0];
    let keys: Vec<&String> = finding.as_object().unwrap().keys().collect();
    let contract =
        ["rule", "level", "message", "file", "line", "column", "end_line", "end_column", "path", "related", "help", "fix", "fingerprint"];
    assert_eq!(keys, contract);
    assert_eq!((&finding["line"], &finding["column"], &finding["end_column"]), (&2.into(), &10.into(), &24.into()));
    assert_eq!(finding["related"][0]["file"], "prometheus.yml");
    assert_eq!(json["findings"][1]["fix"]["replacement"], "e");
}

#[test]
fn a_fingerprint_outlives_a_move_but_no_change() {
    let (sources, report) = example();
    let mut moved = report.diagnostics[0].clone();
    moved.span.start += 1;
    assert_eq!(json::fingerprint(&moved, &sources), json::fingerprint(&report.diagnostics[0], &sources));
    moved.message.push('!');
    assert_ne!(json::fingerprint(&moved, &sources), json::fingerprint(&report.diagnostics[0], &sources));
}

#[test]
fn a_long_line_is_cut_and_its_column_kept() {
    let mut sources = SourceMap::default();
    let text = format!("{}bad{}", "é".repeat(50_000), "y".repeat(50_000));
    let id = sources.add("d.json", text);
    let report = Report { diagnostics: vec![Diagnostic::error("r", Span::new(id, 100_000..100_003), "m")], files: 1, skipped: 0 };
    let mut out = Vec::new();
    write(&mut out, Format::Human, &report, &sources, Look::default()).unwrap();
    let out = String::from_utf8(out).unwrap();
    assert!(out.contains("d.json:1:50001") && out.contains("ébady") && out.len() < 1000, "{out}");
}
