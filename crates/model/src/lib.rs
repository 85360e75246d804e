//! Cenote: model.
