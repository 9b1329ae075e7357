//! The images that the examples and the tests use, made from Debian's packages: no registry is needed.

mod archive;
mod recipes;

use crate::debian::{self, Unpacked};
use anyhow::{Context, Result};
use recipes::Recipe;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Makes the archives that are missing or made of something else, and returns where all of them are.
pub fn make(out: &Path) -> Result<Vec<PathBuf>> {
    let cache = out.join("packages");
    let busybox = debian::unpack("busybox-static", &cache)?;
    let nginx = debian::unpack("nginx", &cache)?;
    let recipes = [recipes::busybox(&busybox), recipes::nginx(&busybox, &nginx)];
    recipes.iter().map(|recipe| ensure(recipe, out)).collect()
}

fn ensure(recipe: &Recipe, out: &Path) -> Result<PathBuf> {
    let archive = out.join(format!("{}.tar", recipe.name));
    let note = out.join(format!("{}.inputs", recipe.name));
    let inputs = inputs(&recipe.packages);
    if archive.exists() && fs::read_to_string(&note).is_ok_and(|made_of| made_of == inputs) {
        return Ok(archive);
    }
    let layer = recipe.layer().with_context(|| format!("cannot make the image {}", recipe.name))?;
    let bytes = archive::docker_archive(&recipe.reference(), &recipe.config, layer)?;
    let unfinished = archive.with_extension("tar.new");
    fs::write(&unfinished, bytes).with_context(|| format!("cannot write {}", unfinished.display()))?;
    fs::rename(&unfinished, &archive).with_context(|| format!("cannot write {}", archive.display()))?;
    fs::write(&note, inputs).with_context(|| format!("cannot write {}", note.display()))?;
    Ok(archive)
}

/// All that an archive depends on: the packages' versions and this program's own source.
fn inputs(packages: &[&Unpacked]) -> String {
    let versions = packages.iter().flat_map(|unpacked| &unpacked.packages).cloned();
    let sources = [include_str!("images/recipes.rs"), include_str!("images/archive.rs")].map(archive::digest_of);
    versions.chain(sources).collect::<Vec<_>>().join("\n")
}
