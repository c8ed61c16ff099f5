//! Changing what is known about a person.

use chrono::NaiveDate;
use entity::residents::contact_channel::Channel;
use entity::residents::resident::{self, AgeBand, Device, Mobility, Need, Standing};
use entity::residents::timeline_entry::TimelineKind;
use entity::{AreaId, ResidentId};
use sea_orm::{ActiveValue, ColumnTrait, EntityTrait, QueryFilter};

use super::{check_area, contact, index_for_search, write_phones};
use crate::platform::japan::{PhoneNumber, PostalCode};
use crate::platform::text::search::fold;
use crate::platform::text::{EmailAddress, Kana, PersonName, name_order};
use crate::platform::{Error, Result, Scope, Tx, outbox};
use crate::residents::{MAIL_CHANGED, Moved, STANDING, queries, rules, timeline};

/// All that an edit can change; what is absent here is absent afterwards.
#[derive(Clone, Debug)]
pub struct Facts {
    pub kana: Kana,
    pub name: Option<PersonName>,
    pub phones: Vec<PhoneNumber>,
    pub birth_on: Option<NaiveDate>,
    pub birth_year: Option<i32>,
    pub age_band: Option<AgeBand>,
    pub postal_code: Option<PostalCode>,
    pub address: Option<String>,
    pub area_id: Option<AreaId>,
    pub email: Option<EmailAddress>,
    pub channels: Vec<Channel>,
    pub device: Option<Device>,
    pub device_carrier: Option<String>,
    pub device_os: Option<String>,
    pub hearing: Option<Need>,
    pub vision: Option<Need>,
    pub mobility: Option<Mobility>,
    pub helper: Option<String>,
    pub note: Option<String>,
    pub standing: Standing,
}

/// Changes a person whose record still has `revision`; answers the new revision.
///
/// # Errors
/// `NotFound` outside the scope, `Stale` when somebody else was quicker, `Invalid` for more than
/// ten phones or an area of elsewhere.
pub async fn change(
    tx: &Tx,
    scope: &Scope,
    id: ResidentId,
    revision: i32,
    facts: &Facts,
) -> Result<i32> {
    let before = queries::lock(tx, scope, id).await?;
    if before.revision != revision {
        return Err(Error::Stale);
    }
    check_area(tx, scope, facts.area_id).await?;

    let card = queries::get_card(tx.db(), scope, id).await?.for_work();
    let channels = rules::channels(&facts.channels, !facts.phones.is_empty());
    let after = applied(&before, facts);
    let mut fields = changed_fields(&before, &after);

    if card.numbers != facts.phones {
        write_phones(tx, scope, id, &facts.phones).await?;
        fields.push("phones");
    }
    if card.channels != channels {
        contact::write_channels(tx, id, &channels).await?;
        fields.push("channels");
    }
    if fields.contains(&"kana") || fields.contains(&"name") {
        index_for_search(tx, scope, id, &after.kana, after.name.as_deref()).await?;
    }

    if fields.is_empty() {
        tx.audit("resident", id.0, serde_json::json!({ "fields": [] }));
        return Ok(revision);
    }

    // What went to the old address is called back by the notices.
    if before.email.is_some() && fields.contains(&"email") {
        let moved = Moved { municipality_id: before.municipality_id, resident_id: id };
        let key = format!("resident_mail:{id}:{}", after.revision);
        outbox::enqueue(tx, MAIL_CHANGED, &moved, key, tx.now()).await?;
    }

    let written = resident::Entity::update_many()
        .set(columns(&after, tx))
        .filter(resident::Column::Id.eq(id))
        .filter(resident::Column::Revision.eq(revision))
        .exec(tx.db())
        .await?;
    if written.rows_affected == 0 {
        return Err(Error::Stale);
    }

    let (wording, params) = match before.standing == after.standing {
        true => ("timeline.person_changed", serde_json::json!({})),
        false => tell_standing(tx, &after).await?,
    };
    timeline::note(tx, id, TimelineKind::Person, wording, params, id.0).await?;
    tx.audit(
        "resident",
        id.0,
        serde_json::json!({ "fields": fields, "standing": after.standing, "revision": revision + 1 }),
    );
    Ok(revision + 1)
}

/// Changes only whether a person may be contacted. The rooms below take from somebody who died,
/// moved away or withdrew what is ahead, and give it back to somebody who is there after all.
///
/// # Errors
/// `NotFound` outside the scope.
pub async fn set_standing(tx: &Tx, scope: &Scope, id: ResidentId, to: Standing) -> Result<()> {
    let before = queries::lock(tx, scope, id).await?;
    if before.standing == to {
        tx.audit("resident", id.0, serde_json::json!({ "fields": [] }));
        return Ok(());
    }

    let after = resident::Model { standing: to, revision: before.revision + 1, ..before };
    resident::Entity::update_many()
        .set(columns(&after, tx))
        .filter(resident::Column::Id.eq(id))
        .exec(tx.db())
        .await?;

    let (wording, params) = tell_standing(tx, &after).await?;
    timeline::note(tx, id, TimelineKind::Person, wording, params, id.0).await?;
    let detail = serde_json::json!({
        "fields": ["standing"], "standing": after.standing, "revision": after.revision,
    });
    tx.audit("resident", id.0, detail);
    Ok(())
}

