//! The manuals of what can be wrong with the meaning of a manifest. What lint finds in other files too has its manual there.

/// One rule: its id, the level of its findings, and its manual. The manual's first paragraph is its summary.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The id, in kebab-case.
    pub id: &'static str,
    /// `error`, `warning` or `info`.
    pub level: &'static str,
    /// What it finds, why it hurts, what to do.
    pub manual: &'static str,
}

/// Every rule of this room.
pub const RULES: &[Rule] = &[
    Rule {
        id: "alert-kind",
        level: "error",
        manual: "An alert of the manifest has no kind, two kinds, or a key that says nothing about its kind.

An alert is exactly one of `ratio`, `quantile`, `down`, `absent`, `saturation`, `burn`, `expr` and `log`: the kind decides its
expression, its texts and its tests. With two kinds it would be unclear which of them pages, and a stray key (`quantile`'s
`of` on a `ratio`, say) would be silently ignored.

Split an alert of two kinds in two, and take stray keys away:

```yaml
alerts:
  HighErrorRate: { ratio: http_requests_total, bad: { status: \"5..\" }, above: 5%, for: 5m, severity: critical }
  HighLatency:   { quantile: 0.99, of: http_request_duration_seconds, above: 1s, for: 5m, severity: warning }
```",
    },
    Rule {
        id: "invalid-manifest",
        level: "error",
        manual: "A value of the manifest is not what its key needs.

Durations carry a unit (`5m`, `500ms`), percentages a sign (`99.9%`), addresses are `host:port`, URLs are whole, names
follow the rules of the program that will read them. Nothing is guessed: a bare `5` could be seconds or minutes, and the
wrong guess would be an alert that fires at the wrong time. The finding's own text says what is expected and shows an
example; `obsgen schema manifest` describes every key.",
    },
    Rule {
        id: "literal-secret",
        level: "error",
        manual: "A secret stands in the manifest itself.

A manifest is committed, and what is rendered from it is committed or copied to servers: a password, token or webhook URL
in it is soon known to everybody. Prometheus and Alertmanager read every secret from a file as well.

Put the secret into a file on the server that needs it, and name the file:

```yaml
routing:
  receivers:
    critical: { pagerduty: { routing_key_file: /etc/alertmanager/pagerduty } }
```",
    },
    Rule {
        id: "name-clash",
        level: "error",
        manual: "Two services, scrape jobs, dashboards or recorded series of a run have one name.

Rules of one service are told from those of another by its name and its job; a dashboard's uid is its address. Where two
are the same, one service's alerts would read the other's series, or one file would overwrite the other. Both places are
shown: rename one, or give it a `job:` or a dashboard `uid:` of its own.",
    },
    Rule {
        id: "no-receiver",
        level: "error",
        manual: "An alert has a severity that reaches nobody, or a receiver has no integration.

Receivers are keyed by severity. An alert whose severity has none, in a manifest without `routing.default`, would be
evaluated, fire, and be dropped: it looks exactly like a healthy service. Add the receiver, correct the severity, or add
a default:

```yaml
routing:
  default: { slack: { api_url_file: /etc/alertmanager/slack, channel: \"#alerts\" } }
```",
    },
    Rule {
        id: "no-routing",
        level: "info",
        manual: "The manifest says nothing about who is told.

Without `routing:` no `alertmanager.yml` is rendered and `prometheus.yml` has no `alerting:` block: alerts fire and are seen
only by who looks at Prometheus. That is right where somebody else's Alertmanager is configured by hand; otherwise add
`routing: { receivers: { critical: …, warning: … } }`.",
    },
    Rule {
        id: "promql-type",
        level: "error",
        manual: "An expression of the manifest has the wrong type: an alert's must be an instant vector.

Prometheus refuses a rule file in which an alert's expression is a range vector or a string, and with it every other rule
of the file; a scalar has no labels to route by. Apply a function to a range vector (`rate(x[5m])`), and wrap a scalar in
`vector(…)`.",
    },
    Rule {
        id: "reserved-label",
        level: "error",
        manual: "A metric declares a label that Prometheus or the exposition format sets itself.

`job` and `instance` are set for every target, so an exposed label of that name turns up as `exported_job`, and a selector
for the exposed value finds nothing. `le` belongs to histograms and `quantile` to summaries. Call the label something else.",
    },
    Rule {
        id: "stack-conflict",
        level: "error",
        manual: "Two manifests of a run name different values for a thing that exists once: a program of the stack, the watchdog's receiver, the dashboards' folder.

One `prometheus.yml` serves all services of a run, so there is one version to render for and one address of each program.
Both places are shown: say the same in both, or say it in one manifest only.",
    },
    Rule {
        id: "threshold-out-of-range",
        level: "error",
        manual: "A threshold lies where the quantity never is, so the alert can never fire (or always does).

A share of events is never above 100 %, and a pool is never fuller than full. Such an alert is quiet for ever and looks
exactly like a healthy service. Lower the threshold.",
    },
    Rule {
        id: "unknown-dependency",
        level: "error",
        manual: "A name is not among the manifest's dependencies, or the dependency has no exporter to ask.

`down: database` and `covers: [database]` rest on what `dependencies:` declares: its scrape job, and the metric by which
its exporter says that it is up. Of a dependency without an `exporter:` nothing says that it is down.

```yaml
dependencies:
  database: { kind: postgres, exporter: \"localhost:9187\" }
```",
    },
    Rule {
        id: "unknown-objective",
        level: "error",
        manual: "An alert on the burn of an error budget names an objective that the manifest does not declare.

`burn: availability` takes its expression, its windows and its thresholds from `objectives.availability`. Declare the
objective, or correct the name; the finding suggests the nearest one that there is.",
    },
    Rule {
        id: "unknown-version",
        level: "warning",
        manual: "`stack:` names a version newer than any that this obsgen knows.

`stack:` says the oldest versions that must accept what is rendered. One that is newer than all that there were when this
obsgen was released is mostly a slip, such as the version of another program: nothing is rendered otherwise for it. Write
the version that runs, or get a newer obsgen.",
    },
    Rule {
        id: "unsupported-version",
        level: "error",
        manual: "What the manifest asks for needs a newer program than `stack:` names, or `stack:` names one older than obsgen renders for.

`stack:` says the oldest versions that must accept what is rendered, and nothing that a named version rejects is ever
written. Native histograms need Prometheus 3.8, a webhook's `url_file` needs Alertmanager 0.26. If yours is that new, say
so: `stack: { alertmanager: \"0.28\" }`.",
    },
    Rule {
        id: "window-exceeds-retention",
        level: "warning",
        manual: "An objective's window is longer than Prometheus keeps samples.

The error budget would be computed over what is left of the window, and old failures would leave it too early. Keep samples
for longer (`--storage.tsdb.retention.time`, and say it in `stack.prometheus.retention`), or promise over a shorter window.",
    },
    Rule {
        id: "wrong-metric-type",
        level: "error",
        manual: "An alert or an objective takes a quantity of a metric that its type does not have.

A share of bad events is taken of a counter, a quantile of a histogram, saturation of a gauge. Of any other type the
expression would be syntactically fine and mean nothing: the rate of a gauge, the quantile of a counter. Name the right
metric, or correct the `type:` of its declaration.",
    },
];

impl Rule {
    /// The first paragraph of its manual, on one line.
    pub fn summary(&self) -> String {
        self.manual.split("\n\n").next().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
    }
}
