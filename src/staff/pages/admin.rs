//! The administrator's pages: staff and roles.

use askama::Template;
use chrono::{DateTime, NaiveDate, Utc};
use entity::staff::role_grant::{self, Role};
use entity::staff::staff_member;
use entity::{ProgrammeId, RoleGrantId, StaffId, WardId};
use poem::http::StatusCode;
use poem::web::Path;
use poem::{Response, Route, get, handler, post};
use serde::Deserialize;

use crate::places;
use crate::platform::actor::ADMINISTRATION;
use crate::platform::japan::dates;
use crate::platform::japan::time::{local_date, local_time};
use crate::platform::text::characters::narrow;
use crate::platform::web::form::{Form, Intent, Query};
use crate::platform::web::page::{Page, redirect, render, render_with};
use crate::platform::{App, Ctx, Error, FieldError, Lang, Question, Result, Scope, words};
use crate::staff::actions::{self, NewStaff};
use crate::staff::rules::NewGrant;
use crate::staff::{passwords, queries, rules};

pub(super) fn pages(route: Route) -> Route {
    route
        .at("/admin", get(list))
        .at("/admin/new", get(show_new).post(create))
        .at("/admin/staff/:id", get(show_person))
        .at("/admin/staff/:id/roles", post(give_role))
        .at("/admin/staff/:id/password", post(set_password))
        .at("/admin/staff/:id/close", post(close))
        .at("/admin/staff/:id/open", post(open))
        .at("/admin/roles/:id/end", post(end_role))
}

/// A role as a page shows it.
struct RoleView {
    id: RoleGrantId,
    name: String,
    place: String,
    time: String,
    holds: bool,
    ended: bool,
}

/// A programme or ward that can be chosen.
struct Choice {
    id: i64,
    name: String,
}

/// Where roles can hold.
struct Places {
    programmes: Vec<Choice>,
    wards: Vec<Choice>,
}

impl Places {
    async fn of(app: &App, ctx: &Ctx, scope: &Scope) -> Result<Self> {
        let db = app.store().reader();
        let pick = |ja: String, en: String| if ctx.lang.code() == "ja" { ja } else { en };
        let programmes = queries::list_programmes(db, scope).await?.into_iter();
        let wards = places::queries::list_wards(db, scope).await?.into_iter();
        Ok(Self {
            programmes: programmes
                .map(|row| Choice { id: row.id.0, name: pick(row.name_ja, row.name_en) })
                .collect(),
            wards: wards
                .map(|row| Choice { id: row.id.0, name: pick(row.name_ja, row.name_en) })
                .collect(),
        })
    }

    fn view(&self, page: &Page, row: &role_grant::Model) -> RoleView {
        let name_in = |choices: &[Choice], id: Option<i64>| {
            let found = choices.iter().find(|choice| Some(choice.id) == id);
            found.map(|choice| choice.name.clone())
        };
        let places: Vec<String> = [
            name_in(&self.programmes, row.programme_id.map(|id| id.0)),
            name_in(&self.wards, row.ward_id.map(|id| id.0)),
        ]
        .into_iter()
        .flatten()
        .collect();
        let today = page.ctx.today();
        let day = |on: NaiveDate| on.format(page.pick("%Y年%-m月%-d日", "%-d %B %Y")).to_string();
        let from = day(row.from_on);
        let time = match row.until_on {
            Some(until) => page.f("admin.time.span", &[("from", &from), ("until", &day(until))]),
            None => page.f1("admin.time.open", "from", from),
        };
        RoleView {
            id: row.id,
            name: role_name(page, &row.role),
            place: if places.is_empty() {
                page.t("admin.place.all").to_owned()
            } else {
                places.join(page.pick("・", ", "))
            },
            time,
            holds: rules::grant_holds(row.from_on, row.until_on, today),
            ended: row.until_on.is_some_and(|until| until < today),
        }
    }
}

fn role_name(page: &Page, role: &Role) -> String {
    words::text(page.ctx.lang, &format!("role.{role}")).to_owned()
}

struct MemberView {
    id: StaffId,
    name: String,
    kana: String,
    login: String,
    closed: bool,
    roles: Vec<RoleView>,
}

