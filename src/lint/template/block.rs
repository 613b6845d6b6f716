//! Texts that are one block and nothing else.

use super::pieces::{Piece, pieces};

/// The head of the block that is all of a text, as in `range .Alerts`; `None` where more is shown, or an `else` is.
pub fn only_block(text: &str) -> Option<String> {
    let (mut depth, mut head) = (0_usize, None);
    for piece in pieces(text)? {
        let words: Vec<&str> = match piece {
            Piece::Text(text) if depth == 0 && !text.trim().is_empty() => return None,
            Piece::Text(_) => continue,
            Piece::Action(inner, _) => inner.split_whitespace().collect(),
        };
        match words.first().copied() {
            Some("if" | "range" | "with") if depth == 0 => {
                if head.replace(words.join(" ")).is_some() {
                    return None;
                }
                depth = 1;
            }
            Some("if" | "range" | "with" | "block" | "define") => depth += 1,
            Some("end") => depth = depth.checked_sub(1)?,
            Some("else") if depth == 1 => return None,
            _ if depth == 0 => return None,
            _ => {}
        }
    }
    head.filter(|_| depth == 0)
}

#[cfg(test)]
mod tests {
    use super::only_block;

    #[test]
    fn one_block_is_all() {
        let of = |text: &str| only_block(text);
        assert_eq!(
            of("{{ range .Alerts.Resolved }}{{ if .Labels }}a{{ else }}b{{ end }}{{ end }}\n").as_deref(),
            Some("range .Alerts.Resolved")
        );
        assert_eq!(of("{{- if eq .Status \"resolved\" -}} a {{- end }}").as_deref(), Some("if eq .Status \"resolved\""));
        assert_eq!(of("{{ if .a }}a{{ else }}b{{ end }}"), None);
        assert_eq!(of("a {{ if .a }}a{{ end }}"), None);
        assert_eq!(of("{{ if .a }}a{{ end }}{{ if .b }}b{{ end }}"), None);
        assert_eq!(of("{{ .a }}"), None);
    }
}
