# The probe of t_sandbox.sh: links what a role links, and tries what a role must not do.
$(B)/tests/sandbox/probe: $(B)/obj/tests/sandbox/probe.o $(LIB)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) $(filter %.o,$^) $(LIB) $(LDLIBS) -o $@

check: $(B)/tests/sandbox/probe
