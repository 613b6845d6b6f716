//! Ids of findings about texts that cannot be read, or not all of it.

/// Text that is not YAML.
pub const INVALID_YAML: &str = "invalid-yaml";
/// Text that is not JSON.
pub const INVALID_JSON: &str = "invalid-json";
/// Text that is not in Grafana Alloy's syntax.
pub const INVALID_ALLOY: &str = "invalid-alloy";
/// Text that is not TOML.
pub const INVALID_TOML: &str = "invalid-toml";
/// A key that is twice in one mapping.
pub const DUPLICATE_KEY: &str = "duplicate-key";
/// A key that means nothing where it stands.
pub const UNKNOWN_KEY: &str = "unknown-key";
/// A value of the wrong type.
pub const WRONG_TYPE: &str = "wrong-type";
/// A key that has to be there.
pub const MISSING_KEY: &str = "missing-key";
/// A comment to obsgen that cannot be read.
pub const INVALID_COMMENT: &str = "invalid-comment";
