//! The ways to break a rule.

use obsgen::internals::promql::ast::{BinaryOp, DurationKind, ExprKind, MatchOp, Name};
use obsgen::internals::promql::{Expr, Options, parse};
use serde_json::{Value, json};

use super::Mutant;

/// Of the places where a rule can be broken in one way, those that are tried.
#[derive(Clone, Copy, Debug)]
pub(super) enum Places {
    /// All of them.
    All,
    /// The first, the middle one and the last.
    Three,
    /// One, told by a number, so that rules that are alike are broken in different places.
    One(usize),
}

impl Places {
    fn of(self, all: Vec<String>) -> Vec<String> {
        match self {
            Self::One(number) => all.get(number % all.len().max(1)).cloned().into_iter().collect(),
            Self::Three if all.len() > 3 => [0, all.len() / 2, all.len() - 1].into_iter().map(|i| all[i].clone()).collect(),
            Self::All | Self::Three => all,
        }
    }
}

/// A way to break an expression: what a node can become.
type Break = (&'static str, fn(&Expr) -> Vec<ExprKind>);

/// Every way to break an expression.
const BREAKS: &[Break] = &[
    ("le dropped", drop_le),
    ("rate dropped", drop_call),
    ("another function", other_function),
    ("wrong job", |e| matchers(e, |m| (m.label.text == "job").then(|| m.value = "nobody".to_owned()))),
    ("job dropped", |e| drop_matcher(e, true)),
    ("matcher dropped", |e| drop_matcher(e, false)),
    ("wrong label", |e| matchers(e, |m| (m.label.text != "job").then(|| m.label.text += "x"))),
    ("wrong value", |e| matchers(e, |m| (m.label.text != "job").then(|| m.value = wrong_value(&m.value)))),
    ("matcher negated", |e| {
        matchers(e, |m| {
            let _: () = m.op = negated(m.op);
            Some(())
        })
    }),
    ("threshold out of reach", |e| number(e, |_| 1e9)),
    ("threshold doubled", |e| number(e, |n| n * 2.0)),
    ("threshold halved", |e| number(e, |n| n / 2.0)),
    ("comparison flipped", |e| operator(e, flipped)),
    ("operands swapped", swapped),
    ("window doubled", |e| window(e, |w| w * 2)),
    ("window halved", |e| window(e, |w| w / 2)),
    ("sum dropped", drop_aggregation),
    ("grouping dropped", |e| grouping(e, None)),
    ("grouping changed", |e| grouping(e, Some("instance"))),
    ("guard dropped", drop_guard),
    ("branch dropped", drop_branch),
    ("wrong quantile", wrong_quantile),
    ("absent dropped", drop_absent),
    ("wrong metric", |e| rename(e, |name| Some(format!("{name}_x")))),
    ("base name of the histogram", |e| rename(e, |name| name.strip_suffix("_bucket").map(str::to_owned))),
    ("arithmetic changed", |e| operator(e, other_arithmetic)),
    ("set operation changed", |e| operator(e, other_set)),
];

/// Every mutant of an alerting rule.
pub(super) fn of_alert(rule: &Value, places: Places) -> Vec<Mutant> {
    let mut all = of_recorded(rule, places);
    let mut add = |kind: &'static str, shown: &str, change: &dyn Fn(&mut Value)| {
        let mut changed = rule.clone();
        change(&mut changed);
        if changed != *rule {
            all.push(Mutant { kind, shown: shown.to_owned(), rule: changed });
        }
    };
    if rule.get("for").is_some() {
        add("for dropped", "", &|r| drop(r.as_object_mut().expect("a rule").remove("for")));
        add("for much shorter", "1s", &|r| r["for"] = json!("1s"));
        add("for much longer", "1d", &|r| r["for"] = json!("1d"));
    }
    add("wrong severity", "", &|r| r["labels"]["severity"] = json!("info"));
    add("severity dropped", "", &|r| drop(r["labels"].as_object_mut().expect("labels").remove("severity")));
    for label in keys(&rule["labels"]) {
        add("label changed", &label, &|r| r["labels"][&label] = json!("another"));
        add("label dropped", &label, &|r| drop(r["labels"].as_object_mut().expect("labels").remove(&label)));
    }
    for annotation in keys(&rule["annotations"]) {
        add("annotation dropped", &annotation, &|r| drop(r["annotations"].as_object_mut().expect("annotations").remove(&annotation)));
        add("annotation changed", &annotation, &|r| r["annotations"][&annotation] = json!("something else"));
    }
    all
}

