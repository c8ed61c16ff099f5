//! The next edition of a plan begins as a copy of an earlier one.

use entity::GoalEditionId;
use entity::goals::goal_edition::{self, EditionState};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::load::{insert_content, insert_edition};
use crate::goals::queries;
use crate::goals::rules::Refusal;
use crate::goals::rules::document::EditionHead;
use crate::platform::error::FieldError;
use crate::platform::text::single_line;
use crate::platform::{Error, Result, Scope, Tx};

/// Longest name.
const LONGEST_TITLE: usize = 120;
/// Longest code.
const LONGEST_CODE: usize = 40;

/// How the next edition is named.
#[derive(Clone, Debug)]
pub struct NewEdition {
    /// Small letters, digits and `_`; stands in public addresses.
    pub code: String,
    pub title_ja: String,
    /// Empty: the Japanese title.
    pub title_en: String,
    /// Name of the document that it will be; empty: its title.
    pub document: String,
}

/// Drafts the next edition from `from`, with everything that it says.
///
/// # Errors
/// `Invalid` for a name that is missing or too long; `edition_code_taken`;
/// `edition_draft_exists` while the plan has a draft; `NotFound` outside the scope.
pub async fn draft(
    tx: &Tx,
    scope: &Scope,
    from: GoalEditionId,
    new: &NewEdition,
) -> Result<goal_edition::Model> {
    let row = queries::lock_edition(tx, scope, from).await?;
    let mut head = read(new)?;
    head.covers = serde_json::from_value(row.edition.covers.clone())?;
    let others = goal_edition::Entity::find()
        .filter(goal_edition::Column::MunicipalityId.eq(scope.municipality_id))
        .all(tx.db())
        .await?;
    if others.iter().any(|other| other.code == head.code) {
        return Err(Refusal::CodeTaken.into());
    }
    let is_draft = |other: &goal_edition::Model| {
        other.plan_id == row.plan.id && other.state == EditionState::Draft
    };
    if others.iter().any(is_draft) {
        return Err(Refusal::DraftExists.into());
    }
    let content = queries::content(tx.db(), &row.edition).await?;
    let edition = insert_edition(tx, scope, row.plan.id, &head, Some(from)).await?;
    insert_content(tx, &edition, &content).await?;
    Ok(edition)
}

fn read(new: &NewEdition) -> Result<EditionHead> {
    let mut errors = Vec::new();
    let mut line = |field: &str, text: &str| {
        single_line(text, LONGEST_TITLE).unwrap_or_else(|error| {
            let values = vec![("max", LONGEST_TITLE.to_string())];
            errors.push(FieldError { field: field.to_owned(), wording: error.key(), values });
            String::new()
        })
    };
    let title_ja = line("title_ja", &new.title_ja);
    let title_en = line("title_en", &new.title_en);
    let document = line("document", &new.document);
    if title_ja.is_empty() && errors.is_empty() {
        errors.push(FieldError::new("title_ja", "err.goals.title"));
    }
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let code = new.code.trim();
    if code.is_empty() || code.len() > LONGEST_CODE || !code.bytes().all(letters) {
        errors.push(FieldError::new("code", "err.goals.code"));
    }
    if !errors.is_empty() {
        return Err(Error::Invalid(errors));
    }
    let or_title = |text: String| if text.is_empty() { title_ja.clone() } else { text };
    Ok(EditionHead {
        code: code.to_owned(),
        title_en: or_title(title_en),
        document: or_title(document),
        title_ja: title_ja.clone(),
        issued_words: String::new(),
        covers: Vec::new(),
    })
}
