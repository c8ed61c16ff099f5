use crate::{PaymentId, ProjectId, StaffId};
use sea_orm::entity::prelude::*;

/// Money that moved.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: PaymentId,
    pub project_id: ProjectId,
    pub kind: PaymentKind,
    /// Always positive.
    pub yen: i64,
    pub paid_on: ChronoDate,
    pub created_by: Option<StaffId>,
    pub created_at: ChronoDateTimeUtc,
}

text_enum! {
    /// Which way it moved.
    PaymentKind {
        /// 概算払
        Advance = "advance",
        /// Paid at the settlement (精算払).
        Rest = "rest",
        /// 返還: given back by the ward.
        Repayment = "repayment",
    }
}

belongs_to! {}
