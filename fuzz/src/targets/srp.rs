//! The numbers and times of SRP. First byte: which.

use cenote_crypto::srp::{ClientPublic, Verifier, timestamp};

use super::{choose, chosen, text};

pub(crate) fn run(data: &[u8]) {
    let Some((choice, rest)) = choose(data) else { return };
    match choice % 3 {
        0 => {
            let Some(Ok(public)) = text(rest).map(ClientPublic::parse) else { return };
            assert_eq!(ClientPublic::parse(&public.to_hex()), Ok(public));
        }
        1 => {
            let Some(time) = text(rest).and_then(timestamp::parse) else { return };
            assert_eq!(timestamp::format(time).as_deref(), text(rest));
        }
        // Of a device: the salt, a comma, the verifier.
        _ => {
            let (salt, verifier) =
                rest.split_at(rest.iter().position(|byte| *byte == b',').unwrap_or(rest.len()));
            let Ok(verifier) = Verifier::from_device_config(salt, verifier.get(1..).unwrap_or_default())
            else {
                return;
            };
            let kept = verifier.to_bytes();
            let again = Verifier::from_bytes(kept.expose()).expect("what is kept is read");
            assert_eq!(again.to_bytes().expose(), kept.expose());
        }
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let long = "F".repeat(768);
    let mut seeds: Vec<Vec<u8>> =
        ["a", "00AB12", "-1", "0x10", &long, &"0".repeat(1025)].map(|text| chosen(0, text)).into();
    for text in
        ["Tue Jan 5 03:04:09 UTC 2027", "Tue Jan 05 03:04:09 UTC 2027", "Mon Feb 29 23:59:60 UTC 2028"]
    {
        seeds.push(chosen(1, text));
    }
    seeds.push(chosen(2, [b"0123456789abcdef,".as_slice(), &[0x7f; 384]].concat()));
    seeds.push(chosen(2, ",\0"));
    seeds
}
