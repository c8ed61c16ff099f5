//! The small world in which every test starts: two municipalities, places, programmes, staff.

use argon2::password_hash::PasswordHasher;
use chrono::{DateTime, NaiveDate, Utc};
use entity::places::{area, municipality, room, venue, ward};
use entity::programmes::programme;
use entity::staff::role_grant::{self, Role};
use entity::staff::staff_member;
use entity::{AreaId, MunicipalityId, ProgrammeId, RoomId, StaffId, VenueId, WardId};
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait;
use shirube::platform::{Ctx, Store, Tx};

/// Everybody's password.
pub const PASSWORD: &str = "しるべの試験のための長い合い言葉";

/// Everybody who can log in.
pub const LOGINS: [&str; 10] = [
    "operator",
    "coordinator",
    "teacher",
    "administrator",
    "auditor",
    "ward_officer",
    "other_officer",
    "headquarters",
    "second_reviewer",
    "stranger",
];

/// Ids of what is there.
#[derive(Clone, Debug)]
pub struct Place {
    pub chiyoda: MunicipalityId,
    pub yokohama: MunicipalityId,
    /// Step-free, in Fujimi, 24 people.
    pub city_office: VenueId,
    /// With steps, in Kojimachi, 16 people.
    pub branch: VenueId,
    pub city_office_room: RoomId,
    pub branch_room: RoomId,
    pub classes: ProgrammeId,
    pub consultations: ProgrammeId,
    pub events: ProgrammeId,
    pub konan: WardId,
    pub kohoku: WardId,
    pub yokohama_classes: ProgrammeId,
    pub yokohama_hall: VenueId,
    pub operator: StaffId,
    pub coordinator: StaffId,
    pub teacher: StaffId,
    pub administrator: StaffId,
    pub auditor: StaffId,
    pub ward_officer: StaffId,
    /// An officer of Kohoku.
    pub other_officer: StaffId,
    /// Runs all programmes of Yokohama.
    pub headquarters: StaffId,
    /// As headquarters, and an officer of Kohoku too.
    pub second_reviewer: StaffId,
    /// An operator of Yokohama.
    pub stranger: StaffId,
}

/// Fills a migrated database.
pub async fn build(store: &Store) -> Place {
    let at = super::at(2024, 6, 1, 9, 0);
    let hash = cheap_hash();
    let (hash, ctx) = (&hash, Ctx::system(MunicipalityId(0), at, "test"));
    // The context's municipality does not exist yet; the audit log does not refer to it.
    store
        .write(&ctx, "build_place", |tx| async move { Ok(fill(&tx, hash, at).await) })
        .await
        .unwrap()
}

