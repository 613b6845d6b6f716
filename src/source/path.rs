//! The name of an object inside its document, as in `groups[0].rules[2].expr`.

use std::fmt::Write;

/// Appends a key; one that is no plain word is put in brackets.
pub fn push_key(path: &mut String, key: &str) {
    let plain = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$'));
    if !plain {
        let _ = write!(path, "[{key:?}]");
        return;
    }
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(key);
}

/// Appends a place in a list, from 0.
pub fn push_index(path: &mut String, index: usize) {
    let _ = write!(path, "[{index}]");
}

/// A path while it is walked: a chain on the stack that costs nothing until it is shown.
#[derive(Clone, Copy, Debug)]
pub enum Path<'a> {
    /// The document.
    Root,
    /// A key of a mapping.
    Key(&'a Path<'a>, &'a str),
    /// A place in a list.
    Index(&'a Path<'a>, usize),
}

impl<'a> Path<'a> {
    /// The path of a key below this one.
    #[must_use]
    pub fn key(&'a self, key: &'a str) -> Path<'a> {
        Path::Key(self, key)
    }

    /// The path of an item below this one.
    #[must_use]
    pub fn index(&'a self, index: usize) -> Path<'a> {
        Path::Index(self, index)
    }
}

impl std::fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        fn write(path: &Path<'_>, text: &mut String) {
            match path {
                Path::Root => {}
                Path::Key(parent, key) => {
                    write(parent, text);
                    push_key(text, key);
                }
                Path::Index(parent, index) => {
                    write(parent, text);
                    push_index(text, *index);
                }
            }
        }
        let mut text = String::new();
        write(self, &mut text);
        f.write_str(&text)
    }
}
