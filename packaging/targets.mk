# ---- translations: packaging/po/LANGUAGE.po to build/<variant>/locale, where an uninstalled classctl finds them ----
PO := $(wildcard packaging/po/*.po)
MO := $(if $(shell command -v msgfmt),$(patsubst packaging/po/%.po,$(B)/locale/%/LC_MESSAGES/classd.mo,$(PO)))
all: $(MO)
$(B)/locale/%/LC_MESSAGES/classd.mo: packaging/po/%.po
	@mkdir -p $(@D)
	msgfmt --check --output-file=$@ $<
translations-update: ## collect the messages of classctl anew, and merge them into the translations
	xgettext --language=C --from-code=UTF-8 --keyword=_ --keyword=N_ --sort-by-file --no-location --package-name=classd \
		--output=packaging/po/classd.pot $(sort $(wildcard agent/ctl/*.c agent/ctl/*.h)) packaging/po/agent-words
	sed -i '/^"POT-Creation-Date/d' packaging/po/classd.pot
	for po in $(PO); do msgmerge --quiet --no-fuzzy-matching --backup=none --update $$po packaging/po/classd.pot; done
.PHONY: translations-update
