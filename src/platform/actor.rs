//! Who asks, what they may reach, and when.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use entity::platform::role::Role;
use entity::{MunicipalityId, ProgrammeId, ResidentId, StaffId, WardId};

use super::japan::time::local_date;
use super::{Error, Lang, Origin, Result};

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Somebody on the public pages.
    Anonymous,
    /// A staff member who is logged in, with the roles that hold today.
    Staff { id: StaffId, name: Arc<str>, municipality_id: MunicipalityId, grants: Arc<[Grant]> },
    /// A resident who proved a booking number and the end of a phone number.
    Resident { id: ResidentId, municipality_id: MunicipalityId },
    /// The house itself: jobs, seeds, the command line.
    System,
}

/// A role that holds today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    pub role: Role,
    /// None: every programme.
    pub programme_id: Option<ProgrammeId>,
    /// None: every ward.
    pub ward_id: Option<WardId>,
}

/// What a request may reach. Every finder takes one first; outside it nothing exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    pub municipality_id: MunicipalityId,
    /// None: the whole municipality. Else what any of these reaches.
    pub reach: Option<Vec<Reach>>,
    /// Only this resident's own records.
    pub resident_id: Option<ResidentId>,
}

/// What one role reaches: a programme, a ward, or a programme in a ward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// None: every programme.
    pub programme_id: Option<ProgrammeId>,
    /// None: every ward, and what belongs to none.
    pub ward_id: Option<WardId>,
}

impl Scope {
    /// All of a municipality: public pages and jobs.
    pub fn whole(municipality_id: MunicipalityId) -> Self {
        Self { municipality_id, reach: None, resident_id: None }
    }

    /// Whether nothing but the municipality bounds it.
    pub fn is_whole(&self) -> bool {
        self.reach.is_none() && self.resident_id.is_none()
    }

    /// Whether a record of `programme` in `ward` is within reach.
    pub fn reaches(&self, programme: ProgrammeId, ward: Option<WardId>) -> bool {
        self.any(|r| {
            r.programme_id.is_none_or(|id| id == programme)
                && (r.ward_id.is_none() || r.ward_id == ward)
        })
    }

    /// Whether some programme in `ward` is within reach.
    pub fn reaches_ward(&self, ward: Option<WardId>) -> bool {
        self.any(|r| r.ward_id.is_none() || r.ward_id == ward)
    }

    /// Whether `programme` is within reach in some ward.
    pub fn reaches_programme(&self, programme: ProgrammeId) -> bool {
        self.any(|r| r.programme_id.is_none_or(|id| id == programme))
    }

    /// The wards within reach, for records that belong to no programme. None: every ward.
    pub fn wards(&self) -> Option<Vec<WardId>> {
        self.reach.as_ref()?.iter().map(|reach| reach.ward_id).collect()
    }

    fn any(&self, fits: impl Fn(&Reach) -> bool) -> bool {
        self.reach.as_ref().is_none_or(|reach| reach.iter().any(fits))
    }

    /// One resident's own records.
    pub fn own(municipality_id: MunicipalityId, resident_id: ResidentId) -> Self {
        Self { resident_id: Some(resident_id), ..Self::whole(municipality_id) }
    }
}

/// One request (or job): who, when, in which language, under which number.
#[derive(Clone, Debug)]
pub struct Ctx {
    pub actor: Actor,
    /// The one instant of the request.
    pub now: DateTime<Utc>,
    pub lang: Lang,
    /// Text size, 1 to 3.
    pub size: u8,
    pub request_id: Arc<str>,
    /// The municipality of the public pages.
    pub home: MunicipalityId,
    /// Token that forms of a logged-in browser must carry; empty without a login.
    pub csrf: Arc<str>,
    /// From which network the request comes.
    pub origin: Origin,
}

impl Ctx {
    /// The house's own doing, for `municipality_id`.
    pub fn system(municipality_id: MunicipalityId, now: DateTime<Utc>, request_id: &str) -> Self {
        Self {
            actor: Actor::System,
            now,
            lang: Lang::Ja,
            size: 1,
            request_id: request_id.into(),
            home: municipality_id,
            csrf: "".into(),
            origin: Origin::nowhere(),
        }
    }

    /// Today in Japan.
    pub fn today(&self) -> NaiveDate {
        local_date(self.now)
    }

    /// What the actor may reach by any of `roles`.
    ///
    /// # Errors
    /// `Unauthorized` when nobody is logged in, `Forbidden` without such a role.
    pub fn scope(&self, roles: &[Role]) -> Result<Scope> {
        let Actor::Staff { municipality_id, grants, .. } = &self.actor else {
            return match self.actor {
                Actor::System => Ok(Scope::whole(self.home)),
                _ => Err(Error::Unauthorized),
            };
        };
        let held: Vec<&Grant> = grants.iter().filter(|g| roles.contains(&g.role)).collect();
        if held.is_empty() {
            return Err(Error::Forbidden);
        }
        let reach: Vec<Reach> = held
            .iter()
            .map(|grant| Reach { programme_id: grant.programme_id, ward_id: grant.ward_id })
            .collect();
        let all = reach.iter().any(|r| r.programme_id.is_none() && r.ward_id.is_none());
        Ok(Scope { reach: (!all).then_some(reach), ..Scope::whole(*municipality_id) })
    }

