//! Which of PromQL's optional parts an expression may use.

use std::fmt;

/// A part of PromQL that Prometheus 3.14 (or an older one) has only behind `--enable-feature`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Feature {
    /// Functions and aggregations marked experimental, such as `info` and `limitk`.
    ExperimentalFunctions,
    /// Arithmetic where a duration stands. On without a flag since Prometheus 3.14.
    DurationExpressions,
    /// `anchored` and `smoothed`.
    ExtendedRangeSelectors,
    /// `fill`, `fill_left` and `fill_right`.
    FillModifiers,
}

impl Feature {
    /// The value for `--enable-feature=`.
    pub fn name(self) -> &'static str {
        match self {
            Self::ExperimentalFunctions => "promql-experimental-functions",
            Self::DurationExpressions => "promql-duration-expr",
            Self::ExtendedRangeSelectors => "promql-extended-range-selectors",
            Self::FillModifiers => "promql-binop-fill-modifiers",
        }
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "--enable-feature={}", self.name())
    }
}

/// The features that are on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one independent flag of Prometheus")]
pub struct Options {
    /// See [`Feature::ExperimentalFunctions`].
    pub experimental_functions: bool,
    /// See [`Feature::DurationExpressions`].
    pub duration_expressions: bool,
    /// See [`Feature::ExtendedRangeSelectors`].
    pub extended_range_selectors: bool,
    /// See [`Feature::FillModifiers`].
    pub fill_modifiers: bool,
}

impl Options {
    /// Prometheus 3.14 as it starts without any flag.
    pub const fn stock() -> Self {
        Self { experimental_functions: false, duration_expressions: true, extended_range_selectors: false, fill_modifiers: false }
    }

    /// Everything on.
    pub const fn all() -> Self {
        Self { experimental_functions: true, duration_expressions: true, extended_range_selectors: true, fill_modifiers: true }
    }

    /// Whether a feature is on.
    pub const fn allows(&self, feature: Feature) -> bool {
        match feature {
            Feature::ExperimentalFunctions => self.experimental_functions,
            Feature::DurationExpressions => self.duration_expressions,
            Feature::ExtendedRangeSelectors => self.extended_range_selectors,
            Feature::FillModifiers => self.fill_modifiers,
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::stock()
    }
}
