//! The administrator's pages: staff and roles.

use askama::Template;
use chrono::{DateTime, NaiveDate, Utc};
use entity::staff::role_grant::Role;
use entity::staff::staff_member;
use entity::{ProgrammeId, RoleGrantId, StaffId, WardId};
use poem::web::Path;
use poem::{Response, Route, get, handler, post};
use serde::Deserialize;

use crate::places;
use crate::platform::japan::time::{local_date, local_time};
use crate::platform::japan::{DayError, day};
use crate::platform::web::door::{Choice, Field, Look, Returned, Visit, render_form};
use crate::platform::web::form::{Form, Query};
use crate::platform::web::page::{Page, redirect, render};
use crate::platform::{Ctx, Error, Lang, Result};
use crate::staff::actions::{self, NewStaff};
use crate::staff::queries::{self, Ahead, MemberRow, RoleRow};
use crate::staff::rules::{NewGrant, StaffWish};
use crate::staff::{Administration, passwords, rules};

/// What a good password is.
const PASSWORD_HINT: &str = "admin.password.hint";

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

/// Where roles can hold.
struct Places {
    programmes: Vec<Choice>,
    wards: Vec<Choice>,
}

impl Places {
    async fn of(visit: &Visit<Administration>) -> Result<Self> {
        let (page, scope) = (&visit.page, &visit.scope);
        let programmes = queries::list_programmes(visit.db(), scope).await?.into_iter();
        let wards = places::queries::list_wards(visit.db(), scope).await?.into_iter();
        let choice = |id: i64, ja: &str, en: &str| (id.to_string(), page.pick(ja, en).to_owned());
        Ok(Self {
            programmes: programmes
                .map(|row| choice(row.id.0, &row.name_ja, &row.name_en))
                .collect(),
            wards: wards.map(|row| choice(row.id.0, &row.name_ja, &row.name_en)).collect(),
        })
    }

    /// Where a role holds, in words.
    fn of_role(&self, page: &Page, role: &RoleRow) -> String {
        let name_in = |choices: &[Choice], id: Option<String>| {
            let id = id?;
            choices.iter().find(|(own, _)| *own == id).map(|(_, name)| name.clone())
        };
        let places: Vec<String> = [
            name_in(&self.programmes, role.programme_id.map(|id| id.to_string())),
            name_in(&self.wards, role.ward_id.map(|id| id.to_string())),
        ]
        .into_iter()
        .flatten()
        .collect();

        match places.is_empty() {
            true => page.t("admin.place.all").to_owned(),
            false => places.join(page.pick("・", ", ")),
        }
    }
}

#[derive(Template)]
#[template(path = "staff/pages/admin.html")]
struct AdminPage {
    page: Page,
    /// With the roles that have not ended.
    members: Vec<MemberRow>,
    places: Places,
    /// Who was refused many times at once, and when.
    bursts: Vec<(staff_member::Model, DateTime<Utc>)>,
}

impl AdminPage {
    fn burst(&self, member: &staff_member::Model, at: &DateTime<Utc>) -> String {
        let (page, day, time) = (&self.page, local_date(*at), local_time(*at));
        // In English a time of the day is enough of a mark here.
        let when = match page.ctx.lang {
            Lang::Ja => page.moment(at),
            Lang::En => format!("{} {}", page.short_day(&day), time.format("%H:%M")),
        };
        page.f("admin.burst", &[("name", &member.name), ("when", &when)])
    }
}

#[handler]
async fn list(visit: Visit<Administration>) -> Result<Response> {
    let (db, scope, today) = (visit.db(), &visit.scope, visit.ctx.today());
    let places = Places::of(&visit).await?;
    let mut members = queries::list_with_roles(db, scope).await?;
    for member in &mut members {
        member.roles.retain(|role| !role.has_ended(today));
    }
    let since = visit.ctx.now - rules::BURST_SHOWN;
    let bursts = queries::list_bursts(db, scope, since).await?;
    render(&AdminPage { page: visit.page, members, places, bursts })
}

#[derive(Template)]
#[template(path = "staff/pages/new_staff.html")]
struct NewPage {
    page: Page,
    typed: StaffWish,
    back: Returned,
}

impl NewPage {
    fn line(&self, name: &str, label: &str, value: &str) -> Field {
        self.page.field(&self.back, name, label, value).class("w-name")
    }

