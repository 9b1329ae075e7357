//! Requests about resources: verb and subresource decide which operation of the registry answers.

use crate::{
    ApiServer,
    body::{self, RequestBody, ResponseBody},
    negotiation::{self, Form},
    options::{DeleteOptions, ListOptions, Query, Version, WriteOptions, Writing},
    pod_logs,
    presentation::Presentation,
    registry::{Deletion, PatchType, Target, WatchStream, Written},
    request_info::RequestInfo,
    response, reviews,
    user::User,
};
use api::{
    kind::Kind,
    kinds, meta, protobuf,
    schema::{self, Document},
    status::Status,
    strategy::Part,
};
use bytes::Bytes;
use futures::stream;
use http::{HeaderMap, Request, Response, header};
use jiff::Timestamp;
use serde_json::Value;
use std::time::Duration;

/// The longest a watch lasts if the client names no time, in seconds (`--min-request-timeout` of the
/// kube-apiserver: up to twice as long, at random, so that watches do not end all at once).
const WATCH_SECONDS: u64 = 1800;

/// A request about a resource, ready to be carried out.
struct Operation<'a> {
    server: &'a ApiServer,
    user: &'a User,
    info: &'a RequestInfo,
    query: Query,
    target: Target,
    presentation: Presentation,
}

/// Carries out a request about a resource.
pub async fn handle(
    server: &ApiServer,
    user: &User,
    info: &RequestInfo,
    request: Request<RequestBody>,
) -> Result<Response<ResponseBody>, Status> {
    let catalog = server.catalog();
    let kind = catalog.find(&info.group, &info.version, &info.resource).ok_or_else(Status::no_such_resource)?;
    let one_of_many = kind.namespaced && info.namespace.is_empty() && !matches!(info.verb.as_str(), "list" | "watch");
    if one_of_many || (!kind.namespaced && !info.namespace.is_empty() && kind.plural != "namespaces") {
        return Err(Status::no_such_resource());
    }
    let query = Query::parse(request.uri().query().unwrap_or_default());
    let (parts, body) = request.into_parts();
    let form = negotiation::form(
        header_text(&parts.headers, &header::ACCEPT),
        kind.has_verb("get").then(|| query.text("includeObject")),
    )
    .or_else(|status| if info.subresource == "log" { Ok(Form::Object) } else { Err(status) })?;
    let namespace = if kind.namespaced { info.namespace.clone() } else { String::new() };
    let operation = Operation {
        server,
        user,
        info,
        query,
        target: Target { kind: kind.clone(), namespace },
        presentation: Presentation { kind: kind.clone(), form, now: Timestamp::now() },
    };
    operation.run(&parts.headers, body).await
}

