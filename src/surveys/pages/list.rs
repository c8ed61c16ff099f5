//! `/followup`: who is to be asked, by day; and the paths to decide about.

use std::collections::HashMap;

use askama::Template;
use chrono::{NaiveDate, TimeDelta};
use entity::ResidentId;
use entity::residents::contact_channel::Channel;
use entity::surveys::follow_up::FollowUpState;
use poem::{Response, handler};
use serde::Deserialize;

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

#[derive(Template)]
#[template(path = "surveys/pages/list.html")]
struct FollowUpsPage {
    page: Page,
    when: When,
    rows: Vec<FollowUpRow>,
    /// The way that each of the people prefers.
    ways: HashMap<ResidentId, Channel>,
    proposals: Vec<FollowUpRow>,
    /// Where the next page begins.
    next: Option<String>,
}

impl FollowUpsPage {
    /// Whether these are people who are still to be asked.
    fn is_open(&self) -> bool {
        matches!(self.when, When::Now | When::Coming)
    }

    /// Days since somebody was to be asked.
    fn late(&self, row: &FollowUpRow) -> i64 {
        (self.page.ctx.today() - row.follow_up.due_on).num_days()
    }

    /// The way by which the answers came, or by which somebody is asked.
    fn way(&self, row: &FollowUpRow) -> String {
        match (row.follow_up.answered_via, self.ways.get(&row.person.id)) {
            (Some(via), _) => self.page.word("survey.via", via),
            (None, Some(way)) => self.page.word("survey.way", way),
            (None, None) => self.page.t("survey.way.none").to_owned(),
        }
    }
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
    render(&FollowUpsPage { page, when, rows: found.items, ways, proposals, next: found.next })
}
