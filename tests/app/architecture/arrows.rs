//! The sources as a graph: which file names which, as the compiler reads them.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
};

use syn::{
    Attribute, Item, ItemMod, ItemUse, Macro, UseTree, Visibility,
    visit::{self, Visit},
};

/// A file below `src/`.
pub struct Source {
    /// Below `src/`: `people/mod.rs`.
    pub path: String,
    /// `["people"]`; empty for `lib.rs`.
    pub module: Vec<String>,
    pub text: String,
    /// Without its tests.
    pub code: syn::File,
}

impl Source {
    /// What the file is called within its folder: `store.rs`.
    pub fn name(&self) -> &str {
        self.path
            .rsplit('/')
            .next()
            .expect("a path has a last part")
    }

    /// The room or foundation that it belongs to.
    pub fn house_part(&self) -> &str {
        self.module.first().map_or("", String::as_str)
    }
}

/// A file names something of another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arrow {
    pub from: String,
    pub to: String,
    /// What is named: `people::store::lock`.
    pub named: String,
}

/// Every file below `src/` but those of tests alone, in order of their paths.
pub fn sources() -> Vec<Source> {
    fn walk(folder: &Path, found: &mut BTreeSet<PathBuf>) {
        for entry in fs::read_dir(folder).expect("the folder can be read") {
            let path = entry.expect("the entry can be read").path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.insert(path);
            }
        }
    }
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = BTreeSet::new();
    walk(&root, &mut files);
    files
        .into_iter()
        .filter(|file| !file.to_string_lossy().ends_with("_tests.rs"))
        .map(|file| {
            let text = fs::read_to_string(&file).expect("a source can be read");
            let path = file.strip_prefix(&root).expect("it is below src");
            let mut code = syn::parse_file(&text).expect("a source is Rust");
            code.items.retain(|item| !is_of_tests(item));
            Source {
                module: module(path),
                path: path.to_string_lossy().into_owned(),
                text,
                code,
            }
        })
        .collect()
}

fn module(path: &Path) -> Vec<String> {
    let mut parts: Vec<String> = path
        .with_extension("")
        .iter()
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    if matches!(parts.last().map(String::as_str), Some("mod" | "lib")) {
        parts.pop();
    }
    parts
}

fn is_of_tests(item: &Item) -> bool {
    let attributes: &[Attribute] = match item {
        Item::Mod(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    };
    attributes.iter().any(|attribute| {
        let said = attribute.meta.require_list();
        said.is_ok_and(|list| list.path.is_ident("cfg") && list.tokens.to_string() == "test")
    })
}

/// Which file names something of which other, each pair and name once.
pub fn arrows(sources: &[Source]) -> BTreeSet<Arrow> {
    let files: HashMap<&[String], &str> = sources
        .iter()
        .map(|source| (source.module.as_slice(), source.path.as_str()))
        .collect();
    let mut shown_again = HashMap::new();
    let mut found = Vec::new();
    for source in sources {
        let mut reader = Reader {
            module: source.module.clone(),
            depth: source.module.len(),
            children: children(source),
            imported: HashMap::new(),
            named: Vec::new(),
            shown_again: &mut shown_again,
        };
        // A name may be used above the line that imports it.
        Imports(&mut reader).visit_file(&source.code);
        reader.visit_file(&source.code);
        found.extend(reader.named.into_iter().map(|named| (source, named)));
    }
    let mut arrows = BTreeSet::new();
    for (source, mut named) in found {
        // What a folder shows again is where it is written.
        while let Some(real) = (1..=named.len()).rev().find_map(|end| {
            let real: &Vec<String> = shown_again.get(&named[..end])?;
            // A folder may show what is called as the file is that has it.
            (!named.starts_with(real)).then(|| [real, &named[end..]].concat())
        }) {
            named = real;
        }
        let Some(file) = (1..=named.len())
            .rev()
            .find_map(|end| files.get(&named[..end]))
        else {
            continue;
        };
        if **file != source.path {
            arrows.insert(Arrow {
                from: source.path.clone(),
                to: (*file).to_owned(),
                named: named.join("::"),
            });
        }
    }
    arrows
}

/// Modules declared in a file, which may be named without saying where.
fn children(source: &Source) -> BTreeSet<String> {
    let modules = source.code.items.iter().filter_map(|item| match item {
        Item::Mod(item) => Some(item.ident.to_string()),
        _ => None,
    });
    modules.collect()
}

struct Reader<'a> {
    module: Vec<String>,
    /// How long the file's own path is; beyond it are modules written inside.
    depth: usize,
    children: BTreeSet<String>,
    /// What the file's `use`s call things that are of this crate.
    imported: HashMap<String, Vec<String>>,
    named: Vec<Vec<String>>,
    /// From what `pub use` makes of a name to where it is.
    shown_again: &'a mut HashMap<Vec<String>, Vec<String>>,
}

