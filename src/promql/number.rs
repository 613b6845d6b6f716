//! Number literals: what Go's `strconv` reads, since Prometheus hands them over to it.

/// The value of a number literal, or why it has none.
pub(crate) fn parse(text: &str) -> Result<f64, &'static str> {
    // The common case: a short run of digits without a leading zero.
    if text.len() < 16 && !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let value = text.bytes().fold(0_u64, |value, byte| value * 10 + u64::from(byte - b'0'));
        #[expect(clippy::cast_precision_loss, reason = "fewer than 16 digits are exact")]
        return Ok(value as f64);
    }
    if !underscores_separate_digits(text) {
        return Err("underscores must separate digits");
    }
    let digits: String = text.chars().filter(|&character| character != '_').collect();
    if let Some(integer) = integer(&digits) {
        #[expect(clippy::cast_precision_loss, reason = "Prometheus rounds to the nearest float as well")]
        return Ok(integer as f64);
    }
    match digits.parse::<f64>() {
        Ok(value) if value.is_infinite() && !digits.eq_ignore_ascii_case("inf") => Err("value out of range"),
        Ok(value) => Ok(value),
        Err(_) => Err("invalid syntax"),
    }
}

/// An integer by Go's rules for base 0: `0x` is hexadecimal and any other leading zero octal.
fn integer(digits: &str) -> Option<i64> {
    let (digits, radix) = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(rest) => (rest, 16),
        None if digits.len() > 1 && digits.starts_with('0') => (digits, 8),
        None => (digits, 10),
    };
    let first_is_digit = digits.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    if first_is_digit { i64::from_str_radix(digits, radix).ok() } else { None }
}

/// Whether each underscore stands between digits, or right after `0x`.
fn underscores_separate_digits(text: &str) -> bool {
    let hexadecimal = text.starts_with("0x") || text.starts_with("0X");
    let digit = |byte: u8| byte.is_ascii_digit() || (hexadecimal && byte.is_ascii_hexdigit());
    let mut previous_fits = false;
    let mut after_underscore = false;
    for (index, byte) in text.bytes().enumerate() {
        if byte == b'_' {
            if !previous_fits {
                return false;
            }
            after_underscore = true;
            previous_fits = false;
            continue;
        }
        let base_mark = hexadecimal && index == 1;
        if after_underscore && !digit(byte) {
            return false;
        }
        after_underscore = false;
        previous_fits = digit(byte) || base_mark;
    }
    !after_underscore
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn numbers_are_read_as_go_reads_them() {
        let cases: &[(&str, f64)] = &[
            ("0", 0.0),
            ("1", 1.0),
            ("010", 8.0),
            ("08", 8.0),
            ("0x1F", 31.0),
            ("0x_1F", 31.0),
            ("1_000_000", 1e6),
            ("1_0.5", 10.5),
            (".5", 0.5),
            ("1.", 1.0),
            ("01e3", 1000.0),
            ("1e-400", 0.0),
            ("9223372036854775808", 9_223_372_036_854_775_808.0),
        ];
        for (text, value) in cases {
            assert_eq!(parse(text), Ok(*value), "{text}");
        }
        assert!(parse("NaN").is_ok_and(f64::is_nan));
        assert_eq!(parse("inf"), Ok(f64::INFINITY));
    }

    #[test]
    fn what_go_refuses_is_refused() {
        for text in ["1e400", "0x", "5e", "1__0", "1_", "0xFFFFFFFFFFFFFFFF", ".5.5", "1_e5"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
