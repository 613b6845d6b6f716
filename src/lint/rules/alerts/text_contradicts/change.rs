//! Texts that say that something fell where the condition asks whether it grew, and the other way round.

use std::ops::Deref;

use crate::lint::inference::value::principal;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::constant;
use crate::promql::ast::{BinaryOp, Expr, ExprKind};
use crate::promql::walk::{only_selector, selectors, without_aggregates, without_parens};

/// The way that something went.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Grew,
    Fell,
}

const FELL: &[&str] = &[
    "lost",
    "losing",
    "dropped",
    "dropping",
    "fell",
    "fallen",
    "shrank",
    "shrunk",
    "shrinks",
    "shrinking",
    "decreased",
    "declined",
    "collapsed",
    "halved",
];

const GREW: &[&str] = &[
    "grew",
    "grown",
    "grows",
    "growing",
    "rose",
    "risen",
    "rises",
    "rising",
    "increased",
    "increasing",
    "jumped",
    "spiked",
    "doubled",
    "surged",
    "climbed",
];

/// Words in the names of what grows when something is lost, or shrinks when something is used.
const CONTRARY: &[&str] =
    &["lost", "loss", "drop", "fail", "err", "miss", "free", "avail", "remain", "left", "idle", "lag", "delet", "evict", "budget"];

/// Texts in small letters that say the other way than the condition asks for.
pub(super) fn contrary(texts: &impl Deref<Target = String>, expr: &Expr) -> Option<String> {
    let asked = asked(principal(expr))?;
    let turns = |name: &str| CONTRARY.iter().any(|word| name.contains(word));
    if selectors(expr).iter().any(|found| found.selector.metric_name().is_none_or(turns)) {
        return None;
    }
    let has = |words: &[&str]| texts.split(|c: char| !c.is_ascii_alphabetic()).any(|word| words.contains(&word));
    let fell = has(FELL) || texts.contains("less than half of") || texts.contains("fewer than half of");
    match (asked, fell, has(GREW)) {
        (Change::Grew, true, false) => Some("this says that it became less, and the condition asks whether it became more".to_owned()),
        (Change::Fell, false, true) => Some("this says that it became more, and the condition asks whether it became less".to_owned()),
        _ => None,
    }
}

/// Words of who speaks of a process that began anew, or of its counters.
const BEGUN: &[&str] = &["start", "reset", "reboot", "crash", "flap", "deploy", "roll", "came up", "uptime", "recreat", "cycl", "wrap"];

/// Texts in small letters that say nothing of a new start, where the condition counts how often a counter began anew.
pub(super) fn restarts(texts: &impl Deref<Target = String>, name: &str, expr: &Expr) -> Option<String> {
    let Comparison { side, op, .. } = Comparison::of(principal(expr))?;
    let ExprKind::Call { function, arguments } = &without_aggregates(side).kind else { return None };
    let metric = only_selector(arguments.first()?)?.metric_name()?;
    let says = |text: &str| BEGUN.iter().any(|word| text.contains(word));
    if function.text != "resets"
        || !matches!(op, BinaryOp::Greater | BinaryOp::GreaterEqual)
        || says(texts)
        || says(&name.to_lowercase())
        || says(metric)
    {
        return None;
    }
    Some(format!("`resets` counts how often the process of `{metric}` began anew, and this speaks of nothing like it"))
}

/// The way that a condition asks for.
fn asked(condition: &Expr) -> Option<Change> {
    let ExprKind::Binary(compared) = &condition.kind else { return None };
    let above = match compared.op {
        BinaryOp::Greater | BinaryOp::GreaterEqual => true,
        BinaryOp::Less | BinaryOp::LessEqual => false,
        _ => return None,
    };
    let grows = |is_more: bool| if is_more { Change::Grew } else { Change::Fell };
    let moved = |left: &Expr, right: &Expr| Some(grows(above == (order(left, right)? == Order::NowAndThen)));
    let Some(number) = constant(&compared.right) else { return moved(&compared.left, &compared.right) };
    // What is above a negative number may be any change.
    let is_one_way = |rest: f64| if above { number >= rest } else { number <= rest };
    match &without_parens(&compared.left).kind {
        ExprKind::Call { function, .. } if matches!(function.text.as_str(), "delta" | "deriv" | "idelta") => {
            is_one_way(0.0).then(|| grows(above))
        }
        ExprKind::Binary(binary) => {
            // By how much it changed may be divided by what it was.
            let by = match &without_parens(&binary.left).kind {
                ExprKind::Binary(by) if binary.op == BinaryOp::Div && by.op == BinaryOp::Sub && is_one_way(0.0) => by,
                _ => binary,
            };
            let rest = match by.op {
                BinaryOp::Sub => 0.0,
                BinaryOp::Div => 1.0,
                _ => return None,
            };
            moved(&by.left, &by.right).filter(|_| is_one_way(rest))
        }
        _ => None,
    }
}

/// Which of two sides is of now.
#[derive(PartialEq, Eq)]
enum Order {
    NowAndThen,
    ThenAndNow,
}

/// The order of two sides that read the same, one of them as it was; one may be multiplied.
fn order(left: &Expr, right: &Expr) -> Option<Order> {
    let (left, right) = (only_selector(left)?, only_selector(right)?);
    let alike = left.metric_name() == right.metric_name() && left.matchers == right.matchers;
    let is_then = |offset: &Option<crate::promql::ast::DurationExpr>| offset.as_ref().map(|by| by.millis().is_some_and(|by| by > 0));
    match (is_then(&left.offset), is_then(&right.offset)) {
        (None, Some(true)) if alike => Some(Order::NowAndThen),
        (Some(true), None) if alike => Some(Order::ThenAndNow),
        _ => None,
    }
}
