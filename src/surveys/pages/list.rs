//! `/followup`: who is to be asked, by day; and the paths to decide about.

use askama::Template;
use chrono::{NaiveDate, TimeDelta};
use entity::residents::contact_channel::Channel;
use entity::surveys::follow_up::{CloseReason, FollowUpState};
use poem::{Response, handler};
use serde::Deserialize;

use super::day;
use crate::platform::japan::PhoneNumber;
use crate::platform::japan::time::local_date;
use crate::platform::web::door::Visit;
use crate::platform::web::form::Query;
use crate::platform::web::page::{Page, render};
use crate::platform::{Personal, Result};
use crate::residents::Desk;
use crate::surveys::queries::{self, FollowUpFilter, FollowUpRow};
use crate::surveys::rules::ASK_BEFORE_DAYS;

/// Rows on one page.
const ROWS: usize = 50;

/// What a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    /// Whoever can be asked today.
    Now,
    Coming,
    Answered,
    Closed,
}

impl When {
    const ALL: [Self; 4] = [Self::Now, Self::Coming, Self::Answered, Self::Closed];

    fn word(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Coming => "coming",
            Self::Answered => "answered",
            Self::Closed => "closed",
        }
    }

    fn filter(self, today: NaiveDate) -> FollowUpFilter {
        let near = today + TimeDelta::days(ASK_BEFORE_DAYS);
        let (states, from, to) = match self {
            Self::Now => (queries::OPEN.to_vec(), None, Some(near)),
            Self::Coming => (queries::OPEN.to_vec(), Some(near + TimeDelta::days(1)), None),
            Self::Answered => (vec![FollowUpState::Answered], None, None),
            Self::Closed => (vec![FollowUpState::Closed], None, None),
        };
        FollowUpFilter { states, from, to }
    }
}

/// One line.
pub(super) struct Line {
    pub id: i64,
    pub resident_id: i64,
    pub kana: String,
    pub name: String,
    pub phone: Option<PhoneNumber>,
    pub due: String,
    pub due_iso: String,
    /// Days since the due day; 0 before it.
    pub late: i64,
    pub class: String,
    pub state_key: String,
    pub way_key: String,
    pub attempts: i32,
    pub result_key: Option<String>,
    pub calls: bool,
    pub open: bool,
    /// When the person asked to be called again.
    pub again: String,
}

impl Line {
    pub(super) fn new(page: &Page, row: &FollowUpRow, way: Option<Channel>) -> Self {
        let lang = page.ctx.lang;
        let FollowUpRow { follow_up, person, active: _, class } = row;
        let phone = row.phones().first().cloned();

        let state_key = match follow_up.close_reason {
            _ if !row.active && queries::OPEN.contains(&follow_up.state) => {
                "survey.closed.silent".to_owned()
            }
            Some(CloseReason::NoAnswer) if follow_up.asked_at.is_none() => {
                "survey.closed.never_asked".to_owned()
            }
            Some(reason) => format!("survey.closed.{reason}"),
            None => format!("survey.state.{}", follow_up.state),
        };
        let way_key = match (follow_up.answered_via, way) {
            (Some(via), _) => format!("survey.via.{via}"),
            (None, Some(way)) => format!("survey.way.{way}"),
            (None, None) => "survey.way.none".to_owned(),
        };

        let class_day = local_date(class.span().0);
        let title = page.pick(&class.session.title_ja, &class.session.title_en);
        Self {
            id: follow_up.id.0,
            resident_id: person.id.0,
            kana: person.kana.clone(),
            name: person.name.clone().unwrap_or_default(),
            phone,
            due: day(lang, follow_up.due_on),
            due_iso: follow_up.due_on.to_string(),
            late: (page.ctx.today() - follow_up.due_on).num_days().max(0),
            class: format!("{}{}{title}", day(lang, class_day), page.pick(" ", ", ")),
            state_key,
            way_key,
            attempts: follow_up.attempts,
            result_key: follow_up.result.map(|result| format!("survey.result.{result}")),
            calls: follow_up.state == FollowUpState::Calling,
            open: row.active && queries::OPEN.contains(&follow_up.state),
            again: follow_up.call_again_at.map(|at| lang.moment(at)).unwrap_or_default(),
        }
    }
}

#[derive(Template)]
#[template(path = "surveys/pages/list.html")]
struct FollowUpsPage {
    page: Page,
    lines: Vec<Line>,
    proposals: Vec<Line>,
    tabs: Vec<(&'static str, bool)>,
    is_now: bool,
    open: bool,
    older: Option<String>,
}

/// Which tab, and where its next page begins.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    when: String,
    after: String,
}

/// `GET /followup`
#[handler]
pub async fn show(visit: Visit<Desk>, Query(query): Query<ListQuery>) -> Result<Response> {
    let when = When::ALL.into_iter().find(|when| when.word() == query.when);
    let when = when.unwrap_or(When::Now);
    let after = Some(query.after.as_str()).filter(|after| !after.is_empty());

    let (db, scope, filter) = (visit.db(), &visit.scope, when.filter(visit.ctx.today()));
    let found = queries::list(db, scope, &filter, ROWS, after).await?;
    let proposals = match when {
        When::Now => queries::open_proposals(db, scope).await?,
        _ => Personal::new(Vec::new(), []),
    };
    let (found, proposals) = visit.saw(found.and(proposals), "followup").await?;

    let people: Vec<_> = found.items.iter().map(|row| row.person.id).collect();
    let ways = queries::first_channels(db, &people).await?;

    let page = visit.page;
    let line = |row: &FollowUpRow| Line::new(&page, row, ways.get(&row.person.id).copied());
    let older = found.next.map(|next| format!("/followup?when={}&after={next}", when.word()));
    render(&FollowUpsPage {
        lines: found.items.iter().map(line).collect(),
        proposals: proposals.iter().map(line).collect(),
        tabs: When::ALL.into_iter().map(|tab| (tab.word(), tab == when)).collect(),
        is_now: when == When::Now,
        open: matches!(when, When::Now | When::Coming),
        older,
        page,
    })
}
