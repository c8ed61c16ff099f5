//! The composer of letters: what stands in the window of the envelope, and how large the rest is.
//!
//! Pure: texts in, lines and sizes out. What does not fit is refused, never cut. The name goes
//! before everything else: the address gives way first. Lengths are in points; `print.css` draws
//! what is decided here, and a browser test measures it.

use unicode_segmentation::UnicodeSegmentation;

use chrono::{DateTime, NaiveDate, Utc};
use entity::notices::delivery::DeliveryState;
use entity::places::municipality;

use super::dispatch::Dispatch;
use super::message::{Fact, office_name, printed_name};
use super::rules::{self, OnPaper, Overtaken};
use crate::platform::error::refusals;
use crate::platform::random::digest;
use crate::platform::{Lang, words};

/// The window of the envelope (`--window-width`, `--window-height` in `print.css`), in millimetres.
const WINDOW_MM: (f64, f64) = (80.0, 28.0);
/// Between address and name.
const GAP_MM: f64 = 1.2;
/// Points in a millimetre.
const POINT: f64 = 72.0 / 25.4;
/// Height of a line in the window, in its own type size.
const WINDOW_LINE: f64 = 1.2;
/// Type sizes of the address, as the classes `window-12` to `window-8`.
const ADDRESS_SIZES: [u8; 5] = [12, 11, 10, 9, 8];
/// Type sizes of the name, as the classes `name-15` to `name-8`.
const NAME_SIZES: [u8; 5] = [15, 13, 12, 10, 8];
/// What may not begin a line.
const NOT_FIRST: &str = "、。，．・ー‐－〜）」』】］〕々ゃゅょっャュョッぁぃぅぇぉァィゥェォヶ";
/// What may not end a line.
const NOT_LAST: &str = "（「『【［〔〒";

refusals! {
    /// Why a letter is not printed.
    Unprintable {
        NoAddress => "letter_no_address",
        /// What is stored as postal code is none.
        PostalCode => "letter_postal_code",
        /// Address and name do not fit into the window in any size.
        Address => "letter_address_too_long",
        /// The rest does not fit on one page.
        Body => "letter_too_long",
    }
}

/// A letter as it goes on paper.
#[derive(Clone, Debug)]
pub struct Letter {
    pub window: Window,
    pub setting: Setting,
    /// Day, office, and where the office is, line by line.
    pub sender: Vec<String>,
    /// The name with 様, at the head of the text.
    pub to: String,
    /// Key of the number's name, and the number.
    pub number: (&'static str, String),
    pub headline: String,
    pub opening: String,
    pub facts: Vec<Fact>,
    pub closing: String,
    /// Key of what to say on the phone.
    pub note: &'static str,
}

/// Writes the letter of a delivery, as of a day.
///
/// # Errors
/// [`Unprintable`], when it would not be whole on paper.
pub fn compose(
    item: &Dispatch,
    office: &municipality::Model,
    lang: Lang,
    day: NaiveDate,
) -> Result<Letter, Unprintable> {
    let texts = item.words(office, lang, true);
    let resident = &item.person.resident;
    let to = words::fill(lang, "letter.to", &[("name", printed_name(resident))]);
    let address = resident.address.as_deref().unwrap_or_default();
    let window = window(resident.postal_code.as_deref(), address, &to)?;

    let postal = words::fill(lang, "letter.postal", &[("postal", &office.postal_code)]);
    let sender =
        vec![issue_date(lang, day), office_name(office, lang), postal, office.address.clone()];
    let note = match item.survey {
        Some(_) => "letter.note.survey",
        None => "letter.note",
    };

    let mut letter = Letter {
        window,
        setting: Setting::Large,
        sender,
        to,
        number: item.number(),
        headline: texts.headline(),
        opening: texts.opening(),
        facts: texts.facts(),
        closing: texts.closing(),
        note,
    };

    letter.setting = setting(&letter, words::text(lang, note))?;
    Ok(letter)
}

/// 「令和6年（2024年）7月1日」: the day of the week says nothing about a letter.
fn issue_date(lang: Lang, date: NaiveDate) -> String {
    let text = lang.long_day(date);
    match lang {
        Lang::Ja => text.rsplit_once('（').map_or(text.clone(), |(day, _)| day.to_owned()),
        Lang::En => text,
    }
}

/// By what a letter on paper is known again: where one of these differs, it is no longer true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marks {
    /// Digest of name and address.
    pub to: String,
    /// Digest of what is told: the facts, and not how they are worded.
    pub about: String,
}

