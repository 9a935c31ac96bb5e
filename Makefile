# Two commands do it all: `make run` and `make test`. SET="key=value …" overrides configuration.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
ifndef PURCHASING_RUN_ID
PURCHASING_RUN_ID := $(shell date -u +%Y%m%dT%H%M%SZ)
endif
export PURCHASING_RUN_ID
export CUSTOMER_ID := $(value CUSTOMER)# as it was typed, whatever signs it has
unexport CUSTOMER
export MLFLOW_DISABLE_TELEMETRY ?= true
export MLFLOW_SERVER_ENABLE_JOB_EXECUTION ?= false# seven processes that nothing here gives jobs
SERVE_PORT ?= 5001
MLFLOW_PORT ?= 5000
UI_PORT ?= 8501
TEST_WORKERS ?= 2
# A DVC that was killed while it wrote its own lock leaves it empty, which it cannot read again.
REPRO := find .dvc/tmp -name rwlock -size 0 -delete 2>/dev/null; dvc repro

.NOTPARALLEL:
.PHONY: help run test lint setup tables up down status params check ingest extract rebuild drift detect gate promote score reasons \
	rollback replay smoke reload summary erase forget serve serve-plain ui screenshots mlflow set quality \
	bench-store bench-serve bench-edge bench-scale drill docs demo

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

run: setup ## set up, start Cassandra, load, rebuild, promote, score; ends with a summary
	@python -m stages.params $(SET)
	@python -m stages.node up
	@python -m stages.ingest
	@$(REPRO)
	@python -m stages.promote
	@python -m stages.score

test: lint ## lint and all tests, on a Cassandra of their own
	@pytest -n $(TEST_WORKERS) --dist loadgroup --no-loadscope-reorder --junit-xml=logs/junit.xml

lint: $(BIN)/.tools ## format, types and import rules
	@ruff check && ruff format --check
	@mypy
	@lint-imports

drill: $(BIN)/.tools ## faults on the store, the chain, promotion and serving; ends with a table of what each did
	@pytest tests/drills tests/integration/test_promotion.py \
		tests/integration/test_serving_hardening.py --full -s

# The virtual environment; with Spark where SET asks for it or params.yaml has it.
setup: $(BIN)/.ready $(if $(findstring engine=spark,$(SET))$(shell grep -s 'name: spark' params.yaml),$(BIN)/.spark)

tables: set ## make keyspace and tables, empty, for a feed of your own
	@python -m stages.tables

up: setup ## start the local Cassandra node
	@python -m stages.node up

down: setup ## stop it
	@python -m stages.node down

status: setup ## say whether and where it runs
	@python -m stages.node status

params: setup ## compose conf/ and SET into params.yaml
	@python -m stages.params $(SET)

# A SET given to a single step is composed first; without one, params.yaml stays as it is.
set: setup
	@$(if $(SET),python -m stages.params $(SET),true)

check: set ## dry run of ingest: what would be refused, by line, and why
	@python -m stages.check

ingest: set ## load the source into Cassandra
	@python -m stages.ingest

rebuild: set ## extract, preprocess, train, evaluate, track: only what changed
	@$(REPRO)

extract: set ## read what changed in Cassandra
	@$(REPRO) --quiet extract

drift: extract ## hold the newest customers against those that the champion was made for
	@python -m stages.drift

detect: extract ## is there a reason to train again? says which (reports/detect.json)
	@python -m stages.detect || test $$? -eq 3

gate: set ## judge this result against the baselines and the champion; nothing moves
	@python -m stages.gate

promote: set ## make this result the champion, if the gate passes (FORCE=1: after a rollback, too)
	@python -m stages.promote

score: set ## score all customers with the champion and publish the scores
	@python -m stages.score

reasons: setup ## what moves the scores of some customers (CUSTOMERS=file, an id a line)
	@python -m stages.reasons "$$CUSTOMERS"

rollback: setup ## give the alias back to the former champion and publish its scores again
	@python -m stages.rollback
	@python -m stages.score || { echo 'the alias is back; `make score` publishes its scores'; exit 1; }

replay: setup ## compute a published score again from its data and model (CUSTOMER=id VERSION=n)
	@python -m stages.replay "$$CUSTOMER_ID" '$(VERSION)'

