//! Layouts of times.

/// Whether a layout of Go has a year that is not the one of its reference time.
pub(in crate::lint) fn another_year(layout: &str) -> bool {
    let digits = |part: &&str| part.len() == 4 && part.bytes().all(|byte| byte.is_ascii_digit());
    layout
        .split(|c: char| !c.is_ascii_digit())
        .filter(digits)
        .any(|part| (part.starts_with("19") || part.starts_with("20")) && part != "2006")
}

/// Whether a layout of Go has minutes, and no hour: that is 15 in the reference time, or 3.
pub(in crate::lint) fn without_hour(layout: &str) -> bool {
    layout.contains(':') && !["15", "03", "3:"].iter().any(|hour| layout.contains(hour))
}

/// Whether a layout, of Go or of `strptime`, has the day between the year and the month, as nobody writes a date.
pub(in crate::lint) fn day_before_month(layout: &str) -> bool {
    ["-", "/", ".", ""].iter().any(|sign| {
        ["2006", "%Y"]
            .iter()
            .zip([("02", "01"), ("%d", "%m")])
            .any(|(year, (day, month))| layout.contains(&format!("{year}{sign}{day}{sign}{month}")))
    })
}
