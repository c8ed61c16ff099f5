//! Whoever works at the desk, and how its screen answers.

use std::future::Future;
use std::ops::Deref;

use entity::StaffId;
use poem::http::Method;
use poem::http::header::RETRY_AFTER;
use poem::{FromRequest, IntoResponse, Request, RequestBody};

use super::*;

/// After so many seconds the script tries again to store what could not be stored.
const RETRY_SECONDS: &str = "5";

/// One request to the desk: who works there, and whether the script asks for a fragment.
pub(super) struct AtDesk {
    visit: Visit<residents::Desk>,
    pub(super) staff_id: StaffId,
    /// The script replaces the screen by itself, so it is answered without a redirect.
    fragment: bool,
}

impl Deref for AtDesk {
    type Target = Visit<residents::Desk>;

    fn deref(&self) -> &Self::Target {
        &self.visit
    }
}

impl<'a> FromRequest<'a> for AtDesk {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let mut visit = Visit::<residents::Desk>::from_request(request, body).await?;
        if request.method() == Method::POST {
            // A screen that answers a post is shown again under the address of the desk.
            visit.page.here = "/desk".to_owned();
        }

        let staff_id = visit.ctx.staff_id().ok_or(Error::Unauthorized)?;
        let fragment = request.header("x-fragment").is_some();
        Ok(Self { visit, staff_id, fragment })
    }
}

impl AtDesk {
    /// The screen, closed until the look at its person is recorded.
    pub(super) async fn closed_board(&self) -> Result<Personal<Board>> {
        let mail = self.app.config().smtp_url.is_some();
        queries::board(self.db(), &self.scope, self.staff_id, mail, self.ctx.now).await
    }

    /// The screen in a post of the call.
    pub(super) async fn board(&self) -> Result<Board> {
        let mail = self.app.config().smtp_url.is_some();
        queries::board_in_call(self.db(), &self.scope, self.staff_id, mail, self.ctx.now).await
    }

    /// What this operator's last call left, opened where it left the booking `id`.
    pub(super) async fn ended_call(&self, id: BookingId) -> Result<Option<EndedCall>> {
        let ended = queries::ended_call(self.db(), &self.scope, self.staff_id, id).await?;
        self.saw(ended, "desk").await
    }

    /// What the page holds of the call.
    pub(super) async fn said(&self, posted: &Posted) -> Result<CallSoFar> {
        posted.said(&self.board().await?)
    }

