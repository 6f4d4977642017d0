# tests/fault/x.c becomes build/<variant>/fault/x. ROOM.c and ROOM_y.c drive that role's room without its process, all others
# the sealer's.
FAULT_SRC := $(wildcard tests/fault/*.c)
FAULT_BINS := $(patsubst tests/fault/%.c,$(B)/fault/%,$(FAULT_SRC))
FAULT_ROOM = $(or $(filter $(ROLES) $(HELPERS) supervisor ctl,$(firstword $(subst _, ,$(1)))),sealer)
define FAULT_RULE
$(B)/fault/$(1): $(B)/obj/tests/fault/$(1).o $(B)/rooms/$(call FAULT_ROOM,$(1)).a $(LIB)
	@mkdir -p $$(@D)
	$$(CC) $$(LDFLAGS) $$(filter %.o,$$^) $(B)/rooms/$(call FAULT_ROOM,$(1)).a $(LIB) $$(LDLIBS) -lcmocka -o $$@
endef
$(foreach f,$(patsubst tests/fault/%.c,%,$(FAULT_SRC)),$(eval $(call FAULT_RULE,$(f))))
# A backup is read by read(2) itself.
$(B)/fault/library: LDFLAGS += -Wl,--wrap=read

check: $(FAULT_BINS)
# With a malloc of its own behind it only our code is refused memory.
ifeq ($(VARIANT),asan)
$(FAULT_BINS): LDFLAGS += $(foreach f,malloc calloc realloc reallocarray memalign aligned_alloc posix_memalign free,-Wl,--wrap=$(f))
endif
