use crate::{MunicipalityId, ResidentId, ResidentPhoneId};
use sea_orm::entity::prelude::*;

/// A phone number of a person. Several people may share one.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "resident_phone")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: ResidentPhoneId,
    pub municipality_id: MunicipalityId,
    pub resident_id: ResidentId,
    /// National digits, such as `0312345678`.
    pub digits: String,
    /// The last four digits.
    pub last4: String,
    /// The digits dialled behind the number (内線), where there are any.
    pub extension: Option<String>,
    /// Order of the person's numbers, from 0.
    pub rank: i32,
    /// Whose number it is; none when nobody asked.
    pub whose: Option<PhoneOwner>,
    /// When it was added to a person who was there already.
    pub added_at: Option<ChronoDateTimeUtc>,
}

text_enum! {
    /// Whose phone rings when the person's number is dialled.
    PhoneOwner { Own = "own", Family = "family", Other = "other" }
}

belongs_to! {}
