//! The way of a request through the server.

use crate::{
    action::Action,
    authentication,
    authorization::Request as Authorized,
    body::{RequestBody, ResponseBody},
    documents,
    handlers::{self, Call},
    impersonation,
    options::Query,
    request_info::{self, RequestInfo},
    response,
    server::ApiServer,
    user::User,
};
use http::{HeaderMap, HeaderValue, Method, Request, Response};
use machinery::status::Status;
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
        self.metrics.observe(&self.catalog(), &info, response.status(), started.elapsed());
        response
    }

    async fn answer(
        &self,
        caller: Option<&User>,
        info: &RequestInfo,
        mut request: Request<RequestBody>,
    ) -> Result<Response<ResponseBody>, Status> {
        let action = info.is_resource().then(|| Action::resolve(info, &self.catalog()));
        let known = action.as_ref().and_then(|action| action.as_ref().ok());
        let user = self.admit(caller, info, known, request.headers()).await?;
        authentication::remove_websocket_token(request.headers_mut());
        let Some(action) = action else { return documents::handle(self, info, &request) };
        let action = action?;
        let handler = handlers::find(&action.target.kind, action.part()).ok_or_else(Status::no_such_resource)?;
        let query = Query::parse(request.uri().query().unwrap_or_default());
        let (mut parts, body) = request.into_parts();
        let upgrade = parts.extensions.remove();
        let call = Call { backend: &self.backend, user: &user, action, query, headers: parts.headers, upgrade };
        (handler.answer)(&call, body).await
    }

    /// On whose behalf a request is made, if they may make it. What is not served is refused like everything else to
    /// who may not ask for it.
    async fn admit(
        &self,
        caller: Option<&User>,
        info: &RequestInfo,
        action: Option<&Action>,
        headers: &HeaderMap,
    ) -> Result<User, Status> {
        let authorizer = &self.backend.registry.authorizer;
        let request = Authorized::new(info, action);
        let attributes = request.attributes();
        let user = self.backend.authenticator.authenticate(caller, headers).await?;
        let user = impersonation::act_as(authorizer, user, headers, &attributes).await?;
        authorizer.authorize(&user, &attributes).await?;
        Ok(user)
    }
}
