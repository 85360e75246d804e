//! Many hands at work at the same time, and the check of what they were told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Condvar;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use crate::Failure;
use crate::connection::{Connection, attribute};
use crate::person::{Person, Step};
use crate::phone::Phone;
use crate::random::Random;
use crate::server::{PATIENCE, Running};
use crate::thing::{Kind, Thing};
use crate::world::World;

/// Persons that a hand plays at the same time.
const PERSONS: usize = 4;

/// Counts what was acknowledged.
#[derive(Debug, Default)]
pub struct Ledger {
    acknowledged: AtomicU64,
    changed: Condvar,
    lock: Mutex<()>,
    /// The server is being ended: connections may break.
    ending: AtomicBool,
}

impl Ledger {
    #[must_use]
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    fn acknowledge(&self) {
        self.acknowledged.fetch_add(1, Ordering::Relaxed);
        self.changed.notify_all();
    }

    /// Waits until there are so many more. False when it takes too long.
    fn wait_for(&self, target: u64) -> bool {
        let mut guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        let mut idle = Duration::ZERO;
        while self.acknowledged() < target {
            let (before, tick) = (self.acknowledged(), Duration::from_millis(20));
            (guard, _) = self.changed.wait_timeout(guard, tick).unwrap_or_else(PoisonError::into_inner);
            idle = if self.acknowledged() == before { idle + tick } else { Duration::ZERO };
            if idle > 2 * PATIENCE {
                return false;
            }
        }
        true
    }
}

/// What one thread does.
#[derive(Debug)]
struct Hand {
    number: usize,
    persons: Vec<Person>,
    things: Vec<Thing>,
    phone: Phone,
    retired: Vec<Person>,
    random: Random,
    hired: usize,
}

impl Hand {
    fn new(
        number: usize,
        mut random: Random,
        world: &World,
        connection: &mut Connection,
    ) -> Result<Self, Failure> {
        // Things are few, and every change of them makes all caches read anew.
        let kind = Kind::ALL.get(number).copied();
        let things = kind.map(|kind| Thing::new(kind, format!("{kind:?}"), random.split()));
        let things = things.into_iter().collect();
        let phone = Phone::create(format!("phone-{number}"), random.split(), world, connection)?;
        let mut hand =
            Self { number, persons: Vec::new(), things, phone, retired: Vec::new(), random, hired: 0 };
        for _ in 0..PERSONS {
            let person = hand.hire();
            hand.persons.push(person);
        }
        Ok(hand)
    }

    fn hire(&mut self) -> Person {
        self.hired += 1;
        Person::new(format!("person-{}-{}", self.number, self.hired), self.random.split())
    }

    /// Works until the connection breaks.
    fn work(
        &mut self,
        world: &World,
        mut connection: Connection,
        career: u32,
        ledger: &Ledger,
    ) -> Result<(), Failure> {
        loop {
            let (persons, things) = (self.persons.len(), self.things.len());
            let index = self.random.index(persons + things + 1);
            let step = if let Some(person) = self.persons.get_mut(index) {
                person.step(world, &mut connection)?
            } else if let Some(thing) = self.things.get_mut(index - persons) {
                thing.step(world, &mut connection)?
            } else {
                self.phone.step(world, &mut connection)?
            };
            match step {
                Step::Acknowledged => ledger.acknowledge(),
                Step::Nothing => {}
                Step::Broken if ledger.ending.load(Ordering::SeqCst) => return Ok(()),
                Step::Broken => return Err("the connection broke before the server was ended".into()),
            }
            if self.persons.get(index).is_some_and(|person| person.steps() >= career && person.may_retire()) {
                let person = self.hire();
                if let Some(old) = self.persons.get_mut(index) {
                    self.retired.push(std::mem::replace(old, person));
                }
            }
        }
    }

    fn check(&mut self, world: &World, mut connection: Connection, retired: Retired) -> Result<(), Failure> {
        for person in &mut self.persons {
            person.check(world, &mut connection)?;
        }
        for thing in &mut self.things {
            thing.check(world, &mut connection)?;
        }
        self.phone.check(world, &mut connection)?;
        match retired {
            Retired::Few => {
                for _ in 0..2 {
                    let index = self.random.index(self.retired.len());
                    if let Some(person) = self.retired.get_mut(index) {
                        person.check(world, &mut connection)?;
                    }
                }
            }
            Retired::All => {
                for person in &mut self.retired {
                    person.check(world, &mut connection)?;
                }
            }
        }
        Ok(())
    }
}

/// How many of those who retired are looked at closely; all of them have to be in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retired {
    Few,
    All,
}

/// Everybody.
#[derive(Debug)]
pub struct Load {
    world: World,
    hands: Vec<Hand>,
    /// After so many steps a person retires, and another one comes.
    career: u32,
    pub ledger: Ledger,
}

