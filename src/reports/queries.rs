//! Reads: the rows behind a table, and the table.

use std::collections::HashMap;

use chrono::{DateTime, FixedOffset, NaiveTime, Utc};
use entity::bookings::booking::{self, Attendance, BookingState};
use entity::places::{venue, ward};
use entity::sessions::session::{self, SessionState};
use entity::{ProgrammeId, ResidentId, SessionId, WardId};
use poem_openapi::Object;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    Select,
};

use super::printed::{self, Finding, Printed, PrintedFigures};
use super::rules::{Counts, Group, Held, Participation, count, years};
use crate::platform::db::reached;
use crate::platform::japan::FiscalYear;
use crate::platform::japan::time::{instant, local_date, to_jst};
use crate::platform::{Error, Lang, Result, Scope};
use crate::{places, programmes};

/// What a table is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommitteeFilter {
    pub from: FiscalYear,
    pub to: FiscalYear,
    /// None: every programme of the scope.
    pub programme_id: Option<ProgrammeId>,
    /// None: every ward of the scope.
    pub ward_id: Option<WardId>,
}

/// Counted from the rows of the service.
#[derive(Clone, Debug, PartialEq, Eq, Object)]
pub struct LiveFigures {
    /// 回数: sessions that were not cancelled and have ended.
    pub sessions: i64,
    /// Names of the places, in the language of the request.
    pub places: Vec<String>,
    /// 延べ人数: attendances.
    pub visits: i64,
    /// 実人数: different persons among them.
    pub people: i64,
    /// Sessions of which nobody's attendance is recorded.
    pub unrecorded: i64,
}

/// One fiscal year.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct CommitteeYear {
    /// 2024 is 令和6年度.
    pub fiscal_year: i32,
    /// Absent when the service has no sessions of that year.
    pub live: Option<LiveFigures>,
    pub printed: Vec<PrintedFigures>,
}

/// What a paper says about its figures (▼).
#[derive(Clone, Debug, Object)]
pub struct CommitteeFinding {
    /// In the language of the request.
    pub words: String,
    pub source: String,
}

/// The years of one group, newest first.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct CommitteeGroup {
    pub group: Group,
    pub years: Vec<CommitteeYear>,
    /// The live years together: persons count once.
    pub total: Option<LiveFigures>,
    pub findings: Vec<CommitteeFinding>,
}

/// A committee table.
#[derive(Clone, Debug, Object)]
pub struct CommitteeTable {
    /// When it was counted.
    pub extracted_at: DateTime<FixedOffset>,
    pub groups: Vec<CommitteeGroup>,
    /// All groups and live years together: persons count once.
    pub total: LiveFigures,
}

/// The places of figures in the language of whoever reads them.
struct PlaceNames {
    lang: Lang,
    /// In the order of the desk.
    venues: Vec<venue::Model>,
    wards: Vec<ward::Model>,
}

impl PlaceNames {
    async fn load(db: &impl ConnectionTrait, scope: &Scope, lang: Lang) -> Result<Self> {
        let mut venues = places::queries::list_venues(db, scope).await?;
        venues.sort_by_key(|venue| (venue.rank, venue.id));
        let wards = places::queries::list_wards(db, scope).await?;
        Ok(Self { lang, venues, wards })
    }

    fn live(&self, counts: &Counts) -> LiveFigures {
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let own = self.venues.iter().filter(|venue| counts.venues.contains(&venue.id));
        LiveFigures {
            sessions: number(counts.sessions),
            places: own.map(|venue| self.venue(venue).to_owned()).collect(),
            visits: number(counts.visits),
            people: number(counts.people),
            unrecorded: number(counts.unrecorded),
        }
    }

    fn printed(&self, row: &Printed) -> PrintedFigures {
        let as_printed = &row.figures.places;
        let named_places = if self.lang == Lang::Ja && !as_printed.is_empty() {
            as_printed.clone()
        } else {
            self.of_codes(row)
        };
        PrintedFigures { named_places, ..row.figures.clone() }
    }

