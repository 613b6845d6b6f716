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
    let manual = Manual {
        rule: "unknown-job".to_owned(),
        level: Level::Error,
        summary: "A job that is not there.".to_owned(),
        text: "A job that is not there.\n\nMore of it.".to_owned(),
    };
    (sources, Report { diagnostics: vec![finding, mend], files: 2, skipped: 1, manuals: vec![manual] })
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
fn a_fingerprint_outlives_a_move_and_new_wording_but_no_change() {
    let (mut sources, report) = example();
    let finding = &report.diagnostics[0];
    let moved = sources.add("./alerts.yml", "# a comment above\n\nexpr: up{job=\"database\"} == 0\n");
    let change = |change: &dyn Fn(&mut Diagnostic)| {
        let mut other = finding.clone();
        other.span = Span::new(moved, 28..42);
        change(&mut other);
        other.fingerprint(&sources) == finding.fingerprint(&sources)
    };
    assert_eq!(sources.text(Span::new(moved, 28..42)), "job=\"database\"");
    assert!(change(&|d| d.message = "there is no job `database`".to_owned()));
    assert!(!change(&|d| d.message = "no scrape job is named `databases`".to_owned()));
    assert!(!change(&|d| d.path = Some("groups[0].rules[3].expr".to_owned())));
    assert!(!change(&|d| d.rule = "other".into()));
    assert!(!change(&|d| d.span.end -= 1));
}

#[test]
fn workflow_commands_escape_what_would_end_them() {
    let mut sources = SourceMap::default();
    let id = sources.add("a,b:c%.yml", "x: 1\ny: 2\n");
    let finding = |range, message: &str| Diagnostic::info("r", Span::new(id, range), message).help("say, so:\r\n100%");
    let report = Report { diagnostics: vec![finding(0..4, "one"), finding(3..6, "`a`\nb")], files: 1, ..Report::default() };
    let mut out = Vec::new();
    write(&mut out, Format::Github, &report, &sources, Look::default()).unwrap();
    let expected = "\
::notice file=a%2Cb%3Ac%25.yml,line=1,endLine=1,col=1,endColumn=5,title=obsgen[r]::one%0Ahelp: say, so:%0D%0A100%25
::notice file=a%2Cb%3Ac%25.yml,line=1,endLine=2,title=obsgen[r]::`a`%0Ab%0Ahelp: say, so:%0D%0A100%25
";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn junit_has_a_case_for_each_finding_and_one_for_none() {
    let xml = rendered(Format::Junit);
    let expected = "\
<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<testsuites name=\"obsgen\" tests=\"2\" failures=\"2\" errors=\"0\">
  <testsuite name=\"alerts.yml\" tests=\"2\" failures=\"2\" errors=\"0\">
    <testcase classname=\"alerts.yml\" name=\"unknown-job: groups[0].rules[2].expr\" file=\"alerts.yml\" line=\"2\">
      <failure type=\"error\" message=\"no scrape job is named `database`\">alerts.yml:2:10: error[unknown-job] no scrape job is named `database`
prometheus.yml:2:5: the only job here is `myapp`
help: add a scrape job `database`, or use `job=&quot;myapp&quot;`</failure>
    </testcase>
    <testcase classname=\"alerts.yml\" name=\"other: line 1\" file=\"alerts.yml\" line=\"1\">
      <failure type=\"warning\" message=\"a `é` here\">alerts.yml:1:1: warning[other] a `é` here
help: use `e`</failure>
    </testcase>
  </testsuite>
</testsuites>
";
    assert_eq!(xml, expected);
    let mut out = Vec::new();
    write(&mut out, Format::Junit, &Report { files: 3, ..Report::default() }, &SourceMap::default(), Look::default()).unwrap();
    let out = String::from_utf8(out).unwrap();
    assert!(out.contains("tests=\"1\" failures=\"0\"") && out.contains("<testcase classname=\"obsgen\" name=\"no findings in 3 files\"/>"));
}

#[test]
fn junit_is_xml_whatever_is_quoted() {
    let mut sources = SourceMap::default();
    let id = sources.add("a<b>&\"c\u{1}.yml", "x: 1\n");
    let report = Report { diagnostics: vec![Diagnostic::info("r", Span::new(id, 0..1), "]]> <&\u{0}\n\"")], files: 1, ..Report::default() };
    let mut out = Vec::new();
    write(&mut out, Format::Junit, &report, &sources, Look::default()).unwrap();
    let out = String::from_utf8(out).unwrap();
    assert!(out.contains("name=\"a&lt;b&gt;&amp;&quot;c\u{FFFD}.yml\"") && out.contains("]]&gt; &lt;&amp;\u{FFFD}\n&quot;"), "{out}");
    // A remark is no failure.
    assert!(out.contains("failures=\"0\"") && out.contains("<system-out>"), "{out}");
}

#[test]
fn sarif_has_places_manuals_fixes_and_fingerprints() {
    let sarif: serde_json::Value = serde_json::from_str(&rendered(Format::Sarif)).unwrap();
    let run = &sarif["runs"][0];
    assert_eq!((&sarif["version"], &run["columnKind"]), (&"2.1.0".into(), &"unicodeCodePoints".into()));
    let results = &run["results"];
    let place = serde_json::json!({"startLine": 2, "startColumn": 10, "endLine": 2, "endColumn": 24});
    assert_eq!(results[0]["locations"][0]["physicalLocation"]["region"], place);
    assert_eq!(results[0]["locations"][0]["logicalLocations"][0]["fullyQualifiedName"], "groups[0].rules[2].expr");
    assert_eq!(results[0]["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"], "prometheus.yml");
    assert_eq!((&results[0]["level"], &results[0]["ruleIndex"]), (&"error".into(), &0.into()));
    assert_eq!(run["tool"]["driver"]["rules"][0]["help"]["markdown"], "A job that is not there.\n\nMore of it.");
    let (sources, report) = example();
    assert_eq!(results[0]["partialFingerprints"]["obsgen/v1"], report.diagnostics[0].fingerprint(&sources));
    let replacement = &results[1]["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(replacement["insertedContent"]["text"], "e");
    assert_eq!(replacement["deletedRegion"]["endColumn"], 2);
}

#[test]
fn a_path_is_a_uri_in_sarif() {
    for (path, uri) in [
        ("./a/b c.yml", "a/b%20c.yml"),
        ("/tmp/é#?.yml", "file:///tmp/%C3%A9%23%3F.yml"),
        ("C:/x.yml", "file:///C:/x.yml"),
        ("a:b.yml", "a%3Ab.yml"),
        ("../x.yml", "../x.yml"),
        ("-", "-"),
    ] {
        assert_eq!(sarif::uri(path), uri, "{path}");
    }
}

#[test]
fn a_long_line_is_cut_and_its_column_kept() {
    let mut sources = SourceMap::default();
    let text = format!("{}bad{}", "é".repeat(50_000), "y".repeat(50_000));
    let id = sources.add("d.json", text);
    let report = Report { diagnostics: vec![Diagnostic::error("r", Span::new(id, 100_000..100_003), "m")], files: 1, ..Report::default() };
    let mut out = Vec::new();
    write(&mut out, Format::Human, &report, &sources, Look::default()).unwrap();
    let out = String::from_utf8(out).unwrap();
    assert!(out.contains("d.json:1:50001") && out.contains("ébady") && out.len() < 1000, "{out}");
}
