//! The targets, a file each.

pub(crate) mod configuration;
pub(crate) mod context_data;
pub(crate) mod delivery_answer;
pub(crate) mod filter;
pub(crate) mod forwarded_for;
pub(crate) mod key_file;
pub(crate) mod link;
pub(crate) mod operation;
pub(crate) mod passkey;
pub(crate) mod policy;
pub(crate) mod request_body;
#[path = "../../../crates/model/tests/wire/sample.rs"]
mod sample;
pub(crate) mod sealed;
pub(crate) mod seed_file;
pub(crate) mod signature;
pub(crate) mod srp;
pub(crate) mod template;
pub(crate) mod token;
pub(crate) mod trigger_answer;

/// The first byte, as a choice, and the rest.
fn choose(data: &[u8]) -> Option<(usize, &[u8])> {
    data.split_first().map(|(first, rest)| (usize::from(*first), rest))
}

fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

/// Texts as seeds.
fn texts(seeds: &[&str]) -> Vec<Vec<u8>> {
    seeds.iter().map(|seed| seed.as_bytes().to_vec()).collect()
}

/// The same with a choice in front.
fn chosen(choice: usize, seed: impl AsRef<[u8]>) -> Vec<u8> {
    let mut seed = seed.as_ref().to_vec();
    seed.insert(0, u8::try_from(choice).expect("a byte"));
    seed
}
