//! No two files of the house need each other, by whatever way round: each can be read with only those below it in mind.
//!
//! A folder and the files in it are one concept, so what passes between a `mod.rs` and the files below it is not counted; a name
//! that it hands on is taken from the file that it stands in.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use crate::architecture::{code, sources};

/// A path of modules, as in `["lint", "query"]`.
type Module = Vec<String>;

/// What the files of the house are called, and what each of them imports.
struct House {
    files: BTreeMap<Module, String>,
    /// Where a name that a `mod.rs` hands on stands.
    handed_on: BTreeMap<(Module, String), Module>,
    /// A `use`, and a path in the middle of code.
    uses: [Regex; 2],
}

impl House {
    fn new() -> Self {
        let mut files = BTreeMap::new();
        for (path, text) in sources() {
            let text: String = code(&text).map(|(_, line)| format!("{line}\n")).collect();
            files.insert(module(&path), text);
        }
        let pattern = |text: &str| Regex::new(text).expect("a pattern");
        let uses = [pattern(r"(?m)^ *use ([^;]+);"), pattern(r"\b((?:crate|super)(?:::\w+)+)")];
        let mut house = Self { files, handed_on: BTreeMap::new(), uses };
        let handing_on = pattern(r"(?m)^ *pub(?:\([a-z: ]+\))? use ([^;]+);");
        let mut handed_on = BTreeMap::new();
        for (here, text) in &house.files {
            for path in handing_on.captures_iter(text).flat_map(|found| expanded(&found[1])) {
                let (place, name) = path.rsplit_once("::").unwrap_or(("self", &path));
                if let Some(there) = house.resolved(here, place) {
                    handed_on.insert((here.clone(), name.to_owned()), there);
                }
            }
        }
        house.handed_on = handed_on;
        house
    }

    /// The file that a path leads to from another.
    fn resolved(&self, here: &Module, path: &str) -> Option<Module> {
        let mut words = path.split("::").map(str::trim).peekable();
        let mut at = match *words.peek()? {
            "crate" => Module::new(),
            "self" | "super" => here.clone(),
            first if self.files.contains_key(&[here.as_slice(), &[first.to_owned()]].concat()) => here.clone(),
            _ => return None,
        };
        for word in words {
            match word {
                "crate" | "self" => {}
                "super" => drop(at.pop()),
                _ => {
                    let below = [at.as_slice(), &[word.to_owned()]].concat();
                    let known = self.handed_on.get(&(at.clone(), word.to_owned())).cloned();
                    match known {
                        _ if self.files.contains_key(&below) => at = below,
                        Some(there) => return Some(there),
                        None => break,
                    }
                }
            }
        }
        self.files.contains_key(&at).then_some(at)
    }

    /// The files that a file needs.
    fn needs(&self, here: &Module) -> BTreeSet<Module> {
        let text = &self.files[here];
        let used = self.uses.iter().flat_map(|pattern| pattern.captures_iter(text)).flat_map(|found| expanded(&found[1]));
        let is_family = |there: &Module| there.starts_with(here) || here.starts_with(there);
        used.filter_map(|path| self.resolved(here, &path)).filter(|there| !is_family(there)).collect()
    }
}

fn module(path: &str) -> Module {
    let path = path.trim_end_matches(".rs");
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if path == "lib" { Module::new() } else { path.split('/').map(str::to_owned).collect() }
}

/// The paths of a `use`, its braces written out.
fn expanded(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some((before, inner)) = tree.split_once('{') else { return vec![tree.split(" as ").next().unwrap_or(tree).to_owned()] };
    let (mut paths, mut depth, mut part) = (Vec::new(), 0, String::new());
    for character in inner.strip_suffix('}').unwrap_or(inner).chars().chain([',']) {
        match character {
            ',' if depth == 0 => paths.append(&mut expanded(&std::mem::take(&mut part))),
            _ => {
                depth += i32::from(character == '{') - i32::from(character == '}');
                part.push(character);
            }
        }
    }
    paths.retain(|path| !path.is_empty());
    paths.into_iter().map(|path| format!("{before}{path}")).collect()
}

/// Follows what files need until one needs a file that it was needed by.
fn circle(house: &House, here: &Module, way: &mut Vec<Module>, done: &mut BTreeSet<Module>) -> Option<Vec<Module>> {
    if let Some(at) = way.iter().position(|known| known == here) {
        return Some([&way[at..], std::slice::from_ref(here)].concat());
    }
    if !done.insert(here.clone()) {
        return None;
    }
    way.push(here.clone());
    let found = house.needs(here).iter().find_map(|there| circle(house, there, way, done));
    way.pop();
    found
}

#[test]
fn no_files_need_each_other() {
    let house = House::new();
    let mut done = BTreeSet::new();
    let found: Vec<String> = house
        .files
        .keys()
        .filter_map(|here| circle(&house, here, &mut Vec::new(), &mut done))
        .map(|circle| circle.iter().map(|module| module.join("::")).collect::<Vec<_>>().join(" -> "))
        .collect();
    assert!(found.is_empty(), "files that need each other:\n{}", found.join("\n"));
}

#[test]
fn what_a_file_needs_is_found() {
    let house = House::new();
    let needs = |path: &str| house.needs(&module(path));
    // By its path, and by a name that a `mod.rs` hands on.
    assert!(needs("lint/rules/rates/counter_raw.rs").contains(&module("lint/context.rs")));
    assert!(needs("diagnostic.rs").contains(&module("text/span.rs")));
    assert!(needs("report/human.rs").contains(&module("diagnostic.rs")));
    assert_eq!(expanded("a::{b, c::{d, e}, f as g}"), ["a::b", "a::c::d", "a::c::e", "a::f"]);
}
