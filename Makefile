# vectorkit: `make help` lists what there is.
SHELL := /bin/sh
.DEFAULT_GOAL := help
STACK ?= local
PYTHON_IN_VENV := .venv/bin/python
LOCAL := $(PYTHON_IN_VENV) -m local
JSON_FLAG = $(if $(JSON),--json)
# A chart to deploy instead of our own: CHART=folder or .tgz is short for VECTORKIT_CHART.
ifdef CHART
VECTORKIT_CHART := $(CHART)
endif
# What the machine's owner may say on make's command line reaches the programs as environment variables.
export PURGE DRY_RUN REFRESH KUBECONFIG VECTORKIT_STATE VECTORKIT_CACHE VECTORKIT_NODES VECTORKIT_SUBNET
export VECTORKIT_S3_ENDPOINT VECTORKIT_S3_CA_FILE VECTORKIT_S3_DEPLOYER VECTORKIT_CHART VECTORKIT_OFFICIAL_PLUGIN
export VECTORKIT_EVIDENCE
export PYTHONDONTWRITEBYTECODE = 1

.PHONY: help venv up start down status kubeconfig smoke undelete plan images handoff docs drift evidence seal snapshots vault-verify restore drill record test check types tests-without-environment format lock bench qualify

help: ## Show this list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

venv:
	@local/venv.sh

up: venv ## Start the platform, run `pulumi up` on stack local, load sample data, run the smoke tests; REFRESH=1.
	@$(LOCAL) up

start: venv ## Start node, cluster and store, and deploy nothing.
	@$(LOCAL) start

down: venv ## Stop the platform and leave nothing running; data stays unless PURGE=1.
	@$(LOCAL) down

status: venv ## Show what runs.
	@$(LOCAL) status

kubeconfig: venv ## Print the path of the platform's kubeconfig.
	@$(LOCAL) kubeconfig

smoke: venv ## Run the smoke tests against STACK (default local).
	@$(LOCAL) smoke --stack "$(STACK)"

undelete: venv ## Bring back what was deleted in STACK, as of AT=time; DRY_RUN=1 only says what.
	@$(LOCAL) undelete --stack "$(STACK)" --at "$(AT)"

plan: venv ## Say what the stack file of STACK means, before anything is deployed; JSON=1, VALUES=1.
	@PYTHONPATH=infra $(PYTHON_IN_VENV) -m handover.plan --stack "$(STACK)" $(if $(JSON),--json) $(if $(VALUES),--values)

images: venv ## List the images of STACK, or the commands that copy them into its mirror; JSON=1.
	@PYTHONPATH=infra $(PYTHON_IN_VENV) -m handover.images --stack "$(STACK)" $(if $(JSON),--json)

handoff: venv ## Write the page of STACK for the team that receives it, into handoff/.
	@$(LOCAL) handoff --stack "$(STACK)"

docs: venv ## Write the settings reference and the JSON Schema of stack files anew.
	@PYTHONPATH=infra $(PYTHON_IN_VENV) -m handover.reference

drift: venv ## Say whether STACK still is as declared: exit status 0, or a list; JSON=1.
	@$(LOCAL) drift --stack "$(STACK)" $(if $(JSON),--json)

seal: venv ## Seal all that STACK holds in its vault, as STACK says [DAYS=for longer JSON=1].
	@$(LOCAL) seal --stack "$(STACK)" -- $(if $(DAYS),--days "$(DAYS)") $(JSON_FLAG)

snapshots: venv ## List the snapshots in the vault of STACK; JSON=1.
	@$(LOCAL) snapshots --stack "$(STACK)" -- $(JSON_FLAG)

vault-verify: venv ## Say whether a snapshot of STACK is whole [SNAPSHOT=newest SAMPLE=1 JSON=1].
	@$(LOCAL) vault-verify --stack "$(STACK)" -- $(if $(SNAPSHOT),--snapshot "$(SNAPSHOT)") \
	  $(if $(SAMPLE),--sample "$(SAMPLE)") $(JSON_FLAG)

restore: venv ## Bring a snapshot into STACK, which must be empty [SNAPSHOT= FROM_STACK= FROM=vault bucket MILVUS_VERSION= JSON=1].
	@$(LOCAL) restore --stack "$(STACK)" -- $(if $(SNAPSHOT),--snapshot "$(SNAPSHOT)") \
	  $(if $(FROM_STACK),--from-stack "$(FROM_STACK)") $(if $(FROM),--vault-bucket "$(FROM)") \
	  $(if $(MILVUS_VERSION),--milvus-version "$(MILVUS_VERSION)") $(JSON_FLAG)

drill: venv ## Attack a scratch copy of STACK with real credentials, then restore it; JSON=1.
	@$(LOCAL) drill --stack "$(STACK)" -- $(JSON_FLAG)

evidence: venv ## Prove the vault's immutability; VECTORKIT_EVIDENCE=folder takes the record.
	@$(LOCAL) evidence

test: venv ## Run every test; starts the platform when it is not running.
	@$(LOCAL) test

check: venv ## Format, lint, types, and every test that needs no environment.
	@.venv/bin/ruff format --check --quiet . || { echo "error: run 'make format' first" >&2; exit 1; }
	@.venv/bin/ruff check --quiet .
	@$(MAKE) --no-print-directory --jobs=2 types tests-without-environment

types: venv
	@.venv/bin/mypy --strict local plugins vault handover infra policy/vectorkit_policy smoke_tests bench tests
	@.venv/bin/mypy --strict policy/__main__.py

tests-without-environment: venv
	@$(PYTHON_IN_VENV) -m pytest -q -m "not tools and not platform"

record: venv ## Write the plans of all stack files anew, to be read in review.
	@$(LOCAL) record

format: venv ## Format the code.
	@.venv/bin/ruff format --quiet . && .venv/bin/ruff check --quiet --fix .

qualify: venv ## Ask a store what it can do: ENDPOINT=... REGION=... [CA_FILE= ADDRESSING= JSON= HTML= LATENCY=no].
	@$(PYTHON_IN_VENV) -m plugins.objectstore.qualify --endpoint "$(ENDPOINT)" --region "$(REGION)" \
	  $(if $(CA_FILE),--ca-file "$(CA_FILE)") $(if $(ADDRESSING),--addressing "$(ADDRESSING)") \
	  $(if $(JSON),--json "$(JSON)") $(if $(HTML),--html "$(HTML)") $(if $(filter no,$(LATENCY)),--no-latency)

bench: venv ## Measure the platform and print the figures as JSON.
	@$(PYTHON_IN_VENV) -m bench.platform

lock: venv ## Pin requirements.in with hashes.
	@.venv/bin/uv pip compile --quiet --generate-hashes --no-header --python-version 3.11 requirements.in -o requirements.lock
	@.venv/bin/uv pip compile --quiet --generate-hashes --no-header --python-version 3.11 -c requirements.lock vault/requirements.in -o vault/requirements.lock
	@.venv/bin/uv pip compile --quiet --generate-hashes --no-header --no-deps local/tools/wheels.in -o local/tools/wheels.lock
	@.venv/bin/uv pip compile --quiet --generate-hashes --no-header --python-version 3.11 tests/rendered/checkov.in -o tests/rendered/checkov.lock
