//! People in front of the service: a browser and an API client in one.

use std::net::IpAddr;
use std::sync::Arc;

use poem::endpoint::BoxEndpoint;
use poem::http::{HeaderMap, Method, StatusCode};
use poem::test::{TestClient, TestRequestBuilder};
use poem::{EndpointExt, Response};
use serde::Serialize;
use shirube::platform::App;
use shirube::platform::random::digest;
use shirube::site;

/// The whole service, gate included.
pub type Everything = Arc<TestClient<BoxEndpoint<'static, Response>>>;

/// The whole service of an app.
pub fn everything(app: &App) -> Everything {
    Arc::new(TestClient::new(site::endpoint(app.clone()).boxed()))
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

    pub async fn delete(&self, path: &str) -> Answer {
        answer(self.request(Method::DELETE, path)).await
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

    pub async fn put_json(&self, path: &str, body: &impl Serialize) -> Answer {
        answer(self.request(Method::PUT, path).body_json(body)).await
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
