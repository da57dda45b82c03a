//! create, apply in its forms, label, annotate, patch, replace, and what tells of objects.
use super::Kubectl;

fn config(value: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: kept, labels: {{set: s}}}}\ndata: {{a: {value}}}\n")
}

/// Every generator of `kubectl create` whose kind is served.
const GENERATED: &[&str] = &[
    "namespace made-ns",
    "configmap made --from-literal=a=b",
    "secret generic made --from-literal=a=b",
    "secret docker-registry made-registry --docker-username=u --docker-password=p",
    "serviceaccount made",
    "role made --verb=get --resource=pods",
    "rolebinding made --role=made --serviceaccount=default:made",
    "clusterrole made --verb=get --resource=nodes",
    "clusterrolebinding made --clusterrole=made --serviceaccount=default:made",
    "deployment made --image=skeg.dev/web:1 --replicas=0",
    "service clusterip made --tcp=80:8080",
    "service nodeport made-port --tcp=80:8080",
    "service loadbalancer made-balancer --tcp=80:8080",
    "service externalname made-name --external-name=example.com",
    "priorityclass made --value=10",
];

impl Kubectl<'_> {
    pub(super) fn objects(&self) {
        self.generators();
        self.changes();
        self.applies();
        self.applies_on_the_server();
        self.tells();
    }

    fn generators(&self) {
        for line in GENERATED {
            self.check(&format!("create {line}"), "created");
        }
        let token = self.run("create token made --duration=1h");
        assert_eq!(token.split('.').count(), 3, "a token has three parts");
        self.check("auth can-i get pods --as=system:serviceaccount:default:made", "yes");
        assert!(self.refused("auth can-i delete pods --as=system:serviceaccount:default:made").is_empty());
        self.check("auth can-i --list --as=system:serviceaccount:default:made", "pods");
        self.check("auth whoami", "kubernetes-admin");
        for line in GENERATED {
            let mut words = line.split(' ');
            let kind = words.next().unwrap();
            let name = words.find(|word| word.starts_with("made")).unwrap();
            self.check(&format!("delete {kind} {name}"), "deleted");
        }
    }

    fn changes(&self) {
        self.run("create configmap changed --from-literal=a=b");
        self.check("label configmap changed colour=blue", "labeled");
        self.check("annotate configmap changed why=because", "annotated");
        self.check("get configmap changed -o jsonpath={.metadata.labels}{.metadata.annotations}", "because");
        self.args(&["patch", "configmap", "changed", "--type=merge", "-p", r#"{"data":{"a":"merged"}}"#]);
        let operation = r#"[{"op":"replace","path":"/data/a","value":"replaced"}]"#;
        self.args(&["patch", "configmap", "changed", "--type=json", "-p", operation]);
        self.check("get configmap changed -o jsonpath={.data.a}", "replaced");
        let whole = self.run("get configmap changed -o yaml").replace("a: replaced", "a: put");
        let file = self.lab.file("changed.yaml", &whole);
        self.check(&format!("replace -f {file}"), "configmap/changed replaced");
        self.check("get configmap changed -o jsonpath={.data.a}", "put");
        self.run("delete configmap changed");
    }

    fn applies(&self) {
        let file = self.lab.file("kept.yaml", &config("one"));
        self.check(&format!("apply -f {file}"), "created");
        let pruned = format!("apply --prune -l set=s --prune-allowlist=core/v1/ConfigMap -f {file}");
        self.check(&pruned, "unchanged");
        self.lab.file("kept.yaml", &config("two"));
        let output = self.lab.command(self.program, &["diff", "-f", &file]).output().unwrap();
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.code() == Some(1) && shown.contains("+  a: two"), "diff showed:\n{shown}");
        let other = config("three").replace("name: kept", "name: other");
        let other = self.lab.file("other.yaml", &other);
        self.check(
            &format!("apply --prune -l set=s --prune-allowlist=core/v1/ConfigMap -f {other}"),
            "configmap/kept pruned",
        );
        self.run("delete configmap other");
    }

    fn applies_on_the_server(&self) {
        let file = self.lab.file("kept.yaml", &config("one"));
        self.check(&format!("apply --server-side -f {file}"), "configmap/kept serverside-applied");
        self.lab.file("kept.yaml", &config("two"));
        let told = self.refused(&format!("apply --server-side --field-manager=other -f {file}"));
        assert!(told.contains("conflict with \"kubectl\": .data.a"), "{told}");
        let forced = format!("apply --server-side --field-manager=other --force-conflicts -f {file}");
        self.check(&forced, "serverside-applied");
        self.check("get configmap kept -o jsonpath={.data.a}", "two");
        let managers = "get configmap kept --show-managed-fields -o jsonpath={.metadata.managedFields[*].manager}";
        self.check(managers, "other");
        self.check(&format!("apply --server-side --dry-run=server --force-conflicts -f {file}"), "(server dry run)");
        self.run("delete configmap kept");
    }

    fn tells(&self) {
        self.check("api-versions", "apps/v1");
        self.check("api-resources", "configmaps");
        self.check("explain pod.spec.containers", "FIELDS:");
        self.check("events", "LAST SEEN");
        self.check("cluster-info", "is running at");
        self.check("get all", "service/kubernetes");
        self.check("version", "Server Version: v1.36");
    }
}
