//! Why a session does not take place.

use entity::SessionId;
use entity::sessions::session;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use crate::platform::error::FieldError;
use crate::platform::text::single_line;
use crate::platform::{Error, Result, Scope, Tx};
use crate::sessions::{queries, rules};

/// Keeps why a session is called off, in words for the people who are told; nothing written is
/// no reason. Called with the cancelling, in the same transaction.
///
/// # Errors
/// `NotFound` outside the scope, `Invalid` for a reason that is too long.
pub async fn give_reason(tx: &Tx, scope: &Scope, id: SessionId, because: &str) -> Result<()> {
    let max = rules::REASON_LENGTH;
    let because = single_line(because, max).map_err(|error| {
        let values = vec![("max", max.to_string())];
        Error::Invalid(vec![FieldError { values, ..FieldError::new("because", error.key()) }])
    })?;
    let because = Some(because.trim_end_matches('。').to_owned()).filter(|text| !text.is_empty());

    queries::lock(tx, scope, id).await?;
    tx.audit("session", id.0, json!({ "reason_given": because.is_some() }));
    session::Entity::update_many()
        .col_expr(session::Column::CalledOffBecause, Expr::value(because))
        .filter(session::Column::Id.eq(id))
        .exec(tx.db())
        .await?;
    Ok(())
}
