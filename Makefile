# classd: one Makefile, not recursive. Variants live side by side in build/<variant>/. `make help` lists targets.
VARIANT ?= release
# `make bench B=NAME`: that B is a benchmark; everywhere else B is the build folder.
BENCH_NAME := $(if $(findstring command,$(origin B)),$(B))
override B := build/$(VARIANT)
CC ?= gcc
ifeq ($(origin CC),default)
CC := gcc
endif
VERSION := 0.1.0
PREFIX ?= /usr/local

PACKAGES := libsodium libcrypto sqlite3 jansson yaml-0.1 libseccomp libcap-ng libarchive libmagic expat \
            poppler-glib libqpdf libhs libacl libgfshare libqrencode \
            tss2-esys tss2-tctildr tss2-mu tss2-rc p11-kit-1
PKG_CFLAGS := $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(PACKAGES) 2>/dev/null))
PKG_LIBS := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null)
ifeq ($(PKG_LIBS),)
$(info note: development packages are missing; packaging/install-dependencies installs them)
endif

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wswitch-enum \
        -Wcast-qual -Wconversion -Wundef -Wwrite-strings -Wpointer-arith
ifdef CI
WARN += -Werror
endif
HARDEN := -fPIE -fstack-protector-strong -fstack-clash-protection -fcf-protection
LINK_HARDEN := -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed

OPT_release := -O2 -g -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -ftrivial-auto-var-init=zero
OPT_clang := -O2 -g -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
OPT_asan := -Wno-format-truncation -O1 -g -fsanitize=address -fno-omit-frame-pointer -DCLASSD_SANITIZED
OPT_ubsan := -Wno-format-truncation -O1 -g -fsanitize=undefined -fno-sanitize-recover=all -DCLASSD_SANITIZED
OPT_cover := -O0 -g --coverage
OPT_fuzz := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -DCLASSD_SANITIZED
LINK_asan := -fsanitize=address
LINK_ubsan := -fsanitize=undefined
LINK_cover := --coverage
LINK_fuzz := -fsanitize=address,undefined
ifneq (,$(filter $(VARIANT),clang fuzz))
CC := clang
endif

CPPFLAGS := -D_GNU_SOURCE -Iagent -Iinclude -Itests/unit -I$(B)/gen $(PKG_CFLAGS) \
            -DCLASSD_VERSION='"$(VERSION)"' -DCLASSD_PREFIX='"$(PREFIX)"'
CFLAGS = -std=gnu17 $(WARN) $(HARDEN) $(OPT_$(VARIANT)) -MMD -MP
LDFLAGS = $(LINK_HARDEN) $(LINK_$(VARIANT))
LDLIBS = $(PKG_LIBS) -lm
DESTDIR ?=

SHARED := base domain format system library
ROLES := watcher inspector sealer keeper registrar
sources = $(sort $(wildcard $(addsuffix /*.c,$(addprefix agent/,$(1)))) $(wildcard $(addsuffix /*/*.c,$(addprefix agent/,$(1)))))
objects = $(patsubst %.c,$(B)/obj/%.o,$(1))

SHARED_O := $(call objects,$(call sources,$(SHARED)))
LIB := $(B)/libclassd.a
HELPERS := protector # started by the supervisor for one act each
ROLE_BINS := $(foreach r,$(ROLES) $(HELPERS),$(if $(wildcard agent/$(r)/main.c),$(B)/libexec/classd/classd-$(r)))
PROGRAMS := $(if $(wildcard agent/supervisor/main.c),$(B)/classd) $(if $(wildcard agent/ctl/main.c),$(B)/classctl) $(ROLE_BINS)

