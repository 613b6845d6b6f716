//! What an alert compares, and whether a limit that its text names fits it.

use super::direction::{is_above, says_above};
use super::numbers::numbers;
use crate::lint::context::Context;
use crate::lint::inference::measure::measured;
use crate::lint::inference::value::principal;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::constant;
use crate::lint::query::expression::Expression;
use crate::lint::query::interval::near;
use crate::lint::query::unit::{Quantity, is_scaled, quantity, unscaled};
use crate::lint::template::AlertText;
use crate::lint::template::sentence::{Exact, Limit, count};
use crate::lint::template::shown::{Shown, shown};
use crate::lint::views::RuleView;
use crate::promql::ast::{BinaryOp, Expr, ExprKind};
use crate::promql::walk::{calls, only_selector, operations, selectors, visit, without_parens};

/// The comparison that the texts of an alert are about.
pub(super) struct Compared<'e> {
    /// What is compared.
    pub side: &'e Expr,
    /// How, as if the number stood on the right.
    pub op: BinaryOp,
    /// With what.
    pub threshold: f64,
    /// Where that stands.
    pub place: &'e Expr,
    /// What the value of the alert is, where there are several conditions: texts that speak of something else are not about this one.
    of_value: Option<Quantity>,
    of_side: Option<Quantity>,
    /// What is compared before it was divided into larger units, and by how much.
    of_inner: Option<Quantity>,
    factor: f64,
    /// How many there can be at most, as is declared or as a text says.
    wholes: Vec<f64>,
    /// Every number of the expression, and how long the alert waits, in seconds.
    own: Vec<f64>,
    hold: Option<f64>,
    /// The numbers by which what is read says what it counts: `devices below 15% charge`.
    told: Vec<f64>,
}

impl<'e> Compared<'e> {
    /// What the texts of an alert are about; `None` where nobody can say.
    pub(super) fn of(expr: &'e Expr, query: &'e Expression<'_, 'e>, view: &RuleView<'_>, context: &Context<'_>) -> Option<Self> {
        // Of several conditions a text is about the one that the value comes from, where it names its unit; of others nobody can say.
        let several = query.binaries().filter(|(_, binary)| binary.op.is_comparison()).count() > 1;
        let only = match query.comparisons.as_slice() {
            [only] if !several => Some(*only),
            // A product with a fraction is a budget.
            _ => Comparison::of(principal(expr)).filter(|compared| !has_fraction(compared.place)),
        };
        let Comparison { side, op, number: threshold, place, .. } = only?;
        // What a recorded answer was asked, and what a square is of, is not what the alert compares with.
        if is_answer(side, context) || operations(side).contains(&"^") {
            return None;
        }
        let shown = || shown_as(view).filter(|_| !is_scaled(side));
        let of_value = if several { quantity(expr, query).or_else(shown) } else { None };
        if several && of_value.is_none() {
            return None;
        }
        let (inner, factor) = unscaled(side);
        let of_side = measured(side, query, context.world).or_else(shown);
        let of_inner = if factor > 1.0 { measured(inner, query, context.world) } else { None };
        let hold = view.rule.hold.map(|hold| hold as f64 / 1000.0);
        let declared = only_selector(side).and_then(|selector| context.world.metric_of(selector)?.1.max);
        let wholes = declared.into_iter().chain(view.annotations().flat_map(|text| whole_numbers(text.text))).collect();
        let told = read_helps(side, context).flat_map(|help| numbers_of_text(&help)).collect();
        Some(Self { side, op, threshold, place, of_value, of_side, of_inner, factor, wholes, own: numbers(query), hold, told })
    }

    /// Whether a limit that a text names is one of what is compared.
    pub(super) fn is_meant(&self, text: &AlertText<'_>, limit: &Limit) -> bool {
        let is_time = matches!(limit.exact, Some(Exact::Seconds(_)));
        let is_about = match self.of_value {
            None => true,
            // What is left of a budget is a share, too, and of another whole.
            Some(Quantity::Share) => matches!(limit.unit.as_str(), "%" | "percent") && !text.text.contains("budget"),
            Some(Quantity::Seconds) => is_time,
            Some(_) => false,
        };
        let words = words(text, limit);
        // An alert comes before a limit of something else is reached.
        let is_close =
            || words.starts_with("limit") && limit.readings.iter().any(|reading| (0.5 * reading..*reading).contains(&self.threshold));
        // `the ratio over 6h` names a window.
        let is_window = || words.starts_with("over") && is_time && ![self.of_side, self.of_inner].contains(&Some(Quantity::Seconds));
        let is_told = limit.readings.iter().any(|reading| self.told.iter().any(|told| near(*told, *reading)));
        is_about && !is_close() && !is_window() && (!is_told || self.is_threshold(limit))
    }

