//! Values that a log pipeline keeps although the manifest redacts them.

use regex::Regex;

use crate::diagnostic::Diagnostic;
use crate::formats::collector::kind;
use crate::formats::logs::{Component, LogPipeline, Shipper};
use crate::lint::context::Context;
use crate::lint::query::is_placeholder;
use crate::lint::rule::{Rule, rule};
use crate::lint::shipping;
use crate::lint::views::CollectorView;
use crate::lint::words::walk;
use crate::source::{Node, Spanned};

rule! {
    /// The manifest says of a field that its value must not be kept (`logging.redact`), and the log pipeline does nothing about it: what
    /// slips through the service is stored.
    ///
    /// Or one pipeline of a Collector lacks the processor by which another one, that is like it otherwise and sends to the same exporter,
    /// takes personal data away.
    ///
    /// What counts is a `stage.replace` or `loki.secretfilter` of Alloy, a `remap` of Vector, a `modify` or `record_modifier` of Fluent Bit
    /// that names the field. Only pipelines that ship this service's lines are judged: with one manifest among the inputs all, with
    /// several those whose file is named after the service.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: shop }
    /// logging: { redact: [password] }
    /// # file: vector.yml
    /// sources: { lines: { type: stdin } }
    /// sinks: { out: { type: console, inputs: [lines], encoding: { codec: json } } }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: shop }
    /// logging: { redact: [password] }
    /// # file: vector.yml
    /// sources: { lines: { type: stdin } }
    /// transforms: { clean: { type: remap, inputs: [lines], source: "del(.password)" } }
    /// sinks: { out: { type: console, inputs: [clean], encoding: { codec: json } } }
    /// ```
    RedactionMissing, "redaction-missing", Warning
}

impl Rule for RedactionMissing {
    fn collector(&self, view: &CollectorView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        misspelt_fields(view, context, found);
        left_out(view, found);
        for (id, key, body) in view.config.components("processors").filter(|(id, ..)| id.split('/').next() == Some("attributes")) {
            let removes =
                |action: &&Node| matches!(action.get("action").and_then(Node::as_str), Some("delete" | "hash" | "update" | "upsert"));
            let actions = || body.items_of("actions").filter(removes);
            let written = actions().flat_map(|action| [action.get("key"), action.get("pattern")]).flatten();
            // Headers are attributes of spans, and say nothing of what lines have.
            let texts: Vec<String> =
                written.filter_map(Node::as_str).map(str::to_lowercase).filter(|text| !text.starts_with("http.re")).collect();
            // An attribute that is there is not inserted, so that its value stays.
            let inserts = |field: &str| {
                body.items_of("actions").any(|action| action.get("key").and_then(Node::as_str) == Some(field) && !removes(&action))
            };
            for logging in context.world.catalogues.iter().filter_map(|catalogue| catalogue.logging.as_ref()) {
                let is_taken = |field: &Spanned<String>| actions().any(|action| takes(action, &field.value));
                // What takes one of them away, or speaks of one, is meant to take all.
                let speaks =
                    |field: &Spanned<String>| inserts(&field.value) || texts.iter().any(|text| text.contains(&field.value.to_lowercase()));
                if !logging.redacted.iter().any(speaks) {
                    continue;
                }
                for field in logging.redacted.iter().filter(|field| !is_taken(field)) {
                    let message = format!("this takes other values away, and keeps that of `{}`", field.value);
                    let finding = META.finding(key.span, message).path(format!("processors.{id}"));
                    found.push(finding.related(field.span, "it must not be kept, as this says").help("take it away, too"));
                }
            }
        }
    }

    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (logging, pipeline) in shipping::declared(context) {
            let fields =
                logging.redacted.iter().filter(|field| field.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')));
            // Fluent Bit cannot look into lines without fields.
            let texts = if pipeline.shipper == Shipper::FluentBit && logging.plain { None } else { removes(pipeline) };
            let Some(texts) = texts else { continue };
            for field in fields.filter(|field| !texts.iter().any(|text| names(text, field))) {
                let Some(sink) = pipeline.components.last() else { continue };
                let message = format!("nothing takes the value of `{}` out of the lines", field.value);
                let finding = META.finding(sink.span, message).related(field.span, "it must not be kept, as this says");
                found.push(finding.path(sink.path.clone()).help("take it out before the lines are sent"));
            }
        }
    }
}

