//! What a running service is told from outside.

use std::net::SocketAddr;

/// Settings of the running service; the command line (or `SHIRUBE_*`) gives them.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where browsers reach the service, such as `https://shirube.example.jp`; no slash at the end.
    pub base_url: String,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<ipnet::IpNet>,
    /// Code of the municipality of the public pages.
    pub home_code: String,
    /// SMTP server, such as `smtp://127.0.0.1:25`; none: mails are not sent, calls and letters are.
    pub smtp_url: Option<String>,
    /// Whether the API's own pages (`/api/docs`) are shown.
    pub api_docs: bool,
    /// Where `/metrics` is served beside the service; none: to loopback callers only.
    pub metrics_listen: Option<SocketAddr>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            base_url: "http://127.0.0.1:8080".to_owned(),
            trusted_proxies: Vec::new(),
            home_code: "131016".to_owned(),
            smtp_url: None,
            api_docs: true,
            metrics_listen: None,
        }
    }
}

impl Config {
    /// Whether browsers come by https, so that cookies can be `Secure`.
    pub fn is_https(&self) -> bool {
        self.base_url.starts_with("https://")
    }

    /// Whether browsers come by https and no proxy is named. The service speaks http, so that one
    /// stands before it, and everybody behind it would count as one network.
    pub fn lacks_proxy(&self) -> bool {
        self.is_https() && self.trusted_proxies.is_empty()
    }

    /// The host of the base URL, with its port when it has one.
    pub fn host(&self) -> &str {
        self.base_url.split("://").nth(1).unwrap_or_default().split('/').next().unwrap_or_default()
    }
}
