//! What a rule is: its manual, its id and level, and the things it looks at.

use crate::diagnostic::{Diagnostic, Level};
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::views::{AlertmanagerView, BlackboxView, CollectorView, DashboardView, PrometheusView, RuleView};
use crate::lint::world::pages;
use crate::source::{Node, Span};

/// What is known of a rule without running it.
#[derive(Clone, Copy, Debug)]
pub struct Meta {
    /// Its id, in kebab-case; reads well after "allow".
    pub id: &'static str,
    /// The level of its findings, where the evidence is complete.
    pub level: Level,
    /// The gravest level that any of its findings can have.
    pub gravest: Level,
    /// Its manual, in Markdown: the doc comment of the rule.
    pub manual: &'static str,
}

impl Meta {
    /// A finding of this rule.
    pub fn finding(&self, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.id, self.level, span, message)
    }

    /// A finding of another level: where the evidence is weaker, or the fault a graver one.
    pub fn finding_at(&self, level: Level, span: Span, message: impl Into<String>) -> Diagnostic {
        debug_assert!(level <= self.gravest, "`{}` says a graver thing than it declares", self.id);
        Diagnostic::new(self.id, level, span, message)
    }

    /// The first sentence of the manual.
    pub fn summary(&self) -> &'static str {
        let manual = self.manual.trim();
        manual.split("\n\n").next().unwrap_or(manual).trim()
    }
}

/// Collects what a rule finds in one section of a configuration.
pub struct Section<'r> {
    meta: &'static Meta,
    path: String,
    found: &'r mut Vec<Diagnostic>,
}

impl<'r> Section<'r> {
    /// The section at a path of its document.
    pub fn new(meta: &'static Meta, path: String, found: &'r mut Vec<Diagnostic>) -> Self {
        Self { meta, path, found }
    }

    /// Adds a finding at a node that stands at a key of the section.
    pub fn add(&mut self, level: Level, node: &Node, key: &str, message: impl Into<String>, help: &str) {
        self.found.push(self.meta.finding_at(level, node.span, message).path(format!("{}.{key}", self.path)).help(help));
    }
}

/// What the `rule!` macro provides.
pub trait Described {
    /// What is known of the rule.
    fn meta(&self) -> &'static Meta;
}

/// One check. A rule overrides the methods for what it looks at; each is called once for each such thing.
pub trait Rule: Described + Sync {
    /// Looks at an expression of a rule or of a panel.
    fn query(&self, _: &Expression<'_, '_>, _: &Context<'_>, _: &mut Vec<Diagnostic>) {}
    /// Looks at an alerting or recording rule.
    fn rule(&self, _: &RuleView<'_>, _: &Context<'_>, _: &mut Vec<Diagnostic>) {}
    /// Looks at a dashboard.
    fn dashboard(&self, _: &DashboardView<'_>, _: &Context<'_>, _: &mut Vec<Diagnostic>) {}
    /// Looks at a Prometheus configuration.
    fn prometheus(&self, _: &PrometheusView<'_>, _: &Context<'_>, _: &mut Vec<Diagnostic>) {}
    /// Looks at jobs: those of a Prometheus configuration, those that a receiver of the Collector scrapes, and those that read a file
    /// of targets, as if these were written in them.
    fn jobs(&self, _: &PrometheusView<'_>, _: &Context<'_>, _: &mut Vec<Diagnostic>) {}
    /// Looks at an Alertmanager configuration.
    fn alertmanager(&self, _: &AlertmanagerView<'_>, _: &Context<'_>, _: &mut Vec<Diagnostic>) {}
    /// Looks at the modules of a blackbox exporter.
    fn blackbox(&self, _: &BlackboxView<'_>, _: &Context<'_>, _: &mut Vec<Diagnostic>) {}
    /// Looks at a Collector configuration.
    fn collector(&self, _: &CollectorView<'_>, _: &Context<'_>, _: &mut Vec<Diagnostic>) {}
    /// Looks at all files together, once a run.
    fn set(&self, _: &Context<'_>, _: &mut Vec<Diagnostic>) {}

    /// Looks at rules of a file and at their expressions, one after the other. No lint rule has this of its own: it is compiled for
    /// each, so that one that looks at neither costs a call for the whole row.
    fn row(&self, row: &[RuleView<'_>], context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for subject in row {
            let before = found.len();
            self.rule(subject, context, found);
            if found.len() > before {
                name_object(&mut found[before..], || subject.path(""));
            }
            if let Some(expression) = subject.query {
                self.expression(expression, context, found);
            }
        }
    }

    /// Looks at an expression, and says of what is found where it is and how sure. No lint rule has this of its own.
    fn expression(&self, expression: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let before = found.len();
        self.query(expression, context, found);
        if found.len() > before {
            pages::weaken(&expression.selectors, context.world, &mut found[before..]);
            name_object(&mut found[before..], || expression.path());
        }
    }
}

/// Gives findings that name no object the one they were found at.
pub(in crate::lint) fn name_object(found: &mut [Diagnostic], path: impl Fn() -> String) {
    for diagnostic in found.iter_mut().filter(|d| d.path.is_none()) {
        diagnostic.path = Some(path());
    }
}

/// Declares a rule: its doc comment is kept as its manual. `Warning up to Error` is a rule some of whose findings are errors.
macro_rules! rule {
    ($(#[doc = $doc:literal])+ $name:ident, $id:literal, $level:ident) => {
        $crate::lint::rule::rule! { $(#[doc = $doc])+ $name, $id, $level up to $level }
    };
    ($(#[doc = $doc:literal])+ $name:ident, $id:literal, $level:ident up to $gravest:ident) => {
        $(#[doc = $doc])+
        pub(in crate::lint) struct $name;

        static META: $crate::lint::rule::Meta = $crate::lint::rule::Meta {
            id: $id,
            level: $crate::diagnostic::Level::$level,
            gravest: $crate::diagnostic::Level::$gravest,
            manual: concat!($($doc, "\n"),+),
        };

        impl $crate::lint::rule::Described for $name {
            fn meta(&self) -> &'static $crate::lint::rule::Meta {
                &META
            }
        }
    };
}

pub(in crate::lint) use rule;