/// The marks of what would be printed now.
pub fn marks(item: &Dispatch) -> Marks {
    let resident = &item.person.resident;
    let row = &item.row;
    let (starts_at, ends_at) = row.span();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let to =
        [printed_name(resident).to_owned(), text(&resident.postal_code), text(&resident.address)];
    let about = [
        item.notice.kind.as_str().to_owned(),
        starts_at.to_rfc3339(),
        ends_at.to_rfc3339(),
        row.session.title_ja.clone(),
        row.session.bring_ja.clone(),
        row.venue.name_ja.clone(),
        text(&row.venue.access_ja),
        item.room.as_ref().map(|room| room.name_ja.clone()).unwrap_or_default(),
        text(&item.advisor),
    ];
    let of = |parts: &[String]| digest(&parts.iter().map(String::as_bytes).collect::<Vec<_>>());
    Marks { to: of(&to), about: of(&about) }
}

/// Why a letter on paper must not be posted, if so.
pub fn overtaken(item: &Dispatch, now: DateTime<Utc>) -> Option<Overtaken> {
    let (marks, delivery) = (marks(item), &item.delivery);
    rules::overtaken(OnPaper {
        active: item.person.is_active(),
        dropped: delivery.state == DeliveryState::Dropped || !item.is_true(),
        due: item.is_due(now),
        same_addressee: delivery.printed_to.as_ref() == Some(&marks.to),
        same_content: delivery.printed_about.as_ref() == Some(&marks.about),
    })
}

/// What the window shows, line by line, and in which sizes (points).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// 「102-0074」
    pub postal: Option<String>,
    pub address: Vec<String>,
    pub address_size: u8,
    /// The name with 様.
    pub to: Vec<String>,
    pub to_size: u8,
}

/// Lays out the window. `to` is the name with its 様; line breaks of the address are kept, and a
/// full-width space (before 方書) begins a line where there is room for it.
///
/// # Errors
/// [`Unprintable`], when nothing was left out and it still does not fit.
pub fn window(postal: Option<&str>, address: &str, to: &str) -> Result<Window, Unprintable> {
    let postal = postal.map(postal_text).transpose()?;
    let typed: Vec<&str> = address.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if typed.is_empty() {
        return Err(Unprintable::NoAddress);
    }

    let (width, height) = (WINDOW_MM.0 * POINT, WINDOW_MM.1 * POINT);
    for to_size in NAME_SIZES {
        let to = honoured(to, width / f64::from(to_size));
        let name_height = lines_height(to.len(), to_size) + GAP_MM * POINT;
        for address_size in ADDRESS_SIZES {
            for breaks in [Breaks::AtWideSpaces, Breaks::BetweenWords, Breaks::Anywhere] {
                let em = width / f64::from(address_size);
                let address: Vec<String> =
                    typed.iter().flat_map(|line| wrap(line, em, breaks)).collect();
                let lines = address.len() + usize::from(postal.is_some());
                if lines_height(lines, address_size) + name_height <= height {
                    return Ok(Window { postal, address, address_size, to, to_size });
                }
            }
        }
    }
    Err(Unprintable::Address)
}

fn lines_height(lines: usize, size: u8) -> f64 {
    // A letter has far fewer lines than a u16 can count.
    f64::from(u16::try_from(lines).unwrap_or(u16::MAX)) * f64::from(size) * WINDOW_LINE
}

/// 「102-0074」, however it was stored.
fn postal_text(stored: &str) -> Result<String, Unprintable> {
    let digits: String = stored.chars().filter(char::is_ascii_digit).collect();
    let others = stored.chars().any(|c| !(c.is_ascii_digit() || c == '-' || c.is_whitespace()));
    match digits.len() {
        7 if !others => Ok(format!("{}-{}", &digits[..3], &digits[3..])),
        _ => Err(Unprintable::PostalCode),
    }
}

/// The name in lines; its 様 never stands alone on one.
fn honoured(to: &str, em: f64) -> Vec<String> {
    let held = match to.rsplit_once(' ') {
        Some((name, honour)) if honour.graphemes(true).count() == 1 => {
            format!("{name}\u{a0}{honour}")
        }
        _ => to.to_owned(),
    };
    let lines = wrap(&held, em, Breaks::BetweenWords);
    lines.into_iter().map(|line| line.replace('\u{a0}', " ")).collect()
}

