//! What lint infers of an expression against what Prometheus makes of it: no claim may be contradicted.
//!
//! Expressions are put together at random, from a fixed seed, out of every function, aggregation and operator, over a
//! small set of series. Prometheus evaluates them all in one unit test that expects nothing and so prints everything.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use obsgen::internals::formats;
use obsgen::internals::lint::inference::labels::shape;
use obsgen::internals::lint::inference::moment::{Targets, Value, evaluate};
use obsgen::internals::lint::inference::sample::{Sample as Kind, is_lost, sample};
use obsgen::internals::lint::inference::value::interval;
use obsgen::internals::lint::views::View;
use obsgen::internals::lint::world::World;
use obsgen::internals::lint::world::declared::{Catalogue, Evidence, Label, Metric, MetricType};
use obsgen::internals::lint::world::values::Values;
use obsgen::internals::promql::ast::BinaryOp;
use obsgen::internals::promql::{Options, ValueType, parse, value_type};
use obsgen::internals::source::{SourceMap, Spanned, read_yaml};

use crate::engines;

/// The series of the world that the expressions are about.
const SERIES: &[(&str, &str)] = &[
    ("up{job=\"x\",instance=\"1\"}", "1+0x40"),
    ("up{job=\"x\",instance=\"2\"}", "0+0x40"),
    ("requests_total{job=\"x\",instance=\"1\",code=\"200\"}", "0+60x40"),
    ("requests_total{job=\"x\",instance=\"1\",code=\"500\"}", "0+3x40"),
    ("requests_total{job=\"x\",instance=\"2\",code=\"200\"}", "5+20x40"),
    ("latency_seconds_bucket{job=\"x\",instance=\"1\",le=\"0.1\"}", "0+5x40"),
    ("latency_seconds_bucket{job=\"x\",instance=\"1\",le=\"1\"}", "0+9x40"),
    ("latency_seconds_bucket{job=\"x\",instance=\"1\",le=\"+Inf\"}", "0+10x40"),
    ("latency_seconds_sum{job=\"x\",instance=\"1\"}", "0+4x40"),
    ("latency_seconds_count{job=\"x\",instance=\"1\"}", "0+10x40"),
    ("temperature{job=\"x\",instance=\"1\",room=\"a\"}", "-5+0.5x40"),
    ("temperature{job=\"x\",instance=\"2\",room=\"b\"}", "21-0.1x40"),
];

/// The same as a catalogue.
fn catalogue() -> Catalogue {
    let metric = |name: &str, kind, labels: &[&str]| Metric {
        name: name.to_owned().into_spanned(),
        kind,
        labels: labels
            .iter()
            .map(|label| Label { name: (*label).to_owned().into_spanned(), values: None, pattern: None, seen: Vec::new(), optional: false })
            .collect(),
        open: false,
        buckets: (kind == MetricType::Histogram).then(|| vec![0.1, 1.0].into_spanned()),
        native: false,
        series: Vec::new(),
        quantiles: Vec::new(),
        spelt: Vec::new(),
        values: Values::default(),
        max: None,
        unit: None,
        allow: Vec::new(),
    };
    Catalogue {
        metrics: vec![
            metric("requests_total", MetricType::Counter, &["code"]),
            metric("latency_seconds", MetricType::Histogram, &[]),
            metric("temperature", MetricType::Gauge, &["room"]),
        ],
        target_labels: Some(Vec::new()),
        ..Catalogue::default()
    }
}

trait IntoSpanned: Sized {
    fn into_spanned(self) -> Spanned<Self>;
}

impl<T> IntoSpanned for T {
    fn into_spanned(self) -> Spanned<T> {
        Spanned::new(self, obsgen::internals::source::Span::default())
    }
}

/// A small generator of numbers (xorshift), the same on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).expect("few sides")
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len())]
    }
}

