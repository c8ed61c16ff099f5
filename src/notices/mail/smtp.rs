//! The way to the mail server (SMTP submission).

use std::error::Error;
use std::io::{self, ErrorKind};
use std::time::Duration;

use lettre::transport::smtp::response::Code;
use lettre::{Message, SmtpTransport, Transport};

/// How the mail server is reached. Has no `Debug`: the URL contains a password.
#[derive(Clone)]
pub struct SmtpSettings {
    /// `smtps://user:password@host`, or `smtp://host:port?tls=required`, or without `tls` for a
    /// server on the same machine.
    pub url: String,
    /// For each step of the conversation with the server.
    pub timeout: Duration,
}

impl SmtpSettings {
    /// Whether mails with names and addresses would leave this machine unencrypted.
    pub fn is_open_to_listeners(&self) -> bool {
        let Ok(url) = self.url.parse::<http::Uri>() else { return false };
        let encrypted = url.scheme_str() == Some("smtps")
            || url.query().is_some_and(|query| query.split('&').any(|part| part == "tls=required"));
        let host = url.host().unwrap_or_default().trim_matches(['[', ']']);
        let here = host == "localhost"
            || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        !encrypted && !here
    }
}

/// The settings do not name a mail server. Does not repeat them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the address of the mail server is not of the form smtps://user:password@host")]
pub struct BadSmtpSettings;

/// Why a mail was not taken: the reply code or the kind of failure. What the server said stays
/// unsaid, as servers like to repeat the address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The server will never take this mail: somebody has to phone or write instead.
    #[error("the mail server refused the mail for good ({0})")]
    Permanent(String),
    /// Worth another try later. The server may have taken the mail all the same.
    #[error("the mail could not be sent now ({0})")]
    Transient(String),
}

/// Sends messages through one mail server, over a few connections that are kept open.
///
/// The conversation blocks, on a thread made for that. The asynchronous transport of lettre
/// 0.11.23 limits only the time to connect, and puts a connection back to the others when a send
/// is given up half way; the next mail would then read the answers meant for the last one.
#[derive(Clone)]
pub struct Mailer {
    transport: SmtpTransport,
}

impl Mailer {
    /// Opens no connection yet.
    ///
    /// # Errors
    /// [`BadSmtpSettings`] if the URL cannot be read.
    pub fn new(settings: &SmtpSettings) -> Result<Self, BadSmtpSettings> {
        let transport = SmtpTransport::from_url(&settings.url)
            .map_err(|_| BadSmtpSettings)?
            .timeout(Some(settings.timeout))
            .build();
        Ok(Self { transport })
    }

    /// Gives one message to the server. If the future is dropped, the mail may still go out.
    ///
    /// # Errors
    /// [`SendError`], which tells whether to try again.
    pub async fn send(&self, message: Message) -> Result<(), SendError> {
        let transport = self.transport.clone();
        match tokio::task::spawn_blocking(move || transport.send(&message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(classify(&error)),
            Err(_) => Err(SendError::Transient("panic or shutdown".to_owned())),
        }
    }
}

fn classify(error: &lettre::transport::smtp::Error) -> SendError {
    if let Some(code) = error.status() {
        return if error.is_permanent() && !is_about_our_login(code) {
            SendError::Permanent(code.to_string())
        } else {
            SendError::Transient(code.to_string())
        };
    }

    let kind = if ran_out_of_time(error) {
        "timeout"
    } else if error.is_tls() {
        "tls"
    } else if error.is_response() {
        "unreadable reply"
    } else if error.is_client() {
        "client"
    } else {
        "connection"
    };
    SendError::Transient(kind.to_owned())
}

/// A socket that waited too long says `WouldBlock` on Linux, which lettre does not count.
fn ran_out_of_time(error: &lettre::transport::smtp::Error) -> bool {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(io) = cause.downcast_ref::<io::Error>() {
            return matches!(io.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock);
        }
        source = cause.source();
    }
    false
}

