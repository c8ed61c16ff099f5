use crate::ResidentId;
use sea_orm::entity::prelude::*;

/// A reason why the person does not use a smartphone.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "resident_barrier")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub resident_id: ResidentId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub barrier: Barrier,
}

text_enum! {
    /// The first four are the reasons of Chiyoda's survey of fiscal year R4.
    Barrier {
        NoInterest = "no_interest", LooksHard = "looks_hard", BuyingIsTrouble = "buying_is_trouble",
        NobodyToAsk = "nobody_to_ask", FearOfFraud = "fear_of_fraud", Cost = "cost",
        FamilyDoesIt = "family_does_it", Other = "other",
    }
}

belongs_to! {}
