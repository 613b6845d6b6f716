//! Days of the week that a text speaks of, and those that the condition holds on.

use crate::lint::query::calendar::DAY_OF_WEEK;
use crate::promql::Expr;

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

/// A text or a name that speaks of the weekend, or of the days between, where the condition holds on others.
pub(super) fn other(texts: &str, name: &str, expr: &Expr) -> Option<String> {
    let held = DAY_OF_WEEK.held(expr).filter(|held| ![WEEKEND, WHOLE_WEEK & !WEEKEND, WHOLE_WEEK, 0].contains(held))?;
    let (texts, name) = (texts.to_lowercase(), name.to_lowercase());
    let said = SPOKEN.iter().find(|words| texts.contains(**words) || name.contains(&words.replace(' ', "")))?;
    let days: Vec<&str> = (0..7).filter(|day| held >> day & 1 == 1).map(|day| DAYS[day]).collect();
    Some(format!("this speaks of `{said}`, and the condition holds on {} (0 is Sunday, 6 is Saturday)", days.join(", ")))
}
