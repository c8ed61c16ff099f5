//! Staff: a new plan, and the themes, initiatives and measures of a draft, one form each.

use askama::Template;
use entity::goals::goal_measure::{Direction, MeasureKind};
use entity::goals::goal_plan::PeriodStyle;
use entity::goals::goal_theme;
use entity::{GoalEditionId, GoalItemId, GoalThemeId};
use poem::{FromRequest, Request, RequestBody, Response, handler};

use super::{back_of, read_value, view};
use crate::goals::Goals;
use crate::goals::actions;
use crate::goals::queries;
use crate::goals::rules::can_change;
use crate::goals::rules::compose::{NewItem, NewMeasure, NewPlan, NewTheme};
use crate::platform::japan::{FiscalYear, FiscalYearError};
use crate::platform::web::door::{Choice, Field, Returned, Typed, Visit, render_form};
use crate::platform::web::form::Form;
use crate::platform::web::page::{Page, redirect};
use crate::platform::{Error, Result, Scope, Tx};

/// A part of a form.
enum Part {
    Field(Field),
    /// A box to tick.
    Check(Field),
}

#[derive(Template)]
#[template(path = "goals/pages/compose.html")]
struct ComposePage {
    page: Page,
    title: String,
    lead: String,
    action: String,
    /// Address and words of where it belongs.
    way_back: (String, String),
    parts: Vec<Part>,
    back: Returned,
}

/// A form while it is put together: the name of a field is its id, its wording key
/// `goals.new.<form>.<name>`.
struct FormParts<'a> {
    page: &'a Page,
    back: &'a Returned,
    form: &'static str,
    parts: Vec<Part>,
}

impl FormParts<'_> {
    fn field(&self, name: &str) -> Field {
        self.page.field(self.back, name, &format!("goals.new.{}.{name}", self.form), "")
    }

    fn with(mut self, part: Part) -> Self {
        self.parts.push(part);
        self
    }

    /// A line that may be empty.
    fn line(self, name: &str) -> Self {
        let field = self.field(name).class("w-name");
        self.with(Part::Field(field))
    }

    /// A line that must say something.
    fn needed(self, name: &str) -> Self {
        let field = self.field(name).class("w-name").required(self.page);
        self.with(Part::Field(field))
    }

    fn lines(self, name: &str) -> Self {
        let field = self.field(name).rows_of(3);
        self.with(Part::Field(field))
    }

    fn check(self, name: &str) -> Self {
        let field = self.field(name);
        self.with(Part::Check(field))
    }

    /// One of these, or none.
    fn any_of(self, name: &str, choices: &[Choice]) -> Self {
        let field = self.field(name).choose(self.page, choices);
        self.with(Part::Field(field))
    }

    /// One of these.
    fn one_of(self, name: &str, choices: &[Choice]) -> Self {
        let field = self.field(name).required(self.page).choose(self.page, choices);
        self.with(Part::Field(field))
    }

    fn plan(self) -> Self {
        let styles = self.page.choices("goals.style", PeriodStyle::ALL);
        self.needed("name_ja")
            .line("name_en")
            .needed("first_year")
            .needed("last_year")
            .one_of("style", &styles)
            .line("document")
            .needed("code")
    }

    fn theme(self) -> Self {
        self.line("policy")
            .line("policy_title")
            .needed("title_ja")
            .line("title_en")
            .lines("sentences")
    }

    fn item(self, themes: &[goal_theme::Model]) -> Self {
        let choice = |theme: &goal_theme::Model| {
            let title = view::named(self.page, &theme.title_ja, &theme.title_en);
            (theme.id.to_string(), title.text.to_owned())
        };
        let themes: Vec<Choice> = themes.iter().map(choice).collect();
        self.any_of("theme_id", &themes)
            .needed("code")
            .needed("title_ja")
            .line("title_en")
            .line("owner")
            .line("cross_listed_as")
            .check("is_core_index")
            .lines("note")
    }

    fn measure(self) -> Self {
        // Every initiative has its goal in words already.
        let kinds: Vec<MeasureKind> =
            MeasureKind::ALL.iter().copied().filter(|kind| *kind != MeasureKind::Text).collect();
        let kinds = self.page.choices("goals.measure_kind", &kinds);
        let directions = self.page.choices("goals.direction", Direction::ALL);
        self.needed("name_ja")
            .line("name_en")
            .one_of("kind", &kinds)
            .needed("unit")
            .one_of("direction", &directions)
            .line("baseline_words")
            .line("baseline_value")
            .line("baseline_year")
            .line("denominator")
            .line("denominator_year")
    }
}

