//! What the checker remembers of the parts of a pattern instead of a tree.

/// What Go's limits ask of a finished part.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    /// Whether it matches the empty string.
    pub(super) nullable: bool,
    /// Levels of Go's syntax tree.
    pub(super) height: u64,
    /// Instructions of the compiled program, as Go estimates them.
    pub(super) size: u64,
    /// The largest product of nested counts.
    pub(super) repeats: u64,
    shape: Shape,
}

/// The shapes that Go merges with their neighbours or their parent.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Shape {
    Literal,
    Sequence,
    Alternation,
    Other,
}

impl Node {
    const LEAF: Self = Self { nullable: false, height: 1, size: 1, repeats: 1, shape: Shape::Other };

    pub(super) fn literal() -> Self {
        Self { shape: Shape::Literal, ..Self::LEAF }
    }

    pub(super) fn class() -> Self {
        Self::LEAF
    }

    /// `^`, `\b` and their like; whether they hold in an empty text.
    pub(super) fn assertion(holds_in_empty: bool) -> Self {
        Self { nullable: holds_in_empty, ..Self::LEAF }
    }

    /// Under `*`, `+` or `?`.
    pub(super) fn repeated_by(self, operator: u8) -> Self {
        let extra = if operator == b'*' { 2 } else { 1 };
        let nullable = operator != b'+' || self.nullable;
        Self { nullable, height: self.height + 1, size: self.size.saturating_add(extra), shape: Shape::Other, ..self }
    }

    /// Under `{least,most}`.
    pub(super) fn counted(self, least: u64, most: Option<u64>) -> Self {
        let size = match most {
            None if least == 0 => self.size.saturating_add(2),
            None => self.size.saturating_mul(least).saturating_add(1),
            Some(most) => self.size.saturating_mul(most).saturating_add(most.saturating_sub(least)),
        };
        let repeats = match most {
            // What is never repeated cannot be repeated too often.
            Some(0) => 1,
            _ => self.repeats.saturating_mul(most.unwrap_or(least).max(1)),
        };
        Self { nullable: least == 0 || self.nullable, height: self.height + 1, size: size.max(1), repeats, shape: Shape::Other }
    }

    /// In a capturing group.
    fn captured(self) -> Self {
        Self { height: self.height + 1, size: self.size.saturating_add(2), shape: Shape::Other, ..self }
    }
}

/// Parts side by side, in a sequence or an alternation.
#[derive(Clone, Copy, Debug)]
struct Parts {
    count: u64,
    /// The height of the tallest part.
    tallest: u64,
    size: u64,
    repeats: u64,
    nullable: bool,
    only: Node,
    ends_in_literal: bool,
}

impl Parts {
    fn new(nullable: bool) -> Self {
        Self { count: 0, tallest: 0, size: 0, repeats: 1, nullable, only: Node::LEAF, ends_in_literal: false }
    }

    /// Adds a part; one of the same shape as the whole joins it with its own parts, as Go collapses them.
    fn add(&mut self, node: Node, whole: Shape) {
        let literal = node.shape == Shape::Literal && whole == Shape::Sequence;
        let joins = node.shape == whole;
        self.tallest = self.tallest.max(if joins { node.height - 1 } else { node.height });
        self.count += if literal && self.ends_in_literal { 0 } else { 1 + u64::from(joins) };
        self.ends_in_literal = literal;
        self.size = self.size.saturating_add(node.size);
        self.repeats = self.repeats.max(node.repeats);
        self.only = node;
        match whole {
            Shape::Alternation => self.nullable |= node.nullable,
            _ => self.nullable &= node.nullable,
        }
    }

    fn finish(self, whole: Shape) -> Node {
        match self.count {
            0 => Node::assertion(true),
            1 if whole == Shape::Alternation || self.size == self.only.size => self.only,
            1 => Node { size: self.size, ..self.only },
            count => {
                let bars = if whole == Shape::Alternation { count - 1 } else { 0 };
                let size = self.size.saturating_add(bars);
                Node { nullable: self.nullable, height: self.tallest + 1, size, repeats: self.repeats, shape: whole }
            }
        }
    }
}

/// An open group, or the whole pattern.
#[derive(Debug)]
pub(super) struct Group {
    captures: bool,
    alternatives: Parts,
    sequence: Parts,
    /// The last item, which a repetition may still take.
    last: Option<Node>,
}

impl Group {
    pub(super) fn new(captures: bool) -> Self {
        Self { captures, alternatives: Parts::new(false), sequence: Parts::new(true), last: None }
    }

    pub(super) fn last(&self) -> Option<Node> {
        self.last
    }

    pub(super) fn push(&mut self, node: Node) {
        if let Some(last) = self.last.replace(node) {
            self.sequence.add(last, Shape::Sequence);
        }
    }

    /// Puts a repetition around the last item; `None` where there is none.
    pub(super) fn repeat(&mut self, apply: impl FnOnce(Node) -> Node) -> Option<Node> {
        self.last = Some(apply(self.last?));
        self.last
    }

    /// Ends an alternative.
    pub(super) fn bar(&mut self) {
        if let Some(last) = self.last.take() {
            self.sequence.add(last, Shape::Sequence);
        }
        let sequence = std::mem::replace(&mut self.sequence, Parts::new(true));
        self.alternatives.add(sequence.finish(Shape::Sequence), Shape::Alternation);
    }

    pub(super) fn finish(mut self) -> Node {
        self.bar();
        let node = self.alternatives.finish(Shape::Alternation);
        if self.captures { node.captured() } else { node }
    }
}