const SELECTORS: &[&str] = &[
    "up",
    "up{instance=\"1\"}",
    "requests_total",
    "requests_total{code=\"500\"}",
    "requests_total{code=~\"2..\"}",
    "latency_seconds_bucket",
    "latency_seconds_count",
    "latency_seconds_sum",
    "temperature",
    "temperature{room!=\"a\"}",
];
const OVER_TIME: &[&str] = &[
    "rate",
    "increase",
    "irate",
    "delta",
    "idelta",
    "deriv",
    "changes",
    "resets",
    "avg_over_time",
    "min_over_time",
    "max_over_time",
    "sum_over_time",
    "count_over_time",
    "stddev_over_time",
    "stdvar_over_time",
    "last_over_time",
    "present_over_time",
    "absent_over_time",
];
const FUNCTIONS: &[&str] = &[
    "abs",
    "ceil",
    "floor",
    "round",
    "sqrt",
    "sgn",
    "exp",
    "ln",
    "log2",
    "log10",
    "minute",
    "hour",
    "day_of_week",
    "day_of_month",
    "days_in_month",
    "month",
    "year",
    "timestamp",
    "sort",
    "sort_desc",
    "absent",
    "cos",
    "atan",
    "deg",
];
const AGGREGATIONS: &[&str] = &["sum", "avg", "min", "max", "count", "group", "stddev", "stdvar"];
const LABELS: &[&str] = &["job", "instance", "code", "room", "le", "missing"];
const ARITHMETIC: &[&str] = &["+", "-", "*", "/", "%", "^", "atan2"];
const COMPARISONS: &[&str] = &[">", ">=", "<", "<=", "==", "!="];
const NUMBERS: &[&str] = &["0", "1", "2", "0.5", "-3", "100"];

fn vector(dice: &mut Dice, depth: usize) -> String {
    if depth == 0 {
        return match dice.roll(3) {
            0 => format!("{}({}[5m])", dice.pick(OVER_TIME), dice.pick(SELECTORS)),
            _ => dice.pick(SELECTORS).to_owned(),
        };
    }
    let inner = |dice: &mut Dice| vector(dice, depth - 1);
    match dice.roll(13) {
        0 => format!("{}({})", dice.pick(FUNCTIONS), inner(dice)),
        1 => format!("{}(({})[10m:1m])", dice.pick(OVER_TIME), inner(dice)),
        2 | 3 => {
            let grouping = dice.pick(&["by", "without", ""]);
            let labels = format!("{}, {}", dice.pick(LABELS), dice.pick(LABELS));
            let clause = if grouping.is_empty() { String::new() } else { format!(" {grouping} ({labels})") };
            format!("{}{clause} ({})", dice.pick(AGGREGATIONS), inner(dice))
        }
        4 => format!("{}({}, {})", dice.pick(&["topk", "bottomk", "quantile"]), dice.pick(&["1", "0.5"]), inner(dice)),
        5 => format!("({} {} {})", inner(dice), dice.pick(ARITHMETIC), dice.pick(NUMBERS)),
        6 => format!("({} {} {})", inner(dice), dice.pick(COMPARISONS), dice.pick(NUMBERS)),
        7 => format!("({} {} bool {})", dice.pick(NUMBERS), dice.pick(COMPARISONS), inner(dice)),
        8 => format!("({} {} {})", inner(dice), dice.pick(&["and", "or", "unless"]), inner(dice)),
        9 => {
            let matching = dice.pick(&["", "on (job, instance)", "ignoring (code, room, le)", "on (instance)"]);
            let group = if matching.is_empty() { "" } else { dice.pick(&["", "group_left", "group_right", "group_left (room)"]) };
            format!("({} {} {matching} {group} {})", inner(dice), dice.pick(ARITHMETIC), inner(dice))
        }
        10 => format!("label_replace({}, \"{}\", \"$1\", \"{}\", \"(.*)\")", inner(dice), dice.pick(LABELS), dice.pick(LABELS)),
        11 => match dice.roll(4) {
            0 => format!("clamp({}, 0, 2)", inner(dice)),
            1 => format!("clamp_min({}, 1)", inner(dice)),
            2 => format!("histogram_quantile(0.9, {})", inner(dice)),
            _ => format!("quantile_over_time(0.5, ({})[10m:1m])", inner(dice)),
        },
        _ => format!("-({})", inner(dice)),
    }
}

fn expressions() -> Vec<String> {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut all: Vec<String> = (0..900).map(|i| vector(&mut dice, 1 + i % 3)).collect();
    all.retain(|text| parse(text, &Options::stock()).is_ok_and(|expr| value_type(&expr) == ValueType::Vector));
    all.sort();
    all.dedup();
    all
}

/// One result: its labels and its value.
type Sample = (BTreeMap<String, String>, f64);