/// Somebody who was refused many times at once.
struct BurstView {
    id: StaffId,
    name: String,
    when: String,
}

#[derive(Template)]
#[template(path = "staff/pages/admin.html")]
struct ListPage {
    page: Page,
    members: Vec<MemberView>,
    bursts: Vec<BurstView>,
}

#[handler]
async fn list(page: Page, ctx: Ctx, app: App) -> Result<Response> {
    let scope = ctx.scope(ADMINISTRATION)?;
    let db = app.store().reader();
    let places = Places::of(&app, &ctx, &scope).await?;
    let grants = queries::list_roles(db, &scope, None).await?;
    let members = queries::list_members(db, &scope).await?;
    let members = members
        .into_iter()
        .map(|member| MemberView {
            id: member.id,
            closed: member.disabled_at.is_some(),
            roles: grants
                .iter()
                .filter(|grant| grant.staff_id == member.id)
                .map(|grant| places.view(&page, grant))
                .filter(|role| !role.ended)
                .collect(),
            name: member.name,
            kana: member.kana,
            login: member.login,
        })
        .collect();
    let bursts = queries::list_bursts(db, &scope, ctx.now - rules::BURST_SHOWN).await?;
    let bursts = bursts.into_iter().map(|(member, at)| BurstView {
        id: member.id,
        name: member.name,
        when: moment(&page, at),
    });
    let bursts = bursts.collect();
    render(&ListPage { page, members, bursts })
}

/// A day and a time as people say them.
fn moment(page: &Page, at: DateTime<Utc>) -> String {
    let (day, time) = (local_date(at), local_time(at));
    match page.ctx.lang {
        Lang::Ja => format!("{}{}", dates::date_ja(day), dates::time_ja(time)),
        Lang::En => format!("{} {}", dates::date_short_en(day), time.format("%H:%M")),
    }
}

/// What was typed about a new staff member.
#[derive(Clone, Default, Deserialize)]
struct StaffForm {
    #[serde(default)]
    login: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    kana: String,
    #[serde(default)]
    password: String,
}

#[derive(Template)]
#[template(path = "staff/pages/new_staff.html")]
struct NewPage {
    page: Page,
    form: StaffForm,
    errors: Vec<FieldError>,
}

#[handler]
async fn show_new(page: Page, ctx: Ctx) -> Result<Response> {
    ctx.scope(ADMINISTRATION)?;
    render(&NewPage { page, form: StaffForm::default(), errors: Vec::new() })
}

#[handler]
async fn create(
    page: Page,
    ctx: Ctx,
    app: App,
    intent: Intent,
    Form(form): Form<StaffForm>,
) -> Result<Response> {
    ctx.scope(ADMINISTRATION)?;
    match add(&ctx, &app, &intent, form.clone()).await {
        Ok(id) => Ok(redirect(&format!("/admin/staff/{id}"))),
        Err(Error::Invalid(errors)) if !errors.is_empty() => {
            render_with(StatusCode::UNPROCESSABLE_ENTITY, &NewPage { page, form, errors })
        }
        Err(error) => Err(error),
    }
}

async fn add(ctx: &Ctx, app: &App, intent: &Intent, form: StaffForm) -> Result<StaffId> {
    let StaffForm { login, name, kana, password } = form;
    // Everything that is wrong is told at once, the password too.
    let mut wrong = rules::check_person(&login, &name, &kana).err().unwrap_or_default();
    wrong.extend(rules::check_password(&password, &rules::normal_login(&login)).err());
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    let password = passwords::hash(&password).await?;
    let new = &NewStaff { login, name, kana, password };
    app.store()
        .write_once(ctx, "create_staff", intent.0.as_ref(), |tx| async move {
            actions::create_staff(&tx, new).await
        })
        .await
}

/// What was typed about a role.
#[derive(Clone, Default, Deserialize)]
struct RoleForm {
    #[serde(default)]
    role: String,
    #[serde(default)]
    programme: String,
    #[serde(default)]
    ward: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
}

