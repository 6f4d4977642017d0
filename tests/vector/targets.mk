# Small programs beside the vector tests: tests/vector/x.c becomes build/<variant>/vector/x.
VECTOR_BINS := $(patsubst tests/vector/%.c,$(B)/vector/%,$(wildcard tests/vector/*.c))

$(B)/vector/%: $(B)/obj/tests/vector/%.o $(LIB)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) $(filter %.o,$^) $(LIB) $(LDLIBS) -o $@

check: $(VECTOR_BINS)
