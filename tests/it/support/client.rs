//! People in front of the service: a browser and an API client in one.

use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use poem::endpoint::BoxEndpoint;
use poem::http::{HeaderMap, HeaderValue, Method, StatusCode};
use poem::test::{TestClient, TestRequestBuilder};
use poem::{Endpoint, EndpointExt, Request, Response};
use serde::Serialize;
use serde_json::Value;
use shirube::platform::App;
use shirube::platform::random::digest;
use shirube::site;

/// The whole service, gate included.
pub type Everything = Arc<TestClient<BoxEndpoint<'static, Response>>>;

/// The whole service of an app. Whatever an operation answers must stand in the document.
pub fn everything(app: &App) -> Everything {
    let held = site::endpoint(app.clone()).around(async |service, request: Request| {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let response = service.call(request).await?;
        if let Some(missing) = undocumented(&method, &path, response.status()) {
            panic!("{missing}");
        }
        Ok(response)
    });
    Arc::new(TestClient::new(held.boxed()))
}

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(site::openapi()).unwrap());

/// What an operation answered although its document does not say so. That an address does not take
/// a method is said of the address, not of an operation.
fn undocumented(method: &Method, path: &str, status: StatusCode) -> Option<String> {
    let asked: Vec<&str> = path.strip_prefix("/api/")?.split('/').collect();
    let fits = |template: &str| {
        let parts: Vec<&str> = template.trim_start_matches('/').split('/').collect();
        parts.len() == asked.len()
            && parts.iter().zip(&asked).all(|(own, asked)| own.starts_with('{') || own == asked)
    };
    let paths = DOCUMENT["paths"].as_object()?.iter().filter(|(template, _)| fits(template));
    let (_, methods) = paths.min_by_key(|(template, _)| template.matches('{').count())?;
    let operation = methods.get(method.as_str().to_lowercase())?;
    let known = operation["responses"].get(status.as_str()).is_some();
    (!known).then(|| format!("{method} {path} answered {status}, which its document does not say"))
}

/// Somebody who asks: pages with a cookie (and the token of forms), the API with a bearer token.
#[derive(Clone)]
pub struct Client {
    endpoint: Everything,
    /// Secret of the browser's login.
    pub cookie: Option<String>,
    /// Secret of the API's login.
    pub token: Option<String>,
    headers: Vec<(String, String)>,
    /// Where the requests come from; none: from no network.
    address: Option<IpAddr>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Client {
    pub fn new(endpoint: Everything) -> Self {
        Self { endpoint, cookie: None, token: None, headers: Vec::new(), address: None }
    }

    pub fn with_login(endpoint: Everything, cookie: String, token: String) -> Self {
        Self { cookie: Some(cookie), token: Some(token), ..Self::new(endpoint) }
    }

    /// The same client with one more header on every request.
    pub fn with_header(&self, name: &str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.push((name.to_owned(), value.to_owned()));
        client
    }

    /// The same client at this address.
    pub fn from(&self, address: &str) -> Self {
        Self { address: Some(address.parse().unwrap()), ..self.clone() }
    }

    /// The same browser with another login cookie.
    pub fn with_cookie(&self, secret: &str) -> Self {
        Self { cookie: Some(secret.to_owned()), ..self.clone() }
    }

    /// The token that this browser's forms carry.
    pub fn csrf(&self) -> Option<String> {
        let cookie = self.cookie.as_ref()?;
        Some(digest(&[b"csrf", cookie.as_bytes()])[..32].to_owned())
    }

    pub async fn get(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path)).await
    }

    /// Takes away what was read before, as [`Client::put_json`].
    pub async fn delete(&self, path: &str) -> Answer {
        let seen = self.revision(path, &Value::Null).await;
        answer(self.request(Method::DELETE, path).header("if-match", seen)).await
    }

    /// Posts a form as a page of ours does.
    pub async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf();
        let mut fields = fields.to_vec();
        if let Some(csrf) = &csrf {
            fields.push(("csrf", csrf));
        }
        self.post_form_without_token(path, &fields).await
    }

    /// Posts a form with these fields only.
    pub async fn post_form_without_token(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = serde_html_form::to_string(fields).unwrap();
        answer(
            self.request(Method::POST, path)
                .content_type("application/x-www-form-urlencoded")
                .body(body),
        )
        .await
    }

    pub async fn post_json(&self, path: &str, body: &impl Serialize) -> Answer {
        answer(self.request(Method::POST, path).body_json(body)).await
    }

    /// As [`Client::post_json`], with a yes to whatever is asked.
    pub async fn post_json_sure(&self, path: &str, body: &Value) -> Answer {
        let first = self.post_json(path, body).await;
        match sure(&first, body) {
            Some(body) => self.post_json(path, &body).await,
            None => first,
        }
    }

    /// As [`Client::put_json`], with a yes to whatever is asked.
    pub async fn put_json_sure(&self, path: &str, body: &Value) -> Answer {
        let first = self.put_json(path, body).await;
        match sure(&first, body) {
            Some(body) => self.put_json(path, &body).await,
            None => first,
        }
    }

    /// Puts what was read before, as a client does: the revision that is read now goes along, or
    /// the one of the client's own header.
    pub async fn put_json(&self, path: &str, body: &impl Serialize) -> Answer {
        let mut request = self.request(Method::PUT, path).body_json(body);
        if !self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("if-match")) {
            let body = serde_json::to_value(body).unwrap();
            request = request.header("if-match", self.revision(path, &body).await);
        }
        answer(request).await
    }

    /// The revision of what stands at `path`; 1 of what this client may not read.
    async fn revision(&self, path: &str, body: &Value) -> String {
        let parts: Vec<&str> = path.split('/').skip(2).collect();
        let within = |whole: Value, field: &str| whole.pointer(field).map(Value::to_string);

        let found = match parts.as_slice() {
            ["projects", id, rest @ ..] => {
                let field = match rest {
                    ["sections", name] => format!("/section_revisions/{name}"),
                    ["report"] => "/report_revision".to_owned(),
                    _ => "/project/revision".to_owned(),
                };
                let read = self.get(&format!("/api/projects/{id}")).await;
                (read.code() == 200).then(|| within(read.json(), &field)).flatten()
            }
            ["subsidy-rounds", id] => {
                let all = self.get("/api/subsidy-rounds").await.json();
                let mut all = all.as_array().into_iter().flatten();
                all.find(|one| one["id"].as_i64() == id.parse().ok())
                    .map(|one| one["revision"].to_string())
            }
            ["bookings", _, "answers"] => {
                let moment = body["moment"].as_str().unwrap_or_default();
                self.tag(&format!("{path}?moment={moment}")).await
            }
            ["residents", _, "path"] => Some(self.tag(path).await.unwrap_or("0".to_owned())),
            _ => self.tag(path).await,
        };

        found.unwrap_or("1".to_owned())
    }

    async fn tag(&self, path: &str) -> Option<String> {
        let read = self.get(path).await;
        Some(read.header("etag").to_owned()).filter(|tag| !tag.is_empty())
    }

    /// Any request with this client's login and header lines as bytes.
    pub async fn send_with(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &[u8])],
        body: &Value,
    ) -> Answer {
        let mut request = self.request(method, path).body_json(body);
        for (name, value) in headers {
            request = request.header(*name, HeaderValue::from_bytes(value).unwrap());
        }
        answer(request).await
    }

    /// Any request, with this client's login.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        content_type: &str,
        body: Vec<u8>,
    ) -> Answer {
        answer(self.request(method, path).content_type(content_type).body(body)).await
    }

    fn request(
        &self,
        method: Method,
        path: &str,
    ) -> TestRequestBuilder<'_, BoxEndpoint<'static, Response>> {
        let mut request = self.endpoint.request(method, path);
        if path.starts_with("/api/") {
            if let Some(token) = &self.token {
                request = request.header("authorization", format!("Bearer {token}"));
            }
        } else if let Some(cookie) = &self.cookie {
            request = request.header("cookie", format!("shirube={cookie}"));
        }
        for (name, value) in &self.headers {
            request = request.header(name.as_str(), value.as_str());
        }
        match self.address {
            Some(address) => request.data(address),
            None => request,
        }
    }
}

