//! Keys of `alertmanager.yml`, up to Alertmanager 0.34 (docs/configuration.md).

use super::http::CLIENT;
use super::{Table, Type};

const HTTP: (&str, Type) = ("http_config", Type::Table(&CLIENT));
const RESOLVED: (&str, Type) = ("send_resolved", Type::Flag);
const TEXTS: Type = Type::Map(&Type::Text);

pub(in crate::formats) static ALERTMANAGER: Table = Table {
    owner: "Alertmanager",
    keys: &[
        ("global", Type::Table(&GLOBAL)),
        ("templates", Type::List(&Type::Filled)),
        ("route", Type::Table(&ROUTE)),
        ("inhibit_rules", Type::List(&Type::Table(&INHIBIT))),
        ("receivers", Type::List(&Type::Table(&RECEIVER))),
        ("mute_time_intervals", Type::List(&Type::Table(&INTERVAL))),
        ("time_intervals", Type::List(&Type::Table(&INTERVAL))),
        ("tracing", Type::Any),
    ],
    required: &[&["route"]],
    exclusive: &[],
};

static GLOBAL: Table = Table {
    owner: "Alertmanager",
    keys: &[
        ("resolve_timeout", Type::Time),
        HTTP,
        ("smtp_from", Type::Text),
        ("smtp_hello", Type::Text),
        ("smtp_smarthost", Type::Text),
        ("smtp_auth_username", Type::Text),
        ("smtp_auth_password", Type::Text),
        ("smtp_auth_password_file", Type::Text),
        ("smtp_auth_secret", Type::Text),
        ("smtp_auth_secret_file", Type::Text),
        ("smtp_auth_identity", Type::Text),
        ("smtp_require_tls", Type::Flag),
        ("smtp_tls_config", Type::Table(&super::http::TLS)),
        ("smtp_force_implicit_tls", Type::Flag),
        ("slack_api_url", Type::Url),
        ("slack_api_url_file", Type::Text),
        ("slack_app_token", Type::Text),
        ("slack_app_token_file", Type::Text),
        ("slack_app_url", Type::Url),
        ("pagerduty_url", Type::Url),
        ("opsgenie_api_url", Type::Url),
        ("opsgenie_api_key", Type::Text),
        ("opsgenie_api_key_file", Type::Text),
        ("wechat_api_url", Type::Url),
        ("wechat_api_secret", Type::Text),
        ("wechat_api_secret_file", Type::Text),
        ("wechat_api_corp_id", Type::Text),
        ("victorops_api_url", Type::Url),
        ("victorops_api_key", Type::Text),
        ("victorops_api_key_file", Type::Text),
        ("telegram_api_url", Type::Url),
        ("telegram_bot_token", Type::Text),
        ("telegram_bot_token_file", Type::Text),
        ("webex_api_url", Type::Url),
        ("rocketchat_api_url", Type::Url),
        ("rocketchat_token", Type::Text),
        ("rocketchat_token_file", Type::Text),
        ("rocketchat_token_id", Type::Text),
        ("rocketchat_token_id_file", Type::Text),
        ("jira_api_url", Type::Url),
        ("mattermost_webhook_url", Type::Url),
        ("mattermost_webhook_url_file", Type::Text),
    ],
    required: &[],
    exclusive: &[
        &["smtp_auth_password", "smtp_auth_password_file"],
        &["slack_api_url", "slack_api_url_file"],
        &["opsgenie_api_key", "opsgenie_api_key_file"],
        &["victorops_api_key", "victorops_api_key_file"],
        &["telegram_bot_token", "telegram_bot_token_file"],
        &["rocketchat_token", "rocketchat_token_file"],
    ],
};

static ROUTE: Table = Table {
    owner: "Alertmanager",
    keys: &[
        ("receiver", Type::Filled),
        ("group_by", Type::List(&Type::Filled)),
        ("group_wait", Type::Duration),
        ("group_interval", Type::Time),
        ("repeat_interval", Type::Time),
        ("continue", Type::Flag),
        ("match", TEXTS),
        ("match_re", Type::Map(&Type::Regex)),
        ("matchers", Type::List(&Type::Filled)),
        ("mute_time_intervals", Type::List(&Type::Filled)),
        ("active_time_intervals", Type::List(&Type::Filled)),
        ("routes", Type::List(&Type::Table(&ROUTE))),
    ],
    required: &[],
    exclusive: &[],
};

