//! What must be hidden so that no few people can be counted, neither in one table nor by comparing
//! several.
//!
//! Every table that anybody can open (each cut, in each year and over all years) is taken at once.
//! A figure that is shown is a sum over people, so whatever can be worked out from several of them
//! by adding and taking away lies in the span of their sums. As long as few people lie there, one
//! of the figures that lead to them is hidden too.

use std::collections::{BTreeMap, BTreeSet};

/// Smaller than any coefficient that matters.
const NOTHING: f64 = 1e-9;

/// A set of people for whom figures could be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Set {
    /// Places of the people in the list, ascending.
    pub people: Vec<usize>,
    /// A total is hidden only when nothing else is left.
    pub total: bool,
}

/// Sets that add up to a whole: the groups of one table.
pub(super) type Table = Vec<usize>;

/// One figure written as a sum of those that are shown.
struct Line {
    /// By atom.
    sum: Vec<f64>,
    /// By shown set.
    made_of: Vec<f64>,
    pivot: usize,
}

/// The places of the sets that are not shown. `is_small` says whether a set of people is too few
/// to be shown; `tables` are the groups of each table.
pub(super) fn hidden(
    sets: &[Set],
    tables: &[Table],
    is_small: &dyn Fn(&[usize]) -> bool,
) -> BTreeSet<usize> {
    let atoms = Atoms::of(sets);
    let small = |mask: &[bool]| is_small(&atoms.people(mask));
    let masks: Vec<Vec<bool>> = sets.iter().map(|set| atoms.mask(&set.people)).collect();
    let mut hidden: BTreeSet<usize> =
        (0..sets.len()).filter(|at| is_small(&sets[*at].people)).collect();
    let few = few(&masks, atoms.members.len(), &small);
    loop {
        let shown: Vec<usize> = (0..sets.len()).filter(|at| !hidden.contains(at)).collect();
        let lines = reduced(&masks, &shown);
        // What one table hides is its total less what it shows.
        let rest = tables.iter().filter_map(|table| {
            let mut rest = vec![false; atoms.members.len()];
            for at in table.iter().filter(|at| hidden.contains(at)) {
                for (rest, own) in rest.iter_mut().zip(&masks[*at]) {
                    *rest |= own;
                }
            }
            small(&rest).then_some(rest)
        });
        let targets: BTreeSet<Vec<bool>> = rest.chain(few.iter().cloned()).collect();
        let before = hidden.len();
        for target in &targets {
            let Some(leads) = leads_to(&lines, target, &shown) else { continue };
            if leads.iter().any(|at| hidden.contains(at)) {
                continue;
            }
            let next =
                leads.iter().min_by_key(|at| (sets[**at].total, sets[**at].people.len(), **at));
            hidden.extend(next);
        }
        if hidden.len() == before {
            return hidden;
        }
    }
}

/// People whom no set tells apart are one atom.
struct Atoms {
    /// The people of each.
    members: Vec<Vec<usize>>,
    /// The atom of each person.
    of: BTreeMap<usize, usize>,
}

impl Atoms {
    fn of(sets: &[Set]) -> Self {
        let mut marks: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, set) in sets.iter().enumerate() {
            for person in &set.people {
                marks.entry(*person).or_default().push(at);
            }
        }
        let mut alike: BTreeMap<Vec<usize>, Vec<usize>> = BTreeMap::new();
        for (person, mark) in marks {
            alike.entry(mark).or_default().push(person);
        }
        let members: Vec<Vec<usize>> = alike.into_values().collect();
        let of = members.iter().enumerate();
        let of = of.flat_map(|(at, people)| people.iter().map(move |person| (*person, at)));
        Self { of: of.collect(), members }
    }

    fn mask(&self, people: &[usize]) -> Vec<bool> {
        let mut mask = vec![false; self.members.len()];
        for person in people {
            mask[self.of[person]] = true;
        }
        mask
    }

    fn people(&self, mask: &[bool]) -> Vec<usize> {
        let own = mask.iter().zip(&self.members).filter(|(on, _)| **on);
        own.flat_map(|(_, people)| people.iter().copied()).collect()
    }
}

/// Sets of few people that somebody could look for: the sets themselves, what two of them share,
/// what one has beyond another, and every atom.
fn few(
    masks: &[Vec<bool>],
    atom_count: usize,
    small: &dyn Fn(&[bool]) -> bool,
) -> BTreeSet<Vec<bool>> {
    let mut found = BTreeSet::new();
    let mut add = |mask: Vec<bool>| {
        if !found.contains(&mask) && small(&mask) {
            found.insert(mask);
        }
    };
    for at in 0..atom_count {
        add((0..atom_count).map(|other| other == at).collect());
    }
    for one in masks {
        add(one.clone());
        for other in masks {
            add(one.iter().zip(other).map(|(one, other)| *one && *other).collect());
            add(one.iter().zip(other).map(|(one, other)| *one && !*other).collect());
        }
    }
    found
}

