//! Whose application is this? The office has asked the person, by the person's own way.

use entity::residents::resident_question::QuestionState;
use entity::{ResidentId, ResidentQuestionId};

use crate::platform::{Result, Scope, Tx};
use crate::{bookings, notices, paths, residents};

/// What the office has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// One person: what the record has ahead is the known person's.
    Same,
    /// One person, who needs no second seat: what the record has ahead is taken back.
    Double,
    /// Two people: each keeps the own record.
    Apart,
}

impl Finding {
    /// Reads the word of the form.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "same" => Some(Self::Same),
            "double" => Some(Self::Double),
            "apart" => Some(Self::Apart),
            _ => None,
        }
    }
}

/// Settles a question. The known person hears of what is theirs now, by the own way and never by
/// what was typed on the form.
///
/// # Errors
/// `question_settled` when somebody was quicker; for [`Finding::Same`] the refusals of
/// [`bookings::actions::attach`]; `NotFound` outside the scope.
pub async fn settle_question(
    tx: &Tx,
    scope: &Scope,
    id: ResidentQuestionId,
    finding: Finding,
    mail: bool,
) -> Result<()> {
    let whole = Scope::whole(scope.municipality_id);
    let state = match finding {
        Finding::Apart => QuestionState::Apart,
        Finding::Same | Finding::Double => QuestionState::Same,
    };
    let question = residents::actions::answer_question(tx, scope, id, state).await?;
    let record = question.resident_id;

    if finding == Finding::Apart {
        let open = residents::queries::open_questions_of(tx.db(), scope, record).await?;
        if open.iter().all(|other| other.resident_id != record) {
            bookings::actions::settle(tx, record).await?;
        }
        return Ok(());
    }

    let known = shown(tx, &whole, question.known_id).await?;
    match finding {
        Finding::Double => {
            for (dropped, session_id) in bookings::actions::drop_doubles(tx, &whole, record).await?
            {
                notices::actions::tell_owner(tx, &whole, dropped, mail).await?;
                let kept = bookings::queries::of_resident(tx.db(), &whole, known, true).await?;
                for row in kept.iter().filter(|row| row.session.id == session_id) {
                    notices::actions::tell_owner(tx, &whole, row.booking.id, mail).await?;
                }
            }
        }
        _ => {
            for given in bookings::actions::attach(tx, &whole, record, known).await? {
                paths::actions::follow_booking(tx, given).await?;
                notices::actions::tell_owner(tx, &whole, given, mail).await?;
            }
        }
    }

    residents::actions::unite(tx, &whole, record, known).await?;
    residents::actions::note_united(tx, known).await
}

/// The record that is shown in place of this one, which may be this one.
async fn shown(tx: &Tx, scope: &Scope, id: ResidentId) -> Result<ResidentId> {
    Ok(residents::queries::get(tx.db(), scope, id).await?.same_as.unwrap_or(id))
}
