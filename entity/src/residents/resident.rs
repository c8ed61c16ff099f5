use crate::{AreaId, MunicipalityId, ResidentId};
use sea_orm::entity::prelude::*;

/// A person. Complete with a kana reading alone: no mail, mobile or kanji is needed.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "resident")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: ResidentId,
    pub municipality_id: MunicipalityId,
    /// As the person writes it, variants kept; may be absent.
    pub name: Option<String>,
    /// Full-width katakana.
    pub kana: String,
    /// Folded kana, for prefix search.
    pub kana_key: String,
    /// Folded name, for prefix search; empty without a name.
    pub name_key: String,
    /// Collation key of the kana, for lists in 五十音 order.
    #[sea_orm(column_type = "Blob")]
    pub kana_sort: Vec<u8>,
    pub birth_on: Option<ChronoDate>,
    /// When only the year is known.
    pub birth_year: Option<i32>,
    pub age_band: Option<AgeBand>,
    pub postal_code: Option<String>,
    pub address: Option<String>,
    pub area_id: Option<AreaId>,
    pub email: Option<String>,
    pub device: Option<Device>,
    pub device_carrier: Option<String>,
    pub device_os: Option<String>,
    pub hearing: Option<Need>,
    pub vision: Option<Need>,
    pub mobility: Option<Mobility>,
    /// Who helps, in the person's words (長女・横浜).
    pub helper: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub note: Option<String>,
    pub standing: Standing,
    /// The record of the same person, which lists and searches show in place of this one.
    pub same_as: Option<ResidentId>,
    pub revision: i32,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
}

text_enum! {
    /// Age where no birth date is known, in decades.
    AgeBand {
        Under60 = "under_60", Sixties = "60s", Seventies = "70s", Eighties = "80s", NinetyUp = "90_up",
    }
}
text_enum! {
    /// What phone the person has.
    Device {
        None = "none", FeaturePhone = "feature_phone", EasyPhone = "easy_phone",
        Android = "android", Iphone = "iphone",
    }
}
text_enum! {
    /// Hearing and sight.
    Need { Fine = "fine", Hard = "hard" }
}
text_enum! {
    /// Getting about.
    Mobility { Fine = "fine", Hard = "hard", CannotGoOut = "cannot_go_out" }
}
text_enum! {
    /// Whether the person may be contacted: anything but `active` silences every notice.
    Standing {
        Active = "active", MovedOut = "moved_out", Deceased = "deceased", Withdrawn = "withdrawn",
    }
}

belongs_to! {}
