//! From answers to a path: the rules are applied in their order to an empty path.
//!
//! The order of a finished path is fixed by three facts, whatever the rules say:
//! the basic class comes before the applied one, practice comes after a class,
//! the survey is last. Nothing here reads a clock or a calendar: the same rules,
//! hearing and history give the same proposal to the byte.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::{Draft, DraftStep};
use super::hearing::{Answer, Hearing};
use super::history::History;
use super::proposal::{Closed, Proposal, ProposalStep};
use super::ruleset::{Rule, Ruleset};
use super::words::{Closing, Mode, Tag};

/// Proposes a path.
///
/// An open path of a checked set of rules ([`Ruleset::check`]) has between
/// `min_steps` and `max_steps` steps, each with at least one rule.
pub fn propose(set: &Ruleset, hearing: &Hearing, history: &History) -> Proposal {
    let mut draft = Draft::default();
    for rule in &set.rules {
        let step_count = draft.steps.len();
        let fires = rule.when.iter().all(|condition| condition.holds(hearing, history, step_count));
        if fires {
            draft.apply(rule, &set.limits, hearing, history, &set.event_choice);
        }
    }

    if let Some((how, rule_id)) = draft.closing.clone()
        && let Some(rule) = set.find_rule(&rule_id)
    {
        return closed(set, draft, how, rule);
    }

    draft.put_in_order();
    let aside = draft.set_aside(&set.limits);
    finish(set, hearing, history, draft, &aside)
}

fn closed(set: &Ruleset, draft: Draft, how: Closing, rule: &Rule) -> Proposal {
    // What other rules had in mind belongs to a path that is not walked any more;
    // above all, nothing may be sent to somebody who has died.
    let kept = |rule_id: &str| rule_id == rule.id;

    let mut proposal = Proposal {
        rules_version: set.version.clone(),
        steps: Vec::new(),
        committed_steps: 0,
        set_aside: Vec::new(),
        uncovered_goals: Vec::new(),
        arrangements: draft.arrangements,
        staff_notes: draft.notes,
        closing: Some(Closed {
            how,
            rule_id: rule.id.clone(),
            reason_ja: rule.reason_ja.clone(),
            reason_en: rule.reason_en.clone(),
        }),
    };

    proposal.arrangements.retain(|item| kept(&item.rule_id));
    proposal.staff_notes.retain(|item| kept(&item.rule_id));
    proposal
}

fn finish(
    set: &Ruleset,
    hearing: &Hearing,
    history: &History,
    draft: Draft,
    aside: &[DraftStep],
) -> Proposal {
    let write = |step: &DraftStep| write_step(set, hearing, history, step);
    let mut steps: Vec<ProposalStep> = draft.steps.iter().map(write).collect();
    if let Some(first) = steps.first_mut() {
        first.max_gap_days = first.max_gap_days.min(set.limits.first_within_days);
    }

    let covered: BTreeSet<Tag> =
        steps.iter().flat_map(|step| step.goal_tags.iter().copied()).collect();
    let certain = steps.iter().take_while(|step| step.only_if.is_none()).count();

    Proposal {
        rules_version: set.version.clone(),
        committed_steps: draft.commit.unwrap_or(certain).min(certain),
        set_aside: aside.iter().map(write).collect(),
        uncovered_goals: draft.goals.difference(&covered).copied().collect(),
        arrangements: draft.arrangements,
        staff_notes: draft.notes,
        closing: None,
        steps,
    }
}

fn write_step(
    set: &Ruleset,
    hearing: &Hearing,
    history: &History,
    step: &DraftStep,
) -> ProposalStep {
    let rules: BTreeMap<&str, &Rule> =
        set.rules.iter().map(|rule| (rule.id.as_str(), rule)).collect();
    let involved = |id: &str| step.asked_by.contains(id) || step.shaped_by.contains(id);
    let rule_ids: Vec<String> =
        set.rules.iter().filter(|rule| involved(&rule.id)).map(|rule| rule.id.clone()).collect();

    let mut answers: BTreeSet<String> = rule_ids
        .iter()
        .filter_map(|id| rules.get(id.as_str()))
        .flat_map(|rule| &rule.when)
        .filter_map(|condition| condition.answer(hearing))
        .collect();
    answers.extend(step.chosen_by.map(|interest| format!("interests={}", interest.word())));

    let facts = set.facts(step.kind);
    let reason = step
        .reason_from
        .as_ref()
        .and_then(|id| rules.get(id.as_str()))
        .map(|rule| (rule.reason_ja.as_str(), rule.reason_en.as_str()))
        .or(facts.map(|facts| (facts.reason_ja.as_str(), facts.reason_en.as_str())))
        .unwrap_or_default();

    let gap = step.max_gap_days.into_iter().chain(facts.map(|facts| facts.max_gap_days)).min();
    let tags = facts.map(|facts| match (&facts.tags_by_phone, step.mode) {
        (Some(by_phone), Mode::ByPhone) => by_phone.clone(),
        _ => facts.tags.clone(),
    });

    ProposalStep {
        kind: step.kind,
        part: step.part,
        mode: step.mode,
        rule_ids,
        answers: answers.into_iter().collect(),
        reason_ja: reason.0.to_owned(),
        reason_en: reason.1.to_owned(),
        goal_tags: tags.unwrap_or_default(),
        topics: step.topics.clone(),
        needs: step.needs.clone(),
        max_gap_days: gap.unwrap_or(set.limits.first_within_days),
        only_if: step.only_if,
        attended_before: history.attended.contains(&step.kind),
    }
}