impl Operation<'_> {
    async fn run(&self, headers: &HeaderMap, body: RequestBody) -> Result<Response<ResponseBody>, Status> {
        let Operation { info, target, .. } = self;
        let kind = &target.kind;
        match (info.verb.as_str(), info.subresource.as_str()) {
            ("create", "") if info.name.is_empty() => self.create(headers, &body::read(body).await?).await,
            ("create", "binding") if kind.plural == "pods" => {
                self.bind(&info.name, headers, &body::read(body).await?).await
            }
            ("get", "log") if kind.plural == "pods" => {
                pod_logs::stream(self.server, target, &info.name, &self.query).await
            }
            ("get", "proxy") if kind.plural == "nodes" => self.node_proxy().await,
            ("update", "finalize") if kind.plural == "namespaces" => {
                self.finalize(headers, &body::read(body).await?).await
            }
            ("update" | "patch" | "delete", _) if info.name.is_empty() => Err(Status::method_not_allowed()),
            (verb, subresource) => match Part::of(subresource) {
                Some(part) if part == Part::Whole || kind.subresource(subresource).is_some() => {
                    self.on_part(verb, part, headers, body).await
                }
                _ => Err(Status::no_such_resource()),
            },
        }
    }

    async fn on_part(
        &self,
        verb: &str,
        part: Part,
        headers: &HeaderMap,
        body: RequestBody,
    ) -> Result<Response<ResponseBody>, Status> {
        let kind = &self.target.kind;
        match verb {
            _ if !kind.has_verb(verb) => Err(Status::method_not_supported(kind, verb)),
            "get" => self.get().await,
            "list" => self.list().await,
            "watch" => self.watch().await,
            "update" => self.update(part, headers, &body::read(body).await?).await,
            "patch" => self.patch(part, headers, &body::read(body).await?).await,
            "delete" if part == Part::Whole => self.delete(headers, &body::read(body).await?).await,
            "deletecollection" if part == Part::Whole => {
                self.delete_collection(headers, &body::read(body).await?).await
            }
            _ => Err(Status::method_not_supported(kind, verb)),
        }
    }

    async fn get(&self) -> Result<Response<ResponseBody>, Status> {
        let version = ListOptions::from_query(&self.query, false)?.version;
        let object = self.server.registry.get(&self.target, &self.info.name, version).await?;
        Ok(response::json(200, self.presentation.object(&object)))
    }

    async fn list(&self) -> Result<Response<ResponseBody>, Status> {
        let options = ListOptions::from_query(&self.query, false)?;
        let list = self.server.registry.list(&self.target, &options).await?;
        Ok(response::json(200, self.presentation.list(&list)))
    }

    async fn watch(&self) -> Result<Response<ResponseBody>, Status> {
        let mut options = ListOptions::from_query(&self.query, true)?;
        if !self.info.name.is_empty() {
            options.field_selector = format!("metadata.name={}", self.info.name);
        }
        let spread = u64::try_from(uuid::Uuid::new_v4().as_u128() % u128::from(WATCH_SECONDS)).unwrap_or_default();
        let longest = Duration::from_secs(WATCH_SECONDS + spread);
        let events = self.server.registry.watch(&self.target, &options, longest).await?;
        let lines = watch_lines(events, self.presentation.clone(), self.server.shutdown.clone());
        Ok(response::stream("application/json", body::streamed(lines)))
    }

    async fn create(&self, headers: &HeaderMap, body: &[u8]) -> Result<Response<ResponseBody>, Status> {
        let body = parse(headers, body)?;
        if self.target.kind.plural == "bindings" {
            return self.bind_to(meta::name(&body.value), headers, &body.value).await;
        }
        if let Some(review) = reviews::answer(self.user, &self.target.kind, &body.value) {
            return Ok(response::json(201, review.to_string()));
        }
        if !self.target.kind.has_verb("create") {
            return Err(Status::method_not_supported(&self.target.kind, "create"));
        }
        let written =
            self.server.registry.create(&self.target, body, &self.write_options(Writing::Create, headers)?).await?;
        Ok(self.written(written))
    }

    async fn update(&self, part: Part, headers: &HeaderMap, body: &[u8]) -> Result<Response<ResponseBody>, Status> {
        let (body, options) = (parse(headers, body)?, self.write_options(Writing::Update, headers)?);
        let written = self.server.registry.update(&self.target, &self.info.name, part, body, &options).await?;
        Ok(self.written(written))
    }

    async fn patch(&self, part: Part, headers: &HeaderMap, body: &[u8]) -> Result<Response<ResponseBody>, Status> {
        if media_type(headers) == PatchType::APPLY {
            return self.apply(part, headers, body).await;
        }
        let patch_type = PatchType::from_media_type(media_type(headers))?;
        let patch: Value = serde_json::from_slice(body)
            .map_err(|error| Status::bad_request(format!("error decoding patch: {error}")))?;
        let options = self.write_options(Writing::Patch, headers)?;
        let written =
            self.server.registry.patch(&self.target, &self.info.name, part, patch_type, &patch, &options).await?;
        Ok(self.written(written))
    }

    async fn apply(&self, part: Part, headers: &HeaderMap, body: &[u8]) -> Result<Response<ResponseBody>, Status> {
        let options = self.write_options(Writing::Apply, headers)?;
        let wanted = schema::parse_yaml(body)?;
        let written = self.server.registry.apply(&self.target, &self.info.name, part, wanted, &options).await?;
        Ok(self.written(written))
    }

    async fn delete(&self, headers: &HeaderMap, body: &[u8]) -> Result<Response<ResponseBody>, Status> {
        let options = self.delete_options(headers, body)?;
        let kind = &self.target.kind;
        let outcome = self.server.registry.delete(&self.target, &self.info.name, &options).await?;
        let pending = matches!(outcome, Deletion::Pending(_));
        let code = if pending && options.orphan_dependents == Some(false) { 202 } else { 200 };
        match outcome {
            Deletion::Gone(object) if !returns_deleted_object(kind) => {
                Ok(response::status(&Status::deleted(kind, meta::name(&object), meta::uid(&object))))
            }
            Deletion::Gone(object) | Deletion::Pending(object) => {
                Ok(response::json(code, self.presentation.value(object).to_string()))
            }
        }
    }

    async fn delete_collection(&self, headers: &HeaderMap, body: &[u8]) -> Result<Response<ResponseBody>, Status> {
        let options = self.delete_options(headers, body)?;
        let selection = ListOptions::from_query(&self.query, false)?;
        let items = self.server.registry.delete_collection(&self.target, &selection, &options).await?;
        let kind = &self.target.kind;
        let list = serde_json::json!({
            "kind": kind.list_kind(), "apiVersion": kind.api_version(), "metadata": {}, "items": items,
        });
        Ok(response::json(200, list.to_string()))
    }

    async fn bind(&self, name: &str, headers: &HeaderMap, body: &[u8]) -> Result<Response<ResponseBody>, Status> {
        self.bind_to(name, headers, &parse(headers, body)?.value).await
    }

    async fn bind_to(
        &self,
        name: &str,
        headers: &HeaderMap,
        binding: &Value,
    ) -> Result<Response<ResponseBody>, Status> {
        let pods = Target { kind: kinds::POD, namespace: self.target.namespace.clone() };
        self.server.registry.bind(&pods, name, binding, self.write_options(Writing::Create, headers)?.dry_run).await?;
        Ok(response::status(&Status::success(201)))
    }

    /// The node's own API: `/metrics`, `/healthz`, `/pods`, `/containerLogs/…`.
    async fn node_proxy(&self) -> Result<Response<ResponseBody>, Status> {
        let name = &self.info.name;
        self.server.registry.get(&self.target, name, Version::MostRecent).await?;
        self.server.ask_node(name, &format!("/{}?{}", self.info.rest, self.query.encoded())).await
    }

    async fn finalize(&self, headers: &HeaderMap, body: &[u8]) -> Result<Response<ResponseBody>, Status> {
        let object = parse(headers, body)?.value;
        let dry_run = self.write_options(Writing::Update, headers)?.dry_run;
        let written = self.server.registry.finalize(&self.target, &self.info.name, &object, dry_run).await?;
        Ok(self.written(written))
    }

    fn written(&self, written: Written) -> Response<ResponseBody> {
        let code = if written.created { 201 } else { 200 };
        let mut response = response::json(code, self.presentation.value(written.object).to_string());
        response::warn(&mut response, &written.warnings);
        response
    }

    fn delete_options(&self, headers: &HeaderMap, body: &[u8]) -> Result<DeleteOptions, Status> {
        let body = if body.is_empty() { None } else { Some(parse(headers, body)?.value) };
        DeleteOptions::from_request(body, &self.query)
    }

    fn write_options(&self, writing: Writing, headers: &HeaderMap) -> Result<WriteOptions, Status> {
        WriteOptions::from_query(&self.query, writing, header_text(headers, &header::USER_AGENT))
    }
}

