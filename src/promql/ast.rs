//! The PromQL syntax tree of Prometheus 3.14, every node with the byte range it was written at.
//!
//! Ranges count bytes of the expression's own text; `source` maps them to the file. A tree that was built
//! rather than parsed has empty ranges. Two trees are equal where they mean the same: ranges are not compared.

use std::fmt;
use std::ops::Range;

/// A node and where it stands.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Byte range in the expression's text.
    pub range: Range<usize>,
}

impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

/// A name with its place (metric, label, function).
#[derive(Clone, Debug)]
pub struct Name {
    /// The name, decoded where it was quoted.
    pub text: String,
    /// Byte range in the expression's text, quotes included.
    pub range: Range<usize>,
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// The kinds of expression.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// `1`, `0x1f`, `5m` used as a number, `Inf`, `NaN`.
    Number(Number),
    /// A string literal, decoded. Bytes, because PromQL strings may hold any.
    String(Vec<u8>),
    /// `name{matchers} @ t offset d`.
    Selector(Selector),
    /// `selector[range]`, with an extended-range modifier where the flag allows it.
    Range {
        /// The selector with the modifiers written behind the brackets.
        selector: Selector,
        /// What stands in the brackets.
        range: DurationExpr,
        /// Byte range of the selector before the brackets.
        selector_range: Range<usize>,
        /// `anchored` or `smoothed`.
        extend: Option<Extend>,
    },
    /// `expr[range:step] @ t offset d`.
    Subquery {
        /// What is evaluated at each step.
        expr: Box<Expr>,
        /// How far back.
        range: DurationExpr,
        /// How often; `None` is the global evaluation interval.
        step: Option<DurationExpr>,
        /// The `@` modifier.
        at: Option<At>,
        /// The `offset` modifier.
        offset: Option<DurationExpr>,
    },
    /// `function(arguments)`.
    Call {
        /// The function's name; see [`super::functions`].
        function: Name,
        /// The arguments in order.
        arguments: Vec<Expr>,
    },
    /// `sum by (labels) (parameter, expr)`.
    Aggregate(Aggregate),
    /// `left op right`.
    Binary(Binary),
    /// `-expr` or `+expr`.
    Unary {
        /// `-` rather than `+`.
        negative: bool,
        /// The operand.
        expr: Box<Expr>,
    },
    /// `(expr)`.
    Paren(Box<Expr>),
}

impl PartialEq for ExprKind {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number(left), Self::Number(right)) => left == right,
            (Self::String(left), Self::String(right)) => left == right,
            (Self::Selector(left), Self::Selector(right)) => left == right,
            (
                Self::Range { selector, range, selector_range: _, extend },
                Self::Range { selector: other_selector, range: other_range, selector_range: _, extend: other_extend },
            ) => selector == other_selector && range == other_range && extend == other_extend,
            (
                Self::Subquery { expr, range, step, at, offset },
                Self::Subquery { expr: other_expr, range: other_range, step: other_step, at: other_at, offset: other_offset },
            ) => range == other_range && step == other_step && at == other_at && offset == other_offset && expr == other_expr,
            (Self::Call { function, arguments }, Self::Call { function: other_function, arguments: other_arguments }) => {
                function == other_function && arguments == other_arguments
            }
            (Self::Aggregate(left), Self::Aggregate(right)) => left == right,
            (Self::Binary(left), Self::Binary(right)) => left == right,
            (Self::Unary { negative, expr }, Self::Unary { negative: other_negative, expr: other_expr }) => {
                negative == other_negative && expr == other_expr
            }
            (Self::Paren(left), Self::Paren(right)) => left == right,
            _ => false,
        }
    }
}

/// Whether two numbers mean the same to PromQL's reader: NaN equals itself here.
#[expect(clippy::float_cmp, reason = "literals are compared, not results of arithmetic")]
fn same_number(left: f64, right: f64) -> bool {
    left == right || (left.is_nan() && right.is_nan())
}

/// A number literal; compared by value, with NaN equal to NaN.
#[derive(Clone, Debug)]
pub struct Number {
    /// Its value.
    pub value: f64,
    /// Whether it was written as a duration (`5m`), which the printer keeps.
    pub duration: bool,
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.duration == other.duration && same_number(self.value, other.value)
    }
}

/// What series a vector or range selector asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selector {
    /// The metric name, before the braces or quoted inside them; `None` where only matchers say it.
    pub metric: Option<Name>,
    /// The matchers in the braces as written, `__name__` ones included, the quoted metric name left out.
    pub matchers: Vec<Matcher>,
    /// The `@` modifier.
    pub at: Option<At>,
    /// The `offset` modifier.
    pub offset: Option<DurationExpr>,
    /// `anchored` or `smoothed` on an instant selector, where the flag allows it.
    pub extend: Option<Extend>,
}

