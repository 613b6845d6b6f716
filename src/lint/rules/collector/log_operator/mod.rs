//! What becomes of the lines of files on their way through the operators of a Collector's receiver.

mod captured;
mod fields;
mod files;
mod names;
mod outputs;
mod patterns;
mod severities;
mod times;

use self::captured::{captured, first_of_lines};
use self::fields::{another_field, expressions, fields, same_ids};
use self::files::{multiline, of_files, of_text};
use self::names::{names, types};
use self::outputs::outputs;
use self::patterns::patterns;
use self::severities::severities;
use self::times::times;
use crate::diagnostic::{Diagnostic, Level};
use crate::formats::collector::kind;
use crate::formats::tables::is_placeholder;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, Section, rule};
use crate::lint::views::CollectorView;
use crate::source::Node;

rule! {
    /// An operator on log lines of the OpenTelemetry Collector cannot do what it is there for: its type, a field that it reads or
    /// writes, a severity, the operator that it hands on to do not exist; its pattern has no named group, or cannot be read; its
    /// layout of a time has nothing of a time in it, or the day before the month; a field is read that no group of the pattern before is
    /// called; the beginning of entries of several lines is none that their time has. The Collector refuses to start, or no line is parsed.
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

/// Receivers whose lines go through operators.
const RECEIVERS: &[&str] = &["filelog", "file_log", "journald", "syslog", "tcplog", "udplog", "windowseventlog"];

impl Rule for LogOperator {
    fn collector(&self, view: &CollectorView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (id, _, body) in view.config.components("receivers").filter(|(id, ..)| RECEIVERS.contains(&kind(id))) {
            let mut report = Section::new(&META, format!("receivers.{id}"), found);
            let operators: Vec<&Node> = body.items_of("operators").collect();
            multiline(body, &mut report);
            first_of_lines(body, &operators, &mut report);
            for operator in &operators {
                if operator.as_mapping().is_some() && operator.get("type").is_none() {
                    report.add(
                        Level::Error,
                        operator,
                        "operators",
                        "the operator has no `type`, and the Collector does not start",
                        "add it",
                    );
                }
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
                captured(body, &operators, &mut report);
            }
        }
    }
}

fn text<'a>(node: &'a Node, key: &str) -> Option<(&'a Node, &'a str)> {
    node.get_str(key).filter(|(_, text)| !is_placeholder(text))
}

fn type_of(operator: &Node) -> &str {
    operator.get("type").and_then(Node::as_str).unwrap_or("")
}
