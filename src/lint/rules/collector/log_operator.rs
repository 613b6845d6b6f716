//! What becomes of the lines of files on their way through the operators of a Collector's receiver.

use crate::diagnostic::{Diagnostic, Level, misspelt};
use crate::formats::collector::kind;
use crate::formats::tables::is_placeholder;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, Section, rule};
use crate::lint::views::CollectorView;
use crate::lint::words::timezone;
use crate::promql::regex;
use crate::source::Node;

rule! {
    /// An operator on log lines of the OpenTelemetry Collector cannot do what it is there for: its type, a field that it reads or
    /// writes, a severity, the operator that it hands on to do not exist; its pattern has no named group, or cannot be read; its
    /// layout of a time has nothing of a time in it. The Collector refuses to start, or no line is parsed.
    ///
    /// Fields begin with `attributes`, `body` or `resource`. Of lines in files it is known what attributes they have before an operator
    /// brings others.
    ///
    /// ```yaml fires
    /// # file: otel-collector.yml
    /// receivers:
    ///   filelog:
    ///     include: [/var/log/app.log]
    ///     operators: [{ type: json_parser, parse_from: message }]
    /// exporters: { debug: {} }
    /// service: { pipelines: { logs: { receivers: [filelog], exporters: [debug] } } }
    /// ```
    /// ```yaml silent
    /// # file: otel-collector.yml
    /// receivers:
    ///   filelog:
    ///     include: [/var/log/app.log]
    ///     operators: [{ type: json_parser, parse_from: body }]
    /// exporters: { debug: {} }
    /// service: { pipelines: { logs: { receivers: [filelog], exporters: [debug] } } }
    /// ```
    LogOperator, "log-operator", Error
}

/// Types of the operators of logs.
const OPERATORS: &[&str] = &[
    "add",
    "assign_keys",
    "container",
    "copy",
    "csv_parser",
    "file_input",
    "file_output",
    "filter",
    "flatten",
    "json_array_parser",
    "json_parser",
    "key_value_parser",
    "move",
    "noop",
    "recombine",
    "regex_parser",
    "regex_replace",
    "remove",
    "retain",
    "router",
    "sanitize_utf8",
    "scope_name_parser",
    "severity_parser",
    "stdin",
    "stdout",
    "syslog_parser",
    "time_parser",
    "trace_parser",
    "unquote",
    "uri_parser",
];

/// Receivers whose lines go through operators.
const RECEIVERS: &[&str] = &["filelog", "file_log", "journald", "syslog", "tcplog", "udplog", "windowseventlog"];

/// Keys that name a field of an entry.
const FIELDS: &[&str] = &["parse_from", "parse_to", "from", "to", "field", "combine_field"];

/// What an entry consists of.
const ROOTS: &[&str] = &["attributes", "body", "resource"];

/// Severities that a mapping may speak of; each but the first may have a number behind it.
const SEVERITIES: &[&str] = &["default", "trace", "debug", "info", "warn", "error", "fatal"];

/// What stands for a part of a time in a layout of Go's.
const PARTS_OF_GO: &[&str] = &["2006", "06", "Jan", "01", "02", "_2", "15", "03", "04", "05", "Mon"];

impl Rule for LogOperator {
    fn collector(&self, view: &CollectorView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (id, _, body) in view.config.components("receivers").filter(|(id, ..)| RECEIVERS.contains(&kind(id))) {
            let mut report = Section::new(&META, format!("receivers.{id}"), found);
            multiline(body, &mut report);
            let operators: Vec<&Node> = body.items_of("operators").collect();
            for operator in &operators {
                types(operator, &mut report);
                patterns(operator, &mut report);
                fields(operator, &mut report);
                times(operator, &mut report);
                severities(operator, &mut report);
                outputs(operator, &operators, &mut report);
                names(operator, &operators, &mut report);
                expressions(operator, &mut report);
                another_field(operator, &mut report);
                same_ids(operator, &mut report);
            }
            if matches!(kind(id), "filelog" | "file_log") {
                of_files(body, &operators, &mut report);
                of_text(&operators, &mut report);
            }
        }
    }
}

