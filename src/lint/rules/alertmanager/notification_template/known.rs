//! What templates of notifications are given, and the functions there are.

pub(super) const DATA: &[&str] = &[
    "Receiver",
    "Status",
    "Alerts",
    "GroupLabels",
    "CommonLabels",
    "CommonAnnotations",
    "ExternalURL",
    "TruncatedAlerts",
    "GroupKey",
    "NotificationReason",
];

pub(super) const ALERT: &[&str] = &["Status", "Labels", "Annotations", "StartsAt", "EndsAt", "GeneratorURL", "Fingerprint"];

/// What a pair of `SortedPairs` has.
pub(super) const PAIR: &[&str] = &["Name", "Value"];

pub(super) const LISTS: &[&str] = &["Firing", "Resolved"];

pub(super) const METHODS: &[&str] = &["SortedPairs", "Names", "Values", "Remove", "String"];

pub(super) const FUNCTIONS: &[&str] = &[
    // text/template
    "and",
    "or",
    "not",
    "len",
    "index",
    "slice",
    "print",
    "printf",
    "println",
    "html",
    "js",
    "urlquery",
    "call",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    // Alertmanager
    "toUpper",
    "toLower",
    "title",
    "trimSpace",
    "join",
    "match",
    "safeHtml",
    "safeUrl",
    "urlUnescape",
    "reReplaceAll",
    "stringSlice",
    "date",
    "tz",
    "since",
    "humanizeDuration",
    "toJson",
    "urlquery",
    "append",
    "list",
    "dict",
    "values",
    "stringToSlice",
    "trim",
    "trunc",
    "logfmt",
];

/// Functions that take a fixed number of arguments.
pub(super) const TAKES: &[(&str, usize)] = &[
    ("not", 1),
    ("len", 1),
    ("ne", 2),
    ("lt", 2),
    ("le", 2),
    ("gt", 2),
    ("ge", 2),
    ("toUpper", 1),
    ("toLower", 1),
    ("title", 1),
    ("trimSpace", 1),
    ("join", 2),
    ("match", 2),
    ("safeHtml", 1),
    ("reReplaceAll", 3),
    ("date", 2),
    ("tz", 2),
    ("since", 1),
    ("humanizeDuration", 1),
];

/// Fields that are texts, and have none of their own.
pub(super) const TEXTS: &[&str] = &["Receiver", "Status", "ExternalURL", "GeneratorURL", "Fingerprint"];

/// Parts of the time that layouts of Go are written by.
pub(super) const REFERENCE: &[&str] = &["2006", "06", "01", "02", "15", "03", "04", "05", "Jan", "Mon", "MST", "PM", "Z07", "-07"];