static INHIBIT: Table = Table {
    owner: "Alertmanager",
    keys: &[
        ("name", Type::Text),
        ("source_match", TEXTS),
        ("source_match_re", Type::Map(&Type::Regex)),
        ("source_matchers", Type::List(&Type::Filled)),
        ("sources", Type::Any),
        ("target_match", TEXTS),
        ("target_match_re", Type::Map(&Type::Regex)),
        ("target_matchers", Type::List(&Type::Filled)),
        ("equal", Type::List(&Type::Filled)),
    ],
    required: &[],
    exclusive: &[],
};

static INTERVAL: Table = Table {
    owner: "Alertmanager",
    keys: &[("name", Type::Filled), ("time_intervals", Type::List(&Type::Table(&SPANS)))],
    required: &[&["name"]],
    exclusive: &[],
};

static SPANS: Table = Table {
    owner: "Alertmanager",
    keys: &[
        ("times", Type::List(&Type::Table(&TIMES))),
        ("weekdays", Type::List(&Type::Filled)),
        ("days_of_month", Type::List(&Type::Filled)),
        ("months", Type::List(&Type::Filled)),
        ("years", Type::List(&Type::Filled)),
        ("location", Type::Filled),
    ],
    required: &[],
    exclusive: &[],
};

static TIMES: Table = Table {
    owner: "Alertmanager",
    keys: &[("start_time", Type::Filled), ("end_time", Type::Filled)],
    required: &[&["start_time"], &["end_time"]],
    exclusive: &[],
};

static RECEIVER: Table = Table {
    owner: "Alertmanager",
    keys: &[
        ("name", Type::Filled),
        ("discord_configs", Type::List(&Type::Table(&DISCORD))),
        ("email_configs", Type::List(&Type::Table(&EMAIL))),
        ("incidentio_configs", Type::List(&Type::Table(&INCIDENTIO))),
        ("jira_configs", Type::List(&Type::Table(&JIRA))),
        ("mattermost_configs", Type::List(&Type::Table(&MATTERMOST))),
        ("msteams_configs", Type::List(&Type::Table(&TEAMS))),
        ("msteamsv2_configs", Type::List(&Type::Table(&TEAMS))),
        ("opsgenie_configs", Type::List(&Type::Table(&OPSGENIE))),
        ("pagerduty_configs", Type::List(&Type::Table(&PAGERDUTY))),
        ("pushover_configs", Type::List(&Type::Table(&PUSHOVER))),
        ("rocketchat_configs", Type::List(&Type::Any)),
        ("slack_configs", Type::List(&Type::Table(&SLACK))),
        ("sns_configs", Type::List(&Type::Table(&SNS))),
        ("telegram_configs", Type::List(&Type::Table(&TELEGRAM))),
        ("victorops_configs", Type::List(&Type::Table(&VICTOROPS))),
        ("webex_configs", Type::List(&Type::Table(&WEBEX))),
        ("webhook_configs", Type::List(&Type::Table(&WEBHOOK))),
        ("wechat_configs", Type::List(&Type::Table(&WECHAT))),
    ],
    required: &[&["name"]],
    exclusive: &[],
};

static DISCORD: Table = Table {
    owner: "`discord_configs`",
    keys: &[
        RESOLVED,
        HTTP,
        ("webhook_url", Type::Url),
        ("webhook_url_file", Type::Filled),
        ("content", Type::Text),
        ("title", Type::Text),
        ("message", Type::Text),
        ("username", Type::Text),
        ("avatar_url", Type::Url),
    ],
    required: &[&["webhook_url", "webhook_url_file"]],
    exclusive: &[&["webhook_url", "webhook_url_file"]],
};

static EMAIL: Table = Table {
    owner: "`email_configs`",
    keys: &[
        RESOLVED,
        ("to", Type::Filled),
        ("from", Type::Filled),
        ("smarthost", Type::Filled),
        ("hello", Type::Text),
        ("auth_username", Type::Text),
        ("auth_password", Type::Text),
        ("auth_password_file", Type::Text),
        ("auth_secret", Type::Text),
        ("auth_secret_file", Type::Text),
        ("auth_identity", Type::Text),
        ("headers", TEXTS),
        ("html", Type::Text),
        ("text", Type::Text),
        ("require_tls", Type::Flag),
        ("force_implicit_tls", Type::Flag),
        ("implicit_tls", Type::Flag),
        ("tls_config", Type::Table(&super::http::TLS)),
        ("threading", Type::Any),
    ],
    required: &[&["to"]],
    exclusive: &[&["auth_password", "auth_password_file"]],
};

