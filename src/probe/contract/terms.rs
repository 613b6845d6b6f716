//! What a page is judged by, and the page as it came.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rust_decimal::Decimal;

use crate::manifest::stack::Version;
use crate::model::catalogue::Metric;
use crate::promql::ast::Selector;

/// What the manifest declares, as far as a page can keep it.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The catalogue.
    pub metrics: Arc<BTreeMap<String, Arc<Metric>>>,
    /// Where each metric is declared, as people read it.
    pub declared_at: BTreeMap<String, String>,
    /// Bounds that alerts and objectives need: the metric, the bound and who needs it.
    pub bounds: Vec<(String, Decimal, String)>,
    /// What the rendered rules and dashboards ask the service for.
    pub asked: Vec<Asked>,
    /// The oldest Prometheus that must take the page.
    pub prometheus: Version,
    /// How long a scrape may last.
    pub timeout: Duration,
    /// Whether what is unproven has failed.
    pub require_all: bool,
}

/// A selector of something that was rendered.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Who asks: ``alert `HighErrorRate` ``.
    pub by: String,
    /// What it asks for.
    pub selector: Selector,
}

/// A page as it came.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Where from: a URL, or a file's name.
    pub from: String,
    /// Its `Content-Type`; `None` for a file, whose grammar is found out by its content.
    pub content_type: Option<ContentType>,
    /// The page.
    pub body: Vec<u8>,
    /// How long it took.
    pub took: Option<Duration>,
    /// The same page a moment later, asked for as text.
    pub again: Option<Box<Seen>>,
}

/// The header, which may be absent.
#[derive(Clone, Debug)]
pub struct ContentType(pub Option<String>);