    /// Whether what a text says is what is compared with, in whatever unit, or cannot be said of it.
    pub(super) fn fits(&self, text: &AlertText<'_>, limit: &Limit) -> bool {
        let sure = match limit.exact {
            Some(Exact::Seconds(seconds)) => self.fits_time(seconds, text, limit),
            Some(Exact::Share(share)) => self.fits_share(share, text, limit),
            Some(Exact::Bytes(decimal, binary)) => self.fits_size([decimal, binary], text, limit).filter(|_| !limit.is_vague),
            None => None,
        };
        let is_read = |reading: &f64| !self.is_turned(*reading, text, limit) && self.is_known(*reading, text, limit);
        sure.unwrap_or_else(|| limit.is_vague || limit.readings.iter().any(is_read))
    }

    /// Whether a limit is one of degrees, and so is what is compared.
    pub(super) fn is_in_degrees(&self, limit: &Limit) -> bool {
        let is_celsius =
            only_selector(self.side).and_then(|selector| selector.metric_name()).is_some_and(|name| name.ends_with("_celsius"));
        is_celsius && limit.unit.starts_with("degree")
    }

    fn fits_time(&self, seconds: f64, text: &AlertText<'_>, limit: &Limit) -> Option<bool> {
        match self.of_side {
            // What is told in a unit that the value cannot have is about something else.
            Some(Quantity::Events | Quantity::EventsPerSecond | Quantity::Bytes | Quantity::Share | Quantity::Percent)
                if !limit.is_vague && !self.is_threshold(limit) =>
            {
                Some(true)
            }
            // A quotient of what is no time is none, and how long something was so within a window is a share of it.
            None if self.threshold < 1.0 && (is_quotient(self.side) || calls(self.side, "avg_over_time")) => Some(true),
            // `more than a day` may be 26 hours.
            Some(Quantity::Seconds) if limit.is_vague => Some(self.own.iter().any(|own| (seconds..2.0 * seconds).contains(own))),
            _ if limit.is_vague => None,
            Some(Quantity::Seconds) => {
                // What is so old at first is older once the alert has waited.
                let held = self.hold.unwrap_or(0.0);
                let is_own = |own: &f64| near(*own, seconds) || near(*own + held, seconds);
                Some(self.own.iter().any(is_own) || self.waits(seconds) && self.is_hold(text, limit))
            }
            None if self.of_inner == Some(Quantity::Seconds) => {
                Some(self.waits(seconds) || self.own.iter().any(|own| near(own * self.factor, seconds)))
            }
            _ => None,
        }
    }

    fn fits_share(&self, share: f64, text: &AlertText<'_>, limit: &Limit) -> Option<bool> {
        // So many of all that there is room for.
        if share > 0.0 && self.threshold > 1.0 && self.wholes.iter().any(|whole| near(whole * share, self.threshold)) {
            return Some(true);
        }
        if of_growth(self.side) {
            return Some(self.own.iter().any(|own| near(*own, 1.0 + share) || near(*own, 1.0 - share) || near(*own, share)));
        }
        match self.of_side {
            _ if limit.is_vague => None,
            Some(Quantity::Share) => Some(self.is_known(share, text, limit)),
            // A number of events is no share of them, and a quotient is no percentage.
            Some(Quantity::Events | Quantity::EventsPerSecond) if near(share, self.threshold) => Some(false),
            None if near(100.0 * share, self.threshold) && is_quotient(self.side) => Some(false),
            // By how much something changed is no share of what it was.
            None if near(100.0 * share, self.threshold.abs()) && (calls(self.side, "delta") || calls(self.side, "idelta")) => Some(false),
            _ => None,
        }
    }

    fn fits_size(&self, bytes: [f64; 2], text: &AlertText<'_>, limit: &Limit) -> Option<bool> {
        let rest = text.text[limit.range.end..].trim_start();
        let is_rate = ["per second", "/s", "a second", "each second"].iter().any(|word| rest.starts_with(word));
        match self.of_side {
            Some(Quantity::BytesPerSecond) if is_rate => Some(bytes.into_iter().any(|bytes| self.is_own(bytes))),
            Some(Quantity::Bytes) => Some(bytes.into_iter().any(|bytes| self.is_own(bytes))),
            None if self.of_inner == Some(Quantity::Bytes) => {
                Some(self.own.iter().any(|own| bytes.into_iter().any(|bytes| near(own * self.factor, bytes))))
            }
            _ => None,
        }
    }

    /// Whether a time is how long the alert waits, where something else says what it compares with.
    fn is_hold(&self, text: &AlertText<'_>, limit: &Limit) -> bool {
        let mut others = text.said.sentence.limits.iter().filter(|other| other.range != limit.range);
        let is_for = text.text[..limit.range.start].trim_end().ends_with("for");
        is_for || words(text, limit).starts_with("over") || others.any(|other| self.is_threshold(other))
    }

