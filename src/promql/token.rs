//! The words of PromQL.

use std::ops::Range;

use super::ast::{AggregateOp, BinaryOp};

/// What a token is. Operators and aggregations carry which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    End,
    Comma,
    Colon,
    LeftParen,
    RightParen,
    LeftBrace,
    RightBrace,
    LeftBracket,
    RightBracket,
    At,
    Equal,
    EqualRegex,
    NotRegex,
    String,
    Number,
    Duration,
    Identifier,
    /// An identifier that holds a colon: only metrics may.
    MetricIdentifier,
    Operator(BinaryOp),
    Aggregator(AggregateOp),
    Bool,
    By,
    Without,
    On,
    Ignoring,
    GroupLeft,
    GroupRight,
    Fill,
    FillLeft,
    FillRight,
    Offset,
    Anchored,
    Smoothed,
    Start,
    EndFunction,
    Step,
    RangeFunction,
    MaxOf,
    MinOf,
}

/// A token and where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Token {
    pub(crate) fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

impl Kind {
    /// Whether Prometheus takes the word for a metric's name where an expression starts.
    pub(crate) fn may_name_metric(self) -> bool {
        use BinaryOp::{And, Or, Unless};
        let word = matches!(self, Self::MetricIdentifier | Self::Aggregator(_) | Self::Operator(And | Or | Unless));
        let modifier = matches!(self, Self::By | Self::Without | Self::Offset | Self::Anchored | Self::Smoothed);
        let fill = matches!(self, Self::Fill | Self::FillLeft | Self::FillRight);
        word || modifier || fill || self.may_name_function()
    }

    /// Whether Prometheus takes the word for a label in `by (…)`, `on (…)` and their like.
    pub(crate) fn may_name_label(self) -> bool {
        match self {
            Self::Without => false,
            Self::Bool | Self::On | Self::Ignoring | Self::GroupLeft | Self::GroupRight | Self::Operator(BinaryOp::Atan2) => true,
            other => other.may_name_metric(),
        }
    }

    /// Whether an expression can start with it.
    pub(crate) fn starts_expression(self) -> bool {
        match self {
            Self::Number
            | Self::Duration
            | Self::String
            | Self::LeftParen
            | Self::LeftBrace
            | Self::Operator(BinaryOp::Add | BinaryOp::Sub) => true,
            other => other.may_name_metric(),
        }
    }

    /// Whether a parenthesis behind it makes it a function's name; other words name metrics only.
    pub(crate) fn may_name_function(self) -> bool {
        matches!(self, Self::Identifier | Self::Start | Self::EndFunction | Self::Step | Self::RangeFunction | Self::MaxOf | Self::MinOf)
    }
}

/// The keyword a word is, whatever its case.
pub(crate) fn keyword(word: &str) -> Option<Kind> {
    const LONGEST: usize = 12;
    let mut buffer = [0_u8; LONGEST];
    let lower = buffer.get_mut(..word.len())?;
    lower.copy_from_slice(word.as_bytes());
    lower.make_ascii_lowercase();
    Some(match &*lower {
        b"and" => Kind::Operator(BinaryOp::And),
        b"or" => Kind::Operator(BinaryOp::Or),
        b"unless" => Kind::Operator(BinaryOp::Unless),
        b"atan2" => Kind::Operator(BinaryOp::Atan2),
        b"sum" => Kind::Aggregator(AggregateOp::Sum),
        b"avg" => Kind::Aggregator(AggregateOp::Avg),
        b"count" => Kind::Aggregator(AggregateOp::Count),
        b"min" => Kind::Aggregator(AggregateOp::Min),
        b"max" => Kind::Aggregator(AggregateOp::Max),
        b"group" => Kind::Aggregator(AggregateOp::Group),
        b"stddev" => Kind::Aggregator(AggregateOp::Stddev),
        b"stdvar" => Kind::Aggregator(AggregateOp::Stdvar),
        b"topk" => Kind::Aggregator(AggregateOp::Topk),
        b"bottomk" => Kind::Aggregator(AggregateOp::Bottomk),
        b"count_values" => Kind::Aggregator(AggregateOp::CountValues),
        b"quantile" => Kind::Aggregator(AggregateOp::Quantile),
        b"limitk" => Kind::Aggregator(AggregateOp::Limitk),
        b"limit_ratio" => Kind::Aggregator(AggregateOp::LimitRatio),
        b"offset" => Kind::Offset,
        b"anchored" => Kind::Anchored,
        b"smoothed" => Kind::Smoothed,
        b"by" => Kind::By,
        b"without" => Kind::Without,
        b"on" => Kind::On,
        b"ignoring" => Kind::Ignoring,
        b"group_left" => Kind::GroupLeft,
        b"group_right" => Kind::GroupRight,
        b"fill" => Kind::Fill,
        b"fill_left" => Kind::FillLeft,
        b"fill_right" => Kind::FillRight,
        b"bool" => Kind::Bool,
        b"start" => Kind::Start,
        b"end" => Kind::EndFunction,
        b"step" => Kind::Step,
        b"range" => Kind::RangeFunction,
        b"max_of" => Kind::MaxOf,
        b"min_of" => Kind::MinOf,
        b"inf" | b"nan" => Kind::Number,
        _ => return None,
    })
}
