//! The API of ward subsidies, by part of a project's life.

mod apply;
mod detail;
mod grant;
mod objects;
mod review;
mod spread;

use entity::ProjectId;
use poem_openapi::Tags;

pub use apply::ProjectsApi;
pub use grant::ProjectMoneyApi;
pub use review::ProjectReviewApi;
pub use spread::PracticesApi;

use super::queries;
use crate::platform::Result;
use crate::platform::web::api::Editable;
use crate::platform::web::door::{By, Right};
use objects::ProjectItem;

#[derive(Tags)]
enum Group {
    /// 区の支援事業
    Subsidies,
}

/// The project as it stands after a write.
async fn after<R: Right>(by: &By<R>, id: ProjectId) -> Result<Editable<ProjectItem>> {
    let row = queries::get(by.db(), &by.scope, id).await?;
    Ok(Editable { revision: row.project.revision, body: objects::item(row) })
}

/// A project that headquarters or the ward may act on, for reads of what others never see.
async fn own<R: Right>(by: &By<R>, id: i64) -> Result<queries::ProjectRow> {
    queries::get_own(by.db(), &by.scope, ProjectId(id)).await
}
