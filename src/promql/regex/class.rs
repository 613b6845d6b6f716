//! Character classes and escapes.

use super::group::Node;
use super::{Checked, Checker, error};

const POSIX: [&str; 14] =
    ["alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "word", "xdigit"];

impl Checker<'_> {
    /// `[…]`.
    pub(super) fn class(&mut self) -> Checked<()> {
        let start = self.position;
        self.position += 1;
        if self.byte(0) == Some(b'^') {
            self.position += 1;
        }
        let mut first = true;
        while first || self.byte(0) != Some(b']') {
            first = false;
            self.class_item(start)?;
        }
        self.position += 1;
        self.push(Node::class())
    }

    fn class_item(&mut self, class: usize) -> Checked<()> {
        if self.posix_class()? {
            return Ok(());
        }
        if self.byte(0) == Some(b'\\') {
            match self.byte(1) {
                Some(b'p' | b'P') => return self.unicode_class(),
                Some(b'd' | b'D' | b's' | b'S' | b'w' | b'W') => {
                    self.position += 2;
                    return Ok(());
                }
                _ => {}
            }
        }
        let start = self.position;
        let low = self.class_character(class)?;
        // A minus before the closing bracket stands for itself.
        if self.byte(0) == Some(b'-') && self.byte(1).is_some_and(|byte| byte != b']') {
            self.position += 1;
            let high = self.class_character(class)?;
            if high < low {
                return self.error_from(start, "invalid character class range");
            }
        }
        Ok(())
    }

    fn class_character(&mut self, class: usize) -> Checked<u32> {
        if self.byte(0) == Some(b'\\') {
            return self.escaped_character();
        }
        match self.next_char() {
            Some(character) => Ok(u32::from(character)),
            None => error(class..self.pattern.len(), "missing closing ]"),
        }
    }

    /// `[:alpha:]` and `[:^alpha:]`; without a `:]` anywhere later it is no such class.
    fn posix_class(&mut self) -> Checked<bool> {
        let Some(inner) = self.rest().strip_prefix("[:") else {
            return Ok(false);
        };
        // Known beforehand, for a search to the end at each bracket would take quadratic time.
        if self.last_class_end.is_none_or(|end| end < self.position + 2) {
            return Ok(false);
        }
        let Some(length) = inner.find(":]") else {
            return Ok(false);
        };
        let name = inner.get(..length).unwrap_or_default();
        let start = self.position;
        self.position += length + 4;
        if POSIX.contains(&name.strip_prefix('^').unwrap_or(name)) {
            Ok(true)
        } else {
            self.error_from(start, "invalid character class range")
        }
    }

    /// `\pL`, `\p{Greek}`, `\P{^Greek}`.
    pub(super) fn unicode_class(&mut self) -> Checked<()> {
        let start = self.position;
        self.position += 2;
        let name = if self.byte(0) == Some(b'{') {
            let Some(length) = self.rest().find('}') else {
                return error(start..self.pattern.len(), "invalid character class range");
            };
            let name = self.rest().get(1..length).unwrap_or_default();
            self.position += length + 1;
            name
        } else {
            let rest = self.rest();
            let length = self.next_char().map_or(0, char::len_utf8);
            rest.get(..length).unwrap_or_default()
        };
        if is_unicode_class(name.strip_prefix('^').unwrap_or(name)) {
            Ok(())
        } else {
            self.error_from(start, "invalid character class range")
        }
    }

    /// An escape that stands for one character.
    pub(super) fn escaped_character(&mut self) -> Checked<u32> {
        const INVALID: &str = "invalid escape sequence";
        let start = self.position;
        self.position += 1;
        let Some(character) = self.next_char() else {
            return self.error_from(start, "trailing backslash at end of expression");
        };
        let octal = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(8));
        match character {
            // A single digit other than zero would be a backreference.
            '1'..='7' if octal(self.byte(0)).is_none() => {}
            '0'..='7' => {
                let mut value = character.to_digit(8).unwrap_or_default();
                for _ in 0..2 {
                    let Some(digit) = octal(self.byte(0)) else { break };
                    value = value * 8 + digit;
                    self.position += 1;
                }
                return Ok(value);
            }
            'x' => {
                if let Some(value) = self.hexadecimal() {
                    return Ok(value);
                }
            }
            'a' => return Ok(0x07),
            'f' => return Ok(0x0C),
            'n' => return Ok(0x0A),
            'r' => return Ok(0x0D),
            't' => return Ok(0x09),
            'v' => return Ok(0x0B),
            _ if character.is_ascii() && !character.is_ascii_alphanumeric() => return Ok(u32::from(character)),
            _ => {}
        }
        self.error_from(start, INVALID)
    }

    /// `41` or `{1F600}` after `\x`.
    fn hexadecimal(&mut self) -> Option<u32> {
        let first = self.next_char()?;
        if first != '{' {
            let high = first.to_digit(16);
            let low = self.next_char()?.to_digit(16);
            return Some(high? * 16 + low?);
        }
        let mut value = None;
        loop {
            match self.next_char()? {
                '}' => return value,
                character => {
                    let next = value.unwrap_or(0) * 16 + character.to_digit(16)?;
                    if next > 0x10_FFFF {
                        return None;
                    }
                    value = Some(next);
                }
            }
        }
    }
}

