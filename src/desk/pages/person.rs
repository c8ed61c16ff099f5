//! Who calls: somebody from the list, somebody new, another number of somebody known.

use entity::residents::resident_phone::PhoneOwner;

use super::*;
use crate::desk::queries::MOST_CANDIDATES;
use crate::residents::Found;

#[handler]
pub(super) async fn choose_person(desk: AtDesk, Form(posted): Form<Posted>) -> Result<Response> {
    let id = posted.id("person").map(ResidentId).ok_or(Error::BadRequest)?;
    let done = async {
        let said = &desk.said(&posted).await?;
        let work = |tx, scope| async move {
            actions::identify(&tx, scope, said, id, None).await.map(|_| ())
        };
        desk.does_each_time("identify_caller", work).await
    };
    let done = done.await;
    let shown = Shown { focus: Some(Focus::Ask), fresh: None, ..posted.shown() };
    desk.answer(&posted, done, shown).await
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
        let candidates = alike(&desk, &person).await?;
        if !candidates.is_empty() {
            let shown = Shown { candidates, doubled: true, fresh: Some(fresh), ..shown };
            return desk.keep_and_draw(&posted, &said, StatusCode::OK, shown).await;
        }
    }

    let (said, person) = (&said, &person);
    let work = |tx, scope| async move { actions::welcome(&tx, scope, said, person).await };
    match desk.does("create_resident", work).await {
        Ok(_) => desk.go_on(Shown { focus: Some(Focus::Ask), fresh: None, ..shown }).await,
        Err(error) => desk.refused(&posted, error, shown).await,
    }
}

/// Whoever is known and may be this person, the likest first.
async fn alike(desk: &AtDesk, person: &NewResident) -> Result<Vec<Found>> {
    let told = person.traits();
    let known = residents::queries::possible_duplicates(desk.db(), &desk.scope, &told).await?;
    let likest = known.into_iter().map(|(person, _)| person).take(MOST_CANDIDATES);
    let likest: Vec<Found> = likest.collect();
    let ids: Vec<ResidentId> = likest.iter().map(|found| found.id).collect();
    desk.saw(Personal::new(likest, ids), "desk").await
}

#[handler]
pub(super) async fn take_back_phone(desk: AtDesk, Form(posted): Form<Posted>) -> Result<Response> {
    let digits = posted.get("number");
    let done = async {
        let said = &desk.said(&posted).await?;
        let work =
            |tx, scope| async move { actions::take_back_number(&tx, scope, said, digits).await };
        desk.does_each_time("remove_phone", work).await
    };
    let done = done.await;
    let shown = Shown { focus: Some(Focus::Ask), ..posted.shown() };
    desk.answer(&posted, done, shown).await
}

#[handler]
pub(super) async fn add_phone(desk: AtDesk, Form(posted): Form<Posted>) -> Result<Response> {
    let done = async {
        let said = &desk.said(&posted).await?;
        let whose = PhoneOwner::from_text(posted.get("whose")).ok_or(Refusal::NoOwner)?;
        let work = |tx, scope| async move { actions::add_number(&tx, scope, said, whose).await };
        desk.does_each_time("add_phone", work).await
    };
    let done = done.await;
    let shown = Shown { focus: Some(Focus::Ask), ..posted.shown() };
    desk.answer(&posted, done, shown).await
}
