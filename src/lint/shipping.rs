//! The log pipelines of a set: which component sends its lines to which. Alloy and Vector take several files as one
//! configuration, so a component is looked for in all files of its shipper.

use std::collections::HashMap;

use crate::formats::logs::{Component, Flow, LogPipeline, Reference, Shipper};
use crate::lint::context::Context;
use crate::lint::views::{View, ViewKind};
use crate::lint::world::declared::{Catalogue, DeclaredLogging};

/// The configurations of a shipper, as one.
pub struct Shipping<'a> {
    /// Whose they are.
    pub shipper: Shipper,
    /// Every component.
    pub components: Vec<&'a Component<'a>>,
    /// From which component to which lines go.
    pub edges: Vec<(usize, usize)>,
    /// What is named and is not there, and by whom.
    pub dangling: Vec<(&'a Component<'a>, &'a Reference)>,
    /// Whether all there is can be seen.
    pub closed: bool,
}

/// The log pipelines among the documents.
pub fn pipelines<'a>(context: &Context<'a>) -> impl Iterator<Item = (&'a View<'a>, &'a LogPipeline<'a>)> {
    context.views.iter().filter_map(|view| if let ViewKind::Logs(pipeline) = &view.kind { Some((view, pipeline)) } else { None })
}

/// Log pipelines with what a manifest says of the lines that they ship.
pub fn declared<'a>(context: &Context<'a>) -> impl Iterator<Item = (&'a DeclaredLogging, &'a LogPipeline<'a>)> {
    let manifests = || context.world.catalogues.iter().filter(|catalogue| !catalogue.is_page());
    let is_one = manifests().count() == 1;
    let own =
        move |path: &str, service: &str| is_one || path.rsplit('/').next().is_some_and(|name| name.starts_with(&format!("{service}.")));
    let of = move |catalogue: &'a Catalogue| {
        let logging = catalogue.logging.as_ref()?;
        let own = pipelines(context).filter(move |(view, _)| view.complete && own(view.file, &catalogue.service));
        Some(own.map(move |(_, pipeline)| (logging, pipeline)).collect::<Vec<_>>())
    };
    manifests().filter_map(of).flatten().collect::<Vec<_>>().into_iter()
}

/// What each shipper is told.
pub fn all<'a>(context: &Context<'a>) -> Vec<Shipping<'a>> {
    let of = |shipper| {
        let mut shipping = Shipping { shipper, components: Vec::new(), edges: Vec::new(), dangling: Vec::new(), closed: true };
        let files: Vec<_> = pipelines(context).filter(|(_, pipeline)| pipeline.shipper == shipper).collect();
        // Every file of Fluent Bit is a configuration of its own.
        let sets = if shipper == Shipper::FluentBit { files.chunks(1).collect() } else { vec![files.as_slice()] };
        for set in sets {
            shipping.add(set);
        }
        shipping
    };
    [Shipper::Alloy, Shipper::Vector, Shipper::FluentBit].map(of).into_iter().filter(|shipping| !shipping.components.is_empty()).collect()
}

impl<'a> Shipping<'a> {
    fn add(&mut self, files: &[(&'a View<'a>, &'a LogPipeline<'a>)]) {
        let first = self.components.len();
        self.components.extend(files.iter().flat_map(|(_, pipeline)| &pipeline.components));
        let closed = files.iter().all(|(view, pipeline)| view.complete && !pipeline.open);
        self.closed &= closed;
        let mut ids: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, component) in self.components.iter().enumerate().skip(first) {
            ids.entry(component.id.as_str()).or_default().push(at);
        }
        let mut own = first;
        for (_, pipeline) in files {
            for reference in &pipeline.references {
                let by = own + reference.by;
                let found = if let Some(mut names) = exact(self.shipper, &reference.name) {
                    names.find_map(|name| ids.get(name).cloned()).unwrap_or_default()
                } else {
                    let named = |at: &usize| self.shipper.is_named(&reference.name, self.components[*at]);
                    (first..self.components.len()).filter(named).collect()
                };
                if found.is_empty() && closed {
                    self.dangling.push((self.components[by], reference));
                }
                let edge = |other| if reference.flow == Flow::To { (by, other) } else { (other, by) };
                self.edges.extend(found.into_iter().map(edge));
            }
            own += pipeline.components.len();
        }
    }
}

/// The ids that a reference may mean, the longest first; `None` where it is a pattern.
fn exact(shipper: Shipper, name: &str) -> Option<impl Iterator<Item = &str>> {
    let is_pattern = shipper == Shipper::FluentBit || (shipper == Shipper::Vector && name.contains('*'));
    // Behind a dot stands what the component exports, or one of its outputs.
    (!is_pattern).then(|| std::iter::successors(Some(name), |name| name.rfind('.').map(|dot| &name[..dot])))
}

/// A circle among edges between `count` things: its members in order, the one that comes first leading.
pub fn circles(count: usize, edges: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let mut next = vec![Vec::new(); count];
    for (from, to) in edges {
        next[*from].push(*to);
    }
    let mut done = vec![false; count];
    let mut step: Vec<Option<usize>> = vec![None; count];
    let mut found: Vec<Vec<usize>> = Vec::new();
    for start in 0..count {
        // The way from `start`, each step with the edges that were tried, and where on it each thing is.
        let mut way: Vec<(usize, usize)> = if done[start] { Vec::new() } else { vec![(start, 0)] };
        step[start] = way.first().map(|_| 0);
        while let Some((at, tried)) = way.last_mut() {
            let Some(to) = next[*at].get(*tried).copied() else {
                done[*at] = true;
                step[*at] = None;
                way.pop();
                continue;
            };
            *tried += 1;
            if let Some(begin) = step[to] {
                found.push(way[begin..].iter().map(|(member, _)| *member).collect());
            } else if !done[to] {
                step[to] = Some(way.len());
                way.push((to, 0));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::circles;

    #[test]
    fn circles_are_found_once_and_ways_that_meet_are_none() {
        assert!(circles(4, &[(0, 1), (0, 2), (1, 3), (2, 3)]).is_empty());
        assert_eq!(circles(2, &[(0, 0), (0, 1)]), [vec![0]]);
        assert_eq!(circles(4, &[(3, 0), (0, 1), (1, 2), (2, 0)]), [vec![0, 1, 2]]);
        assert_eq!(circles(4, &[(0, 1), (1, 0), (2, 3), (3, 2)]).len(), 2);
    }
}