static INCIDENTIO: Table = Table {
    owner: "`incidentio_configs`",
    keys: &[
        RESOLVED,
        HTTP,
        ("url", Type::Url),
        ("url_file", Type::Filled),
        ("alert_source_token", Type::Text),
        ("alert_source_token_file", Type::Text),
        ("max_alerts", Type::Count),
        ("timeout", Type::Duration),
        ("metadata", Type::Any),
    ],
    required: &[&["url", "url_file"]],
    exclusive: &[&["url", "url_file"], &["alert_source_token", "alert_source_token_file"]],
};

static JIRA: Table = Table {
    owner: "`jira_configs`",
    keys: &[
        RESOLVED,
        HTTP,
        ("api_url", Type::Url),
        ("api_type", Type::Word(&["auto", "cloud", "datacenter"])),
        ("project", Type::Filled),
        ("issue_type", Type::Filled),
        ("summary", Type::Any),
        ("description", Type::Any),
        ("labels", Type::List(&Type::Text)),
        ("priority", Type::Text),
        ("reopen_transition", Type::Text),
        ("resolve_transition", Type::Text),
        ("wont_fix_resolution", Type::Text),
        ("reopen_duration", Type::Duration),
        ("fields", Type::Any),
        ("custom_fields", Type::Any),
    ],
    required: &[&["project"], &["issue_type"]],
    exclusive: &[],
};

static MATTERMOST: Table = Table {
    owner: "`mattermost_configs`",
    keys: &[
        RESOLVED,
        HTTP,
        ("webhook_url", Type::Url),
        ("webhook_url_file", Type::Filled),
        ("channel", Type::Text),
        ("username", Type::Text),
        ("text", Type::Text),
        ("icon_url", Type::Text),
        ("icon_emoji", Type::Text),
        ("attachments", Type::Any),
        ("type", Type::Text),
        ("props", Type::Any),
        ("priority", Type::Any),
    ],
    required: &[],
    exclusive: &[&["webhook_url", "webhook_url_file"]],
};

static TEAMS: Table = Table {
    owner: "Microsoft Teams",
    keys: &[
        RESOLVED,
        HTTP,
        ("webhook_url", Type::Url),
        ("webhook_url_file", Type::Filled),
        ("title", Type::Text),
        ("summary", Type::Text),
        ("text", Type::Text),
    ],
    required: &[&["webhook_url", "webhook_url_file"]],
    exclusive: &[&["webhook_url", "webhook_url_file"]],
};

static OPSGENIE: Table = Table {
    owner: "`opsgenie_configs`",
    keys: &[
        RESOLVED,
        HTTP,
        ("api_key", Type::Text),
        ("api_key_file", Type::Filled),
        ("api_url", Type::Url),
        ("message", Type::Text),
        ("alias", Type::Text),
        ("description", Type::Text),
        ("source", Type::Text),
        ("details", TEXTS),
        ("entity", Type::Text),
        ("responders", Type::List(&Type::Table(&RESPONDER))),
        ("actions", Type::Text),
        ("tags", Type::Text),
        ("note", Type::Text),
        ("priority", Type::Text),
        ("update_alerts", Type::Flag),
    ],
    required: &[],
    exclusive: &[&["api_key", "api_key_file"]],
};

static PAGERDUTY: Table = Table {
    owner: "`pagerduty_configs`",
    keys: &[
        RESOLVED,
        HTTP,
        ("routing_key", Type::Filled),
        ("routing_key_file", Type::Filled),
        ("service_key", Type::Filled),
        ("service_key_file", Type::Filled),
        ("url", Type::Url),
        ("client", Type::Text),
        ("client_url", Type::Text),
        ("description", Type::Text),
        ("details", Type::Map(&Type::Any)),
        ("images", Type::List(&Type::Table(&IMAGE))),
        ("links", Type::List(&Type::Table(&LINK))),
        ("source", Type::Text),
        ("severity", Type::Text),
        ("class", Type::Text),
        ("component", Type::Text),
        ("group", Type::Text),
        ("timeout", Type::Duration),
    ],
    required: &[&["routing_key", "routing_key_file", "service_key", "service_key_file"]],
    exclusive: &[&["routing_key", "routing_key_file"], &["service_key", "service_key_file"]],
};

