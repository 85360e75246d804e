//! The JSON body of each operation. First byte: the operation.

use cenote_model::{DecodeError, Operation, parse_body};

use super::sample::{Choices, document};
use super::{choose, chosen};

pub(crate) fn run(data: &[u8]) {
    let Some((operation, body)) = choose(data) else { return };
    let operation = Operation::ALL[operation % Operation::ALL.len()];
    let Ok(document) = parse_body(body) else { return };
    let first = operation.check_request(document.clone());
    // What is wrong with a request does not depend on when it is asked, and every list of violations says how many.
    assert_eq!(first, operation.check_request(document));
    if let Err(DecodeError::Invalid(text)) = first {
        assert!(text.contains("validation error") || text.contains("failed to satisfy"), "{text}");
        assert!(text.len() <= 64 * body.len() + 65_536, "{} bytes about {} bytes", text.len(), body.len());
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (index, operation) in Operation::ALL.iter().enumerate() {
        let shape = format!("{operation}Request");
        for number in 0..2 {
            let body = document(&shape, &mut Choices(number * 1000 + index as u64));
            seeds.push(chosen(index, body.to_string()));
        }
    }
    seeds
}
