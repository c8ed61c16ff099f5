use super::*;
use crate::platform::japan::time::instant;

fn at(year: i32, month: u32, day: u32, hour: u32, minute: u32) -> DateTime<Utc> {
    let date = NaiveDate::from_ymd_opt(year, month, day).expect("valid");
    instant(date, NaiveTime::from_hms_opt(hour, minute, 0).expect("valid"))
}

/// Wednesday 10 July 2024, 14:00 to 16:00, 12 seats in a room of 24, one teacher: nothing against
/// it.
fn plan() -> Plan {
    Plan {
        kind: SessionKind::ClassBasic,
        allocation: Allocation::FirstCome,
        starts_at: at(2024, 7, 10, 14, 0),
        ends_at: at(2024, 7, 10, 16, 0),

        venue_id: VenueId(1),
        room: Some(24),
        largest: 24,
        capacity: 12,
        taken: 0,
        has_slots: false,
        is_public: true,

        staff: vec![teacher()],
        closed: Vec::new(),
        programme: Programme {
            name_ja: "講習会".to_owned(),
            name_en: "Classes".to_owned(),
            own: true,
            others: false,
        },

        planned: None,
        elsewhere: 0,
        typed: true,
        before: None,
    }
}

fn teacher() -> Member {
    Member {
        id: StaffId(7), name: "例野".to_owned(), gone: false, fits: true, duties: Vec::new()
    }
}

fn on(year: i32, month: u32, day: u32) -> Plan {
    Plan { starts_at: at(year, month, day, 14, 0), ends_at: at(year, month, day, 16, 0), ..plan() }
}

fn timed(from: (u32, u32), to: (u32, u32)) -> Plan {
    let (starts_at, ends_at) = (at(2024, 7, 10, from.0, from.1), at(2024, 7, 10, to.0, to.1));
    Plan { starts_at, ends_at, ..plan() }
}

fn busy(from: (u32, u32), to: (u32, u32), venue: i64) -> Plan {
    let duty = Duty {
        venue_id: Some(VenueId(venue)),
        title: Some(("相談会".to_owned(), "Help session".to_owned())),
        starts_at: at(2024, 7, 10, from.0, from.1),
        ends_at: at(2024, 7, 10, to.0, to.1),
    };
    Plan { staff: vec![Member { duties: vec![duty], ..teacher() }], ..plan() }
}

/// What a plan is told, a wrong field by the key of its sentence.
fn told(plan: &Plan) -> Vec<String> {
    let code = |conflict: &Conflict| match conflict {
        Conflict::Wrong(error) => error.wording.trim_start_matches("err.session.").to_owned(),
        other => other.code().to_owned(),
    };
    conflicts(plan, at(2024, 7, 2, 9, 0)).iter().map(code).collect()
}

