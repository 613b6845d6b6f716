//! Who reads what of a job.

use std::collections::{BTreeSet, HashMap};

use crate::lint::context::Context;
use crate::lint::query::Query;
use crate::promql::ast::MatchOp;
use crate::promql::walk::selectors;

/// The queries of a set by the job that they name, or whose page alone has what they read, so that a job's are found without looking at all.
pub(super) struct Readers<'a> {
    named: HashMap<&'a str, Vec<&'a Query<'a>>>,
    /// Those that name several by a pattern.
    several: Vec<&'a Query<'a>>,
}

impl<'a> Readers<'a> {
    pub(super) fn of(context: &Context<'a>) -> Self {
        let mut readers = Self { named: HashMap::new(), several: Vec::new() };
        for query in context.queries {
            let (mut names, mut several) = (BTreeSet::new(), false);
            for found in query.expr.iter().flat_map(selectors) {
                for matcher in found.selector.matchers.iter().filter(|matcher| matcher.label.text == "job") {
                    match matcher.op {
                        MatchOp::Equal => drop(names.insert(matcher.value.as_str())),
                        _ => several = true,
                    }
                }
                names.extend(context.world.job_read(found.selector));
            }
            if several {
                readers.several.push(query);
                continue;
            }
            for name in names {
                readers.named.entry(name).or_default().push(query);
            }
        }
        readers
    }

    pub(super) fn of_job(&self, job: &str) -> impl Iterator<Item = &'a Query<'a>> {
        self.named.get(job).into_iter().flatten().chain(&self.several).copied()
    }
}