/// The ids of a trace and of a span, read of one field.
fn same_ids(operator: &Node, report: &mut Section<'_>) {
    let from = |key: &str| operator.get(key).and_then(|id| text(id, "parse_from"));
    if let (Some((_, trace)), Some((node, span))) = (from("trace_id"), from("span_id"))
        && trace == span
    {
        let message = format!("{} is the id of the trace, too, and that of a span is half as long", node.describe());
        report.add(Level::Error, node, "operators", message, "read each of its own field");
    }
}

/// A parser that asks whether a field is there, and reads another one.
fn another_field(operator: &Node, report: &mut Section<'_>) {
    let Some((_, condition)) = text(operator, "if") else { return };
    let Some((node, from)) = text(operator, "parse_from").filter(|_| type_of(operator).ends_with("_parser")) else { return };
    let asked = condition.trim().strip_suffix("!= nil").map(str::trim).filter(|field| !field.contains(' '));
    if let Some(asked) = asked.filter(|asked| *asked != from && asked.starts_with("attributes.") && from == "body") {
        let message = format!("this is asked for `{asked}`, and reads {}", node.describe());
        report.add(Level::Warning, node, "operators", message, &format!("write `parse_from: {asked}`"));
    }
}

/// Signs that the language of conditions does not have.
fn expressions(operator: &Node, report: &mut Section<'_>) {
    let routes = operator.items_of("routes").filter_map(|route| text(route, "expr"));
    let own = ["if", "expr", "is_first_entry", "is_last_entry"].into_iter().filter_map(|key| text(operator, key));
    for (node, expression) in own.chain(routes) {
        let takes_all = operator.get("drop_ratio").is_none_or(|ratio| ratio.as_f64() == Some(1.0));
        if type_of(operator) == "filter" && takes_all && matches!(expression.trim(), "true" | "1 == 1") {
            report.add(Level::Error, node, "operators", "every line is dropped", "say which ones");
        }
        // What stands in quotes is no part of the expression.
        let bare: String = expression.split(['"', '\'', '`']).step_by(2).collect::<Vec<_>>().join(" ");
        let words = bare.split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '.')).filter(|word| !word.is_empty());
        if let Some(word) = words.into_iter().find(|word| matches!(*word, "is" | "null" | "NULL" | "None" | "AND" | "OR" | "NOT")) {
            let message = format!("{}: there is no `{word}`, and the Collector refuses it", node.describe());
            report.add(Level::Error, node, "operators", message, "write `!= nil`, `and`, `or`, `not`");
        }
        if bare.contains("=~") || bare.contains("!~") {
            let message = format!("{}: there is no `=~`", node.describe());
            report.add(Level::Error, node, "operators", message, "write `body matches \"…\"`");
        }
    }
}

/// Operators that bring no attributes.
const PLAIN: &[&str] = &[
    "container",
    "filter",
    "noop",
    "recombine",
    "remove",
    "retain",
    "router",
    "sanitize_utf8",
    "severity_parser",
    "time_parser",
    "unquote",
];

