//! What somebody of the staff asked for and may not have.

use entity::staff::staff_member;
use sea_orm::EntityTrait;
use serde_json::json;

use crate::platform::db::locked;
use crate::platform::web::gate::Refused;
use crate::platform::{App, Ctx};
use crate::staff::{queries, rules};

/// Leaves a refusal in the audit log, under the number of whoever was refused, and one line more
/// when it completes a burst. The request is answered all the same when that fails.
pub async fn record_refusal(app: App, ctx: Ctx, refused: Refused) {
    let Some(staff_id) = ctx.staff_id() else { return };
    let (refused, town) = (&refused, ctx.municipality_id());
    let done = app
        .store()
        .look(&ctx, "refuse", |tx| async move {
            // One after the other, so that of fifty at once one is the fiftieth.
            locked(staff_member::Entity::find_by_id(staff_id)).one(tx.db()).await?;
            let first = queries::nth_refusal(tx.db(), town, staff_id, rules::BURST - 1).await?;
            let told = queries::last_burst(tx.db(), town, staff_id).await?;

            let Refused { method, route, status, id } = refused;
            let detail = json!({ "method": method, "route": route, "status": status, "id": id });
            tx.audit(queries::REFUSAL, staff_id.0, detail);
            if rules::completes_burst(tx.now(), first, told) {
                tx.audit(queries::BURST, staff_id.0, json!({ "count": rules::BURST }));
            }
            Ok(())
        })
        .await;

    if let Err(error) = done {
        tracing::warn!(code = error.code(), "a refusal could not be recorded");
    }
}