/// Every mutant of a rule's expression.
pub(super) fn of_recorded(rule: &Value, places: Places) -> Vec<Mutant> {
    let text = rule["expr"].as_str().expect("an expression");
    let tree = parse(text, &Options::stock()).expect("a rendered expression");
    let mut all = Vec::new();
    for (kind, change) in BREAKS {
        let mut broken: Vec<String> = variants(&tree, *change).into_iter().map(|tree| tree.to_string()).collect();
        // What the reader rejects, promtool and lint reject too.
        broken.retain(|broken| broken != text && parse(broken, &Options::stock()).is_ok());
        broken.dedup();
        for shown in places.of(broken) {
            let mut rule = rule.clone();
            rule["expr"] = json!(shown);
            all.push(Mutant { kind, shown, rule });
        }
    }
    all
}

fn keys(of: &Value) -> Vec<String> {
    of.as_object().map(|map| map.keys().cloned().collect()).unwrap_or_default()
}

/// Every tree in which one node was changed.
fn variants(tree: &Expr, change: fn(&Expr) -> Vec<ExprKind>) -> Vec<Expr> {
    let mut all: Vec<Expr> = change(tree).into_iter().map(|kind| Expr { kind, range: 0..0 }).collect();
    let count = children(&mut tree.clone()).len();
    for index in 0..count {
        let mut copy = tree.clone();
        let inner = variants(children(&mut copy)[index], change);
        for variant in inner {
            let mut whole = tree.clone();
            *children(&mut whole)[index] = variant;
            all.push(whole);
        }
    }
    all
}

fn children(expr: &mut Expr) -> Vec<&mut Expr> {
    match &mut expr.kind {
        ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Selector(_) | ExprKind::Range { .. } => Vec::new(),
        ExprKind::Subquery { expr, .. } | ExprKind::Unary { expr, .. } | ExprKind::Paren(expr) => vec![expr],
        ExprKind::Call { arguments, .. } => arguments.iter_mut().collect(),
        ExprKind::Aggregate(aggregate) => aggregate.parameter.as_deref_mut().into_iter().chain([&mut *aggregate.expr]).collect(),
        ExprKind::Binary(binary) => vec![&mut binary.left, &mut binary.right],
    }
}

fn bare(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Paren(inner) => bare(inner),
        _ => expr,
    }
}

fn drop_le(expr: &Expr) -> Vec<ExprKind> {
    let ExprKind::Aggregate(aggregate) = &expr.kind else { return Vec::new() };
    let mut changed = aggregate.clone();
    let Some(grouping) = &mut changed.grouping else { return Vec::new() };
    grouping.labels.retain(|label| label.text != "le");
    vec![ExprKind::Aggregate(changed)]
}

fn drop_call(expr: &Expr) -> Vec<ExprKind> {
    let ExprKind::Call { function, arguments } = &expr.kind else { return Vec::new() };
    match arguments.first().map(|a| &a.kind) {
        Some(ExprKind::Range { selector, .. }) if function.text != "absent" => vec![ExprKind::Selector(selector.clone())],
        _ => Vec::new(),
    }
}

fn other_function(expr: &Expr) -> Vec<ExprKind> {
    let ExprKind::Call { function, arguments } = &expr.kind else { return Vec::new() };
    let other = match function.text.as_str() {
        "rate" => "increase",
        "increase" => "rate",
        "max_over_time" => "min_over_time",
        "sum_over_time" => "avg_over_time",
        _ => return Vec::new(),
    };
    vec![ExprKind::Call { function: Name { text: other.to_owned(), range: 0..0 }, arguments: arguments.clone() }]
}

