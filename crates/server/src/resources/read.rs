//! Get and list: shared objects out of the store's snapshots.
use super::{
    Answer, Api, Context,
    continue_token::{self, Continue},
    convert,
    place::Place,
    select::{Selection, pinned_name},
};
use skeg_model::{
    kinds::Verb,
    meta::field_error::Errors,
    request::{List, ListOptions, Reply, VersionMatch},
    status::{Cause, Status},
};
use skeg_storage::Snapshot;
use std::time::Duration;

/// How long a read waits for a revision to come; upstream's watch cache blocks as long.
const FUTURE_WAIT: Duration = Duration::from_secs(3);

impl Api {
    pub(super) async fn get(&self, ctx: &Context, place: &Place<'_>, resource_version: &str) -> Result<Answer, Status> {
        place.allow(Verb::Get)?;
        self.authorise(ctx, "get", place, place.name)?;
        let wanted = parse_version(resource_version)
            .map_err(|why| Status::failure(500, "", format!("resourceVersion: {why}")))?;
        self.come(place, wanted).await;
        self.reached(wanted)?;
        let stored = self.config.store.get(&place.key()).ok_or_else(|| place.not_found())?;
        Ok(convert::reply(place, &stored, false)?.into())
    }

    /// Waits for a revision that the caller knows of and this store is yet to reach.
    pub(super) async fn come(&self, place: &Place<'_>, wanted: u64) {
        let store = &self.config.store;
        if wanted <= store.revision() {
            return;
        }
        let Ok(mut cursor) = store.watch(place.kind.prefix, store.revision()) else { return };
        let arrives = async { while store.revision() < wanted && cursor.next(1).await.is_ok() {} };
        // Whether it came in time is for the caller to see.
        let _ = tokio::time::timeout(FUTURE_WAIT, arrives).await;
    }

    /// The store must have reached a revision that the caller knows of.
    pub(super) fn reached(&self, wanted: u64) -> Result<(), Status> {
        let current = self.config.store.revision();
        if wanted <= current { Ok(()) } else { Err(too_large(wanted, current)) }
    }

    pub(super) async fn list(&self, ctx: &Context, place: &Place<'_>, options: &ListOptions) -> Result<Answer, Status> {
        place.allow(Verb::List)?;
        let pinned = pinned_name(&options.field_selector).unwrap_or_default();
        self.authorise_list(ctx, "list", place, &pinned, &options.field_selector)?;
        self.come(place, parse_version(&options.resource_version).unwrap_or(0)).await;
        Ok(Reply::List(self.collect(place, options)?).into())
    }

    /// The list's content; the caller has been authorised.
    pub(super) fn collect(&self, place: &Place<'_>, options: &ListOptions) -> Result<List, Status> {
        check_list_options(options)?;
        let selection = Selection::parse(place, options)?;
        let start = match options.continue_token.as_str() {
            "" => None,
            token => Some(continue_token::decode(token)?),
        };
        let snapshot = self.snapshot_for(place, options, start.as_ref())?;
        page(place, options, &selection, &snapshot, start.as_ref().map(|s| s.start.as_str()))
    }

    /// The state that a list shows, by its resourceVersion, resourceVersionMatch, limit and continue.
    fn snapshot_for(
        &self,
        place: &Place<'_>,
        options: &ListOptions,
        start: Option<&Continue>,
    ) -> Result<Snapshot, Status> {
        let store = &self.config.store;
        let wanted = parse_version(&options.resource_version)
            .map_err(|why| Status::bad_request(format!("invalid resource version: resourceVersion: {why}")))?;
        if let Some(Continue { rv, .. }) = start {
            if !options.resource_version.is_empty() && options.resource_version != "0" {
                return Err(Status::bad_request("specifying resource version is not allowed when using continue"));
            }
            // A negative revision stands for "from here on in the newest state".
            let Ok(at) = u64::try_from(*rv) else { return Ok(store.snapshot(place.kind.prefix)) };
            self.reached(at)?;
            return store.snapshot_at(place.kind.prefix, at).map_err(|_| continue_expired());
        }
        self.reached(wanted)?;
        let exact = match options.version_match {
            Some(how) => how == VersionMatch::Exact,
            None => options.limit > 0 && wanted > 0,
        };
        if exact {
            return store
                .snapshot_at(place.kind.prefix, wanted)
                .map_err(|_| Status::failure(410, "Expired", "The resourceVersion for the provided list is too old."));
        }
        Ok(store.snapshot(place.kind.prefix))
    }
}

