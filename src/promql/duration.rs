//! Durations as Prometheus writes them: `1h30m`, `5m`, `250ms`.

use std::fmt;

/// Units from the largest to the smallest, in milliseconds. A year has 365 days, a week seven.
const UNITS: [(&str, u64); 7] = [
    ("y", 365 * 24 * 3_600_000),
    ("w", 7 * 24 * 3_600_000),
    ("d", 24 * 3_600_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// The longest duration Prometheus holds, 2^63 nanoseconds, in whole milliseconds.
const LONGEST: u64 = 9_223_372_036_854;

/// Why a text is not a duration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DurationError {
    /// Nothing there.
    Empty,
    /// Not digits and units in turn, or units out of order.
    Malformed,
    /// A unit Prometheus does not know.
    UnknownUnit(String),
    /// More than about 292 years.
    OutOfRange,
}

impl fmt::Display for DurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("empty duration"),
            Self::Malformed => f.write_str("not a valid duration: write units from the largest to the smallest, as in `1h30m`"),
            Self::UnknownUnit(unit) => write!(f, "unknown unit `{unit}`, expected one of `y`, `w`, `d`, `h`, `m`, `s`, `ms`"),
            Self::OutOfRange => f.write_str("duration out of range, the longest is 292y"),
        }
    }
}

impl std::error::Error for DurationError {}

/// Reads a duration in milliseconds. `0` needs no unit; signs and fractions are not allowed.
pub fn parse_duration(text: &str) -> Result<i64, DurationError> {
    match text {
        "0" => return Ok(0),
        "" => return Err(DurationError::Empty),
        _ => {}
    }
    let mut total: u64 = 0;
    let mut next_unit = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let (digits, after) = split_while(rest, |byte| byte.is_ascii_digit());
        let (unit, after) = split_while(after, |byte| !byte.is_ascii_digit());
        if digits.is_empty() || unit.is_empty() {
            return Err(DurationError::Malformed);
        }
        // A count that no integer holds is malformed for Prometheus, not out of range.
        let count: u64 = digits.parse().map_err(|_| DurationError::Malformed)?;
        let Some((place, factor)) = UNITS.iter().position(|(name, _)| *name == unit).and_then(|place| Some((place, UNITS.get(place)?.1)))
        else {
            return Err(DurationError::UnknownUnit(unit.to_owned()));
        };
        if place < next_unit {
            return Err(DurationError::Malformed);
        }
        next_unit = place + 1;
        total = count.checked_mul(factor).and_then(|part| total.checked_add(part)).ok_or(DurationError::OutOfRange)?;
        if total > LONGEST {
            return Err(DurationError::OutOfRange);
        }
        rest = after;
    }
    i64::try_from(total).map_err(|_| DurationError::OutOfRange)
}

fn split_while(text: &str, wanted: impl Fn(u8) -> bool) -> (&str, &str) {
    let end = text.bytes().position(|byte| !wanted(byte)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// Writes milliseconds as Prometheus does: years and weeks only where nothing remains, so `90d` and not `12w6d`.
pub fn format_duration(millis: i64) -> String {
    let mut text = String::new();
    let mut rest = millis.unsigned_abs();
    if rest == 0 {
        return "0s".to_owned();
    }
    if millis < 0 {
        text.push('-');
    }
    for (unit, factor) in UNITS {
        let only_whole = matches!(unit, "y" | "w");
        if (only_whole && !rest.is_multiple_of(factor)) || rest < factor {
            continue;
        }
        text.push_str(&(rest / factor).to_string());
        text.push_str(unit);
        rest %= factor;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{DurationError, format_duration, parse_duration};

    #[test]
    fn durations_are_read() {
        let cases =
            [("0", 0), ("0s", 0), ("5m", 300_000), ("1h30m", 5_400_000), ("1y2w3d4h5m6s7ms", 33_019_506_007), ("292y", 9_208_512_000_000)];
        for (text, millis) in cases {
            assert_eq!(parse_duration(text), Ok(millis), "{text}");
        }
    }

    #[test]
    fn wrong_durations_are_refused() {
        assert_eq!(parse_duration(""), Err(DurationError::Empty));
        assert_eq!(parse_duration("30m1h"), Err(DurationError::Malformed));
        assert_eq!(parse_duration("5"), Err(DurationError::Malformed));
        assert_eq!(parse_duration("1m1m"), Err(DurationError::Malformed));
        assert_eq!(parse_duration("99999999999999999999s"), Err(DurationError::Malformed));
        assert_eq!(parse_duration("5hs"), Err(DurationError::UnknownUnit("hs".to_owned())));
        assert_eq!(parse_duration("400y"), Err(DurationError::OutOfRange));
    }

    #[test]
    fn durations_are_written_as_prometheus_writes_them() {
        let cases = [
            (0, "0s"),
            (300_000, "5m"),
            (5_400_000, "1h30m"),
            (604_800_000, "1w"),
            (7_776_000_000, "90d"),
            (-60_000, "-1m"),
            (1_001, "1s1ms"),
            (31_536_000_000, "1y"),
        ];
        for (millis, text) in cases {
            assert_eq!(format_duration(millis), text);
        }
    }
}
