//! The search for people: which ids a query means, best first.
//!
//! Digits are looked up in the phones. Everything else is folded, so that all ways to write a
//! name meet in one key: first the keys that begin with it, then, unless somebody bears exactly
//! this name, those that hold it somewhere, through the index of character pairs: the rarest pair
//! of the query leads, and each person it names is compared with the whole key. No step hands out
//! more than a bounded number of rows.

use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDate;
use entity::residents::{booked_number, resident, resident_gram, resident_phone};
use entity::{AreaId, MunicipalityId, ResidentId};
use sea_orm::sea_query::{Alias, Asterisk, Expr, ExprTrait, Func, LikeExpr, Query, UnionType};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, Iterable, JoinType,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};

use crate::platform::japan::number::BookingNumber;
use crate::platform::japan::phone::{PhoneNumber, digits_of};
use crate::platform::text::search::{fold, grams, like_escape, query_keys};
use crate::platform::{Error, Result, Scope};

/// Candidates of one step, when a list shows no more.
const CANDIDATES: u64 = 20;
/// Numbers with the same end that are looked through.
const SAME_END: u64 = 512;
/// So far the people of a pair are counted.
const COUNTED: u64 = 1024;
/// Pairs of a query that are looked at; the rest is checked in the candidates' keys.
const PAIRS: usize = 12;
/// Characters of a query that count for anything.
const QUERY_CAP: usize = 200;

/// Sorts after every character that a key can hold.
const LAST: char = char::MAX;

/// What a list shows of a person, and what it is ordered by.
#[derive(Clone, Debug, FromQueryResult)]
pub(super) struct Candidate {
    pub id: ResidentId,
    pub municipality_id: MunicipalityId,
    pub kana: String,
    pub name: Option<String>,
    pub birth_on: Option<NaiveDate>,
    pub birth_year: Option<i32>,
    pub area_id: Option<AreaId>,
    /// Another record is shown in place of this one.
    pub same_as: Option<ResidentId>,
    kana_sort: Vec<u8>,
}

impl Candidate {
    /// Whether this folded key is the whole kana or the whole name.
    fn is_called(&self, key: &str) -> bool {
        fold(&self.kana) == key || self.name.as_deref().is_some_and(|name| fold(name) == key)
    }
}

/// Which numbers name a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Numbers {
    PhonesAndBookings,
    Phones,
}

/// The people whom `query` means, best first, at most `limit`.
pub(super) async fn people_meant(
    db: &impl ConnectionTrait,
    scope: &Scope,
    query: &str,
    numbers: Numbers,
    limit: u64,
) -> Result<Vec<Candidate>> {
    let query: String = query.chars().take(QUERY_CAP).collect();
    let mut found = Ranked::new(limit);
    let wanted = Ord::max(limit, CANDIDATES);

    if let Some(digits) = only_digits(&query) {
        if numbers == Numbers::PhonesAndBookings {
            found.add(by_booking_number(db, scope, &query).await?);
        }
        found.add(by_phone(db, scope, &digits, wanted).await?);
    }
    if !found.is_empty() {
        return Ok(found.people);
    }

    let keys = query_keys(&query);
    for key in &keys {
        for column in [resident::Column::KanaKey, resident::Column::NameKey] {
            if !found.is_full() {
                found.add(by_prefix(db, scope, column, key, wanted).await?);
            }
        }
    }
    // Whoever bears exactly this name is meant; who bears it within a longer one is not.
    if keys.iter().any(|key| found.people.iter().any(|person| person.is_called(key))) {
        return Ok(found.people);
    }

    for key in &keys {
        if !found.is_full() {
            found.add(by_pairs(db, scope, key, wanted).await?);
        }
    }
    Ok(found.people)
}

/// People in the order in which they were found, each once.
struct Ranked {
    people: Vec<Candidate>,
    seen: HashSet<ResidentId>,
    limit: usize,
}

