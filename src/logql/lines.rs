//! What gives lines: a selector of streams, and the stages behind it.

use super::reader::{DEEPEST, Read, Reader};

impl Reader<'_> {
    pub(super) fn selector(&mut self) -> Read<()> {
        self.blanks();
        let start = self.at;
        self.expect("{")?;
        let mut selects = false;
        while !self.take("}") {
            self.name("a label")?;
            self.blanks();
            let Some(operator) = ["=~", "!~", "!=", "="].into_iter().find(|operator| self.rest().starts_with(operator)) else {
                return Err(self.unexpected("`=`, `!=`, `=~` or `!~`"));
            };
            self.at += operator.len();
            let value = if operator.contains('~') { self.pattern()? } else { self.string()?.0 };
            let takes_nothing = value.is_empty() || operator == "=~" && matches!(value.as_str(), ".*" | "|");
            selects |= matches!(operator, "=" | "=~") && !takes_nothing;
            if !self.take(",") {
                self.expect("}")?;
                break;
            }
        }
        if selects {
            return Ok(());
        }
        Self::error(start..self.at, "Loki wants one matcher at least that a stream without the label does not fit")
    }

    /// The stages behind a selector; whether one of them is `unwrap`.
    pub(super) fn pipeline(&mut self) -> Read<bool> {
        let mut unwraps = false;
        loop {
            self.blanks();
            let filter = ["|=", "|~", "!=", "!~", "|>", "!>"].into_iter().find(|filter| self.rest().starts_with(filter));
            if let Some(filter) = filter {
                self.at += filter.len();
                loop {
                    self.blanks();
                    if self.rest().starts_with("ip(") {
                        self.at += 3;
                        self.string()?;
                        self.expect(")")?;
                    } else if filter.contains('~') {
                        self.pattern()?;
                    } else {
                        self.string()?;
                    }
                    self.blanks();
                    if !self.rest().strip_prefix("or").is_some_and(|rest| rest.trim_start().starts_with(['"', '`'])) {
                        break;
                    }
                    self.at += 2;
                }
            } else if self.rest().starts_with('|') {
                self.at += 1;
                unwraps |= self.stage()?;
            } else {
                return Ok(unwraps);
            }
        }
    }

    pub(super) fn stage(&mut self) -> Read<bool> {
        self.blanks();
        if self.rest().starts_with('(') {
            self.conditions()?;
            return Ok(false);
        }
        let before = self.at;
        let (name, place) = self.name("a stage")?;
        match name {
            "json" | "logfmt" => {
                while self.take("--") {
                    self.name("a flag")?;
                    while self.take("-") {
                        self.name("a flag")?;
                    }
                }
                self.assignments()?;
            }
            "unpack" | "decolorize" => {}
            "regexp" => {
                let from = self.at;
                let pattern = self.pattern()?;
                if !pattern.contains("(?P<") && !pattern.contains("(?<") {
                    return Self::error(from..self.at, "nothing is taken out: the expression has no named group");
                }
            }
            "pattern" | "line_format" => drop(self.string()?),
            "label_format" => loop {
                self.name("a label")?;
                self.expect("=")?;
                if self.word().is_none() {
                    self.string()?;
                }
                if !self.take(",") {
                    break;
                }
            },
            "drop" | "keep" => loop {
                self.name("a label")?;
                if ["=~", "!~", "!=", "="].into_iter().any(|operator| self.take(operator)) {
                    self.string()?;
                }
                if !self.take(",") {
                    break;
                }
            },
            "unwrap" => {
                self.name("a label")?;
                if self.take("(") {
                    self.name("a label")?;
                    self.expect(")")?;
                }
                return Ok(true);
            }
            _ => {
                self.blanks();
                if !self.rest().starts_with(['=', '!', '<', '>']) {
                    let known = [
                        "json",
                        "logfmt",
                        "unpack",
                        "decolorize",
                        "regexp",
                        "pattern",
                        "line_format",
                        "label_format",
                        "drop",
                        "keep",
                        "unwrap",
                    ];
                    let meant =
                        crate::diagnostic::did_you_mean(name, known).map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
                    return Self::error(place, format!("`{name}` is no stage, and compares no label{meant}"));
                }
                self.at = before;
                self.conditions()?;
            }
        }
        Ok(false)
    }

    /// `label="expression"` with commas between, behind a parser.
    pub(super) fn assignments(&mut self) -> Read<()> {
        loop {
            let before = self.at;
            let Some(_) = self.word() else { return Ok(()) };
            if self.take("=") {
                self.string()?;
            } else if matches!(self.text[before..self.at].trim(), "and" | "or" | "unless") {
                self.at = before;
                return Ok(());
            }
            if !self.take(",") {
                return Ok(());
            }
        }
    }

    /// Comparisons of labels, joined by words or commas.
    pub(super) fn conditions(&mut self) -> Read<()> {
        if self.depth == DEEPEST {
            return Self::error(self.at..self.at, "this is nested too deep");
        }
        self.depth += 1;
        loop {
            if self.take("(") {
                self.conditions()?;
                self.expect(")")?;
            } else {
                self.condition()?;
            }
            self.blanks();
            let joined = self.take(",") || ["and", "or"].into_iter().any(|word| self.joins(word));
            if !joined {
                break;
            }
        }
        self.depth -= 1;
        Ok(())
    }

    pub(super) fn joins(&mut self, word: &str) -> bool {
        let found = self.rest().strip_prefix(word).is_some_and(|rest| rest.starts_with(|c: char| c.is_whitespace() || c == '('));
        if found {
            self.at += word.len();
        }
        found
    }

    pub(super) fn condition(&mut self) -> Read<()> {
        self.name("a label")?;
        self.blanks();
        let operators = ["=~", "!~", "==", "!=", ">=", "<=", "=", ">", "<"];
        let Some(operator) = operators.into_iter().find(|operator| self.rest().starts_with(operator)) else {
            return Err(self.unexpected("a comparison"));
        };
        self.at += operator.len();
        self.blanks();
        if operator.contains('~') {
            self.pattern()?;
        } else if self.rest().starts_with("ip(") {
            self.at += 3;
            self.string()?;
            self.expect(")")?;
        } else if !self.number() {
            self.string()?;
        }
        Ok(())
    }
}