/// The shown sums in reduced echelon form, each with what it was made of.
fn reduced(masks: &[Vec<bool>], shown: &[usize]) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for (place, at) in shown.iter().enumerate() {
        let mut sum: Vec<f64> = masks[*at].iter().map(|on| f64::from(u8::from(*on))).collect();
        let mut made_of = vec![0.0; shown.len()];
        made_of[place] = 1.0;
        for line in &lines {
            let times = sum[line.pivot];
            take(&mut sum, &line.sum, times);
            take(&mut made_of, &line.made_of, times);
        }
        let Some(pivot) = sum.iter().position(|value| value.abs() > NOTHING) else { continue };
        let scale = sum[pivot];
        sum.iter_mut().chain(&mut made_of).for_each(|value| *value /= scale);
        for line in &mut lines {
            let times = line.sum[pivot];
            take(&mut line.sum, &sum, times);
            take(&mut line.made_of, &made_of, times);
        }
        lines.push(Line { sum, made_of, pivot });
    }
    lines
}

fn take(from: &mut [f64], what: &[f64], times: f64) {
    if times.abs() > NOTHING {
        from.iter_mut().zip(what).for_each(|(value, less)| *value -= times * less);
    }
}

/// The shown sets that add up to a target; none when it cannot be worked out.
fn leads_to(lines: &[Line], target: &[bool], shown: &[usize]) -> Option<Vec<usize>> {
    let mut rest: Vec<f64> = target.iter().map(|on| f64::from(u8::from(*on))).collect();
    let mut made_of = vec![0.0; shown.len()];
    for line in lines.iter().filter(|line| target[line.pivot]) {
        take(&mut rest, &line.sum, 1.0);
        take(&mut made_of, &line.made_of, -1.0);
    }
    let found = rest.iter().all(|value| value.abs() <= NOTHING);
    let used = shown.iter().zip(&made_of).filter(|(_, times)| times.abs() > NOTHING);
    found.then(|| used.map(|(at, _)| *at).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(people: std::ops::Range<usize>) -> Set {
        Set { people: people.collect(), total: false }
    }

    fn total(people: std::ops::Range<usize>) -> Set {
        Set { people: people.collect(), total: true }
    }

    /// Whom somebody can count who adds or takes away each shown set, or leaves it.
    fn counted_from(shown: &[&Set], mut parts: usize) -> Vec<usize> {
        let mut sum: BTreeMap<usize, i32> = BTreeMap::new();
        for set in shown {
            let times = [0, 1, -1][parts % 3];
            parts /= 3;
            for person in &set.people {
                *sum.entry(*person).or_default() += times;
            }
        }
        let whole = sum.values().all(|times| (0..=1).contains(times));
        let people = sum.into_iter().filter(|(_, times)| *times == 1).map(|(person, _)| person);
        if whole { people.collect() } else { Vec::new() }
    }

    #[test]
    fn few_people_are_hidden_in_one_table_and_between_two() {
        let few = |people: &[usize]| (1..5).contains(&people.len());
        for (why, sets, tables, want) in [
            (
                "nobody is few",
                vec![total(0..20), set(0..10), set(10..20)],
                vec![vec![1, 2]],
                vec![],
            ),
            (
                "one of two: the total gives it away",
                vec![total(0..20), set(0..4), set(4..20)],
                vec![vec![1, 2]],
                vec![1, 2],
            ),
            (
                "one of three: the smallest of the others goes too",
                vec![total(0..30), set(0..4), set(4..12), set(12..30)],
                vec![vec![1, 2, 3]],
                vec![1, 2],
            ),
            (
                "two few that are few together",
                vec![total(0..23), set(0..1), set(1..3), set(3..13), set(13..23)],
                vec![vec![1, 2, 3, 4]],
                vec![1, 2, 3],
            ),
            (
                "a kind of twelve, a month of nine within it: three people are the difference",
                vec![total(0..40), set(0..12), set(12..40), set(0..9), set(9..40)],
                vec![vec![1, 2], vec![3, 4]],
                vec![1, 2, 3],
            ),
            (
                "two months in a kind, and one person of another month",
                vec![total(0..41), set(0..21), set(21..41), set(0..10), set(10..20), set(20..41)],
                vec![vec![1, 2], vec![3, 4, 5]],
                vec![1, 2, 3],
            ),
            (
                "a year of three is all years less the other",
                vec![total(0..23), total(0..3), total(3..23)],
                vec![],
                vec![1, 2],
            ),
        ] {
            let found: Vec<usize> = hidden(&sets, &tables, &few).into_iter().collect();
            let shown: Vec<&Set> =
                (0..sets.len()).filter(|at| !found.contains(at)).map(|at| &sets[at]).collect();
            for parts in 0..3_usize.pow(u32::try_from(shown.len()).expect("a few")) {
                let people = counted_from(&shown, parts);
                assert!(!few(&people), "{why}: {people:?} from {shown:?}");
            }
            assert!(!found.contains(&0), "{why}: the whole stays");
            assert_eq!(found, want, "{why}");
        }
    }
}