/// Which form, and of what.
#[derive(Clone, Copy)]
pub(super) enum ComposeForm {
    Plan,
    Theme(GoalEditionId),
    Item(GoalEditionId),
    Measure(GoalItemId),
}

impl ComposeForm {
    fn name(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Theme(_) => "theme",
            Self::Item(_) => "item",
            Self::Measure(_) => "measure",
        }
    }

    fn action(self) -> &'static str {
        match self {
            Self::Plan => "create_plan",
            Self::Theme(_) => "add_plan_theme",
            Self::Item(_) => "add_plan_item",
            Self::Measure(_) => "add_plan_measure",
        }
    }

    fn address(self) -> String {
        match self {
            Self::Plan => "/goals/new".to_owned(),
            Self::Theme(id) => format!("/goals/editions/{id}/themes/new"),
            Self::Item(id) => format!("/goals/editions/{id}/items/new"),
            Self::Measure(id) => format!("/goals/items/{id}/measures/new"),
        }
    }
}

impl<'a> FromRequest<'a> for ComposeForm {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        let id = || request.path_params::<i64>().map_err(|_| Error::NotFound);
        Ok(match request.uri().path().rsplit('/').nth(1) {
            Some("themes") => Self::Theme(GoalEditionId(id()?)),
            Some("items") => Self::Item(GoalEditionId(id()?)),
            Some("measures") => Self::Measure(GoalItemId(id()?)),
            _ => Self::Plan,
        })
    }
}

async fn form(visit: Visit<Goals>, which: ComposeForm, back: Returned) -> Result<Response> {
    let way_back = way_back(&visit, which).await?;
    let themes = match which {
        ComposeForm::Item(id) => queries::list_themes(visit.db(), id).await?,
        _ => Vec::new(),
    };

    let page = visit.page;
    let empty = FormParts { page: &page, back: &back, form: which.name(), parts: Vec::new() };
    let filled = match which {
        ComposeForm::Plan => empty.plan(),
        ComposeForm::Theme(_) => empty.theme(),
        ComposeForm::Item(_) => empty.item(&themes),
        ComposeForm::Measure(_) => empty.measure(),
    };
    let parts = filled.parts;

    let title = page.word("goals.new", which.name());
    let lead = page.word("goals.new", format!("{}.lead", which.name()));
    let template =
        ComposePage { title, lead, action: which.address(), way_back, parts, back, page };
    render_form(&template.back, &template)
}

/// Address and words of what the form adds to; only a draft takes anything in.
async fn way_back(visit: &Visit<Goals>, which: ComposeForm) -> Result<(String, String)> {
    let (db, scope, page) = (visit.db(), &visit.scope, &visit.page);
    match which {
        ComposeForm::Plan => {
            queries::whole(scope)?;
            Ok(("/goals".to_owned(), page.t("nav.goals").to_owned()))
        }
        ComposeForm::Theme(id) | ComposeForm::Item(id) => {
            let edition = queries::get_edition(db, scope, id).await?.edition;
            can_change(edition.state)?;
            let title = view::named(page, &edition.title_ja, &edition.title_en);
            Ok((format!("/goals/editions/{id}"), title.text.to_owned()))
        }
        ComposeForm::Measure(id) => {
            let item = queries::get_item(db, scope, id).await?;
            let edition = queries::get_edition(db, scope, item.edition_id).await?.edition;
            can_change(edition.state)?;
            let title = view::named(page, &item.title_ja, &item.title_en);
            Ok((format!("/goals/items/{id}"), format!("No {} {}", item.code, title.text)))
        }
    }
}

