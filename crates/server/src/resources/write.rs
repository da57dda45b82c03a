//! The one write pipeline: decode, default, managed fields, mutating admission, prepare, validate, validating admission,
//! commit, answer. Every kind and every subresource that edits its parent goes through here.
use super::{
    Answer, Api, Context, Entropy, codec, convert, managed,
    place::Place,
    strategy::{self, Strategy},
    tls_pair, tree,
};
use crate::{
    admission::{Operation, Request, metrics::Step},
    auth::escalation,
};
use jiff::Timestamp;
use skeg_model::{
    Value,
    kinds::{Kind, Verb},
    meta::field_error::Errors,
    request::{Body, Reply, WriteOptions},
    status::Status,
    stored::Stored,
    time::rfc3339_seconds,
};
use skeg_storage::{Change, CommitError, Durability, Expect, Key, Op, Txn};
use std::{sync::Arc, time::Instant};

/// How often a generated name that is taken is generated anew (upstream's `maxNameGenerationCreateAttempts`).
const NAME_ATTEMPTS_MAX: usize = 8;
/// How often a patch or an unconditional update that lost a race is made anew.
const UPDATE_ATTEMPTS_MAX: usize = 100;

/// One write on its way.
pub(super) struct Write<'w> {
    pub ctx: &'w Context,
    pub place: Place<'w>,
    pub options: &'w WriteOptions,
    pub now: Timestamp,
    pub entropy: &'w dyn Entropy,
    pub warnings: Vec<String>,
    /// What is written carries its managed fields already.
    pub owners_made: bool,
    /// It was applied.
    pub applied: bool,
}

/// Makes the new object, in the served form, from the current one (None: it does not exist).
pub(super) type Make<'m> = &'m mut (dyn FnMut(&mut Vec<String>, Option<&Value>) -> Result<Value, Status> + Send);

impl Write<'_> {
    fn request<'r>(&'r mut self, operation: Operation, name: &'r str, old: Option<&'r Value>) -> Request<'r> {
        Request {
            user: &self.ctx.user,
            kind: self.place.kind,
            operation,
            namespace: self.place.namespace,
            name,
            subresource: self.place.subresource,
            old,
            dry_run: self.options.dry_run,
            now: self.now,
            entropy: self.entropy,
            warnings: &mut self.warnings,
        }
    }

    /// The answer of this write. Warnings of a refused one are left with the caller's context.
    pub fn answer(self, done: Result<Reply, Status>) -> Result<Answer, Status> {
        match done {
            Ok(reply) => Ok(Answer { reply, warnings: self.warnings }),
            Err(status) => {
                self.ctx.refused.leave(self.warnings);
                Err(status)
            }
        }
    }

    pub fn durability(&self, object: &Value) -> Durability {
        if (self.place.hub().unsynced)(object) { Durability::Unsynced } else { Durability::Synced }
    }
}