/// What Prometheus prints of each expression that returns something; nothing for those that it cannot evaluate.
fn printed(engine: &engines::Engine, series: &[(&str, &str)], expressions: &[String]) -> BTreeMap<String, String> {
    let quoted = |text: &str| serde_json::to_string(text).expect("a string");
    let mut file = "evaluation_interval: 1m\ntests:\n  - interval: 1m\n    input_series:\n".to_owned();
    for (series, values) in series {
        writeln!(file, "      - {{series: {}, values: '{values}'}}", quoted(series)).expect("memory");
    }
    file += "    promql_expr_test:\n";
    for expr in expressions {
        writeln!(file, "      - {{expr: {}, eval_time: 30m, exp_samples: []}}", quoted(expr)).expect("memory");
    }
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("t.yml"), file).expect("a file");
    let run = engines::run(&engine.promtool, folder.path(), &["test", "rules", "t.yml"]);
    let (mut results, mut refused) = (BTreeMap::new(), 0);
    let text = format!("{}{}", run.stdout, run.stderr);
    assert!(text.contains("got: "), "{}", &text[..text.len().min(2000)]);
    let mut current: Option<String> = None;
    for line in text.lines() {
        if let Some(rest) = line.trim().strip_prefix("expr: ") {
            // The expression is quoted as Go quotes it, which is JSON for what stands here.
            let end = rest.find(", time: ").expect("a time");
            let expr: String = serde_json::from_str(&rest[..end]).expect("a quoted expression");
            if rest.contains("err: ") {
                refused += 1;
                results.insert(format!("! {expr}"), String::new());
            } else {
                current = Some(expr);
            }
        } else if let Some(got) = line.trim().strip_prefix("got: ")
            && let Some(expr) = current.take()
        {
            results.insert(expr, got.to_owned());
        }
    }
    assert!(refused * 4 < expressions.len(), "{refused} of {} expressions cannot be evaluated", expressions.len());
    results
}

/// `{a="b"} 1E+00, {} NaN`
fn samples(text: &str) -> Vec<Sample> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let close = open + rest[open..].find('}').expect("a closing brace");
        let labels = rest[open + 1..close].split(", ").filter_map(|pair| pair.split_once('='));
        let labels = labels.map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned())).collect();
        let after = &rest[close + 1..];
        let end = after.find(", {").unwrap_or(after.len());
        let value = match after[..end].trim() {
            "+Inf" => f64::INFINITY,
            "-Inf" => f64::NEG_INFINITY,
            "NaN" => f64::NAN,
            number => number.parse().unwrap_or_else(|_| panic!("a value: {number:?}")),
        };
        found.push((labels, value));
        rest = &after[end..];
    }
    found
}

#[test]
fn prometheus_contradicts_no_claim_about_labels_and_values() {
    let expressions = expressions();
    assert!(expressions.len() > 600, "{}", expressions.len());
    let catalogues = [catalogue()];
    let closed = World::new(&[], &[], &catalogues);
    let open = World::new(&[], &[], &[]);
    for engine in engines::all() {
        let results = printed(engine, SERIES, &expressions);
        let mut wrong = Vec::new();
        let (mut claims, mut with_result) = (0, 0);
        for text in expressions.iter().filter(|text| !results.contains_key(&format!("! {text}"))) {
            let expr = parse(text, &Options::stock()).expect("parsed before");
            // What prints nothing returned nothing, as expected.
            let samples = &results.get(text).map(|got| samples(got)).unwrap_or_default();
            with_result += usize::from(!samples.is_empty());
            for (name, world) in [("closed", &closed), ("open", &open)] {
                let labels = shape(&expr, world);
                let values = interval(&expr, world);
                for (got, value) in samples {
                    for label in got.keys().filter(|label| !labels.possible(label)) {
                        wrong.push(format!("{name}: {text}: `{label}` is there, and {labels:?}"));
                    }
                    for label in labels.certain.iter().filter(|label| !got.contains_key(**label)) {
                        wrong.push(format!("{name}: {text}: `{label}` is not there, and {labels:?}"));
                    }
                    let slack = 1e-9 * value.abs().max(1.0);
                    if !value.is_nan() && (*value < values.low - slack || *value > values.high + slack) {
                        wrong.push(format!("{name}: {text}: {value} lies outside {values:?}"));
                    }
                    claims += 1;
                }
                for (op, symbol) in [(BinaryOp::Greater, ">"), (BinaryOp::Equal, "=="), (BinaryOp::LessEqual, "<=")] {
                    let never = values.compared(op, 0.0) == Some(false);
                    let holds = |value: f64| match op {
                        BinaryOp::Greater => value > 0.0,
                        BinaryOp::Equal => value == 0.0,
                        _ => value <= 0.0,
                    };
                    if never && samples.iter().any(|(_, value)| holds(*value)) {
                        wrong.push(format!("{name}: {text} {symbol} 0 holds, and {values:?}"));
                    }
                }
            }
        }
        eprintln!("{}: {} expressions, {with_result} with a result, {claims} results compared", engine.name, expressions.len());
        assert!(with_result > 300, "{with_result}");
        assert_eq!(wrong, Vec::<String>::new(), "{} of {}", wrong.len(), engine.name);
    }
}

