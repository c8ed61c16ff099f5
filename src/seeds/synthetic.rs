//! A large municipality of invented people, for measuring. The same seed makes the same people.

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use entity::residents::contact_channel::{self, Channel};
use entity::residents::resident::{self, Device, Standing};
use entity::residents::timeline_entry::{self, TimelineKind};
use entity::residents::{resident_gram, resident_phone};
use entity::{AreaId, MunicipalityId};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use shirube::places;
use shirube::platform::japan::time::micros;
use shirube::platform::random::Random;
use shirube::platform::text::{name_order, search};
use shirube::platform::{Ctx, Result, Scope, Store, Tx};

use super::{places as towns, tables};

/// People of one transaction; 26 columns each stay below SQLite's 32,766 values a statement.
const CHUNK: u32 = 1000;
/// Search pieces and timeline lines of one statement.
const ROWS: usize = 3000;

/// Family names with their kana: common ones, and words that are no names at all.
const FAMILY: [(&str, &str); 40] = [
    ("佐藤", "サトウ"),
    ("鈴木", "スズキ"),
    ("高橋", "タカハシ"),
    ("髙橋", "タカハシ"),
    ("田中", "タナカ"),
    ("伊藤", "イトウ"),
    ("渡辺", "ワタナベ"),
    ("渡邊", "ワタナベ"),
    ("渡邉", "ワタナベ"),
    ("山本", "ヤマモト"),
    ("中村", "ナカムラ"),
    ("小林", "コバヤシ"),
    ("加藤", "カトウ"),
    ("吉田", "ヨシダ"),
    ("𠮷田", "ヨシダ"),
    ("山田", "ヤマダ"),
    ("佐々木", "ササキ"),
    ("山口", "ヤマグチ"),
    ("松本", "マツモト"),
    ("井上", "イノウエ"),
    ("木村", "キムラ"),
    ("林", "ハヤシ"),
    ("斎藤", "サイトウ"),
    ("齋藤", "サイトウ"),
    ("清水", "シミズ"),
    ("山崎", "ヤマザキ"),
    ("山﨑", "ヤマザキ"),
    ("森", "モリ"),
    ("池田", "イケダ"),
    ("橋本", "ハシモト"),
    ("阿部", "アベ"),
    ("石川", "イシカワ"),
    ("前田", "マエダ"),
    ("藤田", "フジタ"),
    ("小川", "オガワ"),
    ("岡田", "オカダ"),
    ("長谷川", "ハセガワ"),
    ("村上", "ムラカミ"),
    ("試験", "シケン"),
    ("見本", "ミホン"),
];

const GIVEN: [(&str, &str); 40] = [
    ("花子", "ハナコ"),
    ("太郎", "タロウ"),
    ("和子", "カズコ"),
    ("幸子", "サチコ"),
    ("節子", "セツコ"),
    ("洋子", "ヨウコ"),
    ("弘子", "ヒロコ"),
    ("文子", "フミコ"),
    ("久子", "ヒサコ"),
    ("京子", "キョウコ"),
    ("清", "キヨシ"),
    ("実", "ミノル"),
    ("勇", "イサム"),
    ("茂", "シゲル"),
    ("正", "タダシ"),
    ("弘", "ヒロシ"),
    ("進", "ススム"),
    ("昭", "アキラ"),
    ("隆", "タカシ"),
    ("博", "ヒロシ"),
    ("トメ", "トメ"),
    ("ハル", "ハル"),
    ("キヨ", "キヨ"),
    ("フミ", "フミ"),
    ("ヨシ", "ヨシ"),
    ("美代子", "ミヨコ"),
    ("千代", "チヨ"),
    ("富子", "トミコ"),
    ("静子", "シズコ"),
    ("敏子", "トシコ"),
    ("三郎", "サブロウ"),
    ("四郎", "シロウ"),
    ("一郎", "イチロウ"),
    ("次郎", "ジロウ"),
    ("武", "タケシ"),
    ("豊", "ユタカ"),
    ("登", "ノボル"),
    ("誠", "マコト"),
    ("貞子", "サダコ"),
    ("光子", "ミツコ"),
];