/// Where a line may end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Breaks {
    /// A full-width space ends the line, and words stay whole.
    AtWideSpaces,
    /// Words stay whole where they fit on a line.
    BetweenWords,
    /// Lines are filled.
    Anywhere,
}

/// One line as typed in lines of at most `em` full-width characters.
fn wrap(line: &str, em: f64, breaks: Breaks) -> Vec<String> {
    if breaks == Breaks::AtWideSpaces {
        let parts = line.split('　').map(str::trim).filter(|part| !part.is_empty());
        return parts.flat_map(|part| wrap(part, em, Breaks::BetweenWords)).collect();
    }
    let mut filler = Filler { em, lines: Vec::new(), line: String::new(), used: 0.0 };
    for word in line.split_inclusive([' ', '　']) {
        let length = length_of(word.trim_end_matches([' ', '　']));
        let stays_whole = breaks == Breaks::BetweenWords && length <= em;
        if stays_whole && filler.used + length > em {
            filler.end_line();
        }
        for piece in pieces(word, em) {
            filler.put(&piece);
        }
    }
    filler.end_line();
    filler.lines
}

/// Fills lines with pieces that are not taken apart.
struct Filler {
    em: f64,
    lines: Vec<String>,
    line: String,
    used: f64,
}

impl Filler {
    fn put(&mut self, piece: &str) {
        let length = length_of(piece);
        let blank = piece.trim_matches([' ', '　']).is_empty();
        if self.used + length > self.em && !self.line.is_empty() {
            self.end_line();
        }
        if !(blank && self.line.is_empty()) {
            self.line.push_str(piece);
            self.used += length;
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let line = line.trim_matches([' ', '　']);
        if !line.is_empty() {
            self.lines.push(line.to_owned());
        }
        self.used = 0.0;
    }
}

/// What stays together: 「105-12」, a bracket with what it holds on to, a character with its mark.
fn pieces(word: &str, em: f64) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for grapheme in word.graphemes(true) {
        let joins = found.last().is_some_and(|before| {
            let together = is_code(before) && is_code(grapheme);
            let held = NOT_FIRST.contains(grapheme)
                || grapheme == "\u{a0}"
                || before.ends_with(|c| c == '\u{a0}' || NOT_LAST.contains(c));
            (together || held) && length_of(before) + length_of(grapheme) <= em
        });
        match found.last_mut().filter(|_| joins) {
            Some(before) => before.push_str(grapheme),
            None => found.push(grapheme.to_owned()),
        }
    }
    found
}

/// Digits, letters and hyphens of one number or room.
fn is_code(text: &str) -> bool {
    text.chars().all(|c| {
        let narrow = c.is_ascii_graphic();
        narrow || ('！'..='～').contains(&c) && c != '（' && c != '）' || "‐−－".contains(c)
    })
}

/// The length of a text in full-width characters, rather too long than too short: Latin letters
/// differ in width from font to font.
fn length_of(text: &str) -> f64 {
    text.graphemes(true)
        .map(|grapheme| match grapheme.chars().next().unwrap_or(' ') {
            ' ' | '\u{a0}' => 0.5,
            'm' | 'w' | 'M' | 'W' | '@' | '%' | '&' => 1.0,
            'A'..='Z' => 0.8,
            '!'..='~' => 0.65,
            'ｦ'..='ﾟ' => 0.65,
            _ => 1.0,
        })
        .sum()
}

/// How large the letter is set below the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// 15 points.
    Large,
    /// 14 points, with less space between.
    Small,
}

/// Type sizes and distances of a setting, in points; `print.css` has the same.
struct Measures {
    text: f64,
    line: f64,
    headline: f64,
    strong: f64,
    small: f64,
    row: f64,
    between: f64,
}

impl Setting {
    const fn measures(self) -> Measures {
        match self {
            Self::Large => Measures {
                text: 15.0,
                line: 1.55,
                headline: 20.0,
                strong: 18.0,
                small: 13.0,
                row: 2.8 * 2.0 * POINT,
                between: 46.0 * POINT,
            },
            Self::Small => Measures {
                text: 14.0,
                line: 1.4,
                headline: 17.0,
                strong: 15.0,
                small: 12.0,
                row: 1.4 * 2.0 * POINT,
                between: 30.0 * POINT,
            },
        }
    }
}

