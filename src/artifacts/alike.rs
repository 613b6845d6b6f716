//! Services that differ in nothing but their name: their own files are those of one of them, under another name.
//!
//! A platform's services mostly come of one template, and a fleet of them is rendered as fast as it can be copied. That a
//! rendering does nothing with a name but put it in its place is not taken for granted: the files of the first and of the
//! last of the names, by their order, must come of each other. Whatever a rendering decides by the order of names, it then
//! decides for all those between alike; and names of different lengths, or with other kinds of characters, are never taken
//! together, since something may be made of a name.

use std::collections::HashMap;
use std::sync::OnceLock;

use memchr::memmem;

use super::readback::Judged;
use super::{File, TemplateError};
use crate::model::Service;
use crate::source::Fingerprint;

/// With fewer than these it takes longer to find out than to render them.
const WORTHWHILE: usize = 4;

/// The services of a run that are like others.
pub struct Alike<'a> {
    groups: Vec<Group<'a>>,
    /// The group of each, by its name.
    of: HashMap<&'a str, usize>,
}

/// Services that differ in their name only, in the order of their names.
struct Group<'a> {
    services: Vec<&'a Service>,
    pattern: OnceLock<Option<Pattern>>,
}

/// The files of a group.
pub struct Pattern {
    /// The service whose files these are.
    name: String,
    files: Vec<File>,
    /// What they are but for the name.
    shape: Fingerprint,
}

impl<'a> Alike<'a> {
    /// Services, each with all that its own files are made of but for its name.
    pub fn new(services: impl Iterator<Item = (&'a Service, Fingerprint)>) -> Self {
        let mut found: HashMap<(Fingerprint, String), Vec<&'a Service>> = HashMap::new();
        for (service, made_of) in services {
            found.entry((made_of, kinds(&service.name))).or_default().push(service);
        }
        let mut groups = Vec::new();
        let mut of = HashMap::new();
        for mut services in found.into_values().filter(|services| services.len() >= WORTHWHILE) {
            services.sort_by(|a, b| a.name.cmp(&b.name));
            of.extend(services.iter().map(|service| (service.name.as_str(), groups.len())));
            groups.push(Group { services, pattern: OnceLock::new() });
        }
        Self { groups, of }
    }

    /// The pattern of a service and of all that are like it; `None` where there is none. `render` makes a service's own files.
    pub fn pattern(&self, service: &Service, render: impl Fn(&'a Service) -> Result<Vec<File>, TemplateError>) -> Option<&Pattern> {
        let group = &self.groups[*self.of.get(service.name.as_str())?];
        // What cannot be rendered is told of each service by itself.
        let found = || {
            let (first, last) = (group.services.first()?, group.services.last()?);
            Pattern::of(&first.name, render(first).ok()?, &last.name, &render(last).ok()?)
        };
        group.pattern.get_or_init(found).as_ref()
    }
}

impl Pattern {
    /// The pattern of these files, if those of another service come of it.
    fn of(name: &str, files: Vec<File>, other: &str, theirs: &[File]) -> Option<Self> {
        let pattern = Self { name: name.to_owned(), shape: Judged::shape_of(name, &files), files };
        (pattern.files_of(other)? == theirs).then_some(pattern)
    }

    /// The files of a service of another name; `None` where something else in them is called as it is.
    pub fn files_of(&self, name: &str) -> Option<Vec<File>> {
        let (its_name, is_taken) = (memmem::Finder::new(&self.name), memmem::Finder::new(name));
        let taken = |text: &str| name != self.name && is_taken.find(text.as_bytes()).is_some();
        let renamed = |text: &str| (!taken(text)).then(|| replaced(text, &its_name, name));
        self.files.iter().map(|file| Some(File { path: renamed(&file.path)?, text: renamed(&file.text)? })).collect()
    }

    /// What the files are but for the name.
    pub fn shape(&self) -> &Fingerprint {
        &self.shape
    }
}

/// Of which kind each character of a name is: two names of the same kinds become the same when they are spelt otherwise.
fn kinds(name: &str) -> String {
    let kind = |character: char| match character {
        'a'..='z' => 'a',
        'A'..='Z' => 'A',
        '0'..='9' => '0',
        other => other,
    };
    name.chars().map(kind).collect()
}

/// A text with another name wherever one is found.
fn replaced(text: &str, found: &memmem::Finder, name: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut end = 0;
    for at in found.find_iter(text.as_bytes()) {
        out.extend([&text[end..at], name]);
        end = at + found.needle().len();
    }
    out.push_str(&text[end..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(name: &str, text: &str) -> Vec<File> {
        vec![File { path: format!("alerts/{name}.yml"), text: text.replace('@', name) }]
    }

    #[test]
    fn a_pattern_holds_where_names_are_only_put_in_their_place() {
        let text = "expr: up{job=\"@\"}\nsummary: \"@ and @-api are down\"\n";
        let pattern = Pattern::of("shop-1", files("shop-1", text), "shop-9", &files("shop-9", text)).expect("they come of each other");
        assert_eq!(pattern.files_of("shop-5"), Some(files("shop-5", text)));
        assert_eq!(pattern.shape(), &Judged::shape_of("shop-5", &files("shop-5", text)));
    }

    #[test]
    fn no_pattern_holds_where_a_name_is_part_of_another_word_or_decides_something() {
        let text = "expr: up{job=\"@\"}\nsummary: \"applications\"\n";
        assert!(Pattern::of("app", files("app", text), "web", &files("web", text)).is_none());
        let sorted = |name: &str, order: &str| files(name, order);
        assert!(Pattern::of("a", sorted("a", "[@, k]"), "z", &sorted("z", "[k, @]")).is_none());
    }

    #[test]
    fn names_are_of_the_same_kinds_where_whatever_is_made_of_them_is_made_alike() {
        assert_eq!(kinds("shop-1"), kinds("cart-9"));
        for other in ["shop.1", "shop-a", "Shop-1", "shop-12"] {
            assert_ne!(kinds("shop-1"), kinds(other), "{other}");
        }
    }

    #[test]
    fn a_service_that_others_speak_of_is_rendered_by_itself() {
        let text = "expr: up{job=\"@\"}\nsummary: \"@ needs shop-5\"\n";
        let pattern = Pattern::of("shop-1", files("shop-1", text), "shop-9", &files("shop-9", text)).expect("they come of each other");
        assert_eq!(pattern.files_of("shop-4"), Some(files("shop-4", text)));
        assert_eq!(pattern.files_of("shop-5"), None);
    }
}
