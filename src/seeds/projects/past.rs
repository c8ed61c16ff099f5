//! What the paper on fiscal year 2022 says of ward projects, and nothing more: no amounts, no days.

use std::collections::HashMap;

use anyhow::Context as _;
use entity::programmes::programme_result::PeopleUnit;
use entity::subsidies::practice_step::SpreadState;
use entity::subsidies::project::{ProjectKind, ProjectState};
use entity::subsidies::{practice, practice_step, project, subsidy_round};
use entity::{MunicipalityId, PracticeId, SubsidyRoundId, WardId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use shirube::places::queries::list_wards;
use shirube::platform::{Ctx, Error, Result, Scope, Store, Tx};

use crate::seeds::tables::{self, PastProject, PastSessions};

/// Loads them; answers how many rows are new. The wards are there already.
pub async fn yokohama(store: &Store, ctx: &Ctx) -> anyhow::Result<u64> {
    let (projects, walks, rows) =
        (&tables::past_projects()?, &tables::past_sessions()?, tables::wards()?);

    let scope = Scope::whole(ctx.home);
    let there = list_wards(store.reader(), &scope).await?;
    let mut wards: HashMap<String, WardId> = HashMap::new();
    for row in rows {
        let ward = there.iter().find(|ward| ward.code == row.municipality_code);
        wards.insert(row.code, ward.context("a ward")?.id);
    }

    let (id, wards) = (ctx.home, &wards);
    let work = async |tx: Tx| {
        let mut new = 0;
        for row in projects {
            new += load_project(&tx, id, row, wards).await?;
        }
        for row in walks {
            new += load_practice(&tx, id, row, wards).await?;
        }
        Ok(new)
    };
    Ok(store.write(ctx, "seed_projects", work).await?)
}

async fn load_project(
    tx: &Tx,
    id: MunicipalityId,
    row: &PastProject,
    wards: &HashMap<String, WardId>,
) -> Result<u64> {
    let ward_id = *wards.get(&row.ward).ok_or(Error::NotFound)?;
    let (round_id, mut new) = load_round(tx, id, row).await?;

    let there = project::Entity::find()
        .filter(project::Column::RoundId.eq(round_id))
        .filter(project::Column::WardId.eq(ward_id))
        .filter(project::Column::Title.eq(&row.title))
        .one(tx.db())
        .await?;
    if there.is_some() {
        return Ok(new);
    }

    let model = project::ActiveModel {
        municipality_id: Set(id),
        round_id: Set(round_id),
        ward_id: Set(ward_id),
        kind: Set(ProjectKind::from_text(&row.kind).ok_or(Error::NotFound)?),
        title: Set(row.title.clone()),
        state: Set(ProjectState::from_text(&row.state).ok_or(Error::NotFound)?),
        kept: Set(String::new()),
        changed: Set(String::new()),
        source: Set(Some(row.source.clone())),
        advanced_yen: Set(0),
        rest_yen: Set(0),
        repaid_yen: Set(0),
        revision: Set(1),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
        ..Default::default()
    };
    project::Entity::insert(model).exec_without_returning(tx.db()).await?;
    new += 1;
    Ok(new)
}

async fn load_round(
    tx: &Tx,
    id: MunicipalityId,
    row: &PastProject,
) -> Result<(SubsidyRoundId, u64)> {
    let model = subsidy_round::ActiveModel {
        municipality_id: Set(id),
        fiscal_year: Set(row.fiscal_year),
        name: Set(row.round.clone()),
        guidelines: Set(String::new()),
        source: Set(Some(row.source.clone())),
        revision: Set(1),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
        ..Default::default()
    };

    let there = OnConflict::columns([
        subsidy_round::Column::MunicipalityId,
        subsidy_round::Column::FiscalYear,
        subsidy_round::Column::Name,
    ])
    .do_nothing()
    .to_owned();
    let new = subsidy_round::Entity::insert(model)
        .on_conflict(there)
        .exec_without_returning(tx.db())
        .await?;

    let found = subsidy_round::Entity::find()
        .filter(subsidy_round::Column::MunicipalityId.eq(id))
        .filter(subsidy_round::Column::FiscalYear.eq(row.fiscal_year))
        .filter(subsidy_round::Column::Name.eq(&row.round))
        .one(tx.db())
        .await?;
    Ok((found.ok_or(Error::NotFound)?.id, new))
}

/// The classes of which the paper gives wards and totals: a practice that was tried there.
async fn load_practice(
    tx: &Tx,
    id: MunicipalityId,
    row: &PastSessions,
    wards: &HashMap<String, WardId>,
) -> Result<u64> {
    let model = practice::ActiveModel {
        municipality_id: Set(id),
        project_id: Set(None),
        name: Set(row.title_ja.clone()),
        summary: Set("独自企画の講習会です。".to_owned()),
        session_count: Set(Some(row.session_count)),
        people_count: Set(row.people_total),
        people_unit: Set(row.people_total.and(PeopleUnit::from_text(&row.people_unit))),
        approx: Set(row.approx),
        words: Set(row.words.clone()),
        source: Set(Some(row.source.clone())),
        created_at: Set(tx.now()),
        ..Default::default()
    };

    let there = OnConflict::columns([practice::Column::MunicipalityId, practice::Column::Name])
        .do_nothing()
        .to_owned();
    let mut new =
        practice::Entity::insert(model).on_conflict(there).exec_without_returning(tx.db()).await?;

    let found = practice::Entity::find()
        .filter(practice::Column::MunicipalityId.eq(id))
        .filter(practice::Column::Name.eq(&row.title_ja))
        .one(tx.db())
        .await?;
    let practice_id = found.ok_or(Error::NotFound)?.id;

    for ward in tables::list(&row.wards) {
        let ward_id = *wards.get(ward).ok_or(Error::NotFound)?;
        new += load_step(tx, practice_id, ward_id, row).await?;
    }
    Ok(new)
}

async fn load_step(
    tx: &Tx,
    practice_id: PracticeId,
    ward_id: WardId,
    row: &PastSessions,
) -> Result<u64> {
    let model = practice_step::ActiveModel {
        practice_id: Set(practice_id),
        ward_id: Set(ward_id),
        number: Set(1),
        state: Set(SpreadState::Trial),
        fiscal_year: Set(row.fiscal_year),
        on_date: Set(None),
        reason: Set("独自企画の実証".to_owned()),
        created_at: Set(tx.now()),
        ..Default::default()
    };

    let there = OnConflict::columns([
        practice_step::Column::PracticeId,
        practice_step::Column::WardId,
        practice_step::Column::Number,
    ])
    .do_nothing()
    .to_owned();
    let written = practice_step::Entity::insert(model)
        .on_conflict(there)
        .exec_without_returning(tx.db())
        .await?;
    Ok(written)
}