/// The largest setting in which the letter is one page.
///
/// # Errors
/// [`Unprintable::Body`].
fn setting(letter: &Letter, note: &str) -> Result<Setting, Unprintable> {
    // 296 mm less the paddings of the sheet, and a line in reserve.
    let page = (296.0 - 22.0 - 6.0) * POINT;
    [Setting::Large, Setting::Small]
        .into_iter()
        .find(|setting| letter.height(note, &setting.measures()) <= page)
        .ok_or(Unprintable::Body)
}

impl Letter {
    fn height(&self, note: &str, m: &Measures) -> f64 {
        let sender: f64 =
            self.sender.iter().map(|line| text_height(line, 68.0, 12.0, 1.4)).sum::<f64>()
                + 1.5 * POINT
                + text_height(&self.number.1, 68.0, 12.0, 1.4);

        let facts: f64 = self
            .facts
            .iter()
            .map(|fact| {
                let (size, line) = if fact.strong { (m.strong, 1.35) } else { (m.text, m.line) };
                let value = text_height(&fact.value, 134.0, size, line)
                    + text_height(&fact.note, 134.0, m.small, m.line);
                value.max(text_height(&fact.label, 24.0, m.text, m.line)) + m.row
            })
            .sum();

        let foot = text_height(&self.closing, 132.0, m.text, m.line)
            + 26.0 * 1.3
            + text_height(note, 132.0, 12.0, 1.45)
            + 12.0 * 1.45;
        let code = 34.0 * POINT + 2.0 * 12.0 * 1.3;

        sender.max(34.0 * POINT)
            + m.between
            + text_height(&self.headline, 170.0, m.headline, 1.4)
            + text_height(&self.to, 170.0, m.text, m.line)
            + text_height(&self.opening, 170.0, m.text, m.line)
            + facts
            + foot.max(code)
    }
}

