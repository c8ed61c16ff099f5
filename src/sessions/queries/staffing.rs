//! Who works in sessions, and who could.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use entity::sessions::session::SessionKind;
use entity::{SessionId, StaffId};
use sea_orm::ConnectionTrait;

use super::SessionRow;
use crate::platform::{Result, Scope};
use crate::sessions::rules::gives;
use crate::staff;

/// Who works in a session, in the order of assignment.
#[derive(Clone, Debug, Default)]
pub struct Staffing {
    pub people: Vec<(StaffId, String)>,
    /// Somebody of them has left, and has to be replaced before the session is over.
    pub gone: bool,
}

impl Staffing {
    /// Names in one line, with 「・」 between.
    pub fn names(&self) -> String {
        let names: Vec<&str> = self.people.iter().map(|(_, name)| name.as_str()).collect();
        names.join("・")
    }

    /// The name of one of them.
    pub fn name_of(&self, id: StaffId) -> Option<&str> {
        let found = self.people.iter().find(|(person, _)| *person == id);
        found.map(|(_, name)| name.as_str())
    }
}

/// Who works in these sessions. At most three queries, however many sessions.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn staffing(
    db: &impl ConnectionTrait,
    sessions: &[SessionRow],
    now: DateTime<Utc>,
) -> Result<HashMap<SessionId, Staffing>> {
    let ids: Vec<SessionId> = sessions.iter().map(|row| row.session.id).collect();
    let mut assigned = staff::queries::assigned_to(db, &ids).await?;
    let all: Vec<StaffId> = assigned.values().flatten().map(|(id, _)| *id).collect();
    let left = staff::queries::left(db, &all).await?;

    let of = |row: &SessionRow| {
        let people = assigned.remove(&row.session.id).unwrap_or_default();
        let gone = row.session.ends_at > now && people.iter().any(|(id, _)| left.contains(id));
        (row.session.id, Staffing { people, gone })
    };
    Ok(sessions.iter().map(of).collect())
}

/// One person in the list of staff.
#[derive(Clone, Debug)]
pub struct StaffChoice {
    pub id: StaffId,
    pub name: String,
    /// Has left, and is still named.
    pub gone: bool,
}

/// Whoever has a role for some kind of session, and whoever is named already. Two queries.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn staff_choices(
    db: &impl ConnectionTrait,
    scope: &Scope,
    named: &[StaffId],
    today: NaiveDate,
) -> Result<Vec<StaffChoice>> {
    let grants = staff::queries::list_roles(db, scope, None).await?;
    let works = |id: StaffId| {
        grants.iter().any(|grant| {
            grant.staff_id == id
                && grant.until_on.is_none_or(|until| until >= today)
                && SessionKind::ALL.iter().any(|kind| gives(*kind).contains(&grant.role))
        })
    };

    let members = staff::queries::list_members(db, scope).await?;
    Ok(members
        .into_iter()
        .map(|member| StaffChoice {
            id: member.id,
            gone: member.disabled_at.is_some(),
            name: member.name,
        })
        .filter(|choice| named.contains(&choice.id) || (!choice.gone && works(choice.id)))
        .collect())
}
