# tests/crash/ROOM.c: the states that a power cut may leave of what that role writes. t_states.sh runs them.
CRASH_BINS := $(patsubst tests/crash/%.c,$(B)/tests/crash/%,$(filter-out %/model.c %/states.c %/vfs.c,$(wildcard tests/crash/*.c)))
CRASH_MODEL := $(call objects,tests/crash/model.c tests/crash/states.c tests/crash/vfs.c)

define CRASH_RULE
$(B)/tests/crash/$(1): $(B)/obj/tests/crash/$(1).o $(CRASH_MODEL) $(B)/rooms/$(1).a $(LIB)
	@mkdir -p $$(@D)
	$$(CC) $$(LDFLAGS) $$(filter %.o,$$^) $(B)/rooms/$(1).a $(LIB) $$(LDLIBS) -lcmocka -o $$@
endef
$(foreach t,$(notdir $(CRASH_BINS)),$(eval $(call CRASH_RULE,$(t))))

check: $(CRASH_BINS)