/// Tells the rooms below of a new standing; gives the line for the timeline.
async fn tell_standing(
    tx: &Tx,
    after: &resident::Model,
) -> Result<(&'static str, serde_json::Value)> {
    let moved = Moved { municipality_id: after.municipality_id, resident_id: after.id };
    let key = format!("resident_standing:{}:{}", after.id, after.revision);
    outbox::enqueue(tx, STANDING, &moved, key, tx.now()).await?;
    let standing = format!("standing.{}", after.standing);
    Ok(("timeline.standing", serde_json::json!({ "standing_key": standing })))
}

fn applied(before: &resident::Model, facts: &Facts) -> resident::Model {
    let Facts {
        kana,
        name,
        phones: _,
        birth_on,
        birth_year,
        age_band,
        postal_code,
        address,
        area_id,
        email,
        channels: _,
        device,
        device_carrier,
        device_os,
        hearing,
        vision,
        mobility,
        helper,
        note,
        standing,
    } = facts;

    resident::Model {
        kana: kana.as_str().to_owned(),
        kana_key: fold(kana.as_str()),
        kana_sort: name_order::sort_key(kana.as_str()),
        name: name.as_ref().map(|name| name.as_str().to_owned()),
        name_key: fold(name.as_ref().map_or("", PersonName::as_str)),
        birth_on: *birth_on,
        birth_year: rules::birth_year(*birth_on, *birth_year),
        age_band: *age_band,
        postal_code: postal_code.as_ref().map(PostalCode::to_string),
        address: address.clone(),
        area_id: *area_id,
        email: email.as_ref().map(|email| email.as_str().to_owned()),
        device: *device,
        device_carrier: device_carrier.clone(),
        device_os: device_os.clone(),
        hearing: *hearing,
        vision: *vision,
        mobility: *mobility,
        helper: helper.clone(),
        note: note.clone(),
        standing: *standing,
        revision: before.revision + 1,
        ..before.clone()
    }
}

/// The names of the fields that differ: what the audit log may know.
pub(super) fn changed_fields(a: &resident::Model, b: &resident::Model) -> Vec<&'static str> {
    [
        ("kana", a.kana != b.kana),
        ("name", a.name != b.name),
        ("birth", (a.birth_on, a.birth_year) != (b.birth_on, b.birth_year)),
        ("age_band", a.age_band != b.age_band),
        ("postal_code", a.postal_code != b.postal_code),
        ("address", a.address != b.address),
        ("area", a.area_id != b.area_id),
        ("email", a.email != b.email),
        ("device", a.device != b.device),
        ("device_carrier", a.device_carrier != b.device_carrier),
        ("device_os", a.device_os != b.device_os),
        ("hearing", a.hearing != b.hearing),
        ("vision", a.vision != b.vision),
        ("mobility", a.mobility != b.mobility),
        ("helper", a.helper != b.helper),
        ("note", a.note != b.note),
        ("standing", a.standing != b.standing),
    ]
    .into_iter()
    .filter_map(|(name, differs)| differs.then_some(name))
    .collect()
}

/// The columns that an edit writes.
pub(super) fn columns(after: &resident::Model, tx: &Tx) -> resident::ActiveModel {
    let after = after.clone();

    resident::ActiveModel {
        kana: ActiveValue::Set(after.kana),
        kana_key: ActiveValue::Set(after.kana_key),
        kana_sort: ActiveValue::Set(after.kana_sort),
        name: ActiveValue::Set(after.name),
        name_key: ActiveValue::Set(after.name_key),
        birth_on: ActiveValue::Set(after.birth_on),
        birth_year: ActiveValue::Set(after.birth_year),
        age_band: ActiveValue::Set(after.age_band),
        postal_code: ActiveValue::Set(after.postal_code),
        address: ActiveValue::Set(after.address),
        area_id: ActiveValue::Set(after.area_id),
        email: ActiveValue::Set(after.email),
        device: ActiveValue::Set(after.device),
        device_carrier: ActiveValue::Set(after.device_carrier),
        device_os: ActiveValue::Set(after.device_os),
        hearing: ActiveValue::Set(after.hearing),
        vision: ActiveValue::Set(after.vision),
        mobility: ActiveValue::Set(after.mobility),
        helper: ActiveValue::Set(after.helper),
        note: ActiveValue::Set(after.note),
        standing: ActiveValue::Set(after.standing),
        revision: ActiveValue::Set(after.revision),
        updated_at: ActiveValue::Set(tx.now()),
        ..Default::default()
    }
}