impl Ranked {
    fn new(limit: u64) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Self { people: Vec::new(), seen: HashSet::new(), limit }
    }

    fn add(&mut self, mut candidates: Vec<Candidate>) {
        candidates.retain(|candidate| candidate.same_as.is_none());
        candidates.sort_by(|a, b| (&a.kana_sort, a.id).cmp(&(&b.kana_sort, b.id)));
        for candidate in candidates {
            if !self.is_full() && self.seen.insert(candidate.id) {
                self.people.push(candidate);
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.people.is_empty()
    }

    fn is_full(&self) -> bool {
        self.people.len() >= self.limit
    }
}

/// The digits of a query that can only be a number, in national form.
fn only_digits(query: &str) -> Option<String> {
    if let Ok(phone) = PhoneNumber::parse(query) {
        return Some(phone.digits().to_owned());
    }
    let digits = digits_of(query);
    let letters = fold(query);
    let numeric = letters.chars().all(|c| c.is_ascii_digit() || !c.is_alphanumeric());
    (numeric && !digits.is_empty() && digits.len() <= 20).then_some(digits)
}

fn people(scope: &Scope) -> sea_orm::Select<resident::Entity> {
    let mut select = resident::Entity::find().select_only().columns([
        resident::Column::Id,
        resident::Column::MunicipalityId,
        resident::Column::Kana,
        resident::Column::Name,
        resident::Column::BirthOn,
        resident::Column::BirthYear,
        resident::Column::AreaId,
        resident::Column::SameAs,
        resident::Column::KanaSort,
    ]);

    if let Some(id) = scope.resident_id {
        select = select.filter(resident::Column::Id.eq(id));
    }
    select
}

pub(super) async fn people_of(
    db: &impl ConnectionTrait,
    scope: &Scope,
    ids: Vec<ResidentId>,
) -> Result<Vec<Candidate>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let select = people(scope).filter(resident::Column::Id.is_in(ids));
    let mut found = select.into_model::<Candidate>().all(db).await?;
    // Compared here: beside a list of ids, SQLite would take a condition on the municipality as a
    // reason to read all of its people.
    found.retain(|person| person.municipality_id == scope.municipality_id);
    Ok(found)
}