#[derive(Template)]
#[template(path = "staff/pages/person.html")]
struct PersonPage {
    page: Page,
    member: staff_member::Model,
    /// Whether this municipality employs the person, so that the account is its business.
    employed: bool,
    is_self: bool,
    roles: Vec<RoleView>,
    /// Sessions in which the person is still to work: address and words.
    ahead: Vec<(String, String)>,
    /// What closing the account asks.
    question: Option<Question>,
    places: Places,
    form: RoleForm,
    errors: Vec<FieldError>,
    saved: bool,
}

impl ListPage {
    fn burst(&self, burst: &BurstView) -> String {
        self.page.f("admin.burst", &[("name", &burst.name), ("when", &burst.when)])
    }
}

impl PersonPage {
    fn role_choices(&self) -> Vec<(&'static str, String)> {
        Role::ALL.iter().map(|role| (role.as_str(), role_name(&self.page, role))).collect()
    }

    /// The number of a choice as a form sends it.
    fn chosen(typed: &str, id: &i64) -> bool {
        typed.parse() == Ok(*id)
    }
}

#[derive(Debug, Default, Deserialize)]
struct Saved {
    #[serde(default)]
    saved: String,
}

#[handler]
async fn show_person(
    page: Page,
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
    Query(query): Query<Saved>,
) -> Result<Response> {
    let form = RoleForm { from: ctx.today().to_string(), ..RoleForm::default() };
    let mut person = person(page, &ctx, &app, StaffId(id)).await?;
    person.form = form;
    person.saved = query.saved == "1";
    render(&person)
}

async fn person(page: Page, ctx: &Ctx, app: &App, id: StaffId) -> Result<PersonPage> {
    let scope = ctx.scope(ADMINISTRATION)?;
    let db = app.store().reader();
    let member = queries::get_staff(db, &scope, id).await?;
    let places = Places::of(app, ctx, &scope).await?;
    let grants = queries::list_roles(db, &scope, Some(id)).await?;
    let ahead = queries::sessions_ahead(db, &scope, id, ctx.now).await?;
    Ok(PersonPage {
        ahead: ahead.iter().map(|ahead| ahead_words(ctx.lang, ahead)).collect(),
        question: None,
        employed: member.municipality_id == scope.municipality_id,
        is_self: ctx.staff_id() == Some(id),
        roles: grants.iter().map(|grant| places.view(&page, grant)).collect(),
        page,
        member,
        places,
        form: RoleForm::default(),
        errors: Vec::new(),
        saved: false,
    })
}

/// Where the staff of a session ahead is changed, and 「7月10日（水曜日）午後2時 スマホ講習会」.
fn ahead_words(lang: Lang, ahead: &queries::Ahead) -> (String, String) {
    let (date, time) = (local_date(ahead.starts_at), local_time(ahead.starts_at));
    let words = match lang {
        Lang::Ja => {
            format!("{}{} {}", dates::date_ja(date), dates::time_ja(time), ahead.title_ja)
        }
        Lang::En => {
            format!("{}, {}: {}", dates::date_en(date), dates::time_en(time), ahead.title_en)
        }
    };
    (format!("/sessions/{}/change#staff", ahead.session_id), words)
}

/// Shows the person's page again with what is wrong, or passes another error on.
async fn again(
    page: Page,
    ctx: &Ctx,
    app: &App,
    id: StaffId,
    form: RoleForm,
    error: Error,
) -> Result<Response> {
    let Error::Invalid(errors) = error else { return Err(error) };
    let mut person = person(page, ctx, app, id).await?;
    person.form = form;
    person.errors = errors;
    render_with(StatusCode::UNPROCESSABLE_ENTITY, &person)
}

fn to_person(id: StaffId) -> Response {
    redirect(&format!("/admin/staff/{id}?saved=1"))
}

/// A date as a form sends it: none when left empty.
fn date_in(typed: &str, field: &str) -> Result<Option<NaiveDate>> {
    let typed = narrow(typed).trim().to_owned();
    if typed.is_empty() {
        return Ok(None);
    }
    typed.parse().map(Some).map_err(|_| Error::invalid(field, "err.grant.date"))
}

/// A chosen number: none for "all".
fn number_in(typed: &str) -> Result<Option<i64>> {
    match typed {
        "" => Ok(None),
        typed => typed.parse().map(Some).map_err(|_| Error::BadRequest),
    }
}

