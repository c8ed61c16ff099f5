use crate::{MunicipalityId, RouterId, VenueId, WardId};
use sea_orm::entity::prelude::*;

/// One router of the municipality, with the SIM that is in it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "router")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: RouterId,
    pub municipality_id: MunicipalityId,
    pub ward_id: Option<WardId>,
    /// The venue in which it stands, if it stands in one.
    pub venue_id: Option<VenueId>,
    /// Number on its label; unique in the municipality.
    pub code: String,
    pub kind: RouterKind,
    pub state: RouterState,
    pub purpose: Purpose,
    pub place_kind: Option<PlaceKind>,
    /// Where it stands, in words; empty in stock.
    pub place_name: String,
    /// 19 or 20 digits as printed on the card; only BWA routers have one.
    pub sim: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub note: String,
    pub revision: i32,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
}

text_enum! {
    /// By which network it connects.
    RouterKind {
        /// 地域BWA, with a SIM.
        Bwa = "bwa",
        /// Wi-Fi on the building's own line.
        Wifi = "wifi",
    }
}
text_enum! {
    /// What becomes of it; drawn in `shirube::routers`.
    RouterState {
        Stock = "stock", InUse = "in_use", Repair = "repair",
        /// Given up; it does not come back.
        Retired = "retired",
    }
}
text_enum! {
    /// What it is for.
    Purpose {
        /// Communication in a disaster.
        Emergency = "emergency",
        /// Classes and consultations.
        Classes = "classes",
        /// The office's own work.
        Office = "office",
        /// Trials of TV push.
        TvPush = "tv_push",
    }
}
text_enum! {
    /// What kind of place it stands in.
    PlaceKind {
        /// 区役所
        WardOffice = "ward_office",
        /// 地域防災拠点
        DisasterBase = "disaster_base",
        /// A venue of sessions.
        Venue = "venue",
    }
}

belongs_to! {}
