# ---- translations: packaging/po/LANGUAGE.po to build/<variant>/locale, where an uninstalled classctl finds them ----
PO := $(wildcard packaging/po/*.po)
MO := $(if $(shell command -v msgfmt),$(patsubst packaging/po/%.po,$(B)/locale/%/LC_MESSAGES/classd.mo,$(PO)))
all: $(MO)
$(B)/locale/%/LC_MESSAGES/classd.mo: packaging/po/%.po
	@mkdir -p $(@D)
	msgfmt --check --output-file=$@ $<
# Sentences of the agent with values in them, by which classctl knows them again (ctl/words.c).
$(B)/gen/ctl/sentences.inc: packaging/po/agent-words
	@mkdir -p $(@D)
	@sed -n 's/^N_(\(".*[%{].*"\))$$/\1,/p' $< >$@
$(B)/obj/agent/ctl/words.o: $(B)/gen/ctl/sentences.inc
translations-update: ## collect the messages of classctl anew, and merge them into the translations
	xgettext --language=C --from-code=UTF-8 --keyword=_ --keyword=N_ --keyword=_n:1,2 --keyword=N_n:1,2 --sort-by-file --no-location --package-name=classd \
		--output=packaging/po/classd.pot $(sort $(wildcard agent/ctl/*.c agent/ctl/*.h)) packaging/po/agent-words
	sed -i '/^"POT-Creation-Date/d' packaging/po/classd.pot
	for po in $(PO); do msgmerge --quiet --no-fuzzy-matching --backup=none --update $$po packaging/po/classd.pot; done
.PHONY: translations-update

# ---- make install: DESTDIR and PREFIX as usual. Users and directories come from sysusers.d and tmpfiles.d. ----
SBINDIR := $(DESTDIR)$(PREFIX)/sbin
BINDIR := $(DESTDIR)$(PREFIX)/bin
LIBEXECDIR := $(DESTDIR)$(PREFIX)/libexec/classd
SHAREDIR := $(DESTDIR)$(PREFIX)/share
# A service manager and its helpers look below /usr/lib, and below /usr/local/lib only for units.
SYSTEMLIB := $(DESTDIR)/usr/lib
UNITS := $(wildcard systemd/classd*)
USER_UNITS := $(wildcard systemd/user/classd*)

install: all ## install programs, policy, manual pages, units; DESTDIR and PREFIX (default /usr/local) as usual
	install -D -m 0755 -t $(SBINDIR) $(B)/classd
	install -D -m 0755 -t $(BINDIR) $(B)/classctl
	install -D -m 0755 -t $(LIBEXECDIR) $(ROLE_BINS) packaging/desktop/lock-with-screen
	cd policy && find . -type f -exec install -D -m 0644 {} $(abspath $(SHAREDIR))/classd/policy/{} \;
	install -D -m 0644 -t $(SHAREDIR)/classd/templates packaging/templates/*
	for page in packaging/man/*.[1578]; do install -D -m 0644 -t $(SHAREDIR)/man/man$${page##*.} $$page; done
	for mo in $(MO); do install -D -m 0644 $$mo $(SHAREDIR)/locale/$${mo#$(B)/locale/}; done
	install -d -m 0755 $(SYSTEMLIB)/systemd/system
	for unit in $(UNITS); do sed 's|@prefix@|$(PREFIX)|g' $$unit >$(SYSTEMLIB)/systemd/system/$${unit##*/}; done
	install -d -m 0755 $(SYSTEMLIB)/systemd/user
	for unit in $(USER_UNITS); do sed 's|@prefix@|$(PREFIX)|g' $$unit >$(SYSTEMLIB)/systemd/user/$${unit##*/}; done
	install -D -m 0644 packaging/sysusers.conf $(SYSTEMLIB)/sysusers.d/classd.conf
	install -D -m 0644 packaging/tmpfiles.conf $(SYSTEMLIB)/tmpfiles.d/classd.conf
	install -D -m 0644 packaging/examples/classd.yaml $(SHAREDIR)/classd/examples/classd.yaml
	install -D -m 0755 packaging/examples/read-sealed-record $(SHAREDIR)/classd/examples/read-sealed-record

uninstall: ## remove what install put there; state, configuration and users stay
	rm -f $(SBINDIR)/classd $(BINDIR)/classctl $(SYSTEMLIB)/sysusers.d/classd.conf $(SYSTEMLIB)/tmpfiles.d/classd.conf
	rm -f $(addprefix $(SYSTEMLIB)/systemd/system/,$(notdir $(UNITS))) $(addprefix $(SYSTEMLIB)/systemd/user/,$(notdir $(USER_UNITS)))
	for page in packaging/man/*.[1578]; do rm -f $(SHAREDIR)/man/man$${page##*.}/$${page##*/}; done
	rm -f $(SHAREDIR)/locale/*/LC_MESSAGES/classd.mo
	rm -rf $(LIBEXECDIR) $(SHAREDIR)/classd
.PHONY: install uninstall
