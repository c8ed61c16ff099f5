//! What happened with a person, in whatever room.
//!
//! A line holds the key of a sentence and its values, so that it reads in both languages.

use std::collections::HashMap;

use chrono::{DateTime, FixedOffset, Utc};
use entity::residents::timeline_entry::{ActiveModel, Column, Entity, Model, TimelineKind};
use entity::{ResidentId, TimelineEntryId};
use poem_openapi::Object;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, Condition, ConnectionTrait, EntityTrait,
    QueryFilter, QueryOrder, QuerySelect,
};

use crate::platform::japan::time::to_jst;
use crate::platform::{Error, Lang, Page, Personal, Result, Scope, Tx, words};

/// One thing that happened with a person.
#[derive(Clone, Debug, Object)]
pub struct TimelineItem {
    pub id: TimelineEntryId,
    pub at: DateTime<FixedOffset>,
    pub kind: TimelineKind,
    /// A sentence in the language of the request.
    pub text: String,
    /// The record it is about, in the table that `kind` names.
    pub subject_id: i64,
}

impl TimelineItem {
    /// A line in a language.
    pub fn of(line: &Model, lang: Lang) -> Self {
        Self {
            id: line.id,
            at: to_jst(line.at),
            kind: line.kind,
            text: sentence(line, lang),
            subject_id: line.subject_id,
        }
    }
}

/// Adds a line. `wording` is the key of a sentence whose `{placeholders}` are in `params`;
/// [`sentence`] says how. `subject_id` is the record it is about.
pub async fn note(
    tx: &Tx,
    resident_id: ResidentId,
    kind: TimelineKind,
    wording: &'static str,
    params: serde_json::Value,
    subject_id: i64,
) -> Result<TimelineEntryId> {
    let line = ActiveModel {
        municipality_id: ActiveValue::Set(tx.ctx().municipality_id()),
        resident_id: ActiveValue::Set(resident_id),
        at: ActiveValue::Set(tx.now()),
        kind: ActiveValue::Set(kind),
        wording: ActiveValue::Set(wording.to_owned()),
        params: ActiveValue::Set(params),
        subject_id: ActiveValue::Set(subject_id),
        staff_id: ActiveValue::Set(tx.ctx().staff_id()),
        ..Default::default()
    };
    Ok(line.insert(tx.db()).await?.id)
}

/// Gives the lines about one record to another person.
pub async fn hand_over(
    tx: &Tx,
    from: ResidentId,
    to: ResidentId,
    kind: TimelineKind,
    subject_id: i64,
) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::ResidentId, Expr::value(to))
        .filter(Column::MunicipalityId.eq(tx.ctx().municipality_id()))
        .filter(Column::ResidentId.eq(from))
        .filter(Column::Kind.eq(kind))
        .filter(Column::SubjectId.eq(subject_id))
        .exec(tx.db())
        .await?;
    Ok(())
}

/// The lines of a person, newest first. `after` is the `next` of the page before.
///
/// # Errors
/// `BadRequest` for an `after` that no page gave.
pub async fn page(
    db: &impl ConnectionTrait,
    scope: &Scope,
    resident_id: ResidentId,
    limit: usize,
    after: Option<&str>,
) -> Result<Personal<Page<Model>>> {
    if scope.resident_id.is_some_and(|own| own != resident_id) {
        return Err(Error::NotFound);
    }

    let mut select = Entity::find()
        .filter(Column::MunicipalityId.eq(scope.municipality_id))
        .filter(Column::ResidentId.eq(resident_id));
    if let Some(after) = after {
        let (at, id) = read_cursor(after).ok_or(Error::BadRequest)?;
        let same_instant = Condition::all().add(Column::At.eq(at)).add(Column::Id.lt(id));
        // The first condition alone bounds the index; the second cuts within one instant.
        select = select
            .filter(Column::At.lte(at))
            .filter(Condition::any().add(Column::At.lt(at)).add(same_instant));
    }

    let rows = select
        .order_by_desc(Column::At)
        .order_by_desc(Column::Id)
        .limit(limit as u64 + 1)
        .all(db)
        .await?;
    let cursor = |line: &Model| format!("{}-{}", line.at.timestamp_micros(), line.id);
    Ok(Personal::new(Page::cut(rows, limit, cursor), [resident_id]))
}

