//! Bars with their numbers written on them, and the same in words.
//!
//! A goal is an outline, an actual is filled: colour alone says nothing. Lengths start at zero.

use super::number;

/// Height of one bar with its gap.
const STEP: i32 = 30;
/// Height of a bar.
const THICK: i32 = 20;
/// Where the bars begin, and how long the longest is. Labels stand above their bars.
const LEFT: i32 = 4;
const LONGEST: i32 = 210;
/// Width of the picture: a phone shows it without shrinking the letters much.
const WIDTH: i32 = 340;
/// Room for a label above its bar.
const LABEL: i32 = 18;

/// What a bar stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    Baseline,
    Goal,
    Actual,
}

/// One bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    pub label: String,
    pub sort: Sort,
    pub milli: i64,
    /// The number as printed, with its unit.
    pub shown: String,
}

/// A bar with its place in the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    pub bar: Bar,
    pub label_y: i32,
    pub y: i32,
    pub text_y: i32,
    pub x: i32,
    pub width: i32,
    pub height: i32,
    pub value_x: i32,
}

/// A picture of bars.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    pub title: String,
    pub bars: Vec<Placed>,
    pub width: i32,
    pub height: i32,
}

impl Chart {
    /// Places the bars; none without a bar.
    pub fn new(title: &str, bars: Vec<Bar>) -> Option<Self> {
        let most = bars.iter().map(|bar| bar.milli).max()?.max(1);
        let placed: Vec<Placed> = bars
            .into_iter()
            .enumerate()
            .map(|(at, bar)| {
                let top = at as i32 * (STEP + LABEL);
                let part = i128::from(bar.milli.max(0)) * i128::from(LONGEST) / i128::from(most);
                let width = i32::try_from(part).unwrap_or(LONGEST).clamp(0, LONGEST);
                Placed {
                    label_y: top + LABEL - 4,
                    y: top + LABEL,
                    text_y: top + LABEL + THICK / 2 + 5,
                    x: LEFT,
                    width,
                    height: THICK,
                    value_x: LEFT + width + 6,
                    bar,
                }
            })
            .collect();

        let height = placed.len() as i32 * (STEP + LABEL);
        Some(Self { title: title.to_owned(), bars: placed, width: WIDTH, height })
    }

    /// Every bar in words: 「1Q(R4) 目標：250人、2Q(R5) 目標：500人」.
    pub fn words(&self, colon: &str, comma: &str) -> String {
        let parts: Vec<String> = self
            .bars
            .iter()
            .map(|placed| format!("{}{colon}{}", placed.bar.label, placed.bar.shown))
            .collect();
        parts.join(comma)
    }
}

/// 「約80人」: words as printed win over the number.
pub fn shown(words: &str, milli: i64, unit: &str) -> String {
    if words.is_empty() { format!("{}{unit}", number::shown(milli)) } else { words.to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bar(label: &str, milli: i64) -> Bar {
        let shown = shown("", milli, "人");
        Bar { label: label.to_owned(), sort: Sort::Goal, milli, shown }
    }

    #[test]
    fn lengths_start_at_zero_and_the_longest_fills_the_room() {
        let bars = vec![bar("1Q(R4)", 250_000), bar("2Q(R5)", 500_000), bar("4Q(R7)", 1_000_000)];
        let chart = Chart::new("参加者", bars).expect("bars");
        let widths: Vec<i32> = chart.bars.iter().map(|placed| placed.width).collect();
        assert_eq!(widths, [52, 105, 210]);
        assert_eq!(chart.words("：", "、"), "1Q(R4)：250人、2Q(R5)：500人、4Q(R7)：1,000人");
        assert_eq!(Chart::new("空", Vec::new()), None);
    }

    proptest! {
        #[test]
        fn the_words_name_every_bar_and_no_bar_leaves_the_picture(
            values in proptest::collection::vec(0_i64..9_000_000_000, 1..12)
        ) {
            let bars = values.iter().enumerate().map(|(at, milli)| bar(&format!("年{at}"), *milli));
            let chart = Chart::new("図", bars.collect()).expect("bars");
            let words = chart.words("：", "、");
            for placed in &chart.bars {
                prop_assert!(words.contains(&placed.bar.label));
                prop_assert!(words.contains(&placed.bar.shown));
                prop_assert!(placed.x + placed.width <= chart.width);
                prop_assert!(placed.y + placed.height <= chart.height);
            }
        }
    }
}
