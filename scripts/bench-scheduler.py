#!/usr/bin/env python3
"""Pods bound per second, skeg beside upstream. Called by bench-scheduler.sh.

Of each system: API server alone, nodes registered by `skeg simulate` (which then ends: a kubelet's work is not the control plane's),
pods created; then a watch on bound pods opens, and only then the scheduler may begin: upstream's is started, skeg's gets the Lease that
the measurement held. A pod that is bound before the watch is open fails the run. The rate is from the first to the last binding, so that
neither start-up nor the first lists count. Then the Events are waited for: the table says how many a pod there are, and CPU is that of
all processes of the system from the first binding to the last Event.
"""
import argparse
import collections
import http.client
import json
import os
import pathlib
import random
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time

NAMESPACE = "bench"
CREATORS = 8
ZONES = 10
# Admission that needs the controller manager's work: service accounts, and the taint of new nodes that are not known to be ready.
WITHOUT = "TaintNodesByCondition,ServiceAccount"
TICKS = os.sysconf("SC_CLK_TCK")
# Seconds without a new Event after which no more are expected.
EVENTS_QUIET = 3
# Who schedules: skeg's scheduler waits for this Lease until the watch is open.
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"
LEASE = {"metadata": {"name": "kube-scheduler"}, "spec": {"holderIdentity": "bench", "leaseDurationSeconds": 3600}}
LEADER = ["--leader-elect", "--leader-elect-retry-period=100ms"]
Result = collections.namedtuple("Result", "bound rate cpu events")


def pod(name, labels, spec):
    requests = {"cpu": "100m", "memory": "500Mi"}
    container = {"name": "pause", "image": "registry.k8s.io/pause:3.10.1", "resources": {"requests": requests}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels},
            "spec": {"containers": [container], "automountServiceAccountToken": False, **spec}}


