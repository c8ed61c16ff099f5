//! Staff: the rows behind a counted actual, as published and as they stand now.

use askama::Template;
use entity::GoalMeasureId;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::view;
use crate::goals::Goals;
use crate::goals::queries::{self, CountedActual};
use crate::goals::rules::figure::{Figure, FigureRow};
use crate::places::{self, ward};
use crate::platform::Result;
use crate::platform::web::door::Visit;
use crate::platform::web::form::Query;
use crate::platform::web::{Page, render};

#[derive(Template)]
#[template(path = "goals/pages/rows.html")]
struct RowsPage {
    page: Page,
    counted: CountedActual,
    year: i32,
    year_label: String,
    wards: Vec<ward::Model>,
}

impl RowsPage {
    /// The figures with what they are called, the published one first.
    fn figures(&self) -> Vec<(String, &Figure)> {
        let page = &self.page;
        let kept = self
            .counted
            .frozen
            .iter()
            .map(|(at, kept)| (page.f1("goals.rows.kept", "when", page.long_moment(at)), kept));
        let now = (page.t("goals.rows.now").to_owned(), &self.counted.live);
        kept.chain([now]).collect()
    }

    /// The name of a ward.
    fn ward<'a>(&'a self, code: &'a str) -> &'a str {
        let ward = self.wards.iter().find(|ward| ward.code == code);
        ward.map_or(code, |ward| self.page.pick(&ward.name_ja, &ward.name_en))
    }

    fn ward_names(&self, codes: &[String]) -> String {
        let names: Vec<&str> = codes.iter().map(|code| self.ward(code)).collect();
        names.join(self.page.pick("・", ", "))
    }

    /// How many people a document counts, and what it leaves open about them.
    fn people(&self, people: &Option<i32>, words: &str, unit_unknown: &bool) -> String {
        match people {
            None => self.page.t("goals.rows.unknown").to_owned(),
            Some(_) if *unit_unknown => self.page.f1("goals.rows.unit_unknown", "words", words),
            Some(_) => words.to_owned(),
        }
    }
}

/// Of which fiscal year.
#[derive(Deserialize, Default)]
struct RowsQuery {
    #[serde(default)]
    year: i32,
}

#[handler]
pub(super) async fn show_rows(
    visit: Visit<Goals>,
    Path(id): Path<GoalMeasureId>,
    query: Query<RowsQuery>,
) -> Result<Response> {
    let (db, scope, year) = (visit.db(), &visit.scope, query.0.year);
    let counted = queries::counted_actual(db, scope, id, year, visit.ctx.now).await?;
    let wards = places::queries::list_wards(db, scope).await?;
    let year_label = counted.row.periods().label(visit.ctx.lang, year);
    render(&RowsPage { page: visit.page, counted, year, year_label, wards })
}
