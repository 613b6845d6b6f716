//! Verdicts for people: a line per alert, what failed with expected against got, and the sum.

use super::verdict::{AlertVerdict, Failure, Status, Verdict};

/// Above so many alerts, those that are proven are only counted.
const LISTED: usize = 60;

/// What `obsgen test` prints.
pub fn text(verdict: &Verdict) -> String {
    let mut out = String::new();
    let all = verdict.alerts.len() <= LISTED;
    for alert in &verdict.alerts {
        match alert.status {
            Status::Proven if all => out += &format!("proven    {}: {}\n", name(alert), stories(alert.stories.len())),
            Status::Proven => {}
            Status::Unproven => out += &format!("unproven  {}: {}\n", name(alert), alert.why.as_deref().unwrap_or_default()),
            Status::Failed => {
                out += &format!("FAILED    {}: {} of {}\n", name(alert), alert.failures.len(), stories(alert.stories.len()));
                out.extend(alert.failures.iter().map(failure));
            }
        }
    }
    for file in verdict.files.iter().filter(|file| !file.output.is_empty()) {
        out += &format!("FAILED    {}: `{}` says\n{}", file.file, file.tool, indented(&file.output));
    }
    out + &sum(verdict)
}

/// `myapp HighErrorRate (critical)`, with what tells rules of one name apart.
fn name(alert: &AlertVerdict) -> String {
    let label = |name: &str| alert.labels.get(name).map(String::as_str);
    let service = alert.service.as_deref().map(|service| format!("{service} ")).unwrap_or_default();
    let about: Vec<&str> = [label("severity"), label("slo"), label("burn")].into_iter().flatten().collect();
    format!("{service}{} ({})", alert.alert, about.join(", "))
}

fn stories(count: usize) -> String {
    if count == 1 { "1 story".to_owned() } else { format!("{count} stories") }
}

fn failure(failure: &Failure) -> String {
    let at = failure.at.as_deref().map(|at| format!(", at {at}")).unwrap_or_default();
    let mut out = format!("  {}{at}\n", failure.story);
    if let Some(message) = &failure.message {
        return out + &indented(message);
    }
    for (what, alerts) in [("expected", &failure.expected), ("got     ", &failure.got)] {
        if alerts.is_empty() {
            out += &format!("    {what} nothing\n");
        }
        out.extend(alerts.iter().map(|alert| format!("    {what} {alert}\n")));
    }
    out
}

fn indented(text: &str) -> String {
    text.lines().fold(String::new(), |all, line| all + "    " + line + "\n")
}

fn sum(verdict: &Verdict) -> String {
    let (proven, unproven, failed) = (verdict.count(Status::Proven), verdict.count(Status::Unproven), verdict.count(Status::Failed));
    let right = verdict.routes.iter().filter(|route| route.ok).count();
    let broken = verdict.files.iter().filter(|file| !file.output.is_empty()).count();
    let mut out = format!("{} alerts: {proven} proven, {unproven} unproven, {failed} failed", verdict.alerts.len());
    if !verdict.routes.is_empty() {
        out += &format!("; {right} of {} routes reach their receiver", verdict.routes.len());
    }
    if broken > 0 {
        out += &format!("; {broken} {} did not load", if broken == 1 { "file" } else { "files" });
    }
    out + "\n"
}