def relation(kind, key, labels):
    term = {"labelSelector": {"matchLabels": labels}, "topologyKey": key}
    return {"affinity": {kind: {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}}


def case_pod(case, index, groups):
    """Pod number `index` of a case. Anti-affinity is between pods of one group of so many that each fits the nodes twice."""
    name = f"{case}-{index}"
    if case == "basic":
        return pod(name, {"color": "red"}, {})
    if case == "spreading":
        labels = {"color": "blue"}
        return pod(name, labels, {"topologySpreadConstraints": [
            {"maxSkew": 5, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "DoNotSchedule",
             "labelSelector": {"matchLabels": labels}}]})
    if case == "anti-affinity":
        labels = {"color": "green", "group": f"g{index % groups}"}
        return pod(name, labels, relation("podAntiAffinity", "kubernetes.io/hostname", labels))
    labels = {"color": "blue"}
    return pod(name, labels, relation("podAffinity", "topology.kubernetes.io/region", labels))


class Api:
    def __init__(self, port, certs):
        self.port = port
        self.tls = ssl.create_default_context(cafile=f"{certs}/ca.crt")
        self.tls.load_cert_chain(f"{certs}/admin.crt", f"{certs}/admin.key")

    def connect(self):
        return http.client.HTTPSConnection("127.0.0.1", self.port, context=self.tls, timeout=60)

    def call(self, connection, method, path, body=None):
        data = None if body is None else json.dumps(body)
        connection.request(method, path, data, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status} {text[:300].decode(errors='replace')}")
        return json.loads(text)

    def wait_ready(self, process, log):
        for _ in range(1200):
            try:
                connection = self.connect()
                connection.request("GET", "/readyz")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                pass
            if process and process.poll() is not None:
                raise SystemExit(pathlib.Path(log).read_text())
            time.sleep(0.01)
        raise SystemExit("the server was not ready within 12 s")

    def create(self, path, objects):
        """Creates all objects over some connections at once."""
        todo, lock, failed = iter(objects), threading.Lock(), []

        def work():
            connection = self.connect()
            while True:
                with lock:
                    item = next(todo, None)
                if item is None:
                    return
                try:
                    self.call(connection, "POST", path, item)
                except BaseException as error:  # noqa: BLE001: told by the main thread
                    failed.append(error)
                    return

        threads = [threading.Thread(target=work) for _ in range(CREATORS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failed:
            raise SystemExit(str(failed[0]))


class Watch:
    """Counts bound pods as they come; none may be bound before."""

    def __init__(self, api, wanted):
        self.times, self.wanted, self.done = [], wanted, threading.Event()
        connection = api.connect()
        path = f"/api/v1/namespaces/{NAMESPACE}/pods?fieldSelector=spec.nodeName!%3D"
        bound = api.call(connection, "GET", path)
        if bound["items"]:
            raise SystemExit(f"{len(bound['items'])} pods were bound before the watch was open: nothing can be measured")
        connection.request("GET", f"{path}&watch=1&resourceVersion={bound['metadata']['resourceVersion']}")
        self.answer = connection.getresponse()
        if self.answer.status != 200:
            raise SystemExit(f"watch: {self.answer.status}")
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        rest = b""
        while len(self.times) < self.wanted:
            try:
                data = self.answer.read1(1 << 16)
            except OSError:
                break
            if not data:
                break
            rest += data
            lines = rest.split(b"\n")
            rest = lines.pop()
            now = time.monotonic()
            self.times += [now] * sum(1 for line in lines if line[:40].replace(b" ", b"").startswith(b'{"type":"ADDED"'))
        self.done.set()


def cpu_seconds(pids):
    total = 0
    for pid in pids:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def events(api):
    """How many Events there are."""
    some = api.call(api.connect(), "GET", f"/api/v1/namespaces/{NAMESPACE}/events?limit=1")
    return len(some["items"]) + some["metadata"].get("remainingItemCount", 0)


def all_events(api, wanted):
    """Waits until there are so many Events, or no more come."""
    written, since = events(api), time.monotonic()
    while written < wanted and time.monotonic() - since < EVENTS_QUIET:
        time.sleep(0.1)
        before, written = written, events(api)
        if written > before:
            since = time.monotonic()
    return written


def measure(api, watch, pids, limit):
    """Waits for all bindings and their Events: how many pods were bound, pods a second, CPU seconds and Events per pod."""
    began = time.monotonic()
    while not watch.times and time.monotonic() - began < limit:
        time.sleep(0.005)
    before = cpu_seconds(pids)
    watch.done.wait(max(0.0, limit - (time.monotonic() - began)))
    ended, times = time.monotonic(), list(watch.times)
    if len(times) < 2:
        return Result(len(times), 0.0, 0.0, 0.0)
    complete = len(times) >= watch.wanted
    span = (times[-1] if complete else ended) - times[0]
    written = all_events(api, len(times))
    used = cpu_seconds(pids) - before
    return Result(len(times), (len(times) - 1) / max(span, 1e-9), used / len(times), written / len(times))


class System:
    """What both have in common."""

    def __init__(self, args, state):
        self.args, self.state = args, state
        self.port = random.randrange(20000, 29000)

    def prepare(self, nodes, groups_of, case, pods):
        """Nodes and pods, before any scheduler runs."""
        log = f"{self.state}/simulate.log"
        zones = ",".join(f"zone-{i}" for i in range(ZONES))
        with open(log, "w") as out:
            simulate = subprocess.Popen(
                [self.args.skeg, "simulate", "--nodes", str(nodes), "--kubeconfig", self.kubeconfig, "--zones", zones,
                 "--node-labels", "topology.kubernetes.io/region=region-0", "--capacity", "cpu=8,memory=64Gi,pods=110",
                 "--node-lease-duration-seconds", "3600"], stderr=out)
            while "nodes registered" not in pathlib.Path(log).read_text():
                if simulate.poll() is not None:
                    raise SystemExit(pathlib.Path(log).read_text())
                time.sleep(0.02)
            simulate.send_signal(signal.SIGTERM)
            simulate.wait()
        connection = self.api.connect()
        self.api.call(connection, "POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
        self.api.create(f"/api/v1/namespaces/{NAMESPACE}/pods", (case_pod(case, i, groups_of) for i in range(pods)))


class Skeg(System):
    name = "skeg"

    def start(self, *disabled, flags=()):
        log = f"{self.state}/skeg.log"
        self.process = subprocess.Popen(
            [self.args.skeg, "server", "--disable=" + ",".join(["kubelet", "proxy", "dns", "controller-manager", *disabled]),
             "--data-dir", f"{self.state}/data", "--bind-address", "127.0.0.1", "--advertise-address", "127.0.0.1",
             "--secure-port", str(self.port), "--write-kubeconfig", self.kubeconfig, "--disable-admission-plugins", WITHOUT, *flags],
            stderr=open(log, "w"))
        while not pathlib.Path(f"{self.state}/data/pki/admin.key").exists():
            if self.process.poll() is not None:
                raise SystemExit(pathlib.Path(log).read_text())
            time.sleep(0.01)
        time.sleep(0.05 if disabled else 0)
        self.api = Api(self.port, f"{self.state}/data/pki")
        self.api.wait_ready(self.process, log)

    def stop(self):
        if getattr(self, "process", None):
            self.process.terminate()
            self.process.wait()
            self.process = None

    def run(self, nodes, groups, case, pods):
        self.kubeconfig = f"{self.state}/kubeconfig"
        subprocess.run(["rm", "-rf", f"{self.state}/data"], check=True)
        self.start("scheduler")
        self.prepare(nodes, groups, case, pods)
        connection = self.api.connect()
        self.api.call(connection, "POST", LEASES, LEASE)
        self.stop()
        self.start(flags=LEADER)
        watch = Watch(self.api, pods)
        self.api.call(self.api.connect(), "DELETE", f"{LEASES}/{LEASE['metadata']['name']}")
        return measure(self.api, watch, [self.process.pid], self.args.limit)


class Upstream(System):
    name = "upstream"

    def run(self, nodes, groups, case, pods):
        state, base = f"{self.state}/upstream", self.port
        env = {**os.environ, "BIN": f"{self.args.upstream}/bin", "STATE": state, "PODS": "10.0.0.0/8",
               "API_EXTRA": f"--disable-admission-plugins={WITHOUT}"}
        subprocess.run(["bash", f"{self.args.scripts}/up.sh", "api", str(base)], env=env, check=True, stdout=subprocess.DEVNULL)
        self.kubeconfig = f"{state}/admin.kubeconfig"
        self.api = Api(base + 443, f"{state}/certs")
        self.prepare(nodes, groups, case, pods)
        watch = Watch(self.api, pods)
        config = f"{state}/sched.kubeconfig"
        self.scheduler = subprocess.Popen(
            [f"{self.args.upstream}/bin/kube-scheduler", f"--kubeconfig={config}", f"--authentication-kubeconfig={config}",
             f"--authorization-kubeconfig={config}", "--bind-address=127.0.0.1", f"--secure-port={base + 259}",
             f"--cert-dir={state}/run", "--leader-elect=false", "--kube-api-qps=5000", "--kube-api-burst=5000"],
            stderr=open(f"{state}/log/sched.log", "w"))
        run = pathlib.Path(state, "run")
        pids = [self.scheduler.pid] + [int(run.joinpath(f"{name}.pid").read_text()) for name in ("etcd", "kube-apiserver")]
        return measure(self.api, watch, pids, self.args.limit)

    def stop(self):
        if getattr(self, "scheduler", None):
            self.scheduler.terminate()
            self.scheduler.wait()
            self.scheduler = None
        if os.path.isdir(f"{self.state}/upstream/run"):
            subprocess.run(["bash", f"{self.args.scripts}/down.sh"], env={**os.environ, "STATE": f"{self.state}/upstream"},
                           check=False, stdout=subprocess.DEVNULL)


def once(system, nodes, case, pods):
    # Both get the same groups: those that skeg's number of pods asks for.
    groups = max(1, -(-2 * system.args.pods // nodes))
    try:
        return system.run(nodes, groups, case, pods)
    finally:
        system.stop()


def main():
    parser = argparse.ArgumentParser()
    for name in ("skeg", "upstream", "scripts", "nodes", "cases"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("pods", "upstream-pods", "limit"):
        parser.add_argument(f"--{name}", type=int, required=True)
    args = parser.parse_args()
    columns = ["nodes", "case"]
    for name in ("skeg", "upstream"):
        columns += [f"{name} pods/s", "Events per pod", "ms CPU per pod"]
    print(f"| {' | '.join([*columns, 'ratio'])} |\n{'|---' * (len(columns) + 1)}|", flush=True)
    with tempfile.TemporaryDirectory() as state:
        for nodes in map(int, args.nodes.split(",")):
            for case in args.cases.split(","):
                ours, theirs = once(Skeg(args, state), nodes, case, args.pods), None
                if args.upstream:
                    theirs = once(Upstream(args, state), nodes, case, args.upstream_pods)
                print(row(nodes, case, ours, args.pods, theirs, args.upstream_pods), flush=True)


def row(nodes, case, ours, pods, theirs, their_pods):
    def cells(result, wanted):
        short = "" if result.bound >= wanted else f" ({result.bound} of {wanted})"
        rate = f"{result.rate:.0f}" if result.rate >= 10 else f"{result.rate:.1f}"
        return f"{rate}{short}", f"{result.events:.2f}", f"{result.cpu * 1e3:.2f}"

    them = cells(theirs, their_pods) if theirs else ("", "", "")
    ratio = f"{ours.rate / theirs.rate:.1f}" if theirs and theirs.rate else ""
    return f"| {nodes:,} | {case} | {' | '.join(cells(ours, pods))} | {' | '.join(them)} | {ratio} |"


if __name__ == "__main__":
    sys.exit(main())
