//! The figures of 定着 as they are shown.

use poem_openapi::Object;

use super::figures::{Baseline, Count, GroupFigures, VersionFigures};

/// Figures of 定着.
#[derive(Object, Clone, Debug)]
pub struct RetentionFigures {
    /// One entry for each version of the rule; they are never added up.
    pub versions: Vec<RetentionVersion>,
    /// The survey of 令和4年度, as printed.
    pub baseline: Vec<Baseline>,
}

/// The figures by one version of the rule.
#[derive(Object, Clone, Debug)]
pub struct RetentionVersion {
    pub rule_version: String,
    pub total: RetentionGroup,
    pub groups: Vec<RetentionGroup>,
}

/// One group. All figures are absent when they would show fewer than five people.
#[derive(Object, Clone, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct RetentionGroup {
    pub name: String,
    pub hidden: bool,
    /// 対象
    pub due: Option<u64>,
    /// 送達
    pub reached: Option<u64>,
    /// 回答
    pub answered: Option<u64>,
    pub stuck: Option<u64>,
    pub partly: Option<u64>,
    pub not_stuck: Option<u64>,
    /// 回収率
    pub response_rate: Option<f64>,
    /// 定着率(回答者)
    pub rate_of_answered: Option<f64>,
    /// Its Wilson interval (95 %).
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// 定着率(受講者)
    pub rate_of_due: Option<f64>,
    pub median_gain: Option<f64>,
}

impl From<VersionFigures> for RetentionVersion {
    fn from(figures: VersionFigures) -> Self {
        Self {
            rule_version: figures.version,
            total: figures.total.into(),
            groups: figures.groups.into_iter().map(RetentionGroup::from).collect(),
        }
    }
}

impl From<GroupFigures> for RetentionGroup {
    fn from(group: GroupFigures) -> Self {
        let count = group.count;
        let number = |of: fn(&Count) -> usize| count.as_ref().map(|count| of(count) as u64);
        let interval = count.and_then(|count| count.interval());

        Self {
            name: group.name,
            hidden: count.is_none(),
            due: number(|count| count.due),
            reached: number(|count| count.reached),
            answered: number(|count| count.answered),
            stuck: number(|count| count.stuck),
            partly: number(|count| count.partly),
            not_stuck: number(|count| count.not_stuck),
            response_rate: count.and_then(|count| count.response_rate()),
            rate_of_answered: count.and_then(|count| count.rate_of_answered()),
            low: interval.map(|interval| interval.low),
            high: interval.map(|interval| interval.high),
            rate_of_due: count.and_then(|count| count.rate_of_due()),
            median_gain: group.median_gain,
        }
    }
}
