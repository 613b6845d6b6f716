//! Values whose unit is known, shown as if they had another.

use super::{Case, Misread};
use crate::lint::inference::measure::measured;
use crate::lint::query::unit::Quantity;
use crate::promql::walk::alternatives;

/// Where the expression says in which unit the value is, and the function is for another.
pub(super) fn of_another_unit<'c>(case: &'c Case<'_>) -> Vec<Misread<'c>> {
    // Of several that are joined by `or`, the value may be any.
    let known: Vec<_> = alternatives(case.expr).into_iter().filter_map(|expr| measured(expr, case.query, case.context.world)).collect();
    case.misread(|function| {
        let (value, read) = known.iter().find_map(|of| misread(function, *of))?;
        Some((format!("the value is {value}, and `{function}` shows it as {read}"), "use the function for its unit, or `humanize`"))
    })
}

/// What a value is and what a function shows it as, where these are two.
fn misread(function: &str, of: Quantity) -> Option<(&'static str, &'static str)> {
    use Quantity::{Bytes, BytesPerSecond, Events, EventsPerSecond, Millis, Number, Percent, Seconds, Share};
    let value = match of {
        Seconds => "a time in seconds",
        Millis => "a time in milliseconds",
        Bytes => "a size in bytes",
        BytesPerSecond => "bytes per second",
        EventsPerSecond => "events per second",
        Events => "a number of events",
        Number => "a number of things",
        Share => "a share, from 0 to 1",
        Percent => "a share in percent",
    };
    let read = match (function, of) {
        ("humanizeDuration", Bytes | BytesPerSecond | EventsPerSecond | Events | Number | Share | Percent | Millis) => "seconds",
        ("humanizePercentage", Seconds | Millis | Bytes | BytesPerSecond | EventsPerSecond | Events | Number | Percent) => {
            "a percentage: 5 reads `500%`"
        }
        ("humanize1024", Seconds | Millis | Share | Percent) => "a size",
        ("humanize", Share) => "thousandths: 0.85 reads `850m`",
        ("humanizeTimestamp", Seconds | Millis | Bytes | BytesPerSecond | EventsPerSecond | Events | Number | Share | Percent) => {
            "a moment"
        }
        _ => return None,
    };
    Some((value, read))
}