/// RFC 4954, section 6, and 538 of RFC 2554. A changed password must not turn every waiting mail
/// into one that can never be sent.
fn is_about_our_login(code: Code) -> bool {
    ["530", "534", "535", "538"].contains(&code.to_string().as_str())
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::{TcpListener, TcpStream};
    use std::thread::JoinHandle;

    use chrono::DateTime;

    use super::super::{Mail, Mailbox, compose};
    use super::*;
    use crate::platform::text::EmailAddress;

    fn mailbox(address: &str) -> Mailbox {
        Mailbox {
            name: "しるべ 花子".to_owned(), address: EmailAddress::parse(address).unwrap()
        }
    }

    fn message() -> Message {
        let mail = Mail {
            message_id: "booking-0191d3f2.0@shirube.example.jp".to_owned(),
            from: mailbox("smaho@shirube.example.jp"),
            to: mailbox("hanako@example.jp"),
            reply_to: None,
            subject: "Your booking".to_owned(),
            text: "Before the dot\n.\nand after it\n".to_owned(),
            calendar: None,
        };
        compose(&mail, DateTime::UNIX_EPOCH).unwrap()
    }

    /// Never said by a client.
    const NOTHING: &str = "NOTHING";

    /// A mail server for one connection that answers RCPT with `reply` and says nothing more
    /// once it has heard `last_word`. Gives back what it heard.
    fn server(reply: &'static str, last_word: &'static str) -> (String, JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let heard = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut heard = String::new();
            // A client that hangs up ends the conversation like one that says QUIT.
            converse(stream, reply, last_word, &mut heard).unwrap_or_default();
            heard
        });
        (url, heard)
    }

    fn converse(
        mut stream: TcpStream,
        reply: &str,
        last_word: &str,
        heard: &mut String,
    ) -> io::Result<()> {
        let mut silent = last_word.is_empty();
        if !silent {
            stream.write_all(b"220 test\r\n")?;
        }

        let mut in_data = false;
        for line in BufReader::new(stream.try_clone()?).lines() {
            let line = line?;
            heard.push_str(&line);
            heard.push_str("\r\n");
            if in_data && line != "." {
                continue;
            }

            let word = line.get(..4).unwrap_or(&line);
            silent |= word == last_word;
            in_data = word == "DATA";
            if silent {
                continue;
            }

            let answer = match word {
                "RCPT" => reply,
                "DATA" => "354 go on",
                "QUIT" => "221 bye",
                _ => "250 ok",
            };
            stream.write_all(format!("{answer}\r\n").as_bytes())?;
        }
        Ok(())
    }

    async fn send_to(url: String, timeout: Duration) -> Result<(), SendError> {
        let mailer = Mailer::new(&SmtpSettings { url, timeout }).unwrap();
        mailer.send(message()).await
    }

    const PATIENT: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn a_mail_is_given_to_the_server_with_both_addresses() {
        let (url, heard) = server("250 ok", NOTHING);
        assert_eq!(send_to(url, PATIENT).await, Ok(()));
        let heard = heard.join().unwrap();
        assert!(heard.contains("MAIL FROM:<smaho@shirube.example.jp>"), "{heard}");
        assert!(heard.contains("RCPT TO:<hanako@example.jp>"), "{heard}");
        assert!(heard.contains("\r\n..\r\nand after it\r\n"), "{heard}");
    }

    #[tokio::test]
    async fn a_refusal_is_told_by_its_code_and_without_the_address() {
        for (reply, expected) in [
            ("550 <hanako@example.jp> unknown", SendError::Permanent("550".to_owned())),
            ("451 try hanako later", SendError::Transient("451".to_owned())),
            ("535 hanako may not", SendError::Transient("535".to_owned())),
            ("nonsense about hanako", SendError::Transient("unreadable reply".to_owned())),
        ] {
            let (url, _) = server(reply, NOTHING);
            let error = send_to(url, PATIENT).await.unwrap_err();
            assert_eq!(error, expected, "{reply}");
            assert!(!format!("{error} {error:?}").contains("hanako"));
        }
    }

    #[tokio::test]
    async fn a_server_that_is_away_is_worth_another_try() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        drop(listener);
        assert_eq!(send_to(url, PATIENT).await, Err(SendError::Transient("connection".to_owned())));
    }

    #[tokio::test]
    async fn a_server_that_falls_silent_at_any_step_is_worth_another_try() {
        for last_word in ["", "MAIL", "RCPT", "DATA", "."] {
            let (url, _) = server("250 ok", last_word);
            let sending = send_to(url, Duration::from_millis(200));
            let sent = tokio::time::timeout(PATIENT, sending).await;
            let expected = Err(SendError::Transient("timeout".to_owned()));
            assert_eq!(sent, Ok(expected), "after {last_word:?}");
        }
    }

    #[tokio::test]
    async fn settings_that_name_no_server_are_refused_without_the_password() {
        for url in ["", "secret", "http://user:secret@example.jp", "smtp://u:secret@h?tls=maybe"] {
            let timeout = Duration::from_secs(1);
            let settings = SmtpSettings { url: url.to_owned(), timeout };
            let error = Mailer::new(&settings).err().unwrap();
            assert!(!error.to_string().contains("secret"));
        }
    }

    #[test]
    fn only_a_server_elsewhere_without_encryption_is_open_to_listeners() {
        for (url, open) in [
            ("smtp://127.0.0.1:25", false),
            ("smtp://[::1]:25", false),
            ("smtp://localhost", false),
            ("smtp://mail.example.jp:25", true),
            ("smtp://mail.example.jp?tls=opportunistic", true),
            ("smtp://mail.example.jp?tls=required", false),
            ("smtps://mail.example.jp", false),
            ("smtp://127.0.0.1.example.jp", true),
        ] {
            let settings = SmtpSettings { url: url.to_owned(), timeout: PATIENT };
            assert_eq!(settings.is_open_to_listeners(), open, "{url}");
        }
    }
}