impl Reader<'_> {
    /// From the crate down; none for what is not of this crate.
    fn absolute(&self, path: &[String]) -> Option<Vec<String>> {
        let first = path.first()?.as_str();
        let (mut base, mut rest) = match first {
            "crate" | "almanac" => (Vec::new(), &path[1..]),
            "self" => (self.module.clone(), &path[1..]),
            "super" => (self.module.clone(), path),
            child if self.children.contains(child) => (self.module[..self.depth].to_vec(), path),
            name => (self.imported.get(name)?.clone(), &path[1..]),
        };
        while rest.first().is_some_and(|part| part == "super") {
            base.pop();
            rest = &rest[1..];
        }
        base.extend_from_slice(rest);
        Some(base)
    }

    fn name(&mut self, path: &[String]) {
        if let Some(named) = self.absolute(path) {
            self.named.push(named);
        }
    }

    fn read_use(&mut self, tree: &UseTree, before: &mut Vec<String>, is_shown: bool) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.read_use(&path.tree, before, is_shown);
                before.pop();
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.read_use(tree, before, is_shown);
                }
            }
            UseTree::Glob(_) => self.name(before),
            UseTree::Name(_) | UseTree::Rename(_) => {
                let (real, here) = match tree {
                    UseTree::Name(name) => (name.ident.to_string(), name.ident.to_string()),
                    UseTree::Rename(name) => (name.ident.to_string(), name.rename.to_string()),
                    _ => unreachable!("only these two are matched"),
                };
                let mut path = before.clone();
                if real != "self" {
                    path.push(real);
                }
                let Some(path) = self.absolute(&path) else {
                    return;
                };
                let called = if here == "self" {
                    path.last()
                } else {
                    Some(&here)
                };
                if let Some(called) = called {
                    self.imported.insert(called.clone(), path.clone());
                }
                if is_shown && path.starts_with(&self.module) {
                    let here = [self.module.as_slice(), &[here]].concat();
                    self.shown_again.insert(here, path);
                } else {
                    self.named.push(path);
                }
            }
        }
    }
}

/// Reads the `use`s alone.
struct Imports<'a, 'b>(&'a mut Reader<'b>);

impl<'ast> Visit<'ast> for Imports<'_, '_> {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.0.visit_item_use(item);
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let is_shown = !matches!(item.vis, Visibility::Inherited);
        self.read_use(&item.tree, &mut Vec::new(), is_shown);
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if item.content.is_some() {
            self.module.push(item.ident.to_string());
            visit::visit_item_mod(self, item);
            self.module.pop();
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        if parts.len() > 1 {
            self.name(&parts);
        }
        visit::visit_path(self, path);
    }

    /// What a macro is given is not known to be Rust: its words are read as they stand.
    fn visit_macro(&mut self, mac: &'ast Macro) {
        let words = mac.tokens.to_string();
        let words: Vec<&str> = words.split_whitespace().collect();
        let mut at = 0;
        while at < words.len() {
            let mut parts = vec![
                words[at]
                    .trim_start_matches(['(', '[', '{', '&', '*', '!'])
                    .to_owned(),
            ];
            while words.get(at + 1) == Some(&"::") && at + 2 < words.len() {
                parts.push(
                    words[at + 2]
                        .trim_end_matches([',', ';', ')', '(', '}'])
                        .to_owned(),
                );
                at += 2;
            }
            if parts.len() > 1 {
                self.name(&parts);
            }
            at += 1;
        }
        visit::visit_macro(self, mac);
    }
}

/// Groups of files that can each be reached from each other; none if no file names itself in a round.
pub fn circles(arrows: &BTreeSet<Arrow>) -> Vec<BTreeSet<String>> {
    let mut to: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for arrow in arrows {
        to.entry(&arrow.from).or_default().insert(&arrow.to);
    }
    let reached = |from: &str| {
        let mut seen = BTreeSet::new();
        let mut next = vec![from.to_owned()];
        while let Some(file) = next.pop() {
            for further in to.get(file.as_str()).into_iter().flatten() {
                if seen.insert((*further).to_owned()) {
                    next.push((*further).to_owned());
                }
            }
        }
        seen
    };
    let reach: BTreeMap<&str, BTreeSet<String>> = to.keys().map(|f| (*f, reached(f))).collect();
    let mut circles: Vec<BTreeSet<String>> = Vec::new();
    for (file, there) in &reach {
        if !there.contains(*file) || circles.iter().any(|circle| circle.contains(*file)) {
            continue;
        }
        let back = |other: &&String| reach.get(other.as_str()).is_some_and(|r| r.contains(*file));
        circles.push(there.iter().filter(back).cloned().collect());
    }
    circles
}