async fn fill(tx: &Tx, hash: &str, at: DateTime<Utc>) -> Place {
    let chiyoda = municipality(tx, at, "131016", "千代田区", "Chiyoda City").await;
    let yokohama = municipality(tx, at, "141003", "横浜市", "Yokohama City").await;
    let kojimachi = area(tx, chiyoda, 1, "kojimachi", "麴町地区", "Kojimachi").await;
    let fujimi = area(tx, chiyoda, 2, "fujimi", "富士見地区", "Fujimi").await;
    let konan = ward(tx, yokohama, "141119", "港南区", "Konan Ward", "コウナンク").await;
    let kohoku = ward(tx, yokohama, "141097", "港北区", "Kohoku Ward", "コウホクク").await;

    let office =
        Hall {
            code: "city_office", ja: "千代田区役所", en: "Chiyoda City Office", seats: 24
        };
    let city_office = venue(tx, chiyoda, Some(fujimi), None, true, &office).await;
    let branch =
        Hall { code: "branch", ja: "麴町出張所", en: "Kojimachi Branch Office", seats: 16 };
    let branch = venue(tx, chiyoda, Some(kojimachi), None, false, &branch).await;
    let hall = Hall { code: "hall", ja: "港南区役所", en: "Konan Ward Office", seats: 20 };
    let yokohama_hall = venue(tx, yokohama, None, Some(konan), true, &hall).await;

    let classes = programme(tx, chiyoda, "classes", "講習会", "Classes").await;
    let consultations = programme(tx, chiyoda, "consultations", "相談会", "Help sessions").await;
    let events = programme(tx, chiyoda, "events", "体験会", "Experience events").await;
    let yokohama_classes = programme(tx, yokohama, "classes", "スマホ講座", "Classes").await;

    let staff = async |town, login, name, kana| staff(tx, at, town, login, name, kana, hash).await;
    let place = Place {
        chiyoda,
        yokohama,
        city_office,
        branch,
        city_office_room: room(tx, chiyoda, city_office, 24).await,
        branch_room: room(tx, chiyoda, branch, 16).await,
        classes,
        consultations,
        events,
        konan,
        kohoku,
        yokohama_classes,
        yokohama_hall,
        operator: staff(chiyoda, "operator", "試験 受付", "シケン ウケツケ").await,
        coordinator: staff(chiyoda, "coordinator", "試験 調整", "シケン チョウセイ").await,
        teacher: staff(chiyoda, "teacher", "試験 講師", "シケン コウシ").await,
        administrator: staff(chiyoda, "administrator", "試験 管理", "シケン カンリ").await,
        auditor: staff(chiyoda, "auditor", "試験 監査", "シケン カンサ").await,
        ward_officer: staff(yokohama, "ward_officer", "試験 区役所", "シケン クヤクショ").await,
        other_officer: staff(yokohama, "other_officer", "試験 別区", "シケン ベツク").await,
        headquarters: staff(yokohama, "headquarters", "試験 本部", "シケン ホンブ").await,
        second_reviewer: staff(yokohama, "second_reviewer", "試験 審査", "シケン シンサ").await,
        stranger: staff(yokohama, "stranger", "試験 他市", "シケン タシ").await,
    };

    let grants = [
        (place.operator, chiyoda, Role::Operator, None, None),
        (place.coordinator, chiyoda, Role::Coordinator, Some(classes), None),
        (place.coordinator, chiyoda, Role::Coordinator, Some(consultations), None),
        (place.teacher, chiyoda, Role::Teacher, Some(classes), None),
        (place.administrator, chiyoda, Role::Administrator, None, None),
        (place.auditor, chiyoda, Role::Auditor, None, None),
        (place.ward_officer, yokohama, Role::WardOfficer, None, Some(konan)),
        (place.other_officer, yokohama, Role::WardOfficer, None, Some(kohoku)),
        (place.headquarters, yokohama, Role::ProgrammeManager, None, None),
        (place.second_reviewer, yokohama, Role::ProgrammeManager, None, None),
        (place.second_reviewer, yokohama, Role::WardOfficer, None, Some(kohoku)),
        (place.stranger, yokohama, Role::Operator, None, None),
    ];

    for (staff_id, municipality_id, role, programme_id, ward_id) in grants {
        let row = role_grant::ActiveModel {
            staff_id: Set(staff_id),
            municipality_id: Set(municipality_id),
            role: Set(role),
            programme_id: Set(programme_id),
            ward_id: Set(ward_id),
            from_on: Set(NaiveDate::from_ymd_opt(2024, 4, 1).unwrap()),
            until_on: Set(None),
            ..Default::default()
        };
        role_grant::Entity::insert(row).exec(tx.db()).await.unwrap();
    }

    place
}

/// A real hash that takes next to no time: its own parameters travel in it.
fn cheap_hash() -> String {
    let params = argon2::Params::new(8, 1, 1, None).unwrap();
    let argon2 = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    argon2.hash_password_with_salt(PASSWORD.as_bytes(), b"0123456789abcdef").unwrap().to_string()
}

async fn municipality(
    tx: &Tx,
    at: DateTime<Utc>,
    code: &str,
    ja: &str,
    en: &str,
) -> MunicipalityId {
    let row = municipality::ActiveModel {
        code: Set(code.into()),
        name_ja: Set(ja.into()),
        name_en: Set(en.into()),
        department_ja: Set("スマホ相談担当".into()),
        department_en: Set("Smartphone help desk".into()),
        postal_code: Set("100-0000".into()),
        address: Set("試験町0-0-1".into()),
        phone: Set("03-0000-0100".into()),
        fax: Set(None),
        email: Set(format!("sumaho{code}@example.jp")),
        opens_minute: Set(600),
        closes_minute: Set(1020),
        opened_on: Set(NaiveDate::from_ymd_opt(2024, 6, 5).unwrap()),
        created_at: Set(at),
        ..Default::default()
    };

    municipality::Entity::insert(row).exec(tx.db()).await.unwrap().last_insert_id
}

