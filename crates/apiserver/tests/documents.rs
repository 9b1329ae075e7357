//! What is served beside resources.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use http_body_util::BodyExt;
use support::Caller;

#[tokio::test]
async fn head_is_answered_without_a_body() {
    let admin = Caller::admin().await;
    for (path, code) in [("/healthz", 200), ("/version", 200), ("/nonsense", 404)] {
        let response = admin.send("HEAD", path, &[], "").await;
        assert_eq!(response.status().as_u16(), code, "{path}");
        assert_ne!(response.headers()["content-length"], "0", "{path}");
        assert!(response.into_body().collect().await.unwrap().to_bytes().is_empty(), "{path}");
    }
}
