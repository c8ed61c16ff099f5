//! What must be hidden so that no few people can be counted, neither in one table nor by comparing
//! several.
//!
//! Every table that anybody can open (each cut, in each year and over all years) is taken at once.
//! A figure that is shown is a sum over people, so whatever can be worked out from several of them
//! by adding and taking away lies in the span of their sums. The sets are taken one after the
//! other, by rank and then the greater before the smaller; each is shown unless, with those
//! shown before it, a sum of few people would lie in that span.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Fewer people than this are not shown.
pub const FEWEST: usize = 5;
/// The greatest prime below 2^32: all sums are counted modulo it, so that they are exact. What
/// lies in the span adds up to nothing for certain; what does not lie in it does so once in four
/// thousand million sums.
const PRIME: u64 = 4_294_967_291;

/// A set of people for whom figures could be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Set {
    /// Places of the people in the list, ascending.
    pub people: Vec<usize>,
    /// Those of a lower rank are shown first: 0 for a total.
    pub rank: usize,
}

/// Sets that add up to a whole: the groups of one table.
pub(super) type Table = Vec<usize>;

/// The places of the sets that are not shown. `counted` says who is counted together (those whose
/// day has come, those who answered): few of any of them must not be told apart. `tables` are the
/// groups of each table.
pub(super) fn hidden(
    sets: &[Set],
    tables: &[Table],
    counted: &[BTreeSet<usize>],
) -> BTreeSet<usize> {
    let mut order: Vec<usize> = (0..sets.len()).collect();
    // Never by name: in two languages two orders would show what each hides.
    order.sort_by_key(|at| (Reverse(sets[*at].rank), sets[*at].people.len(), &sets[*at].people));

    let mut spans: Vec<Span> = counted.iter().map(|counted| Span::of(sets, counted)).collect();
    let mut hidden: BTreeSet<usize> = order.iter().copied().collect();

    for at in order.into_iter().rev() {
        hidden.remove(&at);
        let wider: Option<Vec<Wider>> =
            spans.iter().map(|span| span.with(at, tables, &hidden)).collect();
        match wider {
            Some(wider) => {
                spans.iter_mut().zip(wider).for_each(|(span, wider)| span.widen(&wider));
            }
            None => {
                hidden.insert(at);
            }
        }
    }
    hidden
}

/// What can be worked out from the sets shown so far.
///
/// Each tester is a number for every atom, arbitrary but for this: over every set shown it adds up
/// to nothing. So it does over all that follows from them, and over nothing else. The first tester
/// is asked; of the others one is used up for each set that does not follow.
struct Span {
    /// How many people are in each atom: people whom no set tells apart.
    sizes: Vec<usize>,
    /// The atoms of each set.
    sets: Vec<Vec<usize>>,
    /// Atoms of few people that somebody could look for.
    few: BTreeSet<Vec<usize>>,
    testers: Vec<Vec<u64>>,
}

/// How the testers change when one more set is shown.
struct Wider {
    /// What each tester adds up to over that set.
    sums: Vec<u64>,
    /// The tester that is used up; none when the set follows from those shown.
    used: Option<usize>,
}

impl Span {
    fn of(sets: &[Set], counted: &BTreeSet<usize>) -> Self {
        let mut marks: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, set) in sets.iter().enumerate() {
            for person in set.people.iter().filter(|person| counted.contains(person)) {
                marks.entry(*person).or_default().push(at);
            }
        }

        let mut alike: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
        for mark in marks.into_values() {
            *alike.entry(mark).or_default() += 1;
        }
        let mut own = vec![Vec::new(); sets.len()];
        for (atom, mark) in alike.keys().enumerate() {
            mark.iter().for_each(|at| own[*at].push(atom));
        }
        let sizes: Vec<usize> = alike.into_values().collect();

