# Needs Python 3.11 or newer and make; everything else comes from package registries into .venv and widget/node_modules.
# `make` or `make help` lists what there is.

SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
# Options of `make demo`: PORT=8080 METRICS_PORT=9464 DATA_DIR=demo-data VISITORS=0
DEMO_OPTIONS := $(if $(PORT),--port "$(PORT)") $(if $(METRICS_PORT),--metrics-port "$(METRICS_PORT)") \
  $(if $(DATA_DIR),--data-dir "$(DATA_DIR)") $(if $(VISITORS),--visitors "$(VISITORS)")

.PHONY: help demo test lint format types frontend frontend-test unit browser pictures shredding backlog bench bench-pairing simulate model schedules fuzz fuzz-api redaction wheel lock clean install install-dev test-tools

help: ## list what make can do
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-22s %s\n", $$1, $$2}'

install:
	@deploy/build/venv.sh requirements.lock

install-dev:
	@deploy/build/venv.sh requirements-dev.lock

frontend: install ## build widget and console into chatsvc/static
	@$(BIN)/python deploy/build/frontend.py

# `exec`, so that Ctrl-C and SIGTERM reach the program itself and not a shell around it; it also ends when make is killed.
demo: install frontend ## try it: everything on this machine (PORT= METRICS_PORT= DATA_DIR= VISITORS=)
	@exec $(BIN)/chatsvc demo --stop-with $$PPID $(DEMO_OPTIONS)

test: test-tools install-dev lint types frontend frontend-test ## the gate: format, lint, types, sizes and all tests (TOGETHER=2: two at once)
	@exec $(BIN)/python -m pytest $(if $(TOGETHER),--numprocesses $(TOGETHER) --dist worksteal)

test-tools:
	@deploy/build/install-test-tools.sh

lint: install-dev ## formatting and lint
	@$(BIN)/ruff format --check --quiet . || { echo "Formatting differs; make format puts it right." >&2; $(BIN)/ruff format --check . >&2; exit 1; }
	@$(BIN)/ruff check --quiet .
	@echo "Formatting and lint are in order."

format: install-dev ## put formatting and import order right
	@$(BIN)/ruff check --quiet --fix --select I .
	@$(BIN)/ruff format .

types: install-dev ## mypy strict and TypeScript strict
	@$(BIN)/mypy
	@$(BIN)/python deploy/build/frontend.py npm run --silent types

frontend-test: test-tools install-dev ## unit tests of the front end
	@$(BIN)/python deploy/build/frontend.py npm test --silent

unit: install-dev frontend ## Python tests without browser and process tests
	@exec $(BIN)/python -m pytest -m "not browser and not process and not slow"

browser: test-tools install-dev frontend ## tests in Chromium
	@exec $(BIN)/python -m pytest tests/browser

bench: install-dev frontend ## cost per message beside a bare echo and python-socketio
	@exec $(BIN)/python -m loadtest

bench-pairing: install-dev ## cost of joining, taking and freeing a place, from 100 to 1,000,000 waiting
	@exec $(BIN)/python -m loadtest.pairing

simulate: install-dev ## weeks of a service in simulated time: waits, fairness, estimates (DAYS= SEED=)
	@exec $(BIN)/python -m loadtest.simulator $(if $(DAYS),--days "$(DAYS)") $(if $(SEED),--seed "$(SEED)")

model: install-dev ## lives of a pool on a real store beside a reference, promises after every step (LIVES=5000 STEPS=50)
	@CHATSVC_MODEL_LIVES="$(or $(LIVES),5000)" CHATSVC_MODEL_STEPS="$(or $(STEPS),50)" $(BIN)/python -m pytest --timeout 0 tests/model

schedules: install-dev ## random schedules at many instants beside a slow reading of them (EXAMPLES=100000 SEED=)
	@CHATSVC_SCHEDULES="$(or $(EXAMPLES),100000)" $(if $(SEED),CHATSVC_SEED="$(SEED)") $(BIN)/python -m pytest --timeout 0 tests/services/test_schedules.py

fuzz: install-dev ## the decoder of messages, the rules of questions and of retention, and origins, guided by coverage (RUNS=1000000 TARGETS=)
	@exec $(BIN)/python -m tests.fuzz.measure "$(or $(RUNS),1000000)" $(TARGETS)

fuzz-api: install-dev ## requests made from the OpenAPI document, to every operation as every role (EXAMPLES=500)
	@CHATSVC_EXAMPLES="$(or $(EXAMPLES),500)" $(BIN)/python -m pytest --timeout 0 tests/contract/test_openapi.py

redaction: install-dev ## recall and precision of redaction on lines made for it (LINES=5000 SEED=1)
	@exec $(BIN)/python -m loadtest.redaction $(if $(LINES),--lines "$(LINES)") $(if $(SEED),--seed "$(SEED)")

shredding: install-dev ## erased means that no copy of the store opens with the vault and its backups (CONVERSATIONS=200)
	@CHATSVC_SHREDDING="$(or $(CONVERSATIONS),200)" $(BIN)/python -m pytest --timeout 0 tests/shredding

backlog: install-dev ## a worker that starts after downtime: what is overdue is gone within a minute (CONVERSATIONS=12000 STAYING=50000)
	@CHATSVC_BACKLOG="$(or $(CONVERSATIONS),12000)" CHATSVC_STAYING="$(or $(STAYING),50000)" $(BIN)/python -m pytest -s --timeout 0 tests/faults/test_retention_backlog.py

pictures: test-tools install-dev frontend ## take the README's pictures anew
	@exec $(BIN)/python -m tests.browser.pictures

wheel: install-dev ## build dist/*.whl and dist/*.tar.gz with the front end inside
	@rm -rf dist
	@$(BIN)/uv build --quiet --no-build-isolation --python $(BIN)/python --sdist --wheel --out-dir dist .
	@ls dist

lock: install-dev ## write the lock files anew (LOCK_FLAGS=--upgrade for newer versions)
	@deploy/build/lock.sh

clean: ## remove what was built and installed here; keeps the demo's conversations
	@rm -rf .venv widget/node_modules chatsvc/static dist .mypy_cache .ruff_cache
