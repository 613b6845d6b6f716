//! Keys of Grafana's provisioning files, up to Grafana 12.

use super::{Table, Type};

const OWNER: &str = "Grafana";

pub(in crate::formats) const DATASOURCES: &[(&str, Type)] = &[
    ("apiVersion", Type::Count),
    ("datasources", Type::List(&Type::Table(&DATASOURCE))),
    ("deleteDatasources", Type::List(&Type::Any)),
    ("prune", Type::Flag),
];

static DATASOURCE: Table = Table {
    owner: OWNER,
    keys: &[
        ("name", Type::Filled),
        ("uid", Type::Filled),
        ("type", Type::Filled),
        ("access", Type::Word(&["proxy", "direct"])),
        ("orgId", Type::Count),
        ("url", Type::Text),
        ("user", Type::Text),
        ("database", Type::Text),
        ("password", Type::Text),
        ("basicAuth", Type::Flag),
        ("basicAuthUser", Type::Text),
        ("basicAuthPassword", Type::Text),
        ("withCredentials", Type::Flag),
        ("isDefault", Type::Flag),
        ("jsonData", Type::Map(&Type::Any)),
        ("secureJsonData", Type::Map(&Type::Any)),
        ("version", Type::Count),
        ("editable", Type::Flag),
        ("correlations", Type::Any),
        ("readOnly", Type::Flag),
        ("apiVersion", Type::Any),
    ],
    required: &[&["name"], &["type"]],
    exclusive: &[],
};

pub(in crate::formats) const PROVIDERS: &[(&str, Type)] =
    &[("apiVersion", Type::Count), ("providers", Type::List(&Type::Table(&PROVIDER)))];

static PROVIDER: Table = Table {
    owner: OWNER,
    keys: &[
        ("name", Type::Filled),
        ("orgId", Type::Count),
        ("org_id", Type::Count),
        ("folder", Type::Text),
        ("folderUid", Type::Text),
        ("type", Type::Word(&["file"])),
        ("disableDeletion", Type::Flag),
        ("editable", Type::Flag),
        ("updateIntervalSeconds", Type::Count),
        ("allowUiUpdates", Type::Flag),
        ("options", Type::Table(&OPTIONS)),
    ],
    required: &[&["name"], &["options"]],
    exclusive: &[],
};

static OPTIONS: Table = Table {
    owner: OWNER,
    keys: &[("path", Type::Filled), ("foldersFromFilesStructure", Type::Flag), ("folder", Type::Text)],
    required: &[&["path"]],
    exclusive: &[],
};
