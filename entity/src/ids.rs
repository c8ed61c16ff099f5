//! Typed ids. The list only grows, in alphabetical order.

macro_rules! id {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord,
            sea_orm::DeriveValueType, serde::Serialize, serde::Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        #[cfg(feature = "openapi")]
        described!($name);
    )+};
}

/// Lets an id stand in an operation as the number that it is. Not by the framework's derive, which
/// would write what kind of number it is over each place where one stands.
#[cfg(feature = "openapi")]
macro_rules! described {
    ($name:ident) => {
        impl poem_openapi::types::Type for $name {
            const IS_REQUIRED: bool = true;

            type RawValueType = i64;
            type RawElementValueType = i64;

            fn name() -> std::borrow::Cow<'static, str> {
                i64::name()
            }

            fn schema_ref() -> poem_openapi::registry::MetaSchemaRef {
                i64::schema_ref()
            }

            fn as_raw_value(&self) -> Option<&i64> {
                Some(&self.0)
            }

            fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a i64> + 'a> {
                Box::new(self.as_raw_value().into_iter())
            }
        }

        impl poem_openapi::types::ParseFromJSON for $name {
            fn parse_from_json(
                value: Option<serde_json::Value>,
            ) -> poem_openapi::types::ParseResult<Self> {
                i64::parse_from_json(value).map(Self).map_err(|error| error.propagate())
            }
        }

        impl poem_openapi::types::ParseFromParameter for $name {
            fn parse_from_parameter(value: &str) -> poem_openapi::types::ParseResult<Self> {
                i64::parse_from_parameter(value).map(Self).map_err(|error| error.propagate())
            }
        }

        impl poem_openapi::types::ToJSON for $name {
            fn to_json(&self) -> Option<serde_json::Value> {
                self.0.to_json()
            }
        }
    };
}

id! {
    /// An application as it was submitted.
    ApplicationVersionId,
    /// A district inside a municipality, such as the area of a branch office.
    AreaId,
    /// One work assignment of a staff member.
    AssignmentId,
    /// One line of the audit log.
    AuditId,
    /// One person's place (or wait) in one session.
    BookingId,
    /// One thing that a public paper says of the city's BWA.
    BwaMilestoneId,
    /// What one person can do before a class or at its end.
    ClassAnswersId,
    /// A day on which a municipality or a venue is closed.
    ClosureId,
    /// One recorded consent or its withdrawal.
    ConsentId,
    /// One attempt to reach a person in one way.
    DeliveryId,
    /// One interview three months after a class.
    FollowUpId,
    /// What was reached of one measure in one fiscal year.
    GoalActualId,
    /// The goal of one measure for one fiscal year.
    GoalCellId,
    /// One change of a draft of goals.
    GoalChangeId,
    /// One edition of a plan of goals.
    GoalEditionId,
    /// The figure that was published for an actual.
    GoalFrozenId,
    /// An initiative (取組) of an edition.
    GoalItemId,
    /// What an initiative is measured by.
    GoalMeasureId,
    /// A plan of goals.
    GoalPlanId,
    /// A procedure among those most used.
    GoalProcedureId,
    /// The judgement of an initiative for one fiscal year.
    GoalReviewId,
    /// A claimed saving of time.
    GoalSavingId,
    /// A theme of an edition.
    GoalThemeId,
    /// One conversation with a resident or caller.
    InquiryId,
    /// One browser login or API token.
    LoginId,
    /// A municipality: the tenant.
    MunicipalityId,
    /// One message to one person, whatever the way it takes.
    NoticeId,
    /// One job of the outbox.
    OutboxId,
    /// One version of a person's path.
    PathId,
    /// One step of a path.
    PathStepId,
    /// Money that moved to or from a project.
    PaymentId,
    /// A practice that other wards can take over.
    PracticeId,
    /// One step of a practice in a ward.
    PracticeStepId,
    /// A programme (事業).
    ProgrammeId,
    /// The planned number of sessions of one kind in one fiscal year.
    ProgrammePlanId,
    /// What took place in a fiscal year of which only totals are known.
    ProgrammeResultId,
    /// A change of a project that a ward asks for.
    ProjectChangeId,
    /// A day by which something of a project is due.
    ProjectDeadlineId,
    /// A ward's project (区の支援事業).
    ProjectId,
    /// A resident (住民).
    ResidentId,
    /// One phone number of one resident.
    ResidentPhoneId,
    /// A question whether two records are one person.
    ResidentQuestionId,
    /// A role granted to a staff member.
    RoleGrantId,
    /// A room in a venue.
    RoomId,
    /// One change of a router's state or place.
    RouterChangeId,
    /// A router (地域BWA or Wi-Fi).
    RouterId,
    /// One test of a router.
    RouterTestId,
    /// A question or an answer about an application.
    SectionMessageId,
    /// One dated class, consultation day or event (開催回).
    SessionId,
    /// A 1-on-1 slot of a consultation.
    SlotId,
    /// A device on which a staff member logged in.
    StaffDeviceId,
    /// A staff member.
    StaffId,
    /// A call for ward projects.
    SubsidyRoundId,
    /// One call made for a follow-up.
    SurveyCallId,
    /// One line of a resident's timeline.
    TimelineEntryId,
    /// One trial of TV push.
    TvPushTrialId,
    /// A venue.
    VenueId,
    /// A ward of a city.
    WardId,
}
