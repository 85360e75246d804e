//! A person as the server must know it, from what it acknowledged.

mod act;
mod check;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::Failure;
use crate::connection::{Connection, Refusal};
use crate::random::Random;
use crate::server::wait_for;
use crate::world::World;

/// How much of what must not work any more is tried again.
const REMEMBERED: usize = 8;

/// What a code is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    SignUp,
    Reset,
    Verify,
}

#[derive(Clone, PartialEq, Eq)]
pub struct Tokens {
    access: String,
    refresh: String,
}

impl std::fmt::Debug for Tokens {
    /// They are long, and nobody can read them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens")
    }
}

/// What did its work, or was taken back, and must not work again.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Spent {
    Password(String),
    Code(Purpose, String),
    Session(String),
    Tokens(Tokens),
    /// A name by which somebody was found.
    Email(String),
}

/// A message that was acknowledged and not read yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Letter {
    purpose: &'static str,
    code: Option<Purpose>,
}

/// All that is known, or would be if an answer had come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct State {
    present: bool,
    /// Empty while nobody was told.
    sub: String,
    status: &'static str,
    disabled: bool,
    email: String,
    verified: bool,
    nickname: String,
    groups: BTreeSet<String>,
    password: String,
    codes: BTreeMap<Purpose, String>,
    tokens: Option<Tokens>,
    /// Of a challenge that was not answered.
    session: Option<String>,
    awaited: Option<Letter>,
    spent: Vec<Spent>,
}

impl State {
    fn spend(&mut self, spent: Spent) {
        if self.spent.len() == REMEMBERED {
            self.spent.remove(0);
        }
        self.spent.push(spent);
    }

    fn spend_tokens(&mut self) {
        if let Some(tokens) = self.tokens.take() {
            self.spend(Spent::Tokens(tokens));
        }
    }

    fn set_password(&mut self, password: String) {
        let old = std::mem::replace(&mut self.password, password);
        self.spend(Spent::Password(old));
        // A code for another password is void once there is one.
        self.redeem(Purpose::Reset);
    }

    fn set_email(&mut self, email: String, verified: bool) {
        let old = std::mem::replace(&mut self.email, email);
        if self.verified {
            self.spend(Spent::Email(old));
        }
        self.verified = verified;
        self.codes.remove(&Purpose::Verify);
        self.codes.remove(&Purpose::Reset);
    }

    fn redeem(&mut self, purpose: Purpose) {
        if let Some(code) = self.codes.remove(&purpose) {
            self.spend(Spent::Code(purpose, code));
        }
    }
}

/// Somebody that one hand plays: what is asked for it, is asked in order.
#[derive(Debug)]
pub struct Person {
    pub name: String,
    state: State,
    /// What is so if the last request, which was not answered, was carried out.
    uncertain: Option<State>,
    /// Counts what was done, for values that no other has.
    steps: u32,
    random: Random,
    /// The id of the last message that was seen.
    last_message: String,
}

/// What came of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Acknowledged,
    /// Refused as it must be, or nothing was written.
    Nothing,
    /// The server is gone.
    Broken,
}

impl Person {
    #[must_use]
    pub fn new(name: String, random: Random) -> Self {
        let (state, uncertain, last_message) = (State::default(), None, String::new());
        Self { name, state, uncertain, steps: 0, random, last_message }
    }

    #[must_use]
    pub const fn steps(&self) -> u32 {
        self.steps
    }

    /// Nobody retires before the last letter, since the inbox is emptied after each check, nor in the middle of a sign-in,
    /// which would be too old when it is looked at.
    #[must_use]
    pub const fn may_retire(&self) -> bool {
        self.state.awaited.is_none() && self.state.session.is_none()
    }

    /// What lists show of it, if it is there: sub, status, whether it is enabled, e-mail address and whether that is verified.
    #[must_use]
    pub fn listed(&self) -> Option<[String; 5]> {
        let State { sub, status, disabled, email, verified, .. } = &self.state;
        let texts =
            [sub.clone(), (*status).to_owned(), (!disabled).to_string(), email.clone(), verified.to_string()];
        self.state.present.then_some(texts)
    }

    /// The code of the message that was sent last, waited for.
    fn read_letter(&mut self, world: &World, connection: &mut Connection) -> Result<(), Failure> {
        let Some(letter) = self.state.awaited else { return Ok(()) };
        let missing = format!("{}: the {} message is lost", self.name, letter.purpose);
        let found = wait_for(&missing, || match self.find_letter(world, connection, letter) {
            // The process was killed: the message has to come after the next start.
            Err(Refusal::Broken(_)) => Ok(Some(None)),
            Err(refusal) => Err(refusal.to_string().into()),
            Ok(found) => Ok(found.map(Some)),
        })?;
        if let Some((id, code)) = found {
            self.last_message = id;
            self.state.take_letter(letter, code);
        }
        Ok(())
    }

    /// Id and code of a message that was not seen before.
    fn find_letter(
        &self,
        world: &World,
        connection: &mut Connection,
        letter: Letter,
    ) -> Result<Option<(String, String)>, Refusal> {
        let path = format!(
            "/_cenote/inbox.json?pool={}&user={}&after={}",
            world.pool_id, self.name, self.last_message
        );
        let (_, body) = connection.get(&path)?;
        let inbox: Value = serde_json::from_str(&body).unwrap_or_default();
        let messages = inbox.get("messages").and_then(Value::as_array).into_iter().flatten();
        let text =
            |message: &Value, name| message.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let newest = messages.into_iter().find(|message| text(message, "purpose") == letter.purpose);
        Ok(newest.map(|message| (text(message, "id"), text(message, "code"))))
    }

    fn get(&self, world: &World, connection: &mut Connection, name: &str) -> Result<Value, Refusal> {
        connection.call("AdminGetUser", &json!({ "UserPoolId": world.pool_id, "Username": name }))
    }
}

impl State {
    fn take_letter(&mut self, letter: Letter, code: String) {
        self.awaited = None;
        if let Some(purpose) = letter.code {
            self.codes.insert(purpose, code);
        }
    }
}
