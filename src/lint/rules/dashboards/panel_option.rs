//! Options of panels that Grafana takes and can do nothing with.

use crate::diagnostic::{Diagnostic, misspelt};
use crate::formats::dashboard::Panel;
use crate::lint::context::Context;
use crate::lint::inference::value::interval;
use crate::lint::query::Query;
use crate::lint::query::outcome::{Outcome, outcome};
use crate::lint::rule::{Rule, rule};
use crate::lint::rules::dashboards::dashboard_setting::CALCULATIONS;
use crate::lint::views::DashboardView;
use crate::promql::ast::{AggregateOp, Expr, ExprKind};
use crate::promql::regex;
use crate::promql::walk::without_parens;
use crate::source::Node;

rule! {
    /// An option of a panel means nothing to Grafana, or never comes about: a mapping of a type that there is not, from a larger to a
    /// smaller number or by a pattern that cannot be read; a colour mode, a calculation or a form of a pie that is nearly one; a
    /// time that is none; a threshold above all that the query can return, or one that is red while all is well.
    ///
    /// ```json fires
    /// { "title": "Web", "panels": [ { "type": "stat", "title": "Up", "targets": [ { "refId": "A", "expr": "min(up)" } ],
    ///   "fieldConfig": { "defaults": { "mappings": [ { "type": "range", "options": { "from": 1, "to": 0, "result": { "text": "up" } } } ] } } } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "panels": [ { "type": "stat", "title": "Up", "targets": [ { "refId": "A", "expr": "min(up)" } ],
    ///   "fieldConfig": { "defaults": { "mappings": [ { "type": "range", "options": { "from": 0, "to": 1, "result": { "text": "up" } } } ] } } } ] }
    /// ```
    /// ```json fires
    /// { "title": "Web", "panels": [ { "type": "stat", "title": "Up", "targets": [ { "refId": "A", "expr": "min(up)" } ],
    ///   "fieldConfig": { "defaults": { "thresholds": { "steps": [ { "color": "green", "value": null }, { "color": "red", "value": 1 } ] } } } } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "panels": [ { "type": "stat", "title": "Up", "targets": [ { "refId": "A", "expr": "min(up)" } ],
    ///   "fieldConfig": { "defaults": { "thresholds": { "steps": [ { "color": "red", "value": null }, { "color": "green", "value": 1 } ] } } } } ] }
    /// ```
    PanelOption, "panel-option", Warning
}

/// How a panel is coloured.
const COLOUR_MODES: &[&str] = &[
    "fixed",
    "shades",
    "thresholds",
    "palette-classic",
    "palette-classic-by-name",
    "continuous-GrYlRd",
    "continuous-RdYlGr",
    "continuous-BlYlRd",
    "continuous-YlRd",
    "continuous-BlPu",
    "continuous-YlBl",
    "continuous-blues",
    "continuous-reds",
    "continuous-greens",
    "continuous-purples",
];

/// Words that are often written for what a legend can show of a line.
const OTHER_CALCULATIONS: &[(&str, &str)] = &[
    ("average", "mean"),
    ("avg", "mean"),
    ("current", "lastNotNull"),
    ("minimum", "min"),
    ("maximum", "max"),
    ("latest", "lastNotNull"),
    ("newest", "lastNotNull"),
];

/// Options of Grafana's own panels that are one of a few words: the panel, what leads to the option, the words.
const WORDS: &[(&str, &[&str], &[&str])] = &[
    ("table", &["cellHeight"], &["sm", "md", "lg", "auto"]),
    ("logs", &["dedupStrategy"], &["none", "exact", "numbers", "signature"]),
    ("barchart", &["stacking"], &["none", "normal", "percent"]),
    ("barchart", &["showValue"], &["auto", "always", "never"]),
    ("barchart", &["orientation"], &["auto", "horizontal", "vertical"]),
    ("state-timeline", &["showValue"], &["auto", "always", "never"]),
    ("state-timeline", &["alignValue"], &["left", "center", "right"]),
    ("status-history", &["showValue"], &["auto", "always", "never"]),
    ("text", &["mode"], &["markdown", "html", "code"]),
    ("heatmap", &["color", "mode"], &["opacity", "scheme"]),
    ("heatmap", &["color", "scale"], &["exponential", "linear"]),
    ("heatmap", &["rowsFrame", "layout"], &["auto", "unknown", "le", "ge"]),
    ("candlestick", &["mode"], &["candles+volume", "candles", "volume"]),
];

