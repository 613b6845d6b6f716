//! The template engine: embedded templates, replaced one by one from a folder.
//!
//! A template is named after what it makes (`alerts.yml.j2`), and every value it places is written as JSON, which is
//! YAML too: no text of a manifest can break out of its place. In a language pack a value is written as a literal of
//! the language that the file is in. Undefined names are errors.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value};
use serde::Serialize;

use super::code::literal::{self, Language};
use super::markdown;
use super::ready::Tree;
use super::yaml::{block, is_plain};
use crate::source::Fingerprint;

/// The embedded templates, by name: everything below `templates/`, as the build script lists it.
const EMBEDDED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/templates.rs"));

/// Where packs lie, among templates and in the output.
pub(crate) const PACKS: &str = "instrumentation";

/// Renders templates.
#[derive(Debug)]
pub struct Engine {
    environment: Environment<'static>,
    packs: BTreeMap<String, Vec<String>>,
}

/// Why a template could not be read or rendered: the template, the place in it, and what is wrong.
#[derive(Debug)]
pub struct TemplateError {
    template: String,
    error: Error,
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
    /// The embedded templates, and those that the folder has instead of them or beside them.
    pub fn new(overrides: Option<&Path>) -> anyhow::Result<Self> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_syntax(SyntaxConfig::builder().keep_trailing_newline(true).build()?);
        environment.set_auto_escape_callback(escaping);
        environment.set_formatter(format);
        environment.add_filter("indent_json", indent_json);
        environment.add_filter("indented", |text: &str, width: usize| Value::from_safe_string(indented(text, width)));
        environment.add_filter("yaml", |value: &Value| {
            serde_json::to_value(value).map(|json| Value::from_safe_string(block(&json, 0))).map_err(|error| unfit(&error))
        });
        environment.add_filter("plain", plain);
        environment.add_filter("prose", |text: &str| Value::from_safe_string(markdown::prose(text)));
        environment.add_filter("fenced", |text: &str, language: &str| Value::from_safe_string(markdown::fenced(text, language)));
        environment.add_filter("bare", bare);
        environment.add_filter("comment", |text: &str, mark: &str| Value::from_safe_string(literal::comment(text, mark)));
        environment.add_filter("elixir_atom", |text: &str| Value::from_safe_string(literal::elixir_atom(text)));
        for language in literal::ALL {
            environment.add_filter(language.filter(), move |value: &Value| literal_of(*language, value).map(Value::from_safe_string));
        }
        let mut names: BTreeSet<String> = EMBEDDED.iter().map(|(name, _)| (*name).to_owned()).collect();
        if let Some(folder) = overrides {
            check_folder(folder)?;
            let mut own = BTreeSet::new();
            pack_files(&folder.join(PACKS), PACKS, &mut own)?;
            take_in(own, &mut names)?;
        }
        let mut packs: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for name in names {
            let path = overrides.map(|folder| folder.join(&name)).filter(|path| path.is_file());
            let (label, text) = match path {
                Some(path) => {
                    let text = std::fs::read_to_string(&path).map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))?;
                    (path.display().to_string(), text)
                }
                None => (name.clone(), EMBEDDED.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text).to_owned()),
            };
            // A file that is no template is copied, whatever it holds.
            let text = if name.strip_suffix(".j2").is_some() { text } else { verbatim(&text) };
            environment.add_template_owned(name.clone(), text).map_err(|error| TemplateError { template: label, error })?;
            if let Some((language, _)) = name.strip_prefix(PACKS).and_then(|rest| rest.strip_prefix('/')?.split_once('/')) {
                packs.entry(language.to_owned()).or_default().push(name);
            }
        }
        Ok(Self { environment, packs })
    }

    /// The templates of a language's pack, in order of their names.
    pub fn pack(&self, language: &str) -> Option<&[String]> {
        self.packs.get(language).map(Vec::as_slice)
    }

    /// Every language that there is a pack for.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        self.packs.keys().map(String::as_str)
    }

    /// What its templates say.
    pub fn fingerprint(&self) -> Fingerprint {
        let texts: BTreeMap<&str, String> =
            self.environment.templates().map(|(name, template)| (name, template.source().to_owned())).collect();
        Fingerprint::of(&texts)
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

/// Adds the files of packs below a folder, without hidden ones, under the names that they have among templates.
fn pack_files(folder: &Path, name: &str, names: &mut BTreeSet<String>) -> anyhow::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in std::fs::read_dir(folder).map_err(|error| anyhow::anyhow!("{}: {error}", folder.display()))? {
        let entry = entry?;
        let path = entry.path();
        let Some(own) = path.file_name().map(|own| own.to_string_lossy().into_owned()).filter(|own| !own.starts_with('.')) else {
            continue;
        };
        let name = format!("{name}/{own}");
        // A link is never walked into: it could lead back here.
        if entry.file_type()?.is_dir() {
            pack_files(&path, &name, names)?;
        } else {
            names.insert(name);
        }
    }
    Ok(())
}