#[test]
fn what_speaks_against_a_new_session_is_refused_or_told() {
    let closed = ClosedDay {
        on: NaiveDate::from_ymd_opt(2024, 7, 10).expect("valid"),
        reason_ja: "館内点検".to_owned(),
        reason_en: "Building check".to_owned(),
    };

    let strange = Programme { own: false, others: true, ..plan().programme };
    let unknown = Programme { own: false, others: false, ..plan().programme };
    let nobody = Plan { staff: Vec::new(), ..plan() };
    let planned = |dated| Plan { planned: Some(Planned { planned: 10, dated }), ..plan() };
    let no_room = |kind, capacity| Plan { room: None, kind, capacity, ..plan() };
    let walk = SessionKind::EventWalk;
    let basic = SessionKind::ClassBasic;

    for (what, plan, want) in [
        ("nothing", plan(), vec![]),
        ("a closed day", Plan { closed: vec![closed], ..plan() }, vec!["closed"]),
        ("海の日", on(2024, 7, 15), vec!["holiday"]),
        ("the last day of the year", on(2024, 12, 31), vec!["year_end"]),
        ("New Year", on(2025, 1, 1), vec!["holiday", "year_end"]),
        ("last week", on(2024, 6, 28), vec!["past"]),
        ("the last day of the next fiscal year", on(2026, 3, 31), vec![]),
        ("the day after it", on(2026, 4, 1), vec!["time.far"]),
        ("a year typed wrong", on(2072, 7, 10), vec!["time.far"]),
        ("the first day of the last fiscal year", on(2023, 4, 3), vec!["past"]),
        ("before the last fiscal year", on(2023, 3, 31), vec!["time.far"]),
        ("3 in the morning", timed((3, 0), (5, 0)), vec!["time.hours"]),
        ("10 to 7", timed((6, 50), (8, 0)), vec!["time.hours"]),
        ("7 o'clock", timed((7, 0), (9, 0)), vec![]),
        ("until 9", timed((19, 0), (21, 0)), vec![]),
        ("until 10 past 9", timed((19, 0), (21, 10)), vec!["time.hours"]),
        ("off the grid", timed((14, 5), (16, 0)), vec!["time.grid"]),
        ("8 hours", timed((9, 0), (17, 0)), vec![]),
        ("more than 8 hours", timed((9, 0), (17, 10)), vec!["time.long", "long_day"]),
        ("nobody", nobody.clone(), vec!["no_staff"]),
        ("nobody, not shown", Plan { is_public: false, ..nobody }, vec![]),
        ("more than the room", Plan { capacity: 25, ..plan() }, vec!["capacity.room"]),
        ("no room, and fits", no_room(basic, 24), vec![]),
        ("no room of that size", no_room(basic, 500), vec!["crowded"]),
        ("in the open", no_room(walk, 60), vec![]),
        ("another programme's kind", Plan { programme: strange, ..plan() }, vec!["strange"]),
        ("a kind that is new to all", Plan { programme: unknown, ..plan() }, vec![]),
        ("the tenth of ten", planned(9), vec![]),
        ("the eleventh of ten", planned(10), vec!["beyond_plan"]),
        (
            "no role",
            Plan { staff: vec![Member { fits: false, ..teacher() }], ..plan() },
            vec!["role"],
        ),
        ("29 minutes to get there", busy((12, 0), (13, 31), 2), vec!["travel"]),
        ("half an hour to get there", busy((12, 0), (13, 30), 2), vec![]),
        ("no time to get away", busy((16, 0), (17, 0), 2), vec!["travel"]),
        ("the same venue", busy((12, 0), (14, 0), 1), vec![]),
        ("eight hours in all", busy((16, 0), (22, 0), 1), vec![]),
        ("more in all", busy((7, 0), (13, 10), 1), vec!["long_day"]),
        ("a draw", Plan { allocation: Allocation::Draw, ..plan() }, vec!["allocation.draw"]),
        ("people elsewhere", Plan { elsewhere: 2, ..plan() }, vec!["elsewhere"]),
        ("a document's year", Plan { typed: false, ..on(2072, 7, 10) }, vec![]),
    ] {
        assert_eq!(told(&plan), want, "{what}");
    }
}

fn before(plan: &Plan) -> Before {
    Before {
        starts_at: plan.starts_at,
        ends_at: plan.ends_at,
        venue_id: plan.venue_id,
        has_room: plan.room.is_some(),
        capacity: plan.capacity,
        is_public: plan.is_public,
        staff: plan.staff.iter().map(|person| person.id).collect(),
    }
}

