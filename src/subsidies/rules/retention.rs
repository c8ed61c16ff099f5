//! 定着 of a project's people: when it is counted, and what of it is shown.
//!
//! A ward officer chooses which sessions belong to a project. Figures that follow the choice would
//! tell, one session less, who is gone. So they are counted with the report and kept, once more
//! when the last follow-up ended, and the two never differ by a few people.

pub use entity::subsidies::project_retention::RetentionStage;

use crate::surveys::rules::FEWEST;

/// Counts of one version of the rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// 対象: people whose day had come.
    pub due: i64,
    /// 送達: people whom the question reached.
    pub reached: i64,
    /// 回答
    pub answered: i64,
    /// 定着
    pub stuck: i64,
}

/// What was counted once by one version of the rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetentionLine {
    pub stage: RetentionStage,
    /// Version of the rule.
    pub rule: String,
    /// None: fewer than five people would show.
    pub count: Option<Count>,
}

/// What is to be counted now: with the report when it went out, and once more when nobody is asked
/// any more. Each is counted once, also when the report is sent back and goes out again.
pub const fn stage(
    is_out: bool,
    with_report: bool,
    is_last_kept: bool,
    is_any_open: bool,
) -> Option<RetentionStage> {
    match (is_out, with_report, is_last_kept, is_any_open) {
        (true, false, _, _) => Some(RetentionStage::Report),
        (true, true, false, false) => Some(RetentionStage::Last),
        _ => None,
    }
}

/// The lines that are shown: those of the report, and of the last count those that give nobody
/// away beside it. Where the report shows nothing, there is nothing to take away from.
pub fn shown(mut lines: Vec<RetentionLine>) -> Vec<RetentionLine> {
    let first: Vec<RetentionLine> =
        lines.iter().filter(|line| line.stage == RetentionStage::Report).cloned().collect();
    let before = |rule: &str| first.iter().find(|line| line.rule == rule)?.count;
    lines.retain(|line| match (line.stage, before(&line.rule), line.count) {
        (RetentionStage::Report, _, _) => true,
        (RetentionStage::Last, Some(first), Some(last)) => tells_nobody(first, last),
        // Nobody is told that there were few the second time: that would be a figure, too.
        (RetentionStage::Last, _, None) => false,
        (RetentionStage::Last, None, Some(_)) => true,
    });
    lines.sort_by(|a, b| (a.stage, &a.rule).cmp(&(b.stage, &b.rule)));
    lines
}

/// Whether two counts of one project may stand side by side: every cell differs by five people or
/// more, and of those who answered in between not a few can be told by taking away. A cell that
/// stays the same would say of all of them that they are not in it.
fn tells_nobody(first: Count, last: Count) -> bool {
    let cells = |of: Count| [of.due, of.reached, of.answered, of.stuck];
    let fewest = i64::try_from(FEWEST).unwrap_or(i64::MAX);
    let apart = |one: i64, other: i64| (one - other).abs();
    let mut both = cells(first).into_iter().zip(cells(last));
    let rest = apart(first.answered - first.stuck, last.answered - last.stuck);
    both.all(|(one, other)| apart(one, other) >= fewest) && !(1..fewest).contains(&rest)
}

/// 定着1人あたりの費用: what each person cost, shared by the part of those asked who keep using
/// (cost ÷ people ÷ (stuck ÷ due)), rounded half up. Both parts have their own whole: costs are of
/// all people, 定着 is known only of those whose day had come. None without any of them.
pub fn yen_per_stuck(cost_yen: i64, persons: i64, count: Count) -> Option<i64> {
    if cost_yen <= 0 || persons <= 0 || count.stuck <= 0 {
        return None;
    }
    let shared = i128::from(cost_yen) * i128::from(count.due);
    let by = i128::from(persons) * i128::from(count.stuck);
    i64::try_from((shared * 2 + by) / (by * 2)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: RetentionStage = RetentionStage::Report;
    const LAST: RetentionStage = RetentionStage::Last;

    fn count([due, reached, answered, stuck]: [i64; 4]) -> Count {
        Count { due, reached, answered, stuck }
    }

    fn line(stage: RetentionStage, rule: &str, cells: Option<[i64; 4]>) -> RetentionLine {
        RetentionLine { stage, rule: rule.to_owned(), count: cells.map(count) }
    }

    #[test]
    fn it_is_counted_with_the_report_and_once_more_when_nobody_is_asked_any_more() {
        for (is_out, with_report, last, open, want) in [
            (false, false, false, false, None),
            (true, false, false, true, Some(REPORT)),
            (true, false, false, false, Some(REPORT)),
            (true, true, false, true, None),
            (true, true, false, false, Some(LAST)),
            // Whatever happens after that: two counts, and no third.
            (true, true, true, false, None),
            (true, true, true, true, None),
        ] {
            assert_eq!(stage(is_out, with_report, last, open), want, "{is_out} {with_report}");
        }
    }

    #[test]
    fn the_second_count_is_shown_only_where_every_cell_differs_by_five_people() {
        let first = [20, 18, 10, 6];
        for (last, is_shown) in [
            ([25, 23, 15, 11], true),
            ([30, 29, 21, 11], true),
            // Fewer are as telling as more.
            ([10, 8, 5, 1], true),
            ([20, 18, 10, 6], false),
            ([24, 23, 15, 11], false),
            ([25, 22, 15, 11], false),
            ([25, 23, 14, 11], false),
            ([25, 23, 15, 10], false),
            // All of the newcomers, or none of them: the cell that stays says so of each.
            ([26, 24, 16, 6], false),
            ([20, 24, 16, 12], false),
            // Six more answered, five of them keep using: the one who does not is told.
            ([26, 24, 16, 11], false),
        ] {
            let lines = vec![line(REPORT, "1", Some(first)), line(LAST, "1", Some(last))];
            assert_eq!(shown(lines).len() == 2, is_shown, "{last:?}");
        }
    }

    #[test]
    fn versions_of_the_rule_are_compared_each_with_itself() {
        let lines = vec![
            line(LAST, "2", Some([9, 9, 8, 7])),
            line(LAST, "1", Some([20, 20, 20, 20])),
            line(REPORT, "1", Some([19, 19, 19, 19])),
            line(LAST, "3", Some([8, 8, 8, 4])),
            line(REPORT, "3", None),
            line(LAST, "4", None),
        ];
        let want = vec![
            line(REPORT, "1", Some([19, 19, 19, 19])),
            line(REPORT, "3", None),
            line(LAST, "2", Some([9, 9, 8, 7])),
            line(LAST, "3", Some([8, 8, 8, 4])),
        ];
        assert_eq!(shown(lines), want);
    }

    #[test]
    fn the_cost_of_one_who_keeps_using_has_one_whole_on_each_side() {
        for (cost, persons, cells, want) in [
            // 400,000 yen for ten people, 40,000 each; five of seven keep using: 56,000.
            (400_000, 10, [7, 7, 7, 5], Some(56_000)),
            // All were asked: costs are simply shared by those who keep using.
            (400_000, 10, [10, 10, 9, 5], Some(80_000)),
            (100_000, 3, [3, 3, 3, 3], Some(33_333)),
            (100_001, 2, [2, 2, 2, 2], Some(50_001)),
            (0, 10, [7, 7, 7, 5], None),
            (400_000, 0, [7, 7, 7, 5], None),
            (400_000, 10, [7, 7, 7, 0], None),
        ] {
            assert_eq!(yen_per_stuck(cost, persons, count(cells)), want, "{cost} {cells:?}");
        }
    }
}
