//! Mutated documents: no input may panic a decoder, and what is accepted must rest: encoding it and reading it again
//! changes nothing.
use serde_json::Value;
use skeg_model::{
    meta::{
        field_selector::FieldSelector,
        quantity::{self, Quantity},
        selector::LabelSelector,
    },
    patch,
    request::{Body, FieldValidation},
    schema::{self, Type},
    stored::Stored,
    wire::{self, json, proto_decode, proto_encode, yaml},
};
use skeg_testing::{dice::Dice, fuzz};

const ITERATIONS: usize = 6_000;

/// Tokens that mean something to one of the decoders.
const TOKENS: &[&str] = &[
    "null",
    "{}",
    "[]",
    "\"\"",
    "-",
    "1e400",
    "0x1F",
    "\\u0000",
    "\\ud800",
    "\u{2028}",
    "\"",
    "{",
    "[",
    "}",
    "]",
    ",",
    ":",
    "&a",
    "*a",
    "<<",
    "|",
    ">",
    "\n  ",
    "\t",
    "1Ki",
    "100m",
    "!!str ",
    "? ",
    "- ",
    "---\n",
    "\"kind\"",
    "%",
    "#",
    "2026-01-01T00:00:00Z",
    "true",
    "'",
    "9223372036854775808",
    "E",
    "Ei",
    ".",
    "+",
];

fn kind(group: &str, kind: &str) -> &'static Type {
    schema::by_kind(group, "v1", kind).expect("a kind of the table")
}

fn seeds() -> [(&'static Type, &'static str); 4] {
    [
        (
            kind("", "Pod"),
            r#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a","labels":{"a":"b"},"creationTimestamp":"2026-01-01T00:00:00Z","managedFields":[{"manager":"m","fieldsV1":{"f:a":{}}}]},"spec":{"containers":[{"name":"c","resources":{"limits":{"cpu":"100m","memory":"1Gi"}},"livenessProbe":{"httpGet":{"port":"http"}}}],"tolerations":[{"tolerationSeconds":3}]},"status":{}}"#,
        ),
        (
            kind("", "Secret"),
            r#"{"data":{"a":"AAECAw==","b":""},"type":"Opaque","immutable":true,"metadata":{"name":"x<&>"}}"#,
        ),
        (
            kind("apiextensions.k8s.io", "CustomResourceDefinition"),
            r#"{"spec":{"versions":[{"name":"v1","schema":{"openAPIV3Schema":{"items":[{"type":"x"}],"additionalProperties":false,"default":{"a":[1.5,null]},"maximum":1e3}}}]}}"#,
        ),
        (
            kind("events.k8s.io", "Event"),
            r#"{"eventTime":"2026-01-01T00:00:00.000001Z","series":{"count":2},"deprecatedFirstTimestamp":null}"#,
        ),
    ]
}

fn rests(ty: &'static Type, raw: wire::Raw<'_>) {
    let Ok(decoded) = wire::decode(ty, raw) else { return };
    let once = wire::encode(ty, &decoded.value);
    let raw = json::parse(&once).expect("the encoder writes JSON");
    let again = wire::decode(ty, raw).expect("what was accepted is accepted again");
    assert!(again.strict.is_empty(), "{:?}", again.strict);
    assert_eq!(String::from_utf8_lossy(&wire::encode(ty, &again.value)), String::from_utf8_lossy(&once));
    serde_json::from_slice::<serde_json::Value>(&once).expect("stored bytes are read back as a tree");
    let spliced = wire::splice_resource_version(&once, 7);
    assert!(serde_json::from_slice::<serde_json::Value>(&spliced).is_ok());
    wire::read_meta(&once);
}

#[test]
fn json_documents() {
    fuzz::fuzz(0x5EED_0001, ITERATIONS, |dice| {
        let (ty, seed) = seeds()[dice.roll(4)];
        let text = mutated(seed.as_bytes(), dice);
        wire::read_meta(&text);
        let parts = wire::resource_version_parts(&text.clone().into(), 7).concat();
        assert_eq!(parts, wire::splice_resource_version(&text, 7));
        if let Ok(raw) = json::parse(&text) {
            rests(ty, raw);
        }
        let _ = wire::read_body(ty, &Body::Json(text.into()), FieldValidation::Strict);
    });
}

fn mutated(seed: &[u8], dice: &mut Dice) -> Vec<u8> {
    fuzz::mutated(seed, TOKENS, dice)
}