async fn answer(request: TestRequestBuilder<'_, BoxEndpoint<'static, Response>>) -> Answer {
    let response = request.send().await.0;
    let (status, headers) = (response.status(), response.headers().clone());
    let bytes = response.into_body().into_vec().await.unwrap();
    Answer { status, headers, text: String::from_utf8_lossy(&bytes).into_owned() }
}

impl Answer {
    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        match serde_json::from_str(&self.text) {
            Ok(value) => value,
            Err(error) => panic!("{} is not JSON ({error}): {}", self.status, self.text),
        }
    }

    /// The status as a number, for short comparisons.
    pub fn code(&self) -> u16 {
        self.status.as_u16()
    }

    /// Fails with the body when the status is another one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.code(), status, "{}", self.text);
        self
    }

    /// A header, or an empty text.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Where a redirect leads.
    pub fn location(&self) -> &str {
        self.header("location")
    }

    /// The secret that `Set-Cookie` gives for `name`.
    pub fn set_cookie(&self, name: &str) -> Option<String> {
        self.headers.get_all("set-cookie").iter().find_map(|line| {
            let (key, rest) = line.to_str().ok()?.split_once('=')?;
            (key == name).then(|| rest.split(';').next().unwrap_or_default().to_owned())
        })
    }

    /// The value of the first field with this name in the page's forms.
    #[track_caller]
    pub fn field(&self, name: &str) -> String {
        let mark = format!("name=\"{name}\"");
        let tag = self
            .text
            .split('<')
            .find(|tag| tag.contains(&mark))
            .unwrap_or_else(|| panic!("no field {name} in {}", self.text));
        let value = tag.split_once("value=\"").map_or("", |(_, rest)| rest);
        value.split('"').next().unwrap_or_default().to_owned()
    }
}

/// The body with a yes, when the answer asks for one.
fn sure(answer: &Answer, body: &Value) -> Option<Value> {
    let asked = answer.code() == 409 && answer.json()["code"] == "confirmation_needed";
    asked.then(|| {
        let mut sure = body.clone();
        sure["confirm"] = answer.json()["confirm"].clone();
        sure
    })
}
