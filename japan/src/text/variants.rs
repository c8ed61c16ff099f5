//! 異体字: different forms of one character, brought together for searching only.
//!
//! The table is `data/variants.csv`. Unicode normalisation knows none of these pairs.

use std::collections::HashMap;
use std::sync::LazyLock;

const DATA: &str = include_str!("../../data/variants.csv");

struct Variants {
    characters: HashMap<char, char>,
    /// Rows of more than one character, as 渡部.
    words: Vec<(&'static str, &'static str)>,
}

static VARIANTS: LazyLock<Variants> = LazyLock::new(|| {
    let mut variants = Variants { characters: HashMap::new(), words: Vec::new() };
    for (written, searched_as) in rows() {
        let (mut from, mut to) = (written.chars(), searched_as.chars());
        match (from.next(), from.next(), to.next(), to.next()) {
            (Some(from), None, Some(to), None) => {
                variants.characters.insert(from, to);
            }
            _ => variants.words.push((written, searched_as)),
        }
    }
    variants
});

fn rows() -> impl Iterator<Item = (&'static str, &'static str)> {
    DATA.lines().skip(1).filter_map(|line| line.split_once(','))
}

/// Replaces every variant by the form that is searched for.
#[must_use]
pub fn fold_variants(text: &str) -> String {
    let folded: String =
        text.chars().map(|c| VARIANTS.characters.get(&c).copied().unwrap_or(c)).collect();
    VARIANTS
        .words
        .iter()
        .fold(folded, |text, (written, searched_as)| text.replace(written, searched_as))
}

#[cfg(test)]
mod tests {
    use super::super::characters::narrow;
    use super::*;

    #[test]
    fn every_row_of_the_table_is_used() {
        assert_eq!(rows().count(), DATA.lines().count() - 1);
        assert_eq!(VARIANTS.characters.len() + VARIANTS.words.len(), rows().count());
        assert!(rows().count() > 250);
    }

    #[test]
    fn no_row_is_undone_or_hidden_by_another_rule() {
        for (written, searched_as) in rows() {
            assert_ne!(written, searched_as);
            assert_eq!(narrow(written), written, "unreachable after NFKC");
            assert_eq!(narrow(searched_as), searched_as);
            assert_eq!(fold_variants(searched_as), searched_as, "folded twice");
        }
    }

    #[test]
    fn the_usual_variants_of_surnames_meet() {
        for group in [
            "髙高",
            "﨑崎嵜",
            "邊邉辺",
            "齋齊斎斉",
            "濵濱浜",
            "𠮷吉",
            "櫻桜",
            "澤沢",
            "廣広",
            "國国",
            "嶋島嶌",
            "藪薮",
            "德徳",
            "惠恵",
            "眞真",
            "瀨瀬",
            "曻昇",
            "栁柳",
            "桒桑",
            "槗橋",
        ] {
            let mut forms = group.chars().map(|c| fold_variants(&c.to_string()));
            let first = forms.next();
            assert!(forms.all(|form| Some(form) == first), "{group}");
        }

        for name in ["渡邊", "渡邉", "渡部"] {
            assert_eq!(fold_variants(name), "渡辺");
        }
    }

    #[test]
    fn different_names_stay_different() {
        for (one, other) in [("服部", "服辺"), ("大田", "太田"), ("杉本", "松本"), ("崎", "埼")]
        {
            assert_ne!(fold_variants(one), fold_variants(other));
        }
    }
}