    /// Does something in the call, which says what the page holds of it.
    pub(super) async fn in_call<'a, T, F, W>(
        &'a self,
        posted: &Posted,
        action: &'static str,
        work: F,
    ) -> Result<T>
    where
        T: Send,
        F: Fn(Tx, &'a Scope, CallSoFar) -> W + Sync,
        W: Future<Output = Result<T>> + Send,
    {
        let said = self.said(posted).await?;
        self.does_each_time(action, |tx, scope| work(tx, scope, said.clone())).await
    }

    /// As [`crate::platform::web::door::By::does`], each time that it comes. A screen sends one key
    /// with every save and every sign of life until another is drawn, and more words each time: none
    /// of them may be answered with what was done before.
    pub(super) async fn does_each_time<'a, T, F, W>(
        &'a self,
        action: &'static str,
        work: F,
    ) -> Result<T>
    where
        T: Send,
        F: Fn(Tx, &'a Scope) -> W + Sync,
        W: Future<Output = Result<T>> + Send,
    {
        let scope: &'a Scope = &self.scope;
        self.app.store().write(&self.ctx, action, |tx| work(tx, scope)).await
    }

    /// Draws the screen.
    pub(super) async fn draw(&self, status: StatusCode, shown: Shown) -> Result<Response> {
        let board = self.board().await?;
        self.draw_board(status, board, shown).await
    }

    pub(super) async fn draw_board(
        &self,
        status: StatusCode,
        board: Board,
        shown: Shown,
    ) -> Result<Response> {
        let (db, scope, now) = (self.db(), &self.scope, self.ctx.now);
        let (path, step, skip) = (shown.path.as_ref(), shown.step, shown.skip);
        let offers = queries::offers_for(db, scope, &board, path, step, skip, now).await?;
        let wished = match shown.doubt {
            Some(Doubt::Instead(choice)) => queries::wished(db, scope, choice).await?,
            _ => None,
        };

        let page = self.page.clone();
        let screen = Screen::new(page, self.staff_id, board, offers, wished.as_ref(), shown);
        render_with(status, &screen)
    }

    /// After a change: the script gets the screen, a browser is sent on to it. Names and numbers
    /// stay out of addresses, so a screen that shows typed ones is answered without a redirect.
    pub(super) async fn go_on(&self, shown: Shown) -> Result<Response> {
        match self.fragment || shown.fresh.is_some() || !shown.candidates.is_empty() {
            true => self.draw(StatusCode::OK, shown).await,
            false => Ok(redirect(&shown.link())),
        }
    }

    /// Goes on after what was done, or says why it was not.
    pub(super) async fn answer<T>(
        &self,
        posted: &Posted,
        done: Result<T>,
        shown: Shown,
    ) -> Result<Response> {
        match done {
            Ok(_) => self.go_on(shown).await,
            Err(error) => self.refused(posted, error, posted.shown()).await,
        }
    }

    /// Saves what was said. Nothing said on an empty desk begins no call.
    pub(super) async fn keep(&self, said: &CallSoFar) -> Result<()> {
        if said.is_nothing() {
            return Ok(());
        }
        let work = |tx, scope| async move { actions::save(&tx, scope, said).await.map(|_| ()) };
        self.does_each_time("save_call", work).await
    }

    /// Saves what was said and draws the screen once more, with what was typed.
    pub(super) async fn keep_and_draw(
        &self,
        posted: &Posted,
        said: &CallSoFar,
        status: StatusCode,
        shown: Shown,
    ) -> Result<Response> {
        match self.keep(said).await {
            Ok(()) => self.draw(status, shown).await,
            Err(error) => self.refused(posted, error, shown).await,
        }
    }

    /// Saves what was said and goes on.
    pub(super) async fn keep_and_go_on(
        &self,
        posted: &Posted,
        said: &CallSoFar,
        shown: Shown,
    ) -> Result<Response> {
        match self.keep(said).await {
            Ok(()) => self.go_on(shown).await,
            Err(error) => self.refused(posted, error, shown).await,
        }
    }

    /// Saves what was said and asks before something is taken away.
    pub(super) async fn ask(&self, posted: &Posted, doubt: Doubt) -> Result<Response> {
        match self.said(posted).await {
            Ok(said) => {
                let shown = Shown { doubt: Some(doubt), ..posted.shown() };
                self.keep_and_go_on(posted, &said, shown).await
            }
            Err(error) => self.refused(posted, error, posted.shown()).await,
        }
    }

    /// A change that the rules refuse leaves the screen as it is, with a sentence; what was
    /// said is saved all the same, as far as it can be read.
    pub(super) async fn refused(
        &self,
        posted: &Posted,
        mut error: Error,
        mut shown: Shown,
    ) -> Result<Response> {
        if is_unstored(&error) {
            return self.unstored(posted, shown).await;
        }

        if !is_other_call(&error) {
            let (said, wrong) = posted.read(&self.board().await?);
            if wrong.iter().any(|wrong| wrong.field == "note") {
                shown.note = Some(posted.get("note").to_owned());
            }
            if let Err(newer) = self.keep(&said).await {
                if is_unstored(&newer) {
                    return self.unstored(posted, shown).await;
                }
                error = newer;
            }
        }

        let Some(notice) = self.sentence(&error) else { return Err(error) };
        if is_other_call(&error) {
            // What the old screen held belongs to nobody on the line now.
            shown = Shown::default();
        } else if seat_is_gone(&error) || error.is(Refusal::SeatGone) {
            shown.focus = Some(Focus::Seats);
        }
        shown.notice = Some(notice);
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::CONFLICT);
        self.draw(status, shown).await
    }

    /// Nothing can be stored now: the screen holds what was typed, says so, and offers the paper.
    async fn unstored(&self, posted: &Posted, mut shown: Shown) -> Result<Response> {
        let mut board = self.board().await?;
        let (said, _) = posted.read(&board);
        board.answers = Answers {
            topic: said.topic,
            hearing: said.hearing.as_object().cloned().unwrap_or_default(),
        };

        shown.note = Some(posted.get("note").to_owned());
        if shown.typed.is_empty() {
            posted.get("q").clone_into(&mut shown.typed);
        }
        shown.unstored = true;
        let answer = self.draw_board(StatusCode::SERVICE_UNAVAILABLE, board, shown).await?;
        Ok(answer.with_header(RETRY_AFTER, RETRY_SECONDS).into_response())
    }

    /// What the screen says of an error; nothing for one that has a page of its own.
    fn sentence(&self, error: &Error) -> Option<String> {
        match error {
            Error::Refused(_) if seat_is_gone(error) => Some(self.page.t("desk.lost").to_owned()),
            Error::Refused(refusal) => Some(self.page.refusal(refusal)),
            Error::Invalid(fields) if !fields.is_empty() => {
                let sentences: Vec<String> =
                    fields.iter().map(|field| self.page.sentence(field)).collect();
                Some(sentences.join(" "))
            }
            _ => None,
        }
    }
}

fn seat_is_gone(error: &Error) -> bool {
    error.is(bookings::rules::Refusal::Full) || error.is(bookings::rules::Refusal::SlotTaken)
}

fn is_other_call(error: &Error) -> bool {
    error.is(Refusal::NoSuchCall)
}

fn is_unstored(error: &Error) -> bool {
    matches!(error, Error::Busy)
}
