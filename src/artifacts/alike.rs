//! Services that differ in nothing but their name and their addresses: their own files are those of one of them, filled in with
//! another's.
//!
//! A platform's services mostly come of one template, and a fleet of them is rendered as fast as it can be copied. That a
//! rendering does nothing with a name or an address but put it in its place is not taken for granted: the files of the services
//! whose particulars are the first and the last, by their order, must come of each other. Whatever a rendering decides by
//! the order of names, it then decides for all those between alike; and texts of different lengths, or with other kinds of
//! characters, are never taken together, since something may be made of them.

use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

use memchr::memmem;

use super::particulars::{Particulars, Skeleton};
use super::readback::Judged;
use super::{File, TemplateError};
use crate::model::Service;
use crate::parallel;
use crate::source::Fingerprint;

/// With fewer than these it takes longer to find out than to render them.
const WORTHWHILE: usize = 4;

/// The services of a run that are like others.
pub struct Alike<'a> {
    groups: Vec<Group<'a>>,
    /// The group of each and its place there, by its name.
    of: HashMap<&'a str, (usize, usize)>,
}

/// Services that differ in their particulars only.
struct Group<'a> {
    services: Vec<(&'a Service, Particulars<'a>)>,
    pattern: OnceLock<Option<Pattern>>,
}

/// The files of a group.
struct Pattern {
    /// Whose files these are.
    of: Vec<String>,
    /// The path and the text of each.
    files: Vec<[Skeleton<'static>; 2]>,
    /// What they are but for the name.
    shape: Fingerprint,
}

impl<'a> Alike<'a> {
    /// Services, and what a service's own files are made of but for its particulars.
    pub fn new(services: &[&'a Service], made_of: impl Fn(&'a Service, &Particulars) -> Option<Fingerprint> + Sync) -> Self {
        let found = parallel::map(services, |service| {
            let particulars = Particulars::of(service);
            Some(((made_of(service, &particulars)?, particulars.kind()), (*service, particulars)))
        });
        let mut of_a_kind: HashMap<_, Vec<_>> = HashMap::new();
        for (kind, service) in found.into_iter().flatten() {
            of_a_kind.entry(kind).or_default().push(service);
        }
        let mut groups = Vec::new();
        let mut of = HashMap::new();
        for services in of_a_kind.into_values().filter(|services| services.len() >= WORTHWHILE) {
            of.extend(services.iter().enumerate().map(|(at, (service, _))| (service.name.as_str(), (groups.len(), at))));
            groups.push(Group { services, pattern: OnceLock::new() });
        }
        Self { groups, of }
    }

    /// The own files of a service and what they are but for its name, where they are like others'; `render` makes those of any.
    pub fn files(
        &self,
        service: &Service,
        render: impl Fn(&'a Service) -> Result<Vec<File>, TemplateError>,
    ) -> Option<(Vec<File>, Fingerprint)> {
        let (group, at) = *self.of.get(service.name.as_str())?;
        let group = &self.groups[group];
        let pattern = group.pattern.get_or_init(|| group.pattern(render)).as_ref()?;
        Some((pattern.files_of(&group.services[at].1)?, pattern.shape.clone()))
    }
}

impl<'a> Group<'a> {
    /// What the files of all have in common, if it can be found out.
    fn pattern(&self, render: impl Fn(&'a Service) -> Result<Vec<File>, TemplateError>) -> Option<Pattern> {
        let mut judges = self.first_and_last().into_iter().map(|at| &self.services[at]);
        let (service, particulars) = judges.next()?;
        // What cannot be rendered is told of each service by itself.
        let pattern = Pattern::new(&service.name, particulars, render(service).ok()?)?;
        judges.all(|(service, particulars)| render(service).ok() == pattern.files_of(particulars)).then_some(pattern)
    }

    /// The services with the first and with the last of each of the particulars that differ.
    fn first_and_last(&self) -> BTreeSet<usize> {
        let text = |at: usize, which: usize| &self.services[at].1.texts()[which];
        let ends = |which| {
            let first = (0..self.services.len()).min_by_key(|at| text(*at, which))?;
            let last = (0..self.services.len()).max_by_key(|at| text(*at, which))?;
            (text(first, which) != text(last, which)).then_some([first, last])
        };
        (0..self.services[0].1.texts().len()).filter_map(ends).flatten().collect()
    }
}

impl Pattern {
    /// The pattern of the files of one service.
    fn new(name: &str, particulars: &Particulars, files: Vec<File>) -> Option<Self> {
        let finder = particulars.finder()?;
        let shape = Judged::shape_of(name, &files);
        let files = files.into_iter().map(|file| [finder.skeleton(file.path), finder.skeleton(file.text)]).collect();
        Some(Self { of: particulars.texts().iter().map(|text| text.clone().into_owned()).collect(), files, shape })
    }

    /// The files of a service with other particulars; `None` where one of these stands in them anyway.
    fn files_of(&self, particulars: &Particulars) -> Option<Vec<File>> {
        let others: Vec<_> = particulars.texts().iter().zip(&self.of).filter(|(its, other)| its != other).collect();
        let finders: Vec<_> = others.iter().map(|(its, _)| memmem::Finder::new(its.as_bytes())).collect();
        let filled = |skeleton: &Skeleton| {
            let is_taken = finders.iter().any(|finder| finder.find(skeleton.text().as_bytes()).is_some());
            (!is_taken).then(|| skeleton.filled(particulars))
        };
        self.files.iter().map(|[path, text]| Some(File { path: filled(path)?, text: filled(text)? })).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(name: &str, text: &str) -> Vec<File> {
        vec![File { path: format!("alerts/{name}.yml"), text: text.replace('@', name) }]
    }

    fn pattern(name: &'static str, text: &str) -> Pattern {
        Pattern::new(name, &Particulars::named(name), files(name, text)).expect("one text is found")
    }

    #[test]
    fn a_pattern_holds_where_names_are_only_put_in_their_place() {
        let text = "expr: up{job=\"@\"}\nsummary: \"@ and @-api are down\"\n";
        let pattern = pattern("shop-1", text);
        for name in ["shop-9", "shop-5"] {
            assert_eq!(pattern.files_of(&Particulars::named(name)), Some(files(name, text)));
        }
        assert_eq!(pattern.shape, Judged::shape_of("shop-5", &files("shop-5", text)));
    }

    #[test]
    fn no_pattern_holds_where_a_name_is_part_of_another_word_or_decides_something() {
        let text = "expr: up{job=\"@\"}\nsummary: \"applications\"\n";
        assert_ne!(pattern("app", text).files_of(&Particulars::named("web")), Some(files("web", text)));
        assert_ne!(pattern("a", "[@, k]").files_of(&Particulars::named("z")), Some(files("z", "[k, @]")));
    }

    #[test]
    fn a_service_that_others_speak_of_is_rendered_by_itself() {
        let text = "expr: up{job=\"@\"}\nsummary: \"@ needs shop-5\"\n";
        let pattern = pattern("shop-1", text);
        assert_eq!(pattern.files_of(&Particulars::named("shop-4")), Some(files("shop-4", text)));
        assert_eq!(pattern.files_of(&Particulars::named("shop-5")), None);
    }
}
