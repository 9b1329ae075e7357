//! `minke image load` is killed at any moment: what it left is of no harm, and goes.

use crate::{
    pods::{counting, run},
    random::Random,
};
use anyhow::Result;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    thread,
};
use tests::{Machine, Server, images, load_images, minke};

#[test]
fn a_killed_load_leaves_nothing_half_made() -> Result<()> {
    let machine = Machine::new()?;
    let undisturbed = machine.data_dir("undisturbed");
    load_images(&machine, &undisturbed)?;

    let mut random = Random::new();
    let data_dir = machine.data_dir("data");
    for _ in 0..5 {
        let mut load = machine.command(minke()?);
        load.args(["image", "load", "--data-dir"]).arg(&data_dir).args(images()?).stdout(Stdio::null());
        let mut load = load.spawn()?;
        thread::sleep(random.moment(5..600));
        load.kill()?;
        load.wait()?;
        let list = machine.command(minke()?).args(["image", "ls", "--data-dir"]).arg(&data_dir).output()?;
        assert!(list.status.success(), "{}", String::from_utf8_lossy(&list.stderr));
    }

    load_images(&machine, &data_dir)?;
    assert_eq!(files_of_images(&data_dir), files_of_images(&undisturbed));
    run(&Server::start_in(&machine, data_dir, &[])?, &counting("counter"))?;
    Ok(())
}

/// The names of all that is in the image store, but for an index that was still being written when the program ended:
/// it notes beside everything else what has reached the disk.
fn files_of_images(data_dir: &Path) -> BTreeSet<PathBuf> {
    fn collect(folder: &Path, found: &mut BTreeSet<PathBuf>) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            found.insert(entry.path());
            if is_folder {
                collect(&entry.path(), found);
            }
        }
    }
    let images = data_dir.join("images");
    let mut found = BTreeSet::new();
    collect(&images, &mut found);
    let names = found.into_iter().filter_map(|path| path.strip_prefix(&images).map(Path::to_path_buf).ok());
    names.filter(|name| !name.to_string_lossy().starts_with(".tmp-")).collect()
}