impl Api {
    /// The start of every write: the verb is served here, and the caller may.
    pub(super) fn begin<'w>(
        &'w self,
        ctx: &'w Context,
        place: Place<'w>,
        verb: Verb,
        options: &'w WriteOptions,
    ) -> Result<Write<'w>, Status> {
        place.allow(verb)?;
        self.authorise(ctx, verb.as_str(), &place, place.name)?;
        Ok(self.write(ctx, place, options))
    }

    pub(super) fn write<'w>(&'w self, ctx: &'w Context, place: Place<'w>, options: &'w WriteOptions) -> Write<'w> {
        Write {
            ctx,
            place,
            options,
            now: self.config.clock.now(),
            entropy: self.config.entropy.as_ref(),
            warnings: Vec::new(),
            owners_made: false,
            applied: false,
        }
    }

    pub(super) async fn create(
        &self,
        ctx: &Context,
        place: Place<'_>,
        body: Body,
        options: &WriteOptions,
    ) -> Result<Answer, Status> {
        let mut w = self.begin(ctx, place, Verb::Create, options)?;
        let mut object = codec::decode(&place, &body, options.field_validation, &mut w.warnings)?;
        let done = match check_namespace(&mut object, &place) {
            Ok(()) => self.create_object(&mut w, object).await,
            Err(refused) => Err(refused),
        };
        w.answer(done)
    }

    /// Creates an object given in the served form, defaults filled in.
    pub(super) async fn create_object(&self, w: &mut Write<'_>, mut object: Value) -> Result<Reply, Status> {
        wipe_system_fields(&mut object);
        dedup_owners(&mut object, &mut w.warnings);
        managed::on_write(w, None, &mut object)?;
        convert::to_hub(&w.place, &mut object);
        let name = tree::name(&object).to_owned();
        self.mutate(w, Operation::Create, &name, None, &mut object).await?;
        self.check_grant(w, None, &object)?;
        if !name.is_empty() || tree::generate_name(&object).is_empty() {
            return self.try_create(w, object).await;
        }
        let mut attempt = 1;
        loop {
            match self.try_create(w, object.clone()).await {
                Err(status) if status.is_already_exists() && attempt < NAME_ATTEMPTS_MAX => attempt += 1,
                Err(status) if status.is_already_exists() => return Err(no_free_name(status)),
                done => return done,
            }
        }
    }

    async fn try_create(&self, w: &mut Write<'_>, mut object: Value) -> Result<Reply, Status> {
        self.fill_system_fields(w.place.kind, &mut object, w.now);
        let name = tree::name(&object).to_owned();
        let kind = w.place.hub();
        for warning in (kind.early_warnings)(&object) {
            if !w.warnings.contains(&warning) {
                w.warnings.push(warning);
            }
        }
        (kind.prepare_create)(&mut object);
        let reservation = self.allocator.begin_create(kind, &mut object, w.options.dry_run)?;
        w.place.check(&name, w.place.kind.check_create(&object))?;
        let warnings = (kind.warnings)(&object, None);
        w.warnings.extend(warnings.into_iter().chain(tls_pair::warning(kind, &object)));
        self.validate(w, Operation::Create, &name, None, &object).await?;
        let version = tree::text(&object, "/metadata/resourceVersion");
        if !version.is_empty() && version != "0" {
            return Err(Status::failure(500, "", "resourceVersion should not be set on objects to be created"));
        }
        let place = w.place.named(&name);
        let key = place.key();
        // Upstream's storage defaults what it reads: what admission has added may call for more.
        kind.versions[0].set_defaults(&mut object);
        let bytes = codec::encode(&kind.versions[0], &mut object);
        if w.options.dry_run {
            return match self.config.store.get(&key) {
                Some(existing) => Err(already_exists(&place, Some(&existing))),
                None => convert::reply(&place, &Arc::new(Stored::new(bytes, 0)), true),
            };
        }
        let op = Op { key, expect: Expect::Absent, change: Change::Put(bytes) };
        let stored = match self.commit(op, w.durability(&object)).await {
            Err(CommitError::Conflict { current, .. }) => return Err(already_exists(&place, current.as_ref())),
            done => done.map_err(|e| unavailable(&e))?,
        };
        reservation.keep();
        convert::reply(&place, &stored.expect("a put answers with its object"), true)
    }

    /// What the server alone decides about a new object's metadata.
    fn fill_system_fields(&self, kind: &Kind, object: &mut Value, now: Timestamp) {
        let generated = tree::name(object).is_empty().then(|| tree::generate_name(object)).filter(|g| !g.is_empty());
        let unnamed = kind.names_unnamed && tree::name(object).is_empty() && generated.is_none();
        let name = generated.map(|prefix| {
            // Upstream cuts the prefix so that the name stays a valid label.
            let cut = prefix.char_indices().nth(GENERATED_PREFIX_MAX).map_or(prefix, |(at, _)| &prefix[..at]);
            format!("{cut}{}", self.config.entropy.suffix(5))
        });
        let name = name.or_else(|| unnamed.then(|| self.config.entropy.uuid()));
        let meta = tree::meta_mut(object);
        if let Some(name) = name {
            meta.insert("name".into(), name.into());
        }
        meta.insert("uid".into(), self.config.entropy.uuid().into());
        meta.insert("creationTimestamp".into(), rfc3339_seconds(now).into());
    }

    pub(super) async fn update(
        &self,
        ctx: &Context,
        place: Place<'_>,
        body: Body,
        options: &WriteOptions,
    ) -> Result<Answer, Status> {
        let mut w = self.begin(ctx, place, Verb::Update, options)?;
        let mut object = codec::decode(&place, &body, options.field_validation, &mut w.warnings)?;
        let how = strategy::of(place.kind, place.subresource);
        let done = match check_namespace(&mut object, &place).and_then(|()| check_name(&object, &place)) {
            Ok(()) => self.replace(&mut w, how, &mut |_, _| Ok(object.clone()), Race::Given).await,
            Err(refused) => Err(refused),
        };
        w.answer(done)
    }

    /// Replaces the object by what `make` makes of it, as often as it takes to win the race.
    pub(super) async fn replace(
        &self,
        w: &mut Write<'_>,
        how: &Strategy,
        make: Make<'_>,
        race: Race,
    ) -> Result<Reply, Status> {
        w.applied = race == Race::Applied;
        w.owners_made = w.applied || how.makes_owners;
        let key = w.place.key();
        let warned = w.warnings.len();
        for _ in 0..UPDATE_ATTEMPTS_MAX {
            w.warnings.truncate(warned);
            let Some(current) = self.config.store.get(&key) else {
                let by_row = race == Race::Given && w.place.kind.create_on_update;
                let wanted = by_row || race == Race::Applied;
                if !(wanted && how.may_create && w.place.subresource.is_empty()) {
                    return Err(w.place.not_found());
                }
                self.authorise(w.ctx, "create", &w.place, w.place.name)?;
                let mut object = make(&mut w.warnings, None)?;
                tree::set_meta(&mut object, "resourceVersion", None);
                return self.create_object(w, object).await;
            };
            match self.try_replace(w, how, make, race, &current).await? {
                Attempt::Done(reply) => return Ok(reply),
                Attempt::Lost { unconditional } if unconditional || race != Race::Given => {}
                Attempt::Lost { .. } => break,
            }
        }
        Err(w.place.modified())
    }

    async fn try_replace(
        &self,
        w: &mut Write<'_>,
        how: &Strategy,
        make: Make<'_>,
        race: Race,
        current: &Arc<Stored>,
    ) -> Result<Attempt, Status> {
        let place = w.place;
        let old = current.tree();
        let converted = place.converts().then(|| {
            let mut served = old.clone();
            convert::from_hub(&place, &mut served);
            served
        });
        let served_old = converted.as_ref().unwrap_or(&old);
        let mut new = make(&mut w.warnings, Some(served_old))?;
        if race == Race::Given {
            check_uid(&place, &new, &old)?;
        }
        dedup_owners(&mut new, &mut w.warnings);
        managed::on_write(w, Some(served_old), &mut new)?;
        convert::to_hub(&place, &mut new);
        self.mutate(w, Operation::Update, place.name, Some(&old), &mut new).await?;
        self.check_grant(w, Some(&old), &new)?;
        let unconditional = check_version(&place, &mut new, current.revision())?;
        prepare(place.hub(), how, &mut new, &old);
        let reservation = self.allocator.begin_update(place.hub(), &mut new, &old, w.options.dry_run)?;
        place.check(tree::name(&new), (how.validate)(place.kind, &new, &old))?;
        // Through the object itself and its scale; other subresources warn of nothing.
        if matches!(place.subresource, "" | "scale") {
            let warnings = (place.hub().warnings)(&new, Some(&old));
            w.warnings.extend(warnings.into_iter().chain(tls_pair::warning(place.hub(), &new)));
        }
        self.validate(w, Operation::Update, place.name, Some(&old), &new).await?;
        let mut bytes = codec::encode(&place.hub().versions[0], &mut new);
        if w.applied && bytes != *current.bytes() {
            managed::settle(&place, &old, current.bytes(), &new, &mut bytes);
        }
        let ends = ends_now(place.hub().resource, &new, &old);
        if bytes == *current.bytes() && !ends {
            return Ok(Attempt::Done(convert::reply(&place, current, false)?));
        }
        let unwritten = Arc::new(Stored::new(bytes.clone(), current.revision()));
        if w.options.dry_run {
            return Ok(Attempt::Done(convert::reply(&place, &unwritten, false)?));
        }
        let change = if ends { Change::Delete } else { Change::Put(bytes) };
        let op = Op { key: place.key(), expect: Expect::Revision(current.revision()), change };
        match self.commit(op, w.durability(&new)).await {
            Ok(stored) => {
                reservation.keep();
                if ends {
                    self.allocator.release(place.hub(), &old);
                }
                Ok(Attempt::Done(convert::reply(&place, &stored.unwrap_or(unwritten), false)?))
            }
            Err(CommitError::Conflict { .. }) => Ok(Attempt::Lost { unconditional }),
            Err(other) => Err(unavailable(&other)),
        }
    }

    /// Writers of RBAC objects give no more than they have.
    fn check_grant(&self, w: &Write<'_>, old: Option<&Value>, new: &Value) -> Result<(), Status> {
        if !w.ctx.authorise || w.place.kind.group != "rbac.authorization.k8s.io" {
            return Ok(());
        }
        let grant = escalation::Grant {
            user: &w.ctx.user,
            resource: w.place.kind.resource,
            namespace: w.place.namespace,
            name: tree::name(new),
            old,
            new,
        };
        escalation::check(self.config.authorizer.as_ref(), &grant)
    }

    /// Runs the mutating half of the chain.
    pub(super) async fn mutate(
        &self,
        w: &mut Write<'_>,
        operation: Operation,
        name: &str,
        old: Option<&Value>,
        object: &mut Value,
    ) -> Result<(), Status> {
        let (mut request, started) = (w.request(operation, name, old), Instant::now());
        let mut said = Ok(());
        for plugin in self.config.admission.iter().filter(|it| it.mutates(operation)) {
            let began = Instant::now();
            said = plugin.mutate(self.config.store.as_ref(), &mut request, object).await;
            self.admission.plugin(plugin.name(), Step::Admit, operation, began, &said);
            if said.is_err() {
                break;
            }
        }
        self.admission.step(Step::Admit, operation, started, &said);
        said
    }

    /// Runs the validating half of the chain.
    pub(super) async fn validate(
        &self,
        w: &mut Write<'_>,
        operation: Operation,
        name: &str,
        old: Option<&Value>,
        object: &Value,
    ) -> Result<(), Status> {
        let (mut request, started) = (w.request(operation, name, old), Instant::now());
        let mut said = Ok(());
        for plugin in self.config.admission.iter().filter(|it| it.validates(operation)) {
            let began = Instant::now();
            said = plugin.validate(self.config.store.as_ref(), &mut request, object).await;
            self.admission.plugin(plugin.name(), Step::Validate, operation, began, &said);
            if said.is_err() {
                break;
            }
        }
        self.admission.step(Step::Validate, operation, started, &said);
        said
    }

    /// Commits one operation; answers with the new state of a put.
    pub(super) async fn commit(&self, op: Op, durability: Durability) -> Result<Option<Arc<Stored>>, CommitError> {
        let mut committed = self.config.store.commit(Txn { ops: vec![op], durability }).await?;
        Ok(committed.puts.pop().flatten())
    }
}

