//! Every function of Prometheus 3.14 and what it takes.

use std::sync::LazyLock;

use foldhash::HashMap;

use super::ast::ValueType;

/// One function.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// The types of its arguments. Where `extra` allows fewer or more, the last stands for all that follow.
    pub arguments: &'static [ValueType],
    /// How the number of arguments may differ from that of `arguments`.
    pub extra: Extra,
    /// The type of its result.
    pub returns: ValueType,
    /// Whether it needs the feature of experimental functions.
    pub experimental: bool,
}

/// How many arguments a function takes beyond those it must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extra {
    /// Exactly the listed ones.
    None,
    /// The last listed one up to this many times, or not at all.
    UpTo(usize),
    /// The last listed one any number of times, or not at all.
    Any,
}

impl Function {
    /// The fewest arguments it takes.
    pub fn fewest(&self) -> usize {
        match self.extra {
            Extra::None => self.arguments.len(),
            Extra::UpTo(_) | Extra::Any => self.arguments.len().saturating_sub(1),
        }
    }

    /// The most arguments it takes; `None` where there is no limit.
    pub fn most(&self) -> Option<usize> {
        match self.extra {
            Extra::None => Some(self.arguments.len()),
            Extra::UpTo(extra) => Some(self.fewest() + extra),
            Extra::Any => None,
        }
    }

    /// The type of the argument at a place, counted from zero; `None` where no argument belongs.
    pub fn argument(&self, place: usize) -> Option<ValueType> {
        match self.extra {
            Extra::None => self.arguments.get(place).copied(),
            Extra::UpTo(_) | Extra::Any => self.arguments.get(place).or(self.arguments.last()).copied(),
        }
    }
}

/// The function of a name. Names are case-sensitive.
pub fn function(name: &str) -> Option<&'static Function> {
    static BY_NAME: LazyLock<HashMap<&str, &Function>> =
        LazyLock::new(|| FUNCTIONS.iter().map(|function| (function.name, function)).collect());
    BY_NAME.get(name).copied()
}

const V: ValueType = ValueType::Vector;
const M: ValueType = ValueType::Matrix;
const S: ValueType = ValueType::Scalar;
const T: ValueType = ValueType::String;

const fn stable(name: &'static str, arguments: &'static [ValueType], extra: Extra, returns: ValueType) -> Function {
    Function { name, arguments, extra, returns, experimental: false }
}

const fn experimental(name: &'static str, arguments: &'static [ValueType], extra: Extra, returns: ValueType) -> Function {
    Function { name, arguments, extra, returns, experimental: true }
}

