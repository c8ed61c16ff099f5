//! Every look at a person is recorded: one way, under one name in the audit log.

use entity::ResidentId;

use super::actions;
use crate::platform::{App, Ctx, Result};

/// Records that these people were shown to whoever asks, and on which page or by which operation;
/// nobody was shown, nothing is written.
///
/// # Errors
/// As [`crate::platform::Store::look`]; what could not be recorded must not be shown.
pub async fn record_look(
    app: &App,
    ctx: &Ctx,
    people: &[ResidentId],
    why: &'static str,
) -> Result<()> {
    if people.is_empty() {
        return Ok(());
    }

    app.store()
        .look(ctx, "look_at_residents", |tx| async move {
            actions::record_look(&tx, people, why);
            Ok(())
        })
        .await
}
