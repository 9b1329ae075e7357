//! `DeleteOptions`: how to delete.

use super::{Query, dry_run_error};
use machinery::{
    field::{Error, ErrorList, Path},
    kind::Kind,
    meta,
    status::Status,
};
use serde::Deserialize;
use serde_json::Value;

/// The longest that an object may take to end, in seconds: 68 years. (Kubernetes takes any number and loses count.)
pub const LONGEST_GRACE_PERIOD: i64 = i32::MAX as i64;

/// What may become of dependents.
const POLICIES: [&str; 3] = ["Foreground", "Background", "Orphan"];

/// How to delete.
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
    /// Older name of a propagation policy.
    pub orphan_dependents: Option<bool>,
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
    /// Reads and checks the options: from the body, or from the query if there is none.
    pub fn from_request(body: Option<Value>, query: &Query) -> Result<Self, Status> {
        let mut options = match body {
            Some(body) => Self::from_value(body)?,
            None => Self {
                grace_period_seconds: query.number("gracePeriodSeconds")?,
                propagation_policy: query.list("propagationPolicy").into_iter().next(),
                orphan_dependents: query.optional_flag("orphanDependents"),
                ..Self::default()
            },
        };
        if options.dry_run.is_empty() {
            options.dry_run = query.list("dryRun");
        }
        options.checked()
    }

    /// Reads the options as an object has them.
    pub fn from_value(value: Value) -> Result<Self, Status> {
        serde_json::from_value(value).map_err(|error| Status::bad_request(format!("invalid DeleteOptions: {error}")))
    }

    /// Says what is wrong with them; grace periods are brought within bounds, negative ones mean one second.
    pub fn checked(mut self) -> Result<Self, Status> {
        let errors = self.errors();
        if !errors.is_empty() {
            return Err(Status::invalid_options("DeleteOptions", &errors));
        }
        self.grace_period_seconds = self.grace_period_seconds.map(bounded_grace_period);
        Ok(self)
    }

    /// `ValidateDeleteOptions`.
    fn errors(&self) -> ErrorList {
        let path = Path::new("propagationPolicy");
        let mut errors = ErrorList::new();
        if let Some(policy) = &self.propagation_policy {
            if self.orphan_dependents.is_some() {
                let detail = "orphanDependents and deletionPropagation cannot be both set";
                errors.push(Error::invalid(&path, policy.as_str(), detail));
            }
            if !POLICIES.contains(&policy.as_str()) {
                let [foreground, background, orphan] = POLICIES;
                errors.push(Error::not_supported(&path, policy.as_str(), &[foreground, background, orphan, "nil"]));
            }
        }
        errors.extend(dry_run_error(&self.dry_run));
        errors
    }

    /// Whether the deletion is only to be tried.
    pub fn is_dry_run(&self) -> bool {
        !self.dry_run.is_empty()
    }

    /// The state that the object must be in, if one was named.
    pub fn resource_version(&self) -> Option<&str> {
        self.preconditions.as_ref()?.resource_version.as_deref()
    }

    /// Names the state that the object must be in.
    pub fn require_resource_version(&mut self, version: String) {
        self.preconditions.get_or_insert_default().resource_version = Some(version);
    }

    /// Whether an object is what it must be to be deleted.
    pub fn check(&self, kind: &Kind, object: &Value) -> Result<(), Status> {
        let Some(preconditions) = &self.preconditions else { return Ok(()) };
        let differs = |what: &str, asked: &Option<String>, is: &str| match asked {
            Some(asked) if asked != is => {
                let cause =
                    format!("Precondition failed: {what} in precondition: {asked}, {what} in object meta: {is}");
                Err(Status::conflict(kind, meta::name(object), cause))
            }
            _ => Ok(()),
        };
        differs("UID", &preconditions.uid, meta::uid(object))?;
        differs("ResourceVersion", &preconditions.resource_version, meta::resource_version(object))
    }
}

/// A grace period that can be counted with.
pub fn bounded_grace_period(seconds: i64) -> i64 {
    if seconds < 0 { 1 } else { seconds.min(LONGEST_GRACE_PERIOD) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(body: Option<Value>, query: &str) -> Result<DeleteOptions, Status> {
        DeleteOptions::from_request(body, &Query::parse(query))
    }

    #[test]
    fn deletion_is_read_from_body_or_query() {
        assert_eq!(read(None, "gracePeriodSeconds=3").unwrap().grace_period_seconds, Some(3));
        assert_eq!(read(Some(json!({"gracePeriodSeconds": 0})), "").unwrap().grace_period_seconds, Some(0));
        let preconditions = read(Some(json!({"preconditions": {"uid": "u"}})), "").unwrap().preconditions.unwrap();
        assert_eq!(preconditions.uid.as_deref(), Some("u"));
        assert!(read(None, "dryRun=All").unwrap().is_dry_run());
        assert!(!read(None, "dryRun=").unwrap().is_dry_run());
    }

    #[test]
    fn grace_periods_are_bounded() {
        for (given, expected) in [(-1, 1), (i64::MIN, 1), (0, 0), (30, 30), (i64::MAX, LONGEST_GRACE_PERIOD)] {
            let options = read(Some(json!({"gracePeriodSeconds": given})), "").unwrap();
            assert_eq!(options.grace_period_seconds, Some(expected), "{given}");
        }
    }

    #[test]
    fn faulty_options_are_refused() {
        const INVALID: &str = "DeleteOptions.meta.k8s.io \"\" is invalid: ";
        let unsupported =
            "Unsupported value: \"Foo\": supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\"";
        for (body, query, code, message) in [
            (None, "propagationPolicy=Foo", 422, format!("{INVALID}propagationPolicy: {unsupported}")),
            (Some(json!({"propagationPolicy": "Foo"})), "", 422, format!("{INVALID}propagationPolicy: {unsupported}")),
            (
                None,
                "propagationPolicy=Orphan&orphanDependents=true",
                422,
                format!(
                    "{INVALID}propagationPolicy: Invalid value: \"Orphan\": orphanDependents and deletionPropagation cannot be both set"
                ),
            ),
            (
                None,
                "dryRun=Foo",
                422,
                format!("{INVALID}dryRun: Unsupported value: [\"Foo\"]: supported values: \"All\""),
            ),
            (None, "gracePeriodSeconds=x", 400, "strconv.ParseInt: parsing \"x\": invalid syntax".into()),
        ] {
            let refusal = read(body, query).unwrap_err();
            assert_eq!((refusal.code(), refusal.to_string()), (code, message), "{query}");
        }
        for body in [json!(7), json!({"gracePeriodSeconds": "3"})] {
            assert_eq!(read(Some(body), "").unwrap_err().code(), 400);
        }
    }
}
