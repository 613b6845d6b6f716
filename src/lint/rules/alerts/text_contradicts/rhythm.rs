//! Texts that say how often something runs, where the alert fires before it is due again.

use crate::lint::inference::value::principal;
use crate::lint::query::comparison::Comparison;
use crate::promql::ast::{BinaryOp, Expr, ExprKind};
use crate::promql::walk::{calls, selectors, without_parens};

/// How long ago something was done the last time, and the seconds that it is compared with.
pub(super) fn age(expr: &Expr) -> Option<(&Expr, f64)> {
    let Comparison { side, op, number, .. } = Comparison::of(principal(expr))?;
    let ExprKind::Binary(binary) = &without_parens(side).kind else { return None };
    let is_above = matches!(op, BinaryOp::Greater | BinaryOp::GreaterEqual);
    let is_age = is_above && binary.op == BinaryOp::Sub && calls(&binary.left, "time");
    is_age.then_some((&*binary.right, number))
}

/// Whether it runs less often than the alert waits for it, or just as often, where the alert is held for `held` seconds.
pub(super) fn too_soon(text: &str, name: &str, moment: &Expr, seconds: f64, held: f64) -> Option<String> {
    let is_run = |name: &str| ["last", "success", "completion", "completed", "finished"].iter().any(|word| name.contains(word));
    if !selectors(moment).iter().any(|found| found.selector.metric_name().is_some_and(is_run)) || seconds <= 0.0 {
        return None;
    }
    let (said, period) = rhythm(&text.to_lowercase()).or_else(|| of_name(name))?;
    if seconds < 0.9 * period {
        return Some(format!("this says `{said}`, and the alert fires {seconds} seconds after each time: before it is due again"));
    }
    let is_just = (seconds - period).abs() < 60.0 && held < 1800.0 && period > 80_000.0;
    is_just.then(|| {
        format!("this says `{said}`, and a run that takes a little longer than the one before comes too late for {seconds} seconds")
    })
}

/// How often a text says that something happens, and the seconds from one time to the next.
fn rhythm(lower: &str) -> Option<(String, f64)> {
    const WORDS: &[(&str, f64)] = &[
        ("nightly", 86_400.0),
        ("daily", 86_400.0),
        ("every day", 86_400.0),
        ("every night", 86_400.0),
        ("last night", 86_400.0),
        ("once a day", 86_400.0),
        ("hourly", 3600.0),
        ("every hour", 3600.0),
        ("once an hour", 3600.0),
        ("weekly", 604_800.0),
        ("every week", 604_800.0),
    ];
    let is_whole = |at: usize, word: &str| {
        !lower[..at].ends_with(|c: char| c.is_alphanumeric()) && !lower[at + word.len()..].starts_with(|c: char| c.is_alphanumeric())
    };
    if let Some((word, seconds)) = WORDS.iter().find(|(word, _)| lower.match_indices(word).any(|(at, _)| is_whole(at, word))) {
        return Some(((*word).to_owned(), *seconds));
    }
    let (at, _) = lower.match_indices("every ").next()?;
    let mut words = lower[at + 6..].split_whitespace();
    let (number, unit) = (words.next()?.parse::<f64>().ok()?, words.next()?.trim_end_matches(['.', ',', ';']));
    let seconds = match unit {
        "minutes" => 60.0,
        "hours" => 3600.0,
        "days" => 86_400.0,
        _ => return None,
    };
    Some((format!("every {number} {unit}"), number * seconds))
}

fn of_name(name: &str) -> Option<(String, f64)> {
    let words = [("Nightly", 86_400.0), ("Daily", 86_400.0), ("Hourly", 3600.0), ("Weekly", 604_800.0)];
    let found = words.into_iter().find(|(word, _)| name.contains(word))?;
    Some((found.0.to_owned(), found.1))
}

#[cfg(test)]
mod tests {
    use super::{rhythm, too_soon};
    use crate::promql::{Options, parse};

    #[test]
    fn what_runs_once_a_day_is_waited_for_longer_than_a_day() {
        let age = parse("time() - backup_last_success_timestamp_seconds", &Options::all()).expect("an expression");
        let soon = |seconds, held| too_soon("The nightly backup is missing", "Backup", &age, seconds, held).is_some();
        assert!(soon(86_400.0, 300.0) && soon(3600.0, 300.0));
        assert!(!soon(86_400.0, 7200.0) && !soon(93_600.0, 300.0));
    }

    #[test]
    fn how_often_something_runs_is_read() {
        assert_eq!(rhythm("it should run every 24 hours."), Some(("every 24 hours".to_owned(), 86_400.0)));
        assert_eq!(rhythm("the nightly backup"), Some(("nightly".to_owned(), 86_400.0)));
        assert_eq!(rhythm("fortnightly, or every so often"), None);
    }
}
