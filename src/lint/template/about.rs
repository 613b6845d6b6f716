//! What a sentence is about: what happened, or something else.

use std::ops::Range;

/// So much of a sentence is looked at on each side of a place, in bytes: no sentence that people write is longer.
pub(super) const SENTENCE: usize = 1000;

/// Words for what ought to be or may be, and for what others ask for.
const ASIDE: &[&str] = &[
    " advise",
    " allow",
    " answers ",
    " by law",
    " can ",
    " can't ",
    " done in ",
    " expect",
    " handles ",
    " has to ",
    " have to ",
    " if ",
    " incident ",
    " in case ",
    " is good",
    " it was ",
    " kept ",
    " lasts ",
    " law ",
    " lives ",
    " made for ",
    " may ",
    " must ",
    " policy ",
    " promise",
    " refuses ",
    " should ",
    " sla ",
    " so that ",
    " stays ",
    " takes at most ",
    " told ",
    " unless ",
    " up to ",
    " valid ",
    " we want ",
    " went ",
    " would ",
];

/// How a sentence is about an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// It shows something of the alert.
    Shown,
    /// It is the first one of its text, and shows nothing.
    First,
    /// It says what ought to be or may be, or stands behind others and shows nothing: it is about something else.
    Aside,
}

/// The sentence around a place of a text.
pub(in crate::lint) fn sentence_at(text: &str, at: usize) -> Range<usize> {
    const MARKS: [char; 5] = ['.', '!', '?', ';', '\n'];
    let near = text.ceil_char_boundary(at.saturating_sub(SENTENCE));
    let far = text.floor_char_boundary(text.len().min(at + SENTENCE));
    let ends = |end: &usize| text[end + 1..].starts_with(char::is_whitespace);
    let start = text[near..at].rmatch_indices(MARKS).map(|(end, _)| near + end).find(ends).map_or(near, |end| end + 1);
    start..text[at..far].match_indices(MARKS).map(|(end, _)| at + end).find(ends).unwrap_or(far)
}

/// How the sentence around a place of a text is about the alert.
pub(super) fn about(text: &str, at: usize) -> About {
    let Range { start, end } = sentence_at(text, at);
    let sentence = format!(" {} ", text[start..end].trim().to_lowercase());
    if ASIDE.iter().any(|words| sentence.contains(words)) {
        About::Aside
    } else if sentence.contains("{{") {
        About::Shown
    } else if text[..start].bytes().all(|byte| byte.is_ascii_whitespace()) {
        About::First
    } else {
        About::Aside
    }
}

#[cfg(test)]
mod tests {
    use super::{About, about};

    #[test]
    fn first_sentences_and_those_that_show_something_are_about_the_alert() {
        let of = |text: &str| about(text, text.find("for 2").expect("a time"));
        assert_eq!(of("Down for 2h."), About::First);
        assert_eq!(of("It is gone. {{ $labels.a }} was down for 2h."), About::Shown);
        assert_eq!(of("It is gone. The agent buffers for 2h."), About::Aside);
        assert_eq!(of("Version 1.2 is down for 2h"), About::First);
        assert_eq!(of("It must not be down for 2h"), About::Aside);
        assert_eq!(of(&format!("{} down for 2h", "word ".repeat(1000))), About::Aside);
    }
}
