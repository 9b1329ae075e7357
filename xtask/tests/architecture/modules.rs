//! Which module of a crate uses which: read from the source, tests left out.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};
use syn::{
    Attribute, File, Item, ItemUse, UseTree,
    visit::{self, Visit},
};

/// A module's path from the root of its crate.
pub type Module = Vec<String>;

/// Each module with the modules whose items it names.
pub type Uses = BTreeMap<Module, BTreeSet<Module>>;

/// Reads a crate's `src`.
pub fn uses(source: &Path) -> Uses {
    let mut files = BTreeMap::new();
    read(source, &mut Vec::new(), &mut files);
    for test in for_tests(&files) {
        files.retain(|module, _| !module.starts_with(&test));
    }
    let names: BTreeMap<Module, Names> = files.iter().map(|(module, file)| (module.clone(), named(file))).collect();
    let of = |(module, names_here): (&Module, &Names)| {
        let paths = names_here.paths.iter().map(|path| absolute(module, path));
        let targets = paths.filter_map(|path| resolve(&names, path)).filter(|target| target != module);
        (module.clone(), targets.collect())
    };
    names.iter().map(of).collect()
}

fn read(folder: &Path, module: &mut Module, files: &mut BTreeMap<Module, File>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if name == "tests" || name.ends_with("_tests") || name == "bin" {
            continue;
        }
        let is_root = module.is_empty() && (name == "lib" || name == "main");
        if path.is_dir() {
            module.push(name);
            read(&path, module, files);
            module.pop();
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let file = syn::parse_file(&fs::read_to_string(&path).unwrap()).unwrap();
            let mut place = module.clone();
            place.extend((!is_root).then_some(name));
            files.insert(place, file);
        }
    }
}

/// The modules that are there for tests only.
fn for_tests(files: &BTreeMap<Module, File>) -> Vec<Module> {
    let below = |(module, file): (&Module, &File)| {
        let tests = file.items.iter().filter_map(|item| match item {
            Item::Mod(item) if item.attrs.iter().any(is_for_tests) => Some(item.ident.to_string()),
            _ => None,
        });
        tests.map(|name| [&module[..], &[name]].concat()).collect::<Vec<_>>()
    };
    files.iter().flat_map(below).collect()
}

/// What a file says of other modules.
#[derive(Default)]
struct Names {
    /// Paths that begin with `crate` or `super`.
    paths: Vec<Vec<String>>,
    /// What a `use` brings in from below or beside, by the name it has here: others may name it through this module.
    imports: BTreeMap<String, Vec<String>>,
}

fn named(file: &File) -> Names {
    let mut names = Names::default();
    names.visit_file(file);
    names
}

impl<'ast> Visit<'ast> for Names {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes: &[Attribute] = match item {
            Item::Mod(item) => &item.attrs,
            Item::Fn(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            _ => &[],
        };
        if !attributes.iter().any(is_for_tests) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let mut paths = Vec::new();
        flatten(&item.tree, &mut Vec::new(), &mut paths);
        for (path, name) in paths {
            if matches!(path[0].as_str(), "crate" | "super") {
                self.paths.push(path.clone());
            }
            self.imports.insert(name, path);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if matches!(segments[0].as_str(), "crate" | "super") {
            self.paths.push(segments);
        }
        visit::visit_path(self, path);
    }
}

fn is_for_tests(attribute: &Attribute) -> bool {
    attribute.path().is_ident("test")
        || matches!(&attribute.meta, syn::Meta::List(list) if attribute.path().is_ident("cfg") && list.tokens.to_string() == "test")
}

/// Each path of a `use` with the name it has in its module.
fn flatten(tree: &UseTree, prefix: &mut Vec<String>, out: &mut Vec<(Vec<String>, String)>) {
    let mut leaf = |ident: String, name: String| {
        let mut path = prefix.clone();
        path.extend((ident != "self").then_some(ident));
        let name = if name == "self" { path.last().cloned().unwrap_or_default() } else { name };
        out.push((path, name));
    };
    match tree {
        UseTree::Name(name) => leaf(name.ident.to_string(), name.ident.to_string()),
        UseTree::Rename(rename) => leaf(rename.ident.to_string(), rename.rename.to_string()),
        UseTree::Glob(_) => leaf("self".into(), "*".into()),
        UseTree::Path(path) => {
            prefix.push(path.ident.to_string());
            flatten(&path.tree, prefix, out);
            prefix.pop();
        }
        UseTree::Group(group) => group.items.iter().for_each(|tree| flatten(tree, prefix, out)),
    }
}

/// A path that begins with `crate`, `super`, or a name of its module, from the root of the crate.
fn absolute(module: &Module, path: &[String]) -> Vec<String> {
    let ups = path.iter().take_while(|segment| *segment == "super").count();
    match path[0].as_str() {
        "crate" => path[1..].to_vec(),
        "self" => [module, &path[1..]].concat(),
        "super" => [&module[..module.len().saturating_sub(ups)], &path[ups..]].concat(),
        _ => [module, path].concat(),
    }
}

/// The module that an absolute path leads into, through what modules on the way bring in.
fn resolve(names: &BTreeMap<Module, Names>, mut path: Vec<String>) -> Option<Module> {
    for _ in 0..8 {
        let depth = (0..=path.len()).rev().find(|depth| names.contains_key(&path[..*depth]))?;
        let module = path[..depth].to_vec();
        let Some(import) = path.get(depth).and_then(|name| names[&module].imports.get(name)) else {
            return Some(module);
        };
        let target = absolute(&module, import);
        // A name of another crate ends here.
        if !names.keys().any(|known| !known.is_empty() && target.starts_with(known)) || target == path {
            return Some(module);
        }
        path = [&target[..], &path[depth + 1..]].concat();
    }
    None
}
