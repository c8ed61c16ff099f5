//! How days, times and fiscal years are said, in one way at every door.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use super::japan::dates;
use super::japan::fiscal_year::FiscalYear;
use super::japan::time::{local_date, local_time};
use super::words::Lang;

impl Lang {
    /// 「7月10日（水曜日）」, "Wednesday 10 July 2024".
    pub fn day(self, on: NaiveDate) -> String {
        match self {
            Self::Ja => dates::date_ja(on),
            Self::En => dates::date_en(on),
        }
    }

    /// 「令和6年（2024年）7月10日（水曜日）」, "Wednesday 10 July 2024": for paper and for what runs over years.
    pub fn long_day(self, on: NaiveDate) -> String {
        match self {
            Self::Ja => dates::date_long_ja(on),
            Self::En => dates::date_en(on),
        }
    }

    /// 「7/10(水)」, "Wed 10 Jul": for narrow columns of staff screens.
    pub fn short_day(self, on: NaiveDate) -> String {
        match self {
            Self::Ja => dates::date_short_ja(on),
            Self::En => dates::date_short_en(on),
        }
    }

    /// 「午後2時」, "2 pm".
    pub fn clock(self, time: NaiveTime) -> String {
        match self {
            Self::Ja => dates::time_ja(time),
            Self::En => dates::time_en(time),
        }
    }

    /// 「午後2時から4時まで」, "2 pm to 4 pm", in Japan.
    pub fn span(self, from: DateTime<Utc>, to: DateTime<Utc>) -> String {
        match self {
            Self::Ja => dates::span_ja(local_time(from), local_time(to)),
            Self::En => dates::span_en(local_time(from), local_time(to)),
        }
    }

    /// 「7月10日（水曜日）午後2時」, "Wednesday 10 July 2024, 2 pm", in Japan.
    pub fn moment(self, at: DateTime<Utc>) -> String {
        self.at(self.day(local_date(at)), at)
    }

    /// 「令和6年（2024年）7月10日（水曜日）午後2時」, in Japan.
    pub fn long_moment(self, at: DateTime<Utc>) -> String {
        self.at(self.long_day(local_date(at)), at)
    }

    /// 「7/10(水) 午後2時」, "Wed 10 Jul, 2 pm", in Japan: for narrow columns of staff screens.
    pub fn short_moment(self, at: DateTime<Utc>) -> String {
        let (day, clock) = (self.short_day(local_date(at)), self.clock(local_time(at)));
        format!("{day}{}{clock}", self.pick(" ", ", "))
    }

    /// 「7月10日（水曜日）午後2時から4時まで」, in Japan.
    pub fn day_and_span(self, from: DateTime<Utc>, to: DateTime<Utc>) -> String {
        let (day, span) = (self.day(local_date(from)), self.span(from, to));
        format!("{day}{}{span}", self.pick("", ", "))
    }

    fn at(self, day: String, at: DateTime<Utc>) -> String {
        format!("{day}{}{}", self.pick("", ", "), self.clock(local_time(at)))
    }

    /// 「令和6年度（2024年度）」, "FY 2024".
    pub fn fiscal_year(self, year: i32) -> String {
        match (FiscalYear::new(year), self) {
            (Some(year), Self::Ja) => year.label_ja(),
            (Some(year), Self::En) => format!("FY {year}"),
            (None, _) => year.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    #[test]
    fn everything_is_said_in_both_languages() {
        let (from, to) = (
            Utc.with_ymd_and_hms(2024, 7, 10, 5, 0, 0).unwrap(),
            Utc.with_ymd_and_hms(2024, 7, 10, 7, 30, 0).unwrap(),
        );
        let on = local_date(from);

        for (ja, en, said) in [
            (
                "7月10日（水曜日）",
                "Wednesday 10 July 2024",
                &(|lang: Lang| lang.day(on)) as &dyn Fn(Lang) -> String,
            ),
            ("令和6年（2024年）7月10日（水曜日）", "Wednesday 10 July 2024", &|lang| {
                lang.long_day(on)
            }),
            ("7/10(水)", "Wed 10 Jul", &|lang| lang.short_day(on)),
            ("午後2時", "2 pm", &|lang| lang.clock(local_time(from))),
            ("午後2時から4時30分まで", "2 pm to 4:30 pm", &|lang| lang.span(from, to)),
            ("7月10日（水曜日）午後2時", "Wednesday 10 July 2024, 2 pm", &|lang| {
                lang.moment(from)
            }),
            (
                "令和6年（2024年）7月10日（水曜日）午後2時",
                "Wednesday 10 July 2024, 2 pm",
                &|lang| lang.long_moment(from),
            ),
            ("7/10(水) 午後2時", "Wed 10 Jul, 2 pm", &|lang| lang.short_moment(from)),
            (
                "7月10日（水曜日）午後2時から4時30分まで",
                "Wednesday 10 July 2024, 2 pm to 4:30 pm",
                &|lang| lang.day_and_span(from, to),
            ),
            ("令和6年度（2024年度）", "FY 2024", &|lang| lang.fiscal_year(2024)),
        ] {
            assert_eq!(said(Lang::Ja), ja);
            assert_eq!(said(Lang::En), en);
        }
    }
}
