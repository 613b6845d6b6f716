//! What words and texts mean, whatever file they stand in: names, patterns, hosts, times.

pub(in crate::lint) mod anchored;
pub(in crate::lint) mod environments;
pub(in crate::lint) mod headers;
pub(in crate::lint) mod hold;
pub(in crate::lint) mod hosts;
pub(in crate::lint) mod layout;
pub(in crate::lint) mod nearly;
pub(in crate::lint) mod number;
pub(in crate::lint) mod ottl;
pub(in crate::lint) mod ottl_names;
pub(in crate::lint) mod pattern;
pub(in crate::lint) mod ports;
pub(in crate::lint) mod slip;
pub(in crate::lint) mod span_attributes;
pub(in crate::lint) mod timezone;
pub(in crate::lint) mod walk;
pub(in crate::lint) mod week;