/// Every way in which a native histogram `h` and a counter `f` may stand in an expression.
fn native_expressions() -> Vec<String> {
    let mut all = Vec::new();
    for series in ["h", "f"] {
        for function in OVER_TIME {
            all.push(format!("{function}({series}[5m])"));
        }
        for function in
            FUNCTIONS.iter().chain(&["histogram_avg", "histogram_count", "histogram_sum", "histogram_stddev", "histogram_stdvar"])
        {
            all.push(format!("{function}(rate({series}[5m]))"));
        }
        all.push(format!("predict_linear({series}[5m], 60)"));
        all.push(format!("quantile_over_time(0.5, {series}[5m])"));
        all.push(format!("clamp({series}, 0, 1)"));
        for aggregation in AGGREGATIONS {
            all.push(format!("{aggregation}(rate({series}[5m]))"));
        }
        for aggregation in ["topk(1, ", "bottomk(1, ", "quantile(0.5, "] {
            all.push(format!("{aggregation}{series})"));
        }
        for op in ARITHMETIC.iter().chain(COMPARISONS) {
            for other in ["h", "f", "1"] {
                all.push(format!("{series} {op} {other}"));
            }
        }
        for op in ["and", "or", "unless"] {
            all.push(format!("{series} {op} {series}"));
        }
    }
    all
}

#[test]
fn prometheus_contradicts_no_claim_about_native_histograms() {
    let metric = |name: &str, kind, native| {
        let mut metric = catalogue().metrics.swap_remove(0);
        (metric.name, metric.kind, metric.native, metric.labels) = (name.to_owned().into_spanned(), kind, native, Vec::new());
        metric
    };
    let metrics = vec![metric("h", MetricType::Histogram, true), metric("f", MetricType::Counter, false)];
    let catalogues = [Catalogue { metrics, target_labels: Some(Vec::new()), ..Catalogue::default() }];
    let world = World::new(&[], &[], &catalogues);
    let series = [("h", "{{schema:0 sum:1 count:2 buckets:[1 1]}}+{{schema:0 sum:2 count:3 buckets:[1 2]}}x40"), ("f", "1+2x40")];
    let expressions = native_expressions();
    // The unit tests of older versions read no native histograms.
    let newest = engines::all().iter().filter(|engine| engine.newest);
    for engine in newest {
        let results = printed(engine, &series, &expressions);
        let (mut wrong, mut lost, mut kept) = (Vec::new(), 0, 0);
        for text in &expressions {
            let expr = parse(text, &Options::stock()).expect("an expression");
            let result = results.get(text).map(String::as_str);
            let is_histogram = result.is_some_and(|result| result.contains("{{"));
            if is_lost(&expr, &world) {
                lost += 1;
                if result.is_some() {
                    wrong.push(format!("{text}: said to return nothing, and returns {result:?}"));
                }
            } else if let (Some(kind), Some(result)) = (sample(&expr, &world), result) {
                kept += 1;
                if is_histogram != (kind == Kind::Histogram) {
                    wrong.push(format!("{text}: said to be {kind:?}, and returns {result}"));
                }
            }
        }
        eprintln!("{}: {} expressions, {lost} said to return nothing, {kept} results compared", engine.name, expressions.len());
        assert!(lost > 30 && kept > 60, "{lost} {kept}");
        assert_eq!(wrong, Vec::<String>::new(), "{} of {}", wrong.len(), engine.name);
    }
}

