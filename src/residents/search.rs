//! The search for people: which ids a query means, best first.
//!
//! Digits are looked up in the phones. Everything else is folded, so that all ways to write a
//! name meet in one key: first the keys that begin with it, then those that hold it somewhere,
//! through the index of character pairs. Every candidate is compared with the key once more here,
//! so both databases answer the same. No step reads more than a bounded number of rows, except
//! where every pair of the query is common.

use std::collections::HashSet;

use entity::bookings::booking;
use entity::residents::{resident, resident_gram, resident_phone};
use entity::{MunicipalityId, ResidentId};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, Iterable, QueryFilter, QueryOrder,
    QuerySelect,
};

use crate::platform::japan::number::BookingNumber;
use crate::platform::japan::phone::{PhoneNumber, digits_of};
use crate::platform::text::search::{grams, query_keys};
use crate::platform::{Error, Result, Scope};

/// Candidates of one step, when a list shows no more.
const CANDIDATES: u64 = 50;
/// A pair of characters with at most so many people is rare: its people are read at once.
const RARE: u64 = 512;
/// Pairs of a query that are looked at; the rest is checked in the candidates' keys.
const PAIRS: usize = 6;
/// Characters of a query that count for anything.
const QUERY_CAP: usize = 200;

/// Sorts after every character that a key can hold.
const LAST: char = char::MAX;

/// What is compared of a candidate.
#[derive(Clone, Debug, FromQueryResult)]
struct Candidate {
    id: ResidentId,
    municipality_id: MunicipalityId,
    kana_key: String,
    name_key: String,
    kana_sort: Vec<u8>,
}

/// The ids that `query` means, best first, at most `limit`.
pub(super) async fn ids(
    db: &impl ConnectionTrait,
    scope: &Scope,
    query: &str,
    limit: u64,
) -> Result<Vec<ResidentId>> {
    let query: String = query.chars().take(QUERY_CAP).collect();
    let mut found = Ranked::new(limit);
    let wanted = Ord::max(limit, CANDIDATES);
    if let Some(digits) = only_digits(&query) {
        found.add(by_booking_number(db, scope, &query).await?);
        found.add(by_phone(db, scope, &digits, wanted).await?);
    }
    if !found.is_empty() {
        return Ok(found.ids);
    }
    let keys = query_keys(&query);
    for key in &keys {
        found.add(by_prefix(db, scope, key, wanted).await?);
    }
    for key in &keys {
        if !found.is_full() {
            found.add(by_pairs(db, scope, key, wanted).await?);
        }
    }
    Ok(found.ids)
}

/// Ids in the order in which they were found, each once.
struct Ranked {
    ids: Vec<ResidentId>,
    seen: HashSet<ResidentId>,
    limit: usize,
}

impl Ranked {
    fn new(limit: u64) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Self { ids: Vec::new(), seen: HashSet::new(), limit }
    }

    fn add(&mut self, mut candidates: Vec<Candidate>) {
        candidates.sort_by(|a, b| (&a.kana_sort, a.id).cmp(&(&b.kana_sort, b.id)));
        for candidate in candidates {
            if !self.is_full() && self.seen.insert(candidate.id) {
                self.ids.push(candidate.id);
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    fn is_full(&self) -> bool {
        self.ids.len() >= self.limit
    }
}

/// The digits of a query that can only be a number, in national form.
fn only_digits(query: &str) -> Option<String> {
    if let Ok(phone) = PhoneNumber::parse(query) {
        return Some(phone.digits().to_owned());
    }
    let digits = digits_of(query);
    let letters = crate::platform::text::search::fold(query);
    let numeric = letters.chars().all(|c| c.is_ascii_digit() || !c.is_alphanumeric());
    (numeric && !digits.is_empty() && digits.len() <= 20).then_some(digits)
}

fn people(scope: &Scope) -> sea_orm::Select<resident::Entity> {
    let mut select = resident::Entity::find().select_only().columns([
        resident::Column::Id,
        resident::Column::MunicipalityId,
        resident::Column::KanaKey,
        resident::Column::NameKey,
        resident::Column::KanaSort,
    ]);
    if let Some(id) = scope.resident_id {
        select = select.filter(resident::Column::Id.eq(id));
    }
    select
}

async fn people_of(
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
    let found: Vec<ResidentId> = booking::Entity::find()
        .select_only()
        .column(booking::Column::ResidentId)
        .filter(booking::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(booking::Column::Number.eq(number))
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
            .limit(RARE)
    };
    let rows: Vec<(ResidentId, String)> = numbers.into_tuple().all(db).await?;
    let fits = |held: &str| from_start || held.ends_with(digits);
    let ids = rows.into_iter().filter(|(_, held)| fits(held)).map(|(id, _)| id).collect();
    people_of(db, scope, ids).await
}

/// People whose kana or name begins with `key`: two ranges of an index.
async fn by_prefix(
    db: &impl ConnectionTrait,
    scope: &Scope,
    key: &str,
    wanted: u64,
) -> Result<Vec<Candidate>> {
    let mut found = Vec::new();
    for column in [resident::Column::KanaKey, resident::Column::NameKey] {
        let rows = people(scope)
            .filter(resident::Column::MunicipalityId.eq(scope.municipality_id))
            .filter(column.gte(key))
            .filter(column.lt(format!("{key}{LAST}")))
            .order_by_asc(column)
            .order_by_asc(resident::Column::Id)
            .limit(wanted)
            .into_model::<Candidate>()
            .all(db)
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// People whose kana or name holds `key` somewhere.
async fn by_pairs(
    db: &impl ConnectionTrait,
    scope: &Scope,
    key: &str,
    wanted: u64,
) -> Result<Vec<Candidate>> {
    let pairs: Vec<String> = grams(key).into_iter().take(PAIRS).collect();
    if pairs.is_empty() {
        return Ok(Vec::new());
    }
    let mut ids = None;
    for pair in &pairs {
        let held = holders(scope, pair).limit(RARE + 1).into_tuple().all(db).await?;
        if held.len() as u64 <= RARE {
            ids = Some(held);
            break;
        }
    }
    let ids = match ids {
        Some(ids) => ids,
        // Every pair is common: the people who hold all of them, as far as a list can show them.
        None => {
            let mut select = holders(scope, &pairs[0]);
            for pair in &pairs[1..] {
                select = select.filter(holds_too(pair));
            }
            select.limit(wanted).into_tuple().all(db).await?
        }
    };
    let mut found = people_of(db, scope, ids).await?;
    found.retain(|person| person.kana_key.contains(key) || person.name_key.contains(key));
    Ok(found)
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
