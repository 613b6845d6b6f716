//! `obsgen render --capacity`: what the services ask of a Prometheus, as a table or as JSON. Nothing is written.

use super::manifests::{self, Loaded};
use super::{Console, FAILED, FINE};
use crate::cli::RenderArgs;
use crate::manifest::scalars::Duration;
use crate::model::capacity::{self, Capacity, Figures};

/// More assumptions than these are not listed to people.
const MOST_LISTED: usize = 40;

pub(super) fn run(args: &RenderArgs, console: &mut Console) -> anyhow::Result<u8> {
    let Loaded { sources, model, diagnostics, files, .. } =
        manifests::load(&manifests::find(&args.input.manifests)?, args.input.environment.as_deref())?;
    console.findings(diagnostics, files, &sources)?;
    let Some(model) = model else { return Ok(FAILED) };
    let capacity = capacity::of(&model);
    let text = if args.format == "json" { serde_json::to_string_pretty(&capacity)? + "\n" } else { human(&capacity) };
    console.print(&text)?;
    Ok(FINE)
}

/// A table of services and their sum, what the series are, and what was assumed.
fn human(capacity: &Capacity) -> String {
    let mut rows: Vec<Vec<String>> = vec![
        ["service", "targets", "series", "samples/s", "rules", "evaluations/s", "samples read/s", "storage", "alerts", "sent/day"]
            .map(str::to_owned)
            .to_vec(),
    ];
    rows.extend(capacity.services.iter().map(|of| row(&of.service, &of.figures)));
    if capacity.shared.rules > 0 {
        rows.push(row("(watchdog)", &capacity.shared));
    }
    rows.push(row("(all)", &capacity.total));
    let mut text = table(&rows);
    let of = &capacity.total.series;
    text += &format!(
        "\nOf {} series, {} are of services, {} of exporters, {} of probes, {} about scrapes, {} recorded, {} of alerts that always fire.\n",
        of.total, of.service, of.exporters, of.probes, of.scrapes, of.recorded, of.alerts
    );
    text += &format!(
        "Storage is for {}. Alerts are those that are active if everything is wrong at once, each two more series.\n",
        Duration(capacity.retention_seconds * 1000)
    );
    if !capacity.assumptions.is_empty() {
        text += "\nAssumed, because no manifest says it:\n";
        for assumption in capacity.assumptions.iter().take(MOST_LISTED) {
            let place =
                if assumption.service.is_empty() { assumption.path.clone() } else { format!("{} {}", assumption.service, assumption.path) };
            text += &format!("  {place}: {}\n", assumption.text);
        }
        if let Some(more) = capacity.assumptions.len().checked_sub(MOST_LISTED).filter(|more| *more > 0) {
            text += &format!("  and {more} more, which `--format json` lists\n");
        }
    }
    text
}

fn row(name: &str, figures: &Figures) -> Vec<String> {
    vec![
        name.to_owned(),
        figures.targets.to_string(),
        figures.series.total.to_string(),
        rate(figures.samples_per_second.0),
        figures.rules.to_string(),
        rate(figures.evaluations_per_second.0),
        rate(figures.samples_read_per_second.0),
        size(figures.storage_bytes),
        figures.alerts.most_active.to_string(),
        rate(figures.alerts.notifications_per_day.0),
    ]
}

/// One decimal where there is something to see in it.
fn rate(number: f64) -> String {
    if number < 100.0 { format!("{number:.1}") } else { format!("{number:.0}") }
}

#[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
fn size(bytes: u64) -> String {
    let mut number = bytes as f64;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if number < 1024.0 {
            return if unit == "B" { format!("{bytes} B") } else { format!("{number:.1} {unit}") };
        }
        number /= 1024.0;
    }
    format!("{number:.1} TiB")
}

/// Rows with their columns aligned: names to the left, numbers to the right.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(column, (cell, width))| if column == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") })
            .collect();
        cells.join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}
