//! The paper sheet: the questions with circles to mark, a code, and a QR of the person's link.

use super::rules::{AnswerChoice, Kind, Moment, Questionnaire};
use crate::platform::web::qr::{self, Qr};
use crate::platform::{Error, Lang, Result};

/// Tasks on the front page; the rest is on the back.
const TASKS_IN_FRONT: usize = 5;

/// One sheet, printed on both sides of an A4 page.
#[derive(Clone, Debug)]
pub struct Sheet {
    pub moment: Moment,
    /// None for a sheet that is filled in at a class: it has a line for the name instead.
    pub code: Option<SheetCode>,
    pub front: Vec<SheetQuestion>,
    pub tasks_in_front: Vec<SheetQuestion>,
    pub tasks_on_back: Vec<SheetQuestion>,
    pub back: Vec<SheetQuestion>,
    /// The four answers about a task.
    pub can_do: Vec<AnswerChoice>,
}

/// What leads from the paper to the follow-up.
#[derive(Clone, Debug)]
pub struct SheetCode {
    /// As printed: 「4821-3754」.
    pub code: String,
    pub qr: Qr,
    /// What the QR holds.
    pub link: String,
}

/// A question on paper.
#[derive(Clone, Debug)]
pub struct SheetQuestion {
    /// The printed number; empty for one beside the numbered ones.
    pub number: String,
    pub text: String,
    pub choices: Vec<AnswerChoice>,
    /// Lines to write on instead of circles.
    pub lines: bool,
    /// Several lines: words, and not a number.
    pub words: bool,
    /// Asked only of some: a note says of whom.
    pub note: bool,
}

impl Sheet {
    /// The sheet of a moment. `code` is the number of a follow-up with the link that its QR holds.
    ///
    /// # Errors
    /// `Internal` when the link is too long for a QR.
    pub fn new(
        set: &Questionnaire,
        moment: Moment,
        code: Option<(&str, &str)>,
        lang: Lang,
    ) -> Result<Self> {
        let code = code.map(|(code, link)| {
            let (code, link) = (code.to_owned(), link.to_owned());
            Ok::<_, Error>(SheetCode { qr: qr::encode(&link)?, code, link })
        });

        let mut sheet = Self {
            moment,
            code: code.transpose()?,
            front: Vec::new(),
            tasks_in_front: Vec::new(),
            tasks_on_back: Vec::new(),
            back: Vec::new(),
            can_do: AnswerChoice::can_do(lang),
        };

        for question in set.of(moment) {
            let row = SheetQuestion {
                number: question.number.map(|number| number.to_string()).unwrap_or_default(),
                text: question.text(lang).to_owned(),
                choices: question.choices(lang),
                words: question.kind == Kind::Text,
                lines: matches!(question.kind, Kind::Text | Kind::Number),
                note: question.only_if.is_some(),
            };

            let tasks = sheet.tasks_in_front.len() + sheet.tasks_on_back.len();
            match question.kind {
                Kind::CanDo if tasks < TASKS_IN_FRONT => sheet.tasks_in_front.push(row),
                Kind::CanDo => sheet.tasks_on_back.push(row),
                _ if tasks == 0 => sheet.front.push(row),
                _ => sheet.back.push(row),
            }
        }

        Ok(sheet)
    }

    /// The key of a text that differs from moment to moment.
    pub fn key(&self, part: &str) -> String {
        format!("sheet.{part}.{}", self.moment.word())
    }
}

#[cfg(test)]
mod tests {
    use super::super::rules::QUESTIONNAIRES;
    use super::*;

    #[test]
    fn every_question_stands_once_on_the_sheet_in_the_order_of_its_number() {
        let code = Some(("4821-3754", "https://a/ask/b"));
        let sheet = Sheet::new(&QUESTIONNAIRES[0], Moment::ThreeMonths, code, Lang::Ja);
        let sheet = sheet.expect("a sheet");
        let all = [&sheet.front, &sheet.tasks_in_front, &sheet.tasks_on_back, &sheet.back];
        let rows: Vec<&SheetQuestion> = all.into_iter().flatten().collect();
        let numbers: Vec<usize> = rows.iter().filter_map(|row| row.number.parse().ok()).collect();
        assert_eq!(numbers, (1..=14).collect::<Vec<_>>());
        assert_eq!(rows.len(), 17);
        assert_eq!(sheet.tasks_in_front.len(), TASKS_IN_FRONT);

        for moment in Moment::ALL {
            let own = Sheet::new(&QUESTIONNAIRES[0], moment, None, Lang::En).expect("a sheet");
            let parts = [&own.front, &own.tasks_in_front, &own.tasks_on_back, &own.back];
            let count: usize = parts.iter().map(|part| part.len()).sum();
            assert_eq!(count, QUESTIONNAIRES[0].of(moment).count(), "{moment:?}");
        }

        for row in rows {
            assert_ne!(row.lines, !row.choices.is_empty(), "{}", row.text);
        }
    }
}
