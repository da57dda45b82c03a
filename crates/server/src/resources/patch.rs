//! The patch verb: the change is made anew from the newest state until it wins.
use super::{
    Answer, Api, Context, codec,
    place::Place,
    shown, strategy,
    write::{Race, check_name, check_namespace},
};
use skeg_model::{
    Value,
    kinds::Verb,
    patch::{self, PatchError},
    request::{Body, FieldValidation, PatchKind, WriteOptions},
    schema,
    status::{Details, Status},
};

/// A patch read once, applied as often as it takes.
#[derive(Debug)]
pub(super) struct Patch {
    kind: PatchKind,
    document: Value,
}

impl Api {
    pub(super) async fn patch(
        &self,
        ctx: &Context,
        place: Place<'_>,
        kind: PatchKind,
        body: Body,
        options: &WriteOptions,
    ) -> Result<Answer, Status> {
        let mut w = self.begin(ctx, place, Verb::Patch, options)?;
        if kind == PatchKind::Apply {
            return self.apply(w, body).await;
        }
        // Upstream reads the patch once it has the object to be patched: what is missing is refused first.
        let patch = Patch::read(kind, body);
        let how = strategy::of(place.kind, place.subresource);
        let mut make = |warnings: &mut Vec<String>, old: Option<&Value>| {
            let old = old.ok_or_else(|| place.not_found())?;
            let patch = patch.as_ref().map_err(Clone::clone)?;
            let mut new = patch.apply(place.version.type_name, old, options.field_validation, warnings)?;
            place.version.set_defaults(&mut new);
            check_namespace(&mut new, &place)?;
            check_name(&new, &place)?;
            Ok(new)
        };
        let done = self.replace(&mut w, how, &mut make, Race::Retried).await;
        w.answer(done)
    }
}

impl Patch {
    pub fn read(kind: PatchKind, body: Body) -> Result<Self, Status> {
        let document = codec::patch_document(kind, body)?;
        Ok(Self { kind, document })
    }

    /// The patched object, checked against its type: unknown fields by `validation`, wrong types always.
    pub fn apply(
        &self,
        type_name: &str,
        old: &Value,
        validation: FieldValidation,
        warnings: &mut Vec<String>,
    ) -> Result<Value, Status> {
        let ty = schema::by_name(type_name).ok_or_else(|| Status::internal(format!("no schema for {type_name}")))?;
        let mut new = old.clone();
        match self.kind {
            PatchKind::Json => patch::json::apply(&mut new, &self.document).map_err(|e| refused(&e))?,
            PatchKind::Merge => patch::merge::apply(&mut new, &self.document),
            PatchKind::Strategic | PatchKind::Apply => {
                patch::strategic::apply(ty, &mut new, &self.document).map_err(|e| refused(&e))?;
            }
        }
        let strategic = self.kind == PatchKind::Strategic;
        let decoded = if strategic {
            codec::decode_merged(ty, &new, validation, warnings)
        } else {
            codec::decode_patched(ty, &new, validation, warnings)
        };
        decoded.map_err(|why| {
            let shown = if strategic { codec::go_map(&self.document) } else { shown::patched(ty, old, &new) };
            invalid_patch(&shown, &why)
        })
    }
}

fn refused(error: &PatchError) -> Status {
    match error {
        PatchError::Malformed(why) => Status::bad_request(why.clone()),
        PatchError::Unprocessable(_) => {
            let message = "the server rejected our request due to an error in our request";
            let mut status = Status::failure(422, "Invalid", message);
            status.details = Some(Box::<Details>::default());
            status
        }
        PatchError::TooMany { .. } => {
            Status::failure(413, "RequestEntityTooLarge", format!("Request entity too large: {error}"))
        }
        PatchError::Internal(why) => Status::failure(500, "", why.clone()),
    }
}

/// What upstream says when the patched object does not decode: an Invalid without a kind, about `patch`.
fn invalid_patch(shown: &str, why: &str) -> Status {
    let mut errors = skeg_model::meta::field_error::Errors::new();
    errors.invalid("patch", shown, why);
    errors.into_status("", "", "")
}