impl Load {
    /// Makes the world on a running server; nothing in it has happened yet.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn create(server: &Running, hands: usize, career: u32, random: &mut Random) -> Result<Self, Failure> {
        let mut connection = server.connect();
        let world = World::create(&mut connection)?;
        let hands = (0..hands)
            .map(|number| Hand::new(number, random.split(), &world, &mut connection))
            .collect::<Result<_, _>>()?;
        Ok(Self { world, hands, career, ledger: Ledger::default() })
    }

    /// Lets all hands work, until so much more was acknowledged, and a little longer; then `end` ends the server.
    ///
    /// # Errors
    /// When a request was refused that must not be.
    pub fn run(
        &mut self,
        server: Running,
        more: u64,
        longer: Duration,
        end: impl FnOnce(Running) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let target = self.ledger.acknowledged() + more;
        let (world, career, ledger) = (&self.world, self.career, &self.ledger);
        ledger.ending.store(false, Ordering::SeqCst);
        std::thread::scope(|scope| {
            let hands: Vec<_> = self
                .hands
                .iter_mut()
                .map(|hand| {
                    let connection = server.connect();
                    scope.spawn(move || hand.work(world, connection, career, ledger))
                })
                .collect();
            let progress = ledger.wait_for(target);
            std::thread::park_timeout(longer);
            ledger.ending.store(true, Ordering::SeqCst);
            end(server)?;
            for hand in hands {
                hand.join().map_err(|_| "a hand panicked")??;
            }
            if progress { Ok(()) } else { Err("nothing is acknowledged any more".into()) }
        })
    }

    /// Checks everything on the server that was started again.
    ///
    /// # Errors
    /// What is lost, or there by half.
    pub fn check(&mut self, server: &Running, retired: Retired) -> Result<(), Failure> {
        server.settle()?;
        let world = &self.world;
        std::thread::scope(|scope| {
            let hands: Vec<_> = self
                .hands
                .iter_mut()
                .map(|hand| {
                    let connection = server.connect();
                    scope.spawn(move || hand.check(world, connection, retired))
                })
                .collect();
            hands.into_iter().try_for_each(|hand| hand.join().map_err(|_| "a hand panicked")?)
        })?;
        self.check_list(&mut server.connect())?;
        let (status, ready) =
            server.connect().get("/_cenote/ready").map_err(|refusal| refusal.to_string())?;
        if status != 200 {
            return Err(format!("not ready: {ready}").into());
        }
        // Everything in it was read.
        server.settle()?;
        server.connect().delete("/_cenote/inbox.json").map_err(|refusal| refusal.to_string())?;
        Ok(())
    }

    /// The list of all users holds exactly those who are there, and no address is verified for two of them.
    fn check_list(&self, connection: &mut Connection) -> Result<(), Failure> {
        let persons = self.hands.iter().flat_map(|hand| hand.persons.iter().chain(&hand.retired));
        let mut expected: BTreeMap<&str, [String; 5]> =
            persons.filter_map(|person| Some((person.name.as_str(), person.listed()?))).collect();
        let mut emails = BTreeSet::new();
        let mut token = Value::Null;
        loop {
            let mut body = json!({ "UserPoolId": self.world.pool_id });
            if let (Value::Object(body), true) = (&mut body, token.is_string()) {
                body.insert("PaginationToken".into(), token);
            }
            let page =
                connection.call("ListUsers", &body).map_err(|refusal| format!("ListUsers: {refusal}"))?;
            for user in page.get("Users").and_then(Value::as_array).into_iter().flatten() {
                let text = |name| user.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
                let (email, verified) = (
                    attribute(user, "/Attributes", "email"),
                    attribute(user, "/Attributes", "email_verified") == "true",
                );
                let enabled = user.get("Enabled").and_then(Value::as_bool).unwrap_or_default();
                let mut found = [
                    attribute(user, "/Attributes", "sub"),
                    text("UserStatus"),
                    enabled.to_string(),
                    email.clone(),
                    verified.to_string(),
                ];
                let name = text("Username");
                let known =
                    expected.remove(name.as_str()).ok_or_else(|| format!("{name} should not be there"))?;
                // Nobody was told the sub of a user whose sign-up was not answered.
                if known.first().is_some_and(String::is_empty)
                    && let Some(sub) = found.first_mut()
                {
                    sub.clear();
                }
                if found != known {
                    return Err(format!("{name} is listed as {found:?} and not as {known:?}").into());
                }
                if verified && !emails.insert(email.clone()) {
                    return Err(format!("two users have {email}").into());
                }
            }
            token = page.get("PaginationToken").cloned().unwrap_or_default();
            if !token.is_string() {
                break;
            }
        }
        match expected.keys().next() {
            None => Ok(()),
            Some(name) => Err(format!("{name} is missing from the list").into()),
        }
    }

    /// Persons who were ever there.
    #[must_use]
    pub fn persons(&self) -> usize {
        self.hands.iter().map(|hand| hand.hired).sum()
    }
}
