//! The first column: who calls.

use super::*;

pub(super) fn candidates(page: &Page, found: &[Found]) -> Vec<Candidate> {
    let lines = found.iter().enumerate().map(|(at, person)| {
        let area = match (&person.area_ja, &person.area_en) {
            (Some(ja), Some(en)) => page.pick(ja, en).to_owned(),
            _ => String::new(),
        };
        let born = person.birth_year.map(|year| page.f1("desk.born", "year", year));
        let phones: Vec<String> = person.numbers.iter().map(PhoneNumber::in_full).collect();
        let parts = [person.name.clone().unwrap_or_default(), born.unwrap_or_default(), area];
        let parts = parts.into_iter().chain(phones).filter(|part| !part.is_empty());
        Candidate {
            digit: at + 1,
            id: person.id.0,
            kana: person.kana.clone(),
            line: parts.collect::<Vec<_>>().join(page.pick("・", ", ")),
        }
    });
    lines.collect()
}

pub(super) fn caller(page: &Page, board: &Board, person: &Person, asked: Option<i64>) -> Caller {
    let lang = page.ctx.lang;
    let resident = &person.card.resident;
    let area = match (&person.card.area_ja, &person.card.area_en) {
        (Some(ja), Some(en)) => page.pick(ja, en).to_owned(),
        _ => String::new(),
    };
    let age = words::age(lang, resident, page.ctx.today());
    let parts = [resident.name.clone().unwrap_or_default(), age, area];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();

    let calling = board.draft.as_ref().and_then(|draft| draft.caller_phone.clone());
    let mut bookings: Vec<BookedRow> =
        person.bookings.iter().map(|row| booked_row(page, row, asked)).collect();
    bookings.sort_by_key(|row| !row.asked);

    Caller {
        id: resident.id.0,
        kana: page.f1("desk.sama", "kana", &resident.kana),
        line: parts.join(page.pick("・", ", ")),
        warning: words::standing_key(resident.standing).map(|key| page.t(key).to_owned()),
        needs: needs(page, resident),
        facts: facts(page, person),
        new_number: calling
            .and_then(|written| PhoneNumber::parse(&written).ok())
            .filter(|number| {
                !person.card.numbers.iter().any(|known| known.digits() == number.digits())
            })
            .map(|number| number.in_full()),
        added: person
            .added
            .iter()
            .map(|digits| {
                let number = words::phone(digits);
                (digits.clone(), with_owner(lang, number, person.card.owners.get(digits)))
            })
            .collect(),
        promises: person
            .promises
            .iter()
            .filter_map(|call| call.call_back_at)
            .map(|at| page.f1("desk.promise", "when", words::moment(lang, at)))
            .collect(),
        surveys: surveys(page, person),
        bookings,
        cancelled: person.cancelled.iter().map(|row| booked_row(page, row, None)).collect(),
        history: person
            .timeline
            .iter()
            .map(|entry| HistoryRow {
                date: crate::platform::japan::time::local_date(entry.at).to_string(),
                day: words::day(lang, entry.at),
                kind: page.t(history_key(entry.kind)).to_owned(),
                sentence: timeline::sentence(entry, lang),
            })
            .collect(),
    }
}

/// An interview that is due can be made in this very call.
fn surveys(page: &Page, person: &Person) -> Vec<SurveyRow> {
    let near = page.ctx.today() + chrono::TimeDelta::days(ASK_BEFORE_DAYS);
    let progress = &person.progress;
    let due = progress.next.as_ref().filter(|row| row.due_on <= near).map(|row| SurveyRow {
        link: format!("/followup/{}/call", row.id),
        text: page.t("desk.survey.next").to_owned(),
    });
    let path = progress.proposal.as_ref().map(|row| SurveyRow {
        link: format!("/followup/{}", row.id),
        text: page.t("desk.survey.proposal").to_owned(),
    });
    due.into_iter().chain(path).collect()
}

