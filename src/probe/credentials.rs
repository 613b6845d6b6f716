//! Who is asking: `basic_auth` and `authorization` as Prometheus reads them, with the secrets in files.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::client::Header;
use super::code::Code;
use super::failure::Failure;

/// The header that one of the two settings means; files are named from a folder.
pub(super) fn header(key: &str, body: &Value, folder: &Path) -> Result<Header, Box<Failure>> {
    let text = text(key, body, folder)?;
    Header::authorization(&text).ok_or_else(|| Box::new(Failure::new(Code::AuthConfig, format!("`{key}` holds what no header can"))))
}

fn text(key: &str, body: &Value, folder: &Path) -> Result<String, Box<Failure>> {
    let secret = |key: &str| {
        let Some(file) = body.get(key).and_then(Value::as_str) else { return Ok(String::new()) };
        let path = folder.join(file);
        let unreadable = |error| Box::new(Failure::new(Code::AuthConfig, format!("{}: {error}", path.display())));
        std::fs::read_to_string(&path).map(|text| text.trim().to_owned()).map_err(unreadable)
    };
    let said = |key: &str| body.get(key).and_then(Value::as_str);
    if key == "basic_auth" {
        let name = match said("username") {
            Some(name) => name.to_owned(),
            None => secret("username_file")?,
        };
        return Ok(format!("Basic {}", STANDARD.encode(format!("{name}:{}", secret("password_file")?))));
    }
    Ok(format!("{} {}", said("type").unwrap_or("Bearer"), secret("credentials_file")?))
}