    /// What the public sees.
    pub fn public_scope(&self) -> Scope {
        Scope::whole(self.home)
    }

    /// The staff member who asks.
    pub fn staff_id(&self) -> Option<StaffId> {
        match &self.actor {
            Actor::Staff { id, .. } => Some(*id),
            _ => None,
        }
    }

    /// For the audit log: `staff:12`, `resident:7`, `anonymous`, `system`.
    pub fn actor_text(&self) -> String {
        match &self.actor {
            Actor::Anonymous => "anonymous".to_owned(),
            Actor::Staff { id, .. } => format!("staff:{id}"),
            Actor::Resident { id, .. } => format!("resident:{id}"),
            Actor::System => "system".to_owned(),
        }
    }

    /// The municipality in which the request acts.
    pub fn municipality_id(&self) -> MunicipalityId {
        match &self.actor {
            Actor::Staff { municipality_id, .. } | Actor::Resident { municipality_id, .. } => {
                *municipality_id
            }
            Actor::Anonymous | Actor::System => self.home,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLANNING: &[Role] = &[Role::Coordinator, Role::ProgrammeManager];
    const ROSTER: &[Role] = &[Role::Coordinator, Role::Teacher];
    const ADMINISTRATION: &[Role] = &[Role::Administrator];
    use chrono::TimeZone;

    fn staff(grants: &[(Role, Option<i64>)]) -> Ctx {
        let grants: Vec<_> =
            grants.iter().map(|(role, programme)| (*role, *programme, None)).collect();
        with(&grants)
    }

    fn with(grants: &[(Role, Option<i64>, Option<i64>)]) -> Ctx {
        let grants: Vec<Grant> = grants
            .iter()
            .map(|(role, programme, ward)| Grant {
                role: *role,
                programme_id: programme.map(ProgrammeId),
                ward_id: ward.map(WardId),
            })
            .collect();
        let at = Utc.with_ymd_and_hms(2024, 7, 1, 0, 0, 0).single().expect("a valid instant");
        let mut ctx = Ctx::system(MunicipalityId(1), at, "test");
        ctx.actor = Actor::Staff {
            id: StaffId(1),
            name: "試験".into(),
            municipality_id: MunicipalityId(1),
            grants: grants.into(),
        };
        ctx
    }

    /// Which of programmes 2 and 3 in no ward and in wards 5 and 6 are within reach.
    fn reached(scope: &Scope) -> Vec<(i64, Option<i64>)> {
        let wards = [None, Some(5), Some(6)];
        let all = [2, 3].into_iter().flat_map(|p| wards.map(|w| (p, w)));
        all.filter(|(p, w)| scope.reaches(ProgrammeId(*p), w.map(WardId))).collect()
    }

    #[test]
    fn a_role_reaches_its_own_programmes_only() {
        let ctx = staff(&[(Role::Coordinator, Some(2)), (Role::Teacher, Some(3))]);
        let scope = ctx.scope(PLANNING).expect("a coordinator plans");
        assert!(
            scope.reaches_programme(ProgrammeId(2)) && !scope.reaches_programme(ProgrammeId(3))
        );
        let scope = ctx.scope(ROSTER).expect("both see rosters");
        assert!(scope.reaches_programme(ProgrammeId(2)) && scope.reaches_programme(ProgrammeId(3)));
        assert!(!scope.reaches_programme(ProgrammeId(4)) && !scope.is_whole());
        assert!(matches!(ctx.scope(ADMINISTRATION), Err(Error::Forbidden)));
    }

    #[test]
    fn one_role_for_all_programmes_reaches_all() {
        let ctx = staff(&[(Role::Coordinator, Some(2)), (Role::Coordinator, None)]);
        assert!(ctx.scope(PLANNING).expect("a coordinator plans").is_whole());
    }

    #[test]
    fn roles_reach_together_what_each_of_them_reaches() {
        let role = Role::Coordinator;
        for (grants, want) in [
            (vec![(role, None, Some(5))], vec![(2, Some(5)), (3, Some(5))]),
            (
                vec![(role, Some(2), None), (role, None, Some(5))],
                vec![(2, None), (2, Some(5)), (2, Some(6)), (3, Some(5))],
            ),
            (
                vec![(role, Some(3), Some(5)), (role, Some(2), Some(6))],
                vec![(2, Some(6)), (3, Some(5))],
            ),
        ] {
            let scope = with(&grants).scope(PLANNING).expect("a coordinator plans");
            assert_eq!(reached(&scope), want, "{grants:?}");
        }
    }
}