async fn area(tx: &Tx, town: MunicipalityId, rank: i32, code: &str, ja: &str, en: &str) -> AreaId {
    let row = area::ActiveModel {
        municipality_id: Set(town),
        code: Set(code.into()),
        name_ja: Set(ja.into()),
        name_en: Set(en.into()),
        rank: Set(rank),
        ..Default::default()
    };
    area::Entity::insert(row).exec(tx.db()).await.unwrap().last_insert_id
}

async fn ward(tx: &Tx, town: MunicipalityId, code: &str, ja: &str, en: &str, kana: &str) -> WardId {
    let row = ward::ActiveModel {
        municipality_id: Set(town),
        code: Set(code.into()),
        name_ja: Set(ja.into()),
        name_en: Set(en.into()),
        kana: Set(kana.into()),
        ..Default::default()
    };
    ward::Entity::insert(row).exec(tx.db()).await.unwrap().last_insert_id
}

struct Hall {
    code: &'static str,
    ja: &'static str,
    en: &'static str,
    seats: i32,
}

async fn venue(
    tx: &Tx,
    town: MunicipalityId,
    area_id: Option<AreaId>,
    ward_id: Option<WardId>,
    step_free: bool,
    hall: &Hall,
) -> VenueId {
    let row = venue::ActiveModel {
        municipality_id: Set(town),
        ward_id: Set(ward_id),
        area_id: Set(area_id),
        code: Set(hall.code.into()),
        name_ja: Set(hall.ja.into()),
        name_en: Set(hall.en.into()),
        kana: Set("シケンカイジョウ".into()),
        postal_code: Set(Some("100-0000".into())),
        address: Set(Some("試験町0-0-2".into())),
        access_ja: Set(Some("駅から歩いて行けます。".into())),
        access_en: Set(Some("You can walk from the station.".into())),
        step_free: Set(step_free),
        capacity: Set(hall.seats),
        rank: Set(1),
        ..Default::default()
    };

    venue::Entity::insert(row).exec(tx.db()).await.unwrap().last_insert_id
}

async fn room(tx: &Tx, town: MunicipalityId, venue_id: VenueId, capacity: i32) -> RoomId {
    let row = room::ActiveModel {
        municipality_id: Set(town),
        venue_id: Set(venue_id),
        name_ja: Set("会議室".into()),
        name_en: Set("Meeting room".into()),
        capacity: Set(capacity),
        ..Default::default()
    };
    room::Entity::insert(row).exec(tx.db()).await.unwrap().last_insert_id
}

async fn programme(tx: &Tx, town: MunicipalityId, code: &str, ja: &str, en: &str) -> ProgrammeId {
    let row = programme::ActiveModel {
        municipality_id: Set(town),
        code: Set(code.into()),
        name_ja: Set(ja.into()),
        name_en: Set(en.into()),
        effects: Set(serde_json::json!(["interest", "hands_on"])),
        ..Default::default()
    };
    programme::Entity::insert(row).exec(tx.db()).await.unwrap().last_insert_id
}

async fn staff(
    tx: &Tx,
    at: DateTime<Utc>,
    town: MunicipalityId,
    login: &str,
    name: &str,
    kana: &str,
    hash: &str,
) -> StaffId {
    let row = staff_member::ActiveModel {
        municipality_id: Set(town),
        login: Set(login.into()),
        name: Set(name.into()),
        kana: Set(kana.into()),
        password_hash: Set(hash.into()),
        disabled_at: Set(None),
        revision: Set(1),
        created_at: Set(at),
        updated_at: Set(at),
        ..Default::default()
    };
    staff_member::Entity::insert(row).exec(tx.db()).await.unwrap().last_insert_id
}