/// Adds a folder's files of packs to those that there are; one takes the place of one that makes the same file.
fn take_in(own: BTreeSet<String>, names: &mut BTreeSet<String>) -> anyhow::Result<()> {
    for name in &own {
        let twin = name.strip_suffix(".j2").map_or_else(|| format!("{name}.j2"), str::to_owned);
        if own.contains(&twin) {
            anyhow::bail!("{name} and {twin} make the same file; take one of them away");
        }
        names.remove(&twin);
    }
    names.extend(own);
    Ok(())
}

/// A template that becomes this very text.
fn verbatim(text: &str) -> String {
    // A block of raw text ends at the first line that says so, and no text can say it twice.
    text.split("{% endraw %}").map(|part| format!("{{% raw %}}{part}{{% endraw %}}")).collect::<Vec<_>>().join("{{ '{% endraw %}'|safe }}")
}

/// How the values of a template are written: as JSON, or in a pack as its files' language has them.
fn escaping(name: &str) -> AutoEscape {
    let target = name.strip_suffix(".j2").unwrap_or(name);
    let extension = target.rsplit_once('.').map_or("", |(_, extension)| extension);
    if extension == "alloy" {
        // Its strings are Go's, which take every escape that JSON has.
        return AutoEscape::Json;
    }
    if matches!(extension, "json" | "yml" | "yaml") || !name.starts_with(PACKS) && extension != "md" {
        return minijinja::default_auto_escape_callback(name);
    }
    AutoEscape::Custom(Language::of_extension(extension).filter().into())
}

fn format(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    let language = match state.auto_escape() {
        AutoEscape::Custom(name) if !value.is_safe() => Language::of_filter(name),
        AutoEscape::Custom(_) => return out.write_str(value.as_str().unwrap_or_default()).map_err(Error::from),
        _ => None,
    };
    match language {
        Some(_) if value.is_undefined() => Err(Error::from(ErrorKind::UndefinedError)),
        Some(language) => out.write_str(&literal_of(language, value)?).map_err(Error::from),
        None => minijinja::escape_formatter(out, state, value),
    }
}

fn literal_of(language: Language, value: &Value) -> Result<String, Error> {
    let value = serde_json::to_value(value).map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))?;
    Ok(language.literal(&value))
}

/// A name or a number as it is; whatever is neither is an error.
fn bare(value: &Value) -> Result<Value, Error> {
    let text = value.to_string();
    if literal::is_bare(&text) {
        return Ok(Value::from_safe_string(text));
    }
    Err(Error::new(ErrorKind::InvalidOperation, format!("`{text}` is neither a name nor a number, so it cannot stand without quotes")))
}

/// A value as indented JSON whose lines after the first are moved in by so many blanks.
fn indent_json(value: &Value, width: usize) -> Result<Value, Error> {
    let text = value
        .downcast_object_ref::<Tree>()
        .map_or_else(|| serde_json::to_string_pretty(value), |tree| serde_json::to_string_pretty(tree.json()))
        .map_err(|error| unfit(&error))?;
    Ok(Value::from_safe_string(indented(&text, width)))
}

/// A value that JSON cannot hold.
fn unfit(error: &serde_json::Error) -> Error {
    Error::new(ErrorKind::BadSerialization, error.to_string())
}

/// A text whose lines after the first are moved in by so many blanks.
fn indented(text: &str, width: usize) -> String {
    text.replace('\n', &format!("\n{}", " ".repeat(width)))
}

/// A text without quotes, where nothing in it can be taken for anything else; else as JSON, as every value is.
fn plain(text: &str) -> Value {
    if is_plain(text) { Value::from_safe_string(text.to_owned()) } else { Value::from(text) }
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