/// The height of running text in a column of so many millimetres.
fn text_height(text: &str, column_mm: f64, size: f64, line: f64) -> f64 {
    let em = column_mm * POINT / (size * 1.01);
    // A line that is broken may end up to one character early.
    let lines = |text: &str| match length_of(text) {
        length if length <= em => 1.0,
        length => (length / (em - 1.0)).ceil(),
    };
    text.lines().map(lines).sum::<f64>() * size * line
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSS: &str = include_str!("../platform/web/assets/print.css");

    /// No line is wider than the window, nothing is lost, and all of it is as high as the window.
    fn held(postal: Option<&str>, address: &str, to: &str) -> Window {
        let shown = window(postal, address, to).expect("it fits");
        let bare = |text: &str| text.split_whitespace().collect::<String>();
        assert_eq!(bare(&shown.address.concat()), bare(address), "an address is not cut");
        assert_eq!(bare(&shown.to.concat()), bare(to), "a name is not cut");
        for (lines, size) in [(&shown.address, shown.address_size), (&shown.to, shown.to_size)] {
            for line in lines {
                let width = length_of(line) * f64::from(size);
                assert!(width <= WINDOW_MM.0 * POINT, "{line} is {width} points wide");
            }
        }
        let lines = shown.address.len() + usize::from(shown.postal.is_some());
        let height = lines_height(lines, shown.address_size)
            + lines_height(shown.to.len(), shown.to_size)
            + GAP_MM * POINT;
        assert!(height <= WINDOW_MM.1 * POINT, "{height} points high");
        shown
    }

    #[test]
    fn an_address_keeps_its_lines_and_shrinks_until_all_of_it_fits() {
        let postal = Some("1010051");

        for (address, lines, size) in [
            (
                "千代田区試験町0-0-1　しるべ荘101号室",
                vec!["千代田区試験町0-0-1", "しるべ荘101号室"],
                12,
            ),
            (
                "千代田区試験町0-0-1\nしるべ荘101号室",
                vec!["千代田区試験町0-0-1", "しるべ荘101号室"],
                12,
            ),
            ("千代田区試験町0-0-1 しるべ荘101", vec!["千代田区試験町0-0-1 しるべ荘101"], 12),
            (
                "東京都千代田区神田神保町一丁目105番地12　コーポレート神保町ガーデンハイツ弐番館1203号室",
                vec![
                    "東京都千代田区神田神保町一丁目105番",
                    "地12　コーポレート神保町ガーデンハイ",
                    "ツ弐番館1203号室",
                ],
                12,
            ),
        ] {
            let shown = held(postal, address, "しるべ 花子 様");
            assert_eq!(shown.address_size, size, "{:?}", shown.address);
            assert_eq!(shown.address, lines);
            assert_eq!((shown.to, shown.to_size), (vec!["しるべ 花子 様".to_owned()], 15));
        }
    }

    #[test]
    fn the_longest_address_gives_way_before_the_name_does() {
        let long = "東京都千代田区神田神保町一丁目105番地12　コーポレート神保町ガーデンハイツ弐番館\
                    1203号室　特別養護老人ホームしるべの里東館気付　佐々木様方";
        let shown = held(Some("101-0051"), long, "しるべ 花子 様");
        assert_eq!((shown.to_size, shown.to.len()), (15, 1));
        assert!(shown.address_size < 12, "{shown:?}");
        for length in [80, 90, 100] {
            let flat = "千代田区試験町".chars().cycle().take(length).collect::<String>();
            assert_eq!(held(Some("101-0051"), &flat, "しるべ 花子 様").to_size, 15, "{length}");
        }
        let name = "カタカナ".repeat(25);
        held(Some("101-0051"), &"千代田区試験町".repeat(8), &format!("{name} 様"));
        let latin = "Wilhelmina MacWhirter-Wollstonecraft 様";
        held(None, "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW 1-2-3", latin);
    }

    #[test]
    fn what_does_not_fit_is_refused_and_not_cut() {
        let to = "しるべ 花子 様";
        for (postal, address, why) in [
            (None, "　\n ", Unprintable::NoAddress),
            (Some("あいう"), "千代田区", Unprintable::PostalCode),
            (Some("102-00"), "千代田区", Unprintable::PostalCode),
            (None, &"町".repeat(200), Unprintable::Address),
            (None, "1\n2\n3\n4\n5\n6\n7\n8", Unprintable::Address),
        ] {
            assert_eq!(window(postal, address, to), Err(why), "{address}");
        }
    }

    #[test]
    fn numbers_and_honours_are_not_torn_apart() {
        let em = 10.0;
        assert_eq!(
            wrap("神田神保町一丁目105-12", em, Breaks::Anywhere),
            ["神田神保町一丁目", "105-12"]
        );
        assert_eq!(
            wrap("コーポレートセンター", 5.0, Breaks::Anywhere),
            ["コーポレー", "トセンター"]
        );
        assert_eq!(honoured("しるべ 花子 様", 6.5), ["しるべ", "花子 様"]);
    }

    #[test]
    fn a_letter_is_set_smaller_before_it_is_refused() {
        let fact = |value: String| Fact {
            label: "持ちもの".to_owned(),
            value,
            note: String::new(),
            strong: false,
        };
        let with = |length: usize| {
            let letter = Letter {
                window: window(None, "千代田区", "しるべ 花子 様")?,
                setting: Setting::Large,
                sender: vec!["令和6年（2024年）7月1日".to_owned(); 4],
                to: "しるべ 花子 様".to_owned(),
                number: ("notice.fact.number", "1234-5678".to_owned()),
                headline: "「スマホ講習会」のご案内".to_owned(),
                opening: "お申し込みありがとうございます。".to_owned(),
                facts: (0..6).map(|_| fact("も".repeat(length))).collect(),
                closing: "来られなくなったときは、お電話ください。".to_owned(),
                note: "letter.note",
            };
            setting(&letter, "お名前と、受付番号をお伝えください。")
        };

        assert_eq!(with(20), Ok(Setting::Large));
        assert_eq!(with(45), Ok(Setting::Small));
        assert_eq!(with(900), Err(Unprintable::Body));
    }

    #[test]
    fn the_style_sheet_has_the_sizes_that_are_reckoned_with() {
        let (width, height) = WINDOW_MM;
        assert!(CSS.contains(&format!("--window-width: {width}mm;")));
        assert!(CSS.contains(&format!("--window-height: {height}mm;")));
        assert!(CSS.contains(&format!("margin-top: {GAP_MM}mm;")));
        for size in ADDRESS_SIZES {
            assert!(CSS.contains(&format!(".window-{size} {{ font-size: {size}pt; }}")), "{size}");
        }
        for size in NAME_SIZES {
            assert!(CSS.contains(&format!(".name-{size} {{ font-size: {size}pt; }}")), "{size}");
        }
    }
}
