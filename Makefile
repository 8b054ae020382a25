# The front door. `make run` starts the demo lab, `make test` tests everything; both install what is missing first.
#
#   make run [ARGS="…"]   build and start lgtui (with arguments)
#   make test             all tests, guests booted through pseudo-terminals included
#   make build            .build/release/lgtui, with the Swift runtime inside
#   make install          the program, manual pages, shell completions, labs and themes under PREFIX (/usr/local)
#   make guest            rebuild the demo guest that the program embeds
#   make bench            race lgtui against QEMU (wants clang, lld, gcc-multilib, qemu-system-x86); the tables go to
#                         .build/bench.md. More with KERNEL=vmlinux BZIMAGE=bzImage INITRD=initrd.gz PLAIN_INITRD=initrd.cpio
#                         GUEST_CC=i386-linux-musl-gcc; less with QUICK=1 or ONLY=cpu,boot,micro,devices,scale,net
#   make bench-check      the same, then compare the figures with Benchmarks/thresholds.txt
#   make bench-terminal   race the terminal core against libvterm (wants libvterm-dev)
#   make bench-panes      flood panes and time keys through the whole program, beside tmux
#   make fuzz             fuzz the terminal core for SECONDS=60, starting from the test corpus and what the last run learnt
#   make lint             check the formatting of all Swift sources
#   make tour             the numbered comments of launcher, hypervisor and guest, in the order in which they meet
#   make clean

SWIFT    ?= swift
PREFIX   ?= /usr/local
SHARE     = $(PREFIX)/share
SECONDS  ?= 60
PACKAGES := libncurses-dev zlib1g-dev ncurses-base
PROGRAM  := .build/release/lgtui

# Everything that Swift formats; the benchmark and fuzz packages as far as they are there.
SWIFT_SOURCES := Package.swift Sources Tests Guests Tools $(wildcard Benchmarks Fuzz)

.PHONY: run test build install guest bench bench-check bench-terminal bench-panes fuzz lint tour clean packages toolchain
.DEFAULT_GOAL := build

run: build
	@exec $(PROGRAM) $(ARGS)

# The runtime is linked in: the shared one costs a start about ten times what the program itself needs.
build: packages
	$(SWIFT) build -c release --static-swift-stdlib --product lgtui

# The testing library exists as a shared one only, so tests are a build of their own; next door, that neither makes the
# other start from scratch.
test: packages
	$(SWIFT) test -c release --scratch-path .build-test

