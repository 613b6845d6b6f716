//! Which labels the result of an expression can carry.

use crate::formats::prometheus::{Job, Relabel};
use crate::lint::query::shape::Shape;
use crate::lint::query::{is_placeholder, named_job, pins};
use crate::lint::world::declared::{Catalogue, Metric, MetricType};
use crate::lint::world::exporters;
use crate::lint::world::jobs::writes;
use crate::lint::world::relabel::pattern;
use crate::lint::world::{Recorded, Series, World};
use crate::parallel;
use crate::promql::ast::{AggregateOp, Binary, BinaryOp, Expr, ExprKind, MatchOp, Selector};
use crate::promql::regex;
use crate::promql::walk::{selectors, without_parens};
use crate::source::Node;

/// How far recording rules that build on others are followed.
const DEPTH: usize = 32;

/// The shape of an expression.
pub fn shape<'e>(expr: &'e Expr, world: &World<'e>) -> Shape<'e> {
    Shaper { world }.expr(expr)
}

/// The shape of what a selector reads.
pub fn selector_shape<'e>(selector: &'e Selector, world: &World<'e>) -> Shape<'e> {
    Shaper { world }.selector(selector)
}

/// Works out the shapes of all recorded series, each after those that it builds on; nearly all build on none, and need not wait.
pub(in crate::lint) fn of_recorded(world: &mut World<'_>) {
    let names: Vec<&str> = world.recorded_names().filter(|name| name.contains(':')).collect();
    let builds_on_none = |name: &str| world.recorded(name).iter().all(|recorded| bases(recorded, world).next().is_none());
    let shapes = parallel::map(&names, |name| builds_on_none(name).then(|| shape_of_recorded(name, world)).flatten());
    for (name, shape) in names.iter().zip(shapes) {
        world.recorded_shapes.extend(shape.map(|shape| (*name, shape)));
    }
    for name in names {
        resolve(name, world, 0);
    }
}

fn resolve<'w>(name: &'w str, world: &mut World<'w>, depth: usize) {
    if world.recorded_shapes.contains_key(name) || depth >= DEPTH {
        return;
    }
    // What builds on itself is open.
    world.recorded_shapes.insert(name, Shape::open());
    let bases: Vec<&str> = world.recorded(name).iter().flat_map(|recorded| bases(recorded, world)).collect();
    for base in bases {
        resolve(base, world, depth + 1);
    }
    if let Some(shape) = shape_of_recorded(name, world) {
        world.recorded_shapes.insert(name, shape);
    }
}

/// The recorded series that a recording rule reads.
fn bases<'w>(recorded: &Recorded<'w>, world: &World<'w>) -> impl Iterator<Item = &'w str> {
    let read = recorded.query.expr.iter().flat_map(selectors).filter_map(|found| found.selector.metric_name());
    read.filter(|name| name.contains(':') && !world.recorded(name).is_empty())
}

/// The shape of a recorded series, as far as those that it builds on are worked out.
fn shape_of_recorded<'w>(name: &str, world: &World<'w>) -> Option<Shape<'w>> {
    let shapes = world.recorded(name).iter().map(|recorded| {
        let Some(expr) = &recorded.query.expr else { return Shape::open() };
        let labels = recorded.query.rule().into_iter().flat_map(|rule| rule.labels().map(|(name, ..)| name));
        labels.fold(shape(expr, world), Shape::add).add("__name__")
    });
    shapes.reduce(|a, b| a.either(&b))
}

#[derive(Clone, Copy)]
struct Shaper<'x, 'e> {
    world: &'x World<'e>,
}

