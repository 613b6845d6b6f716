//! Names of code for things whose own names are no identifiers, or not the only ones.

use std::collections::BTreeSet;

/// Words that some language keeps for itself, in lower case: keywords of Python, Elixir, Rust, JavaScript, Go, Ruby, Java,
/// Kotlin, C# and PHP, and what every object or module of one of them has.
const RESERVED: &[&str] = &[
    "abstract",
    "after",
    "alias",
    "and",
    "any",
    "arguments",
    "array",
    "as",
    "assert",
    "async",
    "atom",
    "await",
    "base",
    "become",
    "begin",
    "bool",
    "boolean",
    "box",
    "break",
    "byte",
    "callable",
    "case",
    "catch",
    "chan",
    "char",
    "class",
    "clone",
    "companion",
    "const",
    "constructor",
    "continue",
    "crate",
    "data",
    "debugger",
    "decimal",
    "declare",
    "def",
    "default",
    "defer",
    "defined",
    "del",
    "delegate",
    "delete",
    "die",
    "do",
    "double",
    "dyn",
    "echo",
    "elif",
    "else",
    "elseif",
    "empty",
    "end",
    "ensure",
    "enum",
    "eval",
    "event",
    "except",
    "exit",
    "explicit",
    "export",
    "extends",
    "extern",
    "fallthrough",
    "false",
    "final",
    "finally",
    "fixed",
    "float",
    "fn",
    "for",
    "foreach",
    "from",
    "fun",
    "func",
    "function",
    "gen",
    "get",
    "global",
    "go",
    "goto",
    "if",
    "impl",
    "implements",
    "implicit",
    "import",
    "in",
    "include",
    "init",
    "inner",
    "instanceof",
    "int",
    "interface",
    "internal",
    "is",
    "isset",
    "lambda",
    "let",
    "list",
    "lock",
    "long",
    "loop",
    "macro",
    "map",
    "match",
    "mod",
    "module",
    "move",
    "mut",
    "namespace",
    "native",
    "new",
    "next",
    "nil",
    "none",
    "nonlocal",
    "not",
    "null",
    "object",
    "open",
    "operator",
    "or",
    "out",
    "override",
    "package",
    "params",
    "pass",
    "print",
    "priv",
    "private",
    "property",
    "protected",
    "prototype",
    "pub",
    "public",
    "raise",
    "range",
    "readonly",
    "receiver",
    "redo",
    "ref",
    "register",
    "require",
    "rescue",
    "retry",
    "return",
    "sbyte",
    "sealed",
    "select",
    "self",
    "set",
    "short",
    "sizeof",
    "stackalloc",
    "static",
    "strictfp",
    "string",
    "struct",
    "super",
    "suspend",
    "switch",
    "synchronized",
    "then",
    "this",
    "throw",
    "throws",
    "trait",
    "transient",
    "true",
    "try",
    "type",
    "typealias",
    "typeof",
    "uint",
    "ulong",
    "unchecked",
    "undef",
    "undefined",
    "union",
    "unless",
    "unsafe",
    "unset",
    "unsized",
    "until",
    "use",
    "ushort",
    "using",
    "val",
    "value",
    "var",
    "virtual",
    "void",
    "volatile",
    "when",
    "where",
    "while",
    "with",
    "xor",
    "yield",
];

/// Gives out names in snake case, each once.
#[derive(Debug, Default)]
pub struct Names {
    given: BTreeSet<String>,
}

impl Names {
    /// A name for something: lower case, a letter first, letters, digits and single `_` after it; a reserved word has `_` behind
    /// it, and of two things that would be called the same the later has a number.
    pub fn give(&mut self, of: &str) -> String {
        let wanted = snake(of);
        let mut name = wanted.clone();
        let mut number = 2_u32;
        while !self.given.insert(name.clone()) {
            name = format!("{}_{number}", wanted.trim_end_matches('_'));
            number += 1;
        }
        name
    }
}

/// A name in snake case.
pub fn snake(of: &str) -> String {
    let mut name = String::with_capacity(of.len());
    for c in of.chars() {
        let c = if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
        if c != '_' || !name.is_empty() && !name.ends_with('_') {
            name.push(c);
        }
    }
    let name = name.trim_end_matches('_');
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        return format!("x{}{name}", if name.is_empty() { "" } else { "_" });
    }
    if RESERVED.contains(&name) { format!("{name}_") } else { name.to_owned() }
}

/// A name in Pascal case, as modules of Elixir have it: `my-app.v2` is `MyAppV2`.
pub fn pascal(of: &str) -> String {
    let mut name = String::with_capacity(of.len());
    for word in of.split(|c: char| !c.is_ascii_alphanumeric()) {
        let mut letters = word.chars();
        name.extend(letters.next().map(|c| c.to_ascii_uppercase()));
        name.extend(letters);
    }
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) { name } else { format!("X{name}") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_words_of_every_language() {
        for (of, name) in [
            ("http_requests_total", "http_requests_total"),
            ("job:orders:rate5m", "job_orders_rate5m"),
            ("class", "class_"),
            ("__proto__", "proto"),
            ("CamelCase", "camelcase"),
            ("_", "x"),
            ("9lives", "x_9lives"),
            ("a__b", "a_b"),
        ] {
            assert_eq!(snake(of), name, "{of}");
        }
        assert_eq!(pascal("my-app.v2"), "MyAppV2");
        assert_eq!(pascal("2fast"), "X2fast");
    }

    proptest! {
        #[test]
        fn no_two_names_are_the_same(all in prop::collection::vec("[a-bA-B_:]{0,4}(_2)?", 0..40)) {
            let mut names = Names::default();
            let given: Vec<String> = all.iter().map(|of| names.give(of)).collect();
            let distinct: BTreeSet<&String> = given.iter().collect();
            prop_assert_eq!(distinct.len(), given.len());
            for name in &given {
                prop_assert!(name.starts_with(|c: char| c.is_ascii_lowercase()) && !RESERVED.contains(&name.as_str()), "{}", name);
                prop_assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'), "{}", name);
            }
        }
    }
}