    /// A password is never sent back.
    fn password(&self) -> Field {
        let field = self.line("password", "login.password", "").hint(&self.page, PASSWORD_HINT);
        field.look(Look::Password).complete("new-password")
    }
}

#[handler]
async fn show_new(visit: Visit<Administration>) -> Result<Response> {
    let (typed, back) = (StaffWish::default(), Returned::default());
    render(&NewPage { page: visit.page, typed, back })
}

#[handler]
async fn create(visit: Visit<Administration>, Form(typed): Form<StaffWish>) -> Result<Response> {
    let done = async {
        let new = &NewStaff::of(typed.clone()).await?;
        let work = |tx, _| async move { actions::create_staff(&tx, new).await };
        visit.does("create_staff", work).await
    };
    match done.await {
        Ok(id) => Ok(redirect(&format!("/admin/staff/{id}"))),
        Err(error) => {
            let back = Returned::of(&visit.page, error)?;
            let template = NewPage { page: visit.page, typed, back };
            render_form(&template.back, &template)
        }
    }
}

/// What was typed about a role.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct RoleForm {
    role: String,
    programme: String,
    ward: String,
    from: String,
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
    roles: Vec<RoleRow>,
    /// Sessions in which the person is still to work.
    ahead: Vec<Ahead>,
    places: Places,
    typed: RoleForm,
    back: Returned,
    saved: bool,
}

impl PersonPage {
    /// A field that is sent as `name`; mistakes name it as the action does.
    fn line(&self, id: &str, name: &str, label: &str, value: &str) -> Field {
        let field = self.page.field(&self.back, id, label, value);
        Field { name: name.to_owned(), ..field }
    }

    /// 「7月10日（水曜日）午後2時 スマホ講習会」
    fn words(&self, session: &Ahead) -> String {
        let page = &self.page;
        let title = page.pick(&session.title_ja, &session.title_en);
        format!("{}{}{title}", page.moment(&session.starts_at), page.pick(" ", ": "))
    }

    fn role(&self) -> Field {
        let field = self.line("role", "role", "admin.roles", &self.typed.role);
        field.choose_or(&self.page, "admin.choose", &self.page.choices("role", Role::ALL))
    }

    fn programme(&self) -> Field {
        let field =
            self.line("programme_id", "programme", "admin.programme", &self.typed.programme);
        field.choose_or(&self.page, "admin.all", &self.places.programmes)
    }

    /// None in a town without wards, unless something is wrong with the ward.
    fn ward(&self) -> Option<Field> {
        let field = self.line("ward_id", "ward", "admin.ward", &self.typed.ward);
        let field = field.choose_or(&self.page, "admin.all", &self.places.wards);
        (!self.places.wards.is_empty() || field.error.is_some()).then_some(field)
    }

    fn until(&self) -> Field {
        let field = self.line("until_on", "until", "admin.last_day", &self.typed.until).day();
        let mark = ("mark-optional", self.page.t("admin.optional").to_owned());
        Field { mark: Some(mark), ..field }
    }

