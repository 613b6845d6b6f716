//! `dependencies:` what the service needs in order to work.

use schemars::JsonSchema;
use serde::Deserialize;

use super::scalars::Text;
use crate::source::{Lenient, Raw};

/// Something that the service needs.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("additionalProperties" = false))]
pub struct Dependency {
    /// What it is.
    pub kind: Lenient<DependencyKind>,
    /// `host:port` of its Prometheus exporter.
    pub exporter: Lenient<Text>,
    /// `host:port` of the dependency itself, for `obsgen probe`.
    pub address: Lenient<Text>,
    /// The user to log in as.
    pub user: Lenient<Text>,
    /// The environment variable that holds the password.
    pub password_env: Lenient<Text>,
    /// TLS settings under Prometheus's names.
    pub tls: Lenient<Raw>,
    /// The scrape job of its exporter, where it is not `<service>-<dependency>`. Services of a fleet that depend on the same
    /// thing name the same job and exporter: it is scraped once.
    pub job: Lenient<Text>,
    /// The most series that its exporter exposes, for `obsgen render --capacity`; 500 are assumed where nothing is said.
    pub max_series: Lenient<u64>,
}

/// Kinds of dependency: each has an exporter whose up-metric obsgen knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DependencyKind {
    /// PostgreSQL with `postgres_exporter`: `pg_up`.
    Postgres,
    /// MySQL or MariaDB with `mysqld_exporter`: `mysql_up`.
    Mysql,
    /// Redis or Valkey with `redis_exporter`: `redis_up`.
    Redis,
    /// Memcached with `memcached_exporter`: `memcached_up`.
    Memcached,
    /// MongoDB with `mongodb_exporter`: `mongodb_up`.
    Mongodb,
    /// RabbitMQ with its own Prometheus plugin: `up` of the job.
    Rabbitmq,
    /// Kafka with an exporter: `up` of the job.
    Kafka,
    /// Another HTTP service that exposes metrics: `up` of the job.
    Http,
}

impl DependencyKind {
    /// The metric by which the exporter says that what it watches is up, where it has one.
    pub fn up_metric(self) -> Option<&'static str> {
        match self {
            Self::Postgres => Some("pg_up"),
            Self::Mysql => Some("mysql_up"),
            Self::Redis => Some("redis_up"),
            Self::Memcached => Some("memcached_up"),
            Self::Mongodb => Some("mongodb_up"),
            Self::Rabbitmq | Self::Kafka | Self::Http => None,
        }
    }

    /// As people write it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::Mysql => "MySQL",
            Self::Redis => "Redis",
            Self::Memcached => "Memcached",
            Self::Mongodb => "MongoDB",
            Self::Rabbitmq => "RabbitMQ",
            Self::Kafka => "Kafka",
            Self::Http => "HTTP service",
        }
    }
}
