//! 五十音順: the order of names in a Japanese list.

use std::sync::LazyLock;

use icu_collator::CollatorBorrowed;
use icu_collator::options::{CollatorOptions, Strength};
use icu_locale_core::locale;

use super::characters::narrow;

/// Stands between the keys of two parts; lower than every byte of a key.
const PART_END: u8 = 0;

static COLLATOR: LazyLock<CollatorBorrowed<'static>> = LazyLock::new(|| {
    let mut options = CollatorOptions::default();
    options.strength = Some(Strength::Tertiary);
    CollatorBorrowed::try_new(locale!("ja").into(), options)
        .expect("the Japanese order is compiled into the program")
});

/// Bytes that sort, compared one by one, as a reading sorts in a Japanese list: ー as the vowel it
/// lengthens, voiced kana after unvoiced, small kana before large, all scripts of kana alike. The
/// parts of a name count one after the other, so that the families ヤマタ and ヤマダ do not mix.
///
/// Stored keys belong to one version of the collation data: after an update of `icu_collator` they
/// have to be made again.
#[must_use]
pub fn sort_key(kana: &str) -> Vec<u8> {
    let narrow = narrow(kana);
    let mut key = Vec::with_capacity(narrow.len());
    for part in narrow.split_whitespace() {
        if !key.is_empty() {
            key.push(PART_END);
        }
        let Ok(()) = COLLATOR.write_sort_key_to(part, &mut key);
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_in_the_order_of_the_five_rows() {
        let expected = [
            "アオキ",
            "イトウ",
            "カトウ",
            "カドタ",
            "カネコ",
            "ガモウ",
            "サトウ",
            "ショウ",
            "シヨウ",
            "スザキ",
            "スズキ",
            "ハヤシ",
            "バンドウ",
            "ヤマ ダイチ",
            "ヤマタ ハナコ",
            "ヤマダ",
            "ヤマダ アイ",
            "ヤマダ ハナコ",
            "ヤマダイ サブロウ",
            "ワタナベ",
        ];

        let mut sorted = expected;
        sorted.reverse();
        sorted.sort_by_key(|name| sort_key(name));
        assert_eq!(sorted, expected);
    }

    #[test]
    fn the_long_vowel_sign_sorts_as_the_vowel_before_it() {
        for (first, second) in [
            ("オウノ", "オオノ"),
            ("オーノ", "オカ"),
            ("オエ", "オーノ"),
            ("カーター", "カイ"),
            ("ハハ", "ハバ"),
            ("ハバ", "ハパ"),
            ("ツタ", "ツツミ"),
        ] {
            assert!(sort_key(first) < sort_key(second), "{first} {second}");
        }
    }

    #[test]
    fn both_kinds_of_kana_sort_alike() {
        assert_eq!(sort_key("やまだ"), sort_key("ヤマダ"));
        assert_eq!(sort_key("ﾔﾏﾀﾞ"), sort_key("ヤマダ"));
    }

    #[test]
    fn no_key_of_a_part_holds_the_byte_between_parts() {
        for c in 'ァ'..='ヾ' {
            let key = sort_key(&format!("ハ{c}・{c}"));
            assert!(!key.contains(&PART_END), "{c}");
        }
        assert!(sort_key("　").is_empty());
    }
}
