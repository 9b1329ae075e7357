//! The query parameters of requests and the options of deletions (`k8s.io/apimachinery/pkg/apis/meta/v1/types.go`).

use api::status::Status;
use serde::Deserialize;
use serde_json::Value;
use std::{collections::HashMap, str::FromStr};

/// Query parameters by name; of one given twice, the first.
#[derive(Debug, Default)]
pub struct Query(HashMap<String, String>);

impl Query {
    /// Splits a query string.
    pub fn parse(query: &str) -> Self {
        let mut parameters = HashMap::new();
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            parameters.entry(key.into_owned()).or_insert(value.into_owned());
        }
        Self(parameters)
    }

    /// The parameters as a query string.
    pub fn encoded(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }

    /// The parameter's text, empty if it is absent.
    pub fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// A boolean as Kubernetes reads it: an empty value means true, "0" and "false" mean false.
    pub fn flag(&self, name: &str) -> bool {
        self.optional_flag(name).unwrap_or(false)
    }

    /// Like [`Query::flag`], `None` if absent.
    pub fn optional_flag(&self, name: &str) -> Option<bool> {
        self.0.get(name).map(|value| !matches!(value.to_ascii_lowercase().as_str(), "0" | "false" | "f"))
    }

    /// A number, `None` if absent or empty.
    pub fn number<T: FromStr>(&self, name: &str) -> Result<Option<T>, Status> {
        match self.text(name) {
            "" => Ok(None),
            text => {
                text.parse().map(Some).map_err(|_| Status::bad_request(format!("{name}: {text:?} is not a number")))
            }
        }
    }

    /// Whether the request is only to be tried.
    pub fn dry_run(&self) -> Result<bool, Status> {
        match self.text("dryRun") {
            "" => Ok(false),
            "All" => Ok(true),
            other => {
                Err(Status::bad_request(format!("dryRun: Unsupported value: {other:?}: supported values: \"All\"")))
            }
        }
    }
}

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
    /// A watch begins with what exists. `None`: only if it has no resourceVersion.
    pub send_initial_events: Option<bool>,
    /// A watch ends after so many seconds.
    pub timeout_seconds: Option<u64>,
}

impl ListOptions {
    /// Reads and checks the parameters of a list, or of a watch.
    pub fn from_query(query: &Query, watch: bool) -> Result<Self, Status> {
        let send_initial_events = query.optional_flag("sendInitialEvents");
        if send_initial_events.is_some() && !watch {
            return Err(Status::bad_request("sendInitialEvents is forbidden for list"));
        }
        let matching = query.text("resourceVersionMatch");
        if send_initial_events == Some(true) && matching != "NotOlderThan" {
            return Err(Status::bad_request(
                "resourceVersionMatch: Invalid value: \"sendInitialEvents\" requires setting resourceVersionMatch to NotOlderThan",
            ));
        }
        let options = Self {
            label_selector: query.text("labelSelector").into(),
            field_selector: query.text("fieldSelector").into(),
            version: version(query, matching)?,
            limit: query.number("limit")?.unwrap_or(0),
            continue_token: query.text("continue").into(),
            allow_bookmarks: query.flag("allowWatchBookmarks"),
            send_initial_events,
            timeout_seconds: query.number("timeoutSeconds")?.filter(|&seconds: &u64| seconds > 0),
        };
        if !options.continue_token.is_empty() && !matches!(options.version, Version::MostRecent | Version::Any) {
            return Err(Status::bad_request("specifying resource version is not allowed when using continue"));
        }
        Ok(options)
    }
}

