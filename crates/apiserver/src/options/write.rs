//! `CreateOptions`, `UpdateOptions`, `PatchOptions`: what a write is about beside its object.

use super::{Query, dry_run_error};
use machinery::{
    decode::FieldValidation,
    field::{Error, ErrorList, Path},
    status::Status,
};

/// The longest name of a manager, in bytes (`FieldManagerMaxLength`).
const LONGEST_MANAGER: usize = 128;

/// Which options a write has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writing {
    /// `CreateOptions`.
    Create,
    /// `UpdateOptions`.
    Update,
    /// `PatchOptions`.
    Patch,
    /// `PatchOptions` of a server-side apply.
    Apply,
}

/// What a write is about beside its object.
#[derive(Debug, Clone, Default)]
pub struct WriteOptions {
    /// Do everything but write.
    pub dry_run: bool,
    /// What to do with fields the kind does not have.
    pub field_validation: FieldValidation,
    /// Who writes, for `managedFields`.
    pub manager: String,
    /// An apply takes fields from other managers.
    pub force: bool,
}

impl WriteOptions {
    /// Reads and checks the parameters of a write. Who does not name itself is known by its user agent.
    pub fn from_query(query: &Query, writing: Writing, user_agent: &str) -> Result<Self, Status> {
        let (manager, dry_run) = (query.text("fieldManager"), query.list("dryRun"));
        let directive = query.text("fieldValidation");
        let mut errors = force_errors(query, writing);
        errors.extend(manager_errors(manager));
        errors.extend(dry_run_error(&dry_run));
        let field_validation = FieldValidation::from_parameter(directive);
        if field_validation.is_none() {
            let supported = ["", "Ignore", "Strict", "Warn"];
            errors.push(Error::not_supported(&Path::new("fieldValidation"), directive, &supported));
        }
        match field_validation {
            Some(field_validation) if errors.is_empty() => Ok(Self {
                dry_run: !dry_run.is_empty(),
                field_validation,
                manager: if manager.is_empty() { agent_name(user_agent) } else { manager.to_owned() },
                force: query.flag("force"),
            }),
            _ => Err(Status::invalid_options(writing.options(), &errors)),
        }
    }
}

impl Writing {
    fn options(self) -> &'static str {
        match self {
            Self::Create => "CreateOptions",
            Self::Update => "UpdateOptions",
            Self::Patch | Self::Apply => "PatchOptions",
        }
    }
}

/// `ValidatePatchOptions`.
fn force_errors(query: &Query, writing: Writing) -> ErrorList {
    match writing {
        Writing::Apply if query.text("fieldManager").is_empty() => {
            vec![Error::required(&Path::new("fieldManager"), "is required for apply patch")]
        }
        Writing::Patch if query.optional_flag("force").is_some() => {
            vec![Error::forbidden(&Path::new("force"), "may not be specified for non-apply patch")]
        }
        _ => ErrorList::new(),
    }
}

/// `ValidateFieldManager`.
fn manager_errors(manager: &str) -> ErrorList {
    let path = Path::new("fieldManager");
    let mut errors = ErrorList::new();
    if manager.len() > LONGEST_MANAGER {
        errors.push(Error::too_long(&path, LONGEST_MANAGER));
    }
    for (position, character) in manager.char_indices().filter(|(_, character)| !is_printable(*character)) {
        let detail = format!("invalid character U+{:04X} (at position {position})", u32::from(character));
        errors.push(Error::invalid(&path, manager, detail));
    }
    errors
}

/// The name in a user agent (`prefixFromUserAgent` of `k8s.io/apiserver/pkg/endpoints/handlers/create.go`).
fn agent_name(user_agent: &str) -> String {
    let mut name = String::new();
    for character in user_agent.chars().take_while(|character| *character != '/').filter(|one| is_printable(*one)) {
        if name.len() + character.len_utf8() > LONGEST_MANAGER {
            break;
        }
        name.push(character);
    }
    name
}

/// Go's `unicode.IsPrint`: Rust escapes what has no form of its own (behind a letter, to which marks may belong).
fn is_printable(character: char) -> bool {
    let escaped = || ['a', character].iter().collect::<String>().escape_debug().count() > 2;
    match character {
        ' '..='~' => true,
        _ => !character.is_control() && !character.is_whitespace() && !escaped(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faulty_options_are_refused() {
        let long = "x".repeat(129);
        let long_manager = format!("fieldManager={long}");
        for (query, writing, message) in [
            ("dryRun=Foo", Writing::Create, "dryRun: Unsupported value: [\"Foo\"]: supported values: \"All\""),
            (
                "fieldValidation=Foo",
                Writing::Update,
                "fieldValidation: Unsupported value: \"Foo\": supported values: \"\", \"Ignore\", \"Strict\", \"Warn\"",
            ),
            (&long_manager, Writing::Create, "fieldManager: Too long: may not be more than 128 bytes"),
            (
                "fieldManager=a%0Ab",
                Writing::Create,
                "fieldManager: Invalid value: \"a\\nb\": invalid character U+000A (at position 1)",
            ),
            ("force=true&fieldManager=m", Writing::Patch, "force: Forbidden: may not be specified for non-apply patch"),
            ("", Writing::Apply, "fieldManager: Required value: is required for apply patch"),
        ] {
            let refusal = WriteOptions::from_query(&Query::parse(query), writing, "").unwrap_err();
            let expected = format!("{}.meta.k8s.io \"\" is invalid: {message}", writing.options());
            assert_eq!((refusal.code(), refusal.to_string()), (422, expected), "{query}");
        }
    }

    #[test]
    fn managers_are_known_by_name_or_by_user_agent() {
        for (query, agent, expected) in [
            ("fieldManager=me", "kubectl/v1", "me"),
            ("", "kubectl/v1.37 (linux)", "kubectl"),
            ("", "ku\u{1}b\u{200b}é /x", "kubé "),
            ("", &"x".repeat(200), &"x".repeat(128)),
        ] {
            let options = WriteOptions::from_query(&Query::parse(query), Writing::Create, agent).unwrap();
            assert_eq!(options.manager, expected);
        }
    }

    #[test]
    fn marks_are_printable_and_separators_are_not() {
        assert!(['a', '~', 'é', '\u{301}', '中', '€'].into_iter().all(is_printable));
        assert!(!['\t', '\u{7f}', '\u{a0}', '\u{200b}', '\u{2028}', '\u{e000}'].into_iter().any(is_printable));
    }
}