/// Characters of a generateName that are kept: a label's 63 less the 5 of the suffix.
const GENERATED_PREFIX_MAX: usize = 58;

/// What a client says about a new object's life is not listened to.
fn wipe_system_fields(object: &mut Value) {
    let meta = tree::meta_mut(object);
    for field in ["creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "uid", "selfLink"] {
        meta.remove(field);
    }
}

/// Who deals with a lost race.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Race {
    /// The caller's resourceVersion decides: with one, a lost race is the caller's conflict.
    Given,
    /// The change is made anew from the newest state.
    Retried,
    /// The same for an applied object, which is created where it is missing and brings its managed fields.
    Applied,
}

enum Attempt {
    Done(Reply),
    /// Somebody else wrote first; `unconditional`: the caller does not mind.
    Lost {
        unconditional: bool,
    },
}

/// An object in a namespace takes the request's; another one is refused.
pub(super) fn check_namespace(object: &mut Value, place: &Place<'_>) -> Result<(), Status> {
    let have = tree::text(object, "/metadata/namespace");
    if !place.kind.namespaced() {
        if !have.is_empty() {
            tree::set_meta(object, "namespace", None);
        }
        return Ok(());
    }
    if have == place.namespace {
        return Ok(());
    }
    if have.is_empty() {
        tree::set_meta(object, "namespace", Some(place.namespace.into()));
        return Ok(());
    }
    Err(Status::bad_request("the namespace of the provided object does not match the namespace sent on the request"))
}

