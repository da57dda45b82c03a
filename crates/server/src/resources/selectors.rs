//! Selectors that an access review asks about, as text or as requirements. What cannot be read is left out, which only
//! makes the question broader, and is said in the answer.
use super::tree;
use skeg_model::{
    Value,
    meta::{
        field_selector::{FieldSelector, Term},
        selector::{LabelSelector, Operator, Requirement},
    },
};

/// The field selector as text; "" where there is none.
pub(super) fn fields(asked: &Value, ignored: &mut Vec<String>) -> String {
    let requirements = tree::list(asked, "/requirements");
    let raw = tree::text(asked, "/rawSelector");
    let (selector, wrong) = if requirements.is_empty() {
        match FieldSelector::parse_any(raw) {
            Ok(selector) => (selector, false),
            Err(_) => (FieldSelector::default(), true),
        }
    } else {
        let terms: Vec<Term> = requirements.iter().filter_map(term).collect();
        let wrong = terms.len() < requirements.len();
        (FieldSelector::of(terms), wrong)
    };
    if wrong {
        ignored.push(text("fieldSelector", !selector.is_everything()));
    }
    selector.to_string()
}

/// Checks the label selector; nothing decides by labels.
pub(super) fn labels(asked: &Value, ignored: &mut Vec<String>) {
    let requirements = tree::list(asked, "/requirements");
    let (read, wrong) = if requirements.is_empty() {
        (0, LabelSelector::parse(tree::text(asked, "/rawSelector")).is_err())
    } else {
        let read = requirements.iter().filter(|asked| is_label_requirement(asked)).count();
        (read, read < requirements.len())
    };
    if wrong {
        ignored.push(text("labelSelector", read > 0));
    }
}

fn text(field: &str, partially: bool) -> String {
    let how = if partially { "partially ignored" } else { "ignored" };
    format!("spec.resourceAttributes.{field} {how} due to parse error")
}

/// Only one value can be asked for, or ruled out.
fn term(asked: &Value) -> Option<Term> {
    let negated = match tree::text(asked, "/operator") {
        "In" => false,
        "NotIn" => true,
        _ => return None,
    };
    match tree::texts(asked, "/values").as_slice() {
        [value] => Some(Term { field: tree::text(asked, "/key").into(), value: (*value).to_owned(), negated }),
        _ => None,
    }
}

fn is_label_requirement(asked: &Value) -> bool {
    let operator = match tree::text(asked, "/operator") {
        "In" => Operator::In,
        "NotIn" => Operator::NotIn,
        "Exists" => Operator::Exists,
        "DoesNotExist" => Operator::DoesNotExist,
        _ => return false,
    };
    let values = tree::texts(asked, "/values").into_iter().map(str::to_owned).collect();
    Requirement::new(tree::text(asked, "/key"), operator, values).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_cannot_be_read_is_left_out() {
        let check = |asked: Value, of_fields: bool, wanted: &str, said: &str| {
            let mut ignored = Vec::new();
            let got = if of_fields {
                fields(&asked, &mut ignored)
            } else {
                labels(&asked, &mut ignored);
                String::new()
            };
            assert_eq!((got.as_str(), ignored.join("; ").as_str()), (wanted, said), "{asked}");
        };
        let of =
            |key: &str, operator: &str, values: &[&str]| json!({"key": key, "operator": operator, "values": values});
        const FIELDS: &str = "spec.resourceAttributes.fieldSelector ignored due to parse error";
        const SOME: &str = "spec.resourceAttributes.fieldSelector partially ignored due to parse error";
        const LABELS: &str = "spec.resourceAttributes.labelSelector ignored due to parse error";
        check(Value::Null, true, "", "");
        check(json!({"rawSelector": "a=b"}), true, "a=b", "");
        check(json!({"rawSelector": "a"}), true, "", FIELDS);
        check(json!({"requirements": [of("a", "In", &["b"]), of("c", "NotIn", &["d"])]}), true, "a=b,c!=d", "");
        check(json!({"requirements": [of("a", "In", &["b"]), of("c", "Exists", &[])]}), true, "a=b", SOME);
        check(json!({"requirements": [of("a", "In", &["b", "c"])]}), true, "", FIELDS);
        check(json!({"rawSelector": "UPPER case!"}), false, "", LABELS);
        check(json!({"requirements": [of("a", "Exists", &["b"])]}), false, "", LABELS);
        check(json!({"requirements": [of("a", "In", &["b"])]}), false, "", "");
    }
}