/// `label op "value"`.
#[derive(Clone, Debug)]
pub struct Matcher {
    /// The label.
    pub label: Name,
    /// The comparison.
    pub op: MatchOp,
    /// The value, decoded. Bytes that are not UTF-8, which Prometheus lets pass, are U+FFFD here.
    pub value: String,
    /// Byte range of the value with its quotes.
    pub value_range: Range<usize>,
    /// Byte range of the whole matcher.
    pub range: Range<usize>,
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        self.label == other.label && self.op == other.op && self.value == other.value
    }
}

impl MatchOp {
    /// The comparison as PromQL writes it.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Regex => "=~",
            Self::NotRegex => "!~",
        }
    }
}

/// How a matcher compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MatchOp {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `=~`
    Regex,
    /// `!~`
    NotRegex,
}

/// The `@` modifier.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum At {
    /// A Unix time in seconds, as printed by Prometheus to the millisecond.
    Time(f64),
    /// `start()`
    Start,
    /// `end()`
    End,
}

/// Extended-range modifiers (`--enable-feature=promql-extended-range-selectors`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extend {
    /// `anchored`
    Anchored,
    /// `smoothed`
    Smoothed,
}

/// A duration, or arithmetic over durations.
#[derive(Clone, Debug)]
pub struct DurationExpr {
    /// What it is.
    pub kind: DurationKind,
    /// Byte range in the expression's text.
    pub range: Range<usize>,
}

impl PartialEq for DurationExpr {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

impl DurationExpr {
    /// The duration in milliseconds, where it is a plain one.
    pub fn millis(&self) -> Option<i64> {
        match self.kind {
            DurationKind::Millis(millis) => Some(millis),
            _ => None,
        }
    }
}

/// The kinds of duration expression (Prometheus 3.14).
#[derive(Clone, Debug)]
pub enum DurationKind {
    /// A literal, as a duration or a number of seconds; negative only in `offset`.
    Millis(i64),
    /// `step()`
    Step,
    /// `range()`
    Range,
    /// `min(a, b)` / `max(a, b)` (or `min_of`, `max_of`; see [`DurationFunction`]).
    Call {
        /// Which.
        function: DurationFunction,
        /// Its two arguments.
        arguments: Vec<DurationExpr>,
    },
    /// `a op b`, op one of `+ - * / % ^`.
    Binary {
        /// The operator.
        op: char,
        /// The left operand.
        left: Box<DurationExpr>,
        /// The right operand.
        right: Box<DurationExpr>,
    },
    /// `-a` or `+a`
    Unary {
        /// `-` rather than `+`.
        negative: bool,
        /// The operand.
        expr: Box<DurationExpr>,
    },
    /// `(a)`
    Paren(Box<DurationExpr>),
    /// A plain number of seconds inside arithmetic, where it is a factor and not a duration, or one that whole
    /// milliseconds do not express.
    Number(f64),
}

impl PartialEq for DurationKind {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Millis(left), Self::Millis(right)) => left == right,
            (Self::Step, Self::Step) | (Self::Range, Self::Range) => true,
            (Self::Call { function, arguments }, Self::Call { function: other_function, arguments: other_arguments }) => {
                function == other_function && arguments == other_arguments
            }
            (Self::Binary { op, left, right }, Self::Binary { op: other_op, left: other_left, right: other_right }) => {
                op == other_op && left == other_left && right == other_right
            }
            (Self::Unary { negative, expr }, Self::Unary { negative: other_negative, expr: other_expr }) => {
                negative == other_negative && expr == other_expr
            }
            (Self::Paren(left), Self::Paren(right)) => left == right,
            (Self::Number(left), Self::Number(right)) => same_number(*left, *right),
            _ => false,
        }
    }
}

/// Functions of duration expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DurationFunction {
    /// The smaller of two.
    Min,
    /// The larger of two.
    Max,
}

/// An aggregation.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    /// The operator.
    pub op: AggregateOp,
    /// `by (…)` or `without (…)`; `None` aggregates everything into one series.
    pub grouping: Option<Grouping>,
    /// The first argument of `topk`, `quantile`, `count_values` and their like.
    pub parameter: Option<Box<Expr>>,
    /// What is aggregated.
    pub expr: Box<Expr>,
}

/// `by (labels)` or `without (labels)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Grouping {
    /// `without` rather than `by`.
    pub without: bool,
    /// The labels as written.
    pub labels: Vec<Name>,
}

impl Grouping {
    /// Whether what is aggregated still tells `label` apart: `by` names it, or `without` does not.
    #[must_use]
    pub fn keeps(&self, label: &str) -> bool {
        self.labels.iter().any(|listed| listed.text == label) != self.without
    }
}

/// Aggregation operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is Prometheus's operator of that name")]
pub enum AggregateOp {
    Avg,
    Bottomk,
    Count,
    CountValues,
    Group,
    Limitk,
    LimitRatio,
    Max,
    Min,
    Quantile,
    Stddev,
    Stdvar,
    Sum,
    Topk,
}

