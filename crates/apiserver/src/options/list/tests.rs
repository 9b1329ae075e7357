use super::*;

#[test]
fn the_version_follows_kubernetes_table() {
    for (query, watch, expected) in [
        ("", false, Version::MostRecent),
        ("resourceVersion=0", false, Version::Any),
        ("resourceVersion=0&continue=abc", false, Version::Any),
        ("resourceVersion=7", false, Version::NotOlderThan(7)),
        ("resourceVersion=7&resourceVersionMatch=Exact", false, Version::Exact(7)),
        ("resourceVersion=7&resourceVersionMatch=NotOlderThan", false, Version::NotOlderThan(7)),
        ("sendInitialEvents=true&resourceVersionMatch=NotOlderThan", true, Version::MostRecent),
        ("resourceVersion=7", true, Version::NotOlderThan(7)),
    ] {
        let options = ListOptions::from_query(&Query::parse(query), watch).unwrap();
        assert_eq!(options.version, expected, "{query}");
    }
}

#[test]
fn options_that_contradict_each_other_are_refused() {
    const INVALID: &str = "ListOptions.meta.k8s.io \"\" is invalid: ";
    for (query, watch, code, message) in [
        (
            "resourceVersionMatch=Exact",
            false,
            422,
            "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided",
        ),
        (
            "resourceVersion=0&resourceVersionMatch=Exact",
            false,
            422,
            "resourceVersionMatch: Forbidden: resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"",
        ),
        (
            "resourceVersion=7&resourceVersionMatch=Newest",
            false,
            422,
            "resourceVersionMatch: Unsupported value: \"Newest\": supported values: \"Exact\", \"NotOlderThan\", \"\"",
        ),
        (
            "resourceVersion=0&resourceVersionMatch=NotOlderThan&continue=abc",
            false,
            422,
            "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided",
        ),
        ("sendInitialEvents=true", false, 422, "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list"),
        (
            "sendInitialEvents=true",
            true,
            422,
            "resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
        ),
        (
            "resourceVersion=7&resourceVersionMatch=NotOlderThan",
            true,
            422,
            "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
        ),
        (
            "resourceVersion=x",
            false,
            400,
            "invalid resource version: resourceVersion: Invalid value: \"x\": strconv.ParseUint: parsing \"x\": invalid syntax",
        ),
        (
            "resourceVersion=7&continue=abc",
            false,
            400,
            "specifying resource version is not allowed when using continue",
        ),
        ("limit=x", false, 400, "strconv.ParseInt: parsing \"x\": invalid syntax"),
        ("timeoutSeconds=", true, 400, "strconv.ParseInt: parsing \"\": invalid syntax"),
    ] {
        let refusal = ListOptions::from_query(&Query::parse(query), watch).unwrap_err();
        let prefix = if code == 422 { INVALID } else { "" };
        assert_eq!((refusal.code(), refusal.to_string()), (code, format!("{prefix}{message}")), "{query}");
    }
}

#[test]
fn numbers_out_of_bounds_saturate() {
    for (query, limit, timeout) in [
        ("limit=-1", 0, None),
        ("limit=3&timeoutSeconds=5", 3, Some(5)),
        ("timeoutSeconds=0", 0, None),
        ("timeoutSeconds=-5", 0, Some(0)),
        ("timeoutSeconds=9223372036854775807", 0, Some(LONGEST_WATCH)),
    ] {
        let options = ListOptions::from_query(&Query::parse(query), true).unwrap();
        assert_eq!((options.limit, options.timeout_seconds), (limit, timeout), "{query}");
    }
}

#[test]
fn a_watch_without_a_version_begins_with_what_exists() {
    for (query, expected) in [
        ("", Some(true)),
        ("resourceVersion=0", Some(true)),
        ("resourceVersion=7", None),
        ("sendInitialEvents=false&resourceVersionMatch=NotOlderThan", Some(false)),
    ] {
        let options = ListOptions::from_query(&Query::parse(query), true).unwrap();
        assert_eq!(options.send_initial_events, expected, "{query}");
    }
}
