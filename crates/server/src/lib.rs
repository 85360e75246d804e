//! The Cenote server: configuration, command line, HTTP, access keys and policies, logs and metrics around
//! [`cenote_core`].
//!
//! | module | holds |
//! | --- | --- |
//! | [`server`] | a server as a value: put together, started, stopped |
//! | `parts` | what it is put together from |
//! | `request` | the way of an API request, from its first byte to its last |
//! | `record` | what log and metrics say of a request |
//! | `answer` | status, headers and body of the API's answers |
//! | `completion` | work that neither a client nor a panic cuts short |
//! | `http` | sockets, connections, bodies, CORS, routes |
//! | `access` | signatures, access keys, policies |
//! | `rates` | request rates by quota category |
//! | `request_ids` | ids of requests |
//! | `issuer`, `own` | documents of issuers; our own paths under `/_cenote/` |
//! | [`config`] | every setting, one section a file |
//! | [`seed`] | pools, clients and users from a file |
//! | `background` | what runs beside the requests |
//! | `descriptors` | how many connections the system lets us have |
//! | [`cli`] | the command line |

mod access;
mod answer;
mod background;
pub mod cli;
mod clock;
mod completion;
pub mod config;
mod confirm_user;
mod descriptors;
mod http;
mod issuer;
mod key_check;
mod log;
mod metrics;
mod own;
mod parts;
mod rates;
mod record;
mod request;
mod request_ids;
mod reset;
pub mod seed;
pub mod server;
mod site;
#[cfg(feature = "testing")]
pub mod testing;

pub use config::Config;
pub use seed::Seed;
pub use server::{DevOptions, Mode, Server, StartError, Surroundings};