/// All functions, sorted by name.
pub static FUNCTIONS: &[Function] = &[
    stable("abs", &[V], Extra::None, V),
    stable("absent", &[V], Extra::None, V),
    stable("absent_over_time", &[M], Extra::None, V),
    stable("acos", &[V], Extra::None, V),
    stable("acosh", &[V], Extra::None, V),
    stable("asin", &[V], Extra::None, V),
    stable("asinh", &[V], Extra::None, V),
    stable("atan", &[V], Extra::None, V),
    stable("atanh", &[V], Extra::None, V),
    stable("avg_over_time", &[M], Extra::None, V),
    stable("ceil", &[V], Extra::None, V),
    stable("changes", &[M], Extra::None, V),
    stable("clamp", &[V, S, S], Extra::None, V),
    stable("clamp_max", &[V, S], Extra::None, V),
    stable("clamp_min", &[V, S], Extra::None, V),
    stable("cos", &[V], Extra::None, V),
    stable("cosh", &[V], Extra::None, V),
    stable("count_over_time", &[M], Extra::None, V),
    stable("day_of_month", &[V], Extra::UpTo(1), V),
    stable("day_of_week", &[V], Extra::UpTo(1), V),
    stable("day_of_year", &[V], Extra::UpTo(1), V),
    stable("days_in_month", &[V], Extra::UpTo(1), V),
    stable("deg", &[V], Extra::None, V),
    stable("delta", &[M], Extra::None, V),
    stable("deriv", &[M], Extra::None, V),
    experimental("double_exponential_smoothing", &[M, S, S], Extra::None, V),
    experimental("end", &[], Extra::None, S),
    stable("exp", &[V], Extra::None, V),
    stable("first_over_time", &[M], Extra::None, V),
    stable("floor", &[V], Extra::None, V),
    stable("histogram_avg", &[V], Extra::None, V),
    stable("histogram_count", &[V], Extra::None, V),
    stable("histogram_fraction", &[S, S, V], Extra::None, V),
    stable("histogram_quantile", &[S, V], Extra::None, V),
    experimental("histogram_quantiles", &[V, T, S, S], Extra::UpTo(9), V),
    stable("histogram_stddev", &[V], Extra::None, V),
    stable("histogram_stdvar", &[V], Extra::None, V),
    stable("histogram_sum", &[V], Extra::None, V),
    // Until 3.0.
    stable("holt_winters", &[M, S, S], Extra::None, V),
    stable("hour", &[V], Extra::UpTo(1), V),
    stable("idelta", &[M], Extra::None, V),
    stable("increase", &[M], Extra::None, V),
    experimental("info", &[V, V], Extra::UpTo(1), V),
    stable("irate", &[M], Extra::None, V),
    stable("label_join", &[V, T, T, T], Extra::Any, V),
    stable("label_replace", &[V, T, T, T, T], Extra::None, V),
    stable("last_over_time", &[M], Extra::None, V),
    stable("ln", &[V], Extra::None, V),
    stable("log10", &[V], Extra::None, V),
    stable("log2", &[V], Extra::None, V),
    experimental("mad_over_time", &[M], Extra::None, V),
    experimental("max_of", &[S, S], Extra::None, S),
    stable("max_over_time", &[M], Extra::None, V),
    experimental("min_of", &[S, S], Extra::None, S),
    stable("min_over_time", &[M], Extra::None, V),
    stable("minute", &[V], Extra::UpTo(1), V),
    stable("month", &[V], Extra::UpTo(1), V),
    stable("pi", &[], Extra::None, S),
    stable("predict_linear", &[M, S], Extra::None, V),
    stable("present_over_time", &[M], Extra::None, V),
    stable("quantile_over_time", &[S, M], Extra::None, V),
    stable("rad", &[V], Extra::None, V),
    experimental("range", &[], Extra::None, S),
    stable("rate", &[M], Extra::None, V),
    stable("resets", &[M], Extra::None, V),
    stable("round", &[V, S], Extra::UpTo(1), V),
    stable("scalar", &[V], Extra::None, S),
    stable("sgn", &[V], Extra::None, V),
    stable("sin", &[V], Extra::None, V),
    stable("sinh", &[V], Extra::None, V),
    stable("sort", &[V], Extra::None, V),
    experimental("sort_by_label", &[V, T], Extra::Any, V),
    experimental("sort_by_label_desc", &[V, T], Extra::Any, V),
    stable("sort_desc", &[V], Extra::None, V),
    stable("sqrt", &[V], Extra::None, V),
    experimental("start", &[], Extra::None, S),
    experimental("start_timestamp", &[V], Extra::None, V),
    stable("stddev_over_time", &[M], Extra::None, V),
    stable("stdvar_over_time", &[M], Extra::None, V),
    experimental("step", &[], Extra::None, S),
    stable("sum_over_time", &[M], Extra::None, V),
    stable("tan", &[V], Extra::None, V),
    stable("tanh", &[V], Extra::None, V),
    stable("time", &[], Extra::None, S),
    stable("timestamp", &[V], Extra::None, V),
    experimental("ts_of_first_over_time", &[M], Extra::None, V),
    experimental("ts_of_last_over_time", &[M], Extra::None, V),
    experimental("ts_of_max_over_time", &[M], Extra::None, V),
    experimental("ts_of_min_over_time", &[M], Extra::None, V),
    stable("vector", &[S], Extra::None, V),
    stable("year", &[V], Extra::UpTo(1), V),
];

#[cfg(test)]
mod tests {
    use super::{FUNCTIONS, function};

    #[test]
    fn table_is_sorted_so_that_every_function_is_found() {
        assert!(FUNCTIONS.is_sorted_by(|left, right| left.name < right.name));
        assert!(FUNCTIONS.iter().all(|entry| function(entry.name).is_some()));
        assert!(function("integral").is_none());
    }

    #[test]
    fn optional_and_repeated_arguments_are_counted() {
        let bounds = |name: &str| function(name).map(|function| (function.fewest(), function.most()));
        assert_eq!(bounds("rate"), Some((1, Some(1))));
        assert_eq!(bounds("round"), Some((1, Some(2))));
        assert_eq!(bounds("hour"), Some((0, Some(1))));
        assert_eq!(bounds("label_join"), Some((3, None)));
        assert_eq!(bounds("time"), Some((0, Some(0))));
    }
}
