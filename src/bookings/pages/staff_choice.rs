//! Who can be chosen for a session.

use entity::StaffId;

use crate::platform::web::door::Visit;
use crate::platform::{FieldError, Result};
use crate::sessions::Planning;
use crate::sessions::rules::gives;
use crate::sessions::session::SessionKind;
use crate::staff;

/// One person in the list of staff.
pub(super) struct StaffChoice {
    pub id: StaffId,
    pub name: String,
    /// Has left, and is still named.
    pub gone: bool,
}

/// Whoever has a role for some kind of session, and whoever is named already. Two queries.
pub(super) async fn staff_choices(
    visit: &Visit<Planning>,
    named: &[StaffId],
) -> Result<Vec<StaffChoice>> {
    let (db, scope, today) = (visit.db(), &visit.scope, visit.ctx.today());
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

/// The numbers that a form sent.
///
/// # Errors
/// The field, when one of them is no number.
pub(super) fn read_staff(typed: &[String]) -> Result<Vec<StaffId>, FieldError> {
    let ids = typed.iter().map(|id| id.parse().map(StaffId));
    ids.collect::<Result<_, _>>().map_err(|_| FieldError::new("staff", "err.session.staff"))
}