/// What legends call the calculations that they can be sorted by.
const CALCULATED: &[(&str, &str)] = &[
    ("Min", "min"),
    ("Max", "max"),
    ("Mean", "mean"),
    ("Total", "sum"),
    ("Last", "last"),
    ("Last *", "lastNotNull"),
    ("First", "first"),
    ("First *", "firstNotNull"),
    ("Count", "count"),
    ("Range", "range"),
    ("Difference", "diff"),
];

/// What can be calculated of several points alone.
const OVER_TIME: &[&str] = &["count", "diff", "diffperc", "delta", "range", "step", "changeCount", "distinctCount"];

/// Colours of a heatmap.
const SCHEMES: &[&str] = &[
    "Blues",
    "BrBG",
    "BuGn",
    "BuPu",
    "Cividis",
    "Cool",
    "Cubehelix",
    "GnBu",
    "Greens",
    "Greys",
    "Inferno",
    "Magma",
    "Oranges",
    "OrRd",
    "PiYG",
    "Plasma",
    "PRGn",
    "PuBu",
    "PuBuGn",
    "PuOr",
    "PuRd",
    "Purples",
    "Rainbow",
    "RdBu",
    "RdGy",
    "RdPu",
    "RdYlBu",
    "RdYlGn",
    "Reds",
    "Sinebow",
    "Spectral",
    "Turbo",
    "Viridis",
    "Warm",
    "YlGn",
    "YlGnBu",
    "YlOrBr",
    "YlOrRd",
];

/// Grafana gives every new panel a threshold here.
const DEFAULT_THRESHOLD: f64 = 80.0;

type Add<'r> = dyn FnMut(&Node, &str, String, &str) + 'r;

impl Rule for PanelOption {
    fn dashboard(&self, view: &DashboardView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if view.dashboard.layout_apart {
            return;
        }
        let root = view.dashboard.root;
        let week = root
            .get("weekStart")
            .filter(|node| node.as_str().is_some_and(|text| !matches!(text, "" | "browser" | "saturday" | "sunday" | "monday")));
        if let Some(node) = week {
            let message = format!("a week begins on no {}", node.describe());
            found.push(META.finding(node.span, message).path("weekStart").help("use `monday`, `sunday` or `saturday`"));
        }
        let delay = root.get("timepicker").and_then(|picker| picker.get("nowDelay"));
        let marks = root.get("annotations").and_then(|annotations| annotations.get("list")).into_iter().flat_map(Node::items);
        for node in marks.filter_map(|mark| mark.get("step")).chain(delay).filter(|node| !is_time(node)) {
            let message = format!("{} is no length of time", node.describe());
            found.push(META.finding(node.span, message).path("annotations.list").help("write it as `60s`"));
        }
        let marks = root.get("annotations").and_then(|annotations| annotations.get("list")).into_iter().flat_map(Node::items);
        let ids: Vec<i64> = view.dashboard.panels.iter().filter_map(|panel| panel.node.get("id")?.as_i64()).collect();
        for node in marks.filter_map(|mark| mark.get("filter")?.get("ids")).flat_map(Node::items) {
            if node.as_i64().is_some_and(|id| !ids.contains(&id)) && !ids.is_empty() {
                let message = format!("the dashboard has no panel {}", node.describe());
                found.push(META.finding(node.span, message).path("annotations.list").help("name the `id` of one"));
            }
        }
        for panel in &view.dashboard.panels {
            let mut add = |node: &Node, key: &str, message: String, help: &str| {
                found.push(META.finding(node.span, message).path(format!("{}.{key}", panel.path)).help(help));
            };
            if panel.kind == "alertlist" {
                let states = panel.node.get("options").and_then(|options| options.get("stateFilter"));
                of_states(states, &mut add);
            }
            for key in ["timeFrom", "timeShift"] {
                let relative = |node: &&Node| node.as_str().is_some_and(|text| text.starts_with("now"));
                let bare =
                    |node: &&Node| node.as_str().is_some_and(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()));
                let wrong = |node: &&Node| bare(node) || !is_time(node) && !relative(node);
                if let Some(node) = panel.node.get(key).filter(|node| !node.is_null()).filter(wrong) {
                    add(node, key, format!("{} is no length of time", node.describe()), "write it as `6h`");
                }
            }
            words(panel, &mut add);
            if let Some(defaults) = panel.node.get("fieldConfig").and_then(|config| config.get("defaults")) {
                values(panel, defaults, &mut add);
                mappings(defaults, is_of_numbers(panel), &mut add);
            }
        }
        for query in view.queries {
            thresholds(query, context, found);
            states(query, found);
        }
    }
}

