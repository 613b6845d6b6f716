//! The dashboard: what it is called, and the manifest's own panels.

use super::context::Context;
use super::findings::{Findings, INVALID, owned};
use crate::diagnostic::Diagnostic;
use crate::manifest::dashboard as written;
use crate::manifest::scalars::Duration;
use crate::model::Dashboard;
use crate::model::panel::{Ask, Colour, Panel, Query, Row, Unit, View};
use crate::promql::grafana;
use crate::source::{MISSING_KEY, Spanned};

/// The dashboard's stable identifier.
pub(super) fn uid(context: &Context) -> String {
    let written = context.manifest.dashboard.value().and_then(|d| d.uid.value());
    written.map_or_else(|| format!("obsgen-{}", context.name.replace('.', "-")), |uid| uid.0.clone())
}

/// The dashboard of a service.
pub(super) fn resolve(context: &Context, findings: &mut Findings) -> Dashboard {
    let nothing = written::Dashboard::default();
    let written = context.manifest.dashboard.value().unwrap_or(&nothing);
    let uid = uid(context);
    if uid.len() > 40 {
        let span = written.uid.span().or(context.manifest.service.value().and_then(|s| s.name.span())).unwrap_or_default();
        let message = format!("the dashboard's uid `{uid}` is longer than Grafana's 40 characters");
        findings.add(Diagnostic::error(INVALID, span, message).help("say a shorter one: `dashboard: { uid: … }`").path("dashboard.uid"));
    }
    let mut own = Vec::new();
    for (index, panel) in written.panels.value().into_iter().flatten().enumerate() {
        own.extend(panel.valid().and_then(|panel| free(context, panel, index, findings)));
    }
    let service = context.manifest.service.value();
    let runbooks = service.and_then(|s| s.runbooks.valid()).map(|url| ("Runbooks".to_owned(), owned(url)));
    let logs = service.and_then(|s| s.links.value()).and_then(|l| l.logs.valid()).map(|url| ("Logs".to_owned(), owned(url)));
    Dashboard {
        uid,
        title: written.title.valid().map_or_else(|| context.name.clone(), owned),
        folder: written.folder.valid().map_or_else(|| "Services".to_owned(), owned),
        refresh: written.refresh.value().copied().unwrap_or(Duration::seconds(30)),
        own,
        links: runbooks.into_iter().chain(logs).collect(),
    }
}

/// A panel of the manifest's own.
fn free(context: &Context, panel: &Spanned<written::FreePanel>, index: usize, findings: &mut Findings) -> Option<Panel> {
    let path = format!("dashboard.panels[{index}]");
    for (key, missing) in [("title", panel.value.title.is_missing()), ("expr", panel.value.expr.is_missing())] {
        if missing {
            findings.add(Diagnostic::error(MISSING_KEY, panel.span, format!("the panel has no `{key}`")).path(&*path));
        }
    }
    let (title, expr) = (panel.value.title.valid()?, panel.value.expr.valid()?);
    let text = expr.value.0.replace("$selector", "job=~\"$job\",instance=~\"$instance\"");
    // Matchers as long as `$selector` keep every character at its place.
    let checked = grafana::substitute(&expr.value.0.replace("$selector", r#"a="",b="""#));
    context.parse(&checked.text, expr.span, &format!("dashboard.panels.{index}.expr"), findings)?;
    Some(Panel {
        title: owned(title),
        description: panel.value.description.valid().map_or_else(|| format!("A panel of {}'s own.", context.name), owned),
        view: View::Lines,
        unit: Unit::Named(panel.value.unit.valid().map_or_else(|| "short".to_owned(), owned)),
        queries: vec![Query {
            expr: Ask::Text(text),
            legend: panel.value.legend.valid().map_or_else(|| "__auto".to_owned(), owned),
            instant: false,
        }],
        steps: Vec::new(),
        base: Colour::Plain,
        row: Row::Own,
        range: (None, None),
    })
}
