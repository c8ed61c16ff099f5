//! 時刻: a time of the day, as people write it and as browsers send it.

use chrono::NaiveTime;
use thiserror::Error;

use super::text::characters::{is_invisible, is_number_sign, narrow};

/// Why a text is not a time of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ClockError {
    /// Nothing was typed.
    #[error("the time is empty")]
    Empty,
    /// The text is no time.
    #[error("the time cannot be read")]
    Unreadable,
    /// 午前12時 or 午後12時: noon to some, midnight to others.
    #[error("twelve o'clock of which half of the day is not known")]
    Twelve,
    /// The day has no such time, as 24:00.
    #[error("there is no such time")]
    NoSuchTime,
}

impl ClockError {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::Empty, Self::Unreadable, Self::Twelve, Self::NoSuchTime];

    /// The key of the sentence to show.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Empty => "err.clock.empty",
            Self::Unreadable => "err.clock.unreadable",
            Self::Twelve => "err.clock.twelve",
            Self::NoSuchTime => "err.clock.notime",
        }
    }
}

/// How the half of the day was said.
#[derive(Clone, Copy)]
enum Half {
    /// 午前, 午後: hours 0 to 11.
    Ja { afternoon: bool },
    /// am, pm: hours 1 to 12.
    En { afternoon: bool },
}

/// Reads `14:00`, `14:00:00`, 「１４：００」, 「14時30分」, 「午後2時半」, 「正午」, "2:30 pm". The half of
/// the day is never guessed: 「2時」 is two in the night.
///
/// # Errors
/// See [`ClockError`].
pub fn read(text: &str) -> Result<NaiveTime, ClockError> {
    if text.chars().any(is_number_sign) {
        return Err(ClockError::Unreadable);
    }
    let text: String =
        narrow(text).chars().filter(|c| !(c.is_whitespace() || is_invisible(*c))).collect();
    let text = text.to_ascii_lowercase();
    let (half, clock) = match text.as_str() {
        "" => return Err(ClockError::Empty),
        "正午" | "12noon" | "noon" => (None, "12:00"),
        "12midnight" | "midnight" => (None, "0:00"),
        text => split_half(text),
    };

    let [hour, minute, second] = numbers(clock, half.is_some())?;
    let hour = match half {
        None => hour,
        Some(Half::Ja { .. }) if hour == 12 => return Err(ClockError::Twelve),
        Some(Half::Ja { afternoon }) if hour < 12 => hour + 12 * u32::from(afternoon),
        Some(Half::En { afternoon }) if (1..=12).contains(&hour) => {
            hour % 12 + 12 * u32::from(afternoon)
        }
        Some(_) => return Err(ClockError::NoSuchTime),
    };
    NaiveTime::from_hms_opt(hour, minute, second).ok_or(ClockError::NoSuchTime)
}

/// The half of the day, if it was said, and the rest.
fn split_half(text: &str) -> (Option<Half>, &str) {
    for (word, afternoon) in [("午前", false), ("午後", true)] {
        if let Some(rest) = text.strip_prefix(word) {
            return (Some(Half::Ja { afternoon }), rest);
        }
    }
    for (word, afternoon) in [("am", false), ("a.m.", false), ("pm", true), ("p.m.", true)] {
        if let Some(rest) = text.strip_suffix(word) {
            return (Some(Half::En { afternoon }), rest);
        }
    }
    (None, text)
}

/// Hour, minute and second. The hour alone says enough with 時 or with the half of the day.
fn numbers(clock: &str, has_half: bool) -> Result<[u32; 3], ClockError> {
    let (hour, minute, second) = if let Some((hour, rest)) = clock.split_once('時') {
        let minute = match rest {
            "" => "0",
            "半" => "30",
            rest => rest.strip_suffix('分').unwrap_or(rest),
        };
        (hour, minute, "0")
    } else if let Some((hour, rest)) = clock.split_once(':') {
        let (minute, second) = rest.split_once(':').unwrap_or((rest, "0"));
        (hour, minute, second)
    } else if has_half {
        (clock, "0", "0")
    } else {
        return Err(ClockError::Unreadable);
    };

    let number = |text: &str| {
        let plain = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        text.parse().ok().filter(|_| plain).ok_or(ClockError::Unreadable)
    };
    Ok([number(hour)?, number(minute)?, number(second)?])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::dates::{time_en, time_ja};
    use super::*;

    fn time(text: &str) -> NaiveTime {
        NaiveTime::parse_from_str(text, "%H:%M:%S").unwrap()
    }

    #[test]
    fn a_time_is_read_in_every_usual_form() {
        for text in [
            "14:30",
            "14:30:00",
            "１４：３０",
            " 14 : 30 ",
            "14時30分",
            "１４時３０分",
            "14時半",
            "14時30",
            "午後2時30分",
            "午後２時半",
            "午後 2:30",
            "2:30 pm",
            "2:30 p.m.",
            "2:30PM",
        ] {
            assert_eq!(read(text), Ok(time("14:30:00")), "{text}");
        }

        for (text, expected) in [
            ("14時", "14:00:00"),
            ("午後2時", "14:00:00"),
            ("2 pm", "14:00:00"),
            ("2時", "02:00:00"),
            ("9:05", "09:05:00"),
            ("14:5", "14:05:00"),
            ("16:00:30", "16:00:30"),
            ("正午", "12:00:00"),
            ("午後0時", "12:00:00"),
            ("午前0時", "00:00:00"),
            ("0:00", "00:00:00"),
            ("12:05 pm", "12:05:00"),
            ("12:30 am", "00:30:00"),
            ("12 noon", "12:00:00"),
            ("12 midnight", "00:00:00"),
        ] {
            assert_eq!(read(text), Ok(time(expected)), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_says_why() {
        for (text, error) in [
            ("", ClockError::Empty),
            ("　", ClockError::Empty),
            ("14", ClockError::Unreadable),
            ("1400", ClockError::Unreadable),
            ("14:", ClockError::Unreadable),
            (":30", ClockError::Unreadable),
            ("14.30", ClockError::Unreadable),
            ("14:30:00:00", ClockError::Unreadable),
            ("ひる", ClockError::Unreadable),
            ("二時", ClockError::Unreadable),
            ("②時", ClockError::Unreadable),
            ("-2:00", ClockError::Unreadable),
            ("14:300", ClockError::Unreadable),
            ("午後", ClockError::Unreadable),
            ("午後12時", ClockError::Twelve),
            ("午前12時30分", ClockError::Twelve),
            ("午後14時", ClockError::NoSuchTime),
            ("14 pm", ClockError::NoSuchTime),
            ("0 pm", ClockError::NoSuchTime),
            ("24:00", ClockError::NoSuchTime),
            ("14:60", ClockError::NoSuchTime),
            ("14:00:60", ClockError::NoSuchTime),
        ] {
            assert_eq!(read(text), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_time_or_none(text in any::<String>()) {
            let _ = read(&text);
        }

        #[test]
        fn what_is_said_is_read_again(hour in 0..24_u32, minute in 0..60_u32) {
            let time = NaiveTime::from_hms_opt(hour, minute, 0).unwrap();
            for said in [time_ja(time), time_en(time), time.to_string()] {
                prop_assert_eq!(read(&said), Ok(time), "{}", said);
            }
        }
    }
}
