//! What gives numbers: functions over a range, aggregations and the operators between them.

use std::ops::Range;

use super::Gives;
use super::reader::{DEEPEST, Read, Reader};

/// Functions that count lines or bytes over a range.
const OF_LINES: &[&str] = &["count_over_time", "rate", "bytes_over_time", "bytes_rate", "absent_over_time"];
/// Functions of the values that `unwrap` takes out of lines.
const OF_VALUES: &[&str] = &[
    "sum_over_time",
    "avg_over_time",
    "max_over_time",
    "min_over_time",
    "first_over_time",
    "last_over_time",
    "stdvar_over_time",
    "stddev_over_time",
    "quantile_over_time",
    "rate_counter",
];
const AGGREGATIONS: &[&str] =
    &["sum", "avg", "count", "max", "min", "stddev", "stdvar", "topk", "bottomk", "approx_topk", "sort", "sort_desc"];
const OPERATORS: &[&str] = &["==", "!=", ">=", "<=", ">", "<", "+", "-", "*", "/", "%", "^", "and", "or", "unless"];

impl Reader<'_> {
    pub(super) fn expression(&mut self) -> Read<Gives> {
        if self.depth == DEEPEST {
            return Self::error(self.at..self.at, "this is nested too deep");
        }
        self.depth += 1;
        let mut gives = self.operand()?;
        loop {
            self.blanks();
            let Some(operator) = OPERATORS.iter().find(|operator| self.rest().starts_with(**operator)) else { break };
            let place = self.at..self.at + operator.len();
            self.at = place.end;
            if gives == Gives::Lines {
                return Self::error(place, format!("`{operator}` takes numbers, and before it stand lines"));
            }
            if self.rest().trim_start().starts_with("bool") {
                self.expect("bool")?;
            }
            self.matching()?;
            let from = self.at;
            if self.operand()? == Gives::Lines {
                return Self::error(from..self.at, format!("`{operator}` takes numbers, and behind it stand lines"));
            }
            gives = Gives::Numbers;
        }
        self.depth -= 1;
        Ok(gives)
    }

    pub(super) fn matching(&mut self) -> Read<()> {
        for word in ["on", "ignoring", "group_left", "group_right"] {
            self.blanks();
            if self.rest().strip_prefix(word).is_some_and(|rest| rest.trim_start().starts_with('(')) {
                self.at += word.len();
                self.labels()?;
            }
        }
        Ok(())
    }

    pub(super) fn labels(&mut self) -> Read<()> {
        self.expect("(")?;
        while !self.take(")") {
            self.name("a label")?;
            if !self.take(",") {
                self.expect(")")?;
                break;
            }
        }
        Ok(())
    }

    pub(super) fn operand(&mut self) -> Read<Gives> {
        self.blanks();
        if self.rest().starts_with('{') {
            self.selector()?;
            self.pipeline()?;
            return Ok(Gives::Lines);
        }
        if self.take("(") {
            let gives = self.expression()?;
            self.expect(")")?;
            return Ok(gives);
        }
        if self.number() {
            return Ok(Gives::Numbers);
        }
        let (name, place) = self.name("a selector, a function or a number")?;
        if OF_LINES.contains(&name) || OF_VALUES.contains(&name) {
            self.over_time(name, &place)?;
        } else if AGGREGATIONS.contains(&name) {
            self.aggregation(name)?;
        } else if name == "label_replace" {
            self.expect("(")?;
            self.expression()?;
            for _ in 0..4 {
                self.expect(",")?;
                self.string()?;
            }
            self.expect(")")?;
        } else if name == "vector" {
            self.expect("(")?;
            if !self.number() {
                return Err(self.unexpected("a number"));
            }
            self.expect(")")?;
        } else {
            let known = OF_LINES.iter().chain(OF_VALUES).chain(AGGREGATIONS).copied();
            let meant = crate::diagnostic::did_you_mean(name, known).map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
            return Self::error(place, format!("LogQL has no function `{name}`{meant}"));
        }
        Ok(Gives::Numbers)
    }

    pub(super) fn grouping(&mut self) -> Read<bool> {
        for word in ["by", "without"] {
            self.blanks();
            if self.rest().strip_prefix(word).is_some_and(|rest| rest.trim_start().starts_with('(')) {
                self.at += word.len();
                self.labels()?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(super) fn aggregation(&mut self, name: &str) -> Read<()> {
        let grouped = self.grouping()?;
        self.expect("(")?;
        if matches!(name, "topk" | "bottomk" | "approx_topk") {
            if !self.number() {
                return Err(self.unexpected("a number"));
            }
            self.expect(",")?;
        }
        self.blanks();
        let from = self.at;
        if self.expression()? == Gives::Lines {
            return Self::error(from..self.at, format!("`{name}` takes numbers, and these are lines: count them over a time first"));
        }
        self.expect(")")?;
        if !grouped {
            self.grouping()?;
        }
        Ok(())
    }

    /// `count_over_time({…} … [5m])`
    pub(super) fn over_time(&mut self, name: &str, place: &Range<usize>) -> Read<()> {
        self.expect("(")?;
        if name == "quantile_over_time" {
            if !self.number() {
                return Err(self.unexpected("a number"));
            }
            self.expect(",")?;
        }
        let is_bracketed = self.take("(");
        self.blanks();
        self.selector()?;
        let mut has_range = self.range()?;
        let unwraps = self.pipeline()?;
        has_range |= !has_range && self.range()?;
        if is_bracketed {
            self.expect(")")?;
            has_range |= !has_range && self.range()?;
        }
        if !has_range {
            return Err(self.unexpected("a range such as `[5m]`"));
        }
        self.blanks();
        if self.rest().starts_with("offset") {
            self.expect("offset")?;
            if !self.number() {
                return Err(self.unexpected("a duration"));
            }
        }
        self.expect(")")?;
        if OF_VALUES.contains(&name) && !unwraps {
            return Self::error(place.clone(), format!("`{name}` takes values out of lines, and nothing does `| unwrap`"));
        }
        if unwraps && matches!(name, "count_over_time" | "bytes_over_time" | "bytes_rate") {
            return Self::error(place.clone(), format!("`{name}` counts lines, and takes no `| unwrap`"));
        }
        self.grouping()?;
        Ok(())
    }

    pub(super) fn range(&mut self) -> Read<bool> {
        if !self.take("[") {
            return Ok(false);
        }
        self.blanks();
        let start = self.at;
        let end = self.rest().find(']').unwrap_or(self.rest().len());
        let text = self.rest()[..end].trim_end();
        // Grafana's variables stand in dashboards.
        let fine = text.starts_with('$') || crate::promql::duration::parse_duration(text).is_ok_and(|millis| millis > 0);
        if !fine {
            return Self::error(start..start + text.len(), format!("`{text}` is no duration"));
        }
        self.at += end;
        self.expect("]")?;
        Ok(true)
    }
}
