//! The verbs: register and change a router, record a test, keep a trial of TV push.

use entity::routers::router::{self, RouterState};
use entity::routers::{router_change, router_test, tv_push_trial};
use entity::{RouterId, RouterTestId, TvPushTrialId, WardId};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::{ActiveModelTrait, ColumnTrait, Condition, EntityTrait, QueryFilter};
use serde_json::json;

use super::queries;
use super::rules::{
    self, LONGEST_NAME, LONGEST_NOTE, MOST_HOUSEHOLDS, NewTest, Refusal, RouterEntry, RouterFacts,
    TrialEntry,
};
use crate::places;
use crate::platform::text::{free_text, single_line};
use crate::platform::{Error, FieldError, Result, Scope, Tx};

/// An entry in the form in which it is stored.
struct Checked {
    code: String,
    place_name: String,
    ward_id: Option<WardId>,
    sim: Option<String>,
    note: String,
}

/// Registers a router.
///
/// # Errors
/// `Invalid` with the fields to mend; `router_code_taken`, `router_sim_taken`.
pub async fn register(tx: &Tx, scope: &Scope, entry: &RouterEntry) -> Result<RouterId> {
    let said = checked(tx, scope, entry, None).await?;
    let row = router::ActiveModel {
        municipality_id: Set(scope.municipality_id),
        created_at: Set(tx.now()),
        revision: Set(1),
        ..model(tx, entry, said)
    };
    let made = row.insert(tx.db()).await?;
    keep_change(tx, &made).await?;
    Ok(made.id)
}

/// Changes a router that was seen at `revision`.
///
/// # Errors
/// As [`register`]; `Stale`, `NotFound`, and `router_retired` for one that was given up.
pub async fn change(
    tx: &Tx,
    scope: &Scope,
    id: RouterId,
    revision: i32,
    entry: &RouterEntry,
) -> Result<()> {
    let known = queries::lock(tx, scope, id).await?;
    if known.revision != revision {
        return Err(Error::Stale);
    }
    if known.state == RouterState::Retired {
        return Err(Refusal::Retired.into());
    }

    let said = checked(tx, scope, entry, Some(id)).await?;
    let row = router::ActiveModel { revision: Set(revision + 1), ..model(tx, entry, said) };
    router::Entity::update_many().set(row).filter(router::Column::Id.eq(id)).exec(tx.db()).await?;

    let made = queries::lock(tx, scope, id).await?;
    keep_change(tx, &made).await
}

fn model(tx: &Tx, entry: &RouterEntry, said: Checked) -> router::ActiveModel {
    router::ActiveModel {
        id: NotSet,
        municipality_id: NotSet,
        ward_id: Set(said.ward_id),
        venue_id: Set(entry.venue_id),
        code: Set(said.code),
        kind: Set(entry.kind),
        state: Set(entry.state),
        purpose: Set(entry.purpose),
        place_kind: Set(entry.place_kind),
        place_name: Set(said.place_name),
        sim: Set(said.sim),
        note: Set(said.note),
        revision: NotSet,
        created_at: NotSet,
        updated_at: Set(tx.now()),
    }
}

async fn keep_change(tx: &Tx, router: &router::Model) -> Result<()> {
    let row = router_change::ActiveModel {
        id: NotSet,
        municipality_id: Set(router.municipality_id),
        router_id: Set(router.id),
        revision: Set(router.revision),
        state: Set(router.state),
        place_name: Set(router.place_name.clone()),
        changed_by: Set(tx.ctx().staff_id()),
        changed_at: Set(tx.now()),
    };

    row.insert(tx.db()).await?;
    tx.audit(
        "router",
        router.id.0,
        json!({ "kind": router.kind, "state": router.state, "ward": router.ward_id, "venue": router.venue_id }),
    );
    Ok(())
}

/// Collects what is wrong with texts.
#[derive(Default)]
struct Texts(Vec<FieldError>);

impl Texts {
    fn line(&mut self, field: &str, text: &str) -> String {
        single_line(text, LONGEST_NAME).unwrap_or_else(|error| {
            self.long(field, error.key(), LONGEST_NAME);
            String::new()
        })
    }

