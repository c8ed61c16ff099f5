//! Style sheets, the script and the mark, embedded, under names that change with their content.

use std::sync::LazyLock;

use poem::http::{StatusCode, header};
use poem::web::Path;
use poem::{Response, handler};

use crate::platform::random::digest;
use crate::platform::room::{self, Asset};
use crate::platform::{Error, Result};

/// What every page has.
const OWN: &[Asset] = &[
    Asset::css("base.css", include_str!("assets/base.css")),
    Asset::css("resident.css", include_str!("assets/resident.css")),
    Asset::css("staff.css", include_str!("assets/staff.css")),
    Asset::css("print.css", include_str!("assets/print.css")),
    Asset::svg("mark.svg", include_str!("assets/mark.svg")),
];

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    OWN.iter().chain(room::all().iter().flat_map(|room| room.assets)).copied().collect()
});

static LINKS: LazyLock<Vec<String>> = LazyLock::new(|| ASSETS.iter().map(hashed_name).collect());

fn hashed_name(asset: &Asset) -> String {
    let hash = digest(&[asset.body.as_bytes()]);
    match asset.name.split_once('.') {
        Some((stem, ending)) => format!("{stem}-{}.{ending}", &hash[..12]),
        None => asset.name.to_owned(),
    }
}

/// The address of an asset; it changes when the asset does.
pub fn link(name: &str) -> String {
    let found = ASSETS.iter().position(|asset| asset.name == name);
    format!("/assets/{}", found.map_or(name, |at| LINKS[at].as_str()))
}

/// Serves one asset, for a year: another content has another name.
#[handler]
pub fn serve(Path(name): Path<String>) -> Result<Response> {
    let at = LINKS.iter().position(|link| *link == name).ok_or(Error::NotFound)?;
    Ok(Response::builder()
        .status(StatusCode::OK)
        .content_type(ASSETS[at].content_type)
        .header(header::CACHE_CONTROL, "public, max-age=31536000, immutable")
        .body(ASSETS[at].body))
}
