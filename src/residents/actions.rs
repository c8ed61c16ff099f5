//! The verbs: create, change, learn from a hearing, record a look.

use chrono::NaiveDate;
use entity::residents::contact_channel::Channel;
use entity::residents::resident::{AgeBand, Device, Mobility, Need};
use entity::residents::resident_barrier::Barrier;
use entity::{AreaId, ResidentId};
use serde::{Deserialize, Serialize};

use super::Found;
use crate::platform::japan::PhoneNumber;
use crate::platform::text::{Kana, PersonName};
use crate::platform::{Error, Result, Scope, Tx};

/// A new person; the kana is all that is needed.
#[derive(Clone, Debug)]
pub struct NewResident {
    pub kana: Kana,
    pub name: Option<PersonName>,
    pub phones: Vec<PhoneNumber>,
    pub birth_on: Option<NaiveDate>,
    pub birth_year: Option<i32>,
    pub age_band: Option<AgeBand>,
    pub postal_code: Option<String>,
    pub address: Option<String>,
    pub area_id: Option<AreaId>,
    pub email: Option<String>,
    /// In order of preference; empty means: phone when there is a number, else letter.
    pub channels: Vec<Channel>,
}

/// A person was created.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Created {
    pub id: ResidentId,
    /// People with the same phone or the same folded kana, who existed before.
    pub possible_duplicates: Vec<Found>,
}

/// Creates a person, with search index, phones and channels.
pub async fn create(_: &Tx, _: &Scope, _: &NewResident) -> Result<Created> {
    Err(Error::internal("stub"))
}

/// What a hearing tells about a person; `None` leaves what is known.
#[derive(Clone, Debug, Default)]
pub struct Learned {
    pub hearing: Option<Need>,
    pub vision: Option<Need>,
    pub mobility: Option<Mobility>,
    /// Only `none` and `have a smartphone of unknown make` follow from a hearing.
    pub device: Option<Device>,
    pub barriers: Option<Vec<Barrier>>,
    pub channels: Option<Vec<Channel>>,
}

/// Keeps what a hearing told.
pub async fn learn(_: &Tx, _: &Scope, _: ResidentId, _: &Learned) -> Result<()> {
    Err(Error::internal("stub"))
}

/// Adds a phone number to a person.
pub async fn add_phone(_: &Tx, _: &Scope, _: ResidentId, _: &PhoneNumber) -> Result<()> {
    Err(Error::internal("stub"))
}

/// Records that somebody looked at these people.
pub fn record_look(_: &Tx, _: &[ResidentId], _: &'static str) {}