/// Whether Go knows a class for `\p{…}`. It looks names up without regard to case, spaces, hyphens and underscores.
fn is_unicode_class(name: &str) -> bool {
    let mut canonical = String::with_capacity(name.len());
    for character in name.chars().filter(|character| !matches!(character, '_' | '-' | ' ')) {
        canonical.push(if canonical.is_empty() { character.to_ascii_uppercase() } else { character.to_ascii_lowercase() });
    }
    UNICODE.binary_search(&canonical.as_str()).is_ok()
}

/// Categories, their long names, and scripts. Scripts of two words are missing because Go 1.26 does not find them:
/// it drops the underscore from the name it is asked for, but its table has it.
static UNICODE: &[&str] = &[
    "Adlam",
    "Ahom",
    "Any",
    "Arabic",
    "Armenian",
    "Ascii",
    "Assigned",
    "Avestan",
    "Balinese",
    "Bamum",
    "Batak",
    "Bengali",
    "Bhaiksuki",
    "Bopomofo",
    "Brahmi",
    "Braille",
    "Buginese",
    "Buhid",
    "C",
    "Carian",
    "Casedletter",
    "Cc",
    "Cf",
    "Chakma",
    "Cham",
    "Cherokee",
    "Chorasmian",
    "Closepunctuation",
    "Cn",
    "Cntrl",
    "Co",
    "Combiningmark",
    "Common",
    "Connectorpunctuation",
    "Control",
    "Coptic",
    "Cs",
    "Cuneiform",
    "Currencysymbol",
    "Cypriot",
    "Cyrillic",
    "Dashpunctuation",
    "Decimalnumber",
    "Deseret",
    "Devanagari",
    "Digit",
    "Dogra",
    "Duployan",
    "Elbasan",
    "Elymaic",
    "Enclosingmark",
    "Ethiopic",
    "Finalpunctuation",
    "Format",
    "Georgian",
    "Glagolitic",
    "Gothic",
    "Grantha",
    "Greek",
    "Gujarati",
    "Gurmukhi",
    "Han",
    "Hangul",
    "Hanunoo",
    "Hatran",
    "Hebrew",
    "Hiragana",
    "Inherited",
    "Initialpunctuation",
    "Javanese",
    "Kaithi",
    "Kannada",
    "Katakana",
    "Kawi",
    "Kharoshthi",
    "Khmer",
    "Khojki",
    "Khudawadi",
    "L",
    "Lao",
    "Latin",
    "Lc",
    "Lepcha",
    "Letter",
    "Letternumber",
    "Limbu",
    "Lineseparator",
    "Lisu",
    "Ll",
    "Lm",
    "Lo",
    "Lowercaseletter",
    "Lt",
    "Lu",
    "Lycian",
    "Lydian",
    "M",
    "Mahajani",
    "Makasar",
    "Malayalam",
    "Mandaic",
    "Manichaean",
    "Marchen",
    "Mark",
    "Mathsymbol",
    "Mc",
    "Me",
    "Medefaidrin",
    "Miao",
    "Mn",
    "Modi",
    "Modifierletter",
    "Modifiersymbol",
    "Mongolian",
    "Mro",
    "Multani",
    "Myanmar",
    "N",
    "Nabataean",
    "Nandinagari",
    "Nd",
    "Newa",
    "Nko",
    "Nl",
    "No",
    "Nonspacingmark",
    "Number",
    "Nushu",
    "Ogham",
    "Openpunctuation",
    "Oriya",
    "Osage",
    "Osmanya",
    "Other",
    "Otherletter",
    "Othernumber",
    "Otherpunctuation",
    "Othersymbol",
    "P",
    "Palmyrene",
    "Paragraphseparator",
    "Pc",
    "Pd",
    "Pe",
    "Pf",
    "Phoenician",
    "Pi",
    "Po",
    "Privateuse",
    "Ps",
    "Punct",
    "Punctuation",
    "Rejang",
    "Runic",
    "S",
    "Samaritan",
    "Saurashtra",
    "Sc",
    "Separator",
    "Sharada",
    "Shavian",
    "Siddham",
    "Sinhala",
    "Sk",
    "Sm",
    "So",
    "Sogdian",
    "Soyombo",
    "Spaceseparator",
    "Spacingmark",
    "Sundanese",
    "Surrogate",
    "Symbol",
    "Syriac",
    "Tagalog",
    "Tagbanwa",
    "Takri",
    "Tamil",
    "Tangsa",
    "Tangut",
    "Telugu",
    "Thaana",
    "Thai",
    "Tibetan",
    "Tifinagh",
    "Tirhuta",
    "Titlecaseletter",
    "Toto",
    "Ugaritic",
    "Unassigned",
    "Uppercaseletter",
    "Vai",
    "Vithkuqi",
    "Wancho",
    "Yezidi",
    "Yi",
    "Z",
    "Zl",
    "Zp",
    "Zs",
];

#[cfg(test)]
mod tests {
    use super::{UNICODE, is_unicode_class};

    #[test]
    fn class_names_are_found_as_go_finds_them() {
        assert!(UNICODE.is_sorted());
        for name in ["L", "Lu", "LC", "greek", "Greek", "Letter", "Cased_Letter", "any", "ASCII", "NKo", "digit"] {
            assert!(is_unicode_class(name), "{name}");
        }
        for name in ["", "foo", "Script=Greek", "Old_Italic", "SignWriting", "Lowercase"] {
            assert!(!is_unicode_class(name), "{name}");
        }
    }
}
