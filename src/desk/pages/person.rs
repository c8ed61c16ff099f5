//! Who calls: somebody from the list, somebody new, another number of somebody known.

use chrono::NaiveDate;
use entity::residents::resident_phone::PhoneOwner;

use super::*;
use crate::desk::queries::MOST_CANDIDATES;

#[handler]
pub(super) async fn choose_person(visit: Visit, Form(posted): Form<Posted>) -> Result<Response> {
    let id = posted.id("person").map(ResidentId).ok_or(Error::BadRequest)?;
    let said = match posted.said(&visit.board().await?) {
        Ok(said) => said,
        Err(error) => return visit.refused(&posted, error, posted.shown()).await,
    };
    let (scope, said) = (&visit.scope, &said);
    let work =
        |tx: Tx| async move { actions::identify(&tx, scope, said, id, None).await.map(|_| ()) };
    match visit.app.store().write(&visit.ctx, "identify_caller", work).await {
        Ok(()) => {
            let shown = Shown { focus: Some(Focus::Ask), fresh: None, ..posted.shown() };
            visit.go_on(shown).await
        }
        Err(error) => visit.refused(&posted, error, posted.shown()).await,
    }
}

/// The typed person with the number of the call.
///
/// # Errors
/// `Invalid` with what is wrong with the fields.
fn new_person(posted: &Posted, phone: Option<&str>, today: NaiveDate) -> Result<NewResident> {
    let mut intake = Intake::new(today);
    let kana = intake.kana(posted.get("kana"));
    let name = intake.name(posted.get("name"));
    let age_band = intake.choice("band", posted.get("band"), words::age_band);
    let postal_code = intake.postal_code("postal", posted.get("postal"));
    let address = intake.address(posted.get("address"));
    let phones = phone.and_then(|written| PhoneNumber::parse(written).ok()).into_iter().collect();
    intake.finish(kana.map(|kana| NewResident {
        name,
        phones,
        age_band,
        postal_code,
        address,
        ..NewResident::named(kana)
    }))
}

#[handler]
pub(super) async fn create_person(
    visit: Visit,
    intent: Intent,
    Form(posted): Form<Posted>,
) -> Result<Response> {
    let board = visit.board().await?;
    let mut shown = posted.shown();
    let said = match posted.said(&board) {
        Ok(said) => said,
        Err(error) => return visit.refused(&posted, error, shown).await,
    };
    let fresh = posted.fresh().unwrap_or_default();
    let phone = board.draft.as_ref().and_then(|draft| draft.caller_phone.as_deref());
    let person = match new_person(&posted, phone, visit.ctx.today()) {
        Ok(person) => person,
        Err(Error::Invalid(errors)) => {
            shown.fresh = Some(Fresh { errors, ..fresh });
            return visit.again(&posted, &said, StatusCode::UNPROCESSABLE_ENTITY, shown).await;
        }
        Err(error) => return visit.refused(&posted, error, shown).await,
    };
    if posted.get("sure").is_empty() {
        let db = visit.app.store().reader();
        let told = person.traits();
        let known = residents::queries::possible_duplicates(db, &visit.scope, &told).await?;
        if !known.is_empty() {
            let likest = known.into_iter().map(|(person, _)| person).take(MOST_CANDIDATES);
            shown.candidates = likest.collect();
            (shown.doubled, shown.fresh) = (true, Some(fresh));
            let seen: Vec<ResidentId> = shown.candidates.iter().map(|found| found.id).collect();
            visit.record_look(&seen).await?;
            return visit.again(&posted, &said, StatusCode::OK, shown).await;
        }
    }
    let (scope, said, person) = (&visit.scope, &said, &person);
    let work = |tx: Tx| async move { actions::welcome(&tx, scope, said, person).await };
    let created =
        visit.app.store().write_once(&visit.ctx, "create_resident", intent.0.as_ref(), work).await;
    match created {
        Ok(_) => visit.go_on(Shown { focus: Some(Focus::Ask), fresh: None, ..shown }).await,
        Err(error) => visit.refused(&posted, error, shown).await,
    }
}

#[handler]
pub(super) async fn take_back_phone(visit: Visit, Form(posted): Form<Posted>) -> Result<Response> {
    let said = match posted.said(&visit.board().await?) {
        Ok(said) => said,
        Err(error) => return visit.refused(&posted, error, posted.shown()).await,
    };
    let (scope, said, digits) = (&visit.scope, &said, posted.get("number"));
    let work = |tx: Tx| async move { actions::take_back_number(&tx, scope, said, digits).await };
    match visit.app.store().write(&visit.ctx, "remove_phone", work).await {
        Ok(()) => visit.go_on(Shown { focus: Some(Focus::Ask), ..posted.shown() }).await,
        Err(error) => visit.refused(&posted, error, posted.shown()).await,
    }
}

#[handler]
pub(super) async fn add_phone(visit: Visit, Form(posted): Form<Posted>) -> Result<Response> {
    let said = match posted.said(&visit.board().await?) {
        Ok(said) => said,
        Err(error) => return visit.refused(&posted, error, posted.shown()).await,
    };
    let Some(whose) = PhoneOwner::from_text(posted.get("whose")) else {
        return visit.refused(&posted, Refusal::NoOwner.into(), posted.shown()).await;
    };
    let (scope, said) = (&visit.scope, &said);
    let work = |tx: Tx| async move { actions::add_number(&tx, scope, said, whose).await };
    match visit.app.store().write(&visit.ctx, "add_phone", work).await {
        Ok(()) => visit.go_on(Shown { focus: Some(Focus::Ask), ..posted.shown() }).await,
        Err(error) => visit.refused(&posted, error, posted.shown()).await,
    }
}
