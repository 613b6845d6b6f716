//! Matchers that compare for equality with a pattern.

use crate::diagnostic::Diagnostic;
use crate::formats::alertmanager::{MatchOp, Matcher};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::AlertmanagerView;

rule! {
    /// A matcher compares with `=` or `!=`, and its value is written like a regular expression: no label has that very text as its
    /// value. Use `=~` or `!~`.
    ///
    /// ```yaml fires
    /// # file: alertmanager.yml
    /// route: { receiver: web, routes: [{ receiver: db, matchers: ['alertname="Postgres|Redis"'] }] }
    /// receivers: [{ name: web }, { name: db }]
    /// ```
    /// ```yaml silent
    /// # file: alertmanager.yml
    /// route: { receiver: web, routes: [{ receiver: db, matchers: ['alertname=~"Postgres|Redis"'] }] }
    /// receivers: [{ name: web }, { name: db }]
    /// ```
    EqualityWithRegex, "equality-with-regex", Warning
}

impl Rule for EqualityWithRegex {
    fn alertmanager(&self, view: &AlertmanagerView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let mut judge = |matcher: &Matcher<'_>, path: String| {
            let (written, meant) = match matcher.op {
                MatchOp::Equal => ("=", "=~"),
                MatchOp::NotEqual => ("!=", "!~"),
                _ => return,
            };
            let pattern = [".*", ".+", "|", "^", "\\."].iter().any(|sign| matcher.value.contains(sign)) || matcher.value.ends_with('$');
            if pattern {
                found.push(
                    META.finding(
                        matcher.node.span,
                        format!("`{written}` compares with the very text `{}`, which looks like a pattern", matcher.value),
                    )
                    .path(path)
                    .help(format!("use `{}{meant}\"{}\"`", matcher.label, matcher.value)),
                );
            }
        };
        for route in view.config.routes() {
            route.matchers.iter().for_each(|matcher| judge(matcher, format!("{}.matchers", route.path)));
        }
        for rule in &view.config.inhibitions {
            let both = rule.source.iter().chain(&rule.target);
            both.for_each(|matcher| judge(matcher, format!("inhibit_rules[{}]", rule.index)));
        }
    }
}
