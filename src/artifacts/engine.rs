//! The template engine: embedded templates, replaced one by one from a folder.
//!
//! A template is named after what it makes (`alerts.yml.j2`), and every value it places is written as JSON, which is
//! YAML too: no text of a manifest can break out of its place. Undefined names are errors.

use std::fmt;
use std::path::Path;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value};
use serde::Serialize;

use super::ready::Tree;
use crate::manifest::scalars::Duration;

/// The embedded templates, by name.
const EMBEDDED: &[(&str, &str)] = &[
    ("alertmanager.yml.j2", include_str!("../../templates/alertmanager.yml.j2")),
    ("alerts.yml.j2", include_str!("../../templates/alerts.yml.j2")),
    ("blackbox.yml.j2", include_str!("../../templates/blackbox.yml.j2")),
    ("dashboard.json.j2", include_str!("../../templates/dashboard.json.j2")),
    ("grafana-dashboards.yml.j2", include_str!("../../templates/grafana-dashboards.yml.j2")),
    ("grafana-datasources.yml.j2", include_str!("../../templates/grafana-datasources.yml.j2")),
    ("manifest.yml.j2", include_str!("../../templates/manifest.yml.j2")),
    ("prometheus.yml.j2", include_str!("../../templates/prometheus.yml.j2")),
    ("recording.yml.j2", include_str!("../../templates/recording.yml.j2")),
    ("rule-tests.yml.j2", include_str!("../../templates/rule-tests.yml.j2")),
    ("scrape-config.yml.j2", include_str!("../../templates/scrape-config.yml.j2")),
];

/// Renders templates.
#[derive(Debug)]
pub struct Engine {
    environment: Environment<'static>,
}

/// Why a template could not be read or rendered: the template, the place in it, and what is wrong.
#[derive(Debug)]
pub struct TemplateError {
    template: String,
    error: minijinja::Error,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let line = self.error.line().map(|line| format!(":{line}")).unwrap_or_default();
        write!(f, "{}{line}: {}", self.template, self.error.kind())?;
        self.error.detail().map_or(Ok(()), |detail| write!(f, ": {detail}"))
    }
}

impl std::error::Error for TemplateError {}

impl Engine {
    /// The embedded templates, and those that the folder has instead of them.
    pub fn new(overrides: Option<&Path>) -> anyhow::Result<Self> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_syntax(SyntaxConfig::builder().keep_trailing_newline(true).build()?);
        environment.add_filter("indent_json", indent_json);
        environment.add_filter("indented", |text: &str, width: usize| Value::from_safe_string(indented(text, width)));
        environment.add_filter("plain", plain);
        if let Some(folder) = overrides {
            check_folder(folder)?;
        }
        for (name, embedded) in EMBEDDED {
            let path = overrides.map(|folder| folder.join(name)).filter(|path| path.is_file());
            let (label, text) = match path {
                Some(path) => {
                    let text = std::fs::read_to_string(&path).map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))?;
                    (path.display().to_string(), text)
                }
                None => ((*name).to_owned(), (*embedded).to_owned()),
            };
            environment.add_template_owned(*name, text).map_err(|error| TemplateError { template: label, error })?;
        }
        Ok(Self { environment })
    }

    /// Renders a template.
    pub fn render(&self, name: &str, values: impl Serialize) -> Result<String, TemplateError> {
        let failed = |error| TemplateError { template: name.to_owned(), error };
        self.environment.get_template(name).and_then(|template| template.render(Value::from(Serde(&values)))).map_err(failed)
    }
}

/// A folder of templates must hold templates that there are; a misspelt one would silently not count.
fn check_folder(folder: &Path) -> anyhow::Result<()> {
    let entries = std::fs::read_dir(folder).map_err(|error| anyhow::anyhow!("{}: {error}", folder.display()))?;
    for entry in entries {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if Path::new(&name).extension().is_some_and(|extension| extension == "j2") && !EMBEDDED.iter().any(|(known, _)| *known == name) {
            let help = crate::diagnostic::did_you_mean(&name, EMBEDDED.iter().map(|(known, _)| *known))
                .map(|known| format!("; did you mean `{known}`?"))
                .unwrap_or_default();
            anyhow::bail!("{}: obsgen has no template of this name{help}", folder.join(&name).display());
        }
    }
    Ok(())
}

/// A value as indented JSON whose lines after the first are moved in by so many blanks.
fn indent_json(value: &Value, width: usize) -> Result<Value, minijinja::Error> {
    let text = value
        .downcast_object_ref::<Tree>()
        .map_or_else(|| serde_json::to_string_pretty(value), |tree| serde_json::to_string_pretty(tree.json()))
        .map_err(|error| minijinja::Error::new(minijinja::ErrorKind::BadSerialization, error.to_string()))?;
    Ok(Value::from_safe_string(indented(&text, width)))
}

/// A text whose lines after the first are moved in by so many blanks.
fn indented(text: &str, width: usize) -> String {
    text.replace('\n', &format!("\n{}", " ".repeat(width)))
}

/// A text without quotes, where nothing in it can be taken for anything else; else as JSON, as every value is.
fn plain(text: &str) -> Value {
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let harmless = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '/' | '.' | '-' | '*');
    // Words that YAML reads as something else than text, in the generation of Prometheus's reader too.
    let is_word = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"].iter().any(|word| text.eq_ignore_ascii_case(word));
    let is_name = starts && text.chars().all(harmless) && !is_word;
    if is_name || Duration::parse(text).is_ok() { Value::from_safe_string(text.to_owned()) } else { Value::from(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_goes_without_quotes_only_where_it_stays_a_text() {
        for (text, quoted) in [
            ("a_total", false),
            ("/metrics", false),
            ("1s", false),
            ("go_*", false),
            ("null", true),
            ("*a", true),
            ("On", true),
            ("1e3", true),
            ("a: b", true),
            ("", true),
            ("a#", true),
        ] {
            assert_eq!(!plain(text).is_safe(), quoted, "{text}");
        }
    }
}
