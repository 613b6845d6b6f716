//! PromQL against Prometheus's own verdicts: the corpus, hostile inputs, and the crate `promql-parser` as second reader.

use std::fs;
use std::panic;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use obsgen::internals::promql::{
    ErrorKind, Expr, MAX_HEIGHT, Options, ParseError, ValueType, grafana, parse, parse_all, regex, value_type, walk,
};
use serde_json::Value;

/// One line of the corpus.
struct Case {
    expr: String,
    stock: bool,
    flags: bool,
    value_type: Option<String>,
    start: Option<u64>,
}

/// Reads a file of the corpus; `None`, with a note, where there is none. In CI it must be there.
#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
fn corpus(file: &str) -> Option<Vec<Case>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/promql").join(file);
    let Ok(text) = fs::read_to_string(&path) else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{} is missing", path.display());
        eprintln!("skipped: {} is missing", path.display());
        return None;
    };
    let case = |line: &str| {
        let value: Value = serde_json::from_str(line).expect("the corpus is JSON");
        Case {
            expr: value["expr"].as_str().expect("a case has an expression").to_owned(),
            stock: value["stock"] == true,
            flags: value["flags"] == true,
            value_type: value["type"].as_str().map(str::to_owned),
            start: value["start"].as_u64(),
        }
    };
    Some(text.lines().map(case).collect())
}

fn cases_and_mutants() -> Vec<Case> {
    ["cases.jsonl", "mutants.jsonl"].into_iter().filter_map(corpus).flatten().collect()
}

fn type_name(expr: &Expr) -> &'static str {
    match value_type(expr) {
        ValueType::Scalar => "scalar",
        ValueType::Vector => "vector",
        ValueType::Matrix => "matrix",
        ValueType::String => "string",
    }
}

/// There are no exceptions: every verdict and every type is Prometheus's.
#[test]
fn verdicts_and_types_are_those_of_prometheus() {
    for case in cases_and_mutants() {
        let stock = parse(&case.expr, &Options::stock());
        let flags = parse(&case.expr, &Options::all());
        assert_eq!(stock.is_ok(), case.stock, "stock: {:?}: {stock:?}", case.expr);
        assert_eq!(flags.is_ok(), case.flags, "flags: {:?}: {flags:?}", case.expr);
        if let (Ok(expr), Some(expected)) = (&flags, &case.value_type) {
            assert_eq!(type_name(expr), expected, "{:?}", case.expr);
        }
        if case.flags && !case.stock {
            assert!(matches!(stock.map_err(|error| error.kind), Err(ErrorKind::NeedsFeature(_))), "{:?}", case.expr);
        }
    }
}

#[test]
fn errors_start_where_those_of_prometheus_start() {
    let (mut all, mut same) = (0, 0);
    for case in cases_and_mutants().iter().filter(|case| !case.flags) {
        let (Err(error), Some(start)) = (parse(&case.expr, &Options::all()), case.start) else {
            continue;
        };
        all += 1;
        same += usize::from(error.range.start as u64 == start);
        assert!(error.range.start <= error.range.end && error.range.end <= case.expr.len(), "{:?}: {error:?}", case.expr);
    }
    assert!(same * 100 >= all * 99, "{same} of {all}");
}

#[test]
fn what_is_printed_reads_back_the_same() {
    for case in cases_and_mutants().iter().filter(|case| case.flags) {
        let expr = parse(&case.expr, &Options::all()).expect("checked elsewhere");
        let printed = expr.to_string();
        let again = parse(&printed, &Options::all());
        assert_eq!(again.as_ref(), Ok(&expr), "{:?} printed as {printed:?}", case.expr);
        assert_eq!(again.map(|again| again.to_string()), Ok(printed));
    }
}

#[test]
fn ranges_of_nodes_lie_in_those_of_their_parents() {
    for case in cases_and_mutants().iter().filter(|case| case.flags) {
        let expr = parse(&case.expr, &Options::all()).expect("checked elsewhere");
        walk::visit(&expr, &mut |node| {
            assert!(case.expr.get(node.range.clone()).is_some_and(|text| !text.is_empty()), "{:?}: {:?}", case.expr, node.range);
            for child in walk::children(node) {
                assert!(node.range.start <= child.range.start && child.range.end <= node.range.end, "{:?}", case.expr);
            }
        });
    }
}

