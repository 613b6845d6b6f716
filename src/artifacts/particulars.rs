//! What is a service's own wherever its files are like those of others: its name, as each kind of file spells it, and its
//! addresses.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::code::naming::{pascal, snake};
use super::logs::identifier;
use crate::model::Service;

/// The texts that are a service's own: the same of each service in the same order.
#[derive(Clone, Debug)]
pub struct Particulars<'a>(Vec<Cow<'a, str>>);

impl<'a> Particulars<'a> {
    /// Those of a service.
    pub fn of(service: &'a Service) -> Self {
        let name = service.name.as_str();
        let spelt = [Cow::Borrowed(name), snake(name).into(), pascal(name).into(), identifier(name).into()];
        let addresses = service.addresses().map(Cow::Borrowed);
        Self(spelt.into_iter().chain(addresses).filter(|text| !text.is_empty()).collect())
    }

    /// The texts.
    pub fn texts(&self) -> &[Cow<'a, str>] {
        &self.0
    }

    /// What they have to do with each other, and of which kind each character is. Where this is the same of two services,
    /// whatever is made of their particulars is made alike: a text is spelt otherwise, is cut, or comes before another.
    pub fn kind(&self) -> (Vec<usize>, Vec<Vec<u8>>) {
        let mut sorted: Vec<&str> = self.0.iter().map(Cow::as_ref).collect();
        sorted.sort_unstable();
        sorted.dedup();
        let rank: HashMap<&str, usize> = sorted.into_iter().zip(0..).collect();
        (self.0.iter().map(|text| rank[text.as_ref()]).collect(), self.0.iter().map(|text| kinds(text)).collect())
    }

    /// What finds them in texts; `None` where they are more than can be looked for at once.
    pub fn finder(&self) -> Option<Finder> {
        let texts = self.0.iter().map(|text| text.as_bytes());
        // Built in no time, since most are for one text.
        let mut builder = AhoCorasick::builder();
        let builder = builder.match_kind(MatchKind::LeftmostLongest).kind(Some(AhoCorasickKind::NoncontiguousNFA));
        builder.build(texts).ok().map(Finder)
    }
}

/// Of which kind each character of a text is: letters and digits are like their kind, everything else is only like itself.
/// Two texts of the same kinds become the same when they are spelt otherwise.
fn kinds(text: &str) -> Vec<u8> {
    let kind = |byte| match byte {
        b'a'..=b'z' => b'a',
        b'A'..=b'Z' => b'A',
        b'0'..=b'9' => b'0',
        other => other,
    };
    text.bytes().map(kind).collect()
}

/// Finds a service's particulars: the longest where several begin at a place, the first of those that are equal.
#[derive(Debug)]
pub struct Finder(AhoCorasick);

impl Finder {
    /// The skeleton of a text.
    pub fn skeleton<'t>(&self, text: impl Into<Cow<'t, str>>) -> Skeleton<'t> {
        let text = text.into();
        let own = self.0.find_iter(text.as_bytes()).map(|found| (found.range(), found.pattern().as_usize())).collect();
        Skeleton { text, own }
    }
}

/// A text, and where in it a service's particulars stand. Skeletons are told apart by what stands around these.
#[derive(Debug)]
pub struct Skeleton<'t> {
    text: Cow<'t, str>,
    /// Where, and which.
    own: Vec<(Range<usize>, usize)>,
}

impl Skeleton<'_> {
    /// The text of the service that it was found in.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text of a service whose particulars these are.
    pub fn filled(&self, particulars: &Particulars) -> String {
        let mut out = String::with_capacity(self.text.len());
        let mut end = 0;
        for (place, which) in &self.own {
            out.extend([&self.text[end..place.start], &particulars.0[*which]]);
            end = place.end;
        }
        out + &self.text[end..]
    }
}

impl Hash for Skeleton<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let mut end = 0;
        for (place, which) in &self.own {
            (&self.text[end..place.start], which).hash(state);
            end = place.end;
        }
        self.text[end..].hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Fingerprint;

    impl<'a> Particulars<'a> {
        /// Those of a service that has nothing but a name.
        pub(in crate::artifacts) fn named(name: &'a str) -> Self {
            of(&[name])
        }
    }

    fn of<'a>(texts: &[&'a str]) -> Particulars<'a> {
        Particulars(texts.iter().map(|text| Cow::Borrowed(*text)).collect())
    }

    #[test]
    fn particulars_are_of_a_kind_where_whatever_is_made_of_them_is_made_alike() {
        assert_eq!(of(&["shop-1"]).kind(), of(&["cart-9"]).kind());
        for other in ["shop.1", "shop-a", "Shop-1", "shop-12"] {
            assert_ne!(of(&["shop-1"]).kind(), of(&[other]).kind(), "{other}");
        }
        assert_eq!(of(&["a:1", "b:1"]).kind(), of(&["c:1", "d:1"]).kind());
        for other in [["b:1", "a:1"], ["a:1", "a:1"]] {
            assert_ne!(of(&["a:1", "b:1"]).kind(), of(&other).kind(), "{other:?}");
        }
    }

    #[test]
    fn a_skeleton_is_filled_with_what_another_service_has_in_the_same_places() {
        let (shop, cart) = (of(&["shop-1", "Shop1", "shop-1:80"]), of(&["cart-2", "Cart2", "cart-2:81"]));
        let text = "Shop1 is shop-1, which listens at http://shop-1:80/";
        let skeleton = shop.finder().expect("three texts").skeleton(text);
        assert_eq!(skeleton.filled(&shop), text);
        assert_eq!(skeleton.filled(&cart), "Cart2 is cart-2, which listens at http://cart-2:81/");
    }

    #[test]
    fn skeletons_are_told_apart_by_what_stands_around_particulars() {
        let skeleton = |of: &Particulars, text: &'static str| Fingerprint::of(&of.finder().expect("two texts").skeleton(text));
        let (shop, cart) = (of(&["shop", "a:1"]), of(&["cart", "b:1"]));
        assert_eq!(skeleton(&shop, "shop at a:1"), skeleton(&cart, "cart at b:1"));
        for other in ["cart at cart", "cart at  b:1", "cart at a:1", "cart at b:1."] {
            assert_ne!(skeleton(&shop, "shop at a:1"), skeleton(&cart, other), "{other}");
        }
    }
}
