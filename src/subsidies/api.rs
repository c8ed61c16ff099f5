//! The API of ward subsidies, by part of a project's life.

mod apply;
mod grant;
mod objects;
mod review;
mod spread;

use entity::ProjectId;
use entity::subsidies::project;
use poem_openapi::Tags;

pub use apply::ProjectsApi;
pub use grant::ProjectMoneyApi;
pub use review::ProjectReviewApi;
pub use spread::PracticesApi;

use super::queries;
use crate::platform::web::api::Editable;
use crate::platform::{App, Result, Scope};
use objects::ProjectItem;

#[derive(Tags)]
enum Group {
    /// 区の支援事業
    Subsidies,
}

/// The project as it stands after a write.
async fn after(app: &App, scope: &Scope, id: ProjectId) -> Result<Editable<ProjectItem>> {
    let row = queries::get(app.store().reader(), scope, id).await?;
    Ok(Editable { revision: row.project.revision, body: objects::item(row) })
}

/// Whether the asker reads the results report: the own one always, another ward's once it is
/// with headquarters.
pub(super) fn shows_report(scope: &Scope, project: &project::Model) -> bool {
    use project::ProjectState as S;
    queries::is_own(scope, project)
        || [S::Reported, S::Fixed, S::Settled, S::Verified, S::Model].contains(&project.state)
}

/// A project that headquarters or the ward may act on, for reads of what others never see.
async fn own(app: &App, scope: &Scope, id: i64) -> Result<queries::ProjectRow> {
    queries::get_own(app.store().reader(), scope, ProjectId(id)).await
}
