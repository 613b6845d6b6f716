//! Text of a stranger, made fit to be shown: control characters escaped, secrets masked, and not too long.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

/// So much of a body is shown.
const BYTES: usize = 200;
/// So much of a body is looked at for secrets.
const LOOKED_AT: usize = 4096;

static SECRETS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let names = r"[a-z0-9_.-]*(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|authorization|credentials?|session(?:[_-]?id)?|set-cookie|cookie)[a-z0-9_-]*";
    [
        // JSON: a quoted value up to its end, or to where the text was cut.
        (format!(r#"(?i)("{names}"\s*:\s*)"(?:[^"\\]|\\.)*("?)"#), r#"$1"***""#),
        (format!(r#"(?i)("{names}"\s*:\s*)[^"\s,}}\]]+"#), "$1***"),
        // `name=value` and `name: value`.
        (format!(r#"(?i)\b({names}\s*[=:]\s*)(?:bearer\s+|basic\s+)?[^\s"'&,;<>]+"#), "$1***"),
        (r"(?i)\b(bearer|basic)\s+[a-z0-9._~+/=-]{8,}".to_owned(), "$1 ***"),
        (r"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?".to_owned(), "***"),
        (r#"(://)[^\s/@"']*:[^\s/@"']*@"#.to_owned(), "$1***@"),
    ]
    .into_iter()
    .map(|(pattern, with)| (Regex::new(&pattern).expect("the patterns of secrets are regular expressions"), with))
    .collect()
});

/// The beginning of a body.
pub(super) fn of_body(body: &[u8]) -> String {
    // Masked before it is cut: a cut could take away what shows a secret to be one.
    let looked_at = String::from_utf8_lossy(&body[..body.len().min(LOOKED_AT)]);
    let shown = escaped(&masked(&looked_at));
    if shown.len() <= BYTES {
        return if body.len() > LOOKED_AT { shown + "…" } else { shown };
    }
    let end = (0..=BYTES).rev().find(|end| shown.is_char_boundary(*end)).unwrap_or(0);
    format!("{}…", &shown[..end])
}

/// A sentence that may quote an answer.
pub(super) fn safe(text: &str) -> String {
    escaped(&masked(text))
}

/// A size as people read it: `64 KiB`.
pub(super) fn size(bytes: usize) -> String {
    match bytes {
        _ if bytes >= 1 << 20 && bytes.is_multiple_of(1 << 20) => format!("{} MiB", bytes >> 20),
        _ if bytes >= 1 << 10 && bytes.is_multiple_of(1 << 10) => format!("{} KiB", bytes >> 10),
        _ => format!("{bytes} bytes"),
    }
}

/// A URL without the password that stands before `@`.
pub fn without_credentials(url: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = url.split_once("://") else { return Cow::Borrowed(url) };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..end].rsplit_once('@') {
        Some((user, host)) if user.contains(':') => Cow::Owned(format!("{scheme}://***@{host}{}", &rest[end..])),
        _ => Cow::Borrowed(url),
    }
}

/// Every pattern of a secret needs one of these. Most of what is said has none, and the patterns take a while to be made.
const HINTS: [&str; 13] =
    ["passw", "passphrase", "secret", "token", "api", "access", "private", "auth", "credential", "session", "cookie", "bearer", "basic"];

fn may_hold_secret(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    text.contains("eyJ") || text.contains("://") && text.contains('@') || HINTS.iter().any(|hint| lower.contains(hint))
}

fn masked(text: &str) -> String {
    if !may_hold_secret(text) {
        return text.to_owned();
    }
    SECRETS.iter().fold(text.to_owned(), |text, (pattern, with)| pattern.replace_all(&text, *with).into_owned())
}

/// Control characters, and those that turn the reading direction, as escapes.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let turns =
            matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        if c.is_control() || turns { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_wherever_they_stand() {
        for (text, shown) in [
            (r#"{"password": "hunter2", "status": "ok"}"#, r#"{"password": "***", "status": "ok"}"#),
            (r#"{"db_password":"a\"b","n":1}"#, r#"{"db_password":"***","n":1}"#),
            (r#"{"token":12345}"#, r#"{"token":***}"#),
            ("cannot connect to postgres://obs:hunter2@db:5432/app", "cannot connect to postgres://***@db:5432/app"),
            ("Authorization: Bearer abcdef.12345", "Authorization: ***"),
            ("api_key=abc123&x=1", "api_key=***&x=1"),
            ("https://obs:hunter2@example.com/a", "https://***@example.com/a"),
            ("ACCESS-KEY: abc, PRIVATE_KEY: abc", "ACCESS-KEY: ***, PRIVATE_KEY: ***"),
            ("a Basic b2JzOmh1bnRlcjI= and eyJhbGciOi.J9eyJz", "a Basic *** and ***"),
            (r#"{"password": "cut off he"#, r#"{"password": "***""#),
        ] {
            assert_eq!(of_body(text.as_bytes()), shown);
        }
    }

    #[test]
    fn a_url_is_shown_without_its_password() {
        for (url, shown) in [
            ("http://a:b@c:1/x@y:z", "http://***@c:1/x@y:z"),
            ("http://c:1/x?u=http://a:b@c", "http://c:1/x?u=http://a:b@c"),
            ("http://a@c/", "http://a@c/"),
            ("c:1", "c:1"),
        ] {
            assert_eq!(without_credentials(url), shown);
        }
    }

    #[test]
    fn an_excerpt_is_short_and_plain() {
        assert_eq!(of_body(b"a\x1b[31mb\r\n\xff"), "a\\u{1b}[31mb\\r\\n\u{fffd}");
        let long = of_body("ü".repeat(500).as_bytes());
        assert!(long.len() <= BYTES + "…".len() && long.ends_with('…'));
    }
}
