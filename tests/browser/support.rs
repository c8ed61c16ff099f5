//! A running service, a browser in front of it, and what we ask of every page.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::error::CmdError;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

/// Everybody's password in the demo data of these tests.
pub const PASSWORD: &str = "しるべのデモの長い合い言葉";
/// The key codes of WebDriver.
pub const ENTER: char = '\u{e007}';
pub const CONTROL: char = '\u{e009}';
pub const SPACE: char = '\u{e00d}';
pub const ALT: char = '\u{e00a}';
pub const DELETE: char = '\u{e017}';
pub const F2: char = '\u{e032}';

/// Width and height of the windows in which a page is looked at, and whether axe looks too. No style
/// turns between the two narrow ones (a law of `tests/it/architecture`), so that what axe finds in
/// one it finds in the other.
const WINDOWS: [(u32, u32, bool); 3] = [(1280, 800, true), (375, 800, false), (320, 640, true)];

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Ends a child process when dropped.
struct Ends(Child);

impl Drop for Ends {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The driver of a browser. Killed outright it would leave its browser behind: it is told to end.
struct Driver {
    port: u16,
    _child: Ends,
}

impl Drop for Driver {
    fn drop(&mut self) {
        let Ok(mut line) = TcpStream::connect(("127.0.0.1", self.port)) else { return };
        let _ = line.set_read_timeout(Some(Duration::from_secs(10)));
        let _ = line
            .write_all(b"GET /shutdown HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let _ = line.read_to_end(&mut Vec::new());
    }
}

/// `shirube serve` on its own copy of the demo data.
pub struct Service {
    _child: Ends,
    _folder: tempfile::TempDir,
    pub url: String,
}

static TEMPLATE: OnceLock<PathBuf> = OnceLock::new();

/// A database with the demo data, made once for all tests of this run.
fn template() -> &'static Path {
    TEMPLATE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap().keep();
        let file = folder.join("demo.db");
        let done = Command::new(env!("CARGO_BIN_EXE_shirube"))
            .args(["seed", "japan", "chiyoda", "yokohama", "demo", "--database"])
            .arg(format!("sqlite://{}", file.display()))
            .env("SHIRUBE_DEMO_PASSWORD", PASSWORD)
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        file
    })
}

impl Service {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("demo.db");
        let copied = Command::new(env!("CARGO_BIN_EXE_shirube"))
            .arg("backup")
            .arg(&file)
            .args(["--database", &format!("sqlite://{}", template().display())])
            .status()
            .unwrap();
        assert!(copied.success());
        let address = format!("127.0.0.1:{}", free_port());
        let child = Command::new(env!("CARGO_BIN_EXE_shirube"))
            .args(["serve", "--listen", &address, "--base-url", &format!("http://{address}")])
            .args(["--database", &format!("sqlite://{}", file.display())])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let service =
            Self { _child: Ends(child), _folder: folder, url: format!("http://{address}") };
        wait_for_port(&address).await;
        service
    }
}