/// The states of alerts that a list shows: one at least, by names that Grafana has.
fn of_states(states: Option<&Node>, add: &mut Add<'_>) {
    const KNOWN: &[&str] =
        &["firing", "pending", "noData", "normal", "error", "recovering", "inactive", "ok", "paused", "no_data", "alerting"];
    let Some(states) = states.filter(|states| states.as_mapping().is_some_and(|entries| !entries.is_empty())) else { return };
    if let Some((_, key, _)) = states.entries().find(|(name, ..)| !KNOWN.contains(name)) {
        add(key, "options.stateFilter", format!("no alert is in a state {}", key.describe()), "use `firing` or `pending`");
    } else if states.entries().all(|(_, _, on)| on.as_bool() == Some(false)) {
        add(states, "options.stateFilter", "the list shows alerts in no state at all".to_owned(), "set `firing` to true");
    }
}

/// Whether a text is a length of time, as `6h` or `1d/d`, or may become one.
fn is_time(node: &Node) -> bool {
    let Some(text) = node.as_str() else { return true };
    let text = text.split('/').next().unwrap_or(text);
    let digits = text.trim_start_matches(|c: char| c.is_ascii_digit());
    text.is_empty()
        || text.contains('$')
        || digits.is_empty()
        || digits.len() < text.len() && matches!(digits, "ms" | "s" | "m" | "h" | "d" | "w" | "M" | "Q" | "y")
        || crate::promql::duration::parse_duration(text).is_ok()
}

