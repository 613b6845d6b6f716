//! Names of alerts that say something else than the condition.

use std::ops::Deref;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::lint::context::Context;
use crate::lint::inference::value::principal;
use crate::lint::query::{constant, named_job};
use crate::promql::Expr;
use crate::promql::ast::{AggregateOp, Binary, BinaryOp, ExprKind};
use crate::promql::walk::{Found, selectors, visit, without_parens};

/// A name that says the opposite: `NoTraffic` for traffic above 0, `AllTargetsDown` where the smallest of several is 0.
pub(super) fn by_name(name: &str, expr: &Expr) -> Option<String> {
    // Of several conditions each is asked whether all are down.
    if let ExprKind::Binary(either) = &without_parens(expr).kind
        && either.op == BinaryOp::Or
        && let ExprKind::Binary(first) = &without_parens(&either.left).kind
    {
        return all_down(name, first);
    }
    let ExprKind::Binary(binary) = &principal(expr).kind else { return None };
    let number = constant(&binary.right)?;
    let rated = matches!(&rates(&binary.left), Some("rate" | "increase" | "irate"));
    let some = matches!(binary.op, BinaryOp::Greater | BinaryOp::NotEqual) && number.abs() < f64::EPSILON;
    let has_none =
        name.match_indices("No").any(|(at, _)| name[at + 2..].starts_with(char::is_uppercase) && !name[..at].ends_with(char::is_uppercase));
    if has_none && rated && some {
        return Some(format!("`{name}` says that there is none, and the condition is `{} {number}`", binary.op.symbol()));
    }
    if let Some(message) = by_side(name, binary.op, &binary.left) {
        return Some(message);
    }
    all_down(name, binary)
}

/// A text that tells the scrape job where it speaks of a job of the orchestrator.
pub(super) fn of_scrape_job(text: &str, expr: &Expr) -> Option<String> {
    static JOB: LazyLock<Option<regex::Regex>> =
        LazyLock::new(|| regex::Regex::new(r"(?i)\bjob:?\s+[`'\x22]?\{\{-?\s*(?:\$labels|\.Labels)\.job\s*-?\}\}").ok());
    // Few texts tell a job, and most expressions are of other things.
    if !text.contains(".job") {
        return None;
    }
    let is_of_jobs = |found: &Found<'_>| found.selector.metric_name().is_some_and(|name| name.starts_with("kube_job_"));
    let read = selectors(expr);
    if read.is_empty() || !read.iter().all(is_of_jobs) || !JOB.as_ref().is_some_and(|pattern| pattern.is_match(text)) {
        return None;
    }
    Some("`job` is what is scraped, and the job that this speaks of is told by `job_name`".to_owned())
}

/// A name that says all where the smallest of several decides.
fn all_down(name: &str, binary: &Binary) -> Option<String> {
    let number = constant(&binary.right)?;
    let starts = |prefix: &str| name.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(char::is_uppercase));
    let ExprKind::Aggregate(aggregate) = &without_parens(&binary.left).kind else { return None };
    let of_flags =
        matches!(&without_parens(&aggregate.expr).kind, ExprKind::Selector(s) if matches!(s.metric_name(), Some("up" | "probe_success")));
    let down = (binary.op == BinaryOp::Equal && number.abs() < f64::EPSILON) || (binary.op == BinaryOp::Less && number <= 1.0);
    if (starts("All") || starts("Every") || name.contains("AllDown")) && aggregate.op == AggregateOp::Min && of_flags && down {
        return Some(format!("`{name}` says all, and the smallest of several is 0 as soon as one is"));
    }
    None
}

/// How a name says that there is too much of something.
const MUCH: &[&str] = &["High", "TooMany", "TooHigh", "TooLong", "TooLarge", "Saturated", "Backlog", "Exceeded", "Overloaded"];

/// How a name says that there is too little.
const LITTLE: &[&str] = &["Low", "TooFew", "TooLow", "Empty"];

/// Either of these.
static SAYS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| AhoCorasick::new(MUCH.iter().chain(LITTLE)).ok());

