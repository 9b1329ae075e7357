//! What a reference may look like (`github.com/distribution/reference`). Read by hand: the library's regular expression
//! takes 8 MB of memory and the time of a whole pod to be made.

use oci_client::Reference;

/// A repository's name may have so many characters.
const LONGEST_NAME: usize = 255;
/// A tag, too.
const LONGEST_TAG: usize = 128;
/// Where images are looked for whose names have no registry.
const DEFAULT_REGISTRY: &str = "docker.io";
/// The same by another name.
const LEGACY_REGISTRY: &str = "index.docker.io";
/// Where that registry has the images of nobody in particular.
const OFFICIAL: &str = "library";
/// What a reference without tag and digest means.
const DEFAULT_TAG: &str = "latest";
/// Algorithms and the lengths of their digests, in hexadecimal digits.
const ALGORITHMS: [(&str, usize); 3] = [("sha256", 64), ("sha384", 96), ("sha512", 128)];

const MALFORMED: &str = "invalid reference format";

/// Reads a reference; the error says what is wrong with it.
pub(super) fn parse(text: &str) -> Result<Reference, &'static str> {
    let (named, digest) = match text.split_once('@') {
        Some((named, digest)) => (named, Some(digest)),
        None => (text, None),
    };
    let (registry, rest) = split_registry(named);
    let (repository, tag) = match rest.split_once(':') {
        Some((repository, tag)) => (repository, Some(tag)),
        None => (rest, None),
    };
    if !is_host(registry) || !repository.split('/').all(is_component) || !tag.is_none_or(is_tag) {
        return Err(MALFORMED);
    }
    if repository.len() > LONGEST_NAME {
        return Err("repository name must not be more than 255 characters");
    }
    digest.map_or(Ok(()), check_digest)?;
    let is_default = registry == DEFAULT_REGISTRY || registry == LEGACY_REGISTRY;
    let registry = if is_default { DEFAULT_REGISTRY } else { registry }.to_owned();
    let official = is_default && !repository.contains('/');
    let repository = if official { format!("{OFFICIAL}/{repository}") } else { repository.to_owned() };
    Ok(match digest {
        Some(digest) => Reference::with_digest(registry, repository, digest.to_owned()),
        None => Reference::with_tag(registry, repository, tag.unwrap_or(DEFAULT_TAG).to_owned()),
    })
}

/// The registry and what follows it: what stands before the first slash is one if it looks like a host
/// (`splitDockerDomain`).
fn split_registry(named: &str) -> (&str, &str) {
    let looks_like_host = |part: &str| {
        part.contains(['.', ':']) || part == "localhost" || part.bytes().any(|byte| byte.is_ascii_uppercase())
    };
    named.split_once('/').filter(|(first, _)| looks_like_host(first)).unwrap_or((DEFAULT_REGISTRY, named))
}

/// A host's name or address, with or without a port.
fn is_host(text: &str) -> bool {
    let (host, port) = match text.rfind(':').filter(|_| !text.ends_with(']')) {
        Some(colon) => (&text[..colon], Some(&text[colon + 1..])),
        None => (text, None),
    };
    let is_label = |label: &str| {
        let ends = label.starts_with(alphanumeric) && label.ends_with(alphanumeric);
        ends && label.chars().all(|one| alphanumeric(one) || one == '-')
    };
    let is_address = |inner: &str| !inner.is_empty() && inner.chars().all(|one| one.is_ascii_hexdigit() || one == ':');
    let is_name = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(inner) => is_address(inner),
        None => host.split('.').all(is_label),
    };
    is_name && port.is_none_or(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
}

fn alphanumeric(one: char) -> bool {
    one.is_ascii_alphanumeric()
}

/// A part of a repository's path: small letters and digits, between them a dot, one or two underscores, or dashes.
fn is_component(text: &str) -> bool {
    let is_plain = |one: char| one.is_ascii_lowercase() || one.is_ascii_digit();
    let is_separator = |text: &str| matches!(text, "." | "_" | "__") || text.bytes().all(|byte| byte == b'-');
    let separators = text.split(is_plain).filter(|separator| !separator.is_empty());
    text.starts_with(is_plain) && text.ends_with(is_plain) && separators.into_iter().all(is_separator)
}

fn is_tag(text: &str) -> bool {
    let is_word = |one: char| alphanumeric(one) || one == '_';
    let rest = text.chars().all(|one| is_word(one) || matches!(one, '.' | '-'));
    text.starts_with(is_word) && rest && text.len() <= LONGEST_TAG
}

/// An algorithm and what it makes of the content.
fn check_digest(text: &str) -> Result<(), &'static str> {
    let (algorithm, digits) = text.split_once(':').ok_or(MALFORMED)?;
    let is_algorithm = algorithm
        .split(['-', '_', '+', '.'])
        .all(|part| part.starts_with(|one: char| one.is_ascii_alphabetic()) && part.chars().all(alphanumeric));
    if !is_algorithm || digits.len() < 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(MALFORMED);
    }
    match ALGORITHMS.iter().find(|(known, _)| *known == algorithm) {
        None => Err("unsupported digest algorithm"),
        Some((_, length)) if digits.len() != *length => Err("invalid checksum digest length"),
        Some(_) if digits.bytes().any(|byte| byte.is_ascii_uppercase()) => Err(MALFORMED),
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn odd_names_are_read_as_the_grammar_says() {
        let digest = |text: &str| format!("a@{text}");
        for (text, expected) in [
            ("x/a.b-c__d/e--f", Ok("docker.io/x/a.b-c__d/e--f:latest")),
            ("[fe80::1]:5000/a", Ok("[fe80::1]:5000/a:latest")),
            ("[fe80::1]/a:1", Ok("[fe80::1]/a:1")),
            ("a___b", Err(MALFORMED)),
            ("a._b", Err(MALFORMED)),
            ("host:/a", Err(MALFORMED)),
            ("host:x/a", Err(MALFORMED)),
            ("-host.b/a", Err(MALFORMED)),
            ("a:b:c", Err(MALFORMED)),
            ("a@", Err(MALFORMED)),
            ("é", Err(MALFORMED)),
            (&digest("sha256:00000000000000000000000000000000"), Err("invalid checksum digest length")),
            (&digest("md5:00000000000000000000000000000000"), Err("unsupported digest algorithm")),
        ] {
            let found = parse(text).map(|reference| reference.to_string());
            assert_eq!(found.as_deref().map_err(|error| *error), expected, "{text}");
        }
    }

    proptest! {
        /// The library's own reading is the measure, but for what it tells apart by case.
        #[test]
        fn names_are_read_as_by_the_library(text in "[a-z0-9._:/@-]{0,24}") {
            let own = parse(&text).ok().map(|reference| reference.to_string());
            let library = Reference::try_from(text.as_str()).ok().map(|reference| reference.to_string());
            prop_assert_eq!(own, library, "{}", text);
        }
    }
}
