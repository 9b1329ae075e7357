//! Jobs.

use machinery::meta;
use serde_json::{Value, json};

/// A Job finds its pods by its own uid, unless its author insists on labels of his own.
pub fn prepare_for_create(job: &mut Value) {
    let (name, uid) = (meta::name(job).to_owned(), meta::uid(job).to_owned());
    if job["spec"]["manualSelector"] == true || uid.is_empty() {
        return;
    }
    let labels = [
        ("batch.kubernetes.io/controller-uid", &uid),
        ("batch.kubernetes.io/job-name", &name),
        ("controller-uid", &uid),
        ("job-name", &name),
    ];
    for (key, value) in labels {
        job["spec"]["template"]["metadata"]["labels"][key] = json!(value);
    }
    job["spec"]["selector"]["matchLabels"]["batch.kubernetes.io/controller-uid"] = json!(uid);
}