#[test]
fn regular_expressions_are_judged_as_go_judges_them() {
    let Some(cases) = corpus("regexes.jsonl") else {
        return;
    };
    for case in cases {
        let verdict = parse(&case.expr, &Options::stock());
        assert_eq!(verdict.is_ok(), case.stock, "{}: {verdict:?}", case.expr);
    }
}

#[test]
fn substitution_makes_dashboard_expressions_readable_and_keeps_their_length() {
    let Some(cases) = corpus("cases.jsonl") else {
        return;
    };
    // LogQL, which no substitution makes PromQL.
    let promql = |case: &&Case| case.expr.contains('$') && !case.expr.contains("|~") && !case.expr.contains("|=");
    let (mut all, mut readable) = (0, 0);
    for case in cases.iter().filter(promql) {
        let substituted = grafana::substitute(&case.expr);
        assert_eq!(substituted.text.len(), case.expr.len());
        all += 1;
        readable += usize::from(parse(&substituted.text, &Options::stock()).is_ok());
    }
    assert!(readable * 1000 >= all * 985, "{readable} of {all}");
}

/// Runs on a thread with the stack that threads have by default, whatever the test harness uses.
fn on_small_stack(run: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().stack_size(2 << 20).spawn(run).expect("a thread starts");
    thread.join().expect("no panic");
}

fn nested(open: &str, inner: &str, close: &str, levels: usize) -> String {
    format!("{}{inner}{}", open.repeat(levels), close.repeat(levels))
}

#[test]
fn deep_nesting_is_refused_and_never_overflows_the_stack() {
    on_small_stack(|| {
        for levels in [20, 48, 98, 150, 498, 600, 100_000] {
            for text in [
                nested("(", "a", ")", levels),
                nested("abs(", "a", ")", levels),
                nested("sum(", "a", ")", levels),
                nested("topk(scalar(", "a", "),a)", levels),
                nested("-", "a", "", levels),
                nested("a+(", "a", ")", levels),
                nested("", "a", "+a", levels),
                nested("", "a", "^a", levels),
                nested("", "a", "[5m:]", levels),
                nested("", "a", " or a", levels),
                format!("a[{}]", nested("-(step()+", "5m", ")", levels)),
                format!("a[5m{}]", "+5m".repeat(levels)),
                format!("a offset {}", nested("max_of(1,", "5m", ")", levels)),
                nested("(", "", "", levels),
                nested("sum by (a) (", "", "", levels),
                nested("a[", "", "", levels),
                nested("{", "", "", levels),
            ] {
                exercise(&text);
            }
        }
    });
}

/// Does all that recurses into a tree.
fn exercise(text: &str) {
    let parsed = parse_all(text, &Options::all());
    let Some(expr) = parsed.expr else {
        return;
    };
    let copy = expr.clone();
    assert!(copy == expr);
    let _ = (copy.to_string(), value_type(&copy), walk::selectors(&copy).len());
}

#[test]
fn limits_say_what_they_are() {
    let kind_and_message = |text: &str| parse(text, &Options::all()).map_err(|error| (error.kind, error.message)).err();
    let deep = kind_and_message(&nested("(", "a", ")", 1000));
    assert_eq!(deep, Some((ErrorKind::Limit, "expression is nested deeper than 100 levels".to_owned())));
    let long = kind_and_message(&nested("", "a", "+a", 1000));
    assert_eq!(long, Some((ErrorKind::Limit, "expression has a chain of more than 500 operators".to_owned())));
    assert!(parse(&nested("", "a", "+a", MAX_HEIGHT - 1), &Options::all()).is_ok());
}