impl AggregateOp {
    /// The operator as PromQL writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Avg => "avg",
            Self::Bottomk => "bottomk",
            Self::Count => "count",
            Self::CountValues => "count_values",
            Self::Group => "group",
            Self::Limitk => "limitk",
            Self::LimitRatio => "limit_ratio",
            Self::Max => "max",
            Self::Min => "min",
            Self::Quantile => "quantile",
            Self::Stddev => "stddev",
            Self::Stdvar => "stdvar",
            Self::Sum => "sum",
            Self::Topk => "topk",
        }
    }

    /// Whether it takes a parameter before what it aggregates.
    pub fn takes_parameter(self) -> bool {
        matches!(self, Self::Topk | Self::Bottomk | Self::CountValues | Self::Quantile | Self::Limitk | Self::LimitRatio)
    }

    /// Whether it needs a feature flag.
    pub fn is_experimental(self) -> bool {
        matches!(self, Self::Limitk | Self::LimitRatio)
    }
}

impl fmt::Display for AggregateOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A binary operation.
#[derive(Clone, Debug)]
pub struct Binary {
    /// The operator.
    pub op: BinaryOp,
    /// Byte range of the operator alone.
    pub op_range: Range<usize>,
    /// The left operand.
    pub left: Box<Expr>,
    /// The right operand.
    pub right: Box<Expr>,
    /// `bool` after a comparison.
    pub return_bool: bool,
    /// `on`, `ignoring`, `group_left`, `group_right`, `fill`, where any is written.
    pub matching: Option<Matching>,
}

impl PartialEq for Binary {
    fn eq(&self, other: &Self) -> bool {
        self.op == other.op
            && self.return_bool == other.return_bool
            && self.matching == other.matching
            && self.right == other.right
            && self.left == other.left
    }
}

/// How the two sides of a binary operation are matched.
#[derive(Clone, Debug, Default)]
pub struct Matching {
    /// `on (…)` rather than `ignoring (…)`; without either, an `ignoring ()`.
    pub on: bool,
    /// Whether `on` or `ignoring` was written at all.
    pub explicit: bool,
    /// The labels of it.
    pub labels: Vec<Name>,
    /// `group_left (…)` or `group_right (…)`.
    pub group: Option<Group>,
    /// `fill (x)`: sets both; `fill_left (x)`, `fill_right (x)` (needs a feature flag).
    pub fill_left: Option<f64>,
    /// See `fill_left`.
    pub fill_right: Option<f64>,
}

impl PartialEq for Matching {
    fn eq(&self, other: &Self) -> bool {
        let same_fill = |left: Option<f64>, right: Option<f64>| match (left, right) {
            (Some(left), Some(right)) => same_number(left, right),
            (left, right) => left.is_none() && right.is_none(),
        };
        self.on == other.on
            && self.explicit == other.explicit
            && self.labels == other.labels
            && self.group == other.group
            && same_fill(self.fill_left, other.fill_left)
            && same_fill(self.fill_right, other.fill_right)
    }
}

/// `group_left (labels)` or `group_right (labels)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// `group_left`: many on the left.
    pub left: bool,
    /// The labels to take over from the one side.
    pub labels: Vec<Name>,
}

/// Binary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is Prometheus's operator of that name")]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
    Atan2,
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterEqual,
    LessEqual,
    And,
    Or,
    Unless,
    /// `</`: keeps the observations of a native histogram below a bound.
    TrimUpper,
    /// `>/`: keeps those above.
    TrimLower,
}

impl BinaryOp {
    /// Whether it is one of `== != > < >= <=`.
    pub fn is_comparison(self) -> bool {
        matches!(self, Self::Equal | Self::NotEqual | Self::Greater | Self::Less | Self::GreaterEqual | Self::LessEqual)
    }

    /// Whether it is `and`, `or` or `unless`.
    pub fn is_set(self) -> bool {
        matches!(self, Self::And | Self::Or | Self::Unless)
    }

    /// The operator as PromQL writes it.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Mod => "%",
            Self::Pow => "^",
            Self::Atan2 => "atan2",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Greater => ">",
            Self::Less => "<",
            Self::GreaterEqual => ">=",
            Self::LessEqual => "<=",
            Self::And => "and",
            Self::Or => "or",
            Self::Unless => "unless",
            Self::TrimUpper => "</",
            Self::TrimLower => ">/",
        }
    }

    /// How tightly it binds, from 1 for `or` to 6 for `^`. A sign binds like `*`, and `^` alone groups to the right.
    pub fn precedence(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And | Self::Unless => 2,
            Self::Equal
            | Self::NotEqual
            | Self::Greater
            | Self::Less
            | Self::GreaterEqual
            | Self::LessEqual
            | Self::TrimUpper
            | Self::TrimLower => 3,
            Self::Add | Self::Sub => 4,
            Self::Mul | Self::Div | Self::Mod | Self::Atan2 => 5,
            Self::Pow => 6,
        }
    }
}

impl fmt::Display for BinaryOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.symbol())
    }
}

/// The types of PromQL values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValueType {
    /// A number.
    Scalar,
    /// An instant vector.
    Vector,
    /// A range vector.
    Matrix,
    /// A string.
    String,
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scalar => "scalar",
            Self::Vector => "instant vector",
            Self::Matrix => "range vector",
            Self::String => "string",
        })
    }
}
