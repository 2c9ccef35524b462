# paidan: `make run` and `make test` do everything, `make help` lists the rest.
BUILD ?= build
CFLAGS ?= -O3 -g
CC = gcc
VERSION := $(shell cat VERSION)
WARNINGS = -Wall -Wextra -Wshadow -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings \
	-Werror=format-security
CLI = clients/cli $(addprefix clients/cli/,district registry history export top)
INCLUDES = -Iproto -Idaemon -Idaemon/core -Idaemon/store -Iclients/lib -Iclients/tool $(CLI:%=-I%) -Iworkers -Itests
override CPPFLAGS += $(INCLUDES) -D_GNU_SOURCE -DPAIDAN_VERSION='"$(VERSION)"'
# Programs are made over once more as a whole when they are linked; tests, which put functions of their own in the place of
# others, are not.
LTO ?= $(if $(findstring sanitize,$(CFLAGS)),,-flto=auto -ffat-lto-objects)
# What a run has shown of a file of paidand's stands beside its object, if `make guide` was asked; of no use once the file has changed.
guided = $(if $(wildcard $(@:.o=.gcda)),$$([ ! $(@:.o=.gcda) -nt $< ] || echo -fprofile-use -fprofile-partial-training -fprofile-correction -Wno-missing-profile))
COMPILE = $(CC) -std=gnu11 $(WARNINGS) $(CFLAGS) $(LTO) $(CPPFLAGS)
Q ?= @

# ---- what there is to build: a folder is a library, its main.c a program ----