/// Options that are one of a few words.
fn words(panel: &Panel<'_>, add: &mut Add<'_>) {
    let options = panel.node.get("options");
    for (_, way, words) in WORDS.iter().filter(|(kind, ..)| *kind == panel.kind) {
        let value = options.and_then(|options| options.at(way.iter().copied()));
        if let Some((node, _)) = value.and_then(Node::with_str).filter(|(_, text)| !text.is_empty() && !words.contains(text)) {
            let key = format!("options.{}", way.join("."));
            let message = format!("Grafana does not know {} here", node.describe());
            add(node, &key, message, &format!("use one of {}", words.join(", ")));
        }
    }
    let scheme = options.filter(|_| panel.kind == "heatmap").and_then(|options| options.get("color")?.get("scheme"));
    if let Some((node, meant)) = scheme.and_then(|node| Some((node, misspelt(node.as_str()?, SCHEMES)?))) {
        let message = format!("Grafana has no colours {}", node.describe());
        add(node, "options.color.scheme", message, &format!("did you mean `{meant}`?"));
    }
    let steps = options.filter(|_| panel.kind == "heatmap").and_then(|options| options.get("color")?.get("steps"));
    if let Some(node) = steps.filter(|node| node.as_i64().is_some_and(|steps| !(2..=128).contains(&steps))) {
        add(node, "options.color.steps", "a heatmap has 2 to 128 colours".to_owned(), "use `64`");
    }
    for key in ["color", "yAxis"] {
        let bounds = options.filter(|_| panel.kind == "heatmap").and_then(|options| options.get(key));
        let bound = |end: &str| bounds.and_then(|bounds| bounds.get(end)).and_then(|node| Some((node, node.as_f64()?)));
        if let (Some((node, least)), Some((_, most))) = (bound("min"), bound("max"))
            && least >= most
        {
            add(node, &format!("options.{key}"), format!("nothing lies between {} and {most}", node.describe()), "swap the two");
        }
    }
    let footer = options.filter(|_| panel.kind == "table").and_then(|options| options.get("footer")?.get("reducer"));
    for (node, meant) in footer.into_iter().flat_map(Node::items).filter_map(|node| Some((node, misspelt(node.as_str()?, CALCULATIONS)?))) {
        add(node, "options.footer", format!("Grafana cannot calculate {}", node.describe()), &format!("did you mean `{meant}`?"));
    }
    let step_reducers = panel.node.items_of("transformations").filter_map(|step| step.get("options")?.get("reducers"));
    for (node, meant) in step_reducers.flat_map(Node::items).filter_map(|node| Some((node, misspelt(node.as_str()?, CALCULATIONS)?))) {
        add(node, "transformations", format!("Grafana cannot calculate {}", node.describe()), &format!("did you mean `{meant}`?"));
    }
    let height = options.and_then(|options| options.get("rowHeight")).filter(|_| matches!(panel.kind, "state-timeline" | "status-history"));
    if let Some(node) = height.filter(|node| node.as_f64().is_some_and(|height| !(0.0..=1.0).contains(&height))) {
        add(node, "options.rowHeight", "the height of a row is a share, 0 to 1".to_owned(), "write a share");
    }
    let interval = panel.node.get_str("interval");
    if let Some((node, _)) = interval.filter(|(node, text)| !is_time(node) && !text.starts_with('>')) {
        add(node, "interval", format!("{} is no length of time", node.describe()), "write it as `1m`");
    }
    if let Some(node) = panel.node.get("maxDataPoints").filter(|node| panel.kind == "timeseries" && node.as_i64() == Some(1)) {
        add(node, "maxDataPoints", "a line needs more points than one".to_owned(), "leave it out, or write hundreds");
    }
    let legend = options.and_then(|options| options.get("legend"));
    for node in legend.and_then(|legend| legend.get("calcs")).into_iter().flat_map(Node::items) {
        let text = node.as_str().unwrap_or("");
        if let Some(meant) = meant_calculation(text) {
            add(node, "options.legend", format!("a legend cannot show {}", node.describe()), &format!("did you mean `{meant}`?"));
        }
    }
    let sorted = legend.and_then(|legend| legend.get_str("sortBy"));
    let calculated: Vec<&str> = legend.into_iter().flat_map(|legend| legend.items_of("calcs")).filter_map(Node::as_str).collect();
    let by_calculation = sorted.and_then(|(node, text)| Some((node, CALCULATED.iter().find(|(name, _)| *name == text)?.1)));
    if let Some((node, _)) = by_calculation.filter(|(_, id)| !calculated.contains(id)) {
        add(node, "options.legend", format!("the legend does not show {}", node.describe()), "add it to `calcs`, or sort by one of those");
    }
    of_one_point(panel, add);
    if panel.kind == "piechart" {
        for node in options.and_then(|options| options.get("displayLabels")).into_iter().flat_map(Node::items) {
            if node.as_str().is_some_and(|text| !matches!(text, "name" | "value" | "percent")) {
                add(node, "options.displayLabels", format!("a pie cannot show {}", node.describe()), "use `name`, `value` or `percent`");
            }
        }
        let form = options.and_then(|options| options.get("pieType"));
        if let Some(node) = form.filter(|node| node.as_str().is_some_and(|text| !matches!(text, "pie" | "donut" | ""))) {
            add(node, "options.pieType", format!("{} is no form of a pie", node.describe()), "use `pie` or `donut`");
        }
        for node in legend.and_then(|legend| legend.get("values")).into_iter().flat_map(Node::items) {
            if node.as_str().is_some_and(|text| !matches!(text, "value" | "percent")) {
                add(node, "options.legend", format!("the legend of a pie cannot show {}", node.describe()), "use `value` or `percent`");
            }
        }
    }
}