    fn note(&mut self, field: &str, text: &str) -> String {
        free_text(text, LONGEST_NOTE).unwrap_or_else(|error| {
            self.long(field, error.key(), LONGEST_NOTE);
            String::new()
        })
    }

    fn long(&mut self, field: &str, wording: &'static str, max: usize) {
        let values = vec![("max", max.to_string())];
        self.0.push(FieldError { values, ..FieldError::new(field, wording) });
    }
}

async fn checked(
    tx: &Tx,
    scope: &Scope,
    entry: &RouterEntry,
    own: Option<RouterId>,
) -> Result<Checked> {
    let mut texts = Texts::default();
    let code = texts.line("code", &entry.code);
    let mut place_name = texts.line("place_name", &entry.place_name);
    let note = texts.note("note", &entry.note);

    let mut errors = texts.0;
    if code.is_empty() && errors.is_empty() {
        errors.push(FieldError::new("code", "err.router.code"));
    }

    let venue = match entry.venue_id {
        Some(id) => match places::queries::get_venue(tx.db(), scope, id).await {
            Ok(venue) => Some(venue),
            Err(Error::NotFound) => {
                errors.push(FieldError::new("venue", "err.router.venue"));
                None
            }
            Err(other) => return Err(other),
        },
        None => None,
    };
    if let Some(venue) = venue.as_ref().filter(|_| place_name.is_empty()) {
        place_name.clone_from(&venue.name_ja);
    }

    let of_venue = venue.as_ref().and_then(|venue| venue.ward_id);
    let ward_id = ward_of(tx, scope, entry.ward_id, of_venue, &mut errors).await?;
    let sim = match entry.sim.as_deref().unwrap_or_default().trim() {
        "" => None,
        typed => rules::parse_sim(typed)
            .map_err(|wording| errors.push(FieldError::new("sim", wording)))
            .ok(),
    };

    // A SIM that was misread is not missing as well.
    let misread = errors.iter().any(|error| error.field == "sim");
    errors.extend(rules::check(RouterFacts {
        kind: entry.kind,
        state: entry.state,
        has_sim: sim.is_some() || misread,
        place_kind: entry.place_kind,
        has_place: !place_name.is_empty(),
        has_venue: entry.venue_id.is_some(),
    }));
    if !errors.is_empty() {
        return Err(Error::Invalid(errors));
    }

    let same_code = Condition::all().add(router::Column::Code.eq(code.as_str()));
    if taken(tx, scope, own, same_code).await? {
        return Err(Refusal::CodeTaken.into());
    }
    if let Some(sim) = &sim {
        let same_sim = Condition::all()
            .add(router::Column::Sim.eq(sim.as_str()))
            .add(router::Column::State.ne(RouterState::Retired));
        if entry.state != RouterState::Retired && taken(tx, scope, own, same_sim).await? {
            return Err(Refusal::SimTaken.into());
        }
    }

    Ok(Checked { code, place_name, ward_id, sim, note })
}

/// The ward of a router or a trial: it must be the municipality's and within the scope.
async fn ward_of(
    tx: &Tx,
    scope: &Scope,
    said: Option<WardId>,
    of_venue: Option<WardId>,
    errors: &mut Vec<FieldError>,
) -> Result<Option<WardId>> {
    let own = scope.wards();
    // Who works in one ward alone need not name it.
    let only = own.as_ref().filter(|ids| ids.len() == 1).map(|ids| ids[0]);
    let ward_id = said.or(of_venue).or(only);

    let known = match ward_id {
        None => own.is_none(),
        Some(id) => {
            let wards = places::queries::list_wards(tx.db(), scope).await?;
            wards.iter().any(|ward| ward.id == id)
                && scope.reaches_ward(Some(id))
                && of_venue.is_none_or(|ward| ward == id)
        }
    };

    if !known {
        errors.push(FieldError::new("ward", "err.router.ward"));
    }
    Ok(ward_id)
}

