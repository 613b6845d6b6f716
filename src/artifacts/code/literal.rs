//! Values as literals of programming languages: whatever a text holds, it stays one literal and means the same text.

use serde_json::{Map, Number, Value};

/// A way of writing values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Python.
    Python,
    /// Elixir, in whose strings `#{` begins an expression.
    Elixir,
    /// Rust; an array is a slice, and `null` is `None`.
    Rust,
    /// JavaScript and TypeScript.
    JavaScript,
    /// Markdown: every value is a span of code.
    Markdown,
    /// Any other: JSON in which whatever could begin something in some language is written as `\u` and four digits.
    Other,
}

/// Every way, each a filter of its name.
pub const ALL: &[Language] =
    &[Language::Python, Language::Elixir, Language::Rust, Language::JavaScript, Language::Markdown, Language::Other];

impl Language {
    /// The language of a file, by how its name ends.
    pub fn of_extension(extension: &str) -> Self {
        match extension {
            "py" | "pyi" => Self::Python,
            "ex" | "exs" => Self::Elixir,
            "rs" => Self::Rust,
            "js" | "mjs" | "cjs" | "ts" | "mts" | "cts" | "jsx" | "tsx" => Self::JavaScript,
            "md" => Self::Markdown,
            _ => Self::Other,
        }
    }

    /// The language with the name that its filter has.
    pub fn of_filter(name: &str) -> Option<Self> {
        ALL.iter().copied().find(|language| language.filter() == name)
    }

    /// The name of its filter.
    pub fn filter(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::Elixir => "elixir",
            Self::Rust => "rust",
            Self::JavaScript => "js",
            Self::Markdown => "markdown",
            Self::Other => "other",
        }
    }

    /// A value as a literal of this language.
    pub fn literal(self, value: &Value) -> String {
        match value {
            _ if self == Self::Markdown => code_span(&value.as_str().map_or_else(|| value.to_string(), str::to_owned)),
            Value::Null => self.null().to_owned(),
            Value::Bool(is) => self.boolean(*is).to_owned(),
            Value::Number(number) => self.number(number),
            Value::String(text) => self.string(text),
            Value::Array(items) => self.list(items),
            Value::Object(entries) => self.map(entries),
        }
    }

    fn null(self) -> &'static str {
        match self {
            Self::Python | Self::Rust => "None",
            Self::Elixir => "nil",
            _ => "null",
        }
    }

    fn boolean(self, is: bool) -> &'static str {
        match (self, is) {
            (Self::Python, true) => "True",
            (Self::Python, false) => "False",
            (_, true) => "true",
            (_, false) => "false",
        }
    }

    /// Elixir has no `1e21`, and neither Elixir nor Rust takes `1` for a float.
    fn number(self, number: &Number) -> String {
        match number.as_f64().filter(|_| number.is_f64()) {
            Some(float) => {
                let text = format!("{float:?}");
                match text.split_once('e') {
                    Some((mantissa, exponent)) if !mantissa.contains('.') => format!("{mantissa}.0e{exponent}"),
                    _ => text,
                }
            }
            None => number.to_string(),
        }
    }

    fn list(self, items: &[Value]) -> String {
        let items: Vec<String> = items.iter().map(|item| self.literal(item)).collect();
        let open = if self == Self::Rust { "&[" } else { "[" };
        format!("{open}{}]", items.join(", "))
    }

    fn map(self, entries: &Map<String, Value>) -> String {
        let entry = |(key, value): (&String, &Value)| {
            let (key, value) = (self.string(key), self.literal(value));
            match self {
                Self::Elixir => format!("{key} => {value}"),
                // A plain `"__proto__": …` would set the prototype.
                Self::JavaScript => format!("[{key}]: {value}"),
                Self::Rust => format!("({key}, {value})"),
                _ => format!("{key}: {value}"),
            }
        };
        let entries: Vec<String> = entries.iter().map(entry).collect();
        let (open, close) = match self {
            Self::Elixir => ("%{", "}"),
            Self::Rust => ("&[", "]"),
            _ => ("{", "}"),
        };
        format!("{open}{}{close}", entries.join(", "))
    }

    fn string(self, text: &str) -> String {
        let mut out = String::with_capacity(text.len() + 2);
        out.push('"');
        for c in text.chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                '#' if self == Self::Elixir => out.push_str("\\#"),
                c if is_invisible(c) || self == Self::Other && is_telling(c) => out.push_str(&self.escape(c)),
                c => out.push(c),
            }
        }
        out.push('"');
        out
    }

    /// A character by its number.
    fn escape(self, c: char) -> String {
        let code = u32::from(c);
        match self {
            Self::Elixir | Self::Rust => format!("\\u{{{code:x}}}"),
            Self::Python if code > 0xffff => format!("\\U{code:08x}"),
            _ => c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
        }
    }
}

/// Characters that no reader sees, that end lines in some language, or that turn the text around them: compilers refuse some.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        || matches!(c, '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
        || u32::from(c) & 0xfffe == 0xfffe
}

/// Characters that begin something inside the strings of some language, or end a script.
fn is_telling(c: char) -> bool {
    matches!(c, '$' | '#' | '{' | '}' | '`' | '\'' | '%' | '@' | '<' | '>' | '*' | '~' | '|' | '!' | '&' | ';')
}

/// A text as lines of a comment that ends with its line (`#`, `//`, `--`), each with the mark before it.
pub fn comment(text: &str, mark: &str) -> String {
    let lines: Vec<String> = text.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']).map(|line| comment_line(line, mark)).collect();
    lines.join("\n")
}

fn comment_line(line: &str, mark: &str) -> String {
    let shown: String =
        line.chars().map(|c| if c == '\t' { ' ' } else { c }).map(|c| if is_invisible(c) { '\u{fffd}' } else { c }).collect();
    let shown = shown.trim_end();
    // In some languages a backslash at its end makes the next line a part of the comment.
    let end = if shown.ends_with('\\') { " ." } else { "" };
    format!("{mark} {shown}{end}").trim_end().to_owned()
}

/// A text on one line that Markdown shows as it is, in the type of code.
fn code_span(text: &str) -> String {
    let text: String =
        text.chars().map(|c| if c == '\n' || c == '\t' { ' ' } else { c }).map(|c| if is_invisible(c) { '\u{fffd}' } else { c }).collect();
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let blank = if text.is_empty() || text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{blank}{text}{blank}{fence}")
}

/// A text as an atom of Elixir, with quotes only where it needs them.
pub fn elixir_atom(text: &str) -> String {
    let is_name = is_bare(text) && !text.starts_with(|c: char| c.is_ascii_digit());
    format!(":{}", if is_name { text.to_owned() } else { Language::Elixir.string(text) })
}

/// Whether a text can stand in code by itself: a name or a number.
pub fn is_bare(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
