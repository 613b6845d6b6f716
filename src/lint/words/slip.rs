//! Names that are nearly another.

use crate::diagnostic::{did_you_mean, misspelt};

/// The name that was meant, where the two differ in letters: `rate5m` and `rate1m` are two.
pub fn slip<'a>(written: &str, known: &[&'a str]) -> Option<&'a str> {
    let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).collect::<Vec<_>>();
    misspelt(written, known).filter(|meant| digits(written) == digits(meant))
}

/// The name that has the same words in another order.
pub fn reordered<'a>(written: &str, mut known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let words = |name: &str| {
        let mut words: Vec<String> = name.split('_').map(str::to_owned).collect();
        words.sort_unstable();
        words
    };
    let wanted = words(written);
    known.find(|known| known.len() == written.len() && *known != written && words(known) == wanted)
}

/// Whether two names are told apart by one letter that is a word of its own or follows a digit: `node-a.local` and `node-b.local`, or
/// the zones `eu-1a` and `eu-1b`. Such are siblings, and none is a slip of the other.
pub fn are_siblings(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut apart = (0..one.len().min(other.len())).filter(|at| one[*at] != other[*at]);
    let (Some(at), None, true) = (apart.next(), apart.next(), one.len() == other.len()) else { return false };
    is_word(one, at) && is_word(other, at)
}

/// Whether a letter is a word of its own, or follows a digit.
fn is_word(name: &[u8], at: usize) -> bool {
    let is_edge = |byte: &u8| b"-_.:/".contains(byte);
    let before = at.checked_sub(1).is_none_or(|before| is_edge(&name[before]) || name[before].is_ascii_digit());
    name[at].is_ascii_alphabetic() && before && name.get(at + 1).is_none_or(is_edge)
}

/// Names longer than this are no names of hosts, and are not told apart by a letter.
const LONGEST: usize = 253;

/// A name with each of its letters left out that may tell it from siblings: two names share one of these where they are siblings.
pub fn sibling_stems(name: &str) -> Vec<String> {
    let bytes = name.as_bytes();
    let alone = |at: &usize| bytes.len() <= LONGEST && is_word(bytes, *at);
    (0..bytes.len()).filter(alone).map(|at| format!("{}\0{}", &name[..at], &name[at + 1..])).collect()
}

/// Whether a value is another one written wrongly or not to its end; numbers tell things apart.
pub fn is_slip_of_value(value: &str, other: &str) -> bool {
    let letters = |text: &str| text.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
    if letters(value) == letters(other) || are_siblings(value, other) {
        return false;
    }
    value.eq_ignore_ascii_case(other) || other.to_lowercase().starts_with(&value.to_lowercase()) || did_you_mean(value, [other]).is_some()
}

#[cfg(test)]
mod tests {
    use super::{are_siblings, reordered, sibling_stems};

    #[test]
    fn words_in_another_order_are_the_same_words() {
        assert_eq!(reordered("shop_open_orders", ["shop_orders", "shop_orders_open"].into_iter()), Some("shop_orders_open"));
        assert_eq!(reordered("shop_orders", ["shop_orders"].into_iter()), None);
    }

    #[test]
    fn siblings_share_a_stem_and_others_do_not() {
        let names =
            ["node-a.shop", "node-b.shop", "node-a.stop", "eu-west-1a", "eu-west-1b", "a.shop", "b.shop", "web", "weg", "x*", "x-*", ""];
        for one in names {
            for other in names.into_iter().filter(|other| *other != one) {
                let shared = sibling_stems(one).iter().any(|stem| sibling_stems(other).contains(stem));
                assert_eq!(shared, are_siblings(one, other), "{one} {other}");
            }
        }
    }

    #[test]
    fn a_letter_of_its_own_tells_siblings_apart() {
        for (one, other) in [("node-a.shop", "node-b.shop"), ("eu-west-1a", "eu-west-1b"), ("a.shop", "b.shop"), ("db-a", "db-b")] {
            assert!(are_siblings(one, other), "{one} {other}");
        }
        for (one, other) in [("node-a", "node-a"), ("web-shop", "web-shot"), ("monitorin.svc", "monitoring.svc"), ("", "")] {
            assert!(!are_siblings(one, other), "{one} {other}");
        }
    }
}