/// Attributes that nothing brings before they are read, and the paths of files that `container` reads.
fn of_files(body: &Node, operators: &[&Node], report: &mut Section<'_>) {
    let off = |node: &Node, key: &str| node.get(key).is_none_or(|value| value.as_bool() == Some(false));
    let container = operators.iter().find(|operator| type_of(operator) == "container");
    if let Some(operator) = container.filter(|operator| {
        operator.get("add_metadata_from_filepath").is_none_or(|node| node.as_bool() == Some(true)) && off(body, "include_file_path")
    }) {
        let place = body.get("include_file_path").or_else(|| operator.get("type")).unwrap_or(operator);
        let message = "`container` reads where a line is from out of the file's path, which is not included";
        let help = "write `include_file_path: true`, or `add_metadata_from_filepath: false`";
        report.add(Level::Warning, place, "include_file_path", message, help);
    }
    // Static attributes, those of a header, and operators that go on elsewhere than at the next.
    if ["attributes", "header"].iter().any(|key| body.get(key).is_some()) || operators.iter().any(|one| one.get("output").is_some()) {
        return;
    }
    // What is known of files, and of the runtime of containers.
    let is_given = |name: &str| ["log", "logtag", "time", "stream"].iter().any(|given| name.starts_with(given));
    for operator in operators {
        let to_attributes = |key: &str| text(operator, key).is_some_and(|(_, to)| to.starts_with("attributes") || to.starts_with('$'));
        let parses = type_of(operator).ends_with("_parser") && !PLAIN.contains(&type_of(operator));
        let brings = match type_of(operator) {
            kind if PLAIN.contains(&kind) => false,
            "move" | "copy" => to_attributes("to") || operator.get("to").is_none(),
            "add" | "regex_replace" => to_attributes("field") || operator.get("field").is_none(),
            _ if parses => operator.get("parse_to").is_none_or(|node| node.as_str().is_none_or(|to| !to.starts_with("body"))),
            _ => true,
        };
        let own = [text(operator, "parse_from"), text(operator, "from")].into_iter().flatten();
        let below = ["timestamp", "severity"].into_iter().filter_map(|key| text(operator.get(key)?, "parse_from"));
        let below: Vec<_> = if brings { Vec::new() } else { below.collect() };
        for (node, field) in own.chain(below) {
            let name = field.strip_prefix("attributes.").filter(|_| operator.get("if").is_none() || parses);
            if name.is_some_and(|name| !is_given(name)) {
                let message = format!("no operator before this one brings `{field}`");
                report.add(Level::Warning, node, "operators", message, "read it from where it is, as from `body`");
            }
        }
        if brings {
            return;
        }
    }
}

/// Fields of the body that are read or removed while that is still a line of text.
fn of_text(operators: &[&Node], report: &mut Section<'_>) {
    const TEXTS: &[&str] = &["attributes.message", "attributes.msg", "attributes.log"];
    if operators.iter().any(|one| one.get("output").is_some() || matches!(type_of(one), "router" | "container")) {
        return;
    }
    for operator in operators {
        let writes = |key: &str| text(operator, key).is_some_and(|(_, to)| to.starts_with("body"));
        let brings_text = type_of(operator) == "move" && text(operator, "from").is_some_and(|(_, from)| TEXTS.contains(&from));
        let keeps = matches!(type_of(operator), "remove" | "regex_replace" | "unquote") || brings_text;
        let own = ["parse_from", "from"].into_iter().chain(Some("field").filter(|_| keeps)).filter_map(|key| text(operator, key));
        let below = ["timestamp", "severity"].into_iter().filter(|_| !writes("parse_to"));
        let below = below.filter_map(|key| text(operator.get(key)?, "parse_from"));
        for (node, field) in own.chain(below).filter(|(_, field)| field.starts_with("body.") || field.starts_with("body[")) {
            let message = format!("the body is a line of text here, and has no `{field}`");
            let name = field.trim_start_matches("body.");
            report.add(Level::Warning, node, "operators", message, &format!("a parser writes to `attributes`: `attributes.{name}`"));
        }
        if !keeps && ["parse_to", "to", "field"].into_iter().any(writes) {
            return;
        }
        if !KNOWN_TO_KEEP.contains(&type_of(operator)) && !type_of(operator).ends_with("_parser") {
            return;
        }
    }
}

/// Operators that leave a body as it is, unless they are told to write to it.
const KNOWN_TO_KEEP: &[&str] = &["add", "copy", "filter", "move", "noop", "regex_replace", "remove", "sanitize_utf8", "unquote"];

/// Where an entry of several lines begins or ends.
fn multiline(body: &Node, report: &mut Section<'_>) {
    let Some(lines) = body.get("multiline") else { return };
    let ends: Vec<(&Node, &str)> =
        // A pattern may begin with `$`, as what is filled in does.
        ["line_start_pattern", "line_end_pattern"].iter().filter_map(|key| lines.get_str(key)).filter(|(_, text)| !text.is_empty()).collect();
    if let [_, (node, _)] = ends.as_slice() {
        report.add(Level::Error, node, "multiline", "an entry is told by its beginning or by its end, not by both", "keep one of the two");
    }
    for (node, _) in ends.iter().filter(|(_, pattern)| !pattern.contains("(?") && regex::check(pattern).is_err()) {
        report.add(
            Level::Error,
            node,
            "multiline",
            format!("{} is no regular expression", node.describe()),
            "write it in the syntax of RE2",
        );
    }
}