    /// The names of the venues and wards of a printed row, in its order.
    fn of_codes(&self, row: &Printed) -> String {
        let venue = |code: &String| self.venues.iter().find(|venue| venue.code == *code);
        let ward = |code: &String| self.wards.iter().find(|ward| ward.code == *code);
        let venues = row.venues.iter().filter_map(venue).map(|venue| self.venue(venue));
        let wards = row.figures.wards.iter().filter_map(ward);
        let wards = wards.map(|ward| self.lang.pick(&ward.name_ja, &ward.name_en));
        venues.chain(wards).collect::<Vec<_>>().join(self.lang.pick("、", ", "))
    }

    fn venue<'a>(&self, venue: &'a venue::Model) -> &'a str {
        self.lang.pick(&venue.name_ja, &venue.name_en)
    }
}

fn held_within(
    scope: &Scope,
    filter: &CommitteeFilter,
    now: DateTime<Utc>,
) -> Select<session::Entity> {
    use session::Column;

    let start = instant(filter.from.start(), NaiveTime::MIN);
    let last = filter.to.end();
    let end = instant(last.succ_opt().unwrap_or(last), NaiveTime::MIN);

    let mut select = session::Entity::find()
        .filter(Column::MunicipalityId.eq(scope.municipality_id))
        .filter(Column::State.eq(SessionState::Planned))
        .filter(Column::StartsAt.gte(start))
        .filter(Column::StartsAt.lt(end))
        .filter(Column::EndsAt.lte(now))
        .filter(reached(scope, Column::ProgrammeId, Column::WardId));

    if let Some(id) = filter.programme_id {
        select = select.filter(Column::ProgrammeId.eq(id));
    }
    if let Some(id) = filter.ward_id {
        select = select.filter(Column::WardId.eq(id));
    }
    select
}

fn held_of(session: &session::Model) -> Held {
    Held {
        id: session.id,
        year: FiscalYear::of(local_date(session.starts_at)),
        group: Group::of(session.kind),
        venue_id: session.venue_id,
    }
}

/// The sessions that were held, by start, and who took part. Two queries.
async fn load(
    db: &impl ConnectionTrait,
    scope: &Scope,
    filter: &CommitteeFilter,
    now: DateTime<Utc>,
) -> Result<(Vec<session::Model>, Vec<Participation>)> {
    let sessions = held_within(scope, filter, now)
        .order_by_asc(session::Column::StartsAt)
        .order_by_asc(session::Column::Id)
        .all(db)
        .await?;

    let ids =
        held_within(scope, filter, now).select_only().column(session::Column::Id).into_query();
    let visits: Vec<(SessionId, ResidentId)> = booking::Entity::find()
        .select_only()
        .column(booking::Column::SessionId)
        .column(booking::Column::ResidentId)
        .filter(booking::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(booking::Column::State.eq(BookingState::Confirmed))
        .filter(booking::Column::Attendance.is_in(Attendance::CAME))
        .filter(booking::Column::SessionId.in_subquery(ids))
        .into_tuple()
        .all(db)
        .await?;

    let visits = visits
        .into_iter()
        .map(|(session_id, resident_id)| Participation { session_id, resident_id })
        .collect();
    Ok((sessions, visits))
}

/// Programme and ward must be within the scope.
async fn check(db: &impl ConnectionTrait, scope: &Scope, filter: &CommitteeFilter) -> Result<()> {
    if let Some(id) = filter.programme_id {
        let known = programmes::queries::list_programmes(db, scope).await?;
        if !known.iter().any(|programme| programme.id == id) {
            return Err(Error::NotFound);
        }
    }
    if let Some(id) = filter.ward_id {
        let known = wards(db, scope).await?;
        if !known.iter().any(|ward| ward.id == id) {
            return Err(Error::NotFound);
        }
    }
    Ok(())
}

/// The wards of the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn wards(db: &impl ConnectionTrait, scope: &Scope) -> Result<Vec<ward::Model>> {
    let mut all = places::queries::list_wards(db, scope).await?;
    all.retain(|ward| scope.reaches_ward(Some(ward.id)));
    Ok(all)
}

