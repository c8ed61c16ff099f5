//! The only way into the `ics` crate: values and parameters that cannot break out of their line.
//!
//! Names of blocks, properties and parameters are `&'static str`, so they come from this
//! program's text. Everything else is a [`Value`] or a [`Param`], and their contents are private.

use chrono::{DateTime, Datelike, FixedOffset, Utc};
use ics::components::{Component, Parameter, Property};

use super::IcalError;
use super::fold::refold;
use crate::platform::text::EmailAddress;
use crate::platform::text::characters::compose;

const JST_SECONDS_EAST: i32 = 9 * 3600;

/// A text of several lines without anything that a reader cannot see: composed, but with
/// the older shapes of kanji in names; line ends are LF, and no other control character, no
/// bidirectional override and no byte order mark is left.
pub fn clean_block(text: &str) -> String {
    let shown: String = text
        .replace("\r\n", "\n")
        .chars()
        .filter_map(|character| match character {
            '\n' | '\r' | '\u{2028}' | '\u{2029}' => Some('\n'),
            '\t' => Some(' '),
            // They turn the reading order around and can make one address look like another.
            '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' => None,
            other if other.is_control() => None,
            other => Some(other),
        })
        .collect();
    compose(&shown)
}

/// As [`clean_block`], on one line, without blanks around it: for titles, places, names, subjects.
pub fn clean_line(text: &str) -> String {
    clean_block(text).replace('\n', " ").trim().to_owned()
}

/// The value of a property, ready to be written.
#[derive(Debug)]
pub struct Value(String);

impl Value {
    pub fn word(word: &'static str) -> Self {
        Self(word.to_owned())
    }

    pub fn line(text: &str) -> Self {
        Self(ics::escape_text(clean_line(text)).into_owned())
    }

    pub fn block(text: &str) -> Self {
        Self(ics::escape_text(clean_block(text)).into_owned())
    }

    pub fn uid(uid: &str) -> Result<Self, IcalError> {
        let fits = (1..=255).contains(&uid.len())
            && uid.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"@.-".contains(&byte));
        if fits { Ok(Self(uid.to_owned())) } else { Err(IcalError::Uid) }
    }

    pub fn sequence(number: i32) -> Result<Self, IcalError> {
        if number < 0 {
            return Err(IcalError::Sequence);
        }
        Ok(Self(number.to_string()))
    }

    /// `20240710T043000Z`
    pub fn utc(at: DateTime<Utc>) -> Result<Self, IcalError> {
        Ok(Self(in_four_digits(at)?.format("%Y%m%dT%H%M%SZ").to_string()))
    }

    /// `20240710T133000`, to be written with the parameter `TZID=Asia/Tokyo`.
    pub fn tokyo(at: DateTime<Utc>) -> Result<Self, IcalError> {
        let east = FixedOffset::east_opt(JST_SECONDS_EAST).ok_or(IcalError::Time)?;
        let local = in_four_digits(at)?.with_timezone(&east);
        Ok(Self(local.format("%Y%m%dT%H%M%S").to_string()))
    }

    /// A URI is written unescaped (RFC 5545, 3.3.13), so it is checked instead.
    pub fn url(url: &str) -> Result<Self, IcalError> {
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        let fits = rest.is_some_and(|rest| !rest.is_empty())
            && url.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte));
        if fits { Ok(Self(url.to_owned())) } else { Err(IcalError::Url) }
    }

    /// `mailto:` with what is not plain in an address written in percent (RFC 6068, section 2).
    pub fn mailto(address: &EmailAddress) -> Self {
        let mut uri = String::from("mailto:");
        for byte in address.on_the_wire().bytes() {
            if byte.is_ascii_alphanumeric() || b"@.-_~+!$'*".contains(&byte) {
                uri.push(char::from(byte));
            } else {
                uri.push_str(&format!("%{byte:02X}"));
            }
        }
        Self(uri)
    }
}

/// The value of a parameter, quoted where people had a hand in it.
#[derive(Debug)]
pub struct Param(String);

impl Param {
    pub fn word(word: &'static str) -> Self {
        Self(word.to_owned())
    }