fn text<'a>(node: &'a Node, key: &str) -> Option<(&'a Node, &'a str)> {
    node.get_str(key).filter(|(_, text)| !is_placeholder(text))
}

fn type_of(operator: &Node) -> &str {
    operator.get("type").and_then(Node::as_str).unwrap_or("")
}

/// The operator that a name is nearly, or lacks its last word of.
fn meant(name: &str) -> Option<&'static str> {
    let parser = || OPERATORS.iter().copied().find(|known| known.strip_suffix("_parser").is_some_and(|start| start == name));
    if OPERATORS.contains(&name) { None } else { parser().or_else(|| misspelt(name, OPERATORS)) }
}

fn types(operator: &Node, report: &mut Section<'_>) {
    if let Some((node, meant)) = text(operator, "type").and_then(|(node, text)| Some((node, meant(text)?))) {
        let message = format!("there is no operator {}", node.describe());
        report.add(Level::Error, node, "operators", message, &format!("did you mean `{meant}`?"));
    }
    let place = operator.get("type").unwrap_or(operator);
    for key in ["from", "to"].iter().filter(|key| matches!(type_of(operator), "move" | "copy") && operator.get(key).is_none()) {
        report.add(Level::Error, place, "operators", format!("`{}` needs `{key}`", type_of(operator)), "add it");
    }
    if let (Some((_, from)), Some((node, to))) = (text(operator, "from"), text(operator, "to"))
        && from == to
    {
        report.add(Level::Error, node, "operators", format!("`{to}` is brought to where it is"), "name another field");
    }
}

/// What becomes of a line that an operator fails at.
const ON_ERROR: &[&str] = &["send", "send_quiet", "drop", "drop_quiet"];

/// How an operator is called, and what it does when it fails.
fn names(operator: &Node, operators: &[&Node], report: &mut Section<'_>) {
    if let Some((node, _)) = text(operator, "on_error").filter(|(_, text)| !ON_ERROR.contains(text)) {
        report.add(
            Level::Error,
            node,
            "operators",
            format!("{} is nothing to do", node.describe()),
            "use `send`, `drop`, `send_quiet` or `drop_quiet`",
        );
    }
    let Some((node, id)) = text(operator, "id").filter(|(_, id)| !id.is_empty()) else { return };
    let first = operators.iter().find(|other| other.get("id").and_then(Node::as_str) == Some(id));
    if first.is_some_and(|first| !std::ptr::eq(*first, operator)) {
        report.add(Level::Error, node, "operators", format!("two operators are called `{id}`"), "rename one");
    }
}

fn patterns(operator: &Node, report: &mut Section<'_>) {
    let place = operator.get("type").unwrap_or(operator);
    if type_of(operator) == "regex_parser" && operator.get("regex").is_none() {
        report.add(Level::Error, place, "operators", "`regex_parser` needs a `regex`", "add it, or use another parser");
    }
    let Some((node, pattern)) = text(operator, "regex") else { return };
    // Go names groups in both ways.
    let pattern = pattern.replace("(?P<", "(?<").replace("(?<=", "(?=").replace("(?<!", "(?!").replace("(?<", "(?P<");
    if regex::check(&pattern).is_err() {
        report.add(
            Level::Error,
            node,
            "operators",
            format!("{} is no regular expression", node.describe()),
            "write it in the syntax of RE2",
        );
    } else if type_of(operator) == "regex_parser" && !pattern.contains("(?P<") {
        let message = "no group has a name, so nothing is taken from a line";
        report.add(Level::Error, node, "operators", message, "name groups, as in `(?P<level>\\w+)`");
    }
}

