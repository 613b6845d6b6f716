//! Where texts are filled in: `{{ … }}`.

/// Whether a place in a text is inside `{{ … }}`, whether or not the text is a template.
pub fn inside_action(text: &str, at: usize) -> bool {
    text[..at].rfind("{{").is_some_and(|open| !text[open..at].contains("}}"))
}
