//! Reading and places, over every style of scalar and every kind of trouble.

use serde::Deserialize;

use super::*;
use crate::diagnostic::Diagnostic;

fn load(text: &str) -> (SourceMap, Documents) {
    let mut map = SourceMap::default();
    let id = map.add("f.yml", text);
    let documents = read_yaml(&map, id);
    (map, documents)
}

fn root(text: &str) -> (SourceMap, Node) {
    let (map, mut documents) = load(text);
    assert_eq!(documents.diagnostics, vec![], "{text:?}");
    (map, documents.roots.remove(0))
}

fn shown(map: &SourceMap, diagnostics: &[Diagnostic]) -> Vec<String> {
    diagnostics
        .iter()
        .map(|d| {
            let at = map.get(d.span.source).position(d.span.start);
            let path = d.path.as_ref().map_or(String::new(), |p| format!(" ({p})"));
            let help = d.help.as_ref().map_or(String::new(), |h| format!(" [{h}]"));
            format!("{}:{} {} {}{path}{help}", at.line, at.column, d.rule, d.message)
        })
        .collect()
}

fn findings(text: &str) -> Vec<String> {
    let (map, documents) = load(text);
    shown(&map, &documents.diagnostics)
}

#[test]
fn spans_cover_values_in_text_that_is_not_ascii() {
    let (map, node) = root("ключ: {é: \"x\\n\", b: [1, два]}\nlist:\n  - plain\n    two\n");
    assert_eq!(map.text(node.get("ключ").unwrap().span), "{é: \"x\\n\", b: [1, два]}");
    let two = &node.get("ключ").unwrap().get("b").unwrap().as_sequence().unwrap()[1];
    assert_eq!((map.text(two.span), map.place(two.span).as_str()), ("два", "f.yml:1:25"));
    assert_eq!(map.text(node.get("list").unwrap().span), "- plain\n    two");
}

#[test]
fn columns_count_characters_in_long_lines() {
    let text = format!("a\n{}x\nb", "é€😀".repeat(5000));
    let mut map = SourceMap::default();
    let id = map.add("f", text.as_str());
    let at = |offset: usize| map.get(id).position(u32::try_from(offset).unwrap());
    assert_eq!(at(2 + 9 * 5000), Position { line: 2, column: 15001 });
    assert_eq!(at(text.len()), Position { line: 3, column: 2 });
    assert_eq!(at(text.len() + 9), Position { line: 3, column: 2 });
}

#[test]
fn scalars_mean_what_prometheus_makes_of_them() {
    let (_, node) =
        root("a: yes\nb: 012\nc: 2024-01-01\nd: ~\ne:\nf: \"true\"\ng: 1_000\nh: 0x1f\ni: -1.5e3\nj: .inf\nk: nan\nl: !!str null\n");
    assert_eq!((node.get("a").unwrap().as_bool(), node.get("a").unwrap().as_str()), (Some(true), Some("yes")));
    assert_eq!((node.get("b").unwrap().as_str(), node.get("b").unwrap().as_i64()), (Some("012"), Some(10)));
    assert_eq!(node.get("c").unwrap().as_str(), Some("2024-01-01"));
    assert_eq!((node.get("d").unwrap().as_str(), node.get("e").unwrap().as_str()), (Some(""), Some("")));
    assert_eq!(node.get("f").unwrap().as_bool(), None);
    assert_eq!((node.get("g").unwrap().as_i64(), node.get("h").unwrap().as_i64()), (Some(1000), Some(31)));
    assert_eq!((node.get("i").unwrap().as_f64(), node.get("j").unwrap().as_f64()), (Some(-1500.0), Some(f64::INFINITY)));
    assert_eq!(node.get("k").unwrap().as_f64(), None);
    assert_eq!(node.get("l").unwrap().as_str(), Some("null"));
}

#[test]
fn duplicate_keys_are_reported_with_both_places() {
    let (map, documents) = load("a: 1\nb:\n  c: 1\n  c: 2\na: 3\n");
    assert_eq!(shown(&map, &documents.diagnostics).len(), 2);
    assert_eq!(map.place(documents.diagnostics[0].span), "f.yml:4:3");
    assert_eq!(map.place(documents.diagnostics[0].related[0].span), "f.yml:3:3");
    assert_eq!(documents.roots[0].get("a").unwrap().as_i64(), Some(1));
}

