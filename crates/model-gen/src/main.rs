//! Cenote: model-gen.
fn main() {}