/// Keys that are taken away and are nearly those of a field that must not be kept, which no processor names.
fn misspelt_fields(view: &CollectorView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let redacted =
        || context.world.catalogues.iter().filter_map(|catalogue| catalogue.logging.as_ref()).flat_map(|logging| &logging.redacted);
    let texts: Vec<&str> = view.config.components("processors").flat_map(|(_, _, body)| walk::texts(body)).collect();
    let is_named = |field: &&Spanned<String>| texts.iter().any(|text| names(text, &field.value));
    let missing: Vec<&Spanned<String>> = redacted().filter(|field| !is_named(field)).collect();
    let carried: Vec<&Spanned<String>> = context
        .world
        .catalogues
        .iter()
        .filter_map(|catalogue| catalogue.logging.as_ref())
        .flat_map(|logging| &logging.fields)
        .filter(|field| !is_named(field))
        .collect();
    for (id, _, body) in view.config.components("processors").filter(|(id, ..)| matches!(kind(id), "attributes" | "transform")) {
        walk::mappings(body, &mut |node, path| {
            let deletes = matches!(node.get("action").and_then(Node::as_str), Some("delete" | "hash"));
            let key = node.get("key").filter(|_| deletes).and_then(Node::with_str);
            let statements = node.items_of("statements").filter_map(Node::with_str);
            let deleted = statements.filter_map(|(place, text)| Some((place, deleted_key(text)?)));
            for (place, name) in key.into_iter().chain(deleted) {
                let near = |field: &&&Spanned<String>| name.len() > 4 && strsim::damerau_levenshtein(name, &field.value) == 1;
                let of = |fields: &[&'_ Spanned<String>]| fields.iter().find(near).map(|field| (field.value.clone(), field.span));
                let must_go = of(&missing).map(|field| (field, "it must not be kept, as this says"));
                let Some(((meant, span), why)) = must_go.or_else(|| of(&carried).map(|field| (field, "lines carry it, as this says")))
                else {
                    continue;
                };
                let message = format!("nothing has the field `{name}`, and the value of `{meant}` is kept");
                let finding = META.finding(place.span, message).path(format!("processors.{id}.{path}"));
                found.push(finding.related(span, why).help(format!("did you mean `{meant}`?")));
            }
        });
    }
}

/// The key that a statement takes away.
fn deleted_key(statement: &str) -> Option<&str> {
    let (_, key) = statement.trim().strip_prefix("delete_key(")?.split_once('"')?;
    key.split_once('"').map(|(key, _)| key)
}

/// Whether an action of a Collector takes a field: its key names it, or its pattern matches it.
fn takes(action: &Node, field: &str) -> bool {
    let text = |key: &str| action.get(key).and_then(Node::as_str);
    // What cannot be compiled here may match anything.
    let matches = |pattern: &str| Regex::new(pattern).map_or(true, |pattern| pattern.is_match(field)) || is_placeholder(pattern);
    // Case counts, but headers are kept in lower case.
    let has = |key: &str| key.contains(field) || key.contains(&field.to_lowercase());
    text("pattern").is_some_and(matches) || text("key").is_some_and(|key| !is_pattern(key) && names(key, field) && has(key))
}

/// Whether a text is a pattern, although it stands where names are compared as they are.
fn is_pattern(text: &str) -> bool {
    text.contains(['(', '|', '^', '*', '\\'])
}

/// Whether a text names a field, whatever its letter case and however its dots are escaped.
fn names(text: &str, field: &str) -> bool {
    let plain = |text: &str| text.replace('\\', "").to_lowercase();
    let (text, field) = (plain(text), plain(field));
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(&field).any(|(at, _)| !is_part(text[..at].chars().next_back()) && !is_part(text[at + field.len()..].chars().next()))
}

/// The texts that say what is taken out of lines; nothing where a program does it that cannot be looked into.
fn removes<'a>(pipeline: &LogPipeline<'a>) -> Option<Vec<&'a str>> {
    let mut texts = Vec::new();
    for component in &pipeline.components {
        match (pipeline.shipper, component.kind) {
            (Shipper::Alloy, "loki.secretfilter") | (_, "lua" | "exec") => return None,
            (Shipper::Alloy, "loki.process") => alloy(component.body, &mut texts),
            (Shipper::Vector, "remap") => match component.body.get("source") {
                Some(source) => texts.extend(source.as_str()),
                None => return None,
            },
            (Shipper::FluentBit, "modify" | "record_modifier") => texts.extend(removed(component)),
            _ => {}
        }
    }
    Some(texts)
}