#[test]
fn aliases_and_merges_are_carried_out() {
    let (_, node) = root("base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  y: 3\nmany:\n  <<: [*b, {z: 4}]\n");
    assert_eq!(node.get("use").unwrap().get("x").unwrap().as_i64(), Some(1));
    assert_eq!(node.get("use").unwrap().get("y").unwrap().as_i64(), Some(3));
    assert_eq!(node.get("many").unwrap().get("z").unwrap().as_i64(), Some(4));
}

#[test]
fn an_alias_bomb_is_a_finding() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for i in 1..12 {
        text += &format!("a{i}: &a{i} [{}]\n", vec![format!("*a{}", i - 1); 10].join(", "));
    }
    let found = findings(&text);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("aliases make this file far larger"), "{found:?}");
}

#[test]
fn unknown_and_circular_aliases_are_findings() {
    assert_eq!(
        findings("a: *gone\nb: 1\n"),
        ["1:4 invalid-yaml no anchor is named `&gone` [define the anchor above, or quote the value if it is text]"]
    );
    assert_eq!(findings("a: &a [*a]\n"), ["1:8 invalid-yaml this alias stands inside the value that it names"]);
}

#[test]
fn deep_nesting_is_a_finding() {
    for text in ["[".repeat(100_000), "{a: ".repeat(100_000), "- ".repeat(100_000)] {
        let found = findings(&text);
        assert!(found[0].contains("nested too deeply"), "{found:?}");
    }
    let mut text = String::from("a0: &a0 [x]\n");
    for i in 1..2000 {
        text += &format!("a{i}: &a{i} [*a{}]\n", i - 1);
    }
    assert_eq!(findings(&text).len(), 1);
}

#[test]
fn tabs_nul_and_emptiness_are_judged() {
    assert!(findings("a:\n\tb: 1\n")[0].contains("a tab indents this line"), "{:?}", findings("a:\n\tb: 1\n"));
    assert_eq!(findings("a: 1\0\nb: 2\n")[0].split(' ').next(), Some("1:5"));
    assert!(load("").1.roots.is_empty());
    assert!(load("# nothing\n").1.diagnostics.is_empty());
}

#[test]
fn what_follows_a_broken_document_is_read() {
    let (_, documents) =
        load("groups:\n  - name: a\n    rules:\n      - alert: A\n        expr: up\n      - alert: B\n        expr: x: y: z\n---\nb: 1\n");
    assert_eq!((documents.roots.len(), documents.complete, documents.diagnostics.len()), (2, false, 1));
    let rules = documents.roots[0].get("groups").unwrap().as_sequence().unwrap()[0].get("rules").unwrap();
    assert_eq!(rules.as_sequence().unwrap().len(), 1, "the broken rule is left out");
    assert_eq!(documents.roots[1].get("b").unwrap().as_i64(), Some(1));
}

#[test]
fn bytes_are_text_or_a_located_error() {
    assert_eq!(read_bytes("f", b"\xEF\xBB\xBFa: 1".to_vec()).as_deref(), Ok("a: 1"));
    assert_eq!(read_bytes("f", b"a: 1\n\xC3\xA9\xFF".to_vec()).unwrap_err().place, "f:2:2");
    assert!(read_bytes("f", b"\xFF\xFEa\0".to_vec()).unwrap_err().message.contains("UTF-16"));
    assert!(read_bytes("f", vec![b' '; SIZE_LIMIT + 1]).unwrap_err().message.contains("64 MiB"));
}

#[test]
fn json_is_checked_strictly_and_read_with_places() {
    let mut map = SourceMap::default();
    let id = map.add("d.json", "{\n\t\"a\": \"\\ud83d\\ude00/\\/\",\n\t\"b\"\n\t: [1, {\"c\": null}]\n}");
    let documents = read_json(&map, id);
    assert_eq!(documents.diagnostics, vec![]);
    assert_eq!(documents.roots[0].get("a").unwrap().as_str(), Some("😀//"));
    assert!(documents.roots[0].get("b").unwrap().as_sequence().unwrap()[1].get("c").unwrap().is_null());
    let id = map.add("e.json", "{\"é\": 1,\n \"b\": [1, 2,],}");
    let documents = read_json(&map, id);
    assert_eq!(shown(&map, &documents.diagnostics), ["2:13 invalid-json trailing comma [remove the comma before the closing bracket]"]);
}