/// A series of a page: its name, its labels and its value.
type Shown = (&'static str, &'static [(&'static str, &'static str)], f64);

/// The gauges of a page.
const PAGE: &[Shown] = &[
    ("depth", &[("queue", "mail"), ("state", "ready")], 12.0),
    ("depth", &[("queue", "mail"), ("state", "unacked")], 3.0),
    ("depth", &[("queue", "sms"), ("state", "ready")], 0.0),
    ("depth", &[("queue", "sms"), ("state", "unacked")], 1.5),
    ("limit", &[("queue", "mail")], 10.0),
    ("limit", &[("queue", "sms")], 4.0),
    ("owner", &[("queue", "mail"), ("team", "post")], 1.0),
    ("owner", &[("queue", "fax"), ("team", "past")], 1.0),
    ("temperature", &[], -7.25),
    ("ratio", &[("queue", "mail")], 0.75),
    ("ratio", &[("queue", "sms")], 0.25),
];

/// The instances that the page stands for.
const INSTANCES: &[&str] = &["a:80", "b:80"];

const GAUGES: &[&str] = &[
    "depth",
    "depth{state=\"ready\"}",
    "depth{queue=~\"m.*\"}",
    "depth{team=\"\"}",
    "limit",
    "limit{queue!=\"mail\"}",
    "owner",
    "temperature",
    "temperature{instance=\"a:80\"}",
    "ratio",
    "up",
    "up{instance!=\"b:80\"}",
    "depth{queue=\"none\"}",
];

/// An expression of what a moment tells: no counters, no windows but those over what does not change.
fn of_moment(dice: &mut Dice, depth: usize) -> String {
    if depth == 0 {
        return match dice.roll(8) {
            0 => format!("{}({}[5m])", dice.pick(&["avg_over_time", "max_over_time", "last_over_time"]), dice.pick(GAUGES)),
            _ => dice.pick(GAUGES).to_owned(),
        };
    }
    let inner = |dice: &mut Dice| of_moment(dice, depth - 1);
    let grouping = |dice: &mut Dice| match dice.pick(&["by", "without", ""]) {
        "" => String::new(),
        word => format!(" {word} ({}, {})", dice.pick(&["queue", "instance", "job"]), dice.pick(&["state", "team", "missing"])),
    };
    match dice.roll(12) {
        0 => format!("{}({})", dice.pick(&["abs", "ceil", "floor", "round", "sqrt", "exp", "ln", "log2", "absent", "sort"]), inner(dice)),
        1 | 2 => format!("{}{} ({})", dice.pick(&["sum", "avg", "min", "max", "count", "group"]), grouping(dice), inner(dice)),
        3 => format!("{}{} ({}, {})", dice.pick(&["topk", "bottomk", "quantile"]), grouping(dice), dice.pick(&["1", "2"]), inner(dice)),
        4 => format!("quantile{} ({}, {})", grouping(dice), dice.pick(&["0", "0.5", "0.9"]), inner(dice)),
        5 => format!("({} {} {})", inner(dice), dice.pick(ARITHMETIC), dice.pick(NUMBERS)),
        6 => format!("({} {} {})", inner(dice), dice.pick(COMPARISONS), dice.pick(NUMBERS)),
        7 => format!("({} {} bool {})", dice.pick(NUMBERS), dice.pick(COMPARISONS), inner(dice)),
        8 => {
            let matching = dice.pick(&["", "on (queue)", "on (instance)", "ignoring (state)", "on ()"]);
            format!("({} {} {matching} {})", inner(dice), dice.pick(&["and", "or", "unless"]), inner(dice))
        }
        9 | 10 => {
            let matching = dice.pick(&["", "on (queue, instance)", "ignoring (state, team)", "on (instance)"]);
            let group = if matching.is_empty() { "" } else { dice.pick(&["", "group_left", "group_right", "group_left (team)"]) };
            let op = if dice.roll(2) == 0 { dice.pick(ARITHMETIC) } else { dice.pick(COMPARISONS) };
            format!("({} {op} {matching} {group} {})", inner(dice), inner(dice))
        }
        _ => match dice.roll(4) {
            0 => format!("clamp_min({}, 1)", inner(dice)),
            1 => format!("-({})", inner(dice)),
            2 => format!("({} > scalar({}))", inner(dice), inner(dice)),
            _ => format!("label_replace({}, \"queue\", \"$1\", \"state\", \"(.*)\")", inner(dice)),
        },
    }
}

