//! Declared fields of lines that a log pipeline does not take out.

use crate::diagnostic::{Diagnostic, Level, did_you_mean};
use crate::formats::logs::{LogPipeline, Shipper};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::shipping;
use crate::source::{Node, Span};

rule! {
    /// A log pipeline takes fields out of lines, and one that the manifest declares (`logging.metadata`) is not among them: a query for
    /// it has to read every line. Where it takes out one that is nearly a declared one, that is a slip, and the field is always empty.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: shop }
    /// logging: { metadata: [request_id] }
    /// # file: logs.alloy
    /// loki.source.journal "lines" {
    ///     forward_to = [loki.process.lines.receiver]
    /// }
    /// loki.process "lines" {
    ///     stage.json {
    ///         expressions = { requst_id = "" }
    ///     }
    ///     forward_to = [loki.write.default.receiver]
    /// }
    /// loki.write "default" {
    ///     endpoint {
    ///         url = "http://loki:3100/loki/api/v1/push"
    ///     }
    /// }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: shop }
    /// logging: { metadata: [request_id] }
    /// # file: logs.alloy
    /// loki.source.journal "lines" {
    ///     forward_to = [loki.process.lines.receiver]
    /// }
    /// loki.process "lines" {
    ///     stage.json {
    ///         expressions = { request_id = "" }
    ///     }
    ///     forward_to = [loki.write.default.receiver]
    /// }
    /// loki.write "default" {
    ///     endpoint {
    ///         url = "http://loki:3100/loki/api/v1/push"
    ///     }
    /// }
    /// ```
    FieldNotParsed, "field-not-parsed", Warning
}

impl Rule for FieldNotParsed {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (logging, pipeline) in shipping::declared(context).filter(|(logging, _)| !logging.plain) {
            let Some(parsed) = Parsed::of(pipeline) else { continue };
            let declared = || logging.fields.iter().map(|field| field.value.as_str());
            for field in &logging.fields {
                let is_plain = field.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
                if !is_plain || parsed.has(field) {
                    continue;
                }
                let slip = parsed.fields.iter().find(|(name, ..)| {
                    !declared().any(|declared| declared == name) && did_you_mean(name, declared()) == Some(field.value.as_str())
                });
                let finding = if let Some((name, span, path)) = slip {
                    let message = format!("lines have no field `{name}`, and `{}` is not taken out of them", field.value);
                    META.finding(*span, message).path(path.clone()).help(format!("did you mean `{}`?", field.value))
                } else {
                    let message = format!("the declared field `{}` is not taken out of the lines", field.value);
                    META.finding_at(Level::Info, parsed.span, message).path(parsed.path.clone()).help("add it to the structured metadata")
                };
                found.push(finding.related(field.span, "declared here"));
            }
        }
    }
}

/// What a pipeline takes out of lines.
struct Parsed {
    /// Fields with their places.
    fields: Vec<(String, Span, String)>,
    /// Programs, which name fields somewhere.
    programs: Vec<String>,
    span: Span,
    path: String,
}

impl Parsed {
    /// Nothing where no fields are taken out.
    fn of(pipeline: &LogPipeline<'_>) -> Option<Self> {
        let mut parsed: Option<Self> = None;
        for component in &pipeline.components {
            let mut add = |span: Span, path: String, fields: Vec<(String, Span, String)>, program: Option<&str>| {
                let parsed = parsed.get_or_insert_with(|| Self { fields: Vec::new(), programs: Vec::new(), span, path });
                parsed.fields.extend(fields);
                parsed.programs.extend(program.map(str::to_owned));
            };
            match (pipeline.shipper, component.kind) {
                (Shipper::Alloy, "loki.process") => {
                    for (name, key, body) in component.body.entries() {
                        let list = match name {
                            "stage.json" => "expressions",
                            "stage.logfmt" => "mapping",
                            _ => continue,
                        };
                        let path = format!("{}.{name}", component.path);
                        let entries = body.entries_of(list);
                        // The name of a field is the key, unless something else is written.
                        let field = |(name, key, value): (&str, &Node, &Node)| {
                            let source = value.as_str().map(|text| text.trim_matches('"')).filter(|text| !text.is_empty());
                            (source.unwrap_or(name).to_owned(), key.span, format!("{path}.{list}.{name}"))
                        };
                        let fields = entries.map(field).collect();
                        add(key.span, path.clone(), fields, None);
                    }
                }
                (Shipper::Vector, "remap") => {
                    let program = component.body.get("source").and_then(Node::as_str).filter(|text| text.contains("parse_"));
                    if let Some(program) = program {
                        add(component.span, component.path.clone(), Vec::new(), Some(program));
                    }
                }
                (Shipper::FluentBit, "loki") => {
                    let metadata = component.body.entries().find(|(name, ..)| name.eq_ignore_ascii_case("structured_metadata"));
                    if let Some((name, _, node)) = metadata {
                        let path = format!("{}.{name}", component.path);
                        let parts = node.as_str().unwrap_or("").split(',').filter_map(|part| part.split('=').next_back());
                        let fields = parts.map(|part| (part.trim().trim_start_matches('$').to_owned(), node.span, path.clone())).collect();
                        add(node.span, path.clone(), fields, None);
                    }
                }
                _ => {}
            }
        }
        parsed
    }

    fn has(&self, field: &str) -> bool {
        let word = |program: &String| program.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == field);
        self.fields.iter().any(|(name, ..)| name == field) || self.programs.iter().any(word)
    }
}
