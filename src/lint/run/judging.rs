//! Every rule is asked about all that it looks at.

use crate::diagnostic::{Diagnostic, Level};
use crate::formats::Kind;
use crate::formats::dashboard::Dashboard;
use crate::formats::rule_file::{Rule as RuleOfFile, RuleFile};
use crate::lint::context::Context;
use crate::lint::inference::labels;
use crate::lint::query::Query;
use crate::lint::query::expression::Expression;
use crate::lint::query::written::{Written, annotations, expressions};
use crate::lint::rule::{Rule, name_object};
use crate::lint::rules;
use crate::lint::run::listed;
use crate::lint::template::AlertTexts;
use crate::lint::views::environments::Environments;
use crate::lint::views::{AlertmanagerView, BlackboxView, CollectorView, DashboardView, PrometheusView, RuleView, View, ViewKind};
use crate::lint::world::World;
use crate::lint::world::declared::Catalogue;
use crate::manifest::variants;
use crate::parallel;
use crate::source::{Node, SourceMap};

/// How many rules are parsed and judged in one go.
const CHUNK: usize = 128;

/// Of so many rules the trees are kept until all are judged, whatever else is there.
const MANY: usize = 2000;

/// How many of these are shown to a lint rule one after the other, so that its code is at hand for all but the first.
const ROW: usize = 16;

/// Rules about what an alert of a rule file needs, and one of a manifest is given when it is rendered.
const OF_FILES: &[&str] = &["alert-manifest-drift", "annotation-link", "missing-severity", "without-hold"];

/// A piece of the inputs whose expressions are parsed and judged in one go.
enum Piece<'a> {
    Rules { view: &'a View<'a>, file: &'a RuleFile<'a>, rules: Vec<&'a RuleOfFile<'a>> },
    Dashboard { view: &'a View<'a>, dashboard: &'a Dashboard<'a> },
}

/// Recording rules are parsed first, for others build on what they record; then each piece is parsed, judged and, unless a
/// rule about all files needs them, its trees are let go of; then come the rules about whole documents and all files.
pub(in crate::lint) fn judge_together(
    sources: &SourceMap,
    views: &[View<'_>],
    catalogues: &[Catalogue],
    rules: &[&dyn Rule],
) -> Vec<Diagnostic> {
    let recording: Vec<_> = rules_of(views).filter(|(_, _, rule)| !rule.is_alert()).collect();
    let recorded = parallel::map(&recording.chunks(CHUNK).collect::<Vec<_>>(), |chunk| {
        chunk.iter().filter_map(|(view, file, rule)| Query::of_rule(file, rule, view.text)).collect::<Vec<_>>()
    });
    let recorded: Vec<Query<'_>> = recorded.into_iter().flatten().collect();
    let mut world = World::new(views, &recorded, catalogues);
    labels::of_recorded(&mut world);
    let environments = Environments::of(views);
    let judge = Judge { rules, context: Context { sources, world: &world, views, queries: &[], environments: &environments } };
    let asks = |view: &View<'_>| {
        matches!(view.kind, ViewKind::Prometheus(_) | ViewKind::Alertmanager(_) | ViewKind::Dashboard(_) | ViewKind::Other(Kind::Manifest))
    };
    let keep = views.iter().any(asks) || rules_of(views).take(MANY + 1).count() <= MANY;

    let judged = parallel::map(&pieces(views), |piece| judge.piece(piece, &recorded, keep));
    let (found, kept): (Vec<_>, Vec<_>) = judged.into_iter().unzip();
    let mut found: Vec<Diagnostic> = found.into_iter().flatten().collect();
    let manifests: Vec<&View<'_>> = judge.context.manifests().collect();
    // What cannot work, or will mislead, in the expressions that manifests bring themselves.
    let written = |view: &&View<'_>| judge.written(variants(view.root).flat_map(expressions), Level::Warning);
    found.extend(parallel::map(&manifests, written).into_iter().flatten());
    let mut queries: Vec<&Query<'_>> = recorded.iter().chain(kept.iter().flatten()).collect();
    queries.sort_by_key(|query| query.node.span);
    let context = Context { queries: &queries, ..judge.context };
    let listed = listed::of(views);
    let of_all = parallel::map(rules, |rule| {
        let mut found = Vec::new();
        for view in views {
            document(*rule, view, &context, &mut found);
        }
        for one in &listed {
            one.judge(*rule, &context, &mut found);
        }
        rule.set(&context, &mut found);
        found
    });
    found.extend(of_all.into_iter().flatten());
    found
}

fn rules_of<'a>(views: &'a [View<'a>]) -> impl Iterator<Item = (&'a View<'a>, &'a RuleFile<'a>, &'a RuleOfFile<'a>)> {
    views
        .iter()
        .filter_map(|view| if let ViewKind::Rules(file) = &view.kind { Some((view, file)) } else { None })
        .flat_map(|(view, file)| file.rules().map(move |rule| (view, file, rule)))
}

fn pieces<'a>(views: &'a [View<'a>]) -> Vec<Piece<'a>> {
    let mut pieces = Vec::new();
    for view in views {
        match &view.kind {
            ViewKind::Rules(file) | ViewKind::LokiRules(file) => {
                let rules: Vec<_> = file.rules().collect();
                pieces.extend(rules.chunks(CHUNK).map(|chunk| Piece::Rules { view, file, rules: chunk.to_vec() }));
            }
            ViewKind::Dashboard(dashboard) => pieces.push(Piece::Dashboard { view, dashboard }),
            _ => {}
        }
    }
    pieces
}

/// The rules that are asked, and what they may look at.
struct Judge<'a> {
    rules: &'a [&'a dyn Rule],
    context: Context<'a>,
}

