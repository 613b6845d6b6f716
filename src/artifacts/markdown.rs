//! Text of a manifest inside Markdown: what is meant as prose stays prose, what is meant as code stays code.

/// A text on one line, in which no character means anything to Markdown or HTML.
pub(super) fn prose(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut before = ' ';
    let mut rest = text.trim().chars().peekable();
    while let Some(c) = rest.next() {
        let after = rest.peek().copied().unwrap_or(' ');
        match c {
            c if c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}') => out.push(' '),
            '\\' | '`' | '*' | '[' | ']' | '|' | '~' | '<' | '>' | '&' => out.extend(['\\', c]),
            // Inside a word an underscore is one.
            '_' if !(before.is_alphanumeric() && after.is_alphanumeric()) => out.extend(['\\', c]),
            // At the start of a line these would begin a heading, a list, a rule or an underline.
            '-' | '=' | '+' | '#' if out.trim().is_empty() => out.extend(['\\', c]),
            '.' | ')' if !out.is_empty() && out.trim().bytes().all(|byte| byte.is_ascii_digit()) => out.extend(['\\', c]),
            c => out.push(c),
        }
        before = c;
    }
    out.trim().to_owned()
}

/// A block of code: its fence is longer than any run of backticks in it.
pub(super) fn fenced(text: &str, language: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    // A carriage return would end a line for some readers of Markdown and not for others.
    format!("{fence}{language}\n{}\n{fence}", text.replace('\r', "\u{fffd}"))
}

#[cfg(test)]
mod tests {
    use super::{fenced, prose};

    #[test]
    fn prose_means_nothing_but_itself() {
        assert_eq!(prose("a *b* [c](d) <i>"), "a \\*b\\* \\[c\\](d) \\<i\\>");
        assert_eq!(prose("- one\n# two"), "\\- one # two");
        assert_eq!(prose("1. one"), "1\\. one");
        assert_eq!(prose("http_requests_total _is_"), "http_requests_total \\_is\\_");
        assert_eq!(prose("5% of 12.5"), "5% of 12.5");
    }

    #[test]
    fn a_fence_is_longer_than_what_it_holds() {
        assert_eq!(fenced("up", "promql"), "```promql\nup\n```");
        assert_eq!(fenced("a ```` b", ""), "`````\na ```` b\n`````");
    }
}
