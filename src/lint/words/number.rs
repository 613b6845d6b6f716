//! Numbers as they are told.

/// A number without what reckoning in binary leaves behind, and without a sign of zero: `0.0144` for `14.4 * 0.001`.
pub(in crate::lint) fn plain(number: f64) -> f64 {
    if number.abs() < 1e6 { (number * 1e9).round() / 1e9 + 0.0 } else { number }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn nothing_is_left_of_reckoning_in_binary() {
        assert_eq!(plain(14.4 * 0.001).to_string(), "0.0144");
        assert_eq!(plain(0.1 + 0.2).to_string(), "0.3");
        assert_eq!(plain(-0.0).to_string(), "0");
        assert_eq!(plain(1.5e12).to_string(), "1500000000000");
    }
}