#[test]
fn a_change_is_told_only_what_it_brings() {
    let holiday = on(2024, 7, 15);
    let nobody = Plan { staff: Vec::new(), ..plan() };
    let misfit = Plan { staff: vec![Member { fits: false, ..teacher() }], ..plan() };
    let gone = Plan { staff: vec![Member { gone: true, ..teacher() }], ..plan() };
    let crowded = Plan { room: None, capacity: 60, ..plan() };
    let eleventh = Plan { planned: Some(Planned { planned: 10, dated: 10 }), ..plan() };
    let hidden = Before { is_public: false, ..before(&nobody) };

    for (what, plan, before, want) in [
        ("words on a holiday", holiday.clone(), before(&holiday), vec![]),
        ("to a holiday", holiday, before(&plan()), vec!["holiday"]),
        ("to a day that is over", on(2024, 6, 28), before(&plan()), vec!["time.past"]),
        ("to the next year", on(2025, 12, 31), before(&plan()), vec!["year_end"]),
        ("to 2072", on(2072, 7, 10), before(&plan()), vec!["time.far"]),
        ("still nobody", nobody.clone(), before(&nobody), vec![]),
        ("shown now, nobody there", nobody.clone(), hidden, vec!["no_staff"]),
        ("everybody leaves", nobody, before(&plan()), vec!["no_staff"]),
        ("the same misfit", misfit.clone(), before(&misfit), vec![]),
        (
            "a misfit comes",
            misfit,
            Before { staff: vec![StaffId(8)], ..before(&plan()) },
            vec!["role"],
        ),
        ("words of a session whose teacher left", gone.clone(), before(&gone), vec![]),
        ("moved with a teacher who left", gone, before(&on(2024, 7, 11)), vec!["gone"]),
        ("as crowded as before", crowded.clone(), before(&crowded), vec![]),
        (
            "more crowded",
            crowded.clone(),
            Before { capacity: 40, ..before(&crowded) },
            vec!["crowded"],
        ),
        ("within the year", eleventh.clone(), before(&on(2024, 7, 11)), vec![]),
        ("into another year", eleventh, before(&on(2024, 3, 11)), vec!["beyond_plan"]),
        (
            "fewer seats than are taken",
            Plan { taken: 13, ..plan() },
            before(&plan()),
            vec!["capacity.taken"],
        ),
        (
            "a longer consultation",
            Plan { has_slots: true, ..plan() },
            Before { ends_at: at(2024, 7, 10, 15, 0), ..before(&plan()) },
            vec!["time.slots"],
        ),
    ] {
        assert_eq!(told(&Plan { before: Some(before), ..plan }), want, "{what}");
    }
}

#[test]
fn a_yes_is_a_yes_to_exactly_what_was_asked() {
    let now = at(2024, 7, 2, 9, 0);
    let yes = |plan: &Plan| confirmation(plan, &conflicts(plan, now));

    let asked = on(2024, 7, 15);
    assert_eq!(yes(&asked), yes(&asked.clone()));

    let known = Member { fits: false, ..teacher() };
    for other in [
        on(2024, 12, 31),
        Plan { ends_at: at(2024, 7, 15, 17, 0), ..asked.clone() },
        Plan { venue_id: VenueId(2), ..asked.clone() },
        Plan { room: None, ..asked.clone() },
        Plan { capacity: 13, ..asked.clone() },
        Plan { is_public: false, ..asked.clone() },
        Plan { staff: vec![Member { id: StaffId(8), ..teacher() }], ..asked.clone() },
        // The same wish, and one more thing against it.
        Plan { staff: vec![known], ..asked.clone() },
    ] {
        assert_ne!(yes(&asked), yes(&other), "{other:?}");
    }
}

#[test]
fn every_conflict_has_its_sentence_and_leaves_no_name() {
    let title = Some(("相談会".to_owned(), "Help session".to_owned()));
    let (staff, name) = (StaffId(7), "例野".to_owned());

    for (conflict, ja) in [
        (
            Conflict::Travel { staff, name: name.clone(), other: title, minutes: 10 },
            "例野さんは、ほかの会場の「相談会」との間が10分です。移動できるか、お確かめください",
        ),
        (
            Conflict::LongDay { staff, name: name.clone(), minutes: 510 },
            "例野さんのこの日の担当は、あわせて8時間30分になります",
        ),
        (
            Conflict::LongDay { staff, name: name.clone(), minutes: 720 },
            "例野さんのこの日の担当は、あわせて12時間になります",
        ),
        (
            Conflict::Gone { staff, name },
            "例野さんは、もういない職員です。ほかの人に替えてください",
        ),
        (
            Conflict::BeyondPlan { planned: 10, nth: 11 },
            "この年度の計画は10回です。これは11回目になります",
        ),
    ] {
        let point = conflict.point(Lang::Ja);
        let values: Vec<(&str, &str)> =
            point.values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(words::fill(Lang::Ja, point.wording, &values), ja);
        assert!(!conflict.record().to_string().contains("例野"), "{conflict:?}");
    }
}
