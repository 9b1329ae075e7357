//! The way of a request through the server.

use crate::{
    ApiServer, authentication,
    authorization::authorize,
    body::{RequestBody, ResponseBody},
    documents, impersonation,
    request_info::{self, RequestInfo},
    resources, response,
    user::User,
};
use api::status::Status;
use futures::FutureExt;
use http::{HeaderValue, Method, Request, Response};
use std::time::Instant;

impl ApiServer {
    /// Answers a request; `caller` is whom the connection vouches for.
    pub async fn handle(&self, caller: Option<&User>, request: Request<RequestBody>) -> Response<ResponseBody> {
        let started = Instant::now();
        let head = request.method() == Method::HEAD;
        let info =
            request_info::parse(request.method(), request.uri().path(), request.uri().query().unwrap_or_default());
        let mut response = match self.answer(caller, &info, request).await {
            Ok(response) => response,
            Err(status) => {
                tracing::debug!(verb = info.verb, path = info.path, code = status.code(), %status, "refused");
                response::status(&status)
            }
        };
        if head {
            response = response::without_body(response);
        }
        if let Ok(id) = HeaderValue::from_str(&uuid::Uuid::new_v4().to_string()) {
            response.headers_mut().insert("audit-id", id);
        }
        self.metrics.observe(&info, response.status(), started.elapsed());
        response
    }

    async fn answer(
        &self,
        caller: Option<&User>,
        info: &RequestInfo,
        request: Request<RequestBody>,
    ) -> Result<Response<ResponseBody>, Status> {
        let user = authentication::authenticate(caller, request.headers())?;
        let user = impersonation::act_as(user, request.headers())?;
        authorize(&user, info)?;
        if info.is_resource() {
            // Boxed: the future of all operations together is large, and its type larger.
            resources::handle(self, &user, info, request).boxed().await
        } else {
            documents::handle(self, info, &request)
        }
    }
}