    fn password(&self) -> Field {
        let page = &self.page;
        let hint = format!("{}{}", page.t(PASSWORD_HINT), page.t("admin.password.ends"));
        let field = self.line("password", "password", "admin.password", "").class("w-name");
        Field { hint, ..field.look(Look::Password).complete("new-password") }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PersonQuery {
    saved: String,
}

#[handler]
async fn show_person(
    visit: Visit<Administration>,
    Path(id): Path<StaffId>,
    Query(query): Query<PersonQuery>,
) -> Result<Response> {
    let typed = RoleForm { from: visit.ctx.today().to_string(), ..RoleForm::default() };
    let saved = query.saved == "1";
    let person = person(visit, id, typed, Returned::default()).await?;
    render(&PersonPage { saved, ..person })
}

async fn person(
    visit: Visit<Administration>,
    id: StaffId,
    typed: RoleForm,
    back: Returned,
) -> Result<PersonPage> {
    let (db, scope) = (visit.db(), &visit.scope);
    let member = queries::get_staff(db, scope, id).await?;
    let places = Places::of(&visit).await?;
    let grants = queries::list_roles(db, scope, Some(id)).await?;
    let ahead = queries::sessions_ahead(db, scope, id, visit.ctx.now).await?;

    let Visit { page, by } = visit;
    Ok(PersonPage {
        employed: member.municipality_id == by.scope.municipality_id,
        is_self: by.ctx.staff_id() == Some(id),
        roles: grants.into_iter().map(RoleRow::from).collect(),
        page,
        member,
        ahead,
        places,
        typed,
        back,
        saved: false,
    })
}

/// Leads back to the person's page when it is done, else shows it with what is wrong.
async fn answer(
    visit: Visit<Administration>,
    id: StaffId,
    typed: RoleForm,
    done: Result<()>,
) -> Result<Response> {
    let Err(error) = done else { return Ok(to_person(id)) };
    let back = Returned::of(&visit.page, error)?;
    let template = person(visit, id, typed, back).await?;
    render_form(&template.back, &template)
}

fn to_person(id: StaffId) -> Response {
    redirect(&format!("/admin/staff/{id}?saved=1"))
}

/// A date as a form sends it: none when left empty.
fn date_in(typed: &str, field: &str) -> Result<Option<NaiveDate>> {
    match day::read(typed) {
        Ok(day) => Ok(Some(day)),
        Err(DayError::Empty) => Ok(None),
        Err(_) => Err(Error::invalid(field, "err.grant.date")),
    }
}

/// A chosen number: none for "all".
fn number_in(typed: &str) -> Result<Option<i64>> {
    match typed {
        "" => Ok(None),
        typed => typed.parse().map(Some).map_err(|_| Error::BadRequest),
    }
}

fn new_grant(ctx: &Ctx, typed: &RoleForm) -> Result<NewGrant> {
    let RoleForm { role, programme, ward, from, until } = typed;
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
    visit: Visit<Administration>,
    Path(id): Path<StaffId>,
    Form(typed): Form<RoleForm>,
) -> Result<Response> {
    let done = async {
        let new = &new_grant(&visit.ctx, &typed)?;
        let work = |tx, _| async move { actions::grant_role(&tx, id, new).await };
        visit.does("grant_role", work).await
    };
    let done = done.await.map(|_| ());
    answer(visit, id, typed, done).await
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PasswordForm {
    password: String,
}

#[handler]
async fn set_password(
    visit: Visit<Administration>,
    Path(id): Path<StaffId>,
    Form(typed): Form<PasswordForm>,
) -> Result<Response> {
    let done = async {
        let member = queries::get_staff(visit.db(), &visit.scope, id).await?;
        let password = &passwords::accept(&typed.password, &member.login).await?;
        // Not by `does`: its key knows nothing of the password, and another one must be set.
        let work = |tx| async move { actions::set_password(&tx, id, password).await };
        visit.app.store().write(&visit.ctx, "set_password", work).await
    };
    match done.await {
        // One's own login ended with the old password.
        Ok(()) if visit.ctx.staff_id() == Some(id) => Ok(redirect("/login")),
        done => answer(visit, id, RoleForm::default(), done).await,
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CloseForm {
    /// The yes to what hangs on the account.
    seen: String,
}

#[handler]
async fn close(
    visit: Visit<Administration>,
    Path(id): Path<StaffId>,
    Form(typed): Form<CloseForm>,
) -> Result<Response> {
    let seen = Some(typed.seen.as_str());
    let work = |tx, _| async move { actions::disable_staff(&tx, id, seen).await };
    let done = visit.does("disable_staff", work).await;
    answer(visit, id, RoleForm::default(), done).await
}

#[handler]
async fn open(visit: Visit<Administration>, Path(id): Path<StaffId>) -> Result<Response> {
    let work = |tx, _| async move { actions::enable_staff(&tx, id).await };
    visit.does("enable_staff", work).await?;
    Ok(to_person(id))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct EndForm {
    staff: i64,
    until: String,
}

#[handler]
async fn end_role(
    visit: Visit<Administration>,
    Path(id): Path<RoleGrantId>,
    Form(typed): Form<EndForm>,
) -> Result<Response> {
    let staff_id = StaffId(typed.staff);
    let done = async {
        let until_on = date_in(&typed.until, "until_on")?;
        let work = |tx, _| async move { actions::revoke_role(&tx, id, until_on).await };
        visit.does("revoke_role", work).await
    };
    match done.await {
        // A form that names nobody has no page to come back to.
        Err(error) if typed.staff == 0 => Err(error),
        done => answer(visit, staff_id, RoleForm::default(), done).await,
    }
}
