//! What every rule may look at beside its subject.

use crate::diagnostic::Diagnostic;
use crate::formats::Kind;
use crate::formats::dashboard::Dashboard;
use crate::formats::provisioning::Datasource;
use crate::formats::rule_file::RuleFile;
use crate::lint::query::Query;
use crate::lint::views::environments::Environments;
use crate::lint::views::{self, View, ViewKind};
use crate::lint::world::World;
use crate::promql::walk::{Found, selectors};
use crate::source::{Node, SourceMap};

/// All that is known.
#[allow(dead_code, reason = "what a rule may ask, whether or not one does yet")]
pub struct Context<'a> {
    /// The texts.
    pub sources: &'a SourceMap,
    /// What exists.
    pub world: &'a World<'a>,
    /// Every document.
    pub views: &'a [View<'a>],
    /// Every expression, in order; none yet while single expressions are judged.
    pub queries: &'a [&'a Query<'a>],
    /// What environments make of the manifests.
    pub environments: &'a Environments,
}

impl<'a> Context<'a> {
    /// The manifests among the inputs.
    pub(in crate::lint) fn manifests(&self) -> impl Iterator<Item = &'a View<'a>> + use<'a> {
        self.views.iter().filter(|view| matches!(view.kind, ViewKind::Other(Kind::Manifest)))
    }

    /// Judges each manifest, and what each of its environments makes of it.
    pub(in crate::lint) fn each_manifest(&self, found: &mut Vec<Diagnostic>, rule: impl Fn(&Node, &mut Vec<Diagnostic>)) {
        for view in self.manifests() {
            self.environments.judge(view, &rule, found);
        }
    }

    /// Every selector of every expression, with the query that it stands in.
    pub(in crate::lint) fn selectors(&self) -> impl Iterator<Item = (&'a Query<'a>, Found<'a>)> + use<'a> {
        let read = self.queries.iter().filter_map(|query| Some((*query, query.expr.as_ref()?)));
        read.flat_map(|(query, expr)| selectors(expr).into_iter().map(move |found| (query, found)))
    }

    /// The rule files among the inputs.
    pub(in crate::lint) fn rule_files(&self) -> impl Iterator<Item = &'a RuleFile<'a>> + use<'a> {
        views::rule_files(self.views)
    }

    /// The dashboards among the inputs.
    pub(in crate::lint) fn dashboards(&self) -> impl Iterator<Item = &'a Dashboard<'a>> + use<'a> {
        self.views.iter().filter_map(|view| if let ViewKind::Dashboard(dashboard) = &view.kind { Some(dashboard) } else { None })
    }

    /// The lists of data sources that Grafana is provisioned with.
    pub(in crate::lint) fn datasources(&self) -> impl Iterator<Item = &'a Vec<Datasource<'a>>> + Clone + use<'a> {
        self.views.iter().filter_map(|view| if let ViewKind::Datasources(list) = &view.kind { Some(list) } else { None })
    }
}
