# make run: a cluster in the background with a sample application. make help lists the rest.
.PHONY: help build run stop test fidelity convergence nodelife bench bench-api bench-hostile bench-scheduler bench-net bench-node churn v2 deps

help:
	@echo "make run          start a one-node cluster and the sample application (LAB=1: in namespaces of its own)"
	@echo "make stop         end it and remove what it started (PURGE=1: its data too)"
	@echo "make test         all tests (installs what they need)"
	@echo "make build        the release binary"
	@echo "make bench        all of bench-api, bench-scheduler, bench-net and bench-node, one after the other"
	@echo "make bench-api    load probe of the API server, with UPSTREAM=DIR beside the real one (JUDGES=DIR)"
	@echo "make churn        50 rounds of pods, Services and restarts in a lab leave nothing (ROUNDS=N)"
	@echo "make v2           a node under cgroup version 2, in a user-mode-linux guest"
	@echo "make bench-hostile  memory of the API server while clients abuse it"
	@echo "make bench-net    Services into nftables and DNS answers, measured in a network namespace"
	@echo "make bench-node   100 pods started at once beside the runtime alone, and a node with 30 at rest, in a lab (needs root, kubectl)"
	@echo "make bench-scheduler  pods bound per second on simulated nodes, with UPSTREAM=DIR beside the real scheduler"
	@echo "make fidelity     replay recorded API conversations (JUDGES=DIR); also: make convergence, make nodelife"

bench-node:
	@scripts/bench-node.sh

build:
	@. scripts/common.sh && build_skeg && echo "$$SKEG"

run:
	@LAB="$(LAB)" MAKECMDGOALS=run scripts/run.sh

stop:
	@LAB="$(LAB)" PURGE="$(PURGE)" MAKECMDGOALS=stop scripts/stop.sh

deps:
	@scripts/install-deps.sh

churn: deps
	@SKEG_CHURN_ROUNDS=$${ROUNDS:-50} cargo test --quiet --locked -p skeg --test churn -- --nocapture

v2: deps
	@MAKECMDGOALS=v2 scripts/uml.sh

bench-net: deps
	@MAKECMDGOALS=bench-net scripts/bench-net.sh

test: deps
	@scripts/test.sh

fidelity convergence nodelife:
	@scripts/judge.sh $@

bench: bench-api bench-scheduler bench-net bench-node

bench-api:
	@UPSTREAM="$(UPSTREAM)" scripts/bench.sh

bench-hostile:
	@bash -c '. scripts/common.sh; build_skeg; exec scripts/bench-hostile.py "$$SKEG"'

bench-scheduler:
	@UPSTREAM="$(UPSTREAM)" scripts/bench-scheduler.sh