#[test]
fn ignore_comments_are_read() {
    let (map, documents) = load("a: 1 # obsgen: ignore[one, two-x] because é\n# obsgen: ignore\n# other\nb: 'x # obsgen: ignore[no]'\n");
    assert_eq!(documents.comments.len(), 1);
    let ignore = &documents.comments[0];
    assert_eq!((map.text(ignore.rules[1].span), ignore.reason.as_str(), ignore.own_line), ("two-x", "because é", false));
    assert_eq!(documents.diagnostics.len(), 1);
}

#[test]
fn hundreds_of_comment_lines_are_no_trouble() {
    assert_eq!(findings(&format!("# obsgen: ignore[x] y\n{}a: 1\n", "# c\n".repeat(500))), Vec::<String>::new());
}

/// Every character of the decoded text must lead to where it was written.
#[track_caller]
fn offsets(text: &str, expected: &[(&str, &str)]) {
    let (map, node) = root(text);
    let value = node.get("k").unwrap();
    let decoded = value.as_str().unwrap().to_owned();
    for (needle, written) in expected {
        let start = decoded.find(needle).unwrap_or_else(|| panic!("{needle:?} not in {decoded:?}"));
        let span = text_map::span(text, value, start..start + needle.len());
        assert_eq!(map.text(span), *written, "{needle:?} of {decoded:?}");
    }
}

