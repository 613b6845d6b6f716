//! A root route that is no root.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::AlertmanagerView;

rule! {
    /// The root route takes every alert: with matchers, with `continue` or with time intervals Alertmanager refuses it.
    ///
    /// ```yaml fires
    /// # file: alertmanager.yml
    /// route: { receiver: pager, matchers: ['severity="critical"'] }
    /// receivers: [{ name: pager }]
    /// ```
    /// ```yaml silent
    /// # file: alertmanager.yml
    /// route: { receiver: pager, routes: [{ matchers: ['severity="critical"'], group_wait: 10s }] }
    /// receivers: [{ name: pager }]
    /// ```
    RootRoute, "root-route", Error
}

impl Rule for RootRoute {
    fn alertmanager(&self, view: &AlertmanagerView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some(root) = &view.config.route else { return };
        for key in ["match", "match_re", "matchers", "mute_time_intervals", "active_time_intervals", "continue"] {
            let Some((place, value)) = root.node.entry(key) else { continue };
            let says_nothing = value.as_sequence().is_some_and(<[_]>::is_empty) || value.is_null() || value.as_bool() == Some(false);
            let empty = value.as_mapping().is_some_and(<[_]>::is_empty);
            if !says_nothing && !empty {
                found.push(
                    META.finding(place.span, format!("the root route cannot have `{key}`: it takes every alert"))
                        .path(format!("route.{key}"))
                        .help("put it on a route below `routes:`"),
                );
            }
        }
    }
}
