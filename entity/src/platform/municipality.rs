use crate::MunicipalityId;
use sea_orm::entity::prelude::*;

/// A municipality: the tenant that everything belongs to.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "municipality")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: MunicipalityId,
    /// 全国地方公共団体コード, 6 digits with the check digit.
    #[sea_orm(unique)]
    pub code: String,
    pub name_ja: String,
    pub name_en: String,
    pub department_ja: String,
    pub department_en: String,
    pub postal_code: String,
    pub address: String,
    /// The number that every page and letter gives, with hyphens.
    pub phone: String,
    pub fax: Option<String>,
    /// Sender and organizer of mails.
    pub email: String,
    /// The call centre's hours, minutes after midnight.
    pub opens_minute: i32,
    pub closes_minute: i32,
    /// The days of the week with these hours: Monday 1, Tuesday 2, Wednesday 4, to Sunday 64.
    pub open_days: i32,
    /// First day of the call centre.
    pub opened_on: ChronoDate,
    pub created_at: ChronoDateTimeUtc,
}

belongs_to! {}