static IMAGE: Table =
    Table { owner: "PagerDuty", keys: &[("src", Type::Text), ("alt", Type::Text), ("href", Type::Text)], required: &[], exclusive: &[] };

static LINK: Table = Table { owner: "PagerDuty", keys: &[("href", Type::Text), ("text", Type::Text)], required: &[], exclusive: &[] };

static RESPONDER: Table = Table {
    owner: "Opsgenie",
    keys: &[("id", Type::Text), ("name", Type::Text), ("username", Type::Text), ("type", Type::Text)],
    required: &[&["id", "name", "username"], &["type"]],
    exclusive: &[],
};

static FIELD: Table = Table {
    owner: "Slack",
    keys: &[("title", Type::Filled), ("value", Type::Filled), ("short", Type::Flag)],
    required: &[&["title"], &["value"]],
    exclusive: &[],
};

static ACTION: Table = Table {
    owner: "Slack",
    keys: &[
        ("type", Type::Hint(&["button", "select"])),
        ("text", Type::Filled),
        ("url", Type::Text),
        ("style", Type::Hint(&["default", "primary", "danger"])),
        ("name", Type::Text),
        ("value", Type::Text),
        ("confirm", Type::Any),
    ],
    required: &[&["type"], &["text"], &["url", "name"]],
    exclusive: &[],
};

static PUSHOVER: Table = Table {
    owner: "`pushover_configs`",
    keys: &[
        RESOLVED,
        HTTP,
        ("user_key", Type::Filled),
        ("user_key_file", Type::Filled),
        ("token", Type::Filled),
        ("token_file", Type::Filled),
        ("title", Type::Text),
        ("message", Type::Text),
        ("url", Type::Text),
        ("url_title", Type::Text),
        ("device", Type::Text),
        ("sound", Type::Text),
        ("priority", Type::Text),
        ("retry", Type::Duration),
        ("expire", Type::Duration),
        ("ttl", Type::Duration),
        ("html", Type::Flag),
        ("monospace", Type::Flag),
    ],
    required: &[&["user_key", "user_key_file"], &["token", "token_file"]],
    exclusive: &[&["user_key", "user_key_file"], &["token", "token_file"], &["html", "monospace"]],
};

static SLACK: Table = Table {
    owner: "`slack_configs`",
    keys: &[
        RESOLVED,
        HTTP,
        ("api_url", Type::Url),
        ("api_url_file", Type::Filled),
        ("app_token", Type::Text),
        ("app_token_file", Type::Text),
        ("app_url", Type::Url),
        ("channel", Type::Filled),
        ("username", Type::Text),
        ("color", Type::Text),
        ("title", Type::Text),
        ("title_link", Type::Text),
        ("pretext", Type::Text),
        ("text", Type::Text),
        ("fields", Type::List(&Type::Table(&FIELD))),
        ("short_fields", Type::Flag),
        ("footer", Type::Text),
        ("fallback", Type::Text),
        ("callback_id", Type::Text),
        ("icon_emoji", Type::Text),
        ("icon_url", Type::Text),
        ("image_url", Type::Text),
        ("thumb_url", Type::Text),
        ("link_names", Type::Flag),
        ("mrkdwn_in", Type::List(&Type::Word(&["pretext", "text", "fields", "fallback", "title", "footer"]))),
        ("actions", Type::List(&Type::Table(&ACTION))),
        ("message_text", Type::Text),
        ("update_message", Type::Flag),
        ("timeout", Type::Duration),
    ],
    required: &[],
    exclusive: &[&["api_url", "api_url_file"], &["app_token", "app_token_file"]],
};

static SNS: Table = Table {
    owner: "`sns_configs`",
    keys: &[
        RESOLVED,
        HTTP,
        ("api_url", Type::Url),
        ("sigv4", Type::Any),
        ("topic_arn", Type::Filled),
        ("phone_number", Type::Filled),
        ("target_arn", Type::Filled),
        ("subject", Type::Text),
        ("message", Type::Text),
        ("attributes", TEXTS),
    ],
    required: &[&["topic_arn", "phone_number", "target_arn"]],
    exclusive: &[&["topic_arn", "phone_number", "target_arn"]],
};

