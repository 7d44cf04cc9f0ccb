# Acuity: `make help` lists what can be made.

SHELL := bash
.SHELLFLAGS := -o pipefail -c
SWIFT ?= swift
# One configuration for everything: a debug build of a kernel is fifty times slower.
CONFIGURATION := -c release
PACKAGES := libopenblas-dev libreadline-dev libpng-dev libjpeg-dev libchafa-dev libglib2.0-dev libgsl-dev libssl-dev gnuplot-nox graphviz \
	pkg-config
SOURCES := Package.swift Sources Tests
# Swift's own compiler for C, which builds for other architectures too.
CLANG ?= $(firstword $(wildcard $(addsuffix /clang,$(dir $(shell command -v $(SWIFT))) \
	$(dir $(realpath $(shell command -v $(SWIFT)))))) clang)
KERNELS := Sources/VectorKernels
INSTRUCTION_SETS := $(if $(filter x86_64,$(shell uname -m)),x86-64 x86-64-v3 x86-64-v4,native)
ACUITY := .build/release/acuity
PEER := .build/peer
# Of the sources: each run of an experiment says which program computed it.
export ACUITY_COMMIT ?= $(shell git describe --always --dirty --abbrev=10 2>/dev/null)

.PHONY: help setup build quickstart photographs results results-check smoke findings repl test test-long bench bench-peer sanitize arm64 fuzz fuzz-build format lint \
	lint-kernels imports reference pandas startup package \
	package-test clean

help: ## List what can be made.
	@grep -E '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: ## Install the system libraries that are missing.
	@for package in $(PACKAGES); do \
		dpkg -s $$package >/dev/null 2>&1 || missing="$$missing $$package"; \
	done; \
	if [ -n "$$missing" ]; then \
		echo "installing$$missing"; \
		as_root=; [ "$$(id -u)" = 0 ] || as_root=sudo; \
		$$as_root apt-get update -q && \
		$$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends $$missing; \
	fi
	@$(SWIFT) --version 2>/dev/null | grep -qE 'Swift version (6\.[3-9]|6\.[1-9][0-9]|[7-9])' || \
		{ echo "Acuity needs Swift 6.3 or later: https://www.swift.org/install" >&2; exit 1; }

build: setup ## Build .build/release/acuity.
	$(SWIFT) build $(CONFIGURATION) --product acuity

# Afresh: the rows in results/ were measured elsewhere. A run that was cut short goes on without --fresh.
quickstart: build ## Build, then train, score and tabulate four small networks: results/quickstart.csv and .png.
	$(ACUITY) run experiments/quickstart.acu --fresh

LANDSCAPES := experiments/landscapes

# Each as listed, or none: a table's numbers are those of these very files.
photographs: $(LANDSCAPES)/complete ## Fetch 176 free photographs, a Debian package's, for training, validation and test.

