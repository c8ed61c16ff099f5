//! Reads.

use std::collections::HashMap;

use entity::ResidentId;
use entity::residents::contact_channel::Channel;
use entity::residents::resident;
use entity::residents::resident_barrier::Barrier;
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};

use crate::platform::{Error, Result, Scope};

/// One person in a list of candidates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    pub id: ResidentId,
    pub kana: String,
    pub name: Option<String>,
    pub birth_year: Option<i32>,
    /// National digits.
    pub phones: Vec<String>,
    pub area_ja: Option<String>,
    pub area_en: Option<String>,
}

/// A person with everything that hangs on the person.
#[derive(Clone, Debug)]
pub struct Card {
    pub resident: resident::Model,
    /// National digits, preferred first.
    pub phones: Vec<String>,
    pub channels: Vec<Channel>,
    pub barriers: Vec<Barrier>,
    pub area_ja: Option<String>,
    pub area_en: Option<String>,
    /// Whether the person agreed that what is said is kept.
    pub consent_given: bool,
}

/// People by kana in any script, kanji with variants, phone in any notation or its last
/// four digits. (Booking numbers are the room `bookings`'.) Best first, at most `limit`.
pub async fn find(
    _: &impl ConnectionTrait,
    _: &Scope,
    _: &str,
    _: u64,
) -> Result<Vec<Found>> {
    Err(Error::internal("stub"))
}

/// A person.
///
/// # Errors
/// `NotFound`, also outside the scope.
pub async fn get(
    _: &impl ConnectionTrait,
    _: &Scope,
    _: ResidentId,
) -> Result<resident::Model> {
    Err(Error::internal("stub"))
}

/// A person with everything that hangs on the person; a bounded number of queries.
///
/// # Errors
/// `NotFound`, also outside the scope.
pub async fn get_card(_: &impl ConnectionTrait, _: &Scope, _: ResidentId) -> Result<Card> {
    Err(Error::internal("stub"))
}

/// Several people at once, by id.
pub async fn found_by_ids(
    _: &impl ConnectionTrait,
    _: &Scope,
    _: &[ResidentId],
) -> Result<HashMap<ResidentId, Found>> {
    Err(Error::internal("stub"))
}
