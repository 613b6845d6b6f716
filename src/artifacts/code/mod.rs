//! `instrumentation/<language>/…`: the code that emits what the rest of the set reads.
//!
//! A language pack is a folder of templates, `instrumentation/<language>/`, and nothing else: this file knows no language.
//! Every file of it is rendered (`.j2`) or copied, under its own path. One whose rendering is blank is left out.

mod context;
pub mod literal;
pub(super) mod naming;

use context::Context;

use super::engine::PACKS;
use super::{Artifact, Engine, File, Subject, TemplateError};
use crate::model::{Common, Service};

/// The instrumentation code of services.
pub struct Code;

impl Artifact for Code {
    fn kind(&self) -> &'static str {
        "code"
    }

    fn of_service(&self, subject: &Subject, engine: &Engine) -> Result<Vec<File>, TemplateError> {
        let &Subject { service, common, .. } = subject;
        let Some((language, pack)) = service.language.as_deref().and_then(|language| Some((language, engine.pack(language)?))) else {
            return Ok(Vec::new());
        };
        let context = Context::of(service);
        let mut files = Vec::new();
        for template in pack {
            let name = &template[PACKS.len() + language.len() + 2..];
            let text = engine.render(template, &context)?;
            if !text.trim().is_empty() {
                files.push(File { path: folder(common, service, language) + name.strip_suffix(".j2").unwrap_or(name), text });
            }
        }
        Ok(files)
    }
}

/// `instrumentation/python/`, or `instrumentation/python/<service>/` in a fleet.
pub(crate) fn folder(common: &Common, service: &Service, language: &str) -> String {
    if common.is_fleet { format!("{PACKS}/{language}/{}/", service.name) } else { format!("{PACKS}/{language}/") }
}
