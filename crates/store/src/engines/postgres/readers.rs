//! Connections that reads by key share. What is asked for at the same time is sent together, and the database and the thread
//! that serves the connection are woken once for it. Such reads are short and wait for no lock, so nobody stands behind a
//! long one.

use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use deadpool_postgres::{Client, ClientWrapper, Object};

/// One connection of so many is shared.
const SHARE: usize = 4;

pub(super) struct Readers {
    places: Mutex<Places>,
}

struct Places {
    /// The shared connections. Those that are not open yet, or no more, are opened by whoever reads next.
    connections: Vec<Option<Arc<ClientWrapper>>>,
    turn: usize,
    /// How often all were given up.
    generation: u64,
}

/// A connection to read on.
pub(super) enum Reading {
    Shared { client: Arc<ClientWrapper>, generation: u64 },
    Alone(Box<Client>),
}

impl Deref for Reading {
    type Target = ClientWrapper;

    fn deref(&self) -> &ClientWrapper {
        match self {
            Self::Shared { client, .. } => client,
            Self::Alone(client) => client,
        }
    }
}

impl Readers {
    /// How many of so many connections are shared: none where they are few.
    pub(super) fn share_of(connections: usize) -> usize {
        connections / SHARE
    }

    pub(super) fn new(share: usize) -> Self {
        Self { places: Mutex::new(Places { connections: vec![None; share], turn: 0, generation: 0 }) }
    }

    /// The shared connection whose turn it is, if it is open.
    pub(super) fn next(&self) -> Option<Reading> {
        let mut places = self.lock();
        places.turn = (places.turn + 1).checked_rem(places.connections.len())?;
        let client = places.connections.get(places.turn)?.as_ref().filter(|client| !client.is_closed())?;
        Some(Reading::Shared { client: Arc::clone(client), generation: places.generation })
    }

    /// Shares a connection of the pool's if one is missing.
    pub(super) fn share(&self, client: Client) -> Reading {
        let mut places = self.lock();
        let generation = places.generation;
        let is_missing =
            |place: &&mut Option<Arc<ClientWrapper>>| place.as_ref().is_none_or(|client| client.is_closed());
        match places.connections.iter_mut().find(is_missing) {
            Some(place) => {
                let client = place.insert(Arc::new(Object::take(client)));
                Reading::Shared { client: Arc::clone(client), generation }
            }
            None => Reading::Alone(Box::new(client)),
        }
    }

    /// Shares none of the connections of a generation any more. They close when the last read on them has ended.
    pub(super) fn give_up(&self, generation: u64) {
        let mut places = self.lock();
        if places.generation == generation {
            places.generation += 1;
            places.connections.fill(None);
        }
    }

    /// From now on none is shared.
    pub(super) fn close(&self) {
        self.lock().connections.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