fn version(query: &Query, matching: &str) -> Result<Version, Status> {
    let text = query.text("resourceVersion");
    let number = || {
        text.parse::<u64>().map_err(|_| {
            Status::bad_request(format!("Invalid value: {text:?}: strconv.ParseUint: parsing {text:?}: invalid syntax"))
        })
    };
    match (text, matching) {
        ("", "") => Ok(Version::MostRecent),
        ("", "NotOlderThan") if query.flag("sendInitialEvents") => Ok(Version::MostRecent),
        ("", _) => Err(Status::bad_request("resourceVersionMatch is forbidden unless resourceVersion is provided")),
        ("0", "Exact") => {
            Err(Status::bad_request("resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""))
        }
        ("0", _) => Ok(Version::Any),
        (_, "Exact") => Ok(Version::Exact(number()?)),
        (_, "" | "NotOlderThan") => Ok(Version::NotOlderThan(number()?)),
        (_, other) => Err(Status::bad_request(format!(
            "resourceVersionMatch: Unsupported value: {other:?}: supported values: \"Exact\", \"NotOlderThan\", \"\""
        ))),
    }
}

/// How to delete (`DeleteOptions`).
#[derive(Debug, Clone, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct DeleteOptions {
    /// Seconds until the object goes; `None` leaves it to the kind.
    pub grace_period_seconds: Option<i64>,
    /// What the object must be for the deletion to happen.
    pub preconditions: Option<Preconditions>,
    /// Only try.
    pub dry_run: Vec<String>,
    /// What becomes of dependents.
    pub propagation_policy: Option<String>,
}

/// What an object must be for a change of it to happen.
#[derive(Debug, Clone, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct Preconditions {
    /// This very object, not another one of that name.
    pub uid: Option<String>,
    /// In this state.
    pub resource_version: Option<String>,
}

impl DeleteOptions {
    /// Reads the options from the body, or from the query if there is none.
    pub fn from_request(body: Option<Value>, query: &Query) -> Result<Self, Status> {
        let mut options = if let Some(body) = body {
            serde_json::from_value(body)
                .map_err(|error| Status::bad_request(format!("invalid DeleteOptions: {error}")))?
        } else {
            let policy = query.text("propagationPolicy");
            Self {
                grace_period_seconds: query.number("gracePeriodSeconds")?,
                propagation_policy: (!policy.is_empty()).then(|| policy.to_string()),
                ..Self::default()
            }
        };
        if query.dry_run()? {
            options.dry_run = vec!["All".into()];
        }
        match options.propagation_policy.as_deref() {
            None | Some("Orphan" | "Background" | "Foreground") => Ok(options),
            Some(other) => Err(Status::bad_request(format!(
                "DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Unsupported value: {other:?}: supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\""
            ))),
        }
    }

    /// Whether the deletion is only to be tried.
    pub fn is_dry_run(&self) -> bool {
        !self.dry_run.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_version_follows_kubernetes_table() {
        for (query, watch, expected) in [
            ("", false, Ok(Version::MostRecent)),
            ("resourceVersion=0", false, Ok(Version::Any)),
            ("resourceVersion=7", false, Ok(Version::NotOlderThan(7))),
            ("resourceVersion=7&resourceVersionMatch=Exact", false, Ok(Version::Exact(7))),
            ("sendInitialEvents=true&resourceVersionMatch=NotOlderThan", true, Ok(Version::MostRecent)),
            ("resourceVersionMatch=Exact", false, Err(())),
            ("resourceVersion=0&resourceVersionMatch=Exact", false, Err(())),
            ("resourceVersion=x", false, Err(())),
            ("resourceVersion=7&resourceVersionMatch=Newest", false, Err(())),
            ("resourceVersion=7&continue=abc", false, Err(())),
            ("sendInitialEvents=true", true, Err(())),
            ("sendInitialEvents=true&resourceVersionMatch=NotOlderThan", false, Err(())),
        ] {
            let got =
                ListOptions::from_query(&Query::parse(query), watch).map(|options| options.version).map_err(|_| ());
            assert_eq!(got, expected, "{query}");
        }
    }

    #[test]
    fn deletion_is_read_from_body_or_query() {
        let read = |body, query| DeleteOptions::from_request(body, &Query::parse(query));
        assert_eq!(read(None, "gracePeriodSeconds=3").unwrap().grace_period_seconds, Some(3));
        assert_eq!(read(Some(json!({"gracePeriodSeconds": 0})), "").unwrap().grace_period_seconds, Some(0));
        let preconditions = read(Some(json!({"preconditions": {"uid": "u"}})), "").unwrap().preconditions.unwrap();
        assert_eq!(preconditions.uid.as_deref(), Some("u"));
        assert!(read(None, "dryRun=All").unwrap().is_dry_run());
        for (body, query) in [
            (Some(json!(7)), ""),
            (Some(json!({"gracePeriodSeconds": "3"})), ""),
            (None, "dryRun=Some"),
            (None, "propagationPolicy=Sideways"),
            (None, "gracePeriodSeconds=x"),
        ] {
            assert!(read(body, query).is_err(), "{query}");
        }
    }
}
