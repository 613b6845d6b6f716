//! Operators at one moment: arithmetic, comparisons, joins and sets.

use std::collections::{BTreeMap, BTreeSet};

use super::life::{FEW, Life, usually};
use super::{Point, Value};
use crate::lint::query::comparison::flipped;
use crate::lint::world::relabel::Labels;
use crate::promql::ast::{Binary, BinaryOp, Matching};

/// What an operator makes of its two sides; `None` where Prometheus would refuse to, or where it is not followed.
pub(super) fn applied(binary: &Binary, left: Value, right: Value) -> Option<Value> {
    match (left, right) {
        (Value::Scalar(left), Value::Scalar(right)) => {
            let holds = || f64::from(u8::from(compared(binary.op, left, right)));
            Some(Value::Scalar(if binary.op.is_comparison() { holds() } else { computed(binary.op, left, right)? }))
        }
        (Value::Vector(points), Value::Scalar(number)) => {
            by_number(points, binary, |value| (binary.op, value, Side::number(number))).map(Value::Vector)
        }
        (Value::Scalar(number), Value::Vector(points)) if binary.op.is_comparison() => {
            by_number(points, binary, |value| (flipped(binary.op), value, Side::number(number))).map(Value::Vector)
        }
        (Value::Scalar(number), Value::Vector(points)) => {
            by_number(points, binary, |value| (binary.op, Side::number(number), value)).map(Value::Vector)
        }
        (Value::Vector(left), Value::Vector(right)) if binary.op.is_set() => Some(Value::Vector(set(binary, left, right))),
        (Value::Vector(left), Value::Vector(right)) => joined(binary, left, right).map(Value::Vector),
    }
}

/// A value that is put together with another.
#[derive(Clone, Copy)]
struct Side {
    value: f64,
    life: Life,
}

impl Side {
    fn number(value: f64) -> Self {
        Self { value, life: Life::default() }
    }

    fn of(point: &Point) -> Self {
        Self { value: point.value, life: point.life }
    }
}

/// Every series with a number.
fn by_number(points: Vec<Point>, binary: &Binary, sides: impl Fn(Side) -> (BinaryOp, Side, Side)) -> Option<Vec<Point>> {
    let mut kept = Vec::new();
    for point in points {
        let (op, left, right) = sides(Side::of(&point));
        kept.extend(one(binary, op, left, right)?.map(|side| settled(point, binary, side)));
    }
    Some(kept)
}

/// What comes of two values: nothing where a comparison does not hold.
#[expect(clippy::option_option, reason = "what is not followed, and what is not there")]
fn one(binary: &Binary, op: BinaryOp, left: Side, right: Side) -> Option<Option<Side>> {
    let life = left.life.with(op, right.life)?;
    if !op.is_comparison() {
        // A share of a few says nothing of what is usual.
        let is_told = op != BinaryOp::Div || right.life.is_known() || right.value >= FEW;
        return computed(op, left.value, right.value).map(|value| Some(Side { value: if is_told { value } else { f64::NAN }, life }));
    }
    let holds = if life.lived { usually(op, left.value, right.value)? } else { compared(op, left.value, right.value) };
    let kept = if binary.return_bool { Side { value: f64::from(u8::from(holds)), life } } else { left };
    Some((holds || binary.return_bool).then_some(kept))
}

/// A series with its new value; what is not itself any more loses its name.
fn settled(mut point: Point, binary: &Binary, side: Side) -> Point {
    if !binary.op.is_comparison() || binary.return_bool {
        point.labels.remove("__name__");
    }
    Point { value: side.value, life: side.life, ..point }
}

fn computed(op: BinaryOp, left: f64, right: f64) -> Option<f64> {
    match op {
        BinaryOp::Add => Some(left + right),
        BinaryOp::Sub => Some(left - right),
        BinaryOp::Mul => Some(left * right),
        BinaryOp::Div => Some(left / right),
        BinaryOp::Mod => Some(left % right),
        BinaryOp::Pow => Some(left.powf(right)),
        _ => None,
    }
}

#[expect(clippy::float_cmp, reason = "as Prometheus compares")]
fn compared(op: BinaryOp, left: f64, right: f64) -> bool {
    match op {
        BinaryOp::Equal => left == right,
        BinaryOp::NotEqual => left != right,
        BinaryOp::Less => left < right,
        BinaryOp::LessEqual => left <= right,
        BinaryOp::Greater => left > right,
        BinaryOp::GreaterEqual => left >= right,
        _ => false,
    }
}

/// The labels by which series of two sides are matched.
fn signature(point: &Point, matching: Option<&Matching>) -> Labels {
    let listed = |name: &str| matching.is_some_and(|matching| matching.labels.iter().any(|label| label.text == name));
    let on = matching.is_some_and(|matching| matching.on);
    let own = point
        .labels
        .iter()
        .filter(|(name, value)| !value.is_empty() && (if on { listed(name) } else { !listed(name) && *name != "__name__" }));
    own.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn set(binary: &Binary, left: Vec<Point>, right: Vec<Point>) -> Vec<Point> {
    let matching = binary.matching.as_ref();
    let signatures = |points: &[Point]| points.iter().map(|point| signature(point, matching)).collect::<BTreeSet<_>>();
    match binary.op {
        BinaryOp::Or => {
            let known = signatures(&left);
            let others = right.into_iter().filter(|point| !known.contains(&signature(point, matching)));
            left.into_iter().chain(others).collect()
        }
        op => {
            let known = signatures(&right);
            left.into_iter().filter(|point| known.contains(&signature(point, matching)) == (op == BinaryOp::And)).collect()
        }
    }
}

/// One series with one, or several with one.
fn joined(binary: &Binary, left: Vec<Point>, right: Vec<Point>) -> Option<Vec<Point>> {
    let matching = binary.matching.as_ref();
    if matching.is_some_and(|matching| matching.fill_left.is_some() || matching.fill_right.is_some()) {
        return None;
    }
    let group = matching.and_then(|matching| matching.group.as_ref());
    let many_right = group.is_some_and(|group| !group.left);
    let (many, ones) = if many_right { (right, left) } else { (left, right) };
    let mut by_signature: BTreeMap<Labels, Point> = BTreeMap::new();
    for point in ones {
        if by_signature.insert(signature(&point, matching), point).is_some() {
            return None;
        }
    }
    let (mut seen, mut kept) = (BTreeSet::new(), Vec::new());
    for point in many {
        let signature = signature(&point, matching);
        if group.is_none() && !seen.insert(signature.clone()) {
            return None;
        }
        let Some(other) = by_signature.get(&signature) else { continue };
        let (left, right) = (Side::of(&point), Side::of(other));
        let (left, right) = if many_right { (right, left) } else { (left, right) };
        let Some(side) = one(binary, binary.op, left, right)? else { continue };
        let mut point = settled(point, binary, side);
        if let Some(group) = group {
            for label in &group.labels {
                match other.labels.get(&label.text) {
                    Some(value) => point.labels.insert(label.text.clone(), value.clone()),
                    None => point.labels.remove(&label.text),
                };
            }
        } else {
            let name = point.labels.remove_entry("__name__");
            point.labels = signature;
            point.labels.extend(name);
        }
        kept.push(point);
    }
    Some(kept)
}
