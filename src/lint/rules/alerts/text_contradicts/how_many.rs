//! Texts that say how many of how many are down, where the condition asks for another number: `two of three` and `avg(up) < 0.3`.

use crate::lint::inference::value::principal;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::interval::Interval;
use crate::lint::query::named::is_yes_or_no;
use crate::promql::ast::{AggregateOp, Expr, ExprKind};
use crate::promql::walk::without_parens;

const NUMBERS: &[&str] = &["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

/// How texts say that something is down, and that it is up.
const DOWN: &[&str] = &["down", "unreachable", "not answer", "not reachable", "gone", "missing", "offline"];
const UP: &[&str] = &[" up", "running", "answer", "reachable", "alive", "left", "online"];

/// What a text, in small letters, says of how many there are, and the condition does not.
pub(super) fn other(lower: &str, expr: &Expr) -> Option<String> {
    let (share, whole, place) = said(lower)?;
    let Comparison { side, op, number, .. } = Comparison::of(principal(expr))?;
    let ExprKind::Aggregate(of) = &without_parens(side).kind else { return None };
    let ExprKind::Selector(selector) = &without_parens(&of.expr).kind else { return None };
    if !selector.metric_name().is_some_and(is_yes_or_no) {
        return None;
    }
    let measured = |up: f64| match of.op {
        AggregateOp::Avg => Some(up / whole),
        AggregateOp::Sum => Some(up),
        _ => None,
    };
    let rest = lower[place..].split(". ").next().unwrap_or("");
    let has = |words: &[&str]| words.iter().any(|word| rest.contains(word));
    let up = match (has(DOWN), has(UP)) {
        (true, _) => whole - share,
        (false, true) => share,
        _ => return None,
    };
    let holds = |up: f64| Some(Interval::one(measured(up)?).compared(op, number) == Some(true));
    let words = &lower[place..place + lower[place..].find(" of ")?];
    if !holds(up)? {
        return Some(format!("this says `{words} of {whole}`, and the condition does not hold yet with {up} of them up"));
    }
    (up + 1.0 < whole && holds(up + 1.0)?)
        .then(|| format!("this says `{words} of {whole}`, and the condition holds with {} of them up already", up + 1.0))
}

/// How many of how many a text speaks of, and where: `two or more of the three`.
fn said(lower: &str) -> Option<(f64, f64, usize)> {
    let number = |word: &str| {
        let place = NUMBERS.iter().position(|known| *known == word).map(|at| at + 1);
        place.or_else(|| word.parse::<usize>().ok().filter(|number| *number < 100)).map(|number| number as f64)
    };
    lower.match_indices(" of ").find_map(|(at, of)| {
        let rest = lower[at + of.len()..].trim_start_matches("the ");
        let whole = number(rest.split(|c: char| !c.is_ascii_alphanumeric()).next()?)?;
        let before = lower[..at].trim_end_matches(" or more");
        let start = before.rfind(|c: char| !c.is_ascii_alphanumeric()).map_or(0, |at| at + 1);
        let share = number(&before[start..])?;
        // `fewer than 2 of 3` is another number.
        let is_bound =
            ["than", "least", "most", "below", "under", "above", "over"].iter().any(|word| before[..start].trim_end().ends_with(word));
        (share > 0.0 && share < whole && !is_bound).then_some((share, whole, start))
    })
}

#[cfg(test)]
mod tests {
    use super::said;

    #[test]
    fn how_many_of_how_many_is_read() {
        assert_eq!(said("two or more of the three instances are down"), Some((2.0, 3.0, 0)));
        assert_eq!(said("only 1 of 3 is up"), Some((1.0, 3.0, 5)));
        assert_eq!(said("one of the instances of two"), None);
        assert_eq!(said("99 of 20"), None);
        assert_eq!(said("fewer than 2 of 3 are up"), None);
    }
}