fn alloy<'a>(body: &'a Node, texts: &mut Vec<&'a str>) {
    for (name, _, inner) in body.entries() {
        match name {
            "stage.replace" => texts.extend(["expression", "source"].into_iter().filter_map(|key| inner.get(key)?.as_str())),
            "stage.match" => alloy(inner, texts),
            _ => {}
        }
    }
}

fn removed<'a>(component: &Component<'a>) -> impl Iterator<Item = &'a str> {
    let keys = ["remove", "remove_wildcard", "remove_regex", "remove_key", "set"];
    component
        .body
        .entries()
        .filter(move |(name, ..)| keys.iter().any(|key| name.eq_ignore_ascii_case(key)))
        .filter_map(|(_, _, value)| value.as_str())
}

/// Parts of names of attributes that tell who somebody is, or let him in.
const PERSONAL: &[&str] = &[
    "email",
    "e_mail",
    "password",
    "passwd",
    "token",
    "secret",
    "authorization",
    "cookie",
    "phone",
    "ssn",
    "iban",
    "credit_card",
    "client.address",
    "api_key",
    "apikey",
    "birth",
];

/// Pipelines that lack what takes personal data away in another one, and that send to the same place what comes from outside.
fn left_out(view: &CollectorView<'_>, found: &mut Vec<Diagnostic>) {
    let takes = |action: &Node| matches!(action.get("action").and_then(Node::as_str), Some("delete" | "hash"));
    let is_personal = |action: &Node| {
        let key = action.get("key").and_then(Node::as_str).unwrap_or("").to_lowercase();
        PERSONAL.iter().any(|word| key.contains(word))
    };
    let scrubs = |body: &Node| {
        body.items_of("actions").next().is_some() && body.items_of("actions").all(takes) && body.items_of("actions").any(is_personal)
    };
    let scrubbers: Vec<&str> =
        view.config.components("processors").filter(|(id, _, body)| kind(id) == "attributes" && scrubs(body)).map(|(id, ..)| id).collect();
    let named =
        |pipeline: &Node, key: &str| -> Vec<String> { pipeline.items_of(key).filter_map(Node::as_str).map(str::to_owned).collect() };
    let is_of = |section: &str, id: &String| view.config.components(section).any(|(name, ..)| name == id);
    let signal = |name: &Node| name.as_str().map(|id| kind(id).to_owned());
    let pipelines = &view.config.pipelines;
    for (name, pipeline) in pipelines.iter().filter(|(_, pipeline)| pipeline.get("processors").is_some()) {
        let own = named(pipeline, "processors");
        let from_outside = named(pipeline, "receivers").iter().all(|id| is_of("receivers", id));
        let scrubs = own.iter().any(|id| scrubbers.contains(&id.as_str()));
        if scrubs || !from_outside {
            continue;
        }
        let sent = named(pipeline, "exporters");
        let other = pipelines.iter().find_map(|(other, body)| {
            let all = named(body, "processors");
            let scrubber = all.iter().find(|id| scrubbers.contains(&id.as_str()))?.clone();
            let is_like = all.iter().filter(|id| **id != scrubber).all(|id| own.contains(id));
            let shares = named(body, "exporters").iter().any(|id| is_of("exporters", id) && sent.contains(id));
            // Other processors may do the same in their own way.
            let may_scrub = own.iter().any(|id| matches!(kind(id), "redaction" | "transform") && !all.contains(id));
            (signal(other) == signal(name) && is_like && shares && !may_scrub).then_some((*other, scrubber))
        });
        if let Some((other, scrubber)) = other {
            let place = pipeline.entry("processors").map_or(name.span, |(key, _)| key.span);
            let message =
                format!("`{scrubber}` takes personal data away in {}, and this sends to the same place without it", other.describe());
            let finding = META.finding(place, message).path(format!("service.pipelines.{}.processors", name.as_str().unwrap_or("")));
            found.push(finding.related(other.span, "taken away here").help(format!("add `{scrubber}`")));
        }
    }
}
