//! Pure decisions: what is told, by which ways, and what an outcome makes of a delivery.

use chrono::{DateTime, TimeDelta, Utc};
use entity::bookings::booking::BookingState;
use entity::notices::delivery::DeliveryState;
use entity::notices::notice::NoticeKind;
use entity::residents::contact_channel::Channel;
use poem_openapi::Enum;

use super::ical::Method;
use crate::bookings::Change;
use crate::platform::error::refusals;

/// Calls without an answer before the next way is taken.
pub const CALLS: i32 = 3;

refusals! {
    /// Why an outcome is not recorded.
    Refusal {
        /// A letter cannot be told, a call cannot be printed.
        OtherWay => "delivery_other_way",
        /// A letter that was not printed cannot be in the post.
        NotPrinted => "delivery_not_printed",
        /// It was sent, told or given up already.
        Ended => "delivery_ended",
        /// Something overtook the letter after it was printed: it must not be posted.
        Overtaken => "delivery_overtaken",
        /// Only a booking with a seat goes into a calendar.
        NoInvite => "no_invite",
    }
}

/// What a change of a booking says to the person; nothing, when the person was there.
pub const fn kind_of(change: Change) -> Option<NoticeKind> {
    match change {
        Change::Confirmed => Some(NoticeKind::Confirmed),
        Change::Waiting => Some(NoticeKind::Waiting),
        Change::Offered => Some(NoticeKind::Offered),
        Change::Moved => Some(NoticeKind::Moved),
        Change::Cancelled | Change::OfferExpired => Some(NoticeKind::Cancelled),
        Change::SessionMoved => Some(NoticeKind::SessionMoved),
        Change::SessionLeft | Change::SessionCancelled => Some(NoticeKind::SessionCancelled),
        Change::Attended => None,
    }
}

/// Whether a notice still says what holds. Events may be read late, or in another order; the
/// event that overtook this one brings its own notice.
pub fn still_true(
    kind: NoticeKind,
    sequence: i32,
    state: BookingState,
    current_sequence: i32,
) -> bool {
    match kind {
        NoticeKind::Confirmed | NoticeKind::Moved | NoticeKind::SessionMoved => {
            state == BookingState::Confirmed && sequence == current_sequence
        }
        NoticeKind::Waiting => state == BookingState::Waiting,
        NoticeKind::Offered => state == BookingState::Offered,
        // Given back before anybody was told.
        NoticeKind::Cancelled => state != BookingState::Confirmed,
        NoticeKind::SessionCancelled | NoticeKind::Survey => true,
    }
}

/// Whether there is something to take back: a hold that the operator let go was never told.
pub fn worth_telling(change: Change, sequence: i32, told_before: bool) -> bool {
    change != Change::Cancelled || sequence > 0 || told_before
}

/// What the calendar is asked to do. Nobody is invited while waiting, and what was never in a
/// calendar (sequence 0) need not leave it.
pub fn method(kind: NoticeKind, sequence: i32) -> Option<Method> {
    match kind {
        NoticeKind::Confirmed | NoticeKind::Moved | NoticeKind::SessionMoved => {
            Some(Method::Request)
        }
        NoticeKind::Cancelled | NoticeKind::SessionCancelled => {
            (sequence > 0).then_some(Method::Cancel)
        }
        NoticeKind::Waiting | NoticeKind::Offered | NoticeKind::Survey => None,
    }
}

/// What is known of a letter on paper.
#[derive(Clone, Copy, Debug)]
pub struct OnPaper {
    /// The person may be contacted.
    pub active: bool,
    /// A later notice took its place, or the booking changed and will bring one.
    pub dropped: bool,
    /// There is still something to tell.
    pub due: bool,
    /// Name and address are those on the paper.
    pub same_addressee: bool,
    /// Day, time, place and the rest are those on the paper.
    pub same_content: bool,
}

/// Why a letter on paper must not be posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overtaken {
    /// The person may no longer be contacted.
    Silent,
    /// The booking was moved or cancelled.
    Replaced,
    /// The session has begun, or the questions are answered.
    Over,
    /// The person has another name or address.
    Addressee,
    /// What the letter says was corrected.
    Content,
}

impl Overtaken {
    /// Key of the reason in words.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Silent => "post.stop.silent",
            Self::Replaced => "post.stop.replaced",
            Self::Over => "post.stop.over",
            Self::Addressee => "post.stop.addressee",
            Self::Content => "post.stop.content",
        }
    }

    /// Whether the letter is still wanted, printed anew.
    pub const fn is_printed_anew(self) -> bool {
        matches!(self, Self::Addressee | Self::Content)
    }
}