smoke: setup ## ask the endpoint (SERVE_URL) for the champion's own example
	@SERVE_URL=$${SERVE_URL:-http://127.0.0.1:$(SERVE_PORT)} python -m stages.smoke

summary: setup ## what the last retrain came to, in one paragraph
	@python -m stages.summary

erase: setup ## take a customer out of the store (CUSTOMER=id)
	@python -m stages.erase "$$CUSTOMER_ID"

forget: setup ## drop older versions of data and models from DVC's cache (REMOTE=name: there too)
	@dvc gc --workspace --force $(if $(REMOTE),--cloud --remote $(REMOTE))

serve: setup ## serve champion and scores on 127.0.0.1:5001 (SERVE_PORT, SERVE_WORKERS, …)
	@SERVE_PORT=$(SERVE_PORT) python -m stages.serve

serve-plain: setup ## serve the champion by MLflow's own server instead: the same answers, slower
	@MLFLOW_TRACKING_URI=$${MLFLOW_TRACKING_URI:-sqlite:///$(CURDIR)/mlflow.db} OMP_NUM_THREADS=1 \
		mlflow models serve \
		-m models:/purchasing-capability@champion --env-manager local -h 127.0.0.1 -p $(SERVE_PORT)

reload: setup ## have the endpoint (SERVE_URL) look at the alias champion at once; none there: nothing
	@SERVE_URL=$${SERVE_URL:-http://127.0.0.1:$(SERVE_PORT)} python -m stages.reload

ui: setup ## the web UI on 127.0.0.1:8501 (UI_PORT); it asks the endpoint of `make serve`
	@SERVE_URL=$${SERVE_URL:-http://127.0.0.1:$(SERVE_PORT)} python -m streamlit run stages/ui/app.py --server.port $(UI_PORT)

screenshots: $(BIN)/.tools ## write pictures of the web UI, with this result, to docs/images
	@python -m tests.browser.screenshots

mlflow: setup ## MLflow's UI on 127.0.0.1:5000 (MLFLOW_PORT)
	@case "$$MLFLOW_TRACKING_URI" in \
	http*) echo "the runs are on the server that MLFLOW_TRACKING_URI names" ;; \
	*) python -c 'from stages.adapters import registry as r; \
		runs = r.connect().get_experiment_by_name(r.NAME).experiment_id + "/runs"; \
		print(f"http://127.0.0.1:$(MLFLOW_PORT)/#/experiments/{runs}?workflowType=machine_learning")'; \
	mlflow server --host 127.0.0.1 --port $(MLFLOW_PORT) --workers $${MLFLOW_WORKERS:-1} \
		--uvicorn-opts '--log-level warning' \
		--backend-store-uri "$${MLFLOW_TRACKING_URI:-sqlite:///$(CURDIR)/mlflow.db}" ;; \
	esac

quality: setup ## the method at out-of-time cutoffs, figures beside their goals
	@python -m bench.quality

bench-store: set ## measure load and unload beside DSBulk, on a node of its own (ROUNDS=3)
	@python -m bench.store --rounds $(or $(ROUNDS),3)

bench-serve: set ## measure the endpoint beside MLflow's own server (ROUNDS=3)
	@python -m bench.serve --rounds $(or $(ROUNDS),3)

bench-edge: setup ## measure what the model and a copy of the scores need where memory is short
	@python -m bench.edge

bench-scale: setup ## measure 1 to 50 million synthetic rows, SQL by hand and pandas beside (ROUNDS=1)
	@python -m bench.scale --rounds $(or $(ROUNDS),1)

docs: $(BIN)/.tools ## this result's figures into docs/, and the site in build/site; needs no network
	@python -m docsite.configuration
	@python -m docsite.figures
	@NO_MKDOCS_2_WARNING=1 python -m mkdocs build --quiet
	@echo 'open build/site/index.html'

demo: $(BIN)/.tools ## play demo/scenes.yaml on a copy and record docs/demo/demo.mp4 (ten minutes)
	@python -m demo

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo 'Python 3.11 or newer is needed; name yours: make run PYTHON=python3.12'; exit 1; }
	@$(PYTHON) -m venv --clear .venv || { rm -rf .venv; \
		echo 'this Python cannot make a virtual environment; add its venv module'; exit 1; }

$(BIN)/.ready: requirements.txt $(BIN)/python
	@$(call install,requirements.txt)

$(BIN)/.spark: requirements-spark.txt $(BIN)/.ready
	@$(call install,requirements-spark.txt)

$(BIN)/.tools: requirements-dev.txt requirements-spark.txt $(BIN)/.ready
	@$(call install,requirements-dev.txt)

# Byte-compiled once, so that every later start is quick even where Python may not write caches.
define install
	mkdir -p logs; echo 'installing $(1); a few minutes the first time (log: logs/setup.log)'; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r $(1) >logs/setup.log 2>&1 || { \
		echo 'pip could not install $(1) (no network?): see logs/setup.log'; exit 1; }; \
	python -m compileall -q .venv/lib >/dev/null; touch $@
endef
