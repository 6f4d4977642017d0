# tests/fault/x.c becomes build/<variant>/fault/x. They drive the sealer's room without its process.
FAULT_BINS := $(patsubst tests/fault/%.c,$(B)/fault/%,$(wildcard tests/fault/*.c))

$(B)/fault/%: $(B)/obj/tests/fault/%.o $(B)/rooms/sealer.a $(LIB)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) $(filter %.o,$^) $(B)/rooms/sealer.a $(LIB) $(LDLIBS) -lcmocka -o $@

check: $(FAULT_BINS)
