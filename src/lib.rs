//! obsgen: one service manifest in, a proven monitoring set out; and a linter and a prober for everybody's monitoring.
//!
//! The rooms, each importing only from those above it:
//!
//! - `parallel`: the same work on many things. `xml`: text as XML takes it.
//! - `text`: the texts that people wrote, and places in them.
//! - `diagnostic`: what we say. A finding as data.
//! - `source`: paper. Text into a located tree. Knows nothing of monitoring.
//! - `promql`: PromQL with places. `logql`: LogQL, as far as rules of Loki can be judged.
//! - `manifest`: what the user wrote. `formats`: kinds of monitoring files, recognised and viewed.
//! - `model`: what it means. Signals, alerts, routes, checks.
//! - `artifacts`: meaning into text and onto the disk. `lint`: documents into findings. `probe`: the model against the
//!   live service. `proof`: what promtool and amtool say. None of these four knows the others.
//! - `report`: findings into output.
//! - `commands`: the recipes of the command line, which `cli` describes.

mod artifacts;
mod cli;
mod commands;
mod diagnostic;
#[cfg_attr(not(feature = "internals"), allow(dead_code, reason = "views of whole documents: the next rule asks for what none asks yet"))]
mod formats;
mod lint;
mod logql;
mod manifest;
mod model;
mod parallel;
mod probe;
#[cfg_attr(not(feature = "internals"), allow(dead_code, reason = "a language's whole vocabulary, of which the program builds a part"))]
mod promql;
mod proof;
mod report;
#[cfg_attr(not(feature = "internals"), allow(dead_code, reason = "reading and places, as complete as their tests ask"))]
mod source;
mod text;
mod xml;

pub use cli::Cli;
pub use commands::run;

/// What tests, benches and fuzz targets may see of the inside; no promise to anybody else.
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod internals {
    pub mod commands {
        pub use crate::commands::read_manifest;
    }
    pub mod artifacts {
        pub use crate::artifacts::*;
    }
    pub mod diagnostic {
        pub use crate::diagnostic::*;
    }
    pub mod formats {
        pub use crate::formats::*;
    }
    pub mod lint {
        pub use crate::lint::*;
    }
    pub mod manifest {
        pub use crate::manifest::*;
    }
    pub mod model {
        pub use crate::model::*;
    }
    pub mod probe {
        pub use crate::probe::{Fetched, fetch, is_url};
    }
    pub mod promql {
        pub use crate::promql::*;
    }
    pub mod report {
        pub use crate::report::*;
    }
    pub mod source {
        pub use crate::source::*;
    }
}
