//! Who reaches what: a ward officer the own ward, and what was adopted anywhere; headquarters all.
//!
//! Roles of other shapes (a programme's manager, a manager of one ward, everybody else) reach
//! nothing here. A partner has no login and sees nothing.

use entity::staff::role_grant::Role;

use crate::platform::web::door::{Right, Rights};
use crate::platform::{Ctx, Error, Result, Scope};
use crate::subsidies::rules::states::Side;

/// Headquarters: reviews and pays for every project of the municipality.
#[derive(Clone, Copy, Debug)]
pub struct Reviewing;

impl Right for Reviewing {
    const RIGHTS: Rights = Rights { name: "reviewing", roles: &[Role::ProgrammeManager] };

    fn scope(ctx: &Ctx) -> Result<Scope> {
        let scope = ctx.scope(Self::RIGHTS.roles)?;
        if scope.is_whole() { Ok(scope) } else { Err(Error::Forbidden) }
    }
}

/// A ward officer: writes the projects of the own wards.
#[derive(Clone, Copy, Debug)]
pub struct Applying;

impl Right for Applying {
    const RIGHTS: Rights = Rights { name: "applying", roles: &[Role::WardOfficer] };

    fn scope(ctx: &Ctx) -> Result<Scope> {
        let scope = ctx.scope(Self::RIGHTS.roles)?;
        // A role without a ward, or in one programme only, is no ward officer's.
        let mut reach = scope.reach.clone().unwrap_or_default();
        reach.retain(|reach| reach.programme_id.is_none() && reach.ward_id.is_some());
        match reach.is_empty() {
            true => Err(Error::Forbidden),
            false => Ok(Scope { reach: Some(reach), ..scope }),
        }
    }
}

/// Whoever reads: headquarters everything, a ward officer the own ward and what was adopted
/// elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct Reading;

impl Right for Reading {
    const RIGHTS: Rights =
        Rights { name: "reading", roles: &[Role::ProgrammeManager, Role::WardOfficer] };

    fn scope(ctx: &Ctx) -> Result<Scope> {
        match Reviewing::scope(ctx) {
            Err(Error::Forbidden) => Applying::scope(ctx),
            done => done,
        }
    }
}

/// What the actor reaches as one side of a project.
///
/// # Errors
/// `Unauthorized` when nobody is logged in, `Forbidden` for everybody who is not of that side.
pub fn reached_as(ctx: &Ctx, who: Side) -> Result<Scope> {
    match who {
        Side::Ward => Applying::scope(ctx),
        Side::Headquarters => Reviewing::scope(ctx),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeZone, Utc};
    use entity::{MunicipalityId, ProgrammeId, StaffId, WardId};

    use crate::platform::Actor;
    use crate::platform::actor::Grant;

    fn with(grants: &[(Role, Option<i64>, Option<i64>)]) -> Ctx {
        let grants: Vec<Grant> = grants
            .iter()
            .map(|(role, programme, ward)| Grant {
                role: *role,
                programme_id: programme.map(ProgrammeId),
                ward_id: ward.map(WardId),
            })
            .collect();

        let at = Utc.with_ymd_and_hms(2024, 7, 1, 0, 0, 0).single().expect("an instant");
        let mut ctx = Ctx::system(MunicipalityId(1), at, "test");
        ctx.actor = Actor::Staff {
            id: StaffId(1),
            name: "試験".into(),
            municipality_id: MunicipalityId(1),
            grants: grants.into(),
        };
        ctx
    }

    #[test]
    fn only_ward_officers_apply_and_only_headquarters_reviews() {
        let (officer, manager) = (Role::WardOfficer, Role::ProgrammeManager);

        // Grants; wards to apply for; whether everything is read and reviewed.
        for (grants, applies, reviews) in [
            (vec![(officer, None, Some(5))], Some(vec![WardId(5)]), false),
            (
                vec![(officer, None, Some(5)), (officer, None, Some(6))],
                Some(vec![WardId(5), WardId(6)]),
                false,
            ),
            (vec![(manager, None, None)], None, true),
            (vec![(manager, None, None), (officer, None, Some(5))], Some(vec![WardId(5)]), true),
            (vec![(manager, None, Some(5))], None, false),
            (vec![(manager, Some(2), None)], None, false),
            (vec![(officer, None, None)], None, false),
            (vec![(officer, Some(2), None)], None, false),
            (vec![(Role::Administrator, None, None)], None, false),
            (vec![(Role::Coordinator, None, None)], None, false),
        ] {
            let ctx = with(&grants);
            assert_eq!(
                Applying::scope(&ctx).ok().and_then(|scope| scope.wards()),
                applies,
                "{grants:?}"
            );
            assert_eq!(Reviewing::scope(&ctx).is_ok(), reviews, "{grants:?}");

            let read = Reading::scope(&ctx).ok().map(|scope| scope.wards());
            let want = if reviews { Some(None) } else { applies.map(Some) };
            assert_eq!(read, want, "{grants:?}");
        }
    }
}
