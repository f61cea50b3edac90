# Everything that contributors and CI run. Targets set up what they need: npm packages are installed, and the real
# Kubernetes binaries are built, if they are missing or stale.

# Node 24 is among the npm packages if npm has it for this system, and takes precedence over the system's own. The lab
# needs programs in sbin, which is missing from some PATHs.
SYSTEM_PATH := $(PATH)
export PATH := $(CURDIR)/node_modules/.bin:$(PATH):/usr/local/sbin:/usr/sbin:/sbin

PACKAGES := node_modules/.package-lock.json
SOURCES := $(shell find src packages/kubesim/src -name '*.ts' -o -name '*.json')
# Of the console's page. Modules of the program that it imports are among them.
PAGE := $(shell find packages/console -type f -not -path '*/node_modules/*' -not -path '*/test/*') src/runtime/visible.ts

.DEFAULT_GOAL := help
.PHONY: help start stop lab lab-down e2e conformance interop test chromium screenshots kubesim kubesim-example dist dist-twice fuzz schedules mutation docs site prose check bench bench-dns tools versions cluster-tools node clean

help: ## List the targets.
	@sed -nE 's/^([a-z0-9-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 20

# Real control planes and the lab need the binaries; the sandbox does not.
start: dist/catamaran.js $(if $(filter real% lab,$(CLUSTERS)),cluster-tools) ## Start clusters, the controller and the examples. CLUSTERS=n|real|real:n|lab, DETACH=1.
	@node tools/tasks/start.ts

stop: node ## Stop what `make start DETACH=1` started.
	@node tools/tasks/stop.ts

lab: node ## Start full clusters with running pods, as root on Linux. CLUSTERS=n, NODES=2,1.
	@node tools/tasks/lab.ts up

lab-down: node ## Remove the lab: its processes, mounts, namespaces and control groups.
	@node tools/tasks/lab.ts down

test: check dist/catamaran.js tools kubesim-example chromium ## Check, then run all tests, on real control planes where they need them.
	@vitest run --coverage --project '!e2e' --project '!interop'

# From packages of Debian, which are unpacked into .cache: no root. CHROMIUM=path uses another browser.
chromium: node ## Install the browser of the console's tests.
	@node tools/tasks/chromium.ts

screenshots: dist/catamaran.js chromium ## Write the screenshots of the documents: docs/images/console-*.png.
	@SCREENSHOTS=1 vitest run --project browser test/browser/sandbox.test.ts

# Writes packages/kubesim/dist/*.tgz.
kubesim: node ## Build and pack the package kubesim.
	@node tools/tasks/pack-kubesim.ts

# Installs from the npm registry; takes half a minute.
kubesim-example: node ## Run examples/kubesim-vitest with the packed kubesim, in an empty folder.
	@node examples/kubesim-vitest/run.ts

# A lab that is already running is used, and stays.
e2e: dist/catamaran.js ## Run the walk-throughs in the lab, which is started and removed if it is not running.
	@vitest run --project e2e

# Downloads Node.js for other systems, and libraries for the image; both are pinned. Needs git.
dist: node ## Make a release in release/: npm package, executables, images, chart, manifests, SBOM, provenance.
	@node tools/tasks/dist.ts

dist-twice: node ## Make the release of this commit in two fresh clones, and compare the files.
	@node tools/tasks/dist-twice.ts

# Uses the running lab or one of its own. docs/conformance/README.md describes how to compile the suite.
conformance: dist/catamaran.js ## Run the upstream conformance suite in the lab; writes docs/conformance. SUITE=path, SUITE_VERSION=text.
	@node tools/tasks/conformance.ts

# The first run builds the other programs from Go modules, which takes long. Needs Linux, and root or user namespaces.
interop: tools ## Run gateways and GitOps tools beside the controller; writes docs/reference/interop.md.
	@node tools/tasks/interop.ts --write

# For a nightly run of 10 million inputs; `make test` runs as many as fit in a second or two. A failing input is printed
# with the command that runs it again.
fuzz: node ## Mutate inputs of TARGET=dns|kubeconfig|fleet|corefile|selector|lines|objects (default: all). COUNT=n, SEED=n.
	@node --expose-gc test/unit/fuzz/run-fuzz.ts "$(TARGET)" $(or $(COUNT),10000000) $(SEED)