        // The same on every run: the same people, the same figures.
        let mut numbers = StdRng::seed_from_u64(1);
        let mut tester = || sizes.iter().map(|_| numbers.random_range(0..PRIME)).collect();
        let testers = (0..=sets.len()).map(|_| tester()).collect();
        let mut span = Self { sizes, sets: own, few: BTreeSet::new(), testers };
        span.few = span.all_few();
        span
    }

    /// Few people that somebody could look for: every atom, the sets themselves, what two of them
    /// share, and what one has beyond another.
    fn all_few(&self) -> BTreeSet<Vec<usize>> {
        let mut found: BTreeSet<Vec<usize>> =
            (0..self.sizes.len()).filter_map(|atom| self.if_few([atom])).collect();
        for other in &self.sets {
            let mut is_in = vec![false; self.sizes.len()];
            other.iter().for_each(|atom| is_in[*atom] = true);
            for one in &self.sets {
                for shared in [true, false] {
                    let atoms = one.iter().copied().filter(|atom| is_in[*atom] == shared);
                    found.extend(self.if_few(atoms));
                }
            }
        }
        found
    }

    /// The atoms, if there are people in them but few.
    fn if_few(&self, atoms: impl IntoIterator<Item = usize>) -> Option<Vec<usize>> {
        let (mut found, mut people) = (Vec::new(), 0);
        for atom in atoms {
            people += self.sizes[atom];
            if people >= FEWEST {
                return None;
            }
            found.push(atom);
        }
        (people > 0).then_some(found)
    }

    /// What showing one more set would change; none if few people could then be counted. `hidden`
    /// are the sets that would still not be shown.
    fn with(&self, at: usize, tables: &[Table], hidden: &BTreeSet<usize>) -> Option<Wider> {
        let sums: Vec<u64> =
            self.testers.iter().map(|tester| sum(tester, &self.sets[at])).collect();
        let used = (1..sums.len()).rev().find(|at| sums[*at] != 0);
        let wider = Wider { sums, used };
        let asked = wider.applied(&self.testers[0], wider.sums[0], &self.testers);
        let told = |few: &Vec<usize>| sum(&asked, few) == 0;
        // What one table hides is its total less what it shows.
        let mut rest = tables.iter().filter_map(|table| {
            let atoms =
                table.iter().filter(|at| hidden.contains(at)).flat_map(|at| &self.sets[*at]);
            self.if_few(atoms.copied())
        });
        let safe = !self.few.iter().any(told) && !rest.any(|few| told(&few));
        safe.then_some(wider)
    }

    fn widen(&mut self, wider: &Wider) {
        let Some(used) = wider.used else { return };
        let testers = std::mem::take(&mut self.testers);
        let kept = (0..testers.len()).filter(|at| *at != used);
        self.testers =
            kept.map(|at| wider.applied(&testers[at], wider.sums[at], &testers)).collect();
    }
}

impl Wider {
    /// A tester less so much of the one used up that it adds up to nothing over the set.
    fn applied(&self, tester: &[u64], sum: u64, testers: &[Vec<u64>]) -> Vec<u64> {
        let Some(used) = self.used else { return tester.to_vec() };
        let times = PRIME - sum * inverse(self.sums[used]) % PRIME;
        let less = testers[used].iter();
        tester.iter().zip(less).map(|(own, less)| (own + times * less) % PRIME).collect()
    }
}

fn sum(tester: &[u64], atoms: &[usize]) -> u64 {
    atoms.iter().fold(0, |sum, atom| sum + tester[*atom]) % PRIME
}

