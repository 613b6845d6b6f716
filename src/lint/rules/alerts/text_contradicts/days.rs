//! Days of the week and hours that a text speaks of, and those that the condition holds in.

use std::ops::Deref;

use crate::lint::query::calendar::{DAY_OF_WEEK, HOUR};
use crate::promql::Expr;
use crate::promql::ast::ExprKind;
use crate::promql::walk::visit;

/// Saturday and Sunday, a bit for each day from Sunday on.
const WEEKEND: u64 = 0b100_0001;
const WHOLE_WEEK: u64 = 0b111_1111;
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// Words for the days from Monday to Friday, or for the others.
const SPOKEN: &[&str] = &[
    "weekend",
    "weekday",
    "working day",
    "business day",
    "monday to friday",
    "saturday or sunday",
    "saturday and sunday",
    "saturdays and sundays",
];

/// A text or a name that speaks of other days than those on which the condition holds.
pub(super) fn other(texts: &impl Deref<Target = String>, name: &str, expr: &Expr) -> Option<String> {
    let held = DAY_OF_WEEK.held(expr).filter(|held| *held != 0 && *held != WHOLE_WEEK)?;
    let (texts, name) = (texts.to_lowercase(), name.to_lowercase());
    spoken(held, &texts, &name).or_else(|| named(held, &texts, &name))
}

/// What is said of the weekend, or of the days between, where the condition holds on others.
fn spoken(held: u64, texts: &str, name: &str) -> Option<String> {
    if [WEEKEND, WHOLE_WEEK & !WEEKEND].contains(&held) {
        return None;
    }
    let said = SPOKEN.iter().find(|words| texts.contains(**words) || name.contains(&words.replace(' ', "")))?;
    let days: Vec<&str> = (0..7).filter(|day| held >> day & 1 == 1).map(|day| DAYS[day]).collect();
    Some(format!("this speaks of `{said}`, and the condition holds on {} (0 is Sunday, 6 is Saturday)", days.join(", ")))
}

/// A day that texts call by its name, where the condition does not hold on it.
fn named(held: u64, texts: &str, name: &str) -> Option<String> {
    let names = |text: &str, day: usize| text.contains(&DAYS[day].to_lowercase());
    let said: Vec<usize> = (0..7).filter(|day| names(texts, *day)).collect();
    let is_held = |day: usize| held >> day & 1 == 1;
    // Who names the first and the last of them means those between, too.
    let [only] = said.as_slice() else { return None };
    let day = (0..7).find(|day| is_held(*day)).filter(|_| !is_held(*only))?;
    let behind = if !names(name, *only) && names(name, day) { ", as the name says" } else { "" };
    Some(format!("this speaks of {}, and the condition holds on {}{behind} (0 is Sunday, 6 is Saturday)", DAYS[*only], DAYS[day]))
}

/// A text that says from which hour on, where the condition begins with the next one: `from 9:00` and `hour() > 9`.
pub(super) fn later(texts: &impl Deref<Target = String>, expr: &Expr) -> Option<String> {
    let mut held = None;
    visit(expr, &mut |node| {
        if matches!(node.kind, ExprKind::Binary(_)) && held.is_none() {
            held = HOUR.held(node);
        }
    });
    let held = held.filter(|held| (1..24).contains(&held.count_ones()))?;
    let first = held.trailing_zeros();
    let said = texts.split("from ").skip(1).chain(texts.split("between ").skip(1)).find_map(|rest| {
        let (hours, rest) = rest.split_once(':')?;
        rest.starts_with("00").then_some(())?;
        hours.trim_start_matches('0').parse::<u32>().ok()
    })?;
    (said + 1 == first).then(|| format!("this says `from {said}:00`, and the condition begins at {first}:00"))
}
