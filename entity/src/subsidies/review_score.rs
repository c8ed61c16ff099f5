use crate::{ApplicationVersionId, StaffId};
use sea_orm::entity::prelude::*;

/// A reviewer's score of a submitted version by one criterion.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "review_score")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub version_id: ApplicationVersionId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub staff_id: StaffId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub criterion: Criterion,
    /// 1 to 5.
    pub score: i32,
    #[sea_orm(column_type = "Text")]
    pub reason: String,
    pub scored_at: ChronoDateTimeUtc,
}

text_enum! {
    /// What reviewers look at.
    Criterion {
        /// 課題の明確さ
        Clarity = "clarity",
        /// 実効性
        Effect = "effect",
        /// 連携
        Partnership = "partnership",
        /// 検証可能性
        Verifiability = "verifiability",
        /// 横展開性
        Spread = "spread",
        /// 費用
        Cost = "cost",
    }
}

belongs_to! {}