/// Whether another router of the municipality, in whatever ward, matches.
async fn taken(tx: &Tx, scope: &Scope, own: Option<RouterId>, same: Condition) -> Result<bool> {
    let mut select = router::Entity::find()
        .filter(router::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(same);
    if let Some(own) = own {
        select = select.filter(router::Column::Id.ne(own));
    }
    Ok(select.one(tx.db()).await?.is_some())
}

/// Records that a router was tested.
///
/// # Errors
/// `NotFound`; `router_retired`; `Invalid` for a day to come or a note that is too long.
pub async fn record_test(
    tx: &Tx,
    scope: &Scope,
    id: RouterId,
    test: &NewTest,
) -> Result<RouterTestId> {
    let router = queries::lock(tx, scope, id).await?;
    if router.state == RouterState::Retired {
        return Err(Refusal::Retired.into());
    }

    let mut texts = Texts::default();
    let note = texts.note("note", &test.note);
    let mut errors = texts.0;
    errors.extend(rules::check_test_day(test.tested_on, tx.ctx().today()).err());
    if !errors.is_empty() {
        return Err(Error::Invalid(errors));
    }

    let row = router_test::ActiveModel {
        id: NotSet,
        municipality_id: Set(router.municipality_id),
        router_id: Set(id),
        tested_on: Set(test.tested_on),
        result: Set(test.result),
        place_name: Set(router.place_name),
        note: Set(note),
        tested_by: Set(tx.ctx().staff_id()),
        created_at: Set(tx.now()),
    };

    let made = row.insert(tx.db()).await?;
    tx.audit("router", id.0, json!({ "tested_on": test.tested_on, "result": test.result }));
    Ok(made.id)
}

/// Writes down a trial.
///
/// # Errors
/// `Invalid` with the fields to mend.
pub async fn start_trial(tx: &Tx, scope: &Scope, entry: &TrialEntry) -> Result<TvPushTrialId> {
    let row = tv_push_trial::ActiveModel {
        municipality_id: Set(scope.municipality_id),
        created_at: Set(tx.now()),
        revision: Set(1),
        ..checked_trial(tx, scope, entry).await?
    };
    let made = row.insert(tx.db()).await?;
    tx.audit("tv_push_trial", made.id.0, json!({ "outcome": made.outcome }));
    Ok(made.id)
}

/// Changes a trial that was seen at `revision`.
///
/// # Errors
/// As [`start_trial`]; `Stale`, `NotFound`.
pub async fn change_trial(
    tx: &Tx,
    scope: &Scope,
    id: TvPushTrialId,
    revision: i32,
    entry: &TrialEntry,
) -> Result<()> {
    let known = queries::lock_trial(tx, scope, id).await?;
    if known.revision != revision {
        return Err(Error::Stale);
    }

    let row = tv_push_trial::ActiveModel {
        revision: Set(revision + 1),
        ..checked_trial(tx, scope, entry).await?
    };
    tv_push_trial::Entity::update_many()
        .set(row)
        .filter(tv_push_trial::Column::Id.eq(id))
        .exec(tx.db())
        .await?;

    tx.audit("tv_push_trial", id.0, json!({ "outcome": entry.outcome }));
    Ok(())
}

async fn checked_trial(
    tx: &Tx,
    scope: &Scope,
    entry: &TrialEntry,
) -> Result<tv_push_trial::ActiveModel> {
    let mut texts = Texts::default();
    let place_name = texts.line("place_name", &entry.place_name);
    let findings = texts.note("findings", &entry.findings);

    let mut errors = texts.0;
    if place_name.is_empty() && errors.is_empty() {
        errors.push(FieldError::new("place_name", "err.router.place"));
    }
    if entry.household_count.is_some_and(|count| !(0..=MOST_HOUSEHOLDS).contains(&count)) {
        errors.push(FieldError::new("household_count", "err.trial.households"));
    }

    let ward_id = ward_of(tx, scope, entry.ward_id, None, &mut errors).await?;
    let today = tx.ctx().today();
    errors.extend(rules::check_trial(entry.starts_on, entry.ends_on, entry.outcome, today));
    if !errors.is_empty() {
        return Err(Error::Invalid(errors));
    }

    Ok(tv_push_trial::ActiveModel {
        id: NotSet,
        municipality_id: NotSet,
        ward_id: Set(ward_id),
        place_name: Set(place_name),
        starts_on: Set(entry.starts_on),
        ends_on: Set(entry.ends_on),
        household_count: Set(entry.household_count),
        outcome: Set(entry.outcome),
        findings: Set(findings),
        revision: NotSet,
        created_at: NotSet,
        updated_at: Set(tx.now()),
    })
}
