use crate::sessions::session::SessionKind;
use crate::{GoalActualId, GoalMeasureId, MunicipalityId, ProgrammeId, StaffId};
use sea_orm::entity::prelude::*;

/// What was reached in a fiscal year: entered in words, or bound to a figure of our own records.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "goal_actual")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: GoalActualId,
    pub municipality_id: MunicipalityId,
    pub measure_id: GoalMeasureId,
    pub fiscal_year: i32,
    /// As printed; for a bound actual what the document says about it, or nothing.
    #[sea_orm(column_type = "Text")]
    pub words: String,
    /// In thousandths of the unit; none for a bound actual, which is counted.
    pub value_milli: Option<i64>,
    pub is_approx: bool,
    pub metric: Option<Metric>,
    /// Only sessions of this programme are counted.
    pub programme_id: Option<ProgrammeId>,
    /// Only sessions of this kind are counted.
    pub session_kind: Option<SessionKind>,
    pub entered_by: Option<StaffId>,
    pub updated_at: ChronoDateTimeUtc,
}

text_enum! {
    /// What is counted.
    Metric {
        /// Sessions that took place.
        SessionsHeld = "sessions_held",
        /// Wards in which sessions took place.
        DistinctWards = "distinct_wards",
        /// 延べ: who came, each time counted.
        Attendances = "attendances",
        /// 実: who came, each person counted once.
        DistinctPeople = "distinct_people",
        /// Procedures that can be done with a smartphone by the end of the year.
        ProceduresDone = "procedures_done",
    }
}

belongs_to! {}
