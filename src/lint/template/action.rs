//! Where texts are filled in: `{{ … }}`.

/// The places of a text that are inside `{{ … }}`, whether or not the text is a template.
pub struct Actions {
    /// Where each is from, and where it ends.
    places: Vec<(usize, usize)>,
}

impl Actions {
    /// Those of a text.
    pub fn of(text: &str) -> Self {
        let mut places: Vec<(usize, usize)> = Vec::new();
        let mut ends = memchr::memmem::find_iter(text.as_bytes(), b"}}").peekable();
        // Of three braces the last two may open one.
        let opens = memchr::memchr_iter(b'{', text.as_bytes()).filter(|at| text.as_bytes().get(at + 1) == Some(&b'{'));
        for open in opens {
            while ends.next_if(|end| *end < open).is_some() {}
            places.push((open + 2, ends.peek().map_or(usize::MAX, |end| end + 2)));
        }
        Self { places }
    }

    /// Whether a place is inside one.
    pub fn hold(&self, at: usize) -> bool {
        let before = self.places.partition_point(|(start, _)| *start <= at);
        before.checked_sub(1).is_some_and(|last| at < self.places[last].1)
    }
}

#[cfg(test)]
mod tests {
    use super::Actions;

    #[test]
    fn places_between_braces_are_inside() {
        let inside = |text: &str| {
            let actions = Actions::of(text);
            (0..=text.len()).map(|at| if actions.hold(at) { 'x' } else { '.' }).collect::<String>()
        };
        assert_eq!(inside("a{{b}}c"), "...xxx..");
        assert_eq!(inside("{{{a}}}b{{c"), "..xxxx....xx");
        assert_eq!(inside("a}}b"), ".....");
    }
}
