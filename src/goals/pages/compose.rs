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
use crate::goals::queries::{self, EditionRow};
use crate::goals::rules::can_change;
use crate::goals::rules::compose::{NewItem, NewMeasure, NewPlan, NewTheme};
use crate::platform::text::characters::narrow;
use crate::platform::web::door::{Choice, Field, Returned, Typed, Visit, render_form};
use crate::platform::web::form::Form;
use crate::platform::web::page::{Page, redirect};
use crate::platform::{Error, Lang, Result, Scope, Tx};

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
struct Draft<'a> {
    page: &'a Page,
    back: &'a Returned,
    form: &'static str,
    parts: Vec<Part>,
}

impl Draft<'_> {
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
        let lang = self.page.ctx.lang;
        let choice = |theme: &goal_theme::Model| {
            (theme.id.to_string(), view::pick(lang, &theme.title_ja, &theme.title_en).0)
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
pub(super) enum What {
    Plan,
    Theme(GoalEditionId),
    Item(GoalEditionId),
    Measure(GoalItemId),
}

impl What {
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

impl<'a> FromRequest<'a> for What {
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

async fn form(visit: Visit<Goals>, what: What, back: Returned) -> Result<Response> {
    let way_back = way_back(&visit, what).await?;
    let themes = match what {
        What::Item(id) => queries::list_themes(visit.db(), id).await?,
        _ => Vec::new(),
    };

    let page = visit.page;
    let draft = Draft { page: &page, back: &back, form: what.name(), parts: Vec::new() };
    let draft = match what {
        What::Plan => draft.plan(),
        What::Theme(_) => draft.theme(),
        What::Item(_) => draft.item(&themes),
        What::Measure(_) => draft.measure(),
    };
    let parts = draft.parts;

    let word = |end: &str| page.t(&format!("goals.new.{}{end}", what.name())).to_owned();
    let (title, lead, action) = (word(""), word(".lead"), what.address());
    let template = ComposePage { title, lead, action, way_back, parts, back, page };
    render_form(&template.back, &template)
}

/// Address and words of what the form adds to; only a draft takes anything in.
async fn way_back(visit: &Visit<Goals>, what: What) -> Result<(String, String)> {
    let (db, scope, lang) = (visit.db(), &visit.scope, visit.ctx.lang);
    match what {
        What::Plan => {
            queries::whole(scope)?;
            Ok(("/goals".to_owned(), visit.page.t("nav.goals").to_owned()))
        }
        What::Theme(id) | What::Item(id) => {
            let row = queries::get_edition(db, scope, id).await?;
            can_change(row.edition.state)?;
            Ok((format!("/goals/editions/{id}"), edition_title(lang, &row)))
        }
        What::Measure(id) => {
            let item = queries::get_item(db, scope, id).await?;
            let row = queries::get_edition(db, scope, item.edition_id).await?;
            can_change(row.edition.state)?;
            let title = view::pick(lang, &item.title_ja, &item.title_en).0;
            Ok((format!("/goals/items/{id}"), format!("No {} {title}", item.code)))
        }
    }
}

fn edition_title(lang: Lang, row: &EditionRow) -> String {
    view::pick(lang, &row.edition.title_ja, &row.edition.title_en).0
}

/// What was typed, read.
enum New {
    Plan(NewPlan),
    Theme(NewTheme),
    Item(NewItem),
    Measure(NewMeasure),
}

fn read(what: What, typed: &Typed) -> Result<New> {
    Ok(match what {
        What::Plan => New::Plan(read_plan(typed)?),
        What::Theme(_) => New::Theme(read_theme(typed)),
        What::Item(_) => New::Item(read_item(typed)),
        What::Measure(_) => New::Measure(read_measure(typed)?),
    })
}

/// A fiscal year; none in an empty field.
fn read_year(typed: &Typed, name: &str) -> Result<Option<i32>> {
    match narrow(typed.get(name)).trim() {
        "" => Ok(None),
        year => year.parse().map(Some).map_err(|_| Error::invalid(name, "err.goals.plan_year")),
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
async fn act(tx: &Tx, scope: &Scope, what: What, new: &New) -> Result<String> {
    let edition = |id| format!("/goals/editions/{id}");
    Ok(match (what, new) {
        (What::Plan, New::Plan(new)) => edition(actions::new_plan(tx, scope, new).await?.id),
        (What::Theme(id), New::Theme(new)) => {
            actions::add_theme(tx, scope, id, new).await?;
            edition(id)
        }
        (What::Item(id), New::Item(new)) => {
            format!("/goals/items/{}", actions::add_item(tx, scope, id, new).await?)
        }
        (What::Measure(id), New::Measure(new)) => {
            actions::add_measure(tx, scope, id, new).await?;
            format!("/goals/items/{id}")
        }
        _ => return Err(Error::BadRequest),
    })
}

#[handler]
pub(super) async fn show(visit: Visit<Goals>, what: What) -> Result<Response> {
    form(visit, what, Returned::default()).await
}

#[handler]
pub(super) async fn post(
    visit: Visit<Goals>,
    what: What,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let done = async {
        let new = &read(what, &typed)?;
        let work = |tx, scope| async move { act(&tx, scope, what, new).await };
        visit.does(what.action(), work).await
    };
    match done.await {
        Ok(next) => Ok(redirect(&next)),
        Err(error) => {
            let back = back_of(&visit.page, error)?.with(typed);
            form(visit, what, back).await
        }
    }
}
