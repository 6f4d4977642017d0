# tests/bench/b_NAME.sh is one benchmark; tests/bench/x.c becomes build/<variant>/bench/x, which it may use.
BENCH_BINS := $(patsubst tests/bench/%.c,$(B)/bench/%,$(wildcard tests/bench/*.c))
BENCH_SCRIPTS := $(if $(BENCH_NAME),tests/bench/b_$(BENCH_NAME).sh,$(sort $(wildcard tests/bench/b_*.sh)))

$(B)/bench/%: $(B)/obj/tests/bench/%.o $(LIB)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) $(filter %.o,$^) $(LIB) $(LDLIBS) -o $@

# These drive a role's room without its process.
$(B)/bench/sealer: $(filter-out %/main.o,$(call objects,$(call sources,sealer)))
$(B)/bench/sweep: $(filter-out %/main.o,$(call objects,$(call sources,registrar)))
$(B)/bench/sealer $(B)/bench/sweep: LDLIBS += -lcmocka

bench: all $(BENCH_BINS) ## measure against stock tools in the same run: B=NAME for one
	@for script in $(BENCH_SCRIPTS); do CLASSD_BUILD=$(B) "$$script" || exit 1; done
.PHONY: bench
