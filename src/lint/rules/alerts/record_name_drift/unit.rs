//! Units that a name says, and what is measured in another one.

use crate::lint::query::unit::factored;
use crate::lint::words::number::plain;
use crate::promql::Expr;
use crate::promql::walk::{calls, operations, selectors};

/// What is measured in units that are a number of one another.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Measure {
    Time,
    Energy,
    Power,
    Money,
    Data,
}

/// The words for units, what they measure, and how many of the first of them each is.
const UNITS: &[(&[&str], Measure, f64)] = &[
    (&["seconds"], Measure::Time, 1.0),
    (&["milliseconds", "millis"], Measure::Time, 0.001),
    (&["microseconds"], Measure::Time, 1e-6),
    (&["minutes"], Measure::Time, 60.0),
    (&["hours"], Measure::Time, 3600.0),
    (&["days"], Measure::Time, 86_400.0),
    (&["joules"], Measure::Energy, 1.0),
    (&["wh"], Measure::Energy, 3600.0),
    (&["kwh"], Measure::Energy, 3.6e6),
    (&["mwh"], Measure::Energy, 3.6e9),
    (&["watts"], Measure::Power, 1.0),
    (&["kilowatts", "kw"], Measure::Power, 1000.0),
    (&["megawatts", "mw"], Measure::Power, 1e6),
    (&["cents", "pence"], Measure::Money, 0.01),
    (&["bits"], Measure::Data, 0.125),
    (&["bytes"], Measure::Data, 1.0),
    (&["euros", "eur", "dollars", "usd", "pounds", "gbp", "chf"], Measure::Money, 1.0),
];

/// A unit by its word.
type Unit<'n> = (&'n str, Measure, f64);

/// The last unit that a name says.
fn unit(name: &str) -> Option<Unit<'_>> {
    let of = |word| UNITS.iter().find(|(words, ..)| words.contains(&word)).map(|(_, measure, size)| (word, *measure, *size));
    name.split(['_', ':']).filter_map(of).next_back()
}

/// A name that says a unit, and an expression that does not turn what it reads into that.
pub(super) fn another_unit(name: &str, expr: &Expr) -> Option<(String, String)> {
    let (said, measure, size) = unit(name)?;
    let (inner, factor) = factored(expr);
    // What is divided by something else is measured in something else, and what grows in a second, too.
    if operations(inner).iter().any(|operation| matches!(*operation, "/" | "*" | "%" | "^"))
        || ["count", "hour", "day_of_week"].iter().any(|function| calls(inner, function))
        // How many bits a second follows from how many bytes.
        || measure != Measure::Data && ["rate", "irate", "deriv"].iter().any(|function| calls(inner, function))
    {
        return None;
    }
    let found = selectors(inner);
    let mut read = found.iter().filter_map(|found| unit(found.selector.metric_name()?)).filter(|(_, of, _)| *of == measure);
    let (word, _, own) = read.next().filter(|_| found.len() == 1)?;
    let needed = own / size;
    let is = |number: f64| (factor / number - 1.0).abs() < 1e-6;
    (!is(needed)).then(|| {
        let by = |factor: f64| {
            if factor < 1.0 { format!("divided by {}", plain(1.0 / factor)) } else { format!("multiplied by {}", plain(factor)) }
        };
        let done = if is(1.0) { "as it is".to_owned() } else { by(factor) };
        let message = format!("the name says `{said}`, and what is counted in `{word}` is taken {done}");
        let help = if is_one(needed) {
            "leave the factor out, or name it otherwise".to_owned()
        } else {
            format!("it has to be {}, or named otherwise", by(needed))
        };
        (message, help)
    })
}

fn is_one(number: f64) -> bool {
    (number - 1.0).abs() < 1e-9
}

#[cfg(test)]
mod tests {
    use super::another_unit;
    use crate::promql::{Options, parse};

    #[test]
    fn factors_are_those_of_the_units() {
        let differs = |name: &str, text: &str| another_unit(name, &parse(text, &Options::all()).expect("an expression")).is_some();
        assert!(differs("site:energy_kwh:increase1d", "sum by (site) (increase(energy_joules_total[1d])) / 3600"));
        assert!(differs("shop:revenue_euros:increase1h", "sum(increase(revenue_euro_cents_total[1h]))"));
        assert!(!differs("site:energy_kwh:increase1d", "sum by (site) (increase(energy_joules_total[1d])) / 3.6e6"));
        assert!(!differs("site:energy_kwh:increase1d", "sum by (site) (increase(energy_joules_total[1d])) / 1000 / 3600"));
        assert!(!differs("shop:revenue_euros:increase1h", "0.01 * sum(increase(revenue_euro_cents_total[1h]))"));
        assert!(!differs("job:cpu_seconds:rate5m", "sum by (job) (rate(cpu_milliseconds_total[5m]))"));
        assert!(!differs("job:price_euros_per_minute", "sum(price_cents) / sum(call_minutes)"));
        assert!(differs("instance:network_receive:bits_rate5m", "sum by (instance) (rate(network_receive_bytes_total[5m]))"));
        assert!(!differs("instance:network_receive:bits_rate5m", "8 * sum by (instance) (rate(network_receive_bytes_total[5m]))"));
        assert!(differs("job:request_milliseconds:max", "max by (job) (request_seconds)"));
    }
}
