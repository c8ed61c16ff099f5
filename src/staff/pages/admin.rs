//! The administrator's pages: staff and roles.

use askama::Template;
use chrono::{DateTime, NaiveDate, Utc};
use entity::staff::role_grant::{self, Role};
use entity::staff::staff_member;
use entity::{ProgrammeId, RoleGrantId, StaffId, WardId};
use poem::web::Path;
use poem::{Response, Route, get, handler, post};
use serde::Deserialize;

use crate::places;
use crate::platform::japan::dates;
use crate::platform::japan::time::{local_date, local_time};
use crate::platform::text::characters::narrow;
use crate::platform::web::door::{Choice, Field, Look, Returned, Visit, render_form};
use crate::platform::web::form::{Form, Query};
use crate::platform::web::page::{Page, redirect, render};
use crate::platform::{Ctx, Error, Lang, Result, words};
use crate::staff::actions::{self, NewStaff};
use crate::staff::rules::NewGrant;
use crate::staff::{Administration, passwords, queries, rules};

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

/// A role as a page shows it.
struct RoleView {
    id: RoleGrantId,
    name: String,
    place: String,
    time: String,
    holds: bool,
    ended: bool,
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

    fn view(&self, page: &Page, row: &role_grant::Model) -> RoleView {
        let name_in = |choices: &[Choice], id: Option<i64>| {
            let id = id?.to_string();
            choices.iter().find(|(own, _)| *own == id).map(|(_, name)| name.clone())
        };
        let places: Vec<String> = [
            name_in(&self.programmes, row.programme_id.map(|id| id.0)),
            name_in(&self.wards, row.ward_id.map(|id| id.0)),
        ]
        .into_iter()
        .flatten()
        .collect();

        let day = |on: NaiveDate| on.format(page.pick("%Y年%-m月%-d日", "%-d %B %Y")).to_string();
        let from = day(row.from_on);
        let time = match row.until_on {
            Some(until) => page.f("admin.time.span", &[("from", &from), ("until", &day(until))]),
            None => page.f1("admin.time.open", "from", from),
        };

        let today = page.ctx.today();
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
    /// Those that have not ended.
    roles: Vec<RoleView>,
}

impl MemberView {
    fn new(
        page: &Page,
        places: &Places,
        grants: &[role_grant::Model],
        member: staff_member::Model,
    ) -> Self {
        let own = grants.iter().filter(|grant| grant.staff_id == member.id);
        let roles = own.map(|grant| places.view(page, grant)).filter(|role| !role.ended);
        Self {
            id: member.id,
            closed: member.disabled_at.is_some(),
            roles: roles.collect(),
            name: member.name,
            kana: member.kana,
            login: member.login,
        }
    }
}

/// Somebody who was refused many times at once.
struct BurstView {
    id: StaffId,
    name: String,
    when: String,
}

#[derive(Template)]
#[template(path = "staff/pages/admin.html")]
struct AdminPage {
    page: Page,
    members: Vec<MemberView>,
    bursts: Vec<BurstView>,
}

impl AdminPage {
    fn burst(&self, burst: &BurstView) -> String {
        self.page.f("admin.burst", &[("name", &burst.name), ("when", &burst.when)])
    }
}

#[handler]
async fn list(visit: Visit<Administration>) -> Result<Response> {
    let (db, scope) = (visit.db(), &visit.scope);
    let places = Places::of(&visit).await?;
    let grants = queries::list_roles(db, scope, None).await?;
    let members = queries::list_members(db, scope).await?.into_iter();
    let since = visit.ctx.now - rules::BURST_SHOWN;
    let bursts = queries::list_bursts(db, scope, since).await?.into_iter();

    let page = visit.page;
    let members = members.map(|member| MemberView::new(&page, &places, &grants, member)).collect();
    let bursts = bursts.map(|(member, at)| BurstView {
        id: member.id,
        name: member.name,
        when: moment(&page, at),
    });
    let bursts = bursts.collect();
    render(&AdminPage { page, members, bursts })
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
    typed: StaffForm,
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
    let (typed, back) = (StaffForm::default(), Returned::default());
    render(&NewPage { page: visit.page, typed, back })
}

#[handler]
async fn create(visit: Visit<Administration>, Form(typed): Form<StaffForm>) -> Result<Response> {
    match add(&visit, typed.clone()).await {
        Ok(id) => Ok(redirect(&format!("/admin/staff/{id}"))),
        Err(error) => {
            let back = Returned::of(&visit.page, error)?;
            let template = NewPage { page: visit.page, typed, back };
            render_form(&template.back, &template)
        }
    }
}

async fn add(visit: &Visit<Administration>, typed: StaffForm) -> Result<StaffId> {
    let StaffForm { login, name, kana, password } = typed;
    // Everything that is wrong is told at once, the password too.
    let mut wrong = rules::check_person(&login, &name, &kana).err().unwrap_or_default();
    wrong.extend(rules::check_password(&password, &rules::normal_login(&login)).err());
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }

