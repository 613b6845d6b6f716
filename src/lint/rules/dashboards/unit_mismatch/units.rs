//! Which units fit a quantity.

use crate::lint::query::unit::Quantity;

/// Units of what is counted per minute.
const PER_MINUTE: &[&str] = &["cpm", "opm", "reqpm", "rpm", "wpm", "recpm", "rowspm"];

/// What is said where a unit does not fit, and the unit that does.
pub(super) fn contradiction(quantity: Quantity, unit: &str) -> Option<(&'static str, &'static str)> {
    match quantity {
        Quantity::Seconds => matches!(
            unit,
            "ms" | "µs"
                | "ns"
                | "m"
                | "h"
                | "d"
                | "dtdurationms"
                | "bytes"
                | "decbytes"
                | "percent"
                | "percentunit"
                | "reqps"
                | "Bps"
                | "dateTimeAsIso"
                | "dateTimeAsUS"
                | "dateTimeAsLocal"
                | "dateTimeFromNow"
        )
        .then_some(("seconds", "s")),
        Quantity::Bytes => matches!(
            unit,
            "kbytes"
                | "mbytes"
                | "gbytes"
                | "deckbytes"
                | "decmbytes"
                | "bits"
                | "decbits"
                | "s"
                | "ms"
                | "percent"
                | "percentunit"
                | "reqps"
                | "Bps"
                | "binBps"
        )
        .then_some(("bytes", "bytes")),
        Quantity::BytesPerSecond => matches!(unit, "bytes" | "decbytes" | "bps" | "s" | "ms").then_some(("bytes per second", "Bps")),
        Quantity::EventsPerSecond => {
            matches!(unit, "s" | "ms" | "bytes" | "decbytes" | "kbytes" | "percent" | "percentunit" | "Bps" | "bps" | "celsius")
                .then_some(("events per second", "ops"))
                .or_else(|| PER_MINUTE.contains(&unit).then_some(("events per second", "ops")))
        }
        Quantity::Events | Quantity::Number => matches!(
            unit,
            "reqps"
                | "ops"
                | "cps"
                | "rps"
                | "wps"
                | "iops"
                | "eps"
                | "mps"
                | "Bps"
                | "bps"
                | "s"
                | "ms"
                | "bytes"
                | "percent"
                | "percentunit"
        )
        .then_some((if quantity == Quantity::Number { "a number of things" } else { "events of a whole window" }, "short")),
        Quantity::Share => matches!(unit, "percent" | "s" | "ms" | "bytes" | "decbytes" | "reqps" | "ops" | "Bps")
            .then_some(("a share from 0 to 1", "percentunit")),
        Quantity::Percent => (unit == "percentunit").then_some(("a percentage from 0 to 100", "percent")),
        Quantity::Millis => matches!(unit, "s" | "m" | "h" | "bytes" | "percent" | "percentunit").then_some(("milliseconds", "ms")),
    }
}
