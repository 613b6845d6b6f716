//! The documents of a run, each viewed as what it is.

pub(in crate::lint) mod environments;
pub(in crate::lint) mod library;
pub(in crate::lint) mod loading;
pub(in crate::lint) mod object;

use crate::diagnostic::Diagnostic;
use crate::formats::alertmanager::{self, Alertmanager};
use crate::formats::blackbox::{self, Module};
use crate::formats::collector::{self, Collector};
use crate::formats::dashboard::{self, Dashboard};
use crate::formats::logs::{self, LogPipeline};
use crate::formats::prometheus::{self, Prometheus, TargetGroups};
use crate::formats::provisioning::{self, Datasource};
use crate::formats::rule_file::{self, Rule, RuleFile};
use crate::formats::target_list;
use crate::formats::{self, Kind};
use crate::lint::query::Query;
use crate::lint::query::expression::Expression;
use crate::lint::template::AlertText;
use crate::logql;
use crate::promql::Expr;
use crate::source::{MISSING_KEY, Node, SourceId};

/// A document of the inputs.
pub struct View<'a> {
    /// The file it is in.
    pub source: SourceId,
    /// The path of that file.
    pub file: &'a str,
    /// The text of that file.
    pub text: &'a str,
    /// Whether all of the file could be read.
    pub complete: bool,
    /// The whole document.
    pub root: &'a Node,
    /// What it is.
    pub kind: ViewKind<'a>,
}

