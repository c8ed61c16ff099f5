//! How a plan names its fiscal years.

use chrono::NaiveDate;
use entity::goals::goal_plan::PeriodStyle;

use crate::platform::Lang;
use crate::platform::japan::FiscalYear;
use crate::platform::japan::era::EraYear;

/// The years of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Periods {
    pub first_year: i32,
    pub last_year: i32,
    pub style: PeriodStyle,
}

impl Periods {
    /// Every fiscal year of the plan, in order.
    pub fn years(self) -> impl Iterator<Item = i32> {
        self.first_year..=self.last_year
    }

    /// Whether the plan has this fiscal year.
    pub fn contains(self, year: i32) -> bool {
        (self.first_year..=self.last_year).contains(&year)
    }

    /// 「1Q(R4)」, or 「R6」 in a plan that does not count its years.
    ///
    /// Source: 横浜DX戦略 アクション編 1.基本的な考え方 (クォーター・コード: ピリオド).
    pub fn short(self, year: i32) -> String {
        let era = era_short(year);
        match self.style {
            PeriodStyle::Quarter => format!("{}Q({era})", year - self.first_year + 1),
            PeriodStyle::Year => era,
        }
    }

    /// 「1Q(R4) 令和4年度（2022年度）」: never the quarter without its year.
    pub fn label(self, lang: Lang, year: i32) -> String {
        let long = year_label(lang, year);
        match self.style {
            PeriodStyle::Quarter => format!("{} {long}", self.short(year)),
            PeriodStyle::Year => long,
        }
    }
}

/// 「令和4年度（2022年度）」, "Fiscal year 2022 (April 2022 to March 2023)": who reads a plan need not
/// know when a fiscal year begins.
pub fn year_label(lang: Lang, year: i32) -> String {
    match (FiscalYear::new(year), lang) {
        (Some(year), Lang::Ja) => year.label_ja(),
        (Some(year), Lang::En) => year.label_en(),
        (None, _) => year.to_string(),
    }
}

/// 「令和4年度」, as the open data writes it.
pub fn era_year(year: i32) -> String {
    let label = FiscalYear::new(year).map(FiscalYear::label_ja).unwrap_or_default();
    label.split('（').next().unwrap_or_default().to_owned()
}

/// 「R4」.
fn era_short(year: i32) -> String {
    let new_years_eve = NaiveDate::from_ymd_opt(year, 12, 31);
    match new_years_eve.and_then(EraYear::of) {
        Some(era) => format!("{}{}", &era.era.name_en()[..1], era.number),
        None => year.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_is_a_fiscal_year_and_says_so() {
        let plan = Periods { first_year: 2022, last_year: 2025, style: PeriodStyle::Quarter };
        for (year, short, ja) in [
            (2022, "1Q(R4)", "1Q(R4) 令和4年度（2022年度）"),
            (2023, "2Q(R5)", "2Q(R5) 令和5年度（2023年度）"),
            (2024, "3Q(R6)", "3Q(R6) 令和6年度（2024年度）"),
            (2025, "4Q(R7)", "4Q(R7) 令和7年度（2025年度）"),
        ] {
            assert_eq!(plan.short(year), short);
            assert_eq!(plan.label(Lang::Ja, year), ja);
        }

        let english = plan.label(Lang::En, 2022);
        assert_eq!(english, "1Q(R4) Fiscal year 2022 (April 2022 to March 2023)");
        assert_eq!(plan.years().collect::<Vec<_>>(), [2022, 2023, 2024, 2025]);
        assert!(!plan.contains(2021) && plan.contains(2025) && !plan.contains(2026));
    }

    #[test]
    fn other_plans_name_the_year_alone() {
        let plan = Periods { first_year: 2024, last_year: 2024, style: PeriodStyle::Year };
        assert_eq!(plan.short(2024), "R6");
        assert_eq!(plan.label(Lang::Ja, 2024), "令和6年度（2024年度）");
        assert_eq!(era_year(2019), "令和元年度");
        assert_eq!(plan.short(2018), "H30");
    }
}
