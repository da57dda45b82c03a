//! JSON patch (RFC 6902) with the API server's bounds and texts.
use super::PatchError;
use crate::Value;
use json_patch::{AddOperation, Patch, PatchOperation, ReplaceOperation};
use serde::Deserialize;

/// Operations of one patch at most (upstream's `maxJSONPatchOperations`).
pub const OPERATIONS_MAX: usize = 10_000;

/// Applies `patch`, a list of operations, to `target`; on an error `target` is as it was.
///
/// # Errors
/// A malformed list, a failed `test`, a path that is not there.
pub fn apply(target: &mut Value, patch: &Value) -> Result<(), PatchError> {
    let got = patch.as_array().map_or(0, Vec::len);
    if got > OPERATIONS_MAX {
        return Err(PatchError::TooMany { limit: OPERATIONS_MAX, got });
    }
    let patch = Patch::deserialize(patch).map_err(|e| PatchError::Malformed(format!("error decoding patch: {e}")))?;
    let mut out = target.clone();
    for operation in &patch.0 {
        let done = match operation {
            // The library that upstream uses sets members of objects that were not there.
            PatchOperation::Replace(ReplaceOperation { path, value }) if is_missing_member(&out, path.as_str()) => {
                let add = AddOperation { path: path.clone(), value: value.clone() };
                json_patch::patch(&mut out, &[PatchOperation::Add(add)])
            }
            other => json_patch::patch(&mut out, std::slice::from_ref(other)),
        };
        done.map_err(|_| failed(operation))?;
    }
    *target = out;
    Ok(())
}

/// Whether a path names a member that an object which exists does not have.
fn is_missing_member(tree: &Value, path: &str) -> bool {
    let parent = path.rsplit_once('/').and_then(|(parent, _)| tree.pointer(parent));
    parent.is_some_and(Value::is_object) && tree.pointer(path).is_none()
}

/// The error in the words of the library that upstream uses.
fn failed(operation: &PatchOperation) -> PatchError {
    let path = operation.path();
    PatchError::Unprocessable(match operation {
        PatchOperation::Test(_) => format!("testing value {path} failed: test failed"),
        PatchOperation::Remove(_) => {
            format!("remove operation does not apply: doc is missing path: \"{path}\": missing value")
        }
        PatchOperation::Replace(_) => {
            format!("replace operation does not apply: doc is missing path: {path}: missing value")
        }
        PatchOperation::Add(_) => {
            format!("add operation does not apply: doc is missing path: \"{path}\": missing value")
        }
        PatchOperation::Move(o) => {
            format!("error in move for path: '{}': missing value", o.from)
        }
        PatchOperation::Copy(o) => {
            format!("copy operation does not apply: doc is missing from path: {}: missing value", o.from)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_failed_operation_changes_nothing() {
        let mut target = json!({"a": 1, "b": [1, 2]});
        let before = target.clone();
        let patch = json!([{"op": "replace", "path": "/a", "value": 2}, {"op": "test", "path": "/b/0", "value": 9}]);
        let error = apply(&mut target, &patch).unwrap_err();
        assert_eq!(error, PatchError::Unprocessable("testing value /b/0 failed: test failed".into()));
        assert_eq!(target, before);
        apply(&mut target, &json!([{"op": "add", "path": "/b/-", "value": 3}])).unwrap();
        assert_eq!(target["b"], json!([1, 2, 3]));
    }

    #[test]
    fn what_is_no_list_of_operations_is_malformed() {
        assert!(matches!(apply(&mut json!({}), &json!({"op": "add"})), Err(PatchError::Malformed(_))));
    }
}