async fn by_booking_number(
    db: &impl ConnectionTrait,
    scope: &Scope,
    query: &str,
) -> Result<Vec<Candidate>> {
    let Ok(number) = BookingNumber::parse(query) else { return Ok(Vec::new()) };
    let number: i32 = number.digits().parse().map_err(Error::internal)?;

    let found: Vec<ResidentId> = booked_number::Entity::find()
        .select_only()
        .column(booked_number::Column::ResidentId)
        .filter(booked_number::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(booked_number::Column::Number.eq(number))
        .into_tuple()
        .all(db)
        .await?;
    people_of(db, scope, found).await
}

/// Four digits are the end of a number, more digits its beginning, or its end when the area
/// code was left out. Fewer digits name nobody.
async fn by_phone(
    db: &impl ConnectionTrait,
    scope: &Scope,
    digits: &str,
    wanted: u64,
) -> Result<Vec<Candidate>> {
    if digits.len() < 4 {
        return Ok(Vec::new());
    }

    let numbers = resident_phone::Entity::find()
        .select_only()
        .columns([resident_phone::Column::ResidentId, resident_phone::Column::Digits])
        .filter(resident_phone::Column::MunicipalityId.eq(scope.municipality_id));

    // No area code begins with 00: such digits are the end of a number.
    let from_start = digits.len() > 4 && digits.starts_with('0') && !digits.starts_with("00");
    let numbers = if from_start {
        numbers
            .filter(resident_phone::Column::Digits.gte(digits))
            .filter(resident_phone::Column::Digits.lt(format!("{digits}{LAST}")))
            .order_by_asc(resident_phone::Column::Digits)
            .order_by_asc(resident_phone::Column::ResidentId)
            .limit(wanted)
    } else {
        numbers
            .filter(resident_phone::Column::Last4.eq(&digits[digits.len() - 4..]))
            .order_by_asc(resident_phone::Column::ResidentId)
            .limit(SAME_END)
    };

    let rows: Vec<(ResidentId, String)> = numbers.into_tuple().all(db).await?;
    let fits = |held: &str| from_start || held.ends_with(digits);
    let ids = rows.into_iter().filter(|(_, held)| fits(held)).map(|(id, _)| id).collect();
    people_of(db, scope, ids).await
}

/// People whose kana, or name, begins with `key`: a range of an index.
async fn by_prefix(
    db: &impl ConnectionTrait,
    scope: &Scope,
    column: resident::Column,
    key: &str,
    wanted: u64,
) -> Result<Vec<Candidate>> {
    Ok(people(scope)
        .filter(resident::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(column.gte(key))
        .filter(column.lt(format!("{key}{LAST}")))
        .order_by_asc(column)
        .order_by_asc(resident::Column::Id)
        .limit(wanted)
        .into_model::<Candidate>()
        .all(db)
        .await?)
}

/// People whose kana or name holds `key` somewhere, those who registered first.
async fn by_pairs(
    db: &impl ConnectionTrait,
    scope: &Scope,
    key: &str,
    wanted: u64,
) -> Result<Vec<Candidate>> {
    let pairs = rarest_first(db, scope, key).await?;
    let Some((rarest, others)) = pairs.split_first() else { return Ok(Vec::new()) };

    let person_of_pair = resident_gram::Entity::belongs_to(resident::Entity)
        .from(resident_gram::Column::ResidentId)
        .to(resident::Column::Id);
    let anywhere = LikeExpr::new(format!("%{}%", like_escape(key))).escape('\\');
    let holds_key =
        |column: resident::Column| Expr::col((resident::Entity, column)).like(anywhere.clone());

    let mut select = people(scope)
        .join_rev(JoinType::InnerJoin, person_of_pair.into())
        .filter(resident_gram::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(resident_gram::Column::Gram.eq(rarest))
        .filter(
            Condition::any()
                .add(holds_key(resident::Column::KanaKey))
                .add(holds_key(resident::Column::NameKey)),
        );
    // One more pair keeps most of those apart who hold the first by chance; the key decides.
    if let Some(next) = others.first() {
        select = select.filter(holds_too(next));
    }

    Ok(select
        .order_by_asc(resident_gram::Column::ResidentId)
        .limit(wanted)
        .into_model::<Candidate>()
        .all(db)
        .await?)
}

/// The pairs of a key, those that the fewest people hold first. One statement.
async fn rarest_first(db: &impl ConnectionTrait, scope: &Scope, key: &str) -> Result<Vec<String>> {
    let mut pairs: Vec<String> = grams(key).into_iter().take(PAIRS).collect();
    if pairs.len() < 2 {
        return Ok(pairs);
    }

    let counts = (0..).zip(&pairs).map(|(place, pair): (i32, _)| {
        let held = holders(scope, pair).limit(COUNTED).into_query();
        Query::select()
            .expr_as(Expr::val(place), "place")
            .expr_as(Func::count(Expr::col(Asterisk)), "held")
            .from_subquery(held, "held_by")
            .to_owned()
    });
    let Some(all) = counts.reduce(|mut all, one| all.union(UnionType::All, one).to_owned()) else {
        return Ok(pairs);
    };

    let mut held = BTreeMap::new();
    for row in db.query_all(&all).await? {
        let (place, count): (i32, i64) = (row.try_get("", "place")?, row.try_get("", "held")?);
        if let Some(pair) = usize::try_from(place).ok().and_then(|place| pairs.get(place)) {
            held.insert(pair.clone(), count);
        }
    }
    pairs.sort_by_key(|pair| held.get(pair).copied());
    Ok(pairs)
}

fn holders(scope: &Scope, pair: &str) -> sea_orm::Select<resident_gram::Entity> {
    resident_gram::Entity::find()
        .select_only()
        .column(resident_gram::Column::ResidentId)
        .filter(resident_gram::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(resident_gram::Column::Gram.eq(pair))
        .order_by_asc(resident_gram::Column::ResidentId)
}

/// The same person holds `pair` as well.
fn holds_too(pair: &str) -> Expr {
    let there = |column: resident_gram::Column| Expr::col((Alias::new("other"), column));
    let mut same = Query::select();
    same.expr(Expr::val(1)).from_as(resident_gram::Entity, Alias::new("other"));
    for column in resident_gram::Column::iter() {
        same.and_where(match column {
            resident_gram::Column::Gram => there(column).eq(pair),
            _ => there(column).equals((resident_gram::Entity, column)),
        });
    }
    Expr::exists(same)
}