pub(super) fn check_name(object: &Value, place: &Place<'_>) -> Result<(), Status> {
    let (have, wanted) = (tree::name(object), place.name);
    if have.is_empty() {
        return Err(Status::bad_request(format!(
            "the name of the object ({wanted} based on URL) was undeterminable: name must be provided"
        )));
    }
    if have != wanted {
        return Err(Status::bad_request(format!(
            "the name of the object ({have}) does not match the name on the URL ({wanted})"
        )));
    }
    Ok(())
}

/// A uid in the new object is a precondition.
pub(super) fn check_uid(place: &Place<'_>, new: &Value, old: &Value) -> Result<(), Status> {
    let (wanted, have) = (tree::text(new, "/metadata/uid"), tree::text(old, "/metadata/uid"));
    if wanted.is_empty() || wanted == have {
        return Ok(());
    }
    Err(place.conflict(&uid_mismatch(&place.key(), wanted, have)))
}

/// What upstream's storage layer says about a failed uid precondition.
fn uid_mismatch(key: &Key, wanted: &str, have: &str) -> String {
    format!(
        "StorageError: invalid object, Code: 4, Key: {}{}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in \
         precondition: {wanted}, UID in object meta: {have}",
        key.ring, key.rest
    )
}

/// Optimistic concurrency: sets the version that the write is based on; says whether the caller gave none.
fn check_version(place: &Place<'_>, new: &mut Value, current: u64) -> Result<bool, Status> {
    let given = match tree::text(new, "/metadata/resourceVersion") {
        "" => 0,
        text => super::read::parse_uint(text).map_err(|why| Status::failure(500, "", why))?,
    };
    if given == 0 {
        if !place.hub().unconditional_update {
            let mut errors = Errors::new();
            errors.invalid("metadata.resourceVersion", 0_i64, "must be specified for an update");
            // Upstream names the resource where the kind belongs.
            return Err(errors.into_status(place.kind.group, place.kind.resource, tree::name(new)));
        }
        tree::set_meta(new, "resourceVersion", Some(current.to_string().into()));
        return Ok(true);
    }
    if given == current { Ok(false) } else { Err(place.modified()) }
}

