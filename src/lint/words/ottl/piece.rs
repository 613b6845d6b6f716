//! What a text of the language consists of.

/// A word, a text in quotes, or a sign of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Piece<'t> {
    Word(&'t str),
    Text(&'t str),
    Sign(&'t str),
}

/// The pieces of a text, in order.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let bytes = text.as_bytes();
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
    let (mut at, mut found) = (0, Vec::new());
    while at < bytes.len() {
        let start = at;
        match bytes[at] {
            byte if byte.is_ascii_whitespace() => at += 1,
            b'"' => {
                at += 1;
                while at < bytes.len() && bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                found.push(Piece::Text(text.get(start + 1..at.min(bytes.len())).unwrap_or("")));
                at += 1;
            }
            byte if is_word(byte) => {
                while at < bytes.len() && is_word(bytes[at]) {
                    at += 1;
                }
                found.push(Piece::Word(&text[start..at]));
            }
            byte => {
                let pair = matches!(byte, b'=' | b'!' | b'<' | b'>') && bytes.get(at + 1) == Some(&b'=');
                at += if pair || matches!(byte, b'&' | b'|') && bytes.get(at + 1) == Some(&byte) { 2 } else { 1 };
                found.push(Piece::Sign(&text[start..at]));
            }
        }
    }
    found
}