    /// Whether a number is in the expression, is how long the alert waits, or is what a share in the expression leaves over.
    fn is_known(&self, reading: f64, text: &AlertText<'_>, limit: &Limit) -> bool {
        // Less than 80% are well where more than 20% are not, and not where less than 20% are.
        let is_rest = |own: &f64| !self.is_same_way(text, limit) && near(1.0 - own, reading);
        self.is_own(reading) || self.own.iter().any(is_rest)
    }

    /// Whether a number is what a share that the text compares in the same direction leaves over, and not that share.
    fn is_turned(&self, reading: f64, text: &AlertText<'_>, limit: &Limit) -> bool {
        let Some(Exact::Share(share)) = limit.exact else { return false };
        let is_rest = near(1.0 - share, reading) || near(100.0 - 100.0 * share, reading);
        is_rest && (share - 0.5).abs() > 1e-9 && self.is_same_way(text, limit)
    }

    /// Whether the text says of a share that it is above or below, as the condition does.
    fn is_same_way(&self, text: &AlertText<'_>, limit: &Limit) -> bool {
        let is_share = matches!(limit.exact, Some(Exact::Share(_)));
        is_share && says_above(&words(text, limit)).is_some_and(|above| Some(above) == is_above(self.op))
    }

    fn is_threshold(&self, limit: &Limit) -> bool {
        limit.readings.iter().any(|reading| near(*reading, self.threshold))
    }

    /// A unit may be divided out of one number and not of the other.
    fn is_own(&self, reading: f64) -> bool {
        self.own.iter().any(|own| near(*own, reading)) || self.waits(reading)
    }

    fn waits(&self, seconds: f64) -> bool {
        self.hold.is_some_and(|hold| near(hold, seconds))
    }
}

/// A limit as its text names it, in small letters.
fn words(text: &AlertText<'_>, limit: &Limit) -> String {
    text.text[limit.range.clone()].trim().to_lowercase()
}

/// The numbers of a text that stand by themselves, without a unit.
fn whole_numbers(text: &str) -> impl Iterator<Item = f64> {
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ';'));
    words.filter_map(|word| count(word.trim_end_matches(['.', ',']))).filter(|number| *number >= 1.0)
}

/// What is said of the metrics that a side reads.
fn read_helps(side: &Expr, context: &Context<'_>) -> impl Iterator<Item = String> {
    let known = selectors(side).into_iter().filter_map(|found| context.world.metric_of(found.selector));
    known.map(|(_, metric, _)| metric.values.help.clone()).collect::<Vec<_>>().into_iter()
}

/// The numbers of a text, with or without a sign of percent.
fn numbers_of_text(text: &str) -> Vec<f64> {
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ';' | ','));
    let plain = words.filter_map(|word| word.trim_end_matches(['.', ':', '%']).parse::<f64>().ok());
    plain.filter(|number| *number > 1.0).collect()
}

/// Whether a side is a recorded `bool`.
fn is_answer(side: &Expr, context: &Context<'_>) -> bool {
    let name = only_selector(side).and_then(|selector| selector.metric_name()).unwrap_or("");
    let asks = |expr: &Expr| matches!(&without_parens(expr).kind, ExprKind::Binary(binary) if binary.return_bool);
    name.ends_with(":bool") || context.world.recorded(name).iter().any(|recorded| recorded.query.expr.as_ref().is_some_and(asks))
}

/// Whether a side divides something by what it was.
fn of_growth(side: &Expr) -> bool {
    let ExprKind::Binary(binary) = &without_parens(side).kind else { return false };
    let is_then = |side: &Expr| only_selector(side).is_some_and(|selector| selector.offset.is_some());
    binary.op == BinaryOp::Div && is_then(&binary.left) != is_then(&binary.right)
}

/// Whether a side divides one by another, and multiplies nothing.
fn is_quotient(side: &Expr) -> bool {
    let ExprKind::Binary(binary) = &without_parens(side).kind else { return false };
    binary.op == BinaryOp::Div && constant(&binary.left).is_none() && constant(&binary.right).is_none() && !operations(side).contains(&"*")
}

/// Whether a number is reckoned from a fraction, as `14.4 * 0.001` is.
fn has_fraction(place: &Expr) -> bool {
    let mut found = false;
    visit(place, &mut |node| found |= matches!(&node.kind, ExprKind::Number(number) if number.value < 1.0));
    found && !matches!(place.kind, ExprKind::Number(_))
}

/// What the texts of an alert take its value for, by the function that writes it.
fn shown_as(view: &RuleView<'_>) -> Option<Quantity> {
    let actions = view.annotations().flat_map(|text| {
        let template = text.template().into_iter();
        template.flat_map(|template| &template.actions).filter_map(|action| shown(action, text.text))
    });
    let mut all = actions.filter_map(|shown| match shown {
        Shown::Through("humanizeDuration") => Some(Quantity::Seconds),
        Shown::Through("humanizePercentage") => Some(Quantity::Share),
        _ => None,
    });
    let first = all.next()?;
    all.all(|other| other == first).then_some(first)
}