#[test]
fn yaml_documents() {
    const SEED: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  labels: &l {a: 'b', c: \"d\"}\n  annotations: *l\nspec:\n  containers:\n  - name: c\n    args: [x, 017, ~]\n    command:\n    - |\n      text\n    - >-\n      folded\n";
    fuzz::fuzz(0x5EED_0002, ITERATIONS, |dice| {
        let text = mutated(SEED.as_bytes(), dice);
        if let Ok(document) = yaml::parse(&text) {
            rests(kind("", "Pod"), document.raw);
        }
    });
}

#[test]
fn quantities() {
    fuzz::fuzz(0x5EED_0003, ITERATIONS * 4, |dice| {
        let seed = dice.pick(&["100m", "1.5Gi", "-0.25e3", "+12E", "9223372036854775807", "0.000000001", "12Ki"]);
        let Ok(text) = String::from_utf8(mutated(seed.as_bytes(), dice)) else { return };
        let Ok(quantity) = Quantity::parse(&text) else { return };
        let printed = quantity.to_string();
        assert_eq!(Quantity::parse(&printed), Ok(quantity), "{text:?}");
        let kept = quantity::canonical(&text).expect("it parses").into_owned();
        assert_eq!(quantity::canonical(&kept).as_deref(), Ok(kept.as_str()), "{text:?}");
    });
}

/// What a decoder of protobuf accepts is encoded again and read back the same.
#[test]
fn protobuf_documents() {
    let named = |(ty, seed): (&'static Type, &str)| {
        let mut tree: Value = serde_json::from_str(seed).expect("seeds are JSON");
        let (group, version, kind) = ty.group_version_kind.expect("seeds are kinds");
        let api_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
        tree["kind"] = kind.into();
        tree["apiVersion"] = api_version.into();
        proto_encode::encode(&tree).expect("seeds have a protobuf form")
    };
    let seeds = seeds().map(named);
    fuzz::fuzz(0x5EED_0004, ITERATIONS, |dice| {
        let bytes = mutated(&seeds[dice.roll(4)], dice);
        let _ = proto_decode::open(&bytes);
        let Ok(tree) = proto_decode::decode(&bytes) else { return };
        let Some(once) = proto_encode::encode(&tree) else { return };
        let again = proto_decode::decode(&once).expect("what was encoded is decoded");
        assert_eq!(proto_encode::encode(&again), Some(once), "{bytes:?}");
    });
}

/// Patches of every kind: refused, or they leave an object that can be kept.
#[test]
fn patches() {
    const SEEDS: &[&str] = &[
        r#"[{"op":"add","path":"/metadata/labels/c","value":{"a":1}},{"op":"move","from":"/spec/containers/0","path":"/spec/containers/-"},{"op":"test","path":"/a~1b","value":null},{"op":"copy","from":"","path":"/x"}]"#,
        r#"{"metadata":{"labels":{"a":null,"$patch":"replace"},"finalizers":["x"],"$deleteFromPrimitiveList/finalizers":["y"],"$setElementOrder/finalizers":["x"]}}"#,
        r#"{"spec":{"containers":[{"name":"c","$patch":"delete"},{"name":"d","image":"e"}],"$setElementOrder/containers":[{"name":"d"}],"$retainKeys":["containers"],"tolerations":[{"$patch":"replace"}]}}"#,
    ];
    let (ty, seed) = seeds()[0];
    let pod: Value = serde_json::from_str(seed).expect("seeds are JSON");
    fuzz::fuzz(0x5EED_0005, ITERATIONS, |dice| {
        let text = mutated(dice.pick(SEEDS).as_bytes(), dice);
        let Ok(raw) = json::parse(&text) else { return };
        let document = raw.into_value();
        let mut targets = [pod.clone(), pod.clone(), pod.clone()];
        let patched = [
            patch::json::apply(&mut targets[0], &document).is_ok(),
            {
                patch::merge::apply(&mut targets[1], &document);
                true
            },
            patch::strategic::apply(ty, &mut targets[2], &document).is_ok(),
        ];
        for (target, _) in targets.iter().zip(patched).filter(|(_, done)| *done) {
            let Ok(accepted) = wire::read_patched(ty, target, FieldValidation::Ignore) else { continue };
            let bytes = wire::encode(ty, &accepted.value);
            serde_json::from_slice::<Value>(&bytes).expect("stored bytes are read back as a tree");
            Stored::new(bytes.into(), 7).meta();
        }
    });
}

/// Selectors of lists and watches.
#[test]
fn selectors() {
    fuzz::fuzz(0x5EED_0006, ITERATIONS * 4, |dice| {
        let seed = dice.pick(&["a in (b,c),!d,e!=f", "x/y notin (z),a", "metadata.name=a,spec.nodeName!=b", "a\\,b=c"]);
        let Ok(text) = String::from_utf8(mutated(seed.as_bytes(), dice)) else { return };
        let _ = LabelSelector::parse(&text);
        let _ = FieldSelector::parse_any(&text);
    });
}