/// What a number must be multiplied by to give one (Fermat).
fn inverse(number: u64) -> u64 {
    let (mut found, mut square, mut left) = (1, number, PRIME - 2);
    while left > 0 {
        if left % 2 == 1 {
            found = found * square % PRIME;
        }
        square = square * square % PRIME;
        left /= 2;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(people: std::ops::Range<usize>) -> Set {
        Set { people: people.collect(), rank: 1 }
    }

    fn total(people: std::ops::Range<usize>) -> Set {
        Set { people: people.collect(), rank: 0 }
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
                vec![1, 2],
            ),
            (
                "two months in a kind, and one person of another month",
                vec![total(0..41), set(0..21), set(21..41), set(0..10), set(10..20), set(20..41)],
                vec![vec![1, 2], vec![3, 4, 5]],
                vec![1, 2],
            ),
            (
                "a year of three is all years less the other",
                vec![total(0..23), total(0..3), total(3..23)],
                vec![],
                vec![1, 2],
            ),
        ] {
            let found: Vec<usize> =
                hidden(&sets, &tables, &[(0..50).collect()]).into_iter().collect();
            let shown: Vec<&Set> =
                (0..sets.len()).filter(|at| !found.contains(at)).map(|at| &sets[at]).collect();

            for parts in 0..3_usize.pow(u32::try_from(shown.len()).expect("a few")) {
                let people = counted_from(&shown, parts);
                assert!(!(1..FEWEST).contains(&people.len()), "{why}: {people:?} from {shown:?}");
            }

            assert!(!found.contains(&0), "{why}: the whole stays");
            assert_eq!(found, want, "{why}");
        }
    }

    /// Whom somebody can count from the sets shown, by adding and taking away, tried for one set.
    fn follows(shown: &[&Set], target: &[usize], people: usize) -> bool {
        let row = |own: &[usize]| -> Vec<f64> {
            (0..people).map(|one| f64::from(u8::from(own.contains(&one)))).collect()
        };
        let mut rows: Vec<Vec<f64>> = shown.iter().map(|set| row(&set.people)).collect();
        let mut rest = row(target);
        for column in 0..people {
            let Some(at) = rows.iter().position(|row| row[column].abs() > 1e-9) else { continue };
            let pivot = rows.swap_remove(at);
            for row in rows.iter_mut().chain(std::iter::once(&mut rest)) {
                let times = row[column] / pivot[column];
                row.iter_mut().zip(&pivot).for_each(|(value, less)| *value -= times * less);
            }
        }
        rest.iter().all(|value| value.abs() < 1e-9)
    }

    /// A town's tables: each person has a group by kind, venue, month and way.
    fn town(people: usize, years: usize) -> (Vec<Set>, Vec<Table>) {
        let mut numbers = StdRng::seed_from_u64(7);
        let groups = [4, 8, 12 * years, 5];
        let marks: Vec<[usize; 4]> =
            (0..people).map(|_| groups.map(|count| numbers.random_range(0..count))).collect();

        let mut sets = vec![total(0..people)];
        let mut tables = Vec::new();
        for year in 0..=years {
            // The last round is all years together.
            let is_in = |mark: &[usize; 4]| year == years || mark[2] / 12 == year;
            for (cut, count) in groups.into_iter().enumerate() {
                let mut table = Vec::new();
                for group in 0..count {
                    let own = (0..people)
                        .filter(|at| is_in(&marks[*at]) && marks[*at][cut] == group)
                        .collect::<Vec<_>>();
                    if !own.is_empty() {
                        table.push(sets.len());
                        sets.push(Set { people: own, rank: 1 + cut });
                    }
                }
                tables.push(table);
            }
        }
        (sets, tables)
    }

    #[test]
    fn what_is_shown_gives_nobody_away_and_what_is_hidden_would() {
        let (sets, tables) = town(40, 1);
        let everybody = BTreeSet::from_iter(0..40);
        let found = hidden(&sets, &tables, std::slice::from_ref(&everybody));
        let shown: Vec<&Set> =
            (0..sets.len()).filter(|at| !found.contains(at)).map(|at| &sets[at]).collect();
        assert!(shown.len() > 1 && found.len() > 1, "{} and {}", shown.len(), found.len());

        let few = |people: &[usize]| (1..FEWEST).contains(&people.len());
        for one in &sets {
            for other in &sets {
                let (shared, beyond): (Vec<usize>, Vec<usize>) =
                    one.people.iter().partition(|at| other.people.contains(at));
                for target in [shared, beyond] {
                    assert!(!few(&target) || !follows(&shown, &target, 40), "{target:?}");
                }
            }
        }
    }

    /// Three years of a large ward: the page of figures works this out when it is opened.
    #[test]
    fn five_thousand_people_are_a_matter_of_moments() {
        let (sets, tables) = town(5_000, 3);
        let begun = std::time::Instant::now();
        let spans = [BTreeSet::from_iter(0..5_000), BTreeSet::from_iter((0..5_000).step_by(2))];
        let found = hidden(&sets, &tables, &spans);
        assert!(found.len() < sets.len());
        let took = begun.elapsed();
        assert!(took.as_secs() < 10, "{took:?} for {} sets, {} hidden", sets.len(), found.len());
    }
}
