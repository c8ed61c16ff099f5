//! Mail: one notice as a message with an invitation in it, and the way to the mail server.
//!
//! The plain text carries everything by itself: filters in town halls take attachments and
//! calendar parts away, and many phones show nothing else.

mod smtp;

use std::time::SystemTime;

use chrono::{DateTime, Datelike, Utc};
use lettre::address::Envelope;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Attachment, MultiPart, SinglePart};
use lettre::{Address, Message};

pub use smtp::{BadSmtpSettings, Mailer, SendError, SmtpSettings};

pub use super::ical::Mailbox;
use super::ical::{Method, clean_block, clean_line};
use crate::platform::text::EmailAddress;

/// ASCII, so that no mail program has to decode a file name.
const ATTACHMENT_NAME: &str = "invite.ics";

/// A mail before it has a form. Texts are plain, as people typed them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Fixed for each outbox row, so that a mail sent twice is known as one: `name@host`, of
    /// letters, digits, `.` and `-`, without brackets.
    pub message_id: String,
    /// Also the ORGANIZER of the invitation, and the sender on the envelope.
    pub from: Mailbox,
    pub to: Mailbox,
    pub reply_to: Option<Mailbox>,
    pub subject: String,
    pub text: String,
    /// What [`super::ical::calendar`] wrote, with the method it was asked for.
    pub calendar: Option<(Method, String)>,
}

/// Why no message was made. Names nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    #[error("a message id is name@host of letters, digits, dots and hyphens")]
    MessageId,
    #[error("the date lies outside of the years 1970 to 9998")]
    Date,
    #[error("the method of the mail is not the method of its calendar")]
    Method,
    #[error("a header or a part of the message could not be built")]
    Build,
}

/// RFC 3834, section 5: keeps absence notes and other robots from answering.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// Builds the message; `date` is its Date header.
///
/// With a calendar the shape is the one Google itself sends: mixed(alternative(text, calendar),
/// attachment). Some programs show the invitation only from the one place, some from the other.
///
/// # Errors
/// [`MailError`]. Whatever stands in names, subject and text is cleaned, not refused.
pub fn compose(mail: &Mail, date: DateTime<Utc>) -> Result<Message, MailError> {
    if !(1970..=9998).contains(&date.year()) {
        return Err(MailError::Date);
    }

    // Given openly: lettre would else read the addresses back out of the headers it wrote.
    let envelope =
        Envelope::new(Some(address(&mail.from.address)?), vec![address(&mail.to.address)?])
            .map_err(|_| MailError::Build)?;

    let mut builder = Message::builder()
        .envelope(envelope)
        .date(SystemTime::from(date))
        .message_id(Some(message_id(&mail.message_id)?))
        .from(named(&mail.from)?)
        .to(named(&mail.to)?)
        .subject(clean_line(&mail.subject))
        .header(AutoSubmitted);
    if let Some(reply_to) = &mail.reply_to {
        builder = builder.reply_to(named(reply_to)?);
    }

    let text = SinglePart::plain(clean_block(&mail.text));
    match &mail.calendar {
        None => builder.singlepart(text),
        Some((method, calendar)) => builder.multipart(invitation(text, *method, calendar)?),
    }
    .map_err(|_| MailError::Build)
}

fn invitation(text: SinglePart, method: Method, calendar: &str) -> Result<MultiPart, MailError> {
    let word = method.as_str();
    let line = format!("METHOD:{word}");
    // The part must name the method of its calendar (RFC 6047, section 2.4).
    if !calendar.split("\r\n").any(|found| found == line) {
        return Err(MailError::Method);
    }

    let content_type = |value: &str| ContentType::parse(value).map_err(|_| MailError::Build);
    let part = SinglePart::builder()
        .header(content_type(&format!("text/calendar; charset=UTF-8; method={word}"))?)
        .body(calendar.to_owned());
    let file = Attachment::new(ATTACHMENT_NAME.to_owned()).body(
        calendar.to_owned(),
        content_type(&format!("application/ics; name=\"{ATTACHMENT_NAME}\""))?,
    );

    Ok(MultiPart::mixed()
        .multipart(MultiPart::alternative().singlepart(text).singlepart(part))
        .singlepart(file))
}

/// lettre panics at a line break in a display name, so no name reaches it uncleaned.
fn named(mailbox: &Mailbox) -> Result<lettre::message::Mailbox, MailError> {
    let name = Some(mailbox.clean_name()).filter(|name| !name.is_empty());
    Ok(lettre::message::Mailbox::new(name, address(&mailbox.address)?))
}

fn address(address: &EmailAddress) -> Result<Address, MailError> {
    address.on_the_wire().parse().map_err(|_| MailError::Build)
}