/// The committee table, in words of a language.
///
/// # Errors
/// `Invalid` for years in the wrong order or too many; `NotFound` for a programme or a ward outside
/// the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn committee(
    db: &impl ConnectionTrait,
    scope: &Scope,
    filter: &CommitteeFilter,
    lang: Lang,
    now: DateTime<Utc>,
) -> Result<CommitteeTable> {
    let all_years = years(filter.from, filter.to).map_err(|error| Error::Invalid(vec![error]))?;
    check(db, scope, filter).await?;
    let (sessions, visits) = load(db, scope, filter, now).await?;
    let held: Vec<Held> = sessions.iter().map(held_of).collect();

    let code = places::queries::get_municipality(db, scope.municipality_id).await?.code;
    let printed = printed_within(db, scope, filter, printed::results(&code)?).await?;
    let findings = printed::findings(&code)?;
    let names = PlaceNames::load(db, scope, lang).await?;

    let shown: Vec<&Printed> = printed.iter().filter(|row| all_years.contains(&row.year)).collect();

    // What was never held is absent, and no zero.
    let live = |counts: Counts| (counts.sessions > 0).then(|| names.live(&counts));
    let groups = Group::ALL.into_iter().map(|group| {
        let year = |year: &FiscalYear| {
            let own = shown.iter().filter(|row| row.group == group && row.year == *year);
            CommitteeYear {
                fiscal_year: year.year(),
                live: live(count(&held, &visits, |s| s.group == group && s.year == *year)),
                printed: own.map(|row| names.printed(row)).collect(),
            }
        };
        let years = all_years.iter().map(year);
        let years = years.filter(|year| year.live.is_some() || !year.printed.is_empty());

        let said = findings.iter().filter(|finding| finding.group == group);
        let said = said.filter(|finding| finding.belongs_to(shown.iter().copied()));
        let finding = |finding: &Finding| CommitteeFinding {
            words: lang.pick(&finding.words, &finding.words_en).to_owned(),
            source: finding.source.clone(),
        };

        CommitteeGroup {
            group,
            years: years.collect(),
            total: live(count(&held, &visits, |session| session.group == group)),
            findings: said.map(finding).collect(),
        }
    });

    Ok(CommitteeTable {
        extracted_at: to_jst(now),
        groups: groups.filter(|table| !table.years.is_empty()).collect(),
        total: names.live(&count(&held, &visits, |_| true)),
    })
}

/// The printed rows that a table may show.
async fn printed_within(
    db: &impl ConnectionTrait,
    scope: &Scope,
    filter: &CommitteeFilter,
    rows: Vec<Printed>,
) -> Result<Vec<Printed>> {
    let programmes = programmes::queries::list_programmes(db, scope).await?;
    let wards = places::queries::list_wards(db, scope).await?;

    let reached = |row: &Printed| {
        let Some(programme) = programmes.iter().find(|own| own.code == row.programme) else {
            return scope.is_whole() && filter.programme_id.is_none();
        };

        let mut own = wards.iter().filter(|ward| row.figures.wards.contains(&ward.code));
        filter.programme_id.is_none_or(|id| id == programme.id)
            && match row.figures.wards.is_empty() {
                true => scope.reaches(programme.id, None),
                false => own.any(|ward| scope.reaches(programme.id, Some(ward.id))),
            }
    };

    let in_ward = |row: &Printed| {
        let ward = wards.iter().find(|ward| Some(ward.id) == filter.ward_id);
        ward.map_or(filter.ward_id.is_none(), |ward| row.figures.wards.contains(&ward.code))
    };

    Ok(rows.into_iter().filter(|row| reached(row) && in_ward(row)).collect())
}