/// One page of a snapshot. A limit is not heeded at resourceVersion 0, as upstream's cache does not.
fn page(
    place: &Place<'_>,
    options: &ListOptions,
    selection: &Selection,
    snapshot: &Snapshot,
    start: Option<&str>,
) -> Result<List, Status> {
    let prefix = place.list_prefix();
    let limit = if options.resource_version == "0" && start.is_none() { 0 } else { options.limit };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut entries = snapshot.range(&prefix, start);
    let mut list = List {
        items: Vec::new(),
        resource_version: snapshot.revision,
        continue_token: String::new(),
        remaining_item_count: None,
    };
    let mut last = None;
    for (key, object) in entries.by_ref() {
        if selection.matches(object) {
            list.items.push(convert::served(place, object)?);
        }
        if limit > 0 && list.items.len() == limit {
            last = Some(key.clone());
            break;
        }
    }
    if let Some(last) = last {
        let rest = entries.count();
        if rest > 0 {
            list.continue_token = continue_token::encode(snapshot.revision, &last);
            list.remaining_item_count = selection.is_empty().then_some(rest as u64);
        }
    }
    Ok(list)
}

/// "" and "0" are 0. The error is upstream's sentence behind the field's name.
pub(super) fn parse_version(text: &str) -> Result<u64, String> {
    if text.is_empty() {
        return Ok(0);
    }
    parse_uint(text).map_err(|why| format!("Invalid value: {text:?}: {why}"))
}

/// Go's `strconv.ParseUint` with its error texts.
pub(super) fn parse_uint(text: &str) -> Result<u64, String> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(format!("strconv.ParseUint: parsing {text:?}: invalid syntax"));
    }
    text.parse().map_err(|_| format!("strconv.ParseUint: parsing {text:?}: value out of range"))
}

pub(super) fn too_large(wanted: u64, current: u64) -> Status {
    let message = format!("Timeout: Too large resource version: {wanted}, current: {current}");
    let mut status = Status::failure(504, "Timeout", message);
    let details = status.details.get_or_insert_default();
    details.retry_after_seconds = 1;
    details.causes.push(Cause {
        reason: "ResourceVersionTooLarge".into(),
        message: "Too large resource version".into(),
        field: String::new(),
    });
    status
}

fn continue_expired() -> Status {
    Status::failure(
        410,
        "Expired",
        "The provided continue parameter is too old to display a consistent list result. You must start a new list without \
         the continue parameter.",
    )
}

fn check_list_options(options: &ListOptions) -> Result<(), Status> {
    let mut errors = Errors::new();
    let field = "resourceVersionMatch";
    if let Some(how) = options.version_match {
        if options.resource_version.is_empty() {
            errors.forbidden(field, "resourceVersionMatch is forbidden unless resourceVersion is provided");
        }
        if !options.continue_token.is_empty() {
            errors.forbidden(field, "resourceVersionMatch is forbidden when continue is provided");
        }
        if how == VersionMatch::Exact && options.resource_version == "0" {
            errors.forbidden(field, "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
        }
    }
    if options.send_initial_events.is_some() {
        errors.forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list");
    }
    checked(errors)
}

pub(super) fn check_watch_options(options: &ListOptions) -> Result<(), Status> {
    let mut errors = Errors::new();
    let field = "resourceVersionMatch";
    let continues = !options.continue_token.is_empty();
    if options.send_initial_events.is_some() {
        if options.version_match != Some(VersionMatch::NotOlderThan) {
            errors.forbidden(field, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
        }
        if continues {
            errors.forbidden("continue", "continue is forbidden with sendInitialEvents");
        }
    }
    if let Some(how) = options.version_match {
        if options.send_initial_events.is_none() {
            errors.forbidden(field, "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
        }
        if how != VersionMatch::NotOlderThan {
            errors.not_supported(field, "Exact", &["NotOlderThan"]);
        }
        if continues {
            errors.forbidden(field, "resourceVersionMatch is forbidden when continue is provided");
        }
    }
    checked(errors)
}

fn checked(errors: Errors) -> Result<(), Status> {
    if errors.is_empty() { Ok(()) } else { Err(errors.into_status("meta.k8s.io", "ListOptions", "")) }
}
