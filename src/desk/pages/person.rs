//! Who calls: somebody from the list, somebody new, another number of somebody known.

use chrono::NaiveDate;
use entity::residents::resident::AgeBand;
use entity::residents::resident_phone::PhoneOwner;

use super::*;

#[handler]
pub(super) async fn choose_person(desk: AtDesk, Form(posted): Form<Posted>) -> Result<Response> {
    let id = posted.number("person").map(ResidentId).ok_or(Error::BadRequest)?;
    let work =
        |tx, scope, said| async move { actions::identify(&tx, scope, &said, id, None).await };
    let done = desk.in_call(&posted, "identify_caller", work).await;
    let shown = Shown { fresh: None, ..posted.shown() };
    desk.answer(&posted, done, shown.at(Focus::Ask)).await
}

/// The typed person with the number of the call.
///
/// # Errors
/// `Invalid` with what is wrong with the fields.
fn new_person(posted: &Posted, phone: Option<&str>, today: NaiveDate) -> Result<NewResident> {
    let mut intake = Intake::new(today);
    let kana = intake.kana(posted.get("kana"));
    let name = intake.name(posted.get("name"));
    let by_digit = |digit: &str| rules::by_digit(AgeBand::ALL, digit);
    let age_band = intake.choice("band", posted.get("band"), by_digit);
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
pub(super) async fn create_person(desk: AtDesk, Form(posted): Form<Posted>) -> Result<Response> {
    let board = desk.board().await?;
    let shown = posted.shown();
    let said = match posted.said(&board) {
        Ok(said) => said,
        Err(error) => return desk.refused(&posted, error, shown).await,
    };

    let fresh = posted.fresh().unwrap_or_default();
    let phone = board.draft.as_ref().and_then(|draft| draft.caller_phone.as_deref());
    let person = match new_person(&posted, phone, desk.ctx.today()) {
        Ok(person) => person,
        Err(error @ Error::Invalid(_)) => {
            let back = Returned::of(&desk.page, error)?;
            let (status, fresh) = (back.status(), Some(Fresh { back, ..fresh }));
            return desk.keep_and_draw(&posted, &said, status, Shown { fresh, ..shown }).await;
        }
        Err(error) => return desk.refused(&posted, error, shown).await,
    };

    if posted.get("sure").is_empty() {
        let alike = queries::alike(desk.db(), &desk.scope, &person.traits()).await?;
        let candidates = desk.saw(alike, "desk").await?;
        if !candidates.is_empty() {
            let shown = Shown { candidates, doubled: true, fresh: Some(fresh), ..shown };
            return desk.keep_and_draw(&posted, &said, StatusCode::OK, shown).await;
        }
    }

    let (said, person) = (&said, &person);
    let work = |tx, scope| async move { actions::welcome(&tx, scope, said, person).await };
    match desk.does("create_resident", work).await {
        Ok(_) => desk.go_on(Shown { fresh: None, ..shown }.at(Focus::Ask)).await,
        Err(error) => desk.refused(&posted, error, shown).await,
    }
}

#[handler]
pub(super) async fn take_back_phone(desk: AtDesk, Form(posted): Form<Posted>) -> Result<Response> {
    let digits = posted.get("number");
    let work =
        |tx, scope, said| async move { actions::take_back_number(&tx, scope, &said, digits).await };
    let done = desk.in_call(&posted, "remove_phone", work).await;
    desk.answer(&posted, done, posted.shown().at(Focus::Ask)).await
}

#[handler]
pub(super) async fn add_phone(desk: AtDesk, Form(posted): Form<Posted>) -> Result<Response> {
    let whose = PhoneOwner::from_text(posted.get("whose"));
    let work = |tx, scope, said| async move {
        let whose = whose.ok_or(Refusal::NoOwner)?;
        actions::add_number(&tx, scope, &said, whose).await
    };
    let done = desk.in_call(&posted, "add_phone", work).await;
    desk.answer(&posted, done, posted.shown().at(Focus::Ask)).await
}
