//! The desk's one form, as it came.

use std::str::FromStr;

use super::*;

/// The fields of the desk's one form, as they came.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct Posted(Vec<(String, String)>);

impl Posted {
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.iter().rev().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim())
    }

    fn all(&self, name: &str) -> String {
        self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.trim()).collect()
    }

    /// An id, or a position counted from 0.
    pub(super) fn number<T: FromStr>(&self, name: &str) -> Option<T> {
        self.get(name).parse().ok()
    }

    /// What can be read of what the page holds of the call, and what is wrong with the rest,
    /// which stays as it was saved.
    pub(super) fn read(&self, board: &Board) -> (CallSoFar, Vec<FieldError>) {
        let places = board.place_codes();
        let typed = |question: &Question| {
            let saved = rules::digits_of(question, &board.answers, &places);
            rules::in_saved_order(&saved, &self.all(question.id))
        };

        let (answers, digits) = rules::typed_answers(typed, &board.answers, &places);
        // One sentence is enough, however many digits are wrong.
        let digits = digits.iter().take(1);
        let mut wrong: Vec<FieldError> =
            digits.map(|wrong| FieldError::new(wrong.question, "desk.err.digit")).collect();

        let note = match self.get("note") {
            "" => String::new(),
            note => free_text(note, NOTE_MAX).unwrap_or_else(|_| {
                wrong.push(FieldError::new("note", "desk.err.note"));
                board.draft.as_ref().map_or(String::new(), |draft| draft.note.clone())
            }),
        };

        let said = CallSoFar {
            call: self.number("call").map(InquiryId),
            topic: answers.topic,
            hearing: Value::Object(answers.hearing),
            note,
        };
        (said, wrong)
    }

    /// What the page holds of the call.
    pub(super) fn said(&self, board: &Board) -> Result<CallSoFar> {
        match self.read(board) {
            (said, wrong) if wrong.is_empty() => Ok(said),
            (_, wrong) => Err(Error::Invalid(wrong)),
        }
    }

    /// The fields of a new person, if anything stands in them.
    pub(super) fn fresh(&self) -> Option<Fresh> {
        let field = |name: &str| self.get(name).to_owned();
        let fresh = Fresh {
            kana: field("kana"),
            name: field("name"),
            postal: field("postal"),
            address: field("address"),
            band: field("band"),
            back: Returned::default(),
        };
        (!fresh.is_empty()).then_some(fresh)
    }

    /// The same for another search: a reading that only repeats the search before gives way.
    pub(super) fn fresh_for_search(&self) -> Option<Fresh> {
        let mut fresh = self.fresh()?;
        if fresh.kana == self.get("sought") {
            fresh.kana.clear();
        }
        (!fresh.is_empty()).then_some(fresh)
    }

    /// What the screen showed beside the call.
    pub(super) fn shown(&self) -> Shown {
        Shown {
            path: Edited::parse(self.get("path")),
            step: self.number("step"),
            skip: self.number::<usize>("skip").unwrap_or(0).min(MOST_SKIPPED),
            outcome: self.get("outcome").to_owned(),
            call_back: self.get("call_back").to_owned(),
            fresh: self.fresh(),
            ..Shown::default()
        }
    }
}
