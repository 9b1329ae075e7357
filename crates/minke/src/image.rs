//! `minke image`: load, pull, list and remove images; beside a running server too.

mod progress;

use crate::{blocking::blocking, cli::Image as Command, data_dir::DataDir, settings::Settings};
use anyhow::{Context, Result, bail};
use progress::Bars;
use runtime::images::{Credentials, Image, ImageReference, ImageStore, Loaded, Source};
use std::{path::PathBuf, sync::Arc};

/// Carries out one of the commands.
pub async fn image(command: Command, settings: &Settings) -> Result<()> {
    let folder = settings.data_dir();
    let store = blocking(move || Ok(ImageStore::open(&DataDir::open(&folder)?.images())?)).await?;
    match command {
        Command::Load { archives } => load(&store, archives).await,
        Command::Pull { image, creds } => pull(&store, &image, creds.as_deref(), settings).await,
        Command::Ls => {
            print!("{}", listing(&store.list()?));
            Ok(())
        }
        Command::Rm { images } => remove(&store, &images).await,
    }
}

async fn load(store: &ImageStore, archives: Vec<PathBuf>) -> Result<()> {
    for archive in archives {
        let source = if archive.as_os_str() == "-" {
            Source::Reader(Box::new(std::io::stdin()))
        } else {
            Source::Path(archive.clone())
        };
        let bars = Arc::new(Bars::new());
        let images = store.load(source, bars).await?;
        if images.is_empty() {
            bail!("{}: no image for this machine in it", archive.display());
        }
        for Loaded { image, names } in images {
            let names = if names.is_empty() { vec![image.id] } else { names };
            for name in names {
                println!("loaded {name}");
            }
        }
    }
    Ok(())
}

async fn pull(store: &ImageStore, image: &str, creds: Option<&str>, settings: &Settings) -> Result<()> {
    let reference: ImageReference = image.parse()?;
    let credentials = creds.map(parse_credentials).transpose()?;
    let registries = settings.registries.clone().unwrap_or_default();
    let pulled = store.pull(&reference, credentials.as_ref(), &registries, Arc::new(Bars::new())).await?;
    println!("pulled {} ({})", name(&pulled), size(pulled.size));
    Ok(())
}

async fn remove(store: &ImageStore, images: &[String]) -> Result<()> {
    for image in images {
        let removed = store.remove(image).await?;
        for reference in &removed.untagged {
            println!("untagged {reference}");
        }
        match &removed.deleted {
            Some(id) if removed.held_by.is_empty() => println!("deleted {id}"),
            Some(id) => println!("deleted {id}; its layers stay until {} container(s) end", removed.held_by.len()),
            None => {}
        }
    }
    Ok(())
}

fn parse_credentials(text: &str) -> Result<Credentials> {
    let (username, password) = text.split_once(':').context("--creds takes USER:PASSWORD")?;
    Ok(Credentials::Basic { username: username.into(), password: password.into() })
}

/// The first reference, or the id of an image that has none.
fn name(image: &Image) -> &str {
    image.references.first().unwrap_or(&image.id)
}

/// A table of images: one line a reference.
fn listing(images: &[Image]) -> String {
    let mut rows = vec![["IMAGE".to_string(), "ID".into(), "SIZE".into()]];
    for image in images {
        let id: String = image.id.trim_start_matches("sha256:").chars().take(12).collect();
        let none = ["<none>".to_string()];
        let references = if image.references.is_empty() { &none[..] } else { &image.references };
        rows.extend(references.iter().map(|reference| [reference.clone(), id.clone(), size(image.size)]));
    }
    let width = rows.iter().map(|[image, ..]| image.len()).max().unwrap_or_default();
    let lines: Vec<_> = rows.iter().map(|[image, id, size]| format!("{image:width$}  {id:12}  {size}\n")).collect();
    lines.concat()
}

/// Bytes in the decimal units of registries.
fn size(bytes: u64) -> String {
    indicatif::DecimalBytes(bytes).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_has_a_line_for_each_reference() {
        let image = Image {
            id: "sha256:0123456789abcdef".into(),
            references: vec!["docker.io/library/a:1".into(), "docker.io/library/a:latest".into()],
            repo_digests: Vec::new(),
            size: 1_500_000,
            created: None,
            architecture: "amd64".into(),
            config: runtime::images::ImageConfig::default(),
            layers: Vec::new(),
        };
        let text = listing(&[image]);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[1], "docker.io/library/a:1       0123456789ab  1.50 MB");
    }
}