install: build
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(SHARE)/man/man1 $(DESTDIR)$(SHARE)/man/man5 \
	    $(DESTDIR)$(SHARE)/lgtui/labs $(DESTDIR)$(SHARE)/lgtui/themes $(DESTDIR)$(SHARE)/bash-completion/completions \
	    $(DESTDIR)$(SHARE)/zsh/site-functions $(DESTDIR)$(SHARE)/fish/vendor_completions.d
	install -s -m 755 $(PROGRAM) $(DESTDIR)$(PREFIX)/bin/lgtui
	for page in lgtui.1 lgtui.toml.5 lgtui-lab.5; do \
	    $(PROGRAM) generate docs/$$page.in > $(DESTDIR)$(SHARE)/man/man$${page##*.}/$$page || exit 1; done
	$(PROGRAM) --generate-completion-script bash > $(DESTDIR)$(SHARE)/bash-completion/completions/lgtui
	$(PROGRAM) --generate-completion-script zsh > $(DESTDIR)$(SHARE)/zsh/site-functions/_lgtui
	$(PROGRAM) --generate-completion-script fish > $(DESTDIR)$(SHARE)/fish/vendor_completions.d/lgtui.fish
	install -m 644 labs/*.toml $(DESTDIR)$(SHARE)/lgtui/labs
	install -m 644 themes/*.toml $(DESTDIR)$(SHARE)/lgtui/themes

guest: toolchain
	$(MAKE) -C Guests install

bench: build
	$(MAKE) -C Benchmarks/Workloads
	cd Benchmarks && $(SWIFT) build -c release && .build/release/lgtui-bench all \
	    --write ../.build/bench.md --record ../.build/bench.txt $(if $(QUICK),--quick) $(if $(ONLY),--only $(ONLY)) \
	    $(if $(KERNEL),--kernel $(abspath $(KERNEL))) $(if $(BZIMAGE),--bzimage $(abspath $(BZIMAGE))) \
	    $(if $(INITRD),--initrd $(abspath $(INITRD))) \
	    $(if $(PLAIN_INITRD),--plain-initrd $(abspath $(PLAIN_INITRD))) $(if $(GUEST_CC),--cc '$(GUEST_CC)')

bench-check: bench
	cd Benchmarks && .build/release/lgtui-bench check --record ../.build/bench.txt

# Beside libvterm, if libvterm-dev is there, and beside tmux.
bench-terminal: packages
	cd Benchmarks && $(SWIFT) run -c release --manifest-cache none lgtui-bench terminal

bench-panes: build
	cd Benchmarks && $(SWIFT) run -c release lgtui-bench panes

# Swift's own crash reports are off, or libFuzzer would not get to save what caused the crash.
fuzz: toolchain
	cd Fuzz && $(SWIFT) build -c release && mkdir -p .corpus .findings && \
	    .build/release/terminal-fuzz --write-seeds .corpus && \
	    SWIFT_BACKTRACE=enable=no .build/release/terminal-fuzz -max_total_time=$(SECONDS) -timeout=20 \
	    -rss_limit_mb=1024 -max_len=1024 -dict=terminal.dict -artifact_prefix=.findings/ -print_final_stats=1 .corpus

lint: toolchain
	$(SWIFT) format lint --strict --configuration .swift-format --recursive $(SWIFT_SOURCES)

# A comment that begins with H: (host) or G: (guest) and a number is a stop of the tour; it is printed up to the declaration
# that follows it. The host's half comes first.
tour:
	@grep -rlE '^ *//+ [HG]:[0-9]+' Sources Guests/Demo --include='*.swift' --include='*.S' | LC_ALL=C sort | xargs awk ' \
	    FNR == 1 { stop = "" } \
	    match($$0, /^ *\/\/+ [HG]:[0-9]+/) { \
	        stop = substr($$0, RSTART, RLENGTH); half = (stop ~ /H:/) ? 1 : 2; sub(/.*:/, "", stop); n = 0; \
	        key = sprintf("%d %05d %s %05d", half, stop, FILENAME, FNR); \
	        printf "%s %05d\t\n%s %05d\t%s:%d\n", key, n++, key, n++, FILENAME, FNR } \
	    stop != "" { \
	        text = $$0; sub(/^ */, "", text); printf "%s %05d\t    %s\n", key, n++, text; \
	        if (text !~ /^(\/\/|@)/) stop = "" }' | LC_ALL=C sort | cut -f2-

clean:
	rm -rf .build .build-test
	$(MAKE) -C Guests clean

toolchain:
	@command -v $(SWIFT) > /dev/null || { \
	    echo "lgtui needs Swift 6.2 or newer: see https://www.swift.org/install"; exit 1; }

# Debian's packages that a build needs. Without the right to install them, the command to run is printed.
packages: toolchain
	@missing=; \
	for package in $(PACKAGES); do \
	    dpkg-query -W -f '$${Status}' $$package 2> /dev/null | grep -q 'ok installed' || missing="$$missing $$package"; \
	done; \
	test -z "$$missing" && exit 0; \
	if ! command -v apt-get > /dev/null; then \
	    echo "please install these (named as in Debian):$$missing"; exit 1; \
	elif test "$$(id -u)" = 0; then \
	    as=; \
	elif sudo -n true 2> /dev/null; then \
	    as=sudo; \
	else \
	    echo "something is missing; please run:  sudo apt-get install$$missing"; exit 1; \
	fi; \
	echo "installing$$missing"; \
	$$as apt-get install -y -qq $$missing > /dev/null || { \
	    $$as apt-get update -qq && $$as apt-get install -y -qq $$missing > /dev/null; }