impl<'e> Shaper<'_, 'e> {
    fn expr(self, expr: &'e Expr) -> Shape<'e> {
        match &expr.kind {
            ExprKind::Number(_) | ExprKind::String(_) => Shape::closed(Vec::new()),
            ExprKind::Selector(selector) | ExprKind::Range { selector, .. } => self.selector(selector),
            ExprKind::Subquery { expr, .. } | ExprKind::Unary { expr, .. } | ExprKind::Paren(expr) => self.expr(expr),
            ExprKind::Call { function, arguments } => self.call(&function.text, arguments),
            ExprKind::Aggregate(aggregate) => {
                let inner = self.expr(&aggregate.expr);
                if matches!(aggregate.op, AggregateOp::Topk | AggregateOp::Bottomk | AggregateOp::Limitk | AggregateOp::LimitRatio) {
                    return inner;
                }
                let grouped = match &aggregate.grouping {
                    None => Shape::closed(Vec::new()),
                    Some(grouping) if grouping.without => {
                        grouping.labels.iter().fold(inner, |shape, label| shape.remove(label.text.as_str())).remove("__name__")
                    }
                    Some(grouping) => inner.keep(grouping.labels.iter().map(|label| label.text.as_str())),
                };
                match aggregate.parameter.as_deref().map(without_parens).map(|p| &p.kind) {
                    Some(ExprKind::String(label)) if aggregate.op == AggregateOp::CountValues => match std::str::from_utf8(label) {
                        Ok(label) => grouped.add(label),
                        Err(_) => Shape::open(),
                    },
                    _ => grouped,
                }
            }
            ExprKind::Binary(binary) => self.binary(binary),
        }
    }

    fn selector(self, selector: &'e Selector) -> Shape<'e> {
        let mut shape = self.series(selector);
        for matcher in &selector.matchers {
            let label = matcher.label.text.as_str();
            match matcher.op {
                MatchOp::Equal if matcher.value.is_empty() => shape = shape.remove(label),
                MatchOp::Equal if is_placeholder(&matcher.value) => {}
                MatchOp::Equal => shape.certain.push(label),
                MatchOp::NotEqual if matcher.value.is_empty() => shape.certain.push(label),
                MatchOp::Regex if !is_placeholder(&matcher.value) && !regex::matches_empty(&matcher.value) => {
                    shape.certain.push(label);
                }
                _ => {}
            }
        }
        shape
    }

    /// Whether a page says that a label is empty, and its job honours what it says.
    fn is_emptied(self, catalogue: &Catalogue, metric: &Metric, label: &str) -> bool {
        let emptied = metric.labels.iter().any(|own| own.name.value == label && !own.optional && own.seen == [""]);
        let honours = || matches!(catalogue.job().map(|name| self.world.jobs_named(name)), Some([job]) if job.honor_labels);
        emptied && catalogue.is_page() && honours()
    }

    /// The one job that scrapes what a selector reads.
    fn scraped_by(self, selector: &Selector) -> Option<&'e Job<'e>> {
        match self.world.jobs_named(self.world.job_read(selector)?) {
            [job] => Some(job),
            _ => None,
        }
    }

    fn series(self, selector: &'e Selector) -> Shape<'e> {
        let Some(name) = selector.metric_name() else { return Shape::open() };
        if let Some((catalogue, metric, series)) = self.world.metric_of(selector) {
            // Jobs without a page may have a metric of this name, too.
            let is_partial = metric.open || (catalogue.is_page() && self.world.pages_of(selector).is_none());
            let target_labels = self.world.target_labels(catalogue, selector).filter(|_| !is_partial);
            let Some(target_labels) = target_labels else { return self.of_some_targets(catalogue, name) };
            let mut labels = vec!["job", "instance", "__name__"];
            labels.extend(target_labels);
            labels.extend(metric.labels.iter().map(|label| label.name.value.as_str()));
            match series {
                Series::Bucket => labels.push("le"),
                Series::Base if metric.kind == MetricType::Summary => labels.push("quantile"),
                _ => {}
            }
            if let Some(job) = self.scraped_by(selector) {
                labels.retain(|label| !is_dropped(&job.metric_relabel, label) && !is_never_written(job, metric, label));
            }
            labels.retain(|label| !self.is_emptied(catalogue, metric, label));
            let mut shape = Shape::closed(labels);
            shape.certain = metric
                .labels
                .iter()
                .filter(|label| !label.optional)
                .map(|label| label.name.value.as_str())
                .chain(["job", "instance"])
                .filter(|label| shape.labels.contains(label))
                .collect();
            return shape;
        }
        // What Prometheus says of a target has the target's labels and no others.
        if (name == "up" || name.starts_with("scrape_"))
            && let Some(target_labels) = self.world.labels_read(selector)
        {
            let mut shape = Shape::closed(["job", "instance", "__name__"].into_iter().chain(target_labels).collect());
            shape.certain = vec!["job", "instance"];
            return shape;
        }
        if let Some(recorded) = self.world.recorded_shapes.get(name).filter(|_| !self.world.mixes) {
            return recorded.clone();
        }
        // Exporters that everybody uses give the same labels everywhere; a job may be named only by another's.
        let is_known = || self.world.knows_jobs_of(selector) || named_job(selector).is_some_and(|job| self.world.is_configured(job));
        let targets = || self.world.labels_read(selector).filter(|_| is_known());
        if let Some((own, targets)) = exporters::labels_of(name).and_then(|own| Some((own, targets()?))) {
            let mut shape = Shape::closed(["job", "instance", "__name__"].into_iter().chain(targets).chain(own.iter().copied()).collect());
            shape.certain = vec!["job", "instance"];
            return shape;
        }
        let mut shape = Shape::open();
        if self.is_scraped(selector, name) {
            shape.certain = vec!["job", "instance"];
        }
        shape
    }

    /// The shape of what a page shows, where nobody says which labels targets have: each of them has a job and an instance.
    fn of_some_targets(self, catalogue: &Catalogue, name: &str) -> Shape<'e> {
        let mut shape = Shape::open();
        let jobs = catalogue.job().map_or(&[][..], |job| self.world.jobs_named(job));
        let keeps = |job: &&Job<'_>| !job.honor_labels && !is_dropped(&job.metric_relabel, "instance");
        if catalogue.is_page() && !name.contains(':') && self.world.recorded(name).is_empty() && jobs.iter().all(keeps) {
            shape.certain = vec!["job", "instance"];
        }
        shape
    }

    /// Whether what a selector finds was scraped of the targets of one job, which say nothing of a job and an instance themselves.
    fn is_scraped(self, selector: &Selector, name: &str) -> bool {
        let job = named_job(selector).map(|job| self.world.jobs_named(job));
        let plain = matches!(job, Some([job]) if !job.honor_labels && !is_dropped(&job.metric_relabel, "instance"));
        plain && !name.contains(':') && !name.starts_with("ALERTS") && self.world.recorded(name).is_empty()
    }

    fn call(self, function: &str, arguments: &'e [Expr]) -> Shape<'e> {
        let text = |place: usize| match arguments.get(place).map(|a| &without_parens(a).kind) {
            Some(ExprKind::String(bytes)) => std::str::from_utf8(bytes).ok(),
            _ => None,
        };
        let argument = |place: usize| arguments.get(place).map_or_else(Shape::open, |expr| self.expr(expr));
        match function {
            "vector" | "time" | "pi" | "scalar" => Shape::closed(Vec::new()),
            "absent" | "absent_over_time" => Self::absent(arguments),
            "label_replace" | "label_join" => text(1).map_or_else(Shape::open, |label| argument(0).add(label).uncertain(label)),
            "histogram_quantile" | "histogram_fraction" => argument(arguments.len() - 1).remove("le"),
            "histogram_quantiles" | "info" => Shape::open(),
            "quantile_over_time" | "predict_linear" | "holt_winters" | "double_exponential_smoothing" => {
                let vector = usize::from(function == "quantile_over_time");
                argument(vector)
            }
            // The date functions work on the time where they are given nothing.
            _ if arguments.is_empty() => Shape::closed(Vec::new()),
            _ => argument(0),
        }
    }

    /// `absent` makes its labels up from the equality matchers of its argument.
    fn absent(arguments: &'e [Expr]) -> Shape<'e> {
        let argument = arguments.first().map(|argument| &without_parens(argument).kind);
        let Some(ExprKind::Selector(selector) | ExprKind::Range { selector, .. }) = argument else { return Shape::closed(Vec::new()) };
        let labels =
            selector.matchers.iter().filter(|m| m.op == MatchOp::Equal && m.label.text != "__name__").map(|m| m.label.text.as_str());
        let mut shape = Shape::closed(
            labels
                .clone()
                .filter(|label| pins(selector, label) && selector.matchers.iter().filter(|m| m.label.text == *label).count() == 1)
                .collect(),
        );
        shape.certain.clone_from(&shape.labels);
        shape
    }

    fn binary(self, binary: &'e Binary) -> Shape<'e> {
        let scalar = |expr: &Expr| crate::promql::value_type(expr) == crate::promql::ValueType::Scalar;
        if scalar(&binary.left) {
            return self.expr(&binary.right);
        }
        let left = self.expr(&binary.left);
        if scalar(&binary.right) {
            return left;
        }
        match binary.op {
            BinaryOp::And | BinaryOp::Unless => return left,
            BinaryOp::Or => return left.either(&self.expr(&binary.right)),
            _ => {}
        }
        let Some(matching) = &binary.matching else {
            // Matching on all labels: what one side lacks, the other cannot have.
            let right = self.expr(&binary.right);
            return if right.closed && !left.closed { right } else { left };
        };
        if matching.fill_left.is_some() || matching.fill_right.is_some() {
            return Shape::open();
        }
        match &matching.group {
            Some(group) => {
                let (many, one) = if group.left { (left, self.expr(&binary.right)) } else { (self.expr(&binary.right), left) };
                group.labels.iter().map(|label| label.text.as_str()).fold(many, |shape, label| {
                    // What the one side lacks is taken away.
                    match (one.possible(label), one.certain.contains(&label)) {
                        (true, true) => shape.add(label),
                        (true, false) => shape.add(label).uncertain(label),
                        (false, _) => shape.remove(label),
                    }
                })
            }
            None if matching.on => left.keep(matching.labels.iter().map(|label| label.text.as_str())),
            None => matching.labels.iter().map(|label| label.text.as_str()).fold(left, Shape::remove),
        }
    }
}

/// Whether a label is there only for series that have another one, from which a step behind the scrape copies it: a metric without that
/// one does not get it.
fn is_never_written(job: &Job<'_>, metric: &Metric, label: &str) -> bool {
    let own = |name: &str| metric.labels.iter().any(|own| own.name.value == name);
    let of_targets = |name: &str| {
        job.targets.labels.iter().any(|labels| labels.get(name).is_some())
            || job.targets.listed.iter().flatten().any(|listed| *listed == name)
            || job.relabel.iter().any(|step| writes(step, name))
    };
    let is_known = |name: &str| own(name) || of_targets(name) || matches!(name, "__name__" | "job" | "instance" | "le" | "quantile");
    let mut steps = job.metric_relabel.iter().filter(|step| writes(step, label)).peekable();
    // What a step writes another may copy on.
    let written = |name: &str| job.metric_relabel.iter().any(|step| writes(step, name));
    let copies_nothing = |step: &Relabel<'_>| {
        let nothing = vec![""; step.sources.len()].join(step.node.get("separator").and_then(Node::as_str).unwrap_or(";"));
        step.action == "replace"
            && !step.sources.is_empty()
            && !step.sources.iter().any(|source| is_known(source) || written(source))
            && pattern(step).is_some_and(|pattern| !pattern.is_match(&nothing))
    };
    steps.peek().is_some() && !is_known(label) && steps.all(copies_nothing)
}

/// Whether steps behind the scrape take a label away.
fn is_dropped(steps: &[Relabel<'_>], label: &str) -> bool {
    if matches!(label, "__name__" | "job" | "instance" | "le" | "quantile") {
        return false;
    }
    let mut dropped = false;
    // What is written later is there again.
    for step in steps {
        if matches!(step.action.as_str(), "labeldrop" | "labelkeep") {
            dropped |= pattern(step).is_some_and(|pattern| pattern.is_match(label) == (step.action == "labeldrop"));
        } else if writes(step, label) {
            dropped = false;
        }
    }
    dropped
}
