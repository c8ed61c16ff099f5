//! The API of ward subsidies, by part of a project's life.

mod apply;
mod grant;
mod objects;
mod review;
mod spread;

use std::future::Future;

use entity::ProjectId;
use poem_openapi::Tags;

pub use apply::ProjectsApi;
pub use grant::ProjectMoneyApi;
pub use review::ProjectReviewApi;
pub use spread::PracticesApi;

use super::queries::{self, ProjectItem};
use crate::platform::web::api::Editable;
use crate::platform::web::door::{By, Right};
use crate::platform::{Result, Scope, Tx};

#[derive(Tags)]
enum Group {
    /// 区の支援事業
    Subsidies,
}

/// Does something to a project, and answers with the project as it stands then.
async fn change<'a, R, F, W>(
    by: &'a By<R>,
    id: ProjectId,
    action: &'static str,
    work: F,
) -> Result<Editable<ProjectItem>>
where
    R: Right,
    F: Fn(Tx, &'a Scope) -> W + Sync,
    W: Future<Output = Result<()>> + Send,
{
    by.does(action, work).await?;
    let row = queries::get(by.db(), &by.scope, id).await?;
    Ok(Editable { revision: row.project.revision, body: row.into() })
}

/// A project that headquarters or the ward may act on, for reads of what others never see.
async fn own<R: Right>(by: &By<R>, id: ProjectId) -> Result<queries::ProjectRow> {
    queries::get_own(by.db(), &by.scope, id).await
}
