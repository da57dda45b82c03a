//! Mutated documents: no input may panic a decoder, and what is accepted must rest: encoding it and reading it again
//! changes nothing. Seeded, bounded by iterations.
use skeg_model::{
    meta::quantity::{self, Quantity},
    schema::{self, Type},
    wire::{self, json, yaml},
};

const ITERATIONS: usize = 6_000;

/// A small generator (xorshift64*): the same numbers on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from(self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33).expect("31 bits") % below
    }

    fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.next(of.len())]
    }
}

/// One small change: a byte, a cut, a repeat, or a token that means something to one of the decoders.
fn mutate(text: &mut Vec<u8>, random: &mut Random) {
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
    if text.is_empty() {
        text.push(b'{');
    }
    let at = random.next(text.len());
    let to = (at + random.next(12)).min(text.len());
    match random.next(6) {
        0 => text[at] = u8::try_from(random.next(256)).expect("below 256"),
        1 => drop(text.drain(at..to)),
        2 => {
            let piece = text[at..to].to_vec();
            text.splice(at..at, piece);
        }
        3 => text.truncate(at),
        _ => drop(text.splice(at..to, random.pick(TOKENS).bytes())),
    }
}

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
    let mut random = Random(0x5EED_0001);
    for _ in 0..ITERATIONS {
        let (ty, seed) = seeds()[random.next(4)];
        let mut text = seed.as_bytes().to_vec();
        for _ in 0..=random.next(4) {
            mutate(&mut text, &mut random);
        }
        wire::read_meta(&text);
        wire::splice_resource_version(&text, 7);
        if let Ok(raw) = json::parse(&text) {
            rests(ty, raw);
        }
    }
}

#[test]
fn yaml_documents() {
    const SEED: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  labels: &l {a: 'b', c: \"d\"}\n  annotations: *l\nspec:\n  containers:\n  - name: c\n    args: [x, 017, ~]\n    command:\n    - |\n      text\n    - >-\n      folded\n";
    let mut random = Random(0x5EED_0002);
    for _ in 0..ITERATIONS {
        let mut text = SEED.as_bytes().to_vec();
        for _ in 0..=random.next(4) {
            mutate(&mut text, &mut random);
        }
        if let Ok(document) = yaml::parse(&text) {
            rests(kind("", "Pod"), document.raw);
        }
    }
}

#[test]
fn quantities() {
    let mut random = Random(0x5EED_0003);
    for _ in 0..ITERATIONS * 4 {
        let seed = random.pick(&["100m", "1.5Gi", "-0.25e3", "+12E", "9223372036854775807", "0.000000001", "12Ki"]);
        let mut text = seed.as_bytes().to_vec();
        for _ in 0..random.next(4) {
            mutate(&mut text, &mut random);
        }
        let Ok(text) = String::from_utf8(text) else { continue };
        let Ok(quantity) = Quantity::parse(&text) else { continue };
        let printed = quantity.to_string();
        assert_eq!(Quantity::parse(&printed), Ok(quantity), "{text:?}");
        let kept = quantity::canonical(&text).expect("it parses").into_owned();
        assert_eq!(quantity::canonical(&kept).as_deref(), Ok(kept.as_str()), "{text:?}");
    }
}