    let password = passwords::hash(&password).await?;
    let new = &NewStaff { login, name, kana, password };
    let work = |tx, _| async move { actions::create_staff(&tx, new).await };
    visit.does("create_staff", work).await
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

    fn role(&self) -> Field {
        let choice = |role: &Role| (role.to_string(), role_name(&self.page, role));
        let choices: Vec<Choice> = Role::ALL.iter().map(choice).collect();
        let field = self.line("role", "role", "admin.roles", &self.typed.role);
        field.choose_or(&self.page, "admin.choose", &choices)
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
struct PersonQuery {
    #[serde(default)]
    saved: String,
}

#[handler]
async fn show_person(
    visit: Visit<Administration>,
    Path(id): Path<i64>,
    Query(query): Query<PersonQuery>,
) -> Result<Response> {
    let typed = RoleForm { from: visit.ctx.today().to_string(), ..RoleForm::default() };
    let saved = query.saved == "1";
    let person = person(visit, StaffId(id), typed, Returned::default()).await?;
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
        ahead: ahead.iter().map(|ahead| ahead_words(page.ctx.lang, ahead)).collect(),
        employed: member.municipality_id == by.scope.municipality_id,
        is_self: by.ctx.staff_id() == Some(id),
        roles: grants.iter().map(|grant| places.view(&page, grant)).collect(),
        page,
        member,
        places,
        typed,
        back,
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
    Path(id): Path<i64>,
    Form(typed): Form<RoleForm>,
) -> Result<Response> {
    let id = StaffId(id);
    let done = async {
        let new = &new_grant(&visit.ctx, &typed)?;
        let work = |tx, _| async move { actions::grant_role(&tx, id, new).await };
        visit.does("grant_role", work).await
    };
    let done = done.await.map(|_| ());
    answer(visit, id, typed, done).await
}

#[derive(Deserialize)]
struct PasswordForm {
    #[serde(default)]
    password: String,
}

#[handler]
async fn set_password(
    visit: Visit<Administration>,
    Path(id): Path<i64>,
    Form(typed): Form<PasswordForm>,
) -> Result<Response> {
    let id = StaffId(id);
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
struct CloseForm {
    /// The yes to what hangs on the account.
    #[serde(default)]
    seen: String,
}

#[handler]
async fn close(
    visit: Visit<Administration>,
    Path(id): Path<i64>,
    Form(typed): Form<CloseForm>,
) -> Result<Response> {
    let (id, seen) = (StaffId(id), Some(typed.seen.as_str()));
    let work = |tx, _| async move { actions::disable_staff(&tx, id, seen).await };
    let done = visit.does("disable_staff", work).await;
    answer(visit, id, RoleForm::default(), done).await
}

#[handler]
async fn open(visit: Visit<Administration>, Path(id): Path<i64>) -> Result<Response> {
    let id = StaffId(id);
    let work = |tx, _| async move { actions::enable_staff(&tx, id).await };
    visit.does("enable_staff", work).await?;
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
    visit: Visit<Administration>,
    Path(id): Path<i64>,
    Form(typed): Form<EndForm>,
) -> Result<Response> {
    let (id, staff_id) = (RoleGrantId(id), StaffId(typed.staff));
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
