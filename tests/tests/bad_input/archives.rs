//! Images that are damaged or do not fit: nothing of them is kept.

use crate::refusal::refusal;
use anyhow::{Context, Result};
use rustix::mount::{MountFlags, mount};
use std::{
    fs,
    path::{Path, PathBuf},
};
use tests::{Machine, Server, images, load_images};

/// The archive of busybox.
fn busybox() -> Result<Vec<u8>> {
    Ok(fs::read(images()?.first().context("no image")?)?)
}

/// Tries to load an archive.
fn load(machine: &Machine, data_dir: &Path, archive: &Path) -> Result<String> {
    let (data, archive) = (data_dir.to_str().context("no text")?, archive.to_str().context("no text")?);
    Ok(refusal(&machine.minke(&["image", "load", "--data-dir", data, archive])?))
}

/// All files with content below a folder, but for those that an empty image store has.
fn kept(data_dir: &Path) -> Vec<PathBuf> {
    let mut folders = vec![data_dir.join("images")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.is_dir() {
                folders.push(entry.path());
            } else if metadata.len() > 0 {
                files.push(entry.path());
            }
        }
    }
    files
}

#[test]
fn damaged_archives_are_refused_and_nothing_of_them_is_kept() -> Result<()> {
    let machine = Machine::new()?;
    let data_dir = machine.data_dir("data");
    let whole = busybox()?;
    let mut corrupt = whole.clone();
    let middle = corrupt.len() / 2;
    corrupt.iter_mut().skip(middle).take(64).for_each(|byte| *byte = !*byte);
    let archives = [
        ("truncated", whole.iter().take(middle).copied().collect(), "ends"),
        ("corrupt", corrupt, "digest mismatch: expected sha256:"),
        ("empty", Vec::new(), "empty"),
        ("text", b"not an archive at all\n".repeat(100), "it is no tar archive"),
        ("short", b"not an archive\n".to_vec(), "it is no tar archive"),
    ];
    for (name, bytes, expected) in archives {
        let archive = machine.data_dir(name);
        fs::write(&archive, bytes)?;
        let told = load(&machine, &data_dir, &archive)?;
        assert!(told.contains(expected), "{name}: {told}");
        assert_eq!(kept(&data_dir), Vec::<PathBuf>::new(), "{name}");
    }
    let told = load(&machine, &data_dir, Path::new("/no/such/archive"))?;
    assert!(told.contains("/no/such/archive: No such file or directory"), "{told}");
    // The store is none the worse for it.
    load_images(&machine, &data_dir)
}

#[test]
fn an_image_that_does_not_fit_on_the_disk_leaves_the_room_as_it_was() -> Result<()> {
    let machine = Machine::new()?;
    let data_dir = machine.data_dir("small");
    fs::create_dir(&data_dir)?;
    mount("small", &data_dir, "tmpfs", MountFlags::empty(), Some(c"size=6m"))?;
    let nginx = images()?.pop().context("no image")?;
    let told = load(&machine, &data_dir, &nginx)?;
    assert!(told.contains("no space left on device"), "{told}");
    assert_eq!(kept(&data_dir), Vec::<PathBuf>::new());
    Server::start_in(&machine, data_dir, &[])?;
    Ok(())
}