/// One name in so many is followed by another syllable, so that many people have a name of their own.
const ENDINGS: [&str; 12] = ["", "", "", "", "エ", "オ", "ノ", "ミ", "ヤ", "スケ", "ノスケ", "ヨ"];

/// Makes people until the municipality has `count` of this seed; answers how many are new.
pub async fn synthetic(
    store: &Store,
    now: DateTime<Utc>,
    count: u32,
    seed: u64,
) -> anyhow::Result<u32> {
    towns::chiyoda(store, now).await?;
    let code = tables::chiyoda()?.code;
    let home = places::queries::find_municipality_by_code(store.reader(), &code).await?;
    let town = home.context("the municipality was just loaded")?.id;
    let areas = places::queries::list_areas(store.reader(), &Scope::whole(town)).await?;
    let areas: Vec<AreaId> = areas.iter().map(|area| area.id).collect();

    let mark = format!("synthetic {seed}");
    let there = resident::Entity::find()
        .filter(resident::Column::MunicipalityId.eq(town))
        .filter(resident::Column::Note.eq(mark.as_str()))
        .count(store.reader())
        .await?;
    let there = u32::try_from(there)?;
    let mut made = there;

    while made < count {
        // Whole chunks only begin at multiples, so that an interrupted run goes on where it was.
        let end = Ord::min(count, (made / CHUNK + 1) * CHUNK);
        let maker = Maker { town, now: micros(now), mark: &mark, areas: &areas };
        let people: Vec<_> = (made..end).map(|number| maker.person(seed, number)).collect();
        let (ctx, people, maker) = (Ctx::system(town, now, "seed"), &people, &maker);
        store
            .write(&ctx, "seed_synthetic", |tx| async move { maker.insert(&tx, people).await })
            .await?;
        made = end;
    }
    Ok(made - there)
}

struct Maker<'a> {
    town: MunicipalityId,
    now: DateTime<Utc>,
    mark: &'a str,
    areas: &'a [AreaId],
}

fn pick<'a, T>(random: &Random, list: &'a [T]) -> &'a T {
    // The lists hold far fewer items than the number type.
    &list[random.below(list.len() as u32) as usize]
}

