//! What a pattern can never match, told by its text; and what its alternatives are.

/// Why nothing that is looked at matches a pattern, where that is so: text behind the end or before the start, or a backslash of
/// its own, which YAML would have taken away within double quotes alone.
pub fn never_matches(pattern: &str) -> Option<&'static str> {
    let bytes = pattern.as_bytes();
    // Flags may make ends of lines of `^` and `$`.
    let flags = pattern.contains("(?");
    let (mut at, mut in_class, mut before) = (0, false, Before::Start);
    while at < bytes.len() {
        let byte = bytes[at];
        let mut width = 1;
        let is_optional = |after: usize| matches!(bytes.get(after), Some(b'*' | b'?' | b'{' | b'|'));
        match byte {
            b'\\' => {
                width = 2;
                let escaped = bytes.get(at + 1).copied();
                let behind = bytes.get(at + 2).copied();
                let word = bytes.get(at + 3).is_some_and(u8::is_ascii_alphanumeric);
                let is_class = matches!(behind, Some(b'd' | b's' | b'w' | b'S' | b'D' | b'W')) && !word;
                if escaped == Some(b'\\') && !in_class && (behind == Some(b'.') || is_class) {
                    return Some("it asks for a backslash");
                }
                before = if is_optional(at + 2) { Before::Other } else { Before::Text };
            }
            b'[' if !in_class => in_class = true,
            b']' if in_class => (in_class, before) = (false, Before::Other),
            _ if in_class => {}
            // In capitals it may be a variable that somebody fills in.
            b'$' if !flags
                && bytes.get(at + 1).is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
                && !is_optional(at + 2) =>
            {
                return Some("there is nothing behind the end that `$` asks for");
            }
            b'^' if !flags && before == Before::Text => return Some("there is nothing before the start that `^` asks for"),
            _ if byte.is_ascii_alphanumeric() => before = if is_optional(at + 1) { Before::Other } else { Before::Text },
            _ => before = Before::Other,
        }
        at += width;
    }
    None
}

/// Whether a `+` stands behind the start that `^` asks for, where it repeats nothing: `^+OK` is meant as text, and read as `^OK`.
pub fn repeats_start(pattern: &str) -> bool {
    pattern.strip_prefix("^+").is_some_and(|rest| !rest.is_empty())
}

/// Whether a pattern that may stand anywhere in a text is found in every one: `.*`, an alternative that is empty, `x?`.
pub fn matches_anything(pattern: &str) -> bool {
    // Texts that have nothing in common, so that only what asks for nothing is found in all of them.
    const UNLIKE: &[&str] = &["\u{1}", "q", "7", "~\n~"];
    let pattern = pattern.trim();
    let whole = ["^", "$", "^.*$", ".+"].contains(&pattern);
    whole || regex::Regex::new(pattern).is_ok_and(|regex| regex.is_match("") && UNLIKE.iter().all(|text| regex.is_match(text)))
}

/// What stands before a place of a pattern.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Start,
    /// Text that must be there.
    Text,
    Other,
}

/// The alternatives of a pattern of the forms `a|b` and `x-(a|b)`, each written out; the pattern itself where it is neither.
pub fn alternatives(pattern: &str) -> Vec<String> {
    let plain = |text: &str| !text.contains(['(', ')', '[', ']', '\\', '{', '}']);
    if plain(pattern) {
        return pattern.split('|').map(str::to_owned).collect();
    }
    let inner = pattern.split_once('(').and_then(|(before, rest)| Some((before, rest.split_once(')')?)));
    match inner {
        Some((before, (inside, after))) if [before, after].iter().all(|text| plain(text) && !text.contains('|')) && plain(inside) => {
            inside.trim_start_matches("?:").split('|').map(|part| format!("{before}{part}{after}")).collect()
        }
        _ => vec![pattern.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::{matches_anything, never_matches, repeats_start};

    #[test]
    fn signs_behind_the_start_repeat_nothing() {
        assert!(repeats_start("^+OK"));
        for pattern in ["^\\+OK", "^[+]OK", "^x+", "^* OK", "+", "^+"] {
            assert!(!repeats_start(pattern), "{pattern}");
        }
    }

    #[test]
    fn patterns_that_ask_for_nothing_are_told() {
        for pattern in ["", ".*", "ok|", "|ok", "(ok)?", "x*", "^.*$", ".+", "a?b?"] {
            assert!(matches_anything(pattern), "{pattern}");
        }
        for pattern in ["ok", "^$", "^ok|^$", "[a-z]+", "^(ok)?$", "\\d*$x"] {
            assert!(!matches_anything(pattern), "{pattern}");
        }
    }

    #[test]
    fn impossible_patterns_are_told_apart() {
        for pattern in ["^status$ok", "^https://id\\\\.example/", "ok^done", "code \\\\d"] {
            assert!(never_matches(pattern).is_some(), "{pattern}");
        }
        for pattern in
            ["^ok$", "(?m)^a$b", "a|^b", "$|^x", "^a$x?", "[$]a", "\\$5", "a\\.b", "\\\\\\.", "C:\\\\data", "x*^y", "^(ok|UP)$", "[^\\\\.]"]
        {
            assert_eq!(never_matches(pattern), None, "{pattern}");
        }
    }
}
