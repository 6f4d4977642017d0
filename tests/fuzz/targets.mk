# Fuzz targets: see tests/fuzz/fuzz.h. With VARIANT=fuzz libFuzzer drives them, else the replay of their seeds.
FUZZ_NAMES := $(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c tests/fuzz/*/fuzz_*.c)))
FUZZ_BINS := $(addprefix $(B)/fuzz/,$(FUZZ_NAMES))
FUZZ_PICKED := $(filter fuzz_$(T) %/fuzz_$(T),$(FUZZ_NAMES))
FUZZ_DRIVER := $(if $(filter fuzz,$(VARIANT)),,$(B)/obj/tests/fuzz/replay.o)
SECONDS ?= 60

define FUZZ_RULE
$(B)/obj/tests/fuzz/$(1).o: CPPFLAGS += -Itests/fuzz
$(B)/fuzz/$(1): $(B)/obj/tests/fuzz/$(1).o $(if $(findstring /,$(1)),$(call room_objects,$(firstword $(subst /, ,$(1))))) $(FUZZ_DRIVER) $(LIB)
	@mkdir -p $$(@D)
	$$(CC) $$(LDFLAGS) $(if $(FUZZ_DRIVER),,-fsanitize=fuzzer) $$(filter %.o,$$^) $(LIB) $$(LDLIBS) -o $$@
endef
$(foreach f,$(FUZZ_NAMES),$(eval $(call FUZZ_RULE,$(f))))
$(B)/obj/tests/fuzz/replay.o: CPPFLAGS += -Itests/fuzz

check: $(FUZZ_BINS)

fuzz: ## fuzz one parser: T=NAME SECONDS=N (clang, libFuzzer); finds stay in build/fuzz/found/NAME
	@test -n "$(FUZZ_PICKED)" || { echo "make fuzz T=NAME with one of: $(patsubst fuzz_%,%,$(notdir $(FUZZ_NAMES)))"; exit 1; }
	@$(MAKE) --no-print-directory VARIANT=fuzz build/fuzz/fuzz/$(FUZZ_PICKED)
	@mkdir -p build/fuzz/grown/$(T) build/fuzz/found/$(T) tests/fuzz/corpus/$(T)
	build/fuzz/fuzz/$(FUZZ_PICKED) -max_total_time=$(SECONDS) -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
		-artifact_prefix=build/fuzz/found/$(T)/ build/fuzz/grown/$(T) tests/fuzz/corpus/$(T)
.PHONY: fuzz
