//! A mail server on loopback, and the eyes of those who read what it got.

use std::sync::{Arc, Mutex};

use calcard::icalendar::{ICalendar, ICalendarComponentType, ICalendarProperty, ICalendarValue};
use calcard::{Entry, Parser};
use mail_parser::{MessageParser, MimeHeaders};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A mail server. It keeps every message that it heard to the end.
#[derive(Clone)]
pub struct Sink {
    pub url: String,
    heard: Arc<Mutex<Vec<String>>>,
    /// Answers to `RCPT` and to the end of a message.
    answers: Arc<Mutex<(String, String)>>,
}

impl Sink {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let answers = Arc::new(Mutex::new(("250 ok".to_owned(), "250 ok".to_owned())));
        let sink = Self { url, heard: Arc::default(), answers };
        let serving = sink.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let sink = serving.clone();
                // A client that hangs up ends the conversation like one that says QUIT.
                tokio::spawn(async move { sink.converse(stream).await.unwrap_or_default() });
            }
        });
        sink
    }

    async fn converse(&self, stream: TcpStream) -> std::io::Result<()> {
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        write.write_all(b"220 test\r\n").await?;
        let mut message: Option<String> = None;

        while let Some(line) = lines.next_line().await? {
            let answer = match &mut message {
                Some(text) if line == "." => {
                    self.heard.lock().unwrap().push(std::mem::take(text));
                    message = None;
                    self.answers.lock().unwrap().1.clone()
                }
                Some(text) => {
                    text.push_str(line.strip_prefix('.').unwrap_or(&line));
                    text.push_str("\r\n");
                    continue;
                }
                None => match line.get(..4).unwrap_or_default() {
                    "RCPT" => self.answers.lock().unwrap().0.clone(),
                    "DATA" => {
                        message = Some(String::new());
                        "354 go on".to_owned()
                    }
                    "QUIT" => "221 bye".to_owned(),
                    _ => "250 ok".to_owned(),
                },
            };

            write.write_all(format!("{answer}\r\n").as_bytes()).await?;
        }
        Ok(())
    }

    pub fn answer(&self, recipient: &str, message: &str) {
        *self.answers.lock().unwrap() = (recipient.to_owned(), message.to_owned());
    }

    pub fn mails(&self) -> Vec<Letter> {
        self.heard.lock().unwrap().iter().map(|raw| Letter::read(raw)).collect()
    }
}

/// A mail as the person's programs see it.
#[derive(Debug)]
pub struct Letter {
    pub headers: Vec<String>,
    pub message_id: String,
    pub to: String,
    pub subject: String,
    pub text: String,
    /// `method` of the MIME part, and the calendar in it.
    pub calendar: Option<(String, String)>,
}

impl Letter {
    fn read(raw: &str) -> Self {
        let mail = MessageParser::default().parse(raw.as_bytes()).unwrap();
        let part = mail.parts.iter().find(|part| {
            part.content_type().is_some_and(|kind| kind.c_subtype.as_deref() == Some("calendar"))
        });
        Self {
            headers: mail.headers_raw().map(|(name, _)| name.to_owned()).collect(),
            message_id: mail.message_id().unwrap().to_owned(),
            to: mail.to().unwrap().first().unwrap().address().unwrap().to_owned(),
            subject: mail.subject().unwrap().to_owned(),
            text: mail.body_text(0).unwrap().replace("\r\n", "\n"),
            calendar: part.map(|part| {
                let method = part.content_type().unwrap().attribute("method").unwrap().to_owned();
                (method, String::from_utf8(part.contents().to_vec()).unwrap())
            }),
        }
    }

    pub fn calendar(&self) -> &str {
        &self.calendar.as_ref().expect("an invitation").1
    }
}

/// Reads a calendar with a parser that is not ours.
pub fn read(text: &str) -> ICalendar {
    let mut parser = Parser::new(text);
    let Entry::ICalendar(calendar) = parser.entry() else { panic!("no calendar in {text}") };
    assert_eq!(parser.entry(), Entry::Eof, "something after the calendar");
    calendar
}

/// Every value of a property in the only event.
pub fn values(calendar: &ICalendar, name: &ICalendarProperty) -> Vec<String> {
    let mut events = calendar
        .components
        .iter()
        .filter(|block| block.component_type == ICalendarComponentType::VEvent);
    let event = events.next().expect("an event");
    assert!(events.next().is_none(), "one event");
    let of_name = event.entries.iter().filter(|entry| entry.name == *name);
    of_name
        .map(|entry| match &entry.values[0] {
            ICalendarValue::Integer(number) => number.to_string(),
            value => value.as_text().unwrap_or_default().to_owned(),
        })
        .collect()
}
