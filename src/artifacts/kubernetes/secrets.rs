//! What the manifest names as files, as keys of a Secret: objects of the Prometheus Operator know no files but those of the
//! Prometheus container.

use serde_json::{Map, Value, json};

use super::dns;
use crate::model::Service;
use crate::model::stack::Stack;

/// The Secret that a service's objects refer to.
pub(super) struct Secret(String);

impl Secret {
    pub(super) fn of(service: &Service, stack: &Stack) -> Self {
        Self(stack.kubernetes.secret.clone().unwrap_or_else(|| format!("{}-monitoring", dns(&service.name))))
    }

    /// The key that is called as a file is.
    pub(super) fn file(&self, path: &Value) -> Value {
        let path = path.as_str().unwrap_or_default();
        let name = path.rsplit('/').find(|part| !part.is_empty()).unwrap_or(path);
        self.key(name)
    }

    fn key(&self, name: &str) -> Value {
        let allowed = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' };
        json!({ "name": self.0, "key": name.chars().map(allowed).collect::<String>() })
    }

    /// A setting of an HTTP client, as Prometheus and Alertmanager write it, in the operator's spelling.
    pub(super) fn setting(&self, key: &str, value: &Value) -> (String, Value) {
        let value = match key {
            "tls_config" => self.tls(value),
            "basic_auth" => self.basic_auth(value),
            "authorization" => self.authorization(value),
            "oauth2" => self.oauth2(value),
            _ => value.clone(),
        };
        (camel(key), value)
    }

    fn tls(&self, tls: &Value) -> Value {
        let mut all = Map::new();
        for (key, value) in tls.as_object().into_iter().flatten() {
            let (key, value) = match key.as_str() {
                "ca_file" => ("ca", json!({ "secret": self.file(value) })),
                "cert_file" => ("cert", json!({ "secret": self.file(value) })),
                "key_file" => ("keySecret", self.file(value)),
                "server_name" => ("serverName", value.clone()),
                "insecure_skip_verify" => ("insecureSkipVerify", value.clone()),
                "min_version" => ("minVersion", value.clone()),
                "max_version" => ("maxVersion", value.clone()),
                _ => continue,
            };
            all.insert(key.to_owned(), value);
        }
        Value::Object(all)
    }

    /// The operator takes the name of the user from a Secret as well: here under the name of the password's file with `-user` behind it.
    fn basic_auth(&self, written: &Value) -> Value {
        let password = self.file(&written["password_file"]);
        let user = match &written["username_file"] {
            Value::String(_) => self.file(&written["username_file"]),
            _ => self.key(&format!("{}-user", password["key"].as_str().unwrap_or("basic-auth"))),
        };
        json!({ "username": user, "password": password })
    }

    /// The client's name is in the Secret too, under the name of the file with `-id` behind it.
    fn oauth2(&self, written: &Value) -> Value {
        let mut all = Map::new();
        for (key, value) in written.as_object().into_iter().flatten() {
            let (key, value) = match key.as_str() {
                "client_secret_file" => ("clientSecret".to_owned(), self.file(value)),
                "client_id" => {
                    let secret = self.file(&written["client_secret_file"]);
                    let id = self.key(&format!("{}-id", secret["key"].as_str().unwrap_or("oauth2")));
                    ("clientId".to_owned(), json!({ "secret": id }))
                }
                key => self.setting(key, value),
            };
            all.insert(key, value);
        }
        Value::Object(all)
    }

    fn authorization(&self, written: &Value) -> Value {
        let kind = written["type"].as_str().map(|kind| ("type".to_owned(), json!(kind)));
        let credentials = ("credentials".to_owned(), self.file(&written["credentials_file"]));
        Value::Object(kind.into_iter().chain([credentials]).collect())
    }
}

/// `snake_case` as `camelCase`.
pub(super) fn camel(key: &str) -> String {
    let mut parts = key.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| {
        let (head, rest) = part.split_at(part.len().min(1));
        all + &head.to_uppercase() + rest
    })
}