async fn wait_for_port(address: &str) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while tokio::net::TcpStream::connect(address).await.is_err() {
        assert!(Instant::now() < deadline, "nobody listens on {address}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// One browser with its driver.
pub struct Browser {
    pub client: Client,
    base: String,
    keys: std::cell::Cell<usize>,
    _driver: Driver,
    profile: tempfile::TempDir,
}

/// A command of Chrome's own protocol, sent through the driver.
#[derive(Debug)]
struct Cdp(&'static str, Value);

impl WebDriverCompatibleCommand for Cdp {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(json!({ "cmd": self.0, "params": self.1 }).to_string()))
    }
}

impl Browser {
    /// A browser in front of `service`; without scripting when `scripting` is false.
    pub async fn start(service: &Service, scripting: bool) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let port = free_port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver (Debian package chromium-driver)");
        let driver = Driver { port, _child: Ends(driver) };
        wait_for_port(&format!("127.0.0.1:{port}")).await;
        let options = json!({
            "binary": "/usr/bin/chromium",
            "args": [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-sync",
                "--disable-background-networking", "--disable-component-update", "--no-first-run",
                "--disable-dev-shm-usage", "--lang=ja", "--hide-scrollbars", "--window-size=1280,800",
                format!("--user-data-dir={}", profile.path().display()),
            ],
            "prefs": { "profile.managed_default_content_settings.javascript": if scripting { 1 } else { 2 } },
        });
        let mut capabilities = serde_json::Map::new();
        capabilities.insert("goog:chromeOptions".into(), options);
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .unwrap();
        Self {
            client,
            base: service.url.clone(),
            keys: std::cell::Cell::new(0),
            _driver: driver,
            profile,
        }
    }

    /// Where the browser keeps its data: stands in the command line of its process.
    pub fn profile(&self) -> String {
        self.profile.path().display().to_string()
    }

    /// Opens a page of the service.
    pub async fn open(&self, path: &str) {
        self.client.goto(&format!("{}{path}", self.base)).await.unwrap();
    }

    /// Path and query of the page that is shown.
    pub async fn path(&self) -> String {
        let url = self.client.current_url().await.unwrap();
        url.query().map_or(url.path().to_owned(), |query| format!("{}?{query}", url.path()))
    }

    /// Logs a demo staff member in.
    pub async fn log_in(&self, login: &str) {
        self.open("/login").await;
        self.type_into("input[name=login]", login).await;
        self.type_into("input[name=password]", PASSWORD).await;
        self.submit("main form").await;
        assert_ne!(self.path().await.split('?').next(), Some("/login"), "{}", self.text().await);
    }

    /// The visible text of the page.
    pub async fn text(&self) -> String {
        self.find_text().await.unwrap()
    }

    /// As [`Self::text`]; between two pages there is none.
    async fn find_text(&self) -> Result<String, CmdError> {
        self.client.find(Locator::Css("body")).await?.text().await
    }

    /// Waits until the page's text holds `text`.
    pub async fn wait_for(&self, text: &str) {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let shown = self.find_text().await.unwrap_or_default();
            if shown.contains(text) {
                return;
            }
            assert!(Instant::now() < deadline, "「{text}」 is not shown in:\n{shown}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until nothing on the screen is found by `css` any more.
    pub async fn wait_gone(&self, css: &str) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.client.find(Locator::Css(css)).await.is_ok() {
            assert!(Instant::now() < deadline, "{css} is still there");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Types into a field, in place of what was there.
    pub async fn type_into(&self, css: &str, text: &str) {
        let field = self.client.find(Locator::Css(css)).await.unwrap();
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Clicks the first element that matches, and waits for what it brings about.
    pub async fn click(&self, css: &str) {
        let found = self.client.find(Locator::Css(css)).await;
        let Ok(element) = found else { panic!("no {css} in:\n{}", self.text().await) };
        element.click().await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    /// Opens the first session of a kind that has free seats: on other days it is another one.
    pub async fn open_free_session(&self, kind: &str) {
        self.open(&format!("/events?kind={kind}")).await;
        self.click(".session:has(.status-ok) a[href^='/events/']").await;
    }

    /// Presses the first button of a form.
    pub async fn submit(&self, form: &str) {
        self.click(&format!("{form} button:not([type=button])")).await;
    }

    /// Presses one key on whatever has the focus, and counts it.
    pub async fn press(&self, key: char) {
        self.keys.set(self.keys.get() + 1);
        let actions = KeyActions::new("keyboard".into())
            .then(KeyAction::Down { value: key })
            .then(KeyAction::Up { value: key });
        self.client.perform_actions(actions).await.unwrap();
    }

    /// Presses a key with another one held down; counts as two.
    pub async fn press_with(&self, held: char, key: char) {
        self.keys.set(self.keys.get() + 2);
        let actions = KeyActions::new("keyboard".into())
            .then(KeyAction::Down { value: held })
            .then(KeyAction::Down { value: key })
            .then(KeyAction::Up { value: key })
            .then(KeyAction::Up { value: held });
        self.client.perform_actions(actions).await.unwrap();
    }

    /// Presses keys one after another.
    pub async fn press_all(&self, keys: &str) {
        for key in keys.chars() {
            self.press(key).await;
        }
    }

    /// Enters kana as an input method does: counts the romaji keys and the Enter that commits.
    pub async fn press_kana(&self, romaji: &str, kana: &str) {
        self.keys.set(self.keys.get() + romaji.len() + 1);
        let field = self.client.active_element().await.unwrap();
        field.send_keys(kana).await.unwrap();
    }

    /// Keys pressed since the last call.
    pub fn counted_keys(&self) -> usize {
        self.keys.replace(0)
    }

    /// Makes the window as wide as a device.
    pub async fn resize(&self, width: u32, height: u32) {
        let metrics = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600,
        });
        self.cdp("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    async fn cdp(&self, command: &'static str, params: Value) -> Value {
        self.client.issue_cmd(Cdp(command, params)).await.unwrap()
    }

    /// Saves a picture of the page as `target/screens/<name>.png` for whoever wants to look at it:
    /// `SHIRUBE_SCREENS=1`. The tests themselves look at none.
    pub async fn picture(&self, name: &str) {
        if std::env::var_os("SHIRUBE_SCREENS").is_none() {
            return;
        }
        let shot =
            self.cdp("Page.captureScreenshot", json!({ "captureBeyondViewport": true })).await;
        save(&format!("{name}.png"), &decoded(&shot["data"]));
    }

    /// Prints the page as `target/screens/<name>.pdf` and gives the number of pages.
    pub async fn print(&self, name: &str) -> (usize, PathBuf) {
        let params = json!({ "preferCSSPageSize": true, "printBackground": true });
        let pdf = self.cdp("Page.printToPDF", params).await;
        let file = save(&format!("{name}.pdf"), &decoded(&pdf["data"]));
        let info = Command::new("pdfinfo").arg(&file).output().expect("pdfinfo (poppler-utils)");
        let info = String::from_utf8_lossy(&info.stdout).into_owned();
        let pages = info.lines().find_map(|line| line.strip_prefix("Pages:")).unwrap().trim();
        (pages.parse().unwrap(), file)
    }

    /// Pixels that the page is wider than the window.
    pub async fn sideways_scroll(&self) -> i64 {
        let script = "const e = document.documentElement; return e.scrollWidth - e.clientWidth;";
        self.client.execute(script, vec![]).await.unwrap().as_i64().unwrap()
    }

    /// What is wrong with the page on a desk, on a phone and on a magnified desk: sideways scroll,
    /// and what axe-core finds. Each is pictured as `name`.
    pub async fn look(&self, name: &str) -> Vec<String> {
        let mut wrong = Vec::new();
        for (width, height, with_axe) in WINDOWS {
            self.resize(width, height).await;
            self.picture(&format!("{name}-{width}")).await;
            let scroll = self.sideways_scroll().await;
            if scroll > 0 {
                wrong.push(format!("at {width}: {scroll} px sideways"));
            }
            if with_axe {
                let found = self.axe().await;
                wrong.extend(found.into_iter().map(|found| format!("at {width}: {found}")));
            }
        }
        wrong
    }

    /// What axe-core finds wrong on the page.
    pub async fn axe(&self) -> Vec<String> {
        // The library is half a megabyte: each page gets it once.
        let is_here = self.client.execute("return !!window.axe;", vec![]).await.unwrap();
        let library = if is_here == json!(true) { "" } else { axe_source() };
        let script = format!(
            "{library}; const done = arguments[arguments.length - 1];
             axe.run(document, {{ resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa',
             'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }}).then(r => done(
             r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.target.join(' ')).join(', '))));"
        );
        let found = self.client.execute_async(&script, vec![]).await.unwrap();
        serde_json::from_value(found).unwrap()
    }
}

/// axe-core as npm brings it; `scripts/test` installs it.
fn axe_source() -> &'static str {
    static SOURCE: OnceLock<String> = OnceLock::new();
    SOURCE.get_or_init(|| {
        let file = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("target/axe/node_modules/axe-core/axe.min.js");
        std::fs::read_to_string(file).expect("axe-core (scripts/test installs it)")
    })
}

fn save(name: &str, bytes: &[u8]) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screens");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join(name);
    std::fs::write(&file, bytes).unwrap();
    file
}

fn decoded(text: &Value) -> Vec<u8> {
    BASE64.decode(text.as_str().unwrap()).unwrap()
}

/// What a PDF says.
pub fn pdf_text(file: &Path) -> String {
    let text = Command::new("pdftotext").args(["-layout"]).arg(file).arg("-").output().unwrap();
    String::from_utf8_lossy(&text.stdout).into_owned()
}

/// What one page of a PDF says; the first is 1.
pub fn page_text(file: &Path, page: usize) -> String {
    let page = page.to_string();
    let text = Command::new("pdftotext")
        .args(["-f", &page, "-l", &page, "-raw"])
        .arg(file)
        .arg("-")
        .output()
        .expect("pdftotext (poppler-utils)");
    String::from_utf8_lossy(&text.stdout).into_owned()
}
