//! Every string shape with an enumeration.

use crate::Fallible;
use crate::model::{Kind, Model};
use crate::names;

pub fn module(model: &Model) -> Fallible<String> {
    let mut text = String::from("use crate::enumeration::enumeration;\n");
    for (name, shape) in &model.shapes {
        let Kind::Enumeration(values) = &shape.kind else { continue };
        let variants: String =
            values.iter().map(|value| format!("    {} = {value:?},\n", names::variant(value))).collect();
        text.push_str(&format!("\nenumeration! {{ {name}\n{variants}}}\n"));
    }
    Ok(text)
}