fn message_id(id: &str) -> Result<String, MailError> {
    let fits = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte))
    };
    match id.split_once('@') {
        // RFC 5322, 2.1.1 wants a line of at most 78 characters, and an id cannot be folded.
        Some((name, host)) if id.len() <= 64 && fits(name) && fits(host) => Ok(format!("<{id}>")),
        _ => Err(MailError::MessageId),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use mail_parser::{MessageParser, MimeHeaders, PartType};
    use proptest::prelude::*;

    use super::super::ical::{Event, calendar};
    use super::*;

    fn mailbox(name: &str, address: &str) -> Mailbox {
        Mailbox { name: name.to_owned(), address: EmailAddress::parse(address).unwrap() }
    }

    fn noon() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2024, 6, 5, 3, 0, 0).unwrap()
    }

    fn plain() -> Mail {
        Mail {
            message_id: "booking-0191d3f2.0@shirube.example.jp".to_owned(),
            from: mailbox("見本区 デジタル政策課", "smaho@shirube.example.jp"),
            to: mailbox("しるべ 花子", "hanako@example.jp"),
            reply_to: None,
            subject: "スマホ講習会のご予約を受け付けました".to_owned(),
            text: "しるべ 花子 様\n7月10日（水）午後1時30分から、区役所1階です。\n".to_owned(),
            calendar: None,
        }
    }

    fn invitation(method: Method) -> Mail {
        let mail = plain();
        let event = Event {
            uid: "booking-0191d3f2@shirube.example.jp".to_owned(),
            sequence: 0,
            stamped_at: noon(),
            starts_at: Utc.with_ymd_and_hms(2024, 7, 10, 4, 30, 0).unwrap(),
            ends_at: Utc.with_ymd_and_hms(2024, 7, 10, 6, 30, 0).unwrap(),
            summary: "スマホ講習会（基礎編）".to_owned(),
            location: "見本区役所1階".to_owned(),
            description: "持ちもの：なし".to_owned(),
            url: None,
            organizer: Some(mail.from.clone()),
            attendee: Some(mail.to.clone()),
        };

        let text = calendar(method, &[event]).unwrap();
        Mail { calendar: Some((method, text)), ..mail }
    }

    fn bytes(mail: &Mail) -> Vec<u8> {
        compose(mail, noon()).unwrap().formatted()
    }

    fn header_names(bytes: &[u8]) -> Vec<String> {
        let message = MessageParser::default().parse(bytes).unwrap();
        message.headers_raw().map(|(name, _)| name.to_owned()).collect()
    }

    #[test]
    fn a_plain_notice_has_one_part_and_the_headers_it_was_given() {
        let bytes = bytes(&plain());
        let message = MessageParser::default().parse(&bytes).unwrap();
        assert_eq!(message.parts.len(), 1);
        assert_eq!(message.body_text(0).unwrap().replace("\r\n", "\n"), plain().text);
        assert_eq!(message.subject(), Some("スマホ講習会のご予約を受け付けました"));
        assert_eq!(message.message_id(), Some("booking-0191d3f2.0@shirube.example.jp"));
        assert_eq!(message.date().unwrap().to_timestamp(), noon().timestamp());
        let to = message.to().unwrap().first().unwrap();
        assert_eq!((to.name(), to.address()), (Some("しるべ 花子"), Some("hanako@example.jp")));
        let from = message.from().unwrap().first().unwrap();
        assert_eq!(from.name(), Some("見本区 デジタル政策課"));
        assert_eq!(message.header_raw("Auto-Submitted").map(str::trim), Some("auto-generated"));
    }

    #[test]
    fn the_reply_address_is_the_one_given() {
        let mail = Mail { reply_to: Some(mailbox("", "desk@shirube.example.jp")), ..plain() };
        let bytes = bytes(&mail);
        let message = MessageParser::default().parse(&bytes).unwrap();
        let reply_to = message.reply_to().unwrap().first().unwrap();
        assert_eq!((reply_to.name(), reply_to.address()), (None, Some("desk@shirube.example.jp")));
    }

    #[test]
    fn an_invitation_is_there_as_a_part_and_as_a_file_with_one_method() {
        for method in [Method::Request, Method::Cancel] {
            let mail = invitation(method);
            let bytes = bytes(&mail);
            let message = MessageParser::default().parse(&bytes).unwrap();
            let kinds: Vec<String> = message
                .parts
                .iter()
                .map(|part| {
                    let kind = part.content_type().unwrap();
                    format!("{}/{}", kind.ctype(), kind.subtype().unwrap())
                })
                .collect();

            assert_eq!(
                kinds,
                [
                    "multipart/mixed",
                    "multipart/alternative",
                    "text/plain",
                    "text/calendar",
                    "application/ics",
                ]
            );

            let kind = message.parts[3].content_type().unwrap();
            assert_eq!(kind.attribute("method"), Some(method.as_str()));
            assert!(
                kind.attribute("charset").is_some_and(|name| name.eq_ignore_ascii_case("UTF-8"))
            );
            assert_eq!(message.parts[4].attachment_name(), Some("invite.ics"));

            let (_, written) = mail.calendar.as_ref().unwrap();
            assert!(written.contains(&format!("\r\nMETHOD:{}\r\n", method.as_str())));
            for part in [3, 4] {
                let found = match &message.parts[part].body {
                    PartType::Text(text) => text.as_bytes(),
                    PartType::Binary(bytes) | PartType::InlineBinary(bytes) => bytes.as_ref(),
                    other => panic!("{other:?}"),
                };
                assert_eq!(std::str::from_utf8(found), Ok(written.as_str()), "part {part}");
            }
        }
    }

    #[test]
    fn a_calendar_of_another_method_is_refused() {
        let (_, cancel) = invitation(Method::Cancel).calendar.unwrap();
        let mail = Mail { calendar: Some((Method::Request, cancel)), ..plain() };
        assert_eq!(compose(&mail, noon()).err(), Some(MailError::Method));
    }

    #[test]
    fn a_line_break_in_a_name_or_subject_makes_no_header() {
        for attack in [
            "花子\r\nBcc: x@example.jp",
            "Hanako\r\nBcc: x@example.jp\r\n\r\nbody",
            "Hanako\nBcc: x@example.jp",
            "Hanako\rBcc: x@example.jp",
            "Hanako\0",
            "\"Hanako\" <x@example.jp>,",
            "\r\n",
        ] {
            let mail = Mail {
                from: mailbox(attack, "smaho@shirube.example.jp"),
                to: mailbox(attack, "hanako@example.jp"),
                reply_to: Some(mailbox(attack, "desk@shirube.example.jp")),
                subject: attack.to_owned(),
                text: format!("{attack}\r\n.\r\nQUIT\r\n"),
                ..invitation(Method::Request)
            };

            let message = compose(&mail, noon()).unwrap();
            assert_eq!(message.envelope().to().len(), 1);
            let bytes = message.formatted();
            assert_eq!(
                header_names(&bytes),
                header_names(&self::bytes(&Mail {
                    reply_to: mail.reply_to.clone(),
                    ..invitation(Method::Request)
                })),
                "{attack:?}"
            );

            let parsed = MessageParser::default().parse(&bytes).unwrap();
            let to: Vec<_> = parsed.to().unwrap().iter().map(|to| to.address()).collect();
            assert_eq!(to, [Some("hanako@example.jp")], "{attack:?}");
            assert!(parsed.bcc().is_none());
        }
    }

    /// Shows that cleaning is needed: the bare crate panics at what the test above sends.
    #[test]
    fn without_cleaning_a_line_break_in_a_name_is_a_panic() {
        let bare = || {
            let to = lettre::message::Mailbox::new(
                Some("花子\r\nBcc: x@example.jp".to_owned()),
                "hanako@example.jp".parse().unwrap(),
            );
            Message::builder().to(to)
        };
        assert!(std::panic::catch_unwind(bare).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn whatever_people_type_becomes_a_mail_to_one_address(
            name in any::<String>(),
            subject in any::<String>(),
            text in any::<String>(),
        ) {
            let mail = Mail {
                from: mailbox(&name, "smaho@shirube.example.jp"),
                to: mailbox(&name, "a..b@docomo.ne.jp"),
                subject: subject.clone(),
                text,
                ..plain()
            };

            let bytes = bytes(&mail);
            let parsed = MessageParser::default().parse(&bytes).unwrap();
            prop_assert_eq!(header_names(&bytes), header_names(&self::bytes(&plain())));
            prop_assert_eq!(parsed.to().unwrap().iter().count(), 1);
            for line in bytes.split(|&byte| byte == b'\n') {
                prop_assert!(line.len() <= 999, "{} octets", line.len());
            }
        }
    }

    #[test]
    fn an_old_carrier_address_reaches_envelope_and_header() {
        let mail = Mail { to: mailbox("花子", "a..b@docomo.ne.jp"), ..plain() };
        let message = compose(&mail, noon()).unwrap();
        assert_eq!(message.envelope().to()[0].to_string(), "\"a..b\"@docomo.ne.jp");
        let written = String::from_utf8(message.formatted()).unwrap();
        assert!(written.contains("<\"a..b\"@docomo.ne.jp>\r\n"), "{written}");
    }

    #[test]
    fn an_id_or_a_date_that_cannot_be_written_is_refused() {
        for id in ["", "a", "a@", "@b", "a@b@c", "a b@c", "a@b>\r\nBcc: x@example.jp", "<a@b>"] {
            let mail = Mail { message_id: id.to_owned(), ..plain() };
            assert_eq!(compose(&mail, noon()).err(), Some(MailError::MessageId), "{id:?}");
        }
        for date in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            assert_eq!(compose(&plain(), date).err(), Some(MailError::Date));
        }
    }
}
