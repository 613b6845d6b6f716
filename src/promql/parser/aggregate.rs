//! Aggregations and the label lists of `by`, `without`, `on`, `ignoring` and the group modifiers.

use crate::promql::ast::{Aggregate, AggregateOp, Expr, ExprKind, Grouping, Name};
use crate::promql::error::ErrorKind;
use crate::promql::options::Feature;
use crate::promql::strings;
use crate::promql::token::{Kind, Token};

use super::{Parser, Step, placeholder};

impl Parser<'_> {
    /// `sum` is an aggregation where `(`, `by` or `without` follows, and a metric's name elsewhere.
    pub(super) fn aggregate_or_selector(&mut self, name: Token, op: AggregateOp) -> Step<Expr> {
        let token = self.peek()?;
        match token.kind {
            Kind::LeftParen | Kind::By | Kind::Without => {
                self.aggregations += 1;
                let aggregate = self.aggregate(name, op)?;
                self.aggregations -= 1;
                Ok(aggregate)
            }
            kind if follows_metric(kind) => self.named_selector(name),
            _ => Err(self.unexpected(token, "aggregation", "")),
        }
    }

    fn aggregate(&mut self, name: Token, op: AggregateOp) -> Step<Expr> {
        let mut grouping = self.grouping()?;
        let arguments = self.arguments()?;
        let height = self.height;
        let mut end = self.last_end;
        if grouping.is_none() {
            grouping = self.grouping()?;
            end = end.max(self.last_end);
        }
        self.grow(height)?;
        let range = name.start..end;
        let (parameter, expr) = self.aggregate_arguments(op, arguments, &range);
        let aggregate = Aggregate { op, grouping, parameter, expr: Box::new(expr) };
        Ok(Expr { kind: ExprKind::Aggregate(aggregate), range })
    }

    /// Tells an aggregation's parameter from what it aggregates. Where the number is wrong, the last argument is kept.
    fn aggregate_arguments(
        &mut self,
        op: AggregateOp,
        mut arguments: Vec<Expr>,
        range: &std::ops::Range<usize>,
    ) -> (Option<Box<Expr>>, Expr) {
        let given = arguments.len();
        let wanted = if op.takes_parameter() { 2 } else { 1 };
        let Some(expr) = arguments.pop() else {
            self.note(ErrorKind::Semantic, range.clone(), format!("`{op}` has no arguments"));
            return (None, placeholder());
        };
        if op.is_experimental() {
            self.require(Feature::ExperimentalFunctions, range.clone(), || format!("aggregation `{op}` is experimental and"));
        }
        if given != wanted {
            self.note(ErrorKind::Semantic, range.clone(), format!("`{op}` takes {wanted} argument(s), got {given}"));
        }
        let parameter = if wanted == 2 { arguments.into_iter().next().map(Box::new) } else { None };
        (parameter, expr)
    }

    fn grouping(&mut self) -> Step<Option<Grouping>> {
        let without = match self.peek()?.kind {
            Kind::By => false,
            Kind::Without => true,
            _ => return Ok(None),
        };
        self.take()?;
        let labels = self.labels()?;
        Ok(Some(Grouping { without, labels }))
    }

    /// Reads `(a, b)`, where a comma may end the list.
    pub(super) fn labels(&mut self) -> Step<Vec<Name>> {
        const CONTEXT: &str = "a list of labels";
        let mut labels = Vec::new();
        self.expect(Kind::LeftParen, CONTEXT, "`(`")?;
        if self.accept(Kind::RightParen)?.is_some() {
            return Ok(labels);
        }
        loop {
            labels.push(self.label(CONTEXT)?);
            let token = self.peek()?;
            match token.kind {
                Kind::Comma => self.take()?,
                Kind::RightParen => break,
                _ => return Err(self.unexpected(token, CONTEXT, "`,` or `)`")),
            };
            if self.peek()?.kind == Kind::RightParen {
                break;
            }
        }
        self.take()?;
        Ok(labels)
    }

    fn label(&mut self, context: &str) -> Step<Name> {
        let token = self.peek()?;
        let range = token.range();
        let text = self.lexer.text_of(token);
        if token.kind == Kind::String {
            self.take()?;
            let bytes = strings::unquote(text);
            let Some(text) = std::str::from_utf8(&bytes).ok().filter(|text| !text.is_empty()) else {
                self.note(ErrorKind::Semantic, range.clone(), "invalid label name: it must be UTF-8 and not empty");
                return Ok(Name { text: String::from_utf8_lossy(&bytes).into_owned(), range });
            };
            return Ok(Name { text: text.to_owned(), range });
        }
        if !token.kind.may_name_label() {
            return Err(self.unexpected(token, context, "a label"));
        }
        self.take()?;
        Ok(Name { text: text.to_owned(), range })
    }
}

/// Whether a token can stand right after the name of a metric.
fn follows_metric(kind: Kind) -> bool {
    let ends = matches!(kind, Kind::End | Kind::Comma | Kind::RightParen | Kind::Operator(_));
    ends || matches!(kind, Kind::LeftBrace | Kind::LeftBracket | Kind::Offset | Kind::At | Kind::Anchored | Kind::Smoothed)
}
