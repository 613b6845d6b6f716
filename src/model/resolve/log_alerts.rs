//! Alerts on lines of logs: what is counted, and above how many somebody is told.

use rust_decimal::Decimal;

use super::alerts::{Written, dress, severity};
use super::context::Context;
use super::findings::{Findings, INVALID, owned};
use crate::diagnostic::Diagnostic;
use crate::manifest::scalars::{Duration, Threshold};
use crate::manifest::stack::TelemetrySignal;
use crate::model::alert;
use crate::model::log_alert::{LineText, Lines, LogAlert, Origin};
use crate::model::telemetry::Logging;
use crate::model::text::Sentence;
use crate::promql::regex;

/// Every alert of the manifest on lines of logs.
pub(super) fn resolve(context: &Context, logging: Option<&Logging>, findings: &mut Findings) -> Vec<LogAlert> {
    let alerts = context.manifest.alerts.valid().filter(|(_, alert)| !alert.value.log.is_missing());
    let written = alerts.map(|(name, alert)| Written {
        name: &name.value,
        span: name.span,
        alert: &alert.value,
        path: format!("alerts.{}", name.value),
    });
    written
        .filter(|written| super::alerts::is_of_one_kind(written))
        .filter_map(|written| one(context, &written, logging, findings))
        .collect()
}

fn one(context: &Context, written: &Written, logging: Option<&Logging>, findings: &mut Findings) -> Option<LogAlert> {
    let severity = severity(written, findings);
    let lines = lines(context, written, logging, findings);
    let above = above(written, findings);
    let (severity, lines, above) = (severity?, lines?, above?);
    let window = written.alert.window.value().copied().unwrap_or(Duration::minutes(5));
    let words = lines.in_words();
    let summary = || Sentence::new(format!("{}: its log says that something is wrong", lines.service));
    let description = || Sentence::new(format!("More than {above} {words} in the last {window}."));
    let dress = dress(context, written, findings);
    let labels = alert::labels(&context.labels, &severity, &dress.labels);
    let annotations = dress.words.annotations(summary, description);
    let hold = written.hold(Duration(0));
    let name = written.name.to_owned();
    Some(LogAlert { name, lines, window, above, hold, severity, labels, annotations, span: written.span })
}

fn above(written: &Written, findings: &mut Findings) -> Option<Decimal> {
    let Some(above) = written.alert.above.valid() else {
        return written.alert.above.is_missing().then_some(Decimal::ZERO);
    };
    match above.value {
        Threshold::Number(number) if number >= Decimal::ZERO => Some(number),
        _ => {
            let message = format!("`{}` is no number of lines", above.value);
            findings.add(Diagnostic::error("unit-mismatch", above.span, message).help("as in `above: 10`").path(&*written.path));
            None
        }
    }
}

fn lines(context: &Context, written: &Written, logging: Option<&Logging>, findings: &mut Findings) -> Option<Lines> {
    let log = written.alert.log.valid()?;
    let path = format!("{}.log", written.path);
    let mut text = None;
    if let Some(contains) = log.value.contains.valid() {
        text = Some(LineText::Contains(owned(contains)));
    }
    if let Some(matches) = log.value.matches.valid() {
        if text.is_some() {
            let message = "a line either contains a text or matches an expression";
            findings.add(Diagnostic::error(INVALID, matches.span, message).help("keep one of the two").path(&*path));
            return None;
        }
        if let Err(error) = regex::check(&matches.value.0) {
            let finding = Diagnostic::error(INVALID, matches.span, error.message).path(&*path);
            findings.add(finding.help("`matches` is an RE2 regular expression, anywhere in the line"));
            return None;
        }
        text = Some(LineText::Matches(owned(matches)));
    }
    let empty = |text: &LineText| matches!(text, LineText::Contains(text) | LineText::Matches(text) if text.is_empty());
    let level = log.value.level.value().map(|level| level.name().to_owned());
    if text.as_ref().is_some_and(empty) || text.is_none() && level.is_none() && !log.value.contains.is_invalid() {
        let message = "this counts every line of the log";
        findings.add(Diagnostic::error(INVALID, log.span, message).help("add `contains:`, `matches:` or `level:`").path(&*path));
        return None;
    }
    let by_collector = context.stack.collector_signals.contains(&TelemetrySignal::Logs);
    let origin = match logging.and_then(|logging| logging.shipper) {
        Some(_) => Origin::Shipper,
        None if by_collector => Origin::Collector,
        None => {
            let message = "nothing in this manifest brings lines to Loki, so their labels are not known";
            let help = "add `logging: { pipeline: loki }`, or `logs` to `stack.collector.signals`";
            findings.add(Diagnostic::error(INVALID, log.span, message).help(help).path(&*path));
            return None;
        }
    };
    Some(Lines { service: context.name.clone(), origin, text, level })
}