/// Upstream's `BeforeUpdate`: metadata that no client changes, around the row's own strategy.
fn prepare(kind: &'static Kind, how: &Strategy, new: &mut Value, old: &Value) {
    let keep = |new: &mut Value, field: &str| {
        let value = old.pointer(&format!("/metadata/{field}")).filter(|v| !v.is_null()).cloned();
        tree::set_meta(new, field, value);
    };
    keep(new, "generation");
    (how.prepare)(kind, new, old);
    if tree::text(new, "/metadata/uid").is_empty() {
        keep(new, "uid");
    }
    keep(new, "creationTimestamp");
    // A deletion under way stays; one that the client makes up is left for validation to refuse.
    if tree::is_terminating(old) {
        keep(new, "deletionTimestamp");
    }
    if new.pointer("/metadata/deletionGracePeriodSeconds").is_none_or(Value::is_null) {
        keep(new, "deletionGracePeriodSeconds");
    }
    tree::set_meta(new, "selfLink", None);
}

/// Whether this update takes away the last thing that held a deletion back.
fn ends_now(resource: &str, new: &Value, old: &Value) -> bool {
    let graceful = old.pointer("/metadata/deletionGracePeriodSeconds").and_then(Value::as_i64).unwrap_or(0) > 0;
    let held = !tree::list(new, "/metadata/finalizers").is_empty()
        || (resource == "namespaces" && !tree::list(new, "/spec/finalizers").is_empty());
    tree::is_terminating(old) && !graceful && !held
}

/// Owners named twice are kept once, with a warning.
fn dedup_owners(object: &mut Value, warnings: &mut Vec<String>) {
    let Some(owners) = object.pointer_mut("/metadata/ownerReferences").and_then(Value::as_array_mut) else { return };
    let mut kept: Vec<Value> = Vec::with_capacity(owners.len());
    let mut twice: Vec<String> = Vec::new();
    for owner in owners.drain(..) {
        if kept.contains(&owner) {
            twice.push(owner["uid"].as_str().unwrap_or_default().to_owned());
        } else {
            kept.push(owner);
        }
    }
    *owners = kept;
    if !twice.is_empty() {
        twice.sort();
        warnings.push(format!(
            ".metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject \
             such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: {}",
            twice.join(", ")
        ));
    }
}

fn already_exists(place: &Place<'_>, existing: Option<&Arc<Stored>>) -> Status {
    let mut status = Status::already_exists(place.kind.group, place.kind.resource, place.name);
    if existing.is_some_and(|e| e.meta().deletion_timestamp.is_some()) {
        status.message = format!("object is being deleted: {}", status.message);
    }
    status
}

fn no_free_name(mut status: Status) -> Status {
    status.message.push_str(", the server was not able to generate a unique name for the object");
    status.details.get_or_insert_default().retry_after_seconds = 1;
    status
}

/// The store's refusals as upstream's clients know them.
pub(super) fn unavailable(error: &CommitError) -> Status {
    match error {
        CommitError::TooLarge { .. } => Status::failure(413, "RequestEntityTooLarge", error.to_string()),
        CommitError::Conflict { .. } => Status::failure(409, "Conflict", error.to_string()),
        CommitError::Unavailable(_) | CommitError::Closed => {
            Status::failure(503, "ServiceUnavailable", error.to_string())
        }
    }
}
