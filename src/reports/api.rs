//! The API of committee tables.

use entity::{ProgrammeId, WardId};
use poem_openapi::param::Query;
use poem_openapi::payload::Json;
use poem_openapi::{OpenApi, Tags};

use super::queries::{self, CommitteeFilter, CommitteeTable};
use crate::platform::japan::FiscalYear;
use crate::platform::web::api::ApiResult;
use crate::platform::web::door::By;
use crate::platform::{Error, Result};
use crate::surveys::Figures;

#[derive(Tags)]
enum Tag {
    /// 委員会資料: figures per fiscal year
    Reports,
}

/// Figures for committees.
#[derive(Clone, Copy, Debug)]
pub struct ReportsApi;

#[OpenApi(tag = "Tag::Reports")]
impl ReportsApi {
    /// 年度・回数・場所・人数 for any fiscal years, programme and ward.
    #[oai(path = "/reports/committee", method = "get", operation_id = "get_committee_table")]
    async fn get_committee_table(
        &self,
        by: By<Figures>,
        /// First fiscal year; the present one without it.
        from: Query<Option<i32>>,
        /// Last fiscal year; the present one without it.
        to: Query<Option<i32>>,
        programme_id: Query<Option<ProgrammeId>>,
        ward_id: Query<Option<WardId>>,
    ) -> ApiResult<CommitteeTable> {
        let today = FiscalYear::of(by.ctx.today());
        let filter = CommitteeFilter {
            from: year("from", from.0, today)?,
            to: year("to", to.0, today)?,
            programme_id: programme_id.0,
            ward_id: ward_id.0,
        };
        let (lang, now) = (by.ctx.lang, by.ctx.now);
        Ok(Json(queries::committee(by.db(), &by.scope, &filter, lang, now).await?))
    }
}

fn year(field: &str, number: Option<i32>, today: FiscalYear) -> Result<FiscalYear> {
    match number {
        None => Ok(today),
        Some(number) => {
            FiscalYear::new(number).ok_or_else(|| Error::invalid(field, "err.report.year"))
        }
    }
}
