//! What the result of an expression can be: its labels, its values, how many series, what kind of samples.

pub(in crate::lint) mod capacity;
pub(in crate::lint) mod cardinality;
pub(in crate::lint) mod condition;
pub mod labels;
pub mod measure;
pub mod moment;
pub mod sample;
pub(in crate::lint) mod shown;
pub(in crate::lint) mod source;
pub(in crate::lint) mod target_values;
pub mod value;
