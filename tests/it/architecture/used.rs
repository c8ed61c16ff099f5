//! How a source is read: its paths, methods, macros and attributes, without what is only for tests.

use std::collections::BTreeSet;

use syn::Token;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};

use super::File;

/// What a source file uses, with the parts that are only for tests kept apart.
#[derive(Default)]
pub struct Used {
    /// Paths as they stand, those of derives too: `crate::bookings::rules`, `super::queries`,
    /// `sea_orm::ColumnTrait`, `poem_openapi::Object`.
    pub paths: Vec<Vec<String>>,
    pub methods: Vec<String>,
    pub macros: Vec<String>,
    pub attributes: Vec<String>,
    /// Modules in files of their own that exist only for tests.
    test_modules: Vec<String>,
    pub has_async: bool,
}

impl Used {
    /// What a source uses.
    ///
    /// # Errors
    /// When it is no Rust.
    pub fn of(source: &str) -> syn::Result<Self> {
        let mut used = Self::default();
        used.visit_file(&syn::parse_file(source)?);
        Ok(used)
    }
}

/// The names of all attributes of a source, those of its unit tests too.
///
/// # Errors
/// When it is no Rust.
pub fn attributes(source: &str) -> syn::Result<Vec<String>> {
    struct Names(Vec<String>);
    impl Visit<'_> for Names {
        fn visit_attribute(&mut self, attribute: &syn::Attribute) {
            self.0.extend(name_of(attribute));
        }
    }
    let mut names = Names(Vec::new());
    names.visit_file(&syn::parse_file(source)?);
    Ok(names.0)
}

fn name_of(attribute: &syn::Attribute) -> Option<String> {
    attribute.path().segments.last().map(|part| part.ident.to_string())
}

fn is_test_only(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        _ => false,
    })
}

impl Visit<'_> for Used {
    fn visit_item_mod(&mut self, item: &syn::ItemMod) {
        if !is_test_only(&item.attrs) {
            visit::visit_item_mod(self, item);
        } else if item.content.is_none() {
            self.test_modules.push(item.ident.to_string());
        }
    }

    fn visit_item_use(&mut self, item: &syn::ItemUse) {
        flatten(&item.tree, &mut Vec::new(), &mut self.paths);
    }

    fn visit_path(&mut self, path: &syn::Path) {
        self.paths.push(parts(path));
        visit::visit_path(self, path);
    }

    fn visit_expr_method_call(&mut self, call: &syn::ExprMethodCall) {
        self.methods.push(call.method.to_string());
        visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, call: &syn::Macro) {
        let name = call.path.segments.last().map(|part| part.ident.to_string());
        self.macros.extend(name);
        let inside = call.tokens.to_string();
        // The text of a macro is not parsed; a method in it shows as `. unwrap ()`.
        if inside.replace(' ', "").contains(".unwrap()") {
            self.methods.push("unwrap".to_owned());
        }
    }

    fn visit_attribute(&mut self, attribute: &syn::Attribute) {
        self.attributes.extend(name_of(attribute));
        if attribute.path().is_ident("derive") {
            // What stands in an attribute is not parsed by itself.
            let derived = Punctuated::<syn::Path, Token![,]>::parse_terminated;
            let derived = attribute.parse_args_with(derived).unwrap_or_default();
            self.paths.extend(derived.iter().map(parts));
        }
    }

    fn visit_signature(&mut self, signature: &syn::Signature) {
        self.has_async |= signature.asyncness.is_some();
        visit::visit_signature(self, signature);
    }
}

fn parts(path: &syn::Path) -> Vec<String> {
    path.segments.iter().map(|part| part.ident.to_string()).collect()
}

fn flatten(tree: &syn::UseTree, before: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    match tree {
        syn::UseTree::Path(path) => {
            before.push(path.ident.to_string());
            flatten(&path.tree, before, found);
            before.pop();
        }
        syn::UseTree::Group(group) => {
            group.items.iter().for_each(|tree| flatten(tree, before, found));
        }
        syn::UseTree::Name(name) => found.push([&before[..], &[name.ident.to_string()]].concat()),
        syn::UseTree::Rename(name) => found.push([&before[..], &[name.ident.to_string()]].concat()),
        syn::UseTree::Glob(_) => found.push(before.clone()),
    }
}

/// The module of a file, from the root of its crate: `bookings::actions::book`.
pub fn module_of(path: &str) -> Vec<String> {
    let inside = path.trim_start_matches("src/").trim_end_matches(".rs");
    let mut parts: Vec<String> = inside.split('/').map(str::to_owned).collect();
    if parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    parts
}

/// A path from the root of the crate, or none when it leads into another crate.
pub fn inside(module: &[String], path: &[String]) -> Option<Vec<String>> {
    match path.first()?.as_str() {
        "crate" => Some(path[1..].to_vec()),
        "self" => Some([module, &path[1..]].concat()),
        "super" => {
            let ups = path.iter().take_while(|part| *part == "super").count();
            let base = &module[..module.len().saturating_sub(ups)];
            Some([base, &path[ups..]].concat())
        }
        _ => None,
    }
}

/// The rooms in the order of `lib.rs`.
pub fn rooms(lib: &str) -> Vec<String> {
    let modules = lib.lines().filter_map(|line| line.strip_prefix("pub mod "));
    modules.map(|name| name.trim_end_matches(';').to_owned()).collect()
}

/// The files of tests that stand beside the sources, as `#[cfg(test)] mod tests;` declares them.
pub fn test_files(sources: &[File]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (path, source) in sources {
        let Ok(used) = Used::of(source) else { continue };
        let folder = path.trim_end_matches("/mod.rs").trim_end_matches(".rs");
        for name in used.test_modules {
            found.insert(format!("{folder}/{name}.rs"));
        }
    }
    found
}