/// The operator with the parts of it that name fields.
fn parts(operator: &Node) -> impl Iterator<Item = &Node> {
    let below = ["timestamp", "severity", "scope_name"].into_iter().filter_map(|key| operator.get(key));
    let trace = operator.get("trace").unwrap_or(operator);
    let ids = ["trace_id", "span_id", "trace_flags"].into_iter().filter_map(|key| trace.get(key));
    std::iter::once(operator).chain(below).chain(ids)
}

fn fields(operator: &Node, report: &mut Section<'_>) {
    for part in parts(operator) {
        for (node, name) in FIELDS.iter().filter_map(|key| text(part, key)) {
            let root = name.trim_start_matches('$').split(['.', '[']).next().unwrap_or("");
            if !root.is_empty() && !ROOTS.contains(&root) {
                let help = misspelt(root, ROOTS)
                    .map_or_else(|| format!("write `attributes.{name}` or `body.{name}`"), |meant| format!("did you mean `{meant}`?"));
                report.add(Level::Error, node, "operators", format!("an entry has no `{root}`"), &help);
            }
        }
    }
    if let Some((node, name)) = text(operator, "parse_from")
        && matches!(type_of(operator), "json_parser" | "regex_parser" | "csv_parser" | "key_value_parser")
        && matches!(name, "attributes" | "resource")
    {
        report.add(Level::Error, node, "operators", format!("all of `{name}` is no text"), &format!("write `{name}.NAME`, or `body`"));
    }
}

fn times(operator: &Node, report: &mut Section<'_>) {
    let of_its_own = Some(operator).filter(|_| type_of(operator) == "time_parser");
    for time in operator.get("timestamp").into_iter().chain(of_its_own) {
        let kind = time.get("layout_type").and_then(Node::as_str).unwrap_or("strptime");
        let Some((node, layout)) = time.get_str("layout") else {
            if time.get("layout").is_none() {
                let place = time.get("parse_from").unwrap_or(time);
                let message = "a time is read by its `layout`, and there is none";
                report.add(Level::Error, place, "operators", message, "add it, as `%Y-%m-%dT%H:%M:%S`");
            }
            continue;
        };
        if let Some((node, text)) =
            text(time, "layout_type").filter(|(_, text)| !matches!(*text, "strptime" | "gotime" | "epoch" | "native"))
        {
            let message = format!("there is no type of layouts `{text}`");
            report.add(Level::Error, node, "operators", message, "use `strptime`, `gotime` or `epoch`");
            continue;
        }
        if let Some((node, zone)) = text(time, "location").filter(|(_, zone)| !zone.is_empty() && !timezone::is_known(zone)) {
            report.add(Level::Error, node, "operators", format!("there is no zone `{zone}`"), "write one as `Europe/Berlin`");
        }
        let has_percent = layout.contains("%Y") || layout.contains("%H");
        let (message, help) = match kind {
            "gotime" | "epoch" if has_percent => ("this layout is written as `strptime` writes it", "leave `layout_type` out"),
            "epoch" if !matches!(layout, "s" | "ms" | "us" | "ns" | "s.ms" | "s.us" | "s.ns") && !is_placeholder(layout) => {
                ("this is no unit of an epoch", "use `s`, `ms`, `us`, `ns`, `s.ms`, `s.us` or `s.ns`")
            }
            "gotime" if !PARTS_OF_GO.iter().any(|part| layout.contains(part)) && !is_placeholder(layout) => {
                ("nothing in this layout is a part of Go's reference time", "write it as `2006-01-02T15:04:05Z07:00`")
            }
            "strptime" | "gotime" if twice(layout, kind).is_some() && !layout.contains("${") => {
                let part = twice(layout, kind).unwrap_or_default();
                let message = format!("`{part}` is there twice, so another part of the time is not read");
                report.add(Level::Warning, node, "operators", message, "name each part once: hours, minutes and seconds are `%H:%M:%S`");
                continue;
            }
            "gotime" if layout.contains("03:04") && !layout.to_uppercase().contains("PM") => {
                ("hours are read up to 12, and nothing says which half of the day", "write `15` for the hours of a whole day")
            }
            "strptime" if layout.contains("%I") && !layout.contains("%p") && !layout.contains("%P") => {
                ("hours are read up to 12, and nothing says which half of the day", "write `%H` for the hours of a whole day")
            }
            "gotime" if layout.contains(':') && !["15", "03", "3:"].iter().any(|hour| layout.contains(hour)) && !is_placeholder(layout) => {
                ("Go's reference time has its hour at 15, which is not in this layout", "write it as `2006-01-02T15:04:05Z07:00`")
            }
            "gotime" if another_year(layout) => {
                ("Go reads a layout by its reference time, of the year 2006", "write it as `2006-01-02T15:04:05Z07:00`")
            }
            "strptime" if layout.contains("2006") => {
                ("this layout is written as Go writes it, and is read as `strptime` writes it", "add `layout_type: gotime`")
            }
            "strptime" if ["%Q", "%E", "%J", "%K", "%O"].iter().any(|part| layout.replace("%%", "").contains(part)) => {
                ("a part of this layout is none that there is", "write `%L` for milliseconds, `%f` for parts of a second")
            }
            "strptime" if !layout.contains('%') && !is_placeholder(layout) => {
                ("nothing in this layout is a part of a time", "write it as `%Y-%m-%dT%H:%M:%S`")
            }
            _ => continue,
        };
        report.add(Level::Error, node, "operators", message, help);
    }
}

