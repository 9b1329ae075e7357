//! What is served beside resources.

use crate::support::Caller;
use http_body_util::BodyExt;

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

#[tokio::test]
async fn openapi_comes_in_protobuf_to_who_asks_for_it() {
    let admin = Caller::admin().await;
    for media_type in machinery::openapi::PROTOBUF_MEDIA_TYPES {
        let response = admin.send("GET", "/openapi/v2", &[("accept", media_type)], "").await;
        assert_eq!(response.headers()["content-type"], machinery::openapi::PROTOBUF_MEDIA_TYPES[0]);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert!(serde_json::from_slice::<serde_json::Value>(&body).is_err() && body.len() > 100_000);
    }
}

#[tokio::test]
async fn a_verbose_check_says_which_it_is() {
    let admin = Caller::admin().await;
    for check in ["healthz", "livez", "readyz"] {
        let response = admin.send("GET", &format!("/{check}?verbose"), &[], "").await;
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert!(body.ends_with(format!("\n{check} check passed\n").as_bytes()), "{check}: {body:?}");
    }
}
