//! The API of committee tables.

use chrono::{DateTime, FixedOffset};
use entity::{ProgrammeId, WardId};
use poem_openapi::param::Query;
use poem_openapi::payload::Json;
use poem_openapi::{Enum, Object, OpenApi, Tags};

use super::printed::{Printed, Unit};
use super::queries::{self, CommitteeFilter, Report};
use super::rules::{Counts, Group};
use crate::platform::japan::FiscalYear;
use crate::platform::japan::time::to_jst;
use crate::platform::web::api::ApiResult;
use crate::platform::web::door::By;
use crate::platform::{Ctx, Error, Result};
use crate::surveys::Figures;

#[derive(Tags)]
enum Tag {
    /// 委員会資料: figures per fiscal year
    Reports,
}

/// How the papers put kinds of sessions together.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[oai(rename_all = "snake_case")]
pub enum ReportGroup {
    /// 講習会
    Class,
    /// 相談会
    Consultation,
    /// 体験会
    Event,
}

/// What a printed number of people counts.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[oai(rename_all = "snake_case")]
pub enum PrintedUnit {
    /// The paper does not say.
    Unknown,
    Visits,
    People,
}

/// Counted from the rows of the service.
#[derive(Object, Debug)]
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

/// As a paper prints it.
#[derive(Object, Debug)]
pub struct PrintedFigures {
    pub sessions: i32,
    /// The places as printed.
    pub places: String,
    pub people: i32,
    pub people_unit: PrintedUnit,
    /// Printed as 「約」.
    pub approx: bool,
    /// Codes of the wards that the figure covers together.
    pub wards: Vec<String>,
    /// The paper's own words.
    pub words: String,
    pub source: String,
}

/// One fiscal year.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct CommitteeYear {
    /// 2024 is 令和6年度.
    pub fiscal_year: i32,
    /// Absent when the service has no sessions of that year.
    pub live: Option<LiveFigures>,
    pub printed: Vec<PrintedFigures>,
}

/// What a paper says about its figures (▼).
#[derive(Object, Debug)]
pub struct CommitteeFinding {
    /// In the language of the request.
    pub words: String,
    pub source: String,
}

/// The years of one group, newest first.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct CommitteeGroup {
    pub group: ReportGroup,
    pub years: Vec<CommitteeYear>,
    /// The live years together: persons count once.
    pub total: Option<LiveFigures>,
    pub findings: Vec<CommitteeFinding>,
}

/// A committee table.
#[derive(Object, Debug)]
pub struct CommitteeTable {
    /// When it was counted.
    pub extracted_at: DateTime<FixedOffset>,
    pub groups: Vec<CommitteeGroup>,
    /// All groups and live years together: persons count once.
    pub total: LiveFigures,
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
        programme_id: Query<Option<i64>>,
        ward_id: Query<Option<i64>>,
    ) -> ApiResult<CommitteeTable> {
        let today = FiscalYear::of(by.ctx.today());
        let filter = CommitteeFilter {
            from: year("from", from.0, today)?,
            to: year("to", to.0, today)?,
            programme_id: programme_id.0.map(ProgrammeId),
            ward_id: ward_id.0.map(WardId),
        };
        let report = queries::committee(by.db(), &by.scope, &filter, by.ctx.now).await?;
        Ok(Json(table(&by.ctx, &report)))
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

fn table(ctx: &Ctx, report: &Report) -> CommitteeTable {
    let live = |counts: &Counts| LiveFigures {
        sessions: number(counts.sessions),
        places: report.places(counts, ctx.lang).into_iter().map(str::to_owned).collect(),
        visits: number(counts.visits),
        people: number(counts.people),
        unrecorded: number(counts.unrecorded),
    };

    let groups = report.groups.iter().map(|group| CommitteeGroup {
        group: match group.group {
            Group::Class => ReportGroup::Class,
            Group::Consultation => ReportGroup::Consultation,
            Group::Event => ReportGroup::Event,
        },
        years: group
            .years
            .iter()
            .map(|row| CommitteeYear {
                fiscal_year: row.year.year(),
                live: row.live.as_ref().map(live),
                printed: row.printed.iter().map(printed).collect(),
            })
            .collect(),
        total: group.total.as_ref().map(live),
        findings: group
            .findings
            .iter()
            .map(|finding| CommitteeFinding {
                words: ctx.lang.pick(&finding.words, &finding.words_en).to_owned(),
                source: finding.source.clone(),
            })
            .collect(),
    });

    CommitteeTable {
        extracted_at: to_jst(report.at),
        groups: groups.collect(),
        total: live(&report.total),
    }
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn printed(row: &Printed) -> PrintedFigures {
    PrintedFigures {
        sessions: row.sessions,
        places: row.places.clone(),
        people: row.people,
        people_unit: match row.unit {
            Unit::Unknown => PrintedUnit::Unknown,
            Unit::Visits => PrintedUnit::Visits,
            Unit::People => PrintedUnit::People,
        },
        approx: row.approx,
        wards: row.wards.clone(),
        words: row.words.clone(),
        source: row.source.clone(),
    }
}