/// A fiscal year; none in an empty field.
fn read_year(typed: &Typed, name: &str) -> Result<Option<i32>> {
    match FiscalYear::parse(typed.get(name)) {
        Ok(year) => Ok(Some(year.year())),
        Err(FiscalYearError::Empty) => Ok(None),
        Err(FiscalYearError::Unreadable) => Err(Error::invalid(name, "err.goals.plan_year")),
    }
}

fn missing(name: &str) -> Error {
    Error::invalid(name, "err.goals.choose")
}

fn read_plan(typed: &Typed) -> Result<NewPlan> {
    let text = |name| typed.get(name).to_owned();
    // A year that is missing is none of those that a plan may have.
    let year = |name| read_year(typed, name).map(Option::unwrap_or_default);
    Ok(NewPlan {
        code: text("code"),
        name_ja: text("name_ja"),
        name_en: text("name_en"),
        first_year: year("first_year")?,
        last_year: year("last_year")?,
        style: PeriodStyle::from_text(typed.get("style")).ok_or_else(|| missing("style"))?,
        document: text("document"),
    })
}

fn read_theme(typed: &Typed) -> NewTheme {
    let text = |name| typed.get(name).to_owned();
    NewTheme {
        policy: text("policy"),
        policy_title: text("policy_title"),
        title_ja: text("title_ja"),
        title_en: text("title_en"),
        lead: text("sentences"),
    }
}

fn read_item(typed: &Typed) -> NewItem {
    let text = |name| typed.get(name).to_owned();
    NewItem {
        theme_id: typed.get("theme_id").parse().ok().map(GoalThemeId),
        code: text("code"),
        title_ja: text("title_ja"),
        title_en: text("title_en"),
        owner: text("owner"),
        cross_listed_as: text("cross_listed_as"),
        is_core_index: !typed.get("is_core_index").is_empty(),
        note: text("note"),
    }
}

fn read_measure(typed: &Typed) -> Result<NewMeasure> {
    let text = |name| typed.get(name).to_owned();
    let direction = Direction::from_text(typed.get("direction"));
    Ok(NewMeasure {
        name_ja: text("name_ja"),
        name_en: text("name_en"),
        kind: MeasureKind::from_text(typed.get("kind")).ok_or_else(|| missing("kind"))?,
        unit: text("unit"),
        direction: direction.ok_or_else(|| missing("direction"))?,
        baseline_words: text("baseline_words"),
        baseline_milli: read_value("baseline_value", typed.get("baseline_value"))?,
        baseline_year: read_year(typed, "baseline_year")?,
        denominator: text("denominator"),
        denominator_year: read_year(typed, "denominator_year")?,
    })
}

/// Does what the form asks for; answers where to go on.
async fn act(tx: &Tx, scope: &Scope, which: ComposeForm, typed: &Typed) -> Result<String> {
    Ok(match which {
        ComposeForm::Plan => {
            let made = actions::new_plan(tx, scope, &read_plan(typed)?).await?;
            format!("/goals/editions/{}", made.id)
        }
        ComposeForm::Theme(id) => {
            actions::add_theme(tx, scope, id, &read_theme(typed)).await?;
            format!("/goals/editions/{id}")
        }
        ComposeForm::Item(id) => {
            let made = actions::add_item(tx, scope, id, &read_item(typed)).await?;
            format!("/goals/items/{made}")
        }
        ComposeForm::Measure(id) => {
            actions::add_measure(tx, scope, id, &read_measure(typed)?).await?;
            format!("/goals/items/{id}")
        }
    })
}

#[handler]
pub(super) async fn show(visit: Visit<Goals>, which: ComposeForm) -> Result<Response> {
    form(visit, which, Returned::default()).await
}

#[handler]
pub(super) async fn post(
    visit: Visit<Goals>,
    which: ComposeForm,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let asked = &typed;
    let work = |tx, scope| async move { act(&tx, scope, which, asked).await };
    let done = visit.does(which.action(), work).await;
    match done {
        Ok(next) => Ok(redirect(&next)),
        Err(error) => {
            let back = back_of(&visit.page, error)?.with(typed);
            form(visit, which, back).await
        }
    }
}