UNIT_SRC := $(sort $(wildcard tests/unit/*/test_*.c))
UNIT_BINS := $(patsubst tests/unit/%.c,$(B)/tests/%,$(UNIT_SRC))

.DEFAULT_GOAL := all
.PHONY: all help check unit clean
.SECONDARY:

all: $(PROGRAMS) ## build classd, classctl and the roles into build/release/

help: ## this list
	@grep -hE '^[a-z -]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z -]+):.*## (.*)/\1\t\2/' | sort | awk -F'\t' '{printf "  make %-24s %s\n", $$1, $$2}'

$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

$(LIB): $(SHARED_O)
	@rm -f $@
	ar rcs $@ $^

# A role's objects: everything in its room, subfolders included.
$(B)/libexec/classd/classd-%: $(LIB)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) $(filter %.o,$^) $(LIB) $(LDLIBS) -o $@
$(foreach r,$(ROLES) $(HELPERS),$(eval $(B)/libexec/classd/classd-$(r): $(call objects,$(call sources,$(r)))))

$(B)/classd: $(call objects,$(call sources,supervisor)) $(LIB)
	$(CC) $(LDFLAGS) $(filter %.o,$^) $(LIB) $(LDLIBS) -o $@
$(B)/classctl: $(call objects,$(call sources,ctl)) $(LIB)
	$(CC) $(LDFLAGS) $(filter %.o,$^) $(LIB) $(LDLIBS) -o $@

# The interface texts that introspection serves, as C: INTERFACE("text") for each file.
$(B)/gen/registrar/interfaces.inc: $(sort $(wildcard include/classd/*.varlink))
	@mkdir -p $(@D)
	@for f in $^; do echo 'INTERFACE('; sed 's/[\\"]/\\&/g; s/.*/"&\\n"/' $$f; echo ')'; done >$@
$(B)/obj/agent/registrar/api/interfaces.o: $(B)/gen/registrar/interfaces.inc

# tests/unit/<room>/test_x.c links the shared archive and, for a role's room, that room without its main: an archive too,
# so that a test may stand in for a neighbour of what it tests.
room_objects = $(filter-out %/main.o,$(call objects,$(call sources,$(1))))
define ROOM_RULE
$(B)/rooms/$(1).a: $(call room_objects,$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	ar rcs $$@ $$^
endef
$(foreach r,$(ROLES) $(HELPERS) supervisor ctl,$(eval $(call ROOM_RULE,$(r))))
define UNIT_RULE
$(B)/tests/$(1): $(B)/obj/tests/unit/$(1).o $(patsubst %,$(B)/rooms/%.a,$(filter $(ROLES) $(HELPERS) supervisor ctl,$(firstword $(subst /, ,$(1))))) $(LIB)
	@mkdir -p $$(@D)
	$$(CC) $$(LDFLAGS) $$(filter %.o,$$^) $$(filter $(B)/rooms/%,$$^) $(LIB) $$(LDLIBS) -lcmocka -o $$@
endef
$(foreach t,$(patsubst tests/unit/%.c,%,$(UNIT_SRC)),$(eval $(call UNIT_RULE,$(t))))

unit: $(UNIT_BINS) ## unit tests only
	@tests/run $(UNIT_BINS)

check: all $(UNIT_BINS) lint ## all tests that CI runs; last line: N passed, N failed, N skipped
	@CLASSD_BUILD=$(B) tests/run $(foreach d,fault crash system lint vector golden sandbox fuzz,$(sort $(wildcard tests/$(d)/t_*.sh))) $(UNIT_BINS)

lint: ## layers, sizes, one header one library, manual pages
	@tests/lint/lint
.PHONY: lint

asan ubsan clang: ## the unit tests built with that sanitizer or compiler
	@$(MAKE) --no-print-directory VARIANT=$@ unit
cover: ## the unit tests with coverage, and the lines that each room's tests reach
	@$(MAKE) --no-print-directory VARIANT=cover unit
	@for room in $(SHARED) $(ROLES) $(HELPERS) supervisor ctl; do \
		find build/cover/obj/agent/$$room -name '*.gcda' 2>/dev/null | xargs -r gcov -n 2>/dev/null | \
		awk -v room=$$room '/^File .agent\// {ours=1} /^File/ && !/agent\// {ours=0} ours && /^Lines executed/ {split($$0,a,"[:% ]+"); lines+=a[5]; hit+=a[3]*a[5]/100; ours=0} END {if (lines) printf "%-12s %5.1f %% of %d lines\n", room, 100*hit/lines, lines}'; done
valgrind: $(UNIT_BINS) ## the unit tests under valgrind
	@for t in $(UNIT_BINS); do valgrind -q --error-exitcode=9 --leak-check=full $$t >build/valgrind.log 2>&1 || { echo "FAIL $$t"; tail -n 40 build/valgrind.log; exit 1; }; echo "ok $$t"; done
tidy: ## clang's static analyzer over the whole tree; advice, it does not understand cleanup attributes
	@clang-tidy --quiet --checks='-*,clang-analyzer-*,-clang-analyzer-valist.Uninitialized,-clang-analyzer-security.insecureAPI.*,-clang-analyzer-optin.performance.Padding' $(foreach r,$(SHARED) $(ROLES) $(HELPERS) supervisor ctl,$(call sources,$(r))) -- -std=gnu17 $(CPPFLAGS)
soak: all ## the system, fault and crash tests again and again: SECONDS=N (default 3600)
	@end=$$(($$(date +%s) + $${SECONDS_TO_SOAK:-$(or $(SECONDS),3600)})); while [ $$(date +%s) -lt $$end ]; do CLASSD_BUILD=$(B) CLASSD_LONG=1 CLASSD_TEST_LIMIT=3000 tests/run $(sort $(wildcard tests/system/t_*.sh tests/fault/t_*.sh tests/crash/t_*.sh)) || exit 1; done
.PHONY: valgrind tidy soak
.PHONY: asan ubsan clang cover

-include $(wildcard Makefile.d/*.mk) $(wildcard tests/*/targets.mk packaging/targets.mk)

clean: ## remove build/
	rm -rf build

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