/// What is calculated of a series over time, where each series has one point.
fn of_one_point(panel: &Panel<'_>, add: &mut Add<'_>) {
    let Some(options) = panel.node.at(["options", "reduceOptions"]) else { return };
    let instant = |target: &crate::formats::dashboard::Target<'_>| {
        let on = |key: &str| target.node.get(key).and_then(Node::as_bool) == Some(true);
        let of_series = target.node.get("format").is_none_or(|format| format.as_str() == Some("time_series"));
        target.expr.is_some() && of_series && on("instant") && !on("range")
    };
    let plain = panel.node.items_of("transformations").next().is_none() && options.get("values").and_then(Node::as_bool) != Some(true);
    if panel.targets.is_empty() || !panel.targets.iter().all(instant) || !plain {
        return;
    }
    let wanted = options.items_of("calcs").find(|node| node.as_str().is_some_and(|text| OVER_TIME.contains(&text)));
    if let Some(node) = wanted {
        let message = format!("the query is asked for one moment, and {} is of several points", node.describe());
        add(node, "options.reduceOptions", message, "use `lastNotNull`, or ask for a range");
    }
}

/// Colours, decimals and scales.
fn values(panel: &Panel<'_>, defaults: &Node, add: &mut Add<'_>) {
    let mode = defaults.get("color").and_then(|colour| colour.get("mode")).and_then(Node::with_str);
    if let Some((node, meant)) =
        mode.and_then(|(node, text)| Some((node, misspelt(text, COLOUR_MODES).filter(|_| !text.starts_with("continuous-"))?)))
    {
        add(
            node,
            "fieldConfig.defaults.color",
            format!("Grafana has no mode of colours {}", node.describe()),
            &format!("did you mean `{meant}`?"),
        );
    }
    let by_thresholds = matches!(mode, Some((_, "thresholds")));
    let steps: Vec<&Node> = defaults.get("thresholds").into_iter().flat_map(|thresholds| thresholds.items_of("steps")).collect();
    let colours: Vec<&str> = steps.iter().filter_map(|step| step.get("color")?.as_str()).collect();
    let single = colours.len() > 1 && colours.len() == steps.len() && colours.windows(2).all(|pair| pair[0] == pair[1]);
    if let Some(last) = steps.last().filter(|_| by_thresholds && single) {
        let message = "every step has the same colour, so nothing is seen of the threshold".to_owned();
        add(last, "fieldConfig.defaults.thresholds", message, "give what is bad another colour");
    }
    if let Some(node) = defaults.get("decimals").filter(|node| node.as_f64().is_some_and(|number| number < 0.0)) {
        add(
            node,
            "fieldConfig.defaults.decimals",
            format!("no number has {} decimals", node.describe()),
            "write 0 or more, or leave it out",
        );
    }
    let scale = defaults.get("custom").and_then(|custom| custom.get("scaleDistribution"));
    let base = scale.filter(|scale| scale.get("type").and_then(Node::as_str) == Some("log")).and_then(|scale| scale.get("log"));
    if let Some(node) = base.filter(|node| panel.kind == "timeseries" && node.as_f64().is_some_and(|base| base <= 1.0)) {
        add(node, "fieldConfig.defaults.custom", format!("there is no logarithm to the base of {}", node.describe()), "use 2 or 10");
    }
}

/// Whether all that a panel shows are the numbers of series.
fn is_of_numbers(panel: &Panel<'_>) -> bool {
    let of_series = |target: &crate::formats::dashboard::Target<'_>| {
        target.expr.is_some() && target.node.get("format").is_none_or(|format| format.as_str() == Some("time_series"))
    };
    !panel.targets.is_empty() && panel.targets.iter().all(of_series) && panel.node.get("transformations").is_none()
}

