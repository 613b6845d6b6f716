//! Numbers, read as Go reads them.

/// A number as Go's `ParseFloat` takes it, without hexadecimal ones, as Prometheus refuses those.
pub(super) fn float(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?;
    let value: f64 = text.parse().ok()?;
    let digits = text.trim_start_matches(['+', '-']);
    let is_infinity = digits.starts_with(['i', 'I']);
    let signed_nan = value.is_nan() && digits.len() < text.len();
    // What does not fit is infinite to us and an error to Go.
    (!signed_nan && (value.is_finite() || value.is_nan() || is_infinity)).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_go() {
        for good in ["1", "-1", "+1", ".5", "1.", "1e3", "1E-3", "NaN", "nan", "Inf", "+inf", "-INFINITY", "00", "1e-999"] {
            assert!(float(good.as_bytes()).is_some(), "{good}");
        }
        for bad in ["", ".", "1e", "+nan", "-NaN", "1e999", "-1e999", "0x1p-2", "1_000", "infi", "1\r", "++1", "1,5", "é"] {
            assert!(float(bad.as_bytes()).is_none(), "{bad}");
        }
    }
}
