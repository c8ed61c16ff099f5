//! What every request can reach.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::MunicipalityId;
use entity::platform::municipality;

use super::clock::{Clock, SystemClock};
use super::config::Config;
use super::random::Random;
use super::secret::Secret;
use super::web::forwarded::Told;
use super::{Ctx, Result, Store};

/// The running service, shared by all requests; cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    store: Store,
    clock: Arc<dyn Clock>,
    config: Config,
    home: municipality::Model,
    secret: tokio::sync::OnceCell<Secret>,
    forwarders: Told,
}

impl App {
    /// An app on a migrated database; `home` is the municipality of the public pages.
    pub fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        random: Random,
        config: Config,
        home: municipality::Model,
    ) -> Self {
        let store = store.with_random(random);
        let (secret, forwarders) = Default::default();
        Self(Arc::new(Inner { store, clock, config, home, secret, forwarders }))
    }

    /// An app on the system's clock and chance.
    pub fn from_system(store: Store, config: Config, home: municipality::Model) -> Self {
        Self::new(store, Arc::new(SystemClock), Random::from_system(), config, home)
    }

    /// The database.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// The current instant; requests use [`Ctx::now`] instead.
    pub fn now(&self) -> DateTime<Utc> {
        self.0.clock.now()
    }

    /// Tokens and numbers.
    pub fn random(&self) -> &Random {
        self.0.store.random()
    }

    /// Settings.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// The municipality of the public pages.
    pub fn home(&self) -> MunicipalityId {
        self.0.home.id
    }

    /// The municipality of the public pages, as it was when the service started.
    pub fn home_municipality(&self) -> &municipality::Model {
        &self.0.home
    }

    /// The secret of the database; read once, at the start.
    ///
    /// # Errors
    /// When it was not read yet and the database does not answer.
    pub async fn secret(&self) -> Result<&Secret> {
        let ctx = self.system_ctx(self.home(), "secret");
        self.0.secret.get_or_try_init(|| Secret::of(self.store(), &ctx)).await
    }

    /// Peers that forwarded without being named, and were told of.
    pub(super) fn forwarders(&self) -> &Told {
        &self.0.forwarders
    }

    /// A context for the house's own doing in `municipality_id`.
    pub fn system_ctx(&self, municipality_id: MunicipalityId, request_id: &str) -> Ctx {
        Ctx::system(municipality_id, self.now(), request_id)
    }
}
