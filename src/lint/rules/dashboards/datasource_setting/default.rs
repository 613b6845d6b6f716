//! Data sources that are the default.

use foldhash::HashMap;

use crate::diagnostic::Level;
use crate::formats::provisioning::Datasource;
use crate::lint::views::View;
use crate::source::{Node, SourceId};

/// Where the first default was found of what Grafana reads as a whole, by organisation.
#[derive(Default)]
pub(super) struct Defaults<'a> {
    first: HashMap<(&'a str, i64), (SourceId, &'a Node)>,
}

impl<'a> Defaults<'a> {
    /// Where a data source says that it is the default, and another one did before, which is the second place; Grafana refuses two of one
    /// file.
    pub(super) fn second(&mut self, source: &Datasource<'a>, view: &View<'a>) -> Option<(&'a Node, &'a Node, Level)> {
        let organisation = default_of(source)?;
        let own = source.node.get("isDefault")?;
        let known = self.first.get(&(read_as_a_whole(view), organisation)).copied();
        self.first.entry((read_as_a_whole(view), organisation)).or_insert((view.source, own));
        let (at, first) = known?;
        Some((own, first, if at == view.source { Level::Error } else { Level::Warning }))
    }
}

/// The organisation that a data source is the default of: the first one, where it names none.
fn default_of(source: &Datasource<'_>) -> Option<i64> {
    source.node.get("isDefault").and_then(Node::as_bool).filter(|is_default| *is_default)?;
    source.node.get("orgId").map_or(Some(1), |id| id.as_i64().map(|id| id.max(1)))
}

/// The folder of which Grafana reads all files; of one that is called otherwise nobody knows, and it is the file.
fn read_as_a_whole<'a>(view: &View<'a>) -> &'a str {
    let folder = view.file.rsplit_once('/').map(|(folder, _)| folder);
    folder.filter(|folder| folder.rsplit('/').next() == Some("datasources")).unwrap_or(view.file)
}
