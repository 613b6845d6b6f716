//! String literals: Go's escapes in double and single quotes, none in backticks.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The bytes a string literal stands for, borrowed where nothing is escaped. The lexer has checked the escapes.
pub(crate) fn unquote(literal: &str) -> Cow<'_, [u8]> {
    let quote = literal.bytes().next().unwrap_or(b'"');
    let inner = literal.get(1..literal.len().saturating_sub(1)).unwrap_or_default();
    if quote == b'`' || !inner.contains('\\') {
        return Cow::Borrowed(inner.as_bytes());
    }
    let mut decoded = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some((before, escaped)) = rest.split_once('\\') {
        decoded.extend_from_slice(before.as_bytes());
        rest = unescape(escaped, &mut decoded);
    }
    decoded.extend_from_slice(rest.as_bytes());
    Cow::Owned(decoded)
}

/// Decodes one escape sequence, whose backslash is gone, and returns what follows it.
fn unescape<'a>(escaped: &'a str, decoded: &mut Vec<u8>) -> &'a str {
    let mut characters = escaped.chars();
    let Some(first) = characters.next() else {
        return "";
    };
    let (skip, digits, radix) = match first {
        'x' => (1, 2, 16),
        'u' => (1, 4, 16),
        'U' => (1, 8, 16),
        '0'..='7' => (0, 3, 8),
        _ => {
            let byte = match first {
                'a' => 0x07,
                'b' => 0x08,
                'f' => 0x0C,
                'n' => b'\n',
                'r' => b'\r',
                't' => b'\t',
                'v' => 0x0B,
                other => other.try_into().unwrap_or(b'?'),
            };
            decoded.push(byte);
            return characters.as_str();
        }
    };
    let value = escaped.get(skip..skip + digits).and_then(|digits| u32::from_str_radix(digits, radix).ok()).unwrap_or_default();
    if matches!(first, 'u' | 'U') {
        let character = char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER);
        decoded.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    } else {
        decoded.push(u8::try_from(value).unwrap_or_default());
    }
    escaped.get(skip + digits..).unwrap_or_default()
}

/// Writes bytes as a double-quoted literal that [`unquote`] reads back to the same bytes.
pub(crate) fn quote(bytes: &[u8], text: &mut String) {
    let plain = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
    text.push('"');
    for chunk in bytes.utf8_chunks() {
        if chunk.valid().as_bytes().iter().all(plain) {
            text.push_str(chunk.valid());
        } else {
            chunk.valid().chars().for_each(|character| quote_character(character, text));
        }
        for byte in chunk.invalid() {
            // Writing to a String cannot fail.
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text.push('"');
}

fn quote_character(character: char, text: &mut String) {
    match character {
        '"' => text.push_str("\\\""),
        '\\' => text.push_str("\\\\"),
        '\n' => text.push_str("\\n"),
        '\r' => text.push_str("\\r"),
        '\t' => text.push_str("\\t"),
        '\u{7}' => text.push_str("\\a"),
        '\u{8}' => text.push_str("\\b"),
        '\u{b}' => text.push_str("\\v"),
        '\u{c}' => text.push_str("\\f"),
        // Prometheus refuses this one unescaped.
        char::REPLACEMENT_CHARACTER => text.push_str("\\ufffd"),
        _ if character.is_control() => {
            let _ = write!(text, "\\u{:04x}", u32::from(character));
        }
        _ => text.push(character),
    }
}

#[cfg(test)]
mod tests {
    use super::{quote, unquote};

    #[test]
    fn escapes_are_decoded() {
        let cases: &[(&str, &[u8])] = &[
            (r#""plain""#, b"plain"),
            (r#""a\n\t\"\\""#, b"a\n\t\"\\"),
            (r"'it\'s'", b"it's"),
            (r"`a\.b`", br"a\.b"),
            (r#""\xff\377\u1234\U00010111☺""#, b"\xff\xff\xe1\x88\xb4\xf0\x90\x84\x91\xe2\x98\xba"),
        ];
        for (literal, bytes) in cases {
            assert_eq!(&*unquote(literal), *bytes, "{literal}");
        }
    }

    #[test]
    fn what_is_quoted_reads_back_the_same() {
        for bytes in [&b"plain"[..], b"a\"b\\c\nd", "é☺\u{fffd}\u{1}".as_bytes(), b"\xff\x00"] {
            let mut text = String::new();
            quote(bytes, &mut text);
            assert_eq!(&*unquote(&text), bytes, "{text}");
        }
    }
}
