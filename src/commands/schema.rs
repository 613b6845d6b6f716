//! `obsgen schema`: JSON Schemas, as they are committed under `schemas/`.

use super::{Console, FINE};
use crate::cli::SchemaArgs;

pub(super) fn run(args: &SchemaArgs, console: &mut Console) -> anyhow::Result<u8> {
    console.print(&text(&args.of)?)?;
    Ok(FINE)
}

/// A schema as it is committed.
pub(crate) fn text(of: &str) -> anyhow::Result<String> {
    let schema = match of {
        "report" => crate::report::schema().to_value(),
        "config" => crate::lint::schema().to_value(),
        "capacity" => crate::model::capacity::schema().to_value(),
        "probe" => crate::probe::schema(),
        _ => crate::manifest::schema(),
    };
    Ok(serde_json::to_string_pretty(&schema)? + "\n")
}