fn history_key(kind: TimelineKind) -> &'static str {
    match kind {
        TimelineKind::Inquiry => "desk.history.inquiry",
        TimelineKind::Booking => "desk.history.booking",
        TimelineKind::Attendance => "desk.history.attendance",
        TimelineKind::Path => "desk.history.path",
        TimelineKind::Notice => "desk.history.notice",
        TimelineKind::Person => "desk.history.person",
        TimelineKind::Survey => "timeline.kind.survey",
    }
}

fn needs(page: &Page, resident: &resident::Model) -> Vec<String> {
    let keys = [
        (resident.hearing == Some(Need::Hard)).then_some("hearing.hearing.hard"),
        (resident.vision == Some(Need::Hard)).then_some("hearing.vision.hard"),
        (resident.mobility == Some(Mobility::Hard)).then_some("hearing.mobility.hard"),
        (resident.mobility == Some(Mobility::CannotGoOut))
            .then_some("hearing.mobility.cannot_go_out"),
    ];
    keys.into_iter().flatten().map(|key| page.t(key).to_owned()).collect()
}

fn facts(page: &Page, person: &Person) -> Vec<(String, String)> {
    let card = &person.card;
    let channels: Vec<&str> =
        card.channels.iter().map(|way| channel_word(page, way.as_str())).collect();
    let phones: Vec<String> = card
        .numbers
        .iter()
        .map(|number| with_owner(page.ctx.lang, number.in_full(), card.owners.get(number.digits())))
        .collect();

    let device = card.resident.device.map_or(String::new(), |device| {
        let name = page.t(&format!("desk.device.{device}")).to_owned();
        let more = [&card.resident.device_carrier, &card.resident.device_os];
        // Carrier and system of a phone that is there no more are said of none.
        let more = more.into_iter().flatten().filter(|_| device != Device::None).cloned();
        std::iter::once(name).chain(more).collect::<Vec<_>>().join(page.pick("・", ", "))
    });

    let walked = person.path.as_ref().map_or(String::new(), |path| {
        let done = path.steps.iter().filter(|step| step.step.state == StepState::Done).count();
        let (total, walked) = (path.steps.len().to_string(), done.to_string());
        match done {
            0 => page.f("desk.walked.none", &[("total", &total)]),
            _ => page.f("desk.walked", &[("total", &total), ("done", &walked)]),
        }
    });

    let helper = card.resident.helper.clone().unwrap_or_default();
    let facts = [
        ("desk.fact.phones", phones.join(page.pick("、", ", "))),
        ("desk.fact.channels", channels.join(page.pick("、つぎに", ", then "))),
        ("desk.fact.helper", helper),
        ("desk.fact.device", device),
        ("desk.fact.path", walked),
        ("stage.label", page.t(person.progress.stage.key()).to_owned()),
    ];
    let known = facts.into_iter().filter(|(_, value)| !value.is_empty());
    known.map(|(key, value)| (page.t(key).to_owned(), value)).collect()
}

fn channel_word<'a>(page: &'a Page, way: &str) -> &'a str {
    let key = match way {
        "letter" => "hearing.channels.letter",
        "phone" => "hearing.channels.phone",
        "sms" => "hearing.channels.sms",
        "email" => "hearing.channels.email",
        _ => "hearing.channels.line",
    };
    page.t(key)
}

fn booked_row(
    page: &Page,
    row: &crate::bookings::queries::BookingRow,
    asked: Option<i64>,
) -> BookedRow {
    BookedRow {
        id: row.booking.id.0,
        when: words::moment(page.ctx.lang, row.span().0),
        begun: row.span().0 <= page.ctx.now,
        asked: asked == Some(row.booking.id.0),
        title: page.pick(&row.session.title_ja, &row.session.title_en).to_owned(),
        number: row.number(),
        state: page.t(&format!("desk.state.{}", row.booking.state)).to_owned(),
    }
}
