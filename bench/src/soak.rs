//! The soak: a long mix of what clients do, after which the memory is looked at.

use std::rc::Rc;

use serde_json::{Value, json};

use crate::Failure;
use crate::load::{Plan, drive};
use crate::operation::Operation;
use crate::request::Request;
use crate::server::Running;
use crate::world::{World, text, user_name};

/// So many of each in a hundred. The messages of sign-ups and forgotten passwords are delivered beside them.
const MIX: [(usize, Operation); 6] = [
    (40, Operation::DescribeUserPool),
    (40, Operation::GetUser),
    (8, Operation::ForgotPassword),
    (5, Operation::SignIn),
    (5, Operation::Refresh),
    (2, Operation::SignUp),
];
const CONNECTIONS: usize = 64;
/// After so many requests new connections are opened, and GetUser goes on with the access tokens that came meanwhile.
const PORTION: u64 = 20_000;
/// A number without a divisor in common with a hundred spreads the operations evenly.
const STRIDE: usize = 37;

pub struct Soak {
    lanes: Vec<Lane>,
    /// Whose turn it is, a hundred times.
    turns: Vec<usize>,
    pub done: u64,
}

/// The requests of one operation, one after the other and over again.
struct Lane {
    operation: Operation,
    requests: Rc<[Request]>,
    next: usize,
}

impl Lane {
    fn draw(&mut self) -> Option<Request> {
        let request = self.requests.get(self.next % self.requests.len().max(1));
        self.next += 1;
        request.cloned()
    }
}

impl Soak {
    /// A soak of so many requests, with users of its own.
    pub async fn prepare(world: &mut World, server: &Running, requests: u64) -> Result<Self, Failure> {
        world.round += 1;
        world.make_resetting(server).await?;
        let mut lanes = Vec::new();
        let mut sorted = Vec::new();
        for (share, operation) in MIX {
            let count = requests as usize * share / 100;
            let mut requests = operation.requests(world, count)?;
            if matches!(operation, Operation::SignIn | Operation::Refresh) {
                requests.iter_mut().for_each(|request| request.keep = true);
            }
            sorted.extend(std::iter::repeat_n(lanes.len(), share));
            lanes.push(Lane { operation, requests: requests.into(), next: 0 });
        }
        let turns = (0..sorted.len()).filter_map(|turn| sorted.get(turn * STRIDE % sorted.len()).copied());
        Ok(Self { turns: turns.collect(), lanes, done: 0 })
    }

    /// Goes on until so many requests were answered.
    pub async fn run(&mut self, server: &Running, until: u64) -> Result<(), Failure> {
        while self.done < until {
            let portion = PORTION.min(until - self.done);
            let turns = self.turns.iter().cycle().take(portion as usize);
            let requests: Option<Vec<_>> =
                turns.map(|lane| self.lanes.get_mut(*lane).and_then(Lane::draw)).collect();
            let plan = Plan::all(requests.ok_or("nothing to ask")?);
            let measured = drive(server.address, server.pid(), CONNECTIONS, &plan).await?;
            let tokens = measured.kept.iter().map(|(index, body)| {
                let user = plan.requests.get(*index).ok_or("an answer to nothing")?.user;
                let answer: Value = serde_json::from_slice(body)?;
                let token = text(&answer, "/AuthenticationResult/AccessToken")?;
                let request = Request::api("GetUser", &json!({ "AccessToken": token }));
                Ok(request.expecting(user_name(user)).about(user))
            });
            let tokens = tokens.collect::<Result<Rc<[Request]>, Failure>>()?;
            for lane in &mut self.lanes {
                if lane.operation == Operation::GetUser && !tokens.is_empty() {
                    lane.requests = Rc::clone(&tokens);
                }
            }
            self.done += portion;
        }
        server.settle().await
    }
}
