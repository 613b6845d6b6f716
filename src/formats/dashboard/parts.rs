//! What a dashboard is made of, of whichever schema.

use crate::source::Node;

/// A dashboard.
#[derive(Debug)]
pub struct Dashboard<'a> {
    /// The dashboard itself, without its envelope.
    pub root: &'a Node,
    /// The key `dashboard` of the envelope, where there is one.
    pub envelope: Option<&'a Node>,
    /// What it is known by: `uid`, or the name of the resource.
    pub uid: Option<&'a Node>,
    /// Whether its layout stands apart from its panels, as in the newer schema.
    pub layout_apart: bool,
    /// All panels, those inside collapsed rows included, in order.
    pub panels: Vec<Panel<'a>>,
    /// The template variables.
    pub variables: Vec<Variable<'a>>,
}

/// A panel.
#[derive(Debug)]
pub struct Panel<'a> {
    /// The whole panel.
    pub node: &'a Node,
    /// Where it stands, as in `panels[3]`.
    pub path: String,
    /// `type`; "" where it is missing.
    pub kind: &'a str,
    /// `title`; "" where it is missing.
    pub title: &'a str,
    /// Its queries.
    pub targets: Vec<Target<'a>>,
    /// `datasource`
    pub datasource: Option<&'a Node>,
    /// Whether it lies in a collapsed row.
    pub nested: bool,
}

/// A query of a panel.
#[derive(Debug)]
pub struct Target<'a> {
    /// The whole query.
    pub node: &'a Node,
    /// Where it stands, as in `panels[3].targets[0]`.
    pub path: String,
    /// The `PromQL` expression, where the query is one.
    pub expr: Option<&'a Node>,
    /// `datasource`
    pub datasource: Option<&'a Node>,
}

/// A template variable.
#[derive(Debug)]
pub struct Variable<'a> {
    /// The whole variable.
    pub node: &'a Node,
    /// Its name.
    pub name: &'a Node,
    /// `query`, `datasource`, `interval`, `custom`, `constant`, `textbox`, `adhoc`.
    pub kind: &'a str,
}

impl<'a> Variable<'a> {
    /// What it asks or lists: `query`, or the text inside of the object that newer versions write.
    pub fn query(&self) -> Option<&'a Node> {
        self.node.get("query").map(|query| query.get("query").unwrap_or(query))
    }

    /// Whether Prometheus is asked, or nothing says who.
    pub fn asks_prometheus(&self) -> bool {
        let kind = self.node.get("datasource").and_then(|datasource| datasource.get("type")?.as_str());
        kind.is_none_or(|kind| kind == "prometheus")
    }
}

impl<'a> Dashboard<'a> {
    /// The names of its variables, and of the inputs that stand for one when it is imported.
    pub fn defined(&self) -> Vec<&'a str> {
        let inputs = self.root.items_of("__inputs").filter_map(|input| input.get("name")?.as_str());
        self.variables.iter().filter_map(|variable| variable.name.as_str()).chain(inputs).collect()
    }

    /// The names of variables that a link sets by `var-…`, and that this dashboard does not have.
    pub fn undefined_by<'u>(&self, url: &'u str) -> impl Iterator<Item = &'u str> + use<'u, 'a> {
        let defined = self.defined();
        let set = url.split(['?', '&']).skip(1).filter_map(|part| part.strip_prefix("var-")?.split('=').next());
        set.filter(move |name| !defined.contains(name))
    }

    /// Whether it has panels with numbers, and none of this one.
    pub fn lacks_panel(&self, number: i64) -> bool {
        let mut numbers = self.panels.iter().filter_map(|panel| panel.node.get("id")?.as_i64()).peekable();
        !self.layout_apart && numbers.peek().is_some() && !numbers.any(|other| other == number)
    }
}

impl<'a> Panel<'a> {
    /// The unit, where one is set.
    pub fn unit(&self) -> Option<&'a Node> {
        let defaults = self.node.get("fieldConfig").and_then(|config| config.get("defaults"));
        let newer = self.node.get("vizConfig").and_then(|viz| viz.get("spec")?.get("fieldConfig")?.get("defaults"));
        defaults.or(newer).and_then(|d| d.get("unit")).or_else(|| self.node.get("format")).filter(|unit| !unit.is_null())
    }

    /// Whether it shows numbers that have a unit.
    pub fn shows_values(&self) -> bool {
        !matches!(
            self.kind,
            "row"
                | "text"
                | "dashlist"
                | "alertlist"
                | "news"
                | "logs"
                | "nodeGraph"
                | "traces"
                | "annolist"
                | "table"
                | "geomap"
                | "canvas"
        )
    }
}