#[test]
fn megabyte_inputs_are_read_in_linear_time() {
    const MANY: usize = 1 << 20;
    let start = Instant::now();
    for text in [
        "a".repeat(MANY),
        "1".repeat(MANY),
        " ".repeat(MANY),
        format!("#{}", "x".repeat(MANY)),
        format!("\"{}\"", "\\n".repeat(MANY / 2)),
        format!("a{{{}}}", "b=\"c\",".repeat(MANY / 6)),
        format!("sum by ({}) (a)", "b,".repeat(MANY / 2)),
        format!("abs({})", vec!["a"; MANY / 2].join(",")),
        format!("a{{b=~\"{}\"}}", "x|".repeat(MANY / 2)),
        format!("a{{b=~\"{}\"}}", "(x)*[a-z]".repeat(MANY / 9)),
        format!("{{b=~\"{}\"}}", "(?:".repeat(MANY / 3)),
        format!("{{b=~\"{}\"}}", "[[:".repeat(MANY / 3)),
        format!("a[{}m]", "1".repeat(MANY)),
        "fill ".repeat(MANY / 5),
        "a + fill".to_owned() + &" ".repeat(MANY),
    ] {
        exercise(&text);
        let _ = grafana::substitute(&text);
    }
    for text in ["$a ".repeat(MANY / 3), "${".repeat(MANY / 2), "[[a".repeat(MANY / 3)] {
        assert_eq!(grafana::substitute(&text).text.len(), text.len());
    }
    // Generous: a debug build on a busy machine. Quadratic reading would take hours.
    assert!(start.elapsed() < Duration::from_mins(2), "{:?}", start.elapsed());
}

/// Every prefix of every hundredth case, and each with a byte taken out: nothing may panic, whatever the verdict.
#[test]
fn torn_expressions_never_panic() {
    for case in cases_and_mutants().iter().step_by(100) {
        for (at, character) in case.expr.char_indices() {
            let (before, after) = case.expr.split_at(at);
            let torn = format!("{before}{}", &after[character.len_utf8()..]);
            for text in [before, &torn] {
                let parsed = parse_all(text, &Options::all());
                assert!(parsed.expr.is_some() || !parsed.errors.is_empty());
                let _ = grafana::substitute(text);
                let _ = regex::check(text);
            }
        }
    }
}

/// What the lexer stumbles over at the very beginning is reported once, and nothing behind it is read.
#[test]
fn a_lexical_error_is_reported_once() {
    for text in ["`s \u{fffd}", "\"a", "'a\\q' b ! c", "? a ? b", "`"] {
        let errors = parse_all(text, &Options::all()).errors;
        assert_eq!(errors.len(), 1, "{text}: {errors:?}");
        assert!(text.get(errors[0].range.clone()).is_some(), "{text}: {errors:?}");
    }
}

/// The verdict of the second reader, and its complaint. It panics on some durations.
fn second_reader(text: &str) -> Option<Result<(), String>> {
    panic::catch_unwind(|| promql_parser::parser::parse(text).map(|_| ())).ok()
}

/// Whether the second reader is known to refuse what Prometheus accepts here: it does not know trim operators, extended
/// ranges, arithmetic over durations, digit separators, zero durations as numbers and colons in label lists; it takes
/// backslashes in raw strings for escapes, and has `info` demand a matcher.
fn known_false_reject(text: &str, complaint: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let words = ["</", ">/", "anchored", "smoothed", "step(", "range(", "max_of(", "min_of("];
    let with = |part: &str, message: &str| lower.contains(part) && complaint.contains(message);
    words.iter().any(|word| lower.contains(word))
        || with("[", "unexpected character inside brackets")
        || with("offset", "invalid promql query")
        || with("_", "bad number or duration syntax")
        || with("`", "unknown escape sequence")
        || with("0", "duration must be greater than 0")
        || with(":", "is not valid label in grouping opts")
        || with("info", "non-empty matcher")
}

/// Whether the second reader is known to accept what Prometheus refuses here.
fn known_false_accept(error: &ParseError) -> bool {
    [
        "a sign is only allowed before",
        "filling in missing series",
        "in aggregation parameter",
        "unexpected identifier `or` in label matching",
        "out of range",
        "invalid UTF-8 in a string",
    ]
    .iter()
    .any(|message| error.message.contains(message))
}

#[test]
fn second_reader_agrees_but_for_its_known_differences() {
    let mut different = 0;
    for case in cases_and_mutants() {
        let Some(theirs) = second_reader(&case.expr) else {
            continue;
        };
        let known = match (parse(&case.expr, &Options::all()), &theirs) {
            (Ok(_), Err(complaint)) => known_false_reject(&case.expr, complaint),
            (Err(error), Ok(())) => known_false_accept(&error),
            _ => continue,
        };
        different += 1;
        assert!(known, "{:?}: the second reader says {theirs:?}", case.expr);
    }
    assert!(different < 200, "{different} differences");
}