fn parse(headers: &HeaderMap, body: &[u8]) -> Result<Document, Status> {
    match media_type(headers) {
        "" | "application/json" => schema::parse_json(body),
        "application/yaml" => schema::parse_yaml(body),
        protobuf::MEDIA_TYPE => protobuf::decode(body).map(Document::from),
        _ => Err(Status::unsupported_media_type(&["application/json", "application/yaml", protobuf::MEDIA_TYPE])),
    }
}

/// The lines of a watch, until it ends or the server does.
fn watch_lines(
    events: WatchStream,
    presentation: Presentation,
    shutdown: tokio_util::sync::CancellationToken,
) -> impl futures::Stream<Item = Bytes> + Send {
    stream::unfold((events, true), move |(mut events, first)| {
        let (shutdown, presentation) = (shutdown.clone(), presentation.clone());
        async move {
            let event = tokio::select! {
                event = events.next() => event?,
                () = shutdown.cancelled() => return None,
            };
            let now = Timestamp::now();
            Some((Presentation { now, ..presentation }.event(&event, first), (events, false)))
        }
    })
}

/// Kinds whose deletion answers with the object even if it is gone at once (`ReturnDeletedObject` in
/// `pkg/registry/core`).
fn returns_deleted_object(kind: &Kind) -> bool {
    let core = [
        "pods",
        "services",
        "serviceaccounts",
        "persistentvolumes",
        "persistentvolumeclaims",
        "podtemplates",
        "resourcequotas",
        "namespaces",
    ];
    kind.group.is_empty() && core.contains(&&*kind.plural)
}

fn media_type(headers: &HeaderMap) -> &str {
    let text = header_text(headers, &header::CONTENT_TYPE);
    text.split(';').next().unwrap_or_default().trim()
}

fn header_text<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