$(LANDSCAPES)/complete: $(LANDSCAPES)/photographs.sha256
	rm -rf .build/photographs && mkdir -p .build/photographs
	cd .build/photographs && apt-get download -q endless-sky-data && dpkg-deb -x endless-sky-data_*.deb .
	for file in $$(cut -c 67- $<); do \
		install -D -m 644 .build/photographs/usr/share/games/endless-sky/images/land/$${file##*/} \
			.build/photographs/chosen/$$file || exit 1; \
	done
	cd .build/photographs/chosen && sha256sum --quiet --check $(abspath $<) || { \
		echo "This release's endless-sky-data holds other images than those that the tables were made with." >&2; exit 1; }
	cp -r .build/photographs/chosen/. $(LANDSCAPES)/
	touch $@ && rm -rf .build/photographs

STUDIES := sharing blocks depth data iterations baselines start

# Seconds of an image are measured while nothing else runs. Then one process for each core, of one thread
# each: they share the rows out.
results: photographs build ## Compute what is stale of the studies' tables, and say why: about 90 minutes a table, anew.
	$(ACUITY) run experiments/costs.acu
	for study in $(STUDIES); do \
		processes=; \
		for core in $$(seq $$(nproc)); do \
			$(ACUITY) run --threads 1 experiments/$$study.acu & processes="$$processes $$!"; \
		done; \
		failed=; for process in $$processes; do wait $$process || failed=yes; done; \
		[ -z "$$failed" ] || exit 1; \
	done

results-check: photographs build ## Check that the committed tables, and the pages that quote them, are what the scripts ask for.
	$(ACUITY) results check
	$(ACUITY) fill --check $(FILLED)

smoke: build ## Run every study at its smallest size, into .build/smoke.
	for study in costs $(STUDIES); do \
		$(ACUITY) run experiments/$$study.acu --set size=smoke --results .build/smoke || exit 1; \
	done

FILLED := Documentation/Findings.md README.md

findings: build ## Bring the pages that quote tables up to date.
	$(ACUITY) fill $(FILLED)

repl: build ## Build and open the prompt.
	@$(ACUITY)

test: setup ## Build and run all tests.
	$(SWIFT) build $(CONFIGURATION) --build-tests
	@$(SWIFT) test $(CONFIGURATION) --skip-build 2>&1 | tee .build/test.log || { \
		echo; echo "What failed, of the above:"; grep -A 12 '^✘' .build/test.log | grep -v '^[✔◇]' | head -80; exit 1; }

test-long: smoke results-check ## Run what takes longer: every study at its smallest size, and checks of the committed tables.

# Seconds for each parser, and the parsers of our own.
FUZZ_SECONDS ?= 600
FUZZ_TARGETS ?= png jpeg exif ppm hashes safetensors graph model table recipe curve script
# What each begins with, beside Tests/Fuzzing/Seeds.
FUZZ_SEEDS_png := Tests/Oracles/formats Tests/Oracles/remarks Tests/Oracles/pngsuite
FUZZ_SEEDS_jpeg := Tests/Oracles/jpeg
FUZZ_SEEDS_exif := Tests/Oracles/jpeg
FUZZ_SEEDS_safetensors := Tests/Oracles/safetensors
FUZZ_SEEDS_script := Tests/Corpus Sources/Tracing/Prelude

fuzz: $(addprefix fuzz-,$(FUZZ_TARGETS)) ## Feed each parser of our own with damaged files for FUZZ_SECONDS (600).

fuzz-build: setup
	ACUITY_FUZZ=1 $(SWIFT) build $(CONFIGURATION) --scratch-path .build/fuzz --product Fuzz \
		-Xswiftc -sanitize=fuzzer -Xcc -fsanitize=fuzzer-no-link -Xswiftc -use-ld=lld

fuzz-%: fuzz-build
	mkdir -p .build/fuzz/corpus/$*
	ACUITY_FUZZ_TARGET=$* .build/fuzz/release/Fuzz -max_total_time=$(FUZZ_SECONDS) -timeout=20 \
		-rss_limit_mb=4096 -artifact_prefix=.build/fuzz/$*- -print_final_stats=1 -dict=Tests/Fuzzing/words.dict \
		.build/fuzz/corpus/$* $(wildcard Tests/Fuzzing/Seeds/$*) $(FUZZ_SEEDS_$*)

format: ## Format the sources in place.
	$(SWIFT) format --in-place --recursive $(SOURCES)

lint: lint-kernels ## Check the format, strictly, the columns of comments, and that each C file compiles by itself.
	$(SWIFT) format lint --strict --recursive $(SOURCES)
	@! LC_ALL=C.UTF-8 grep -rnE '^.{111,}' --include=*.swift --include=*.[ch] --include=*.inc $(SOURCES) | \
		grep -E '^[^:]+:[0-9]+: *//'

# For each instruction set, which the compiler's target chooses where no source does.
lint-kernels:
	@for file in $(KERNELS)/*.[ch] $(KERNELS)/*.inc $(KERNELS)/include/*.h; do \
		for set in $(INSTRUCTION_SETS); do \
			$(CLANG) -fsyntax-only -Wall -Wextra -Werror -Wno-unused-function -march=$$set -I$(KERNELS)/include -x c \
				$$file || exit 1; \
		done; \
	done

structure: ## Print measures of the sources' structure, each with its limit, and fail beyond it.
	Tests/Measures/structure.sh

imports: setup ## Check that each layer imports only what its target declares.
	$(SWIFT) build $(CONFIGURATION) --explicit-target-dependency-import-check error

bench: setup ## Measure the engine: each piece of work on one thread and on two.
	$(SWIFT) build $(CONFIGURATION) --product acuity-bench
	.build/release/acuity-bench run

bench-peer: setup ## Measure the engine beside PyTorch, which it installs from PyPI: results/benchmarks/peer.csv.
	$(SWIFT) build $(CONFIGURATION) --product acuity-bench
	test -x $(PEER)/bin/python || python3 -m venv $(PEER)
	$(PEER)/bin/python -m pip install --quiet torch numpy
	$(PEER)/bin/python Sources/Benchmark/peer.py .build/release/acuity-bench --out results/benchmarks/peer.csv

sanitize: setup ## Run the kernels' and the engine's tests under the address and the thread sanitizer.
	# The runner of tests itself leaks 144 bytes, which would count as a failure. Without -O1 the address sanitizer's checks
	# of the unrolled transforms take many minutes to compile.
	for sanitizer in address thread; do \
		ASAN_OPTIONS=detect_leaks=0 $(SWIFT) test $(CONFIGURATION) --sanitize $$sanitizer --scratch-path .build-$$sanitizer \
			-Xcc -O1 --filter 'KernelsTests|EngineTests' || exit 1; \
	done

arm64: ## Build the kernels for arm64 and check them under emulation.
	$(MAKE) setup PACKAGES="$(PACKAGES) gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static"
	mkdir -p .build/arm64
	$(CLANG) --target=aarch64-linux-gnu -isystem /usr/aarch64-linux-gnu/include -O2 -pthread -static -fuse-ld=lld \
		-I$(KERNELS) -I$(KERNELS)/include -ISources/MachineShim/include $(KERNELS)/*.c Sources/MachineShim/thread_team.c \
		Tests/Emulated/kernels.c -lm -o .build/arm64/kernels
	qemu-aarch64-static .build/arm64/kernels

reference: build ## Print the reference part of Documentation/Language.md anew.
	$(ACUITY) reference --into Documentation/Language.md

pandas: build ## Check that pandas, installed from PyPI, reads labels of tables as they were recorded.
	test -x $(PEER)/bin/python || python3 -m venv $(PEER)
	$(PEER)/bin/python -m pip install --quiet pandas
	$(PEER)/bin/python Tests/Measures/pandas_reading.py $(ACUITY)

startup: build ## Measure the time to the first prompt against python3's.
	python3 Tests/Measures/startup.py $(ACUITY)

# A scratch folder of its own: what is linked otherwise would be built anew at each turn.
package: setup ## Build a Debian package, for machines without Swift: .build/package/acuity_*.deb.
	$(SWIFT) build $(CONFIGURATION) --product acuity --static-swift-stdlib --scratch-path .build/static
	Sources/acuity/Debian/package.sh .build/static/release/acuity .build/package

package-test: package ## Install the package in a clean system without Swift, as root, and use it there.
	$(MAKE) setup PACKAGES="$(PACKAGES) debootstrap"
	Tests/Package/install.sh .build/package/acuity_*.deb .build/chroot

clean: ## Remove what was built.
	rm -rf .build
