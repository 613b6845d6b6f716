//! Language packs: the generated code is built with its real libraries and does what the manifest says.

mod elixir;
mod journey;
mod mechanism;
mod node;
mod python;
mod receiver;
mod rust;
