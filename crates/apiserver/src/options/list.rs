//! `ListOptions`: what a list or watch asks for.

use super::Query;
use machinery::{
    field::{Error, ErrorList, Path},
    status::Status,
};

/// The longest that a watch may be asked to last, in seconds. (Kubernetes takes any number and loses count.)
const LONGEST_WATCH: u64 = 365 * 24 * 3600;

/// How a resourceVersion can be meant.
const EXACT: &str = "Exact";
const NOT_OLDER_THAN: &str = "NotOlderThan";

/// Which revision a list or watch may be answered from
/// (<https://kubernetes.io/docs/reference/using-api/api-concepts/#semantics-for-get-and-list>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// The newest.
    MostRecent,
    /// Whatever is in the cache.
    Any,
    /// This or a later one.
    NotOlderThan(u64),
    /// Just this.
    Exact(u64),
}

/// What a list or watch asks for.
#[derive(Debug)]
pub struct ListOptions {
    /// Label selector, as it came.
    pub label_selector: String,
    /// Field selector, as it came.
    pub field_selector: String,
    /// From which revision.
    pub version: Version,
    /// At most so many objects; 0 is no limit.
    pub limit: usize,
    /// Where an earlier list with a limit ended.
    pub continue_token: String,
    /// Bookmarks are wanted.
    pub allow_bookmarks: bool,
    /// A watch begins with what exists.
    pub send_initial_events: Option<bool>,
    /// A watch ends after so many seconds.
    pub timeout_seconds: Option<u64>,
}

/// The parameters that say which revision is meant.
struct Revision<'a> {
    version: &'a str,
    matching: &'a str,
    continue_token: &'a str,
    send_initial_events: Option<bool>,
}

impl Version {
    /// Reads the parameters of a GET of one object.
    pub fn from_query(query: &Query) -> Result<Self, Status> {
        let version = query.text("resourceVersion");
        Revision { version, matching: "", continue_token: "", send_initial_events: None }.meaning()
    }
}

impl ListOptions {
    /// The changes of the object of that name, from now on.
    pub fn changes_of(name: &str) -> Self {
        Self { field_selector: format!("metadata.name={name}"), ..Self::changes() }
    }

    /// All objects, then a bookmark, then their changes.
    pub fn state_and_changes() -> Self {
        Self { allow_bookmarks: true, send_initial_events: Some(true), ..Self::changes() }
    }

    /// The changes of all objects from now on; as a list, all objects.
    pub fn changes() -> Self {
        Self {
            label_selector: String::new(),
            field_selector: String::new(),
            version: Version::MostRecent,
            limit: 0,
            continue_token: String::new(),
            allow_bookmarks: false,
            send_initial_events: Some(false),
            timeout_seconds: None,
        }
    }

    /// Reads and checks the parameters of a list, or of a watch.
    pub fn from_query(query: &Query, watch: bool) -> Result<Self, Status> {
        let (limit, timeout) = (query.number("limit")?, query.number("timeoutSeconds")?);
        let revision = Revision {
            version: query.text("resourceVersion"),
            matching: query.text("resourceVersionMatch"),
            continue_token: query.text("continue"),
            send_initial_events: query.optional_flag("sendInitialEvents"),
        };
        let revision = if watch { revision.defaulted() } else { revision };
        let errors = if watch { revision.watch_errors() } else { revision.list_errors() };
        if !errors.is_empty() {
            return Err(Status::invalid_options("ListOptions", &errors));
        }
        let version = revision.meaning()?;
        if !revision.continue_token.is_empty() && !matches!(version, Version::MostRecent | Version::Any) {
            return Err(Status::bad_request("specifying resource version is not allowed when using continue"));
        }
        Ok(Self {
            label_selector: query.text("labelSelector").into(),
            field_selector: query.text("fieldSelector").into(),
            version,
            limit: limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(0),
            continue_token: revision.continue_token.into(),
            allow_bookmarks: query.flag("allowWatchBookmarks"),
            send_initial_events: revision.send_initial_events,
            timeout_seconds: timeout.and_then(seconds),
        })
    }
}

/// A client that names no time leaves it to the server, one that names a time before now gets none.
fn seconds(given: i64) -> Option<u64> {
    (given != 0).then(|| u64::try_from(given).unwrap_or(0).min(LONGEST_WATCH))
}

impl Revision<'_> {
    /// A watch without a resourceVersion begins with what exists
    /// (`k8s.io/apimachinery/pkg/apis/meta/internalversion/defaults.go`).
    fn defaulted(self) -> Self {
        if self.send_initial_events.is_some() || !self.matching.is_empty() || !matches!(self.version, "" | "0") {
            return self;
        }
        Self { send_initial_events: Some(true), matching: NOT_OLDER_THAN, ..self }
    }

    /// `ValidateListOptions` of `k8s.io/apimachinery/pkg/apis/meta/internalversion/validation`, for lists.
    fn list_errors(&self) -> ErrorList {
        let path = Path::new("resourceVersionMatch");
        let mut errors = ErrorList::new();
        let mut forbid = |so: bool, detail| errors.extend(so.then(|| Error::forbidden(&path, detail)));
        let given = !self.matching.is_empty();
        forbid(
            given && self.version.is_empty(),
            "resourceVersionMatch is forbidden unless resourceVersion is provided",
        );
        forbid(given && !self.continue_token.is_empty(), "resourceVersionMatch is forbidden when continue is provided");
        if given && ![EXACT, NOT_OLDER_THAN].contains(&self.matching) {
            errors.push(Error::not_supported(&path, self.matching, &[EXACT, NOT_OLDER_THAN, ""]));
        }
        if self.matching == EXACT && self.version == "0" {
            let detail = "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"";
            errors.push(Error::forbidden(&path, detail));
        }
        if self.send_initial_events.is_some() {
            let detail = "sendInitialEvents is forbidden for list";
            errors.push(Error::forbidden(&Path::new("sendInitialEvents"), detail));
        }
        errors
    }

    /// The same, for watches.
    fn watch_errors(&self) -> ErrorList {
        let path = Path::new("resourceVersionMatch");
        let mut errors = ErrorList::new();
        if self.send_initial_events.is_some() && self.matching != NOT_OLDER_THAN {
            let detail = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
            errors.push(Error::forbidden(&path, detail));
        }
        if self.matching.is_empty() {
            return errors;
        }
        if self.send_initial_events.is_none() {
            let detail = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided";
            errors.push(Error::forbidden(&path, detail));
        }
        if self.matching != NOT_OLDER_THAN {
            errors.push(Error::not_supported(&path, self.matching, &[NOT_OLDER_THAN]));
        }
        if !self.continue_token.is_empty() {
            errors.push(Error::forbidden(&path, "resourceVersionMatch is forbidden when continue is provided"));
        }
        errors
    }

    fn meaning(&self) -> Result<Version, Status> {
        let number = || self.version.parse::<u64>().map_err(|_| malformed(self.version));
        match (self.version, self.matching) {
            ("", _) => Ok(Version::MostRecent),
            ("0", _) => Ok(Version::Any),
            (_, EXACT) => Ok(Version::Exact(number()?)),
            _ => Ok(Version::NotOlderThan(number()?)),
        }
    }
}

/// `ParseResourceVersion` of `k8s.io/apiserver/pkg/storage/api_object_versioner.go`.
fn malformed(version: &str) -> Status {
    let cause = format!("strconv.ParseUint: parsing {version:?}: invalid syntax");
    let error = Error::invalid(&Path::new("resourceVersion"), version, cause);
    Status::bad_request(format!("invalid resource version: {error}"))
}

#[cfg(test)]
mod tests;