/// Words for values.
fn mappings(defaults: &Node, of_numbers: bool, add: &mut Add<'_>) {
    let path = "fieldConfig.defaults.mappings";
    for mapping in defaults.items_of("mappings") {
        let Some((node, kind)) = mapping.get_str("type") else { continue };
        let Some(options) = mapping.get("options") else { continue };
        match kind {
            "value" => {
                let words = options.entries().map(|(value, key, _)| (value, key)).find(|(value, _)| matches!(*value, "up" | "down"));
                if let Some((value, key)) =
                    words.filter(|_| options.entries().all(|(value, ..)| value.parse::<f64>().is_err()) && of_numbers)
                {
                    add(key, path, format!("what Prometheus returns are numbers, and none is `{value}`"), "write 1 and 0");
                }
                let mut all = options.entries().map(|(value, key, _)| (value, key)).peekable();
                let first = all.peek().map(|(_, key)| *key);
                let is_word = |value: &str| matches!(value, "true" | "false");
                let of_words = first.is_some() && all.all(|(value, _)| is_word(value));
                let one_word = options.entries().find(|(value, ..)| of_numbers && is_word(value)).map(|(_, key, _)| key);
                if let Some(key) = one_word.or(first.filter(|_| of_words)) {
                    add(key, path, "what Prometheus returns are numbers, and none is `true` or `false`".to_owned(), "write 1 and 0");
                }
            }
            "range" => {
                let number = |key: &str| options.get(key).and_then(|node| Some((node, node.as_f64()?)));
                if let (Some((from, least)), Some((_, most))) = (number("from"), number("to"))
                    && least > most
                {
                    add(from, path, format!("no number is above {} and below {most}", from.describe()), "swap the two");
                }
            }
            "regex" => {
                let pattern = options.get_str("pattern");
                if let Some((node, _)) = pattern.filter(|(_, text)| is_broken(text)) {
                    add(node, path, format!("{} is no regular expression", node.describe()), "correct it");
                }
            }
            "special" => {
                let wanted = options.get_str("match");
                if let Some((node, _)) =
                    wanted.filter(|(_, text)| !matches!(*text, "true" | "false" | "null" | "nan" | "null+nan" | "empty"))
                {
                    add(node, path, format!("no special value is called {}", node.describe()), "use `null`, `nan`, `null+nan` or `empty`");
                }
            }
            _ => add(node, path, format!("there is no mapping of type {}", node.describe()), "use `value`, `range`, `regex` or `special`"),
        }
    }
}

/// The calculation that was meant by a word that is none, or that stands for one elsewhere.
pub(super) fn meant_calculation(word: &str) -> Option<&'static str> {
    let other = OTHER_CALCULATIONS.iter().find(|(other, _)| *other == word).map(|(_, meant)| *meant);
    other.or_else(|| misspelt(word, CALCULATIONS))
}

/// Whether a pattern, perhaps between slashes, cannot be read; JavaScript knows what RE2 does not.
pub(super) fn is_broken(text: &str) -> bool {
    let bare = text.strip_prefix('/').and_then(|rest| rest.rsplit_once('/')).map_or(text, |(pattern, _)| pattern);
    !bare.contains("(?") && !bare.contains('\\') && !bare.contains('$') && regex::check(bare).is_err()
}

/// Whether an expression is one of those that are 1 while all is well.
fn is_well(expr: &Expr) -> bool {
    match &without_parens(expr).kind {
        ExprKind::Aggregate(of) => matches!(of.op, AggregateOp::Min | AggregateOp::Max | AggregateOp::Avg) && is_well(&of.expr),
        ExprKind::Selector(selector) => {
            selector.metric_name().is_some_and(|name| matches!(name, "up" | "probe_success" | "pg_up" | "redis_up" | "mysql_up"))
        }
        _ => false,
    }
}

