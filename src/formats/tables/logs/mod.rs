//! Components of the log shippers, their keys and what these hold, one file per shipper.
//!
//! Components and keys are added all the time, so one that is not here is passed over unless it is nearly one that is.

mod alloy;
mod fluent_bit;
mod vector;

pub use alloy::ALLOY;
pub use fluent_bit::{COMMON as FLUENT_COMMON, FLUENT_BIT};
pub use vector::{VECTOR, common as vector_common};

/// Where a component stands in the flow of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It brings lines, or the files to read them from.
    Source,
    /// It takes lines and gives others.
    Transform,
    /// It takes lines out of here.
    Sink,
    /// Not known, or no part of the flow of lines.
    Other,
}

/// What a key holds.
#[derive(Clone, Copy, Debug)]
pub enum Value {
    /// Anything, looked at elsewhere or not at all.
    Any,
    /// A string.
    Text,
    /// A number.
    Number,
    /// A whole number of zero or more.
    Count,
    /// `true` or `false`.
    Flag,
    /// A list.
    List,
    /// A mapping.
    Map,
    /// A duration of Go, which has no days.
    Duration,
    /// A size such as `10M`.
    Size,
    /// One of these words.
    Word(&'static [&'static str]),
    /// One of these words, or one that is newer: only a slip of one of them is reported.
    Newer(&'static [&'static str]),
}

/// A key and what it holds. A name that ends in `*` is the beginning of many keys.
pub type Key = (&'static str, Value);

/// A type of component, or of a block inside of one.
#[derive(Clone, Copy)]
pub struct Kind {
    /// Its type.
    pub name: &'static str,
    /// Where it stands.
    pub role: Role,
    /// Its keys; empty where they are not known.
    pub keys: &'static [Key],
    /// Of each of these, one key has to be there.
    pub required: &'static [&'static [&'static str]],
    /// The types of the blocks in it.
    pub blocks: &'static [Kind],
}

const fn known(name: &'static str, role: Role) -> Kind {
    Kind { name, role, keys: &[], required: &[], blocks: &[] }
}

const fn keyed(name: &'static str, role: Role, keys: &'static [Key], required: &'static [&'static [&'static str]]) -> Kind {
    Kind { name, role, keys, required, blocks: &[] }
}

const fn block(name: &'static str, keys: &'static [Key], required: &'static [&'static [&'static str]]) -> Kind {
    Kind { name, role: Role::Other, keys, required, blocks: &[] }
}