/// Every selector with one matcher changed.
fn matchers(expr: &Expr, change: fn(&mut obsgen::internals::promql::ast::Matcher) -> Option<()>) -> Vec<ExprKind> {
    let mut all = Vec::new();
    let count = selector(&mut expr.kind.clone()).map_or(0, |s| s.matchers.len());
    for index in 0..count {
        let mut kind = expr.kind.clone();
        if selector(&mut kind).and_then(|s| change(&mut s.matchers[index])).is_some() {
            all.push(kind);
        }
    }
    all
}

fn drop_matcher(expr: &Expr, job: bool) -> Vec<ExprKind> {
    let mut all = Vec::new();
    let count = selector(&mut expr.kind.clone()).map_or(0, |s| s.matchers.len());
    for index in 0..count {
        let mut kind = expr.kind.clone();
        if let Some(selector) = selector(&mut kind).filter(|s| (s.matchers[index].label.text == "job") == job) {
            selector.matchers.remove(index);
            all.push(kind);
        }
    }
    all
}

fn selector(kind: &mut ExprKind) -> Option<&mut obsgen::internals::promql::ast::Selector> {
    match kind {
        ExprKind::Selector(selector) | ExprKind::Range { selector, .. } => Some(selector),
        _ => None,
    }
}

fn wrong_value(value: &str) -> String {
    if value == "5.." { "4..".to_owned() } else { format!("{value}x") }
}

fn negated(op: MatchOp) -> MatchOp {
    match op {
        MatchOp::Equal => MatchOp::NotEqual,
        MatchOp::NotEqual => MatchOp::Equal,
        MatchOp::Regex => MatchOp::NotRegex,
        MatchOp::NotRegex => MatchOp::Regex,
    }
}

fn number(expr: &Expr, change: fn(f64) -> f64) -> Vec<ExprKind> {
    let ExprKind::Binary(binary) = &expr.kind else { return Vec::new() };
    let ExprKind::Number(number) = &binary.right.kind else { return Vec::new() };
    let mut changed = binary.clone();
    let value = change(number.value);
    if let ExprKind::Number(number) = &mut changed.right.kind {
        number.value = value;
    }
    vec![ExprKind::Binary(changed)]
}

fn operator(expr: &Expr, other: fn(BinaryOp) -> Option<BinaryOp>) -> Vec<ExprKind> {
    let ExprKind::Binary(binary) = &expr.kind else { return Vec::new() };
    other(binary.op).map(|op| ExprKind::Binary(obsgen::internals::promql::ast::Binary { op, ..binary.clone() })).into_iter().collect()
}

fn flipped(op: BinaryOp) -> Option<BinaryOp> {
    Some(match op {
        BinaryOp::Greater => BinaryOp::Less,
        BinaryOp::Less => BinaryOp::Greater,
        BinaryOp::GreaterEqual => BinaryOp::Less,
        BinaryOp::LessEqual => BinaryOp::Greater,
        BinaryOp::Equal => BinaryOp::NotEqual,
        BinaryOp::NotEqual => BinaryOp::Equal,
        _ => return None,
    })
}

fn other_arithmetic(op: BinaryOp) -> Option<BinaryOp> {
    Some(match op {
        BinaryOp::Div => BinaryOp::Mul,
        BinaryOp::Mul => BinaryOp::Div,
        BinaryOp::Sub => BinaryOp::Add,
        BinaryOp::Add => BinaryOp::Sub,
        _ => return None,
    })
}

fn other_set(op: BinaryOp) -> Option<BinaryOp> {
    Some(match op {
        BinaryOp::And => BinaryOp::Or,
        BinaryOp::Or | BinaryOp::Unless => BinaryOp::And,
        _ => return None,
    })
}

