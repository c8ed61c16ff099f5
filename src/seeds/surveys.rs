//! What people of the demo told about their phones: at a class, and three months after it.

use anyhow::Context as _;
use entity::bookings::booking;
use entity::surveys::class_answers::ClassMoment;
use entity::surveys::follow_up::{AnswerVia, AnsweredBy, FollowUpState};
use entity::surveys::survey_call::CallOutcome;
use entity::{FollowUpId, ResidentId, SessionId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Map, Value, json};
use shirube::platform::{App, Ctx, Scope};
use shirube::surveys::actions::{self, ClassTold, Given};
use shirube::surveys::queries;
use shirube::surveys::rules::{Answers, Moment, QUESTIONNAIRES, Questionnaire};

use super::tables::{self, Event};

/// One deed of the history about surveys.
pub struct Told<'a> {
    pub app: &'a App,
    pub ctx: &'a Ctx,
    pub scope: &'a Scope,
    pub person: ResidentId,
    pub event: &'a Event,
}

impl Told<'_> {
    /// Does it; whoever is not asked any more tells nothing.
    pub async fn play(&self, session: Option<SessionId>) -> anyhow::Result<()> {
        match (self.event.what.as_str(), session) {
            ("before", Some(session)) => self.at_class(session, ClassMoment::Before).await,
            ("end", Some(session)) => self.at_class(session, ClassMoment::EndOfClass).await,
            ("survey", _) => self.answer(AnsweredBy::Myself).await,
            ("survey_helper", _) => self.answer(AnsweredBy::Helper).await,
            ("survey_call", _) => self.call().await,
            ("survey_path", _) => self.decide().await,
            (what, _) => anyhow::bail!("unknown deed {what}"),
        }
    }

    fn set() -> anyhow::Result<&'static Questionnaire> {
        QUESTIONNAIRES.first().context("a questionnaire")
    }

    /// The tasks, those of the list alone and the others with help.
    fn tasks(&self) -> anyhow::Result<Map<String, Value>> {
        let alone = self.event.words.as_deref().unwrap_or_default();
        let mut map = Map::new();
        for task in Self::set()?.tasks() {
            let is_alone = tables::list(alone).any(|known| known == task.id);
            map.insert(task.id.clone(), if is_alone { "alone" } else { "with_help" }.into());
        }
        Ok(map)
    }

    async fn at_class(&self, session: SessionId, moment: ClassMoment) -> anyhow::Result<()> {
        let booking = booking::Entity::find()
            .filter(booking::Column::SessionId.eq(session))
            .filter(booking::Column::ResidentId.eq(self.person))
            .one(self.app.store().reader())
            .await?
            .context("a booking")?;
        let told = &ClassTold { answers: self.tasks()?, ..ClassTold::default() };
        let scope = self.scope;
        let work =
            async |tx| actions::record_class_answers(&tx, scope, booking.id, moment, told).await;
        self.app.store().write(self.ctx, "record_class_answers", work).await?;
        Ok(())
    }

    /// The person's last follow-up in one of these states.
    async fn follow_up(&self, states: &[FollowUpState]) -> anyhow::Result<Option<FollowUpId>> {
        let reader = self.app.store().reader();
        let all = queries::of_resident(reader, self.scope, self.person).await?;
        Ok(all.into_iter().rev().find(|row| states.contains(&row.state)).map(|row| row.id))
    }

    async fn answer(&self, by: AnsweredBy) -> anyhow::Result<()> {
        let Some(id) = self.follow_up(&queries::OPEN).await? else { return Ok(()) };
        let mut map = self.tasks()?;
        let words = |text: &Option<String>| -> Vec<String> {
            tables::list(text.as_deref().unwrap_or_default()).map(str::to_owned).collect()
        };

        map.insert("use".to_owned(), self.event.state.clone().into());
        map.insert("purposes".to_owned(), json!(words(&self.event.topic)));
        let why = words(&self.event.outcome);
        if !why.is_empty() {
            map.insert("why".to_owned(), json!(why));
        }
        let feeling = if why.is_empty() { "mostly" } else { "uneasy" };
        map.insert("feeling".to_owned(), feeling.into());
        map.insert("ask".to_owned(), "yes".into());

        let answers = Answers::read(Self::set()?, Moment::ThreeMonths, &map)
            .map_err(|faults| anyhow::anyhow!("answers: {faults:?}"))?;
        let via = match self.event.channel.as_str() {
            "web" => AnswerVia::Web,
            "phone" => AnswerVia::Phone,
            _ => AnswerVia::Paper,
        };

        let (scope, given) = (self.scope, &Given { answers, by, via });
        let work = async |tx| actions::record(&tx, scope, id, given).await;
        self.app.store().write(self.ctx, "record_answers", work).await?;
        Ok(())
    }

    async fn call(&self) -> anyhow::Result<()> {
        let Some(id) = self.follow_up(&queries::OPEN).await? else { return Ok(()) };
        let outcome = self.event.outcome.as_deref().and_then(CallOutcome::from_text);
        let (scope, outcome) = (self.scope, outcome.context("an unknown outcome")?);
        let work = async |tx| actions::record_call(&tx, scope, id, outcome, None, None).await;
        self.app.store().write(self.ctx, "record_survey_call", work).await?;
        Ok(())
    }

    async fn decide(&self) -> anyhow::Result<()> {
        let Some(id) = self.follow_up(&[FollowUpState::Answered]).await? else { return Ok(()) };
        let (scope, accept) = (self.scope, self.event.outcome.as_deref() == Some("accept"));
        let work = async |tx| actions::settle_proposal(&tx, scope, id, accept).await;
        self.app.store().write(self.ctx, "settle_proposal", work).await?;
        Ok(())
    }
}