# For a nightly run; `make test` runs the first 100. A failing seed is printed with the command that runs it again.
schedules: node ## Run the controller under random fault schedules, one per seed. COUNT=1000, SEED=n.
	@node test/simulation/run-schedules.ts $(or $(COUNT),1000) $(SEED)

# Takes minutes; not part of `make test`. With FILES, mutants that did not change since an earlier run are not run again.
mutation: node ## Mutate src/core and list the mutants that no unit test kills. FILES=src/core/merge/ports.ts.
	@node tools/tasks/mutation.ts $(FILES)

docs: node ## Write the generated parts of docs/reference, the Helm chart, and deploy/monitoring.
	@node tools/tasks/docs.ts

# The first run installs VitePress into tools/site; a build needs no network. A dead link fails it.
site: node ## Build the documents into a static site in site/.
	@node tools/tasks/site.ts

prose: node ## Lint the English of documents, comments and messages.
	@node tools/tasks/prose.ts

check: node ## Types, lint, format, prose, dead code, imports.
	@echo 'types'; tsc --noEmit && tsc --noEmit --project packages/console
	@echo 'lint and format'; biome check --error-on-warnings .
	@echo 'prose'; node tools/tasks/prose.ts
	@echo 'dead code'; knip
	@echo 'imports'; vitest run --project unit --reporter dot test/unit/architecture

bench: dist/catamaran.js cluster-tools ## Measure beside a bare relay; prints a table, writes bench/results.
	@node bench/run.ts

bench-dns: dist/catamaran.js tools ## Measure the DNS server beside CoreDNS; needs dnsperf. QUICK=1 for a short run.
	@QUICK=$(QUICK) node bench/dns.ts

# Other versions of Kubernetes are built into .cache/kubernetes/VERSION; tests and `make start CLUSTERS=real` use them with
# the same KUBERNETES=VERSION, or KUBERNETES=1.22,1.37 for a mixed fleet.
tools: node ## Build the real Kubernetes binaries, CoreDNS, Helm and promtool into .cache/bin. KUBERNETES=1.22|1.29|1.34|1.37.
	@node tools/tasks/build.ts $(if $(KUBERNETES),--kubernetes $(KUBERNETES))

# For a nightly run: builds every version first.
versions: dist/catamaran.js tools ## Run the tests on every pinned version of Kubernetes; writes docs/reference/versions.md. VERSIONS=1.22,1.37.
	@node tools/tasks/versions.ts $(VERSIONS)

# Everything except CoreDNS, Helm and promtool, which `make start` does not need.
cluster-tools: node
	@node tools/tasks/build.ts --without coredns --without helm --without promtool

dist/catamaran.js: $(SOURCES) package.json tools/tasks/bundle.ts dist/console/index.html | node
	@node tools/tasks/bundle.ts

dist/console/index.html: $(PAGE) tools/tasks/console.ts | node
	@node tools/tasks/console.ts

node: $(PACKAGES)
	@node -e 'process.exit(Number.parseInt(process.versions.node) >= 24 ? 0 : 1)' || { \
	  echo "Node 24 or later is needed, this is $$(node --version), and npm has none for this system: see https://nodejs.org" >&2; \
	  exit 1; }

# Runs on the system's Node, since npm may replace the one in node_modules. Not `npm ci`: it requires the optional packages
# of all systems in the lock file, and some registries have only those of their own. The lock file is not written.
$(PACKAGES): package-lock.json
	@PATH="$(SYSTEM_PATH)"; command -v npm >/dev/null || { \
	  echo "npm is needed: install Node from https://nodejs.org" >&2; exit 1; }; \
	echo 'installing the npm packages'; npm install --no-save --loglevel=error
	@touch $@

clean: ## Remove what was built here; keeps node_modules and .cache, the npm packages and binaries.
	@if [ -e .catamaran/run.json ]; then $(MAKE) --no-print-directory stop; fi
	@if [ -e .catamaran/lab ]; then $(MAKE) --no-print-directory lab-down; fi
	rm -rf dist packages/*/dist coverage release site .catamaran