/// A name that says that something is too much where the condition asks for too little, or the other way round. Of what is left, is
/// idle or succeeds, and of what is reckoned from it, little is bad: there a name cannot tell.
fn by_side(name: &str, op: BinaryOp, measured: &Expr) -> Option<String> {
    // `LowSpace` is much that is used.
    const LEFT: &[&str] = &["Space", "Headroom", "Room", "Spare", "Free", "Left", "Remaining", "Available", "Flag"];
    if !SAYS.as_ref().is_some_and(|words| words.is_match(name)) {
        return None;
    }
    // Results that are empty may be too many.
    let is_of_noun = |word: &str, end: usize| word == "Empty" && end < name.len();
    let has = |words: &[&str]| {
        words.iter().any(|word| {
            let mut ends = name.match_indices(word).map(|(at, _)| at + word.len());
            ends.any(|end| !name[end..].starts_with(|c: char| c.is_ascii_lowercase()) && !is_of_noun(word, end))
        })
    };
    let is_above = match op {
        BinaryOp::Greater | BinaryOp::GreaterEqual => true,
        BinaryOp::Less | BinaryOp::LessEqual => false,
        _ => return None,
    };
    let (says, contrary, fitting) = if is_above { ("little", LITTLE, MUCH) } else { ("much", MUCH, LITTLE) };
    // Much is wasted where little is in use.
    let wastes = !is_above && ["Fragmentation", "Waste", "Bloat"].iter().any(|word| name.contains(word));
    let is_of_rest = wastes || is_above && LEFT.iter().any(|word| name.contains(word));
    // Many of what is empty are counted.
    let counts = is_above && ["Many", "Most", "Several"].iter().any(|word| name.contains(word));
    if !has(contrary) || has(fitting) || is_of_rest || counts {
        return None;
    }
    let found = selectors(measured);
    let reads = |words: &[&str]| {
        found
            .iter()
            .any(|found| found.selector.metric_name().is_none_or(|name| words.iter().any(|word| name.to_lowercase().contains(word))))
    };
    let matched = || {
        found.iter().flat_map(|found| &found.selector.matchers).any(|m| {
            matches!(m.label.text.as_str(), "mode" | "le" | "state")
                || ["idle", "free", "avail", "ok"].iter().any(|rest| m.value.contains(rest))
        })
    };
    let mut reckoned = false;
    visit(measured, &mut |node| match &node.kind {
        ExprKind::Binary(binary) => reckoned |= binary.op == BinaryOp::Sub && selectors(&binary.left).is_empty(),
        ExprKind::Call { function, .. } => reckoned |= function.text == "histogram_fraction",
        _ => {}
    });
    let excused: &[&str] = if is_above {
        &["us", "busy", "util", "fail", "err", "miss", "max", "limit", "capacity"]
    } else {
        &["free", "avail", "idle", "remain", "left", "succe", "hit", "up", "ready", "health", "expiry", "capacity", "interval", "ttl"]
    };
    (!found.is_empty() && !reads(excused) && !reckoned && !matched())
        .then(|| format!("`{name}` says that there is too {says}, and the condition is `{}`", op.symbol()))
}

/// The function of a rate, below sums and the like.
fn rates(expr: &Expr) -> Option<&str> {
    match &without_parens(expr).kind {
        ExprKind::Aggregate(aggregate) => rates(&aggregate.expr),
        ExprKind::Call { function, .. } => Some(function.text.as_str()),
        _ => None,
    }
}

/// How a text says that something does not run; what else is told of one may well matter to others.
const DOWN: &[&str] = &["is down", "are down", "not answer", "cannot be scraped", "unreachable", "not reachable", "is gone"];

/// Texts, in small letters, that speak of one job alone, where it is asked whether the targets of another one are up.
pub(super) fn of_another_target(texts: &impl Deref<Target = String>, expr: &Expr, context: &Context<'_>) -> Option<String> {
    let found = selectors(expr);
    let asked = named_job(found.first()?.selector)?;
    let is_up = |found: &Found<'_>| found.selector.metric_name() == Some("up") && named_job(found.selector) == Some(asked);
    if !found.iter().all(is_up) {
        return None;
    }
    let has = |word: &str| texts.split(|c: char| !c.is_ascii_alphanumeric()).any(|own| own == word);
    let parts = |job: &str| job.split(['-', '_']).map(str::to_lowercase).collect::<Vec<_>>();
    let is_told = |job: &str| {
        let at = parts(job).first().and_then(|part| texts.find(part.as_str())).unwrap_or(0);
        let sentence = texts[at..].split(['.', ';', ',']).next().unwrap_or("");
        parts(job).iter().all(|part| has(part)) && DOWN.iter().any(|word| sentence.contains(word))
    };
    if parts(asked).iter().any(|part| has(part)) {
        return None;
    }
    let others: Vec<&str> = context.world.jobs.iter().map(|(job, _)| job.as_str()).filter(|job| job.len() > 3 && *job != asked).collect();
    let mut said = others.into_iter().filter(|job| is_told(job) && !parts(asked).iter().any(|part| parts(job).contains(part)));
    let (other, None) = (said.next()?, said.next()) else { return None };
    Some(format!("this speaks of `{other}`, and the expression asks for the job `{asked}`"))
}

/// A name that says that a job is down, where what is asked is of another one: `NodeDown` for `redis_up == 0`.
pub(super) fn of_another_job(name: &str, expr: &Expr, context: &Context<'_>) -> Option<String> {
    let stem = ["Down", "Absent", "Missing", "Unreachable"].iter().find_map(|end| name.strip_suffix(end))?;
    let plain = |text: &str| text.replace(['-', '_'], "").to_lowercase();
    let stem = plain(stem);
    let said = context.world.jobs.iter().map(|(job, _)| job.as_str()).find(|job| plain(job) == stem)?;
    let found = selectors(expr);
    let [only] = found.as_slice() else { return None };
    let asked = context.world.job_read(only.selector).filter(|asked| plain(asked) != stem)?;
    let is_of_it = |text: &str| text.to_lowercase().contains(said);
    let is_told =
        only.selector.metric_name().is_none_or(is_of_it) || is_of_it(asked) || only.selector.matchers.iter().any(|m| is_of_it(&m.value));
    (!is_told).then(|| format!("`{name}` says that `{said}` is down, and the expression asks for the job `{asked}`"))
}