/// Words for 0 and 1 that say the contrary, or that sums have, too.
fn states(query: &Query<'_>, found: &mut Vec<Diagnostic>) {
    let (Some(panel), Some(expr)) = (query.panel(), query.expr.as_ref()) else { return };
    let Some(defaults) = panel.node.get("fieldConfig").and_then(|config| config.get("defaults")) else { return };
    let mappings: Vec<&Node> = defaults.items_of("mappings").collect();
    let [only] = mappings.as_slice() else { return };
    let Some(options) = only.get("options").filter(|_| only.get("type").and_then(Node::as_str) == Some("value")) else { return };
    let path = || format!("{}.fieldConfig.defaults.mappings", panel.path);
    let shown =
        |value: &str| options.get(value).and_then(|shown| shown.get("text")).and_then(|node| Some((node, node.as_str()?.to_lowercase())));
    let is_bad = |text: &str| matches!(text, "down" | "failed" | "failing" | "fail" | "error" | "unhealthy" | "offline" | "not ready");
    let is_good = |text: &str| matches!(text, "up" | "ok" | "healthy" | "online" | "passing" | "passed" | "ready");
    let wrong = shown("1").filter(|(_, text)| is_bad(text)).or_else(|| shown("0").filter(|(_, text)| is_good(text)));
    if let Some((node, _)) = wrong.filter(|_| is_well(expr)) {
        let finding = META.finding(node.span, format!("1 is how it stands while all is well, and {} says the contrary", node.describe()));
        found.push(finding.path(path()).related(query.node.span, "the query").help("swap the two"));
    }
    let of_sum = matches!(&without_parens(expr).kind, ExprKind::Aggregate(of) if of.op == AggregateOp::Sum && of.grouping.is_none() && is_well(&of.expr));
    let mut values: Vec<&str> = options.entries().map(|(value, ..)| value).collect();
    values.sort_unstable();
    if of_sum && values == ["0", "1"] {
        let finding =
            META.finding(query.node.span, "this counts all that is up, and the panel has words for 0 and 1 alone").path(query.path());
        found.push(finding.related(only.span, "the words").help("ask for `min`"));
    }
}

/// Thresholds that nothing reaches, or that are red while all is well.
fn thresholds(query: &Query<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let (Some(panel), Some(expr)) = (query.panel(), query.expr.as_ref()) else { return };
    let Some(thresholds) = panel.node.get("fieldConfig").and_then(|config| config.get("defaults")?.get("thresholds")) else { return };
    if thresholds.get("mode").and_then(Node::as_str) == Some("percentage") || panel.targets.len() != 1 || query.is_built_of_variables(expr)
    {
        return;
    }
    let steps: Vec<&Node> = thresholds.items_of("steps").collect();
    let (Some(first), Some(last)) = (steps.first(), steps.last()) else { return };
    let colour = |step: &Node, word: &str| step.get("color").and_then(Node::as_str).is_some_and(|colour| colour.contains(word));
    let bound = last.get("value").and_then(|node| Some((node, node.as_f64()?)));
    let Some((node, bound)) = bound else { return };
    let path = || format!("{}.fieldConfig.defaults.thresholds", panel.path);
    let high = interval(expr, context.world).high;
    if bound > high && (bound - DEFAULT_THRESHOLD).abs() > f64::EPSILON {
        let finding = META.finding(node.span, format!("the query returns {high} at most, and so never {}", node.describe())).path(path());
        found.push(finding.related(query.node.span, "the query").help("write a number that it can reach"));
    } else if is_well(expr) && steps.len() == 2 && colour(first, "green") && colour(last, "red") && bound > 0.0 {
        let finding = META.finding(node.span, "the panel is red while all is well, which is 1, and green at 0".to_owned()).path(path());
        found.push(finding.related(query.node.span, "the query").help("begin with red, and turn green at 1"));
    } else {
        let is = |low: &str, high: &str| colour(first, low) && colour(last, high);
        let turned = match outcome(expr) {
            Some(Outcome::Fine) if is("green", "red") => "succeeds, and the panel is green where it is least, and red where it is most",
            Some(Outcome::Failed) if is("red", "green") => "fails, and the panel is red where it is least, and green where it is most",
            _ => return,
        };
        let finding = META.finding(node.span, format!("the query returns the share of what {turned}")).path(path());
        found.push(finding.related(query.node.span, "the query").help("turn the colours round"));
    }
}
