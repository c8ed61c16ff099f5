//! Staff: a new plan, and the themes, initiatives and measures of a draft, one form each.

use askama::Template;
use entity::goals::goal_measure::{Direction, MeasureKind};
use entity::goals::goal_plan::PeriodStyle;
use entity::goals::goal_theme;
use entity::{GoalEditionId, GoalItemId, GoalThemeId};
use poem::http::StatusCode;
use poem::{FromRequest, Request, RequestBody, Response, handler};
use serde::Deserialize;

use super::item::read_value;
use super::view;
use crate::goals::actions;
use crate::goals::queries;
use crate::goals::rules::can_change;
use crate::goals::rules::compose::{NewItem, NewMeasure, NewPlan, NewTheme};
use crate::platform::actor::GOALS;
use crate::platform::error::FieldError;
use crate::platform::web::form::{Form, Intent};
use crate::platform::web::page::{redirect, render_with};
use crate::platform::web::{Page, render};
use crate::platform::{App, Error, Result, Scope, Tx};

/// What was typed, as text.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct Typed(Vec<(String, String)>);

impl Typed {
    fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    fn text(&self, name: &str) -> String {
        self.get(name).to_owned()
    }

    /// A fiscal year; none in an empty field.
    fn year(&self, name: &str) -> Result<Option<i32>> {
        let typed = crate::platform::text::characters::narrow(self.get(name));
        match typed.trim() {
            "" => Ok(None),
            year => year.parse().map(Some).map_err(|_| Error::invalid(name, "err.goals.plan_year")),
        }
    }
}

/// A choice of a select.
struct Choice {
    value: String,
    label: String,
}

#[derive(PartialEq)]
enum Look {
    Line,
    Lines,
    Choose,
    Check,
}

/// One field: its name is its id, its wording key `goals.new.<form>.<name>`.
struct Field {
    id: &'static str,
    label: String,
    hint: String,
    value: String,
    required: bool,
    look: Look,
    choices: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "goals/pages/compose.html")]
struct ComposePage {
    page: Page,
    title: String,
    lead: String,
    action: String,
    /// Address and words of where it belongs.
    back: (String, String),
    fields: Vec<Field>,
    errors: Vec<FieldError>,
    refusal: Option<String>,
}

/// A form while it is put together.
struct Draft<'a> {
    page: &'a Page,
    name: &'static str,
    typed: &'a Typed,
    fields: Vec<Field>,
}

impl<'a> Draft<'a> {
    fn new(page: &'a Page, name: &'static str, typed: &'a Typed) -> Self {
        Self { page, name, typed, fields: Vec::new() }
    }

    fn add(mut self, id: &'static str, required: bool, look: Look, choices: Vec<Choice>) -> Self {
        let label = format!("goals.new.{}.{id}", self.name);
        let hint = format!("{label}.hint");
        let hint = if crate::platform::words::exists(&hint) { hint } else { String::new() };
        let value = self.typed.text(id);
        self.fields.push(Field { id, label, hint, value, required, look, choices });
        self
    }

    fn line(self, id: &'static str, required: bool) -> Self {
        self.add(id, required, Look::Line, Vec::new())
    }

    fn lines(self, id: &'static str) -> Self {
        self.add(id, false, Look::Lines, Vec::new())
    }

    fn check(self, id: &'static str) -> Self {
        self.add(id, false, Look::Check, Vec::new())
    }

