//! Families: which samples belong together, and what is declared of them.

use super::{Keyword, Reader, place};
use crate::formats::exposition::family::{FamilyData, FamilyKind, SUFFIXES};
use crate::formats::exposition::fault::{FaultKind, Stops};
use crate::formats::exposition::sample::{Place, SampleData};

impl<'a> Reader<'a> {
    pub(super) fn bytes(&self, place: Place) -> &'a [u8] {
        &self.text()[place.0 as usize..place.1 as usize]
    }

    pub(super) fn family(&mut self, name: Place) -> u32 {
        let key = self.bytes(name);
        if let Some(known) = self.known.get(key) {
            return *known;
        }
        let index = u32::try_from(self.page.families.len()).expect("fewer families than bytes");
        self.page.families.push(FamilyData { name, ..FamilyData::default() });
        self.known.insert(key, index);
        // Samples of this name may belong elsewhere from here on.
        self.last = None;
        index
    }

    pub(super) fn declare_type(&mut self, name: Place, kind: FamilyKind, at: (usize, usize)) {
        let index = self.family(name);
        self.last = None;
        let family = &mut self.page.families[index as usize];
        let (again, late) = (family.kind_at.is_some(), !family.runs.is_empty());
        if !again {
            family.kind = kind;
            family.kind_at = Some(place(at.0, at.1));
        }
        let shown = self.page.str(name);
        if again {
            self.minor.push((FaultKind::Repeated, at, Stops::Nothing, format!("`{shown}` has a second `# TYPE`")));
        } else if late {
            self.minor.push((FaultKind::LateType, at, Stops::Nothing, format!("the `# TYPE` of `{shown}` comes after samples of it")));
        }
    }

    pub(super) fn declare_text(&mut self, keyword: Keyword, name: Place, at: (usize, usize)) {
        let index = self.family(name);
        let family = &mut self.page.families[index as usize];
        let slot = if keyword == Keyword::Help { &mut family.help } else { &mut family.unit };
        if slot.is_none() {
            *slot = Some(place(at.0, at.1));
            return;
        }
        let word = if keyword == Keyword::Help { "HELP" } else { "UNIT" };
        let message = format!("`{}` has a second `# {word}`", self.page.str(name));
        self.minor.push((FaultKind::Repeated, at, Stops::Nothing, message));
    }

    /// The family that a sample belongs to.
    pub(super) fn family_of(&mut self, name: Place) -> u32 {
        let key = self.bytes(name);
        if let Some((last, family)) = self.last
            && last == key
        {
            return family;
        }
        let index = self.declared_family_of(key).unwrap_or_else(|| self.family(name));
        self.last = Some((key, index));
        index
    }

    fn declared_family_of(&self, key: &[u8]) -> Option<u32> {
        if let Some(exact) = self.known.get(key)
            && self.page.families[*exact as usize].kind_at.is_some()
        {
            return Some(*exact);
        }
        SUFFIXES.iter().find_map(|suffix| {
            let index = self.known.get(key.strip_suffix(suffix.as_bytes())?)?;
            let kind = self.page.families[*index as usize].kind;
            kind.suffixes(self.page.syntax).contains(suffix).then_some(*index)
        })
    }

    pub(super) fn sample(&mut self, mut sample: SampleData) {
        let family = self.family_of(sample.name);
        sample.family = family;
        let index = u32::try_from(self.page.samples.len()).expect("fewer samples than bytes");
        self.page.samples.push(sample);
        let data = &mut self.page.families[family as usize];
        match data.runs.last_mut() {
            Some(run) if run.1 == index => run.1 += 1,
            run => {
                // Said once a family.
                let interleaved = run.is_some() && data.runs.len() == 1;
                data.runs.push((index, index + 1));
                if interleaved {
                    let message =
                        format!("samples of `{}` are interleaved with others", self.page.str(self.page.families[family as usize].name));
                    let at = (sample.name.0 as usize, sample.name.1 as usize);
                    self.minor.push((FaultKind::Interleaved, at, Stops::Nothing, message));
                }
            }
        }
    }
}
