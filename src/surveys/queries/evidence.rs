//! How far a person has come, and what is open about the person.

use entity::ResidentId;
use entity::surveys::class_answers::{self, ClassMoment};
use entity::surveys::follow_up::{self, FollowUpState};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::{OPEN, is_proposal_open, of_resident};
use crate::bookings::queries as bookings;
use crate::platform::japan::time::local_date;
use crate::platform::{Result, Scope};
use crate::surveys::rules::{Answers, Evidence, Questionnaire, Rule, Stage, stage};

/// How far a person has come.
#[derive(Clone, Debug)]
pub struct Progress {
    pub stage: Stage,
    /// The interview that is next, if there is one.
    pub next: Option<follow_up::Model>,
    /// Answers that ask for another path, until somebody decides.
    pub proposal: Option<follow_up::Model>,
}

/// How far a person has come, by all that is known.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn progress(
    db: &impl ConnectionTrait,
    scope: &Scope,
    resident_id: ResidentId,
) -> Result<Progress> {
    let whole = Scope { resident_id: scope.resident_id, ..Scope::whole(scope.municipality_id) };
    let attended: Vec<_> = bookings::of_resident(db, &whole, resident_id, false)
        .await?
        .into_iter()
        .filter(|row| row.booking.came())
        .collect();

    let told = class_answers::Entity::find()
        .filter(class_answers::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(class_answers::Column::ResidentId.eq(resident_id))
        .filter(class_answers::Column::Moment.eq(ClassMoment::EndOfClass))
        .all(db)
        .await?;
    let follow_ups = of_resident(db, &whole, resident_id).await?;

    let mut evidence = Evidence { attended_count: attended.len(), ..Evidence::default() };
    for row in &told {
        let class = attended.iter().find(|class| class.booking.id == row.booking_id);
        let Some(class) = class else { continue };
        let set = Questionnaire::find(&row.questionnaire);
        let rule = Rule::on(local_date(class.span().0));
        if let (Some(set), Some(rule)) = (set, rule) {
            let taught = rule.taught_in(&[class.session.kind]);
            let answers = Answers::stored(&row.answers);
            let count = answers.alone(set).filter(|task| taught.contains(*task)).count();
            evidence.taught_alone_count = evidence.taught_alone_count.max(count);
        }
    }

    for row in follow_ups.iter().filter(|row| row.state == FollowUpState::Answered) {
        evidence.results.extend(row.result);
        if let Some(rule) = Rule::on(row.due_on) {
            let answers = Answers::stored(&row.answers);
            evidence.uses |= rule.is_used(&answers) && rule.is_beyond_calls(&answers);
        }
    }

    let mut proposal = None;
    for row in follow_ups.iter().rev() {
        if is_proposal_open(db, &whole, row).await? {
            proposal = Some(row.clone());
            break;
        }
    }
    let next = follow_ups.into_iter().find(|row| OPEN.contains(&row.state));
    Ok(Progress { stage: stage(&evidence), next, proposal })
}