/// A part of a time that a layout names twice.
fn twice(layout: &str, kind: &str) -> Option<String> {
    if kind == "gotime" {
        let is_twice = |part: &&&str| layout.matches(**part).count() > 1;
        return ["2006", "01", "02", "15", "04", "05"].iter().find(is_twice).map(|part| (*part).to_owned());
    }
    let bare = layout.replace("%%", "");
    let parts: Vec<char> = bare.split('%').skip(1).filter_map(|rest| rest.chars().next()).collect();
    let again = parts.iter().enumerate().find(|(at, part)| "YmdHMS".contains(**part) && parts[..*at].contains(part));
    again.map(|(_, part)| format!("%{part}"))
}

/// Whether a layout of Go has a year that is not the one of its reference time.
fn another_year(layout: &str) -> bool {
    let digits = |part: &&str| part.len() == 4 && part.bytes().all(|byte| byte.is_ascii_digit());
    layout
        .split(|c: char| !c.is_ascii_digit())
        .filter(digits)
        .any(|part| (part.starts_with("19") || part.starts_with("20")) && part != "2006")
}

fn severities(operator: &Node, report: &mut Section<'_>) {
    let of_its_own = Some(operator).filter(|_| type_of(operator) == "severity_parser");
    for severity in operator.get("severity").into_iter().chain(of_its_own) {
        for (name, key, _) in severity.entries_of("mapping") {
            let bare = name.trim_end_matches(|c: char| c.is_ascii_digit()).to_lowercase();
            // They may be numbered from 1 on, too.
            if !bare.is_empty() && !bare.contains('$') && !SEVERITIES.contains(&bare.as_str()) {
                let meant = misspelt(&bare, SEVERITIES).unwrap_or(match bare.as_str() {
                    "critical" | "emergency" | "panic" | "alert" => "fatal",
                    "warning" => "warn",
                    "notice" | "information" => "info",
                    _ => "error",
                });
                report.add(Level::Error, key, "operators", format!("there is no severity `{name}`"), &format!("did you mean `{meant}`?"));
            }
        }
    }
}

fn outputs(operator: &Node, operators: &[&Node], report: &mut Section<'_>) {
    let routes = operator.items_of("routes").filter_map(|route| route.get("output"));
    let named = operator.get("output").into_iter().chain(operator.get("default")).chain(routes);
    for node in named.flat_map(|node| std::iter::once(node).chain(node.items())) {
        let Some(id) = node.as_str().filter(|id| !id.is_empty() && !is_placeholder(id)) else { continue };
        // Without an id an operator is called by its type, the second one with a number.
        let is = |other: &&Node| match other.get("id").and_then(Node::as_str) {
            Some(other) => other == id,
            None => id.strip_prefix(type_of(other)).is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit())),
        };
        if !operators.iter().any(is) {
            report.add(Level::Error, node, "operators", format!("there is no operator with the id `{id}`"), "give one this `id:`");
        }
    }
}
