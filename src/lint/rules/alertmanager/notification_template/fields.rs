//! Fields that an alert or a notification does not have.

use super::Known;
use super::known::{ALERT, DATA, LISTS, METHODS, PAIR, TEXTS};
use crate::diagnostic::{Level, did_you_mean};
use crate::lint::template::notification::{Field, Notification, SETS, Subject};

/// The fields of what a template may be given, and how that is called.
pub(super) fn fields(subject: Subject) -> Option<(&'static [&'static str], &'static str)> {
    match subject {
        Subject::Data => Some((DATA, "a notification")),
        Subject::Alert => Some((ALERT, "an alert")),
        Subject::Alerts => Some((LISTS, "the list of alerts")),
        Subject::Pair => Some((PAIR, "a pair of `SortedPairs`")),
        Subject::Text => Some((&[], "a text")),
        Subject::Pairs | Subject::Other => None,
    }
}

pub(super) fn wrong_field(field: &Field, known: &Known<'_>) -> Option<(Level, String, String)> {
    let (fields, of) = fields(field.of)?;
    let first = field.names.first()?.as_str();
    if !fields.contains(&first) {
        let help = match did_you_mean(first, fields.iter().copied()) {
            Some(meant) => format!("did you mean `.{meant}`?"),
            None if ALERT.contains(&first) && field.of == Subject::Alerts => "read each with `{{ range .Alerts }}`".to_owned(),
            None if field.of == Subject::Text => "`with` makes the dot the text itself: write `{{ . }}`, or `$` for the whole".to_owned(),
            None if ALERT.contains(&first) => format!("`.{first}` belongs to one alert: read it inside `{{{{ range .Alerts }}}}`"),
            None => format!("it has {}", fields.iter().take(7).map(|name| format!("`.{name}`")).collect::<Vec<_>>().join(", ")),
        };
        return Some((Level::Error, format!("{of} has no field `{first}`"), help));
    }
    if let ("Alerts", Some(second)) = (first, field.names.get(1).filter(|name| !LISTS.contains(&name.as_str()))) {
        return Some((Level::Error, format!("alerts have no `{second}`"), "use `.Alerts.Firing` or `.Alerts.Resolved`".to_owned()));
    }
    // What a list, a label or a text has is nothing that could be read further.
    let further = match first {
        "Alerts" if field.names.get(1).is_some_and(|name| LISTS.contains(&name.as_str())) => field.names.get(2),
        first if SETS.contains(&first) => field.names.get(2).filter(|_| !METHODS.contains(&field.names[1].as_str())),
        first if TEXTS.contains(&first) => field.names.get(1),
        _ => None,
    };
    if let Some(further) = further {
        let (message, help) = if first == "Alerts" {
            (format!("the list of alerts has no `{further}`"), "read each with `{{ range .Alerts }}`".to_owned())
        } else {
            let before = format!(".{}", field.names[..if TEXTS.contains(&first) { 1 } else { 2 }].join("."));
            let dotted = field.names.get(1..).unwrap_or_default().join(".");
            (
                format!("`{before}` is a text and has no `{further}`, so nothing is sent"),
                format!("write `(index .{first} \"{dotted}\")` for a name with dots"),
            )
        };
        return Some((Level::Error, message, help));
    }
    if let (true, Some(second)) = (SETS.contains(&first), field.names.get(1))
        && let Some(method) = METHODS.iter().find(|method| second.len() > 3 && *method != second && method.ends_with(second.as_str()))
    {
        let message = format!("`.{first}` has no `{second}`, and no label or annotation is called so");
        return Some((Level::Warning, message, format!("did you mean `.{first}.{method}`?")));
    }
    if !known.has_alerts {
        return None;
    }
    let second = field.names.get(1).map(String::as_str).filter(|name| !METHODS.contains(name) && !field.optional)?;
    let (kind, names) = match first {
        "CommonAnnotations" | "Annotations" => ("annotation", &known.annotations),
        "CommonLabels" | "Labels" | "GroupLabels" => ("label", &known.labels),
        _ => return None,
    };
    let names = || names.iter().map(String::as_str);
    if names().any(|name| name == second) || (kind == "label" && matches!(second, "alertname" | "job" | "instance")) {
        return None;
    }
    let meant = did_you_mean(second, names().chain((kind == "label").then_some("alertname")));
    if kind == "label" && known.annotations.iter().any(|name| name == second) {
        let message = format!("`{second}` is an annotation of the alerts here and no label: this is blank");
        return Some((Level::Warning, message, "read it from the annotations".to_owned()));
    }
    // A series may bring labels that no rule sets.
    if kind == "label" && meant.is_none() && !(known.lacks)(second) && !(known.unheard)(second) {
        return None;
    }
    let help = meant.map_or_else(|| "use one that alerts here have".to_owned(), |meant| format!("did you mean `{meant}`?"));
    Some((Level::Warning, format!("no alert here sets the {kind} `{second}`: this is blank"), help))
}

/// An annotation that is shown where there is one, and that none is called, while alerts have one by a longer name: `runbook` for
/// `runbook_url`, which the template does not show either.
pub(super) fn never_there(field: &Field, template: &Notification, known: &Known<'_>) -> Option<(String, String)> {
    let [first, second, ..] = field.names.as_slice() else { return None };
    let is_asked = field.optional && matches!(first.as_str(), "Annotations" | "CommonAnnotations") && known.is_closed;
    if !is_asked || METHODS.contains(&second.as_str()) || known.annotations.contains(second) {
        return None;
    }
    let is_shown = |name: &str| template.fields.iter().any(|other| other.names.get(1).is_some_and(|shown| shown == name));
    let is_longer = |name: &&String| name.strip_prefix(second.as_str()).is_some_and(|rest| rest.starts_with('_'));
    let meant = known.annotations.iter().find(is_longer).filter(|meant| !is_shown(meant))?;
    Some((format!("no alert here has the annotation `{second}`, so this is never shown"), format!("did you mean `{meant}`?")))
}