/// One session behind a figure.
#[derive(Clone, Debug)]
pub struct HeldRow {
    pub session: session::Model,
    /// Where it was, when the place is within reach.
    pub venue: Option<venue::Model>,
    pub visits: usize,
}

/// One person behind a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PersonRow {
    pub id: ResidentId,
    /// In how many of the sessions.
    pub visits: usize,
}

/// The rows behind the figures of a group (none: of all groups).
#[derive(Clone, Debug)]
pub struct Behind {
    pub counts: Counts,
    pub sessions: Vec<HeldRow>,
    /// Who came most often first.
    pub people: Vec<PersonRow>,
    pub printed: Vec<Printed>,
}

/// The rows behind a figure of [`committee`], by the same reading.
///
/// # Errors
/// As [`committee`].
#[tracing::instrument(skip_all, level = "debug")]
pub async fn behind(
    db: &impl ConnectionTrait,
    scope: &Scope,
    filter: &CommitteeFilter,
    group: Option<Group>,
    now: DateTime<Utc>,
) -> Result<Behind> {
    let all_years = years(filter.from, filter.to).map_err(|error| Error::Invalid(vec![error]))?;
    check(db, scope, filter).await?;
    let (sessions, visits) = load(db, scope, filter, now).await?;
    let held: Vec<Held> = sessions.iter().map(held_of).collect();
    let own = |kind| group.is_none_or(|group| Group::of(kind) == group);
    let counts = count(&held, &visits, |held| group.is_none_or(|group| held.group == group));

    let sessions = sessions.into_iter().filter(|session| own(session.kind));
    let sessions: Vec<session::Model> = sessions.collect();
    let mut by_session: HashMap<SessionId, usize> =
        sessions.iter().map(|session| (session.id, 0)).collect();
    let mut by_person: HashMap<ResidentId, usize> = HashMap::new();
    for visit in &visits {
        if let Some(count) = by_session.get_mut(&visit.session_id) {
            *count += 1;
            *by_person.entry(visit.resident_id).or_default() += 1;
        }
    }
    let mut people: Vec<PersonRow> =
        by_person.into_iter().map(|(id, visits)| PersonRow { id, visits }).collect();
    people.sort_by_key(|row| (std::cmp::Reverse(row.visits), row.id));

    let code = places::queries::get_municipality(db, scope.municipality_id).await?.code;
    let mut printed = printed_within(db, scope, filter, printed::results(&code)?).await?;
    printed.retain(|row| {
        group.is_none_or(|group| group == row.group) && all_years.contains(&row.year)
    });

    let venues = places::queries::list_venues(db, scope).await?;
    let row = |session: session::Model| HeldRow {
        venue: venues.iter().find(|venue| venue.id == session.venue_id).cloned(),
        visits: by_session.get(&session.id).copied().unwrap_or_default(),
        session,
    };
    Ok(Behind { counts, sessions: sessions.into_iter().map(row).collect(), people, printed })
}

/// The fiscal years that a table may be asked for: from the first with a row or a printed figure to
/// the present one.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn known_years(
    db: &impl ConnectionTrait,
    scope: &Scope,
    now: DateTime<Utc>,
) -> Result<Vec<FiscalYear>> {
    let first = session::Entity::find()
        .filter(session::Column::MunicipalityId.eq(scope.municipality_id))
        .order_by_asc(session::Column::StartsAt)
        .one(db)
        .await?
        .map(|session| FiscalYear::of(local_date(session.starts_at)));

    let code = places::queries::get_municipality(db, scope.municipality_id).await?.code;
    let printed = printed::results(&code)?.into_iter().map(|row| row.year).min();

    let today = FiscalYear::of(local_date(now));
    // The first session of all may be one that is still to come.
    let first = first.into_iter().chain(printed).min().unwrap_or(today).min(today);
    Ok((first.year()..=today.year()).filter_map(FiscalYear::new).collect())
}