    /// One of these values, in the words of `<key>.<value>`.
    fn one_of(
        self,
        id: &'static str,
        key: &str,
        values: impl Iterator<Item = &'static str>,
    ) -> Self {
        let choice = |value: &str| Choice {
            value: value.to_owned(),
            label: self.page.t(&format!("{key}.{value}")).to_owned(),
        };
        let choices = values.map(choice).collect();
        self.add(id, true, Look::Choose, choices)
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

async fn form(page: Page, app: &App, what: What, typed: &Typed) -> Result<ComposePage> {
    let scope = &page.ctx.scope(GOALS)?;
    let db = app.store().reader();
    let lang = page.ctx.lang;
    let edition = match what {
        What::Plan => None,
        What::Theme(id) | What::Item(id) => Some(queries::get_edition(db, scope, id).await?),
        What::Measure(id) => {
            let item = queries::get_item(db, scope, id).await?;
            Some(queries::get_edition(db, scope, item.edition_id).await?)
        }
    };
    if let Some(row) = &edition {
        can_change(row.edition.state)?;
    } else {
        queries::list_plans(db, scope).await?;
    }
    let draft = Draft::new(&page, what.name(), typed);
    let fields = match what {
        What::Plan => draft
            .line("name_ja", true)
            .line("name_en", false)
            .line("first_year", true)
            .line("last_year", true)
            .one_of("style", "goals.style", PeriodStyle::ALL.iter().map(|style| style.as_str()))
            .line("document", false)
            .line("code", true),
        What::Theme(_) => draft
            .line("policy", false)
            .line("policy_title", false)
            .line("title_ja", true)
            .line("title_en", false)
            .lines("sentences"),
        What::Item(id) => {
            let themes = queries::list_themes(db, id).await?;
            let choice = |theme: goal_theme::Model| Choice {
                value: theme.id.to_string(),
                label: view::pick(lang, &theme.title_ja, &theme.title_en).0,
            };
            draft
                .add("theme_id", false, Look::Choose, themes.into_iter().map(choice).collect())
                .line("code", true)
                .line("title_ja", true)
                .line("title_en", false)
                .line("owner", false)
                .line("cross_listed_as", false)
                .check("is_core_index")
                .lines("note")
        }
        What::Measure(_) => {
            let kinds = MeasureKind::ALL.iter().filter(|kind| **kind != MeasureKind::Text);
            draft
                .line("name_ja", true)
                .line("name_en", false)
                .one_of("kind", "goals.measure_kind", kinds.map(|kind| kind.as_str()))
                .line("unit", true)
                .one_of(
                    "direction",
                    "goals.direction",
                    Direction::ALL.iter().map(|direction| direction.as_str()),
                )
                .line("baseline_words", false)
                .line("baseline_value", false)
                .line("baseline_year", false)
                .line("denominator", false)
                .line("denominator_year", false)
        }
    }
    .fields;
    let back = match (what, &edition) {
        (What::Measure(id), Some(_)) => {
            let item = queries::get_item(db, scope, id).await?;
            let title = view::pick(lang, &item.title_ja, &item.title_en).0;
            (format!("/goals/items/{id}"), format!("No {} {title}", item.code))
        }
        (_, Some(row)) => (
            format!("/goals/editions/{}", row.edition.id),
            view::pick(lang, &row.edition.title_ja, &row.edition.title_en).0,
        ),
        _ => ("/goals".to_owned(), page.t("nav.goals").to_owned()),
    };
    let word = |end: &str| page.t(&format!("goals.new.{}{end}", what.name())).to_owned();
    Ok(ComposePage {
        title: word(""),
        lead: word(".lead"),
        action: what.address(),
        back,
        fields,
        errors: Vec::new(),
        refusal: None,
        page,
    })
}

/// The form again with what was typed and what is wrong with it.
async fn again(page: Page, app: &App, what: What, typed: &Typed, error: Error) -> Result<Response> {
    match error {
        Error::Invalid(errors) => {
            let template = ComposePage { errors, ..form(page, app, what, typed).await? };
            render_with(StatusCode::UNPROCESSABLE_ENTITY, &template)
        }
        Error::Refused(refusal) => {
            let sentence = page.refusal(&refusal);
            let template =
                ComposePage { refusal: Some(sentence), ..form(page, app, what, typed).await? };
            render_with(StatusCode::CONFLICT, &template)
        }
        other => Err(other),
    }
}

/// What was typed, read.
enum New {
    Plan(NewPlan),
    Theme(NewTheme),
    Item(NewItem),
    Measure(NewMeasure),
}

fn read(what: What, typed: &Typed) -> Result<New> {
    let missing = |name: &str| Error::invalid(name, "err.goals.choose");
    Ok(match what {
        What::Plan => {
            // A year that is missing is none of those that a plan may have.
            let year = |name| Ok::<_, Error>(typed.year(name)?.unwrap_or_default());
            New::Plan(NewPlan {
                code: typed.text("code"),
                name_ja: typed.text("name_ja"),
                name_en: typed.text("name_en"),
                first_year: year("first_year")?,
                last_year: year("last_year")?,
                style: PeriodStyle::from_text(typed.get("style"))
                    .ok_or_else(|| missing("style"))?,
                document: typed.text("document"),
            })
        }
        What::Theme(_) => New::Theme(NewTheme {
            policy: typed.text("policy"),
            policy_title: typed.text("policy_title"),
            title_ja: typed.text("title_ja"),
            title_en: typed.text("title_en"),
            lead: typed.text("sentences"),
        }),
        What::Item(_) => New::Item(NewItem {
            theme_id: typed.get("theme_id").parse().ok().map(GoalThemeId),
            code: typed.text("code"),
            title_ja: typed.text("title_ja"),
            title_en: typed.text("title_en"),
            owner: typed.text("owner"),
            cross_listed_as: typed.text("cross_listed_as"),
            is_core_index: !typed.get("is_core_index").is_empty(),
            note: typed.text("note"),
        }),
        What::Measure(_) => New::Measure(NewMeasure {
            name_ja: typed.text("name_ja"),
            name_en: typed.text("name_en"),
            kind: MeasureKind::from_text(typed.get("kind")).ok_or_else(|| missing("kind"))?,
            unit: typed.text("unit"),
            direction: Direction::from_text(typed.get("direction"))
                .ok_or_else(|| missing("direction"))?,
            baseline_words: typed.text("baseline_words"),
            baseline_milli: read_value("baseline_value", typed.get("baseline_value"))?,
            baseline_year: typed.year("baseline_year")?,
            denominator: typed.text("denominator"),
            denominator_year: typed.year("denominator_year")?,
        }),
    })
}

/// Does what the form asks for, once; answers where to go on.
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

/// Writes what was typed and goes on, or shows the form again.
async fn send(
    page: Page,
    app: &App,
    intent: &Intent,
    what: What,
    typed: &Typed,
) -> Result<Response> {
    let ctx = page.ctx.clone();
    let scope = &ctx.scope(GOALS)?;
    let done = match read(what, typed) {
        Ok(new) => {
            let new = &new;
            app.store()
                .write_once(&ctx, what.action(), intent.0.as_ref(), |tx| async move {
                    act(&tx, scope, what, new).await
                })
                .await
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(next) => Ok(redirect(&next)),
        Err(error) => again(page, app, what, typed, error).await,
    }
}

#[handler]
pub(super) async fn show(page: Page, app: App, what: What) -> Result<Response> {
    render(&form(page, &app, what, &Typed::default()).await?)
}

#[handler]
pub(super) async fn post(
    page: Page,
    app: App,
    intent: Intent,
    what: What,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    send(page, &app, &intent, what, &typed).await
}
