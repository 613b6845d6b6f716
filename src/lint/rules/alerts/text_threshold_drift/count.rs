//! Things that a text counts.

use super::compared::Compared;
use super::direction::{is_above, says_above};
use crate::lint::query::interval::near;
use crate::lint::template::AlertText;
use crate::lint::template::sentence::Limit;
use crate::lint::views::RuleView;
use crate::promql::ast::ExprKind;
use crate::promql::walk::without_aggregates;

/// Whether a text counts things of which the alert fires at another number, whatever they are: nothing else that it says is that
/// number, nor is it that number in another unit.
pub(super) fn is_other(limit: &Limit, text: &AlertText<'_>, view: &RuleView<'_>, all: &[&AlertText<'_>], compared: &Compared<'_>) -> bool {
    const SCALES: &[f64] = &[60.0, 100.0, 1000.0, 1024.0, 3600.0, 86_400.0, 1e6, 1_048_576.0, 1e9, 1_073_741_824.0];
    let (words, threshold) = (text.text[limit.range.clone()].trim(), compared.threshold);
    let (Some(&said), Some(above)) = (limit.readings.first(), says_above(words)) else { return false };
    let ExprKind::Selector(counted) = &without_aggregates(compared.side).kind else { return false };
    let is_unit = |name: &str| limit.unit.len() > 3 && name.contains(limit.unit.trim_end_matches('s'));
    let is_named = counted.metric_name().is_some_and(is_unit);
    if Some(above) != is_above(compared.op) && !is_named || threshold < 1.0 || said < 1.0 {
        return false;
    }
    let is_near = |number: f64| (number - threshold).abs() <= 1.0 || view.rule.hold.is_some_and(|hold| near(hold as f64 / 1000.0, number));
    let fits = |number: f64| is_near(number) || SCALES.iter().any(|scale| is_near(number * scale) || is_near(number / scale));
    // A digit too many or too few is a slip; what else a text counts may be anything.
    let is_digit_off = near(said, 10.0 * threshold) || near(10.0 * said, threshold);
    if !is_digit_off && !is_named {
        return false;
    }
    let mut limits = all.iter().flat_map(|text| &text.said.sentence.limits);
    !limits.any(|limit| limit.readings.iter().any(|number| fits(*number)))
}
