//! Cenote: server.
fn main() {}