fn read_cursor(text: &str) -> Option<(DateTime<Utc>, TimelineEntryId)> {
    let (at, id) = text.split_once('-')?;
    let at = DateTime::from_timestamp_micros(at.parse().ok()?)?;
    Some((at, TimelineEntryId(id.parse().ok()?)))
}

/// The sentence of a line in a language.
///
/// A value `starts_at` becomes `{when}` in words and `former_starts_at` `{former_when}`, `<name>_ja` and `<name>_en` become `{<name>}`
/// in the language, `<name>_key` the text of that wording key; other values stand as they are.
/// A placeholder without a value says nothing.
pub fn sentence(line: &Model, lang: Lang) -> String {
    let values = values(&line.params, lang);
    let mut rest = words::text(lang, &line.wording);
    let mut said = String::with_capacity(rest.len() * 2);
    // In one pass, so that braces inside a value stay what they are.
    while let Some((before, tail)) = rest.split_once('{') {
        let Some((name, after)) = tail.split_once('}') else { break };
        said.push_str(before);
        said.push_str(values.get(name).map_or("", String::as_str));
        rest = after;
    }
    said.push_str(rest);
    said.trim_end().to_owned()
}

fn values(params: &serde_json::Value, lang: Lang) -> HashMap<String, String> {
    let mut values = HashMap::new();
    let Some(params) = params.as_object() else { return values };
    for (name, value) in params {
        let text = match value {
            serde_json::Value::String(text) => text.clone(),
            serde_json::Value::Null => continue,
            other => other.to_string(),
        };

        if let Some(which) = name.strip_suffix("starts_at") {
            if let Some(when) = when(&text, lang) {
                values.insert(format!("{which}when"), when);
            }
        } else if let Some(name) = name.strip_suffix("_key") {
            values.insert(name.to_owned(), words::text(lang, &text).to_owned());
        } else if let Some(name) = name.strip_suffix(lang.pick("_ja", "_en")) {
            values.insert(name.to_owned(), text);
        } else {
            values.insert(name.clone(), text);
        }
    }
    values
}

/// 「7月10日（水曜日）午後2時」, "Wednesday 10 July 2024, 2 pm".
fn when(text: &str, lang: Lang) -> Option<String> {
    let at = DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc);
    Some(lang.moment(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use entity::MunicipalityId;
    use serde_json::json;

    fn line(wording: &str, params: serde_json::Value) -> Model {
        Model {
            id: TimelineEntryId(1),
            municipality_id: MunicipalityId(1),
            resident_id: ResidentId(1),
            at: "2024-07-01T00:00:00Z".parse().unwrap(),
            kind: TimelineKind::Booking,
            wording: wording.to_owned(),
            params,
            subject_id: 1,
            staff_id: None,
        }
    }

    #[test]
    fn a_line_reads_in_both_languages() {
        let booked = line(
            "timeline.booked",
            json!({
                "starts_at": "2024-07-10T14:00:00+09:00", "title_ja": "講習会 基礎編",
                "title_en": "Basics", "venue_ja": "区役所", "venue_en": "City office",
                "number": "4821-3754"
            }),
        );

        assert_eq!(
            sentence(&booked, Lang::Ja),
            "「講習会 基礎編」を申し込みました。7月10日（水曜日）午後2時、区役所。受付番号 4821-3754。"
        );
        assert_eq!(
            sentence(&booked, Lang::En),
            "Booked “Basics”: Wednesday 10 July 2024, 2 pm, City office. Booking number 4821-3754."
        );
    }

    #[test]
    fn a_key_becomes_its_text_and_a_missing_value_says_nothing() {
        let inquiry =
            line("timeline.inquiry", json!({ "topic_key": "site.short", "outcome": "案内" }));
        assert_eq!(sentence(&inquiry, Lang::Ja), "しるべ。案内。");
    }

    #[test]
    fn braces_in_what_was_typed_stay_what_they_are() {
        let inquiry = line(
            "timeline.inquiry",
            json!({ "topic": "相談", "outcome": "案内", "note": "{topic} {{7*7}}" }),
        );
        assert_eq!(sentence(&inquiry, Lang::Ja), "相談。案内。{topic} {{7*7}}");
    }

    #[test]
    fn a_cursor_that_no_page_gave_is_no_cursor() {
        for text in ["", "1", "a-b", "1-2-3", "99999999999999999999-1"] {
            assert_eq!(read_cursor(text), None, "{text}");
        }
        assert!(read_cursor("1719792000000000-12").is_some());
    }
}
