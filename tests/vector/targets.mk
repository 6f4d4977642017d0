# Small programs beside the vector tests: tests/vector/x.c becomes build/<variant>/vector/x.
VECTOR_BINS := $(patsubst tests/vector/%.c,$(B)/vector/%,$(wildcard tests/vector/*.c))

$(B)/vector/%: $(B)/obj/tests/vector/%.o $(LIB)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) $(filter %.o,$^) $(LIB) $(LDLIBS) -o $@

$(B)/vector/%.so: tests/vector/preload/%.c
	@mkdir -p $(@D)
	$(CC) -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -O1 -fPIC -shared $< -Wl,--as-needed -lsodium -o $@

check: $(VECTOR_BINS) $(B)/vector/no_memory.so $(B)/vector/token.so
