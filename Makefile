# paidan: two commands do everything: make run, make test. `make help` lists the others.
CFLAGS ?= -O2 -g
BUILD ?= build
CC = gcc
STD = -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Wshadow -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings
INCLUDES = -Iproto -Idaemon -Idaemon/core -Idaemon/store -Iclients/lib -Iworkers -Itests
VERSION := $(shell cat VERSION)
override CPPFLAGS += $(INCLUDES) -DPAIDAN_VERSION='"$(VERSION)"'

objects = $(patsubst %.c,$(BUILD)/%.o,$(filter-out %/main.c %/docs.c,$(wildcard $(1)/*.c)))
PROTO = $(call objects,proto)
CORE = $(call objects,daemon/core)
STORE = $(call objects,daemon/store)
DAEMON = $(call objects,daemon)
LIB = $(call objects,clients/lib)
CLI = $(call objects,clients/cli)
WORKERS = $(call objects,workers)

PROGRAMS = $(BUILD)/paidand $(BUILD)/paidan-bench
UNITS = $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c))

.PHONY: all
all: $(PROGRAMS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(STD) $(CFLAGS) $(CPPFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/libproto.a: $(PROTO)
$(BUILD)/libcore.a: $(CORE)
$(BUILD)/libstore.a: $(STORE)
$(BUILD)/libdaemon.a: $(DAEMON)
$(BUILD)/libworkers.a: $(WORKERS)
$(BUILD)/libcli.a: $(CLI)
$(BUILD)/libpaidan.a: $(LIB) $(PROTO)
$(BUILD)/%.a:
	$(Q)rm -f $@ && ar rcs $@ $^

CLIENT_LIBS = -lzmq -lmsgpackc -lsodium
STORE_LIBS = -llmdb -lsodium -lmsgpackc
$(BUILD)/paidand: $(BUILD)/daemon/main.o $(BUILD)/libdaemon.a $(BUILD)/libstore.a $(BUILD)/libcore.a $(BUILD)/libproto.a
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ $(STORE_LIBS) -lzmq -luv -linih -lsystemd -lpthread
$(BUILD)/paidan: $(BUILD)/clients/cli/main.o $(BUILD)/libcli.a $(BUILD)/libpaidan.a $(BUILD)/libstore.a $(BUILD)/libcore.a $(BUILD)/libproto.a
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ $(CLIENT_LIBS) $(STORE_LIBS) -lcsv -lm -lpthread
$(BUILD)/paidan-worker: $(BUILD)/workers/main.o $(BUILD)/libworkers.a $(BUILD)/libpaidan.a
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ $(CLIENT_LIBS) -lm -lpthread
BENCH = $(call objects,tests/bench)
$(BUILD)/paidan-bench: $(BUILD)/tests/bench/main.o $(BENCH) $(BUILD)/libstore.a $(BUILD)/libcore.a $(BUILD)/libproto.a
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ $(STORE_LIBS) -lzmq -lpthread
$(BUILD)/tests/%: $(BUILD)/tests/unit/%.o $(BUILD)/libcli.a $(BUILD)/libdaemon.a $(BUILD)/libstore.a $(BUILD)/libcore.a $(BUILD)/libpaidan.a $(BUILD)/libproto.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ -lcmocka $(STORE_LIBS) -lzmq -luv -linih -lsystemd -lcsv -lm -lpthread

.PRECIOUS: $(BUILD)/%.o
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

.PHONY: clean
clean:
	rm -rf $(BUILD)
