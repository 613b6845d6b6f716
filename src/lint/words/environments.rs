//! Environments, by the words that they are called.

/// How labels for an environment are called.
pub const LABELS: &[&str] = &["deployment_environment", "env", "environment", "stage"];

/// Words for each environment.
const ENVIRONMENTS: &[&[&str]] =
    &[&["live", "prd", "prod", "production"], &["stage", "staging", "stg"], &["dev", "development"], &["qa", "test", "testing"]];

/// The environment that a word is for, by its place among all.
pub fn of_word(word: &str) -> Option<usize> {
    ENVIRONMENTS.iter().position(|words| words.contains(&word.to_lowercase().as_str()))
}