impl Judge<'_> {
    /// Judges a piece; returns its queries but those of recording rules, with their trees if they are to be kept.
    fn piece<'f>(&self, piece: &Piece<'f>, recorded: &[Query<'f>], keep: bool) -> (Vec<Diagnostic>, Vec<Query<'f>>) {
        let mut found = Vec::new();
        let mut queries: Vec<Query<'f>> = match piece {
            // What Loki evaluates is no PromQL.
            Piece::Rules { view: View { kind: ViewKind::LokiRules(_), .. }, .. } => Vec::new(),
            Piece::Rules { view, file, rules } => {
                rules.iter().filter(|r| r.is_alert()).filter_map(|rule| Query::of_rule(file, rule, view.text)).collect()
            }
            Piece::Dashboard { view, dashboard } => {
                let targets = dashboard.panels.iter().flat_map(|panel| panel.targets.iter().map(move |target| (panel, target)));
                targets.filter_map(|(panel, target)| Query::of_target(dashboard, panel, target, view.text)).collect()
            }
        };
        match piece {
            Piece::Rules { view, file, rules } => {
                let mut own = queries.iter().peekable();
                let mut texts = AlertTexts::default();
                for row in rules.chunks(ROW) {
                    let expressions: Vec<_> = row
                        .iter()
                        .map(|rule| match rule.expr {
                            Some(expr) if !rule.is_alert() => {
                                recorded.binary_search_by_key(&expr.span, |query| query.node.span).ok().map(|at| &recorded[at])
                            }
                            Some(expr) => own.next_if(|query| query.node.span == expr.span),
                            None => None,
                        })
                        .map(|query| query.map(Expression::of))
                        .collect();
                    let view_of = |(rule, query): (&&'f RuleOfFile<'f>, _)| RuleView {
                        file,
                        rule,
                        query: Option::as_ref(query),
                        text: view.text,
                        texts: texts.of(rule),
                    };
                    let subjects: Vec<_> = row.iter().zip(&expressions).map(view_of).collect();
                    for rule in self.rules {
                        rule.row(&subjects, &self.context, &mut found);
                    }
                }
            }
            Piece::Dashboard { view, dashboard } => {
                for query in &queries {
                    self.query(&Expression::of(query), &mut found);
                }
                found.extend(self.written(annotations(dashboard.root), Level::Warning));
                let subject = DashboardView { dashboard, queries: &queries, view };
                for rule in self.rules {
                    rule.dashboard(&subject, &self.context, &mut found);
                }
            }
        }
        if !keep {
            for query in &mut queries {
                query.expr = None;
            }
        }
        queries.shrink_to_fit();
        (found, queries)
    }

    /// Asks every lint rule about an expression.
    fn query(&self, expression: &Expression<'_, '_>, found: &mut Vec<Diagnostic>) {
        for rule in self.rules {
            rule.expression(expression, &self.context, found);
        }
    }

    /// Asks the rules about alerts of one that a manifest writes out.
    fn alert_of_manifest(&self, rule: &RuleOfFile<'_>, query: &Expression<'_, '_>, text: &str, found: &mut Vec<Diagnostic>) {
        let file = RuleFile::default();
        let subject = RuleView { file: &file, rule, query: Some(query), text, texts: AlertTexts::default().of(rule) };
        let before = found.len();
        for rule in self.rules.iter().filter(|rule| !OF_FILES.contains(&rule.meta().id) && !rule.meta().id.starts_with("template-")) {
            rule.rule(&subject, &self.context, found);
        }
        name_object(&mut found[before..], || subject.path(""));
    }

    /// What is found in expressions, from a level on.
    fn written<'w>(&self, all: impl IntoIterator<Item = Written<'w>>, least: Level) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for written in all {
            let text = &self.context.sources.get(written.node.span.source).text;
            if let Some(query) = Query::of_written(&written, text) {
                let expression = Expression::of(&query);
                if let Some(rule) = &written.rule {
                    self.alert_of_manifest(rule, &expression, text, &mut found);
                }
                self.query(&expression, &mut found);
            }
        }
        found.retain(|found| found.level >= least);
        found
    }
}

fn document(rule: &dyn Rule, view: &View<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    match &view.kind {
        ViewKind::Prometheus(config) => {
            rule.prometheus(&PrometheusView { config, view }, context, found);
            rule.jobs(&PrometheusView { config, view }, context, found);
        }
        ViewKind::Alertmanager(config) => rule.alertmanager(&AlertmanagerView { config, view }, context, found),
        ViewKind::Blackbox(modules) => rule.blackbox(&BlackboxView { modules, view }, context, found),
        ViewKind::Collector(config) => {
            rule.collector(&CollectorView { config, view }, context, found);
            for (path, config) in &config.scraping {
                let before = found.len();
                rule.jobs(&PrometheusView { config, view }, context, found);
                for diagnostic in &mut found[before..] {
                    let inside = diagnostic.path.take().unwrap_or_default();
                    diagnostic.path = Some(format!("{path}.{inside}"));
                }
            }
        }
        _ => {}
    }
}

/// What cannot work in the expressions of a manifest. Nothing is taken for granted of the series that there are: what is not declared
/// is said by who reads the manifest, and so is what is no PromQL.
pub fn judge_expressions(sources: &SourceMap, root: &Node) -> Vec<Diagnostic> {
    let world = World::new(&[], &[], &[]);
    let rules: Vec<_> = rules::all().filter(|rule| rule.meta().gravest == Level::Error).collect();
    let environments = Environments::default();
    let context = Context { sources, world: &world, views: &[], queries: &[], environments: &environments };
    let judge = Judge { rules: &rules, context };
    judge.written(expressions(root), Level::Error)
}
