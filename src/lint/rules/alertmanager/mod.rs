//! Alertmanager: routes, receivers, inhibitions and times.

mod alert_not_routable;
mod blank_message;
mod equality_with_regex;
mod group_by_label;
mod inhibit_too_wide;
mod inhibit_without_effect;
mod matcher_slip;
mod newer_alertmanager;
mod notification_template;
mod notifier_address;
mod other_teams_receiver;
mod paging_not_resolved;
mod receiver_drift;
mod receiver_setting;
mod root_route;
mod route_dead_label;
mod route_never_reached;
mod route_swallows;
mod route_timing;
mod route_without_alert;
mod template_file;
mod time_interval;
mod time_interval_name;
mod undefined_receiver;
mod undefined_time_interval;
mod unnotified_alert;
mod unused_receiver;
mod unused_time_interval;
mod useless_continue;
mod warning_pages;
mod watchdog_pages;

use crate::lint::rule::Rule;

/// The rules, in the order of the manual.
pub(super) const RULES: &[&dyn Rule] = &[
    &newer_alertmanager::NewerAlertmanager,
    &time_interval_name::TimeIntervalName,
    &other_teams_receiver::OtherTeamsReceiver,
    &useless_continue::UselessContinue,
    &alert_not_routable::AlertNotRoutable,
    &route_dead_label::RouteDeadLabel,
    &route_swallows::RouteSwallows,
    &undefined_receiver::UndefinedReceiver,
    &unused_receiver::UnusedReceiver,
    &undefined_time_interval::UndefinedTimeInterval,
    &unused_time_interval::UnusedTimeInterval,
    &root_route::RootRoute,
    &route_never_reached::RouteNeverReached,
    &route_without_alert::RouteWithoutAlert,
    &matcher_slip::MatcherSlip,
    &equality_with_regex::EqualityWithRegex,
    &inhibit_without_effect::InhibitWithoutEffect,
    &inhibit_too_wide::InhibitTooWide,
    &group_by_label::GroupByLabel,
    &route_timing::RouteTiming,
    &unnotified_alert::UnnotifiedAlert,
    &watchdog_pages::WatchdogPages,
    &warning_pages::WarningPages,
    &notification_template::NotificationTemplate,
    &blank_message::BlankMessage,
    &receiver_setting::ReceiverSetting,
    &receiver_drift::ReceiverDrift,
    &paging_not_resolved::PagingNotResolved,
    &notifier_address::NotifierAddress,
    &time_interval::TimeInterval,
    &template_file::TemplateFile,
];