impl Maker<'_> {
    fn person(&self, seed: u64, number: u32) -> resident::ActiveModel {
        // A generator for each person: who it is does not depend on where a run began.
        let random =
            Random::from_seed(seed.wrapping_mul(1_000_003).wrapping_add(u64::from(number)));
        let (family, family_kana) = pick(&random, &FAMILY);
        let (given, given_kana) = pick(&random, &GIVEN);
        let ending = pick(&random, &ENDINGS);
        let kana = format!("{family_kana} {given_kana}{ending}");
        let name = (random.below(10) > 0).then(|| format!("{family} {given}{ending}"));

        let device = [
            Device::None,
            Device::FeaturePhone,
            Device::EasyPhone,
            Device::Android,
            Device::Iphone,
        ];
        let born = 1930 + random.below(35);

        resident::ActiveModel {
            municipality_id: Set(self.town),
            kana_key: Set(search::fold(&kana)),
            name_key: Set(search::fold(name.as_deref().unwrap_or_default())),
            kana_sort: Set(name_order::sort_key(&kana)),
            name: Set(name),
            kana: Set(kana),
            birth_on: Set(None),
            birth_year: Set(i32::try_from(born).ok()),
            age_band: Set(None),
            postal_code: Set(Some("100-0000".to_owned())),
            address: Set(Some(format!("試験町0-0-{number}"))),
            area_id: Set((!self.areas.is_empty()).then(|| *pick(&random, self.areas))),
            email: Set(None),
            device: Set(Some(*pick(&random, &device))),
            device_carrier: Set(None),
            device_os: Set(None),
            hearing: Set(None),
            vision: Set(None),
            mobility: Set(None),
            helper: Set(None),
            note: Set(Some(self.mark.to_owned())),
            standing: Set(Standing::Active),
            revision: Set(1),
            created_at: Set(self.now - TimeDelta::days(i64::from(random.below(900)))),
            updated_at: Set(self.now),
            ..Default::default()
        }
    }

    async fn insert(&self, tx: &Tx, people: &[resident::ActiveModel]) -> Result<()> {
        let rows =
            resident::Entity::insert_many(people.to_vec()).exec_with_returning(tx.db()).await?;
        let phones = rows.iter().flat_map(|person| self.phones(person));
        resident_phone::Entity::insert_many(phones).exec_without_returning(tx.db()).await?;

        let channels = rows.iter().flat_map(|person| {
            [(Channel::Phone, 0), (Channel::Letter, 1)].map(|(channel, rank)| {
                contact_channel::ActiveModel {
                    resident_id: Set(person.id),
                    channel: Set(channel),
                    rank: Set(rank),
                }
            })
        });
        contact_channel::Entity::insert_many(channels).exec_without_returning(tx.db()).await?;

        let grams: Vec<_> = rows.iter().flat_map(|person| self.grams(person)).collect();
        for part in grams.chunks(ROWS) {
            resident_gram::Entity::insert_many(part.to_vec())
                .exec_without_returning(tx.db())
                .await?;
        }

        let lines: Vec<_> = rows.iter().flat_map(|person| self.lines(person)).collect();
        for part in lines.chunks(ROWS) {
            timeline_entry::Entity::insert_many(part.to_vec())
                .exec_without_returning(tx.db())
                .await?;
        }

        let first = rows.iter().map(|person| person.id.0).min().unwrap_or_default();
        tx.audit("resident", first, serde_json::json!({ "synthetic": rows.len() }));
        Ok(())
    }

    /// A number of nobody: area codes 03 and 090 with an exchange of noughts.
    fn phones(&self, person: &resident::Model) -> Vec<resident_phone::ActiveModel> {
        let tail = person.id.0.rem_euclid(100_000);
        let numbers = [format!("0300{:06}", tail / 2), format!("09000{tail:06}")];
        (0..)
            .zip(numbers)
            .map(|(rank, digits)| resident_phone::ActiveModel {
                municipality_id: Set(self.town),
                resident_id: Set(person.id),
                last4: Set(digits[digits.len() - 4..].to_owned()),
                digits: Set(digits),
                rank: Set(rank),
                ..Default::default()
            })
            .collect()
    }

    fn grams(&self, person: &resident::Model) -> Vec<resident_gram::ActiveModel> {
        let mut pieces = search::index_grams(&person.kana);
        pieces.extend(search::index_grams(person.name.as_deref().unwrap_or_default()));
        pieces
            .into_iter()
            .map(|gram| resident_gram::ActiveModel {
                municipality_id: Set(self.town),
                gram: Set(gram),
                resident_id: Set(person.id),
            })
            .collect()
    }

    /// Five lines a person, some months apart.
    fn lines(&self, person: &resident::Model) -> Vec<timeline_entry::ActiveModel> {
        (0..5)
            .map(|line| {
                let (kind, wording) = match line {
                    0 => (TimelineKind::Person, "timeline.person_created"),
                    _ => (TimelineKind::Person, "timeline.person_changed"),
                };
                timeline_entry::ActiveModel {
                    municipality_id: Set(self.town),
                    resident_id: Set(person.id),
                    at: Set(person.created_at + TimeDelta::days(30 * line)),
                    kind: Set(kind),
                    wording: Set(wording.to_owned()),
                    params: Set(serde_json::json!({})),
                    subject_id: Set(person.id.0),
                    staff_id: Set(None),
                    ..Default::default()
                }
            })
            .collect()
    }
}