#[test]
fn prometheus_contradicts_nothing_that_a_page_is_said_to_give() {
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let mut expressions: Vec<String> = (0..1500).map(|i| of_moment(&mut dice, 1 + i % 3)).collect();
    expressions.retain(|text| parse(text, &Options::stock()).is_ok_and(|expr| value_type(&expr) == ValueType::Vector));
    expressions.sort();
    expressions.dedup();

    let labels = |pairs: &[(&str, &str)]| pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let mut page =
        Catalogue { evidence: Evidence::Page { job: Some("x".to_owned()), judged: true, whole: true, samples: PAGE.len() }, ..catalogue() };
    let mut snapshot: obsgen::internals::lint::world::declared::Snapshot = std::collections::HashMap::default();
    for (name, pairs, value) in PAGE {
        snapshot.entry((*name).to_owned()).or_default().push((labels(pairs), *value));
    }
    page.snapshot = Some(snapshot.into());
    let mut sources = SourceMap::default();
    let targets: Vec<String> = INSTANCES.iter().map(|instance| format!("\"{instance}\"")).collect();
    let text = format!(
        "global: {{ scrape_interval: 15s }}\nscrape_configs: [{{ job_name: x, static_configs: [{{ targets: [{}] }}] }}]\n",
        targets.join(", ")
    );
    let id = sources.add("prometheus.yml".to_owned(), text.clone());
    let documents = read_yaml(&sources, id);
    let root = &documents.roots[0];
    let views = [View::new(root, formats::Kind::Prometheus, ("prometheus.yml", &text), true, &mut Vec::new())];
    let catalogues = [page];
    let world = World::new(&views, &[], &catalogues);

    let mut series: Vec<(String, String)> = Vec::new();
    for instance in INSTANCES {
        let target = format!("instance=\"{instance}\",job=\"x\"");
        series.push((format!("up{{{target}}}"), "1x40".to_owned()));
        for (name, pairs, value) in PAGE {
            let own: String = pairs.iter().map(|(name, value)| format!(",{name}=\"{value}\"")).collect();
            series.push((format!("{name}{{{target}{own}}}"), format!("{value}x40")));
        }
    }
    let series: Vec<(&str, &str)> = series.iter().map(|(series, values)| (series.as_str(), values.as_str())).collect();
    for engine in engines::all() {
        let results = printed(engine, &series, &expressions);
        let (mut wrong, mut known, mut with_result) = (Vec::new(), 0, 0);
        for text in &expressions {
            let expr = parse(text, &Options::stock()).expect("parsed before");
            let Some(Value::Vector(points)) = evaluate(&expr, &world, Targets::All).0 else { continue };
            if results.contains_key(&format!("! {text}")) {
                // What fails gives nothing either, and is found by rules about how it is joined.
                if points.is_empty() {
                    continue;
                }
                wrong.push(format!("{text}: cannot be evaluated, and is said to give {points:?}"));
                continue;
            }
            known += 1;
            let mut got = results.get(text).map(|got| samples(got)).unwrap_or_default();
            with_result += usize::from(!got.is_empty());
            for point in points {
                let is_it = |(labels, value): &Sample| {
                    let slack = 1e-9 * value.abs().max(1.0);
                    let same = (value - point.value).abs() <= slack
                        || value.total_cmp(&point.value).is_eq()
                        || value.is_nan() && point.value.is_nan();
                    same && labels
                        .iter()
                        .filter(|(name, _)| *name != "__name__")
                        .eq(point.labels.iter().filter(|(name, _)| *name != "__name__"))
                };
                match got.iter().position(is_it) {
                    Some(at) => drop(got.swap_remove(at)),
                    None => wrong.push(format!("{text}: {point:?} is not there")),
                }
            }
            wrong.extend(got.iter().map(|sample| format!("{text}: {sample:?} is there, and not said")));
        }
        eprintln!("{}: {} expressions, {known} known, {with_result} with a result", engine.name, expressions.len());
        assert!(known * 2 > expressions.len() && with_result > 300, "{known} {with_result}");
        assert_eq!(wrong, Vec::<String>::new(), "{} of {}", wrong.len(), engine.name);
    }
}