    /// In quotes, which keep `:`, `;` and `,` harmless. A quote has no escape in RFC 5545 and is
    /// dropped. `^` begins an escape for readers that know RFC 6868 and for no other, `\` for
    /// readers that go too far: both are written in full width. `None` if nothing is left.
    pub fn quoted(text: &str) -> Option<Self> {
        let text: String = clean_line(text)
            .chars()
            .filter(|&character| character != '"')
            .map(|character| match character {
                '^' => '＾',
                '\\' => '＼',
                other => other,
            })
            .collect();
        let text = text.trim();
        (!text.is_empty()).then(|| Self(format!("\"{text}\"")))
    }
}

/// `BEGIN:name` ... `END:name`.
#[derive(Debug)]
pub struct Block(Component<'static>);

impl Block {
    pub fn new(name: &'static str) -> Self {
        Self(Component::new(name))
    }

    pub fn put(&mut self, name: &'static str, value: Value) {
        self.put_with(name, Vec::new(), value);
    }

    pub fn put_with(
        &mut self,
        name: &'static str,
        params: Vec<(&'static str, Param)>,
        value: Value,
    ) {
        let mut property = Property::new(name, value.0);
        for (name, param) in params {
            property.add(Parameter::new(name, param.0));
        }
        self.0.add_property(property);
    }

    pub fn add(&mut self, block: Block) {
        self.0.add_component(block.0);
    }

    pub fn write(&self) -> String {
        refold(&self.0.to_string())
    }
}

/// iCalendar writes a year in four digits; 9999 is left out so that +09:00 cannot leave it.
fn in_four_digits(at: DateTime<Utc>) -> Result<DateTime<Utc>, IcalError> {
    if (1970..=9998).contains(&at.year()) { Ok(at) } else { Err(IcalError::Time) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleaning_keeps_what_can_be_seen_and_drops_the_rest() {
        for (typed, block, line) in [
            ("一行目\r\n二行目\r三行目", "一行目\n二行目\n三行目", "一行目 二行目 三行目"),
            ("a\u{0}b\u{7}c\u{7f}d\u{85}e", "abcde", "abcde"),
            ("左\u{202e}右\u{2066}中\u{feff}", "左右中", "左右中"),
            ("か\u{3099}き", "がき", "がき"),
            ("  項目\t値 ", "  項目 値 ", "項目 値"),
            ("段\u{2028}落", "段\n落", "段 落"),
            (
                "👨\u{200d}👩\u{200d}👧 髙橋 葛\u{e0100}",
                "👨\u{200d}👩\u{200d}👧 髙橋 葛\u{e0100}",
                "👨\u{200d}👩\u{200d}👧 髙橋 葛\u{e0100}",
            ),
        ] {
            assert_eq!(clean_block(typed), block);
            assert_eq!(clean_line(typed), line);
        }
    }

    #[test]
    fn a_parameter_is_quoted_and_has_no_quote_inside() {
        for (typed, written) in [
            ("東京都: 千代田区", Some("\"東京都: 千代田区\"")),
            ("a\";X=\"b", Some("\"a;X=b\"")),
            ("(^^)\\n", Some("\"(＾＾)＼n\"")),
            ("花子\r\nATTENDEE:x", Some("\"花子 ATTENDEE:x\"")),
            (" \"\" \r\n", None),
        ] {
            let param = Param::quoted(typed).map(|param| param.0);
            assert_eq!(param.as_deref(), written);
        }
    }

    #[test]
    fn a_link_that_could_leave_its_line_is_refused() {
        for (url, fits) in [
            ("https://shirube.example.jp/my/7Y3?a=1&b=2,3;4", true),
            ("http://localhost:3000/", true),
            ("https://", false),
            ("javascript:alert(1)", false),
            ("https://example.jp/\r\nATTENDEE:mailto:x@example.jp", false),
            ("https://example.jp/a b", false),
            ("https://example.jp/予約", false),
            ("https://example.jp/\"", false),
        ] {
            assert_eq!(Value::url(url).is_ok(), fits, "{url}");
        }
    }
}