fn new_grant(ctx: &Ctx, form: &RoleForm) -> Result<NewGrant> {
    let RoleForm { role, programme, ward, from, until } = form;
    Ok(NewGrant {
        role: Role::from_text(role).ok_or(Error::invalid("role", "err.grant.role"))?,
        programme_id: number_in(programme)?.map(ProgrammeId),
        ward_id: number_in(ward)?.map(WardId),
        from_on: date_in(from, "from_on")?.unwrap_or(ctx.today()),
        until_on: date_in(until, "until_on")?,
    })
}

#[handler]
async fn give_role(
    page: Page,
    ctx: Ctx,
    app: App,
    intent: Intent,
    Path(id): Path<i64>,
    Form(form): Form<RoleForm>,
) -> Result<Response> {
    ctx.scope(ADMINISTRATION)?;
    let id = StaffId(id);
    let done = match &new_grant(&ctx, &form) {
        Ok(new) => {
            app.store()
                .write_once(&ctx, "grant_role", intent.0.as_ref(), |tx| async move {
                    actions::grant_role(&tx, id, new).await
                })
                .await
        }
        Err(error) => Err(error.clone()),
    };
    match done {
        Ok(_) => Ok(to_person(id)),
        Err(error) => again(page, &ctx, &app, id, form, error).await,
    }
}

#[derive(Deserialize)]
struct PasswordForm {
    #[serde(default)]
    password: String,
}

#[handler]
async fn set_password(
    page: Page,
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
    Form(form): Form<PasswordForm>,
) -> Result<Response> {
    let scope = ctx.scope(ADMINISTRATION)?;
    let id = StaffId(id);
    let member = queries::get_staff(app.store().reader(), &scope, id).await?;
    let password = &match passwords::accept(&form.password, &member.login).await {
        Ok(password) => password,
        Err(error) => return again(page, &ctx, &app, id, RoleForm::default(), error).await,
    };
    app.store()
        .write(
            &ctx,
            "set_password",
            |tx| async move { actions::set_password(&tx, id, password).await },
        )
        .await?;
    // One's own login ended with the old password.
    Ok(if ctx.staff_id() == Some(id) { redirect("/login") } else { to_person(id) })
}

#[derive(Default, Deserialize)]
struct CloseForm {
    /// The yes to what hangs on the account.
    #[serde(default)]
    seen: String,
}

#[handler]
async fn close(
    page: Page,
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
    Form(form): Form<CloseForm>,
) -> Result<Response> {
    let (id, seen) = (StaffId(id), Some(form.seen.as_str()));
    let done =
        app.store()
            .write(&ctx, "disable_staff", |tx| async move {
                actions::disable_staff(&tx, id, seen).await
            })
            .await;
    match done {
        Ok(()) => Ok(to_person(id)),
        Err(Error::Asked(question)) => {
            let mut person = person(page, &ctx, &app, id).await?;
            person.question = Some(question);
            render_with(StatusCode::CONFLICT, &person)
        }
        Err(error) => Err(error),
    }
}

#[handler]
async fn open(ctx: Ctx, app: App, Path(id): Path<i64>) -> Result<Response> {
    let id = StaffId(id);
    app.store()
        .write(&ctx, "enable_staff", |tx| async move { actions::enable_staff(&tx, id).await })
        .await?;
    Ok(to_person(id))
}

#[derive(Deserialize)]
struct EndForm {
    #[serde(default)]
    staff: i64,
    #[serde(default)]
    until: String,
}

#[handler]
async fn end_role(
    page: Page,
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
    Form(form): Form<EndForm>,
) -> Result<Response> {
    ctx.scope(ADMINISTRATION)?;
    let staff_id = StaffId(form.staff);
    let id = RoleGrantId(id);
    let done = match date_in(&form.until, "until_on") {
        Ok(until_on) => {
            app.store()
                .write(&ctx, "revoke_role", |tx| async move {
                    actions::revoke_role(&tx, id, until_on).await
                })
                .await
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => Ok(to_person(staff_id)),
        Err(error) => again(page, &ctx, &app, staff_id, RoleForm::default(), error).await,
    }
}