objects = $(patsubst %.c,$(BUILD)/%.o,$(filter-out %/main.c,$(wildcard $(1:%=%/*.c))))
units = $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c))
PROGRAMS = $(addprefix $(BUILD)/,paidand paidan paidan-worker)
CATALOGUES = $(patsubst proto/po/%.po,$(BUILD)/locale/%/LC_MESSAGES/paidan.mo,$(wildcard proto/po/*.po))
TOOLS = $(addprefix $(BUILD)/,paidan-bench paidan-sim paidan-year paidan-transcript paidan-docs paidan-conform)

# A build uses all cores, unless -j says otherwise.
PARALLEL = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))
.PHONY: all everything programs product tools
all: ## build everything
	@$(MAKE) --no-print-directory $(PARALLEL) everything
everything: product tools python clients/node/schema.json
	@:
programs: $(PROGRAMS) $(CATALOGUES)
	@:
tools: $(TOOLS) $(units)

$(call objects,proto daemon daemon/core daemon/store) $(BUILD)/daemon/main.o: $(wildcard $(BUILD)/guided)
$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(COMPILE) $(guided) -MMD -MP -c $< -o $@

library = $(BUILD)/lib$(1).a
$(call library,proto): $(call objects,proto)
$(call library,core): $(call objects,daemon/core)
$(call library,store): $(call objects,daemon/store)
$(call library,daemon): $(call objects,daemon)
$(call library,paidan): $(call objects,clients/lib proto)
$(call library,tool): $(call objects,clients/tool)
$(call library,cli): $(call objects,$(CLI)) $(BUILD)/calendars.o
$(call library,workers): $(call objects,workers)
$(BUILD)/lib%.a:
	$(Q)rm -f $@ && ar rcs $@ $^

# The calendars of all years that are known, as one file, for the made district.
$(BUILD)/calendars.o: $(sort $(wildcard clients/calendars/*.csv))
	@mkdir -p $(@D)
	$(Q)awk 'NR == 1 || FNR > 1' $^ >$(BUILD)/calendars.csv
	$(Q)cd $(@D) && ld -r -b binary -z noexecstack -o $(@F) calendars.csv

# Programs find their texts beside themselves (build/locale, ../share/locale), or else here.
$(BUILD)/proto/intl.o: override CPPFLAGS += -DPAIDAN_LOCALEDIR='"$(or $(PREFIX),/usr/local)/share/locale"'
$(BUILD)/locale/%/LC_MESSAGES/paidan.mo: proto/po/%.po
	@mkdir -p $(@D)
	$(Q)msgfmt --check -o $@ $<

LIBS = -lgeos_c -lcjson -lzmq -lmsgpackc -lsodium -llmdb -luv -linih -lsystemd -lcsv -lxlsxwriter -lmicrohttpd -lncursesw -ltinfo -lm -lpthread
LINK = $(CC) $(CFLAGS) $(or $(WHOLE),-fno-lto) $(LDFLAGS) $^ -o $@ -Wl,--as-needed
libraries = $(foreach l,$(1),$(call library,$(l)))
$(BUILD)/paidand: $(BUILD)/daemon/main.o $(call libraries,daemon store core proto)
$(BUILD)/paidan: $(BUILD)/clients/cli/main.o $(call libraries,cli tool paidan store core proto)
$(BUILD)/paidan-worker: $(BUILD)/workers/main.o $(call libraries,workers tool paidan)
$(BUILD)/paidan-bench: $(BUILD)/tests/bench/main.o $(call objects,tests/bench) $(call libraries,cli tool paidan daemon store core proto)
$(BUILD)/paidan-peers: $(BUILD)/tests/bench/peers/main.o $(call objects,tests/bench/peers) $(addprefix $(BUILD)/tests/bench/,disk.o ipc.o)
$(BUILD)/paidan-peers: LIBS = $(foreach l,hiredis pq rabbitmq,$(if $(wildcard /usr/lib/*/lib$(l).so),-l$(l)))
$(BUILD)/paidan-sim: $(BUILD)/tests/sim/main.o $(call objects,tests/sim) $(call libraries,daemon store core proto)
$(BUILD)/paidan-sim: LDFLAGS += @tests/sim/link.flags
$(BUILD)/paidan-year: $(BUILD)/tests/year/main.o $(call objects,tests/year) $(BUILD)/tests/sim/dice.o $(call libraries,daemon store core proto)
$(BUILD)/paidan-transcript: $(BUILD)/tests/transcripts/main.o $(call objects,tests/transcripts) $(call libraries,core proto)
$(BUILD)/paidan-docs: $(BUILD)/proto/docs/main.o $(call objects,proto/docs) $(call libraries,proto)
$(BUILD)/paidan-conform: $(BUILD)/tests/conform/main.o $(call objects,tests/conform) $(call libraries,paidan)
$(BUILD)/paidan-conform: LIBS += -ljansson
$(PROGRAMS) $(BUILD)/paidan-bench: WHOLE = $(LTO)
$(PROGRAMS) $(TOOLS) $(BUILD)/paidan-peers:
	@echo "  $@"
	$(Q)$(LINK) $(LIBS)
$(BUILD)/tests/test_%: $(BUILD)/tests/unit/test_%.o $(call libraries,cli daemon workers tool paidan store core proto)
	@mkdir -p $(@D)
	$(Q)$(LINK) -lcmocka $(LIBS)

# paidand is made to count how often each branch is taken, and run under load; what it counted stays beside the objects, until the
# sources change.
.PHONY: guide guide-anew
guide: deps ## make paidand by what a run of it shows, as the packages do: a fifth less of the processor; three minutes
	@[ -e $(BUILD)/guided ] && [ -z "$$(find proto daemon -name '*.[ch]' -newer $(BUILD)/guided -o -name '*.def' -newer $(BUILD)/guided)" ] || \
		$(MAKE) --no-print-directory guide-anew
	@$(MAKE) --no-print-directory $(PARALLEL) product
guide-anew:
	@rm -rf $(BUILD)/guide
	@$(MAKE) --no-print-directory $(PARALLEL) $(BUILD)/guide/paidand $(BUILD)/guide/paidan-bench BUILD=$(BUILD)/guide LTO= \
		CFLAGS="$(CFLAGS) -fprofile-generate -fprofile-update=prefer-atomic"
	@for load in "lives --outstanding 1024 --orders 100000" "lives --outstanding 64 --orders 30000" "lives --outstanding 1 --orders 1000"; do \
		echo "  paidan-bench $$load"; $(BUILD)/guide/paidan-bench $$load >/dev/null || exit 1; \
	done
	@cd $(BUILD)/guide && find daemon proto -name '*.gcda' | tar -c -T - | tar -x -m -C .. && cd .. && rm -rf guide && touch guided

# The Python client as it is installed: with the tables and the version that it reads.
.PHONY: python
python: $(BUILD)/python/.made
$(BUILD)/python/.made: $(wildcard clients/python/paidan/*.py clients/python/*.py) proto/schema.json VERSION
	@rm -rf $(@D) && mkdir -p $(@D)/paidan
	@cp clients/python/paidan/*.py clients/python/paidan/py.typed $(@D)/paidan/
	$(Q)PYTHONDONTWRITEBYTECODE=1 python3 clients/python/made.py $(@D)/paidan && touch $@

# The Node client's own copy, as it goes into its package.
clients/node/schema.json: proto/schema.json
	@cp $< $@

.SECONDARY:
.DELETE_ON_ERROR:
-include $(shell find $(BUILD) -path $(BUILD)/deb -prune -o -type f -name '*.d' -print 2>/dev/null)

# ---- Debian packages ----

PACKAGES = gcc make libc6-dev libzmq3-dev liblmdb-dev libmsgpack-dev libuv1-dev libsodium-dev libinih-dev libbsd-dev \
	libsystemd-dev libcsv-dev libxlsxwriter-dev libmicrohttpd-dev libncurses-dev libgeos-dev libcjson-dev gettext tzdata
TEST_PACKAGES = libcmocka-dev libjansson-dev binutils procps tmux \
	python3 python3-zmq python3-msgpack python3-pip python3-setuptools python3-wheel
DOCS_PACKAGES = python3 tmux
NODE_PACKAGES = nodejs npm # unless there is another node; without them the tests of the Node client are left out
LINT_PACKAGES = clang-tidy clang-format cppcheck

# Install what is missing of the packages given in WANT.
define install
	@missing=; for p in $(1); do \
		[ "$$(dpkg-query -W -f='$${db:Status-Status}' $$p 2>/dev/null)" = installed ] || missing="$$missing $$p"; \
	done; \
	[ -z "$$missing" ] && exit 0; \
	echo "installing$$missing"; \
	as=; if [ "$$(id -u)" != 0 ]; then \
		command -v sudo >/dev/null || { echo "make: not installed:$$missing; install them as root: apt-get install$$missing" >&2; exit 1; }; \
		as=sudo; \
	fi; \
	export DEBIAN_FRONTEND=noninteractive; \
	{ $$as apt-get -qq update && $$as apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends $$missing >/dev/null; } </dev/null || \
		{ echo "make: could not install:$$missing (see above; root or sudo and a Debian mirror are needed)" >&2; exit 1; }
endef

.PHONY: deps deps-test deps-lint
deps: ## install the Debian packages that building and running need
	$(call install,$(PACKAGES))
deps-test: ## ... and those that the tests need
	$(call install,$(PACKAGES) $(TEST_PACKAGES))
	-$(if $(shell command -v node && command -v npm),,$(call install,$(NODE_PACKAGES)))
	@sh tests/node.sh modules
deps-lint:
	$(call install,$(LINT_PACKAGES))

# ---- the two commands ----

RATE ?= 50
DATA ?= run
.PHONY: run test
run: deps ## a whole made district at work, Ctrl-C ends it: RATE=50 RUN_SECONDS=30 DATA=run
	@$(MAKE) --no-print-directory $(PARALLEL) programs
	@BUILD=$(BUILD) RATE=$(RATE) RUN_SECONDS=$(RUN_SECONDS) DATA=$(DATA) sh workers/run.sh

test: deps-test ## everything in ten minutes; the last line says how many passed
	@$(MAKE) --no-print-directory all
	@sh tests/run.sh $(BUILD)

# ---- to be installed ----

TEST_PACKAGES += g++ pkg-config mandoc man-db bsdextrautils zsh
DEB_PACKAGES = debhelper dpkg-dev fakeroot lintian pkg-config

# What is installed of libpaidan: paidan.h with all that it includes, and of the library the pd_ names that these headers declare, which a
# test compares. ABI is the soname's number; CONTRIBUTING.md says when it goes up.
ABI = 0
SHARED = $(BUILD)/libpaidan.so.$(ABI)
STATIC = $(BUILD)/public/libpaidan.a
HEADERS_LIST = $(BUILD)/public/headers
$(HEADERS_LIST): $(wildcard clients/lib/*.h proto/*.h proto/*.def)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) -MM clients/lib/paidan.h | tr -s ' \\' '\n' | grep -v ':$$' | sort -u | sed '/^$$/d' >$@
pic = $(patsubst $(BUILD)/%,$(BUILD)/pic/%,$(filter-out %/example.o %/rings.o,$(call objects,clients/lib proto)))
$(BUILD)/pic/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(COMPILE) -fno-lto -fPIC -MMD -MP -c $< -o $@
$(BUILD)/pic/proto/check.o: override CFLAGS += -fvisibility=hidden
$(SHARED): $(pic) clients/lib/paidan.map
	@echo "  $@"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,$(@F) -Wl,--version-script=clients/lib/paidan.map $(if $(findstring sanitize,$(CFLAGS)),,-Wl,-z,defs) \
		-Wl,-Bsymbolic-functions $(pic) -o $@ -Wl,--as-needed -lzmq -lmsgpackc -lsodium
	$(Q)ln -sf $(@F) $(BUILD)/libpaidan.so
$(STATIC): $(pic)
	@mkdir -p $(@D)
	$(Q)ld -r $^ -o $(@D)/paidan.o && objcopy --wildcard --keep-global-symbol='pd_*' --localize-hidden $(@D)/paidan.o
	$(Q)rm -f $@ && ar rcs $@ $(@D)/paidan.o

MANUALS = $(addprefix $(BUILD)/man/,paidan.1 paidan-worker.1 paidand.8 paidand.conf.5)
$(BUILD)/man/%: proto/docs/man.sh
	@mkdir -p $(@D)
	$(Q)sh proto/docs/man.sh $(filter %.in,$^) $(filter $(BUILD)/%,$^) >$@
$(BUILD)/man/paidan.1: clients/cli/paidan.1.in $(BUILD)/paidan
$(BUILD)/man/paidan-worker.1: workers/paidan-worker.1.in $(BUILD)/paidan-worker
$(BUILD)/man/paidand.8: daemon/paidand.8.in $(BUILD)/paidand
$(BUILD)/man/paidand.conf.5: daemon/paidand.conf.5.in $(BUILD)/paidand
# All settings but the folder as comments: an update may change the defaults of what nobody has set.
$(BUILD)/paidand.conf: $(BUILD)/paidand
	$(Q)LC_ALL=C $< --data /var/lib/paidan --print-config | sed '/^data=/!s/^[a-z_]*=/#&/' >$@
COMPLETIONS = $(addprefix $(BUILD)/completion/,paidan _paidan)
$(BUILD)/completion/paidan: $(addprefix clients/cli/completion/,words.sh bash.sh)
	@mkdir -p $(@D)
	$(Q)cat $^ >$@
$(BUILD)/completion/_paidan: $(addprefix clients/cli/completion/,words.sh zsh.sh)
	@mkdir -p $(@D)
	$(Q){ echo '#compdef paidan paidan-worker paidand'; cat $^; } >$@

product: programs $(HEADERS_LIST) $(SHARED) $(STATIC) $(MANUALS) $(COMPLETIONS) $(BUILD)/paidand.conf

PREFIX ?= /usr/local
DESTDIR ?=
BINDIR = $(PREFIX)/bin
LIBDIR = $(PREFIX)/lib
INCLUDEDIR = $(PREFIX)/include
DATADIR = $(PREFIX)/share
MANDIR = $(DATADIR)/man
DOCDIR = $(DATADIR)/doc/paidan
SYSCONFDIR = $(if $(filter /usr,$(PREFIX)),/etc,$(PREFIX)/etc)
UNITDIR = $(PREFIX)/lib/systemd/system
SYSUSERSDIR = $(PREFIX)/lib/sysusers.d
BASHDIR = $(DATADIR)/bash-completion/completions
ZSHDIR = $(DATADIR)/zsh/site-functions
.PHONY: install uninstall
install uninstall: export BUILD := $(BUILD)
install uninstall: export DESTDIR := $(DESTDIR)
$(foreach v,PREFIX BINDIR LIBDIR INCLUDEDIR DATADIR MANDIR DOCDIR SYSCONFDIR UNITDIR SYSUSERSDIR BASHDIR ZSHDIR VERSION ABI,\
	$(eval install uninstall: export $(v) := $($(v))))
install: ## put what make has built under PREFIX=/usr/local, or DESTDIR=FOLDER before it
	@sh daemon/install.sh install
uninstall: ## remove what make install put there, with the same PREFIX and DESTDIR
	@sh daemon/install.sh uninstall

# Debian's tools work in a copy of the tree, since they write into it. There control gets PACKAGES, and changelog is made of CHANGELOG.md.
comma = ,
space = $(subst ,, )
DEB_VERSION ?= $(VERSION)
DEB_TREE = $(BUILD)/deb/paidan-$(DEB_VERSION)
.PHONY: deb check-package
deb: ## Debian packages in build/deb: DEB_VERSION=0.1.0
	$(call install,$(PACKAGES) $(DEB_PACKAGES))
	@rm -rf $(DEB_TREE) && mkdir -p $(DEB_TREE)
	@{ git ls-files -z --cached --others --exclude-standard 2>/dev/null || \
		find . -type f ! -path './.git/*' ! -path './$(BUILD)/*' ! -path './run/*' -print0; } | \
		tar -c --null -T - | tar -x -C $(DEB_TREE)
	@sh debian/changelog.sh $(DEB_VERSION) >$(DEB_TREE)/debian/changelog && echo $(DEB_VERSION) >$(DEB_TREE)/VERSION
	@sed 's/@PACKAGES@/$(subst $(space),$(comma) ,$(strip $(filter-out gcc make libc6-dev,$(PACKAGES))))/' debian/control.in \
		>$(DEB_TREE)/debian/control
	@cd $(DEB_TREE) && env -u MAKEFLAGS -u MAKELEVEL dpkg-buildpackage -us -uc -jauto >../build.log 2>&1 || \
		{ tail -n 30 ../build.log >&2; echo "make: the packages could not be built; see $(BUILD)/deb/build.log" >&2; exit 1; }
	@rm -rf $(DEB_TREE)
	@lintian $$([ "$$(id -u)" != 0 ] || echo --allow-root) --fail-on error,warning $(BUILD)/deb/paidan_$(DEB_VERSION)_*.changes
	@ls $(BUILD)/deb/*_$(DEB_VERSION)_*.deb

# It is not among the tests of `make test`: it makes a whole system, by a mirror, and is root.
HIGHER = $(VERSION)+1
check-package: deps-test ## the packages installed, used, upgraded, removed, purged in a Debian of their own
	$(call install,debootstrap iproute2 systemd-container)
	@$(MAKE) --no-print-directory deb
	@$(MAKE) --no-print-directory deb DEB_VERSION=$(HIGHER)
	@sh tests/package.sh $(BUILD)/deb $(VERSION) $(HIGHER)

# ---- longer and closer looks ----

.PHONY: conform sim year crash fuzz check-san check-asan check-tsan check-metrics lint format docs bench bench-page
.PHONY: bench-profile bench-sections bench-notice bench-growth bench-latency bench-connections bench-connections-vm bench-supervisors bench-reading
conform: deps-test ## one script of conversations through the clients in C, Python and Node
	@$(MAKE) --no-print-directory --silent programs $(BUILD)/paidan-conform python clients/node/schema.json
	@python3 tests/conform/run.py $(BUILD)

SEEDS ?= 1-2000
sim: deps-test ## a campaign of the simulation: SEEDS=1-2000, or SEED=n for one
	@$(MAKE) --no-print-directory $(BUILD)/paidan-sim
	$(BUILD)/paidan-sim $(if $(SEED),--seed $(SEED) --verbose,--seeds $(SEEDS))

DAYS ?= 365
year: deps-test ## a year of the made district in virtual time, and its figures from a replay: DAYS=365 ORDERS=100000 SEED=1
	@$(MAKE) --no-print-directory programs $(BUILD)/paidan-year
	@sh tests/year/run.sh $(BUILD) $(DAYS) $(or $(ORDERS),100000) $(or $(SEED),1)

crash: deps-test ## kill -9 under load, again and again: ROUNDS=50
	@$(MAKE) --no-print-directory programs
	python3 tests/crash/crash.py $(BUILD) --rounds $(or $(ROUNDS),50)

FUZZ_SECONDS ?= 60
fuzz: ## feed the codec with what nobody would send: FUZZ_SECONDS=60
	$(call install,$(PACKAGES) clang)
	@$(MAKE) --no-print-directory $(BUILD)/paidan-docs
	sh tests/fuzz/run.sh $(BUILD) $(FUZZ_SECONDS)

check-san: check-asan check-tsan ## the tests under AddressSanitizer with UBSan, then under ThreadSanitizer
check-asan: deps-test
	@$(MAKE) --no-print-directory all BUILD=$(BUILD)/asan \
		CFLAGS="-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined"
	@SANITIZER=asan sh tests/run.sh $(BUILD)/asan
check-tsan: deps-test
	@$(MAKE) --no-print-directory all BUILD=$(BUILD)/tsan CFLAGS="-O1 -g -fno-omit-frame-pointer -fsanitize=thread"
	@SANITIZER=tsan TSAN_OPTIONS="suppressions=$(CURDIR)/tests/tsan.supp" sh tests/run.sh $(BUILD)/tsan

SOURCES = $(shell find proto daemon clients workers tests -name node_modules -prune -o -name '*.c' -print)
HEADERS = $(shell find proto daemon clients workers tests -name node_modules -prune -o -name '*.h' -print)
lint: deps-test deps-lint ## clang-tidy, cppcheck, clang-format: all must be silent
	@clang-format --dry-run -Werror $(SOURCES) $(HEADERS)
	@cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,performance,portability --inline-suppr \
		--suppressions-list=tests/cppcheck.supp $(INCLUDES) -DPAIDAN_VERSION='""' \
		-D'RB_PROTOTYPE(a,b,c,d)=' -D'RB_GENERATE(a,b,c,d)=' -D'RB_GENERATE_INTERNAL(a,b,c,d,e)=' \
		-D'TAILQ_FOREACH(v,h,f)=for ((v) = 0; (v);)' -i clients/node proto daemon clients workers tests
	@printf '%s\n' $(SOURCES) | xargs -P 2 -I{} sh -c 'clang-tidy --quiet --warnings-as-errors="*" {} -- -std=gnu11 "$$@" 2>&1 | \
		{ ! grep -v "^[0-9]* warnings\? generated.$$"; }' tidy $(CPPFLAGS)
format: deps-lint ## bring all sources into form
	@clang-format -i $(SOURCES) $(HEADERS)

check-metrics: deps-test ## what is served, the alerts and the dashboard, by promtool: its package is fetched, not installed
	@$(MAKE) --no-print-directory $(BUILD)/paidand
	@command -v promtool >/dev/null || [ -x $(BUILD)/prometheus/usr/bin/promtool ] || { \
		mkdir -p $(BUILD)/prometheus && cd $(BUILD)/prometheus && rm -f prometheus_*.deb && \
		apt-get -qq -o APT::Sandbox::User=root download prometheus && dpkg-deb --fsys-tarfile prometheus_*.deb | tar -x ./usr/bin/promtool && \
		rm -f prometheus_*.deb; }
	@PATH="$$PATH:$(BUILD)/prometheus/usr/bin" python3 tests/conformance/run.py $(BUILD) promtool metrics alerts

docs: $(BUILD)/paidan-docs ## make PROTOCOL.md and schema.json again from the tables
	$(BUILD)/paidan-docs protocol >$(BUILD)/PROTOCOL.md && mv $(BUILD)/PROTOCOL.md proto/PROTOCOL.md
	$(BUILD)/paidan-docs schema >$(BUILD)/schema.json && mv $(BUILD)/schema.json proto/schema.json
	@cp proto/schema.json clients/node/schema.json
	@if command -v node >/dev/null; then node clients/node/scripts/types.js; \
	else echo "make: node is not installed: clients/node/types/messages.d.ts is as it was" >&2; fi

.PHONY: screens
screens: deps ## pictures of what people see, from a running district, into docs/screens; LANG says the language
	$(call install,$(DOCS_PACKAGES))
	@$(MAKE) --no-print-directory programs
	@sh docs/screens.sh $(BUILD)

TEXTS = $(wildcard proto/*.c proto/errors.def daemon/*.c daemon/store/*.c clients/*/*.c clients/cli/*/*.c workers/*.c)
.PHONY: po
po: ## take new texts of the programs into proto/po/*.po, to be translated there
	@sh proto/po/extract.sh $(BUILD)/paidan.pot $(TEXTS)
	@for po in proto/po/*.po; do \
		msgmerge --quiet --update --backup=none --no-wrap --add-location=file $$po $(BUILD)/paidan.pot && \
		msgattrib --no-obsolete --no-wrap --output-file=$$po $$po && msgfmt --statistics -o /dev/null $$po || exit 1; \
	done

bench-notice: deps ## how long a notice takes to reach so many who are connected: RESIDENTS=10000 HOUSEHOLDS=85605
	@$(MAKE) --no-print-directory $(BUILD)/paidand $(BUILD)/paidan-bench
	$(BUILD)/paidan-bench notice $(RESIDENTS:%=--residents %) $(HOUSEHOLDS:%=--households %)
bench-connections: deps ## workers and idle residents held at once, and all back at once: RESIDENTS=100000 WORKERS=1151 TURNS=5
	@$(MAKE) --no-print-directory $(BUILD)/paidand $(BUILD)/paidan-bench
	$(BUILD)/paidan-bench connections $(RESIDENTS:%=--residents %) $(WORKERS:%=--workers %) $(TURNS:%=--turns %)
# A machine in which the limit of open files is what one wants; nothing else needs these packages.
VM_PACKAGES = qemu-system-x86 busybox-static cpio e2fsprogs
bench-connections-vm: deps ## ... in a virtual machine, where so many may be: RESIDENTS=100000 WORKERS=1151 ORDERS=50000 TURNS=5 CPUS=2 MEMORY=4096 ACCEL=kvm JSON=1
	$(call install,$(VM_PACKAGES))
	@$(MAKE) --no-print-directory $(BUILD)/paidand $(BUILD)/paidan-bench
	@CPUS=$(CPUS) MEMORY=$(MEMORY) DISK=$(DISK) ACCEL=$(ACCEL) sh tests/bench/vm.sh $(BUILD) connections --residents $(or $(RESIDENTS),100000) \
		--orders $(or $(ORDERS),50000) $(WORKERS:%=--workers %) --turns $(or $(TURNS),5) $(if $(JSON),--json)
bench-supervisors: deps ## lives a second with so many who are subscribed to everything: SUPERVISORS=100 TURNS=15
	@$(MAKE) --no-print-directory $(BUILD)/paidand $(BUILD)/paidan-bench
	$(BUILD)/paidan-bench supervisors $(SUPERVISORS:%=--supervisors %) $(TURNS:%=--turns %)
bench-reading: deps ## queries a second of each kind beside the writers, and what becomes of those: TURNS=5
	@$(MAKE) --no-print-directory $(BUILD)/paidand $(BUILD)/paidan-bench
	$(BUILD)/paidan-bench reading $(TURNS:%=--turns %)
bench-growth: deps ## the same lives with so many orders in the store, and in one queue: SIZES=1000,1000000,10000000 ROUNDS=5 ORDERS=300000 (10 GB of disk)
	@$(MAKE) --no-print-directory $(BUILD)/paidand $(BUILD)/paidan-bench
	$(BUILD)/paidan-bench growth $(SIZES:%=--sizes %) $(ROUNDS:%=--rounds %) $(ORDERS:%=--orders %)
bench-latency: deps ## the time to an answer: alone, beside what transport and disk take, and at half the peak rate, beside the disk alone: ROUNDS=5 ORDERS=300000
	@$(MAKE) --no-print-directory $(BUILD)/paidand $(BUILD)/paidan-bench
	$(BUILD)/paidan-bench latency $(ROUNDS:%=--rounds %) $(ORDERS:%=--orders %)
# Peers and what is measured with them; nothing else needs these packages.
BENCH_PACKAGES = beanstalkd redis-server rabbitmq-server postgresql nats-server gearman-job-server libhiredis-dev librabbitmq-dev libpq-dev \
	gnuplot-nox python3
BARE ?= ../shared/yardstick/run
bench: guide ## lives a second beside six other brokers, in turns, into tests/bench/RESULTS.md: ROUNDS=5 PEERS="redis nats" LASTS=3 BARE=SCRIPT
	@sh tests/bench/install.sh $(BENCH_PACKAGES) $(VM_PACKAGES)
	@$(MAKE) --no-print-directory $(BUILD)/paidand $(BUILD)/paidan-bench $(BUILD)/paidan-peers
	@PYTHONDONTWRITEBYTECODE=1 python3 tests/bench/bench.py $(BUILD) $(ROUNDS:%=--rounds %) --bare "$(BARE)" $(if $(LASTS),--seconds $(LASTS)) \
		$(if $(filter undefined,$(origin PEERS)),,--peers "$(PEERS)") $(if $(filter undefined,$(origin SECTIONS)),,--sections "$(SECTIONS)")
# Each function must still stand for itself.
bench-profile: deps ## where a life's processor time goes, by part, into tests/bench/PROFILE.md: ORDERS=400000
	$(call install,linux-perf)
	@$(MAKE) --no-print-directory $(PARALLEL) $(BUILD)/profile/paidand $(BUILD)/profile/paidan-bench BUILD=$(BUILD)/profile LTO=
	@PYTHONDONTWRITEBYTECODE=1 python3 tests/bench/profile.py $(BUILD)/profile $(ORDERS:%=--orders %)
bench-sections: guide ## measure further sections of RESULTS.md anew, the rest stays: SECTIONS="growth latency"
	$(call install,gnuplot-nox $(if $(filter connections-vm,$(SECTIONS)),$(VM_PACKAGES)))
	@$(MAKE) --no-print-directory $(BUILD)/paidand $(BUILD)/paidan-bench
	@PYTHONDONTWRITEBYTECODE=1 python3 tests/bench/bench.py $(BUILD) --again --sections "$(SECTIONS)"
bench-page: ## tests/bench/RESULTS.md again, from results.json
	$(call install,gnuplot-nox)
	@PYTHONDONTWRITEBYTECODE=1 python3 tests/bench/page.py

compile_commands.json: ## for editors: how each file is compiled
	$(call install,$(PACKAGES) $(TEST_PACKAGES) bear)
	@bear --output $@ -- $(MAKE) --no-print-directory $(PARALLEL) -s programs tools BUILD=$(BUILD)/bear CFLAGS="-O0 -g" >/dev/null
	@rm -rf $(BUILD)/bear
	@echo "  $@"

.PHONY: clean help compile_commands.json
clean: ## remove what was built; the data of make run stays
	rm -rf $(BUILD)
help: ## this list
	@sed -n 's/^\([a-z_.-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 32
