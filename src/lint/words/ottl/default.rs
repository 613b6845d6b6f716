//! Values that stand for what is missing.

use super::piece::{Piece, pieces};

/// Words for what is not there.
const MISSING: &[&str] = &["unmatched", "unknown", "none", "default", "other", "missing", "unset", "undefined", "empty", "n/a", "not set"];

/// The word for what is missing that a statement writes over whatever is there, which its condition asks for.
pub fn hides_what_is_there(text: &str) -> Option<&str> {
    let pieces = pieces(text);
    let at = pieces.iter().rposition(|piece| *piece == Piece::Word("where"))?;
    let [Piece::Word("set"), Piece::Sign("("), path @ .., Piece::Sign(","), Piece::Text(value), Piece::Sign(")")] = &pieces[..at] else {
        return None;
    };
    let condition = &pieces[at + 1..];
    if condition.iter().any(|piece| matches!(piece, Piece::Word("or" | "not"))) {
        return None;
    }
    // What asks for anything else may well choose what has no name of its own.
    let is_of_kind = |part: &[Piece<'_>]| {
        matches!(
            part,
            [Piece::Word("kind"), _, Piece::Word(_)] | [Piece::Word("span"), Piece::Sign("."), Piece::Word("kind"), _, Piece::Word(_)]
        )
    };
    let is_there = |part: &[Piece<'_>]| matches!(part, [own @ .., Piece::Sign("!="), Piece::Word("nil")] if own == path);
    let parts = || condition.split(|piece| *piece == Piece::Word("and"));
    let word = value.trim_matches(['/', '<', '>', '(', ')', '{', '}', ' ', '_', '-']).to_lowercase();
    (MISSING.contains(&word.as_str()) && parts().any(is_there) && parts().all(|part| is_there(part) || is_of_kind(part))).then_some(*value)
}

#[cfg(test)]
mod tests {
    use super::hides_what_is_there;

    #[test]
    fn a_default_is_for_what_is_missing() {
        let hides = |text: &str| hides_what_is_there(text).is_some();
        assert!(hides("set(attributes[\"a\"], \"/unmatched\") where attributes[\"a\"] != nil and kind == SPAN_KIND_SERVER"));
        assert!(hides("set(resource.attributes[\"a\"], \"unknown\") where resource.attributes[\"a\"] != nil"));
        assert!(!hides("set(attributes[\"a\"], \"unknown\") where attributes[\"a\"] == nil"));
        assert!(!hides("set(attributes[\"a\"], \"other\") where attributes[\"a\"] != nil and not IsMatch(attributes[\"a\"], \"x\")"));
        assert!(!hides("set(attributes[\"a\"], \"other\") where attributes[\"a\"] != nil and attributes[\"code\"] == 404"));
        assert!(!hides("set(attributes[\"a\"], \"none\") where attributes[\"b\"] != nil"));
        assert!(!hides("set(attributes[\"a\"], \"redacted\") where attributes[\"a\"] != nil"));
    }
}