static TELEGRAM: Table = Table {
    owner: "`telegram_configs`",
    keys: &[
        RESOLVED,
        HTTP,
        ("api_url", Type::Url),
        ("bot_token", Type::Filled),
        ("bot_token_file", Type::Filled),
        ("chat_id", Type::Any),
        ("chat_id_file", Type::Filled),
        ("message_thread_id", Type::Any),
        ("message", Type::Text),
        ("disable_notifications", Type::Flag),
        ("parse_mode", Type::Word(&["", "Markdown", "MarkdownV2", "HTML"])),
    ],
    required: &[&["chat_id", "chat_id_file"]],
    exclusive: &[&["bot_token", "bot_token_file"], &["chat_id", "chat_id_file"]],
};

static VICTOROPS: Table = Table {
    owner: "`victorops_configs`",
    keys: &[
        RESOLVED,
        HTTP,
        ("api_key", Type::Filled),
        ("api_key_file", Type::Filled),
        ("api_url", Type::Url),
        ("routing_key", Type::Filled),
        ("message_type", Type::Text),
        ("entity_display_name", Type::Text),
        ("state_message", Type::Text),
        ("monitoring_tool", Type::Text),
        ("custom_fields", TEXTS),
    ],
    required: &[&["routing_key"]],
    exclusive: &[&["api_key", "api_key_file"]],
};

static WEBEX: Table = Table {
    owner: "`webex_configs`",
    keys: &[RESOLVED, HTTP, ("api_url", Type::Url), ("room_id", Type::Filled), ("message", Type::Text)],
    required: &[&["room_id"]],
    exclusive: &[],
};

static WEBHOOK: Table = Table {
    owner: "`webhook_configs`",
    keys: &[
        RESOLVED,
        HTTP,
        ("url", Type::Url),
        ("url_file", Type::Filled),
        ("max_alerts", Type::Count),
        ("timeout", Type::Duration),
        ("payload", Type::Any),
    ],
    required: &[&["url", "url_file"]],
    exclusive: &[&["url", "url_file"]],
};

static WECHAT: Table = Table {
    owner: "`wechat_configs`",
    keys: &[
        RESOLVED,
        HTTP,
        ("api_secret", Type::Text),
        ("api_secret_file", Type::Text),
        ("corp_id", Type::Text),
        ("message", Type::Text),
        ("api_url", Type::Url),
        ("to_user", Type::Text),
        ("to_party", Type::Text),
        ("to_tag", Type::Text),
        ("agent_id", Type::Text),
        ("message_type", Type::Word(&["", "text", "markdown"])),
    ],
    required: &[],
    exclusive: &[&["api_secret", "api_secret_file"]],
};

/// What an integration needs that `global` may bring: its list, its own keys, the keys of `global`.
pub(in crate::formats) const FROM_GLOBAL: &[(&str, &[&str], &[&str])] = &[
    (
        "slack_configs",
        &["api_url", "api_url_file", "app_token", "app_token_file"],
        &["slack_api_url", "slack_api_url_file", "slack_app_token", "slack_app_token_file"],
    ),
    ("email_configs", &["smarthost"], &["smtp_smarthost"]),
    ("email_configs", &["from"], &["smtp_from"]),
    ("opsgenie_configs", &["api_key", "api_key_file"], &["opsgenie_api_key", "opsgenie_api_key_file"]),
    ("victorops_configs", &["api_key", "api_key_file"], &["victorops_api_key", "victorops_api_key_file"]),
    ("telegram_configs", &["bot_token", "bot_token_file"], &["telegram_bot_token", "telegram_bot_token_file"]),
    ("wechat_configs", &["corp_id"], &["wechat_api_corp_id"]),
    ("wechat_configs", &["api_secret", "api_secret_file"], &["wechat_api_secret", "wechat_api_secret_file"]),
    ("jira_configs", &["api_url"], &["jira_api_url"]),
    ("mattermost_configs", &["webhook_url", "webhook_url_file"], &["mattermost_webhook_url", "mattermost_webhook_url_file"]),
];