/// What overtook a letter after it was printed; none when it may be posted.
pub const fn overtaken(paper: OnPaper) -> Option<Overtaken> {
    match paper {
        OnPaper { active: false, .. } => Some(Overtaken::Silent),
        OnPaper { dropped: true, .. } => Some(Overtaken::Replaced),
        OnPaper { due: false, .. } => Some(Overtaken::Over),
        OnPaper { same_addressee: false, .. } => Some(Overtaken::Addressee),
        OnPaper { same_content: false, .. } => Some(Overtaken::Content),
        _ => None,
    }
}

/// Whether a letter arrives before a session: it is printed on the next working day, and the post
/// takes up to three more.
pub fn letter_in_time(now: DateTime<Utc>, starts_at: DateTime<Utc>) -> bool {
    starts_at - now >= TimeDelta::days(7)
}

/// By which ways a person can be reached at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    pub phone: bool,
    pub letter: bool,
    /// As [`letter_in_time`].
    pub letter_in_time: bool,
    /// The person has an address, and the installation a mail server.
    pub email: bool,
}

/// The ways to take, first to last: the person's own order, closed by phone and letter.
///
/// A kept seat is told by phone first, as the answer has a deadline. So is a session that was
/// cancelled or moved, when a letter would come too late. There are no gateways for
/// SMS and LINE, so these are passed over. Somebody without phone and address still has a task
/// for the desk, so that no notice is lost. The questions after three months go by mail or
/// letter where the person has not put the phone first; the phone is their last way, because
/// there the questions are asked at once.
pub fn ladder(wishes: &[Channel], reach: Reach, kind: NoticeKind) -> Vec<Channel> {
    let possible = |channel: &Channel| match channel {
        Channel::Phone => reach.phone,
        Channel::Letter => reach.letter,
        Channel::Email => reach.email,
        Channel::Sms | Channel::Line => false,
    };

    let by_letter = wishes.iter().find(|way| possible(way)) == Some(&Channel::Letter);
    let in_vain = by_letter && !reach.letter_in_time;
    let first = match kind {
        NoticeKind::Offered => Some(Channel::Phone),
        NoticeKind::SessionCancelled | NoticeKind::SessionMoved if in_vain => Some(Channel::Phone),
        _ => None,
    };

    let last = match kind {
        NoticeKind::Survey => [Channel::Letter, Channel::Phone],
        _ => [Channel::Phone, Channel::Letter],
    };
    // The sheet comes before the call, unless the person put the phone first.
    let letter = (kind == NoticeKind::Survey && wishes.first() != Some(&Channel::Phone))
        .then_some(Channel::Letter);
    let written = wishes.iter().filter(|way| letter.is_none() || **way != Channel::Phone);
    let all = first.iter().chain(written).chain(&letter).chain(&last).copied().filter(possible);

    let mut ways: Vec<Channel> = Vec::new();
    for channel in all {
        if !ways.contains(&channel) {
            ways.push(channel);
        }
    }

    if let (NoticeKind::Survey, Some(at)) =
        (kind, ways.iter().position(|way| *way == Channel::Phone))
    {
        ways.truncate(at + 1);
    }
    if ways.is_empty() {
        ways.push(Channel::Phone);
    }
    ways
}

/// What was done about a letter or a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, serde::Serialize)]
#[oai(rename = "DeliveryOutcome", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Printed,
    Posted,
    /// A printed letter was taken out of the pile and shredded: it must not be posted.
    TakenOut,
    Told,
    NoAnswer,
    /// A message was left on a machine: nobody knows whether it was heard.
    Voicemail,
}

/// Where an outcome leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aftermath {
    To(DeliveryState),
    /// The next way opens, if the person has one.
    NextWay,
}

