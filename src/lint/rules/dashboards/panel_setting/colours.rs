//! Colours that Grafana knows.

use crate::diagnostic::misspelt;

const COLOURS: &[&str] = &[
    "green",
    "yellow",
    "red",
    "orange",
    "blue",
    "purple",
    "text",
    "transparent",
    "white",
    "black",
    "gray",
    "grey",
    "pink",
    "brown",
    "cyan",
];

/// The colour of Grafana's palette that a name is nearly.
pub(in crate::lint::rules::dashboards) fn misspelt_colour(name: &str) -> Option<&'static str> {
    let bare = ["super-light-", "semi-dark-", "light-", "dark-"].iter().find_map(|shade| name.strip_prefix(shade)).unwrap_or(name);
    let literal = bare.starts_with('#') || bare.contains('(') || bare.contains('$');
    misspelt(bare, COLOURS).filter(|_| !literal)
}