#[test]
fn offsets_lead_from_decoded_to_written_text() {
    offsets("k: plain é x", &[("é", "é"), ("x", "x")]);
    offsets("k: plain\n  two\n\n  three", &[("two", "two"), ("plain two", "plain\n  two"), ("three", "three")]);
    offsets("k: 'it''s é\n  two'", &[("s", "s"), ("'", "''"), ("two", "two")]);
    offsets(
        "k: \"a\\n\\u00e9\\x41 b \\\n   c\\ud83d\\ude00d\\U0001F600e\"",
        &[("é", "\\u00e9"), ("A", "\\x41"), ("c", "c"), ("d", "d"), ("e", "e"), ("b c", "b \\\n   c")],
    );
    offsets("k: \"a\n  b\n\n  c\"", &[("a", "a"), ("b", "b"), ("c", "c")]);
    offsets("k: |\n  one é\n    two\n\n  three\n", &[("é", "é"), ("two", "two"), ("three", "three"), ("one é\n", "one é\n")]);
    offsets("k: |-\n\n\n  one\n  two", &[("one", "one"), ("two", "two")]);
    offsets("k: |2-\n    deep\n  two\n", &[("deep", "deep"), ("two", "two"), ("  deep", "  deep")]);
    offsets("k: >\n  a\n  b\n\n  c\n\n\n  d\n", &[("b", "b"), ("c", "c"), ("d", "d")]);
    offsets("k: >-\n  a\n    more\n    lines\n  b\n  c\n", &[("more", "more"), ("lines", "lines"), ("b", "b"), ("c", "c")]);
    offsets("k: >\n\n  a\n\n    more\n\n  b\n", &[("a", "a"), ("more", "more"), ("b", "b")]);
    offsets("k: |\r\n  one\r\n  two\r\n\r\n  three\r\n", &[("two", "two"), ("three", "three")]);
    offsets("k: >\r\n  one\r\n  two\r\n", &[("two", "two")]);
    offsets("k: one\r\n  two\r\n", &[("two", "two")]);
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[expect(dead_code, reason = "read by Debug alone")]
struct Top {
    name: Spanned<String>,
    #[serde(default)]
    size: Lenient<u8>,
    #[serde(default)]
    level: Lenient<Choice>,
    #[serde(default)]
    items: Entries<Item>,
    #[serde(default)]
    one: Option<OneOrMany<String>>,
    #[serde(default)]
    raw: Option<Spanned<Raw>>,
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Choice {
    Low,
    VeryHigh,
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[expect(dead_code, reason = "read by Debug alone")]
struct Item {
    duration: String,
    #[serde(default)]
    even: Lenient<Even>,
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(try_from = "String")]
struct Even(#[expect(dead_code, reason = "read by Debug alone")] u32);

impl TryFrom<String> for Even {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse().ok().filter(|n| n % 2 == 0).map(Self).ok_or(format!("`{text}` is not even"))
    }
}

/// Every place of a tree lies in its text, and ends no sooner than it begins.
fn lies_within(node: &Node, text: &str) {
    assert!(text.get(node.span.range()).is_some(), "{:?} of {text:?}", node.span.range());
    let below: Vec<&Node> = match &node.kind {
        NodeKind::Scalar(_) => Vec::new(),
        NodeKind::Sequence(items) => items.iter().collect(),
        NodeKind::Mapping(entries) => entries.iter().flat_map(|(key, value)| [key, value]).collect(),
    };
    for node in below {
        lies_within(node, text);
    }
}

#[test]
fn pairs_without_braces_have_places_too() {
    for text in ["[a: : b]", "k: [x: : # c]: d", "[? a : b, c: d]", "[: a, b: ]", "[a: {b: c}, d: [e: f]]"] {
        for root in &load(text).1.roots {
            lies_within(root, text);
        }
    }
}

#[test]
fn a_block_without_a_word_stands_where_its_head_ends() {
    for style in ["|", "|-", "|+", ">", ">-"] {
        for rest in ["", "\n", "\n\n\n  ", "\n  \n    \nb: 1\n", "\n\n# c\nb: 1\n"] {
            let (_, node) = root(&format!("a: {style}{rest}"));
            let (_, _, value) = node.entries().next().expect("an entry");
            let head = "a: ".len() + style.len();
            assert_eq!(value.span.range(), head..head, "{style:?} {rest:?}");
        }
    }
}

#[test]
fn every_finding_of_a_struct_is_collected() {
    let (map, node) = root(concat!(
        "name: é\nsizes: 3\nsize: many\nlevel: very-hi\n",
        "items:\n  a: {duration: 5m, even: 3}\n  b: {even: 4}\n  c: {duration: [1]}\n  \"d.e\": {duration: 1, evn: 2}\n",
        "one: x\nraw: {a: [1, yes]}\n",
    ));
    let (top, found) = decode::<Top>(&node, "manifest");
    let top = top.expect("the struct is read all the same");
    assert_eq!(map.text(top.name.span), "é");
    assert!(top.size.is_invalid() && top.items.len() == 4 && top.items.get("d.e").is_some() && top.items.get("b").is_none());
    assert_eq!(top.one.unwrap().as_slice(), ["x"]);
    assert!(matches!(&top.raw.unwrap().value.get("a").unwrap().value, Raw::Seq(s) if s[1].value == Raw::String("yes".into())));
    assert_eq!(
        shown(&map, &found),
        [
            "2:1 unknown-key `sizes` is not a key here [did you mean `size`?]",
            "3:7 wrong-type expected a whole number, found `many` (size)",
            "4:8 manifest `very-hi` is not known here (level) [did you mean `very-high`? Known are `low`, `very-high`]",
            "6:27 manifest `3` is not even (items.a.even)",
            "7:3 missing-key `duration` is missing (items.b) [add `duration:`]",
            "8:17 wrong-type expected a string, found a list (items.c.duration)",
            "9:24 unknown-key `evn` is not a key here (items[\"d.e\"]) [did you mean `even`?]",
        ]
    );
}

#[test]
fn a_missing_key_of_the_root_is_found_at_its_first_key() {
    let (map, node) = root("# comment\nsize: 300\n");
    let (top, found) = decode::<Top>(&node, "manifest");
    assert!(top.is_none());
    assert_eq!(
        shown(&map, &found),
        ["2:7 wrong-type expected a whole number, not below zero, found `300` (size)", "2:1 missing-key `name` is missing [add `name:`]"]
    );
}

#[test]
fn schemas_are_those_of_the_wrapped_types() {
    let schema = serde_json::to_value(schemars::schema_for!(Top)).unwrap();
    assert_eq!(schema["properties"]["name"]["type"], "string");
    assert_eq!(schema["properties"]["items"]["additionalProperties"]["$ref"], "#/$defs/Item");
    assert_eq!(schema["required"], serde_json::json!(["name"]));
}