/// What a document is.
pub enum ViewKind<'a> {
    /// Rules.
    Rules(RuleFile<'a>),
    /// Rules of Loki.
    LokiRules(RuleFile<'a>),
    /// A Prometheus configuration.
    Prometheus(Prometheus<'a>),
    /// A file of targets.
    Targets(TargetGroups<'a>),
    /// An Alertmanager configuration.
    Alertmanager(Alertmanager<'a>),
    /// The modules of a blackbox exporter.
    Blackbox(Vec<Module<'a>>),
    /// A dashboard.
    Dashboard(Dashboard<'a>),
    /// Provisioned data sources.
    Datasources(Vec<Datasource<'a>>),
    /// Providers of dashboards.
    Providers(Vec<&'a Node>),
    /// A Collector configuration.
    Collector(Collector<'a>),
    /// A configuration of a log shipper.
    Logs(LogPipeline<'a>),
    /// Known, and nothing is checked of it here.
    Other(Kind),
}

/// The rule files among documents.
pub fn rule_files<'a>(views: &'a [View<'a>]) -> impl Iterator<Item = &'a RuleFile<'a>> {
    views.iter().filter_map(|view| if let ViewKind::Rules(file) = &view.kind { Some(file) } else { None })
}

impl<'a> View<'a> {
    /// Views a document; what its format rejects is added to the findings.
    pub fn new(root: &'a Node, kind: Kind, file: (&'a str, &'a str), complete: bool, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let before = diagnostics.len();
        let view = match kind {
            Kind::RuleFile => ViewKind::Rules(rule_file::view(root, diagnostics)),
            Kind::LokiRules => ViewKind::LokiRules(rule_file::view(root, diagnostics)),
            Kind::Prometheus => ViewKind::Prometheus(prometheus::view(root, diagnostics)),
            Kind::Targets => ViewKind::Targets(target_list::view(root, diagnostics)),
            Kind::Alertmanager => ViewKind::Alertmanager(alertmanager::view(root, diagnostics)),
            Kind::Blackbox => ViewKind::Blackbox(blackbox::view(root, diagnostics)),
            Kind::Dashboard => ViewKind::Dashboard(dashboard::view(root)),
            Kind::Datasources => ViewKind::Datasources(provisioning::datasources(root, diagnostics)),
            Kind::Collector => ViewKind::Collector(collector::view(root, diagnostics)),
            Kind::Logs(shipper) => ViewKind::Logs(logs::view(root, shipper, diagnostics)),
            Kind::DashboardProviders => ViewKind::Providers(provisioning::providers(root, diagnostics)),
            Kind::Manifest | Kind::RuleTest | Kind::Exposition => ViewKind::Other(kind),
        };
        if !complete {
            // What is missing may have been in the part that could not be read.
            let mut at = 0;
            diagnostics.retain(|d| {
                at += 1;
                at <= before || d.rule != MISSING_KEY
            });
        }
        Self { source: root.span.source, file: file.0, text: file.1, complete, root, kind: view }
    }
}

impl<'a> View<'a> {
    /// The configuration of a Prometheus, where it is one.
    pub fn prometheus(&self) -> Option<&Prometheus<'a>> {
        if let ViewKind::Prometheus(config) = &self.kind { Some(config) } else { None }
    }

    /// Whether it configures a program that speaks to others over the network.
    pub fn is_configuration(&self) -> bool {
        matches!(
            self.kind,
            ViewKind::Prometheus(_) | ViewKind::Alertmanager(_) | ViewKind::Blackbox(_) | ViewKind::Collector(_) | ViewKind::Datasources(_)
        )
    }
}

/// A rule with its file and its expression.
pub struct RuleView<'a> {
    /// The file it is in.
    pub file: &'a RuleFile<'a>,
    /// The rule.
    pub rule: &'a Rule<'a>,
    /// Its expression, where it has one.
    pub query: Option<&'a Expression<'a, 'a>>,
    /// The text of the file.
    pub text: &'a str,
    /// What it says when it fires.
    pub texts: Vec<AlertText<'a>>,
}

impl<'a> RuleView<'a> {
    /// The expression of an alert, where it could be read.
    pub fn alert(&self) -> Option<(&'a Expression<'a, 'a>, &'a Expr)> {
        let query = self.query.filter(|_| self.rule.is_alert())?;
        Some((query, query.expr.as_ref()?))
    }

    /// The annotations of an alert.
    pub fn annotations(&self) -> impl Iterator<Item = &AlertText<'a>> {
        self.texts.iter().filter(|text| text.section == "annotations")
    }

    /// The path of one of its texts.
    pub fn text_path(&self, text: &AlertText<'_>) -> String {
        format!("{}.{}", self.path(text.section), text.name)
    }

    /// The path of a field of the rule.
    pub fn path(&self, field: &str) -> String {
        self.file.path(self.rule, field)
    }
}

/// A dashboard with its queries.
#[allow(dead_code, reason = "what a rule may ask, whether or not one does yet")]
pub struct DashboardView<'a> {
    /// The dashboard.
    pub dashboard: &'a Dashboard<'a>,
    /// Its queries, in order.
    pub queries: &'a [Query<'a>],
    /// The document.
    pub view: &'a View<'a>,
}

/// A Prometheus configuration.
pub struct PrometheusView<'a> {
    /// The configuration.
    pub config: &'a Prometheus<'a>,
    /// The document.
    pub view: &'a View<'a>,
}

/// An Alertmanager configuration.
#[allow(dead_code, reason = "what a rule may ask, whether or not one does yet")]
pub struct AlertmanagerView<'a> {
    /// The configuration.
    pub config: &'a Alertmanager<'a>,
    /// The document.
    pub view: &'a View<'a>,
}

/// The modules of a blackbox exporter.
#[allow(dead_code, reason = "what a rule may ask, whether or not one does yet")]
pub struct BlackboxView<'a> {
    /// The modules.
    pub modules: &'a [Module<'a>],
    /// The document.
    pub view: &'a View<'a>,
}

/// A Collector configuration.
pub struct CollectorView<'a> {
    /// The configuration.
    pub config: &'a Collector<'a>,
    /// The document.
    pub view: &'a View<'a>,
}

/// Recognises a document.
pub(in crate::lint) fn recognise(root: &Node) -> Option<Kind> {
    formats::recognise(root).map(|kind| if kind == Kind::RuleFile && is_logql(root) { Kind::LokiRules } else { kind })
}

/// Whether rules are Loki's: what Prometheus evaluates has no `|`.
fn is_logql(root: &Node) -> bool {
    let rules = root.items_of("groups").filter_map(|group| group.get("rules")).flat_map(Node::items);
    rules.filter_map(|rule| rule.get("expr")?.as_str()).any(logql::looks_like)
}