/// What an outcome makes of a delivery; `attempts` counts the calls before this one.
///
/// # Errors
/// The outcome does not belong to the channel, or the delivery has ended.
pub fn aftermath(
    channel: Channel,
    state: DeliveryState,
    attempts: i32,
    outcome: Outcome,
) -> Result<Aftermath, Refusal> {
    let of_letter = matches!(outcome, Outcome::Printed | Outcome::Posted | Outcome::TakenOut);
    let fits = match channel {
        Channel::Letter => of_letter,
        Channel::Phone => !of_letter,
        Channel::Email | Channel::Sms | Channel::Line => false,
    };
    if !fits {
        return Err(Refusal::OtherWay);
    }

    let open = match state {
        DeliveryState::Waiting | DeliveryState::NoAnswer => true,
        DeliveryState::Printed => of_letter,
        DeliveryState::Dropped => outcome == Outcome::TakenOut,
        _ => false,
    };
    if !open {
        return Err(Refusal::Ended);
    }

    match outcome {
        Outcome::Printed => Ok(Aftermath::To(DeliveryState::Printed)),
        Outcome::Posted if state == DeliveryState::Printed => {
            Ok(Aftermath::To(DeliveryState::Posted))
        }
        Outcome::TakenOut if state == DeliveryState::Printed => {
            Ok(Aftermath::To(DeliveryState::Waiting))
        }
        Outcome::TakenOut if state == DeliveryState::Dropped => {
            Ok(Aftermath::To(DeliveryState::Dropped))
        }
        Outcome::Posted | Outcome::TakenOut => Err(Refusal::NotPrinted),
        Outcome::Told => Ok(Aftermath::To(DeliveryState::Told)),
        Outcome::NoAnswer | Outcome::Voicemail if attempts + 1 >= CALLS => Ok(Aftermath::NextWay),
        Outcome::NoAnswer | Outcome::Voicemail => Ok(Aftermath::To(DeliveryState::NoAnswer)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Channel::{Email, Letter, Line, Phone, Sms};

    const ALL: Reach = Reach { phone: true, letter: true, letter_in_time: true, email: true };
    const NONE: Reach = Reach { phone: false, letter: false, letter_in_time: true, email: false };

    #[test]
    fn who_would_read_it_too_late_is_called() {
        let late = Reach { letter_in_time: false, ..ALL };
        let no_phone = Reach { phone: false, ..late };
        let cancelled = NoticeKind::SessionCancelled;
        for (wishes, reach, kind, want) in [
            (&[Letter][..], ALL, cancelled, &[Letter, Phone][..]),
            (&[Letter], late, cancelled, &[Phone, Letter]),
            (&[Line, Letter], late, NoticeKind::SessionMoved, &[Phone, Letter]),
            (&[Letter], late, NoticeKind::Confirmed, &[Letter, Phone]),
            (&[Email, Letter], late, cancelled, &[Email, Letter, Phone]),
            (&[Letter], no_phone, cancelled, &[Letter]),
        ] {
            assert_eq!(ladder(wishes, reach, kind), want, "{wishes:?} {kind}");
        }
    }

    #[test]
    fn the_ladder_follows_the_person_and_ends_with_phone_and_letter() {
        let only_letter = Reach { letter: true, ..NONE };
        let no_mail = Reach { email: false, ..ALL };
        for (wishes, reach, want) in [
            (&[][..], ALL, &[Phone, Letter][..]),
            (&[Email], ALL, &[Email, Phone, Letter]),
            (&[Email, Letter], ALL, &[Email, Letter, Phone]),
            (&[Line, Sms, Letter], ALL, &[Letter, Phone]),
            (&[Email], no_mail, &[Phone, Letter]),
            (&[Phone, Email], only_letter, &[Letter]),
            (&[Letter], Reach { phone: true, ..NONE }, &[Phone]),
            (&[Letter], NONE, &[Phone]),
        ] {
            assert_eq!(ladder(wishes, reach, NoticeKind::Confirmed), want, "{wishes:?}");
        }
    }

    #[test]
    fn a_kept_seat_is_told_by_phone_first() {
        assert_eq!(ladder(&[Email, Letter], ALL, NoticeKind::Offered), [Phone, Email, Letter]);
        let no_phone = Reach { phone: false, ..ALL };
        assert_eq!(ladder(&[Email, Letter], no_phone, NoticeKind::Offered), [Email, Letter]);
    }

    #[test]
    fn questions_are_written_to_whoever_does_not_prefer_the_phone() {
        let no_phone = Reach { phone: false, ..ALL };
        for (wishes, reach, want) in [
            (&[][..], ALL, &[Letter, Phone][..]),
            (&[Email, Letter], ALL, &[Email, Letter, Phone]),
            (&[Phone, Letter], ALL, &[Phone]),
            (&[Line, Email, Phone], ALL, &[Email, Letter, Phone]),
            (&[], no_phone, &[Letter]),
            (&[Letter], NONE, &[Phone]),
        ] {
            assert_eq!(ladder(wishes, reach, NoticeKind::Survey), want, "{wishes:?}");
        }
    }

    #[test]
    fn every_change_but_attendance_is_told() {
        assert_eq!(kind_of(Change::Attended), None);
        assert_eq!(kind_of(Change::OfferExpired), Some(NoticeKind::Cancelled));
        assert_eq!(kind_of(Change::Moved), Some(NoticeKind::Moved));
    }

    #[test]
    fn what_was_overtaken_is_not_told() {
        use BookingState::{Cancelled, Confirmed, Offered, Waiting};
        for (kind, sequence, state, current, want) in [
            (NoticeKind::Confirmed, 0, Confirmed, 0, true),
            (NoticeKind::Confirmed, 0, Confirmed, 1, false),
            (NoticeKind::Confirmed, 0, Cancelled, 1, false),
            (NoticeKind::Moved, 1, Confirmed, 1, true),
            (NoticeKind::Waiting, 0, Offered, 0, false),
            (NoticeKind::Waiting, 0, Waiting, 0, true),
            (NoticeKind::Offered, 0, Confirmed, 0, false),
            (NoticeKind::Cancelled, 1, Cancelled, 1, true),
            (NoticeKind::Cancelled, 1, Confirmed, 2, false),
        ] {
            assert_eq!(still_true(kind, sequence, state, current), want, "{kind} {state}");
        }

        assert!(!worth_telling(Change::Cancelled, 0, false));
        assert!(worth_telling(Change::Cancelled, 1, false));
        assert!(worth_telling(Change::Cancelled, 0, true));
        assert!(worth_telling(Change::SessionCancelled, 0, false));
    }

    #[test]
    fn whatever_overtakes_a_printed_letter_keeps_it_out_of_the_post() {
        let fine = OnPaper {
            active: true,
            dropped: false,
            due: true,
            same_addressee: true,
            same_content: true,
        };

        for (paper, want, anew) in [
            (fine, None, false),
            (
                OnPaper { active: false, same_addressee: false, ..fine },
                Some(Overtaken::Silent),
                false,
            ),
            (OnPaper { dropped: true, due: false, ..fine }, Some(Overtaken::Replaced), false),
            (OnPaper { due: false, same_content: false, ..fine }, Some(Overtaken::Over), false),
            (OnPaper { same_addressee: false, ..fine }, Some(Overtaken::Addressee), true),
            (OnPaper { same_content: false, ..fine }, Some(Overtaken::Content), true),
        ] {
            assert_eq!(overtaken(paper), want, "{paper:?}");
            assert_eq!(want.is_some_and(Overtaken::is_printed_anew), anew, "{paper:?}");
        }
    }

    #[test]
    fn only_who_has_a_seat_is_invited_and_only_who_was_invited_is_uninvited() {
        assert_eq!(method(NoticeKind::Confirmed, 0), Some(Method::Request));
        assert_eq!(method(NoticeKind::SessionMoved, 2), Some(Method::Request));
        assert_eq!(method(NoticeKind::Cancelled, 1), Some(Method::Cancel));
        assert_eq!(method(NoticeKind::Cancelled, 0), None);
        assert_eq!(method(NoticeKind::Waiting, 0), None);
        assert_eq!(method(NoticeKind::Offered, 0), None);
    }

    #[test]
    fn a_letter_is_printed_then_posted_and_a_third_call_without_answer_is_the_last() {
        use DeliveryState as S;

        for (channel, state, attempts, outcome, want) in [
            (Letter, S::Waiting, 0, Outcome::Printed, Ok(Aftermath::To(S::Printed))),
            (Letter, S::Printed, 0, Outcome::Printed, Ok(Aftermath::To(S::Printed))),
            (Letter, S::Printed, 0, Outcome::Posted, Ok(Aftermath::To(S::Posted))),
            (Letter, S::Waiting, 0, Outcome::Posted, Err(Refusal::NotPrinted)),
            (Letter, S::Posted, 0, Outcome::Printed, Err(Refusal::Ended)),
            (Letter, S::Printed, 1, Outcome::TakenOut, Ok(Aftermath::To(S::Waiting))),
            (Letter, S::Dropped, 1, Outcome::TakenOut, Ok(Aftermath::To(S::Dropped))),
            (Letter, S::Waiting, 0, Outcome::TakenOut, Err(Refusal::NotPrinted)),
            (Letter, S::Posted, 1, Outcome::TakenOut, Err(Refusal::Ended)),
            (Phone, S::Dropped, 1, Outcome::TakenOut, Err(Refusal::OtherWay)),
            (Letter, S::Waiting, 0, Outcome::Told, Err(Refusal::OtherWay)),
            (Phone, S::Waiting, 0, Outcome::Told, Ok(Aftermath::To(S::Told))),
            (Phone, S::Waiting, 0, Outcome::NoAnswer, Ok(Aftermath::To(S::NoAnswer))),
            (Phone, S::NoAnswer, 1, Outcome::Voicemail, Ok(Aftermath::To(S::NoAnswer))),
            (Phone, S::NoAnswer, 2, Outcome::NoAnswer, Ok(Aftermath::NextWay)),
            (Phone, S::Told, 0, Outcome::NoAnswer, Err(Refusal::Ended)),
            (Phone, S::Dropped, 0, Outcome::Told, Err(Refusal::Ended)),
            (Email, S::Waiting, 0, Outcome::Told, Err(Refusal::OtherWay)),
        ] {
            assert_eq!(aftermath(channel, state, attempts, outcome), want, "{channel} {state}");
        }
    }
}