fn swapped(expr: &Expr) -> Vec<ExprKind> {
    let ExprKind::Binary(binary) = &expr.kind else { return Vec::new() };
    if matches!(binary.op, BinaryOp::Mul | BinaryOp::Add | BinaryOp::Or | BinaryOp::Equal | BinaryOp::NotEqual) {
        return Vec::new();
    }
    let mut changed = binary.clone();
    std::mem::swap(&mut changed.left, &mut changed.right);
    // Grouped, as the other side may bind less tightly.
    let grouped = |side: Box<Expr>| Box::new(Expr { kind: ExprKind::Paren(side), range: 0..0 });
    changed.left = grouped(changed.left);
    changed.right = grouped(changed.right);
    vec![ExprKind::Binary(changed)]
}

fn window(expr: &Expr, change: fn(i64) -> i64) -> Vec<ExprKind> {
    let ExprKind::Range { selector, range, extend, .. } = &expr.kind else { return Vec::new() };
    let Some(millis) = range.millis() else { return Vec::new() };
    let mut range = range.clone();
    range.kind = DurationKind::Millis(change(millis));
    vec![ExprKind::Range { selector: selector.clone(), range, selector_range: 0..0, extend: *extend }]
}

fn drop_aggregation(expr: &Expr) -> Vec<ExprKind> {
    match &expr.kind {
        ExprKind::Aggregate(aggregate) => vec![aggregate.expr.kind.clone()],
        _ => Vec::new(),
    }
}

/// The grouping without a label, or with another instead of its first.
fn grouping(expr: &Expr, instead: Option<&str>) -> Vec<ExprKind> {
    let ExprKind::Aggregate(aggregate) = &expr.kind else { return Vec::new() };
    let mut changed = aggregate.clone();
    match (&mut changed.grouping, instead) {
        (Some(grouping), Some(label)) => match grouping.labels.first_mut() {
            Some(first) => label.clone_into(&mut first.text),
            None => return Vec::new(),
        },
        (grouping @ Some(_), None) => *grouping = None,
        (None, _) => return Vec::new(),
    }
    vec![ExprKind::Aggregate(changed)]
}

/// Without what stands behind `and` and `unless`, and without a filter inside a larger expression.
fn drop_guard(expr: &Expr) -> Vec<ExprKind> {
    match &expr.kind {
        ExprKind::Binary(binary) if matches!(binary.op, BinaryOp::And | BinaryOp::Unless) => vec![binary.left.kind.clone()],
        ExprKind::Binary(binary) if binary.op.is_comparison() && matches!(binary.right.kind, ExprKind::Number(_)) => {
            vec![ExprKind::Paren(binary.left.clone())]
        }
        _ => Vec::new(),
    }
}

fn drop_branch(expr: &Expr) -> Vec<ExprKind> {
    match &expr.kind {
        ExprKind::Binary(binary) if binary.op == BinaryOp::Or => vec![binary.left.kind.clone(), binary.right.kind.clone()],
        ExprKind::Binary(binary) if binary.op == BinaryOp::And => vec![binary.right.kind.clone()],
        _ => Vec::new(),
    }
}

fn wrong_quantile(expr: &Expr) -> Vec<ExprKind> {
    let ExprKind::Call { function, arguments } = &expr.kind else { return Vec::new() };
    if function.text != "histogram_quantile" {
        return Vec::new();
    }
    let with = |value: f64| {
        let mut arguments = arguments.clone();
        if let ExprKind::Number(number) = &mut arguments[0].kind {
            number.value = value;
        }
        ExprKind::Call { function: function.clone(), arguments }
    };
    vec![with(0.5), with(0.9), with(0.999)]
}

fn drop_absent(expr: &Expr) -> Vec<ExprKind> {
    match &expr.kind {
        ExprKind::Call { function, arguments } if function.text == "absent" => vec![bare(&arguments[0]).kind.clone()],
        _ => Vec::new(),
    }
}

fn rename(expr: &Expr, change: fn(&str) -> Option<String>) -> Vec<ExprKind> {
    let mut kind = expr.kind.clone();
    let changed = selector(&mut kind).and_then(|s| s.metric.as_mut()).and_then(|name| change(&name.text).map(|new| name.text = new));
    if changed.is_some() { vec![kind] } else { Vec::new() }
}
