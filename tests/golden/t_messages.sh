#!/usr/bin/env bash
# Translations: every message of classctl is in the Chinese catalogue, and an uninstalled classctl speaks it.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
build=${CLASSD_BUILD:-build/release}
ctl=$(realpath "$build/classctl")
if ! command -v msgfmt >/dev/null || [ ! -e /usr/share/i18n/locales/zh_CN ]; then
	skip "translations" "gettext or locales is not installed"
	done_testing
	exit
fi
scratch=$(mktemp -d) && trap 'rm -rf "$scratch"' EXIT

ok "the catalogue is well formed" msgfmt --check --output-file="$scratch/mo" packaging/po/zh_CN.po
xgettext --language=C --from-code=UTF-8 --keyword=_ --keyword=N_ --keyword=_n:1,2 --keyword=N_n:1,2 --no-location --output="$scratch/pot" \
	agent/ctl/*.[ch] packaging/po/agent-words
msgmerge --quiet --no-fuzzy-matching --output-file="$scratch/merged" packaging/po/zh_CN.po "$scratch/pot"
is "every message is translated (make translations-update, then translate)" \
	"$(msgattrib --untranslated --no-obsolete "$scratch/merged" | grep -c '^msgid "..*"')" 0
mkdir "$scratch/build" && cp "$ctl" "$scratch/build/" && mkdir -p "$scratch/build/locale/zh_CN/LC_MESSAGES"
cp "$scratch/mo" "$scratch/build/locale/zh_CN/LC_MESSAGES/classd.mo"
# A C library from 2.39 on speaks no other language in C.UTF-8: a locale of our own, that no machine needs to have.
mkdir "$scratch/locales"
localedef -i zh_CN -f UTF-8 "$scratch/locales/zh_CN.UTF-8"
speak() { env LOCPATH="$scratch/locales" LC_ALL=zh_CN.UTF-8 LANGUAGE="$1" "$scratch/build/classctl" tga 2>&1; }
is "an error in Chinese" \
	"$(speak zh_CN)" \
	"classctl: 没有这个命令
  位置： tga
  下一步： 您是否想用 classctl tag？"
mkdir "$scratch/pack" && cp -r policy/basic/. "$scratch/pack" && chmod -R a+rX "$scratch"
counted() { env LOCPATH="$scratch/locales" LC_ALL=zh_CN.UTF-8 LANGUAGE="$1" "$scratch/build/classctl" policy check "$scratch/pack" 2>&1 | tail -n 1; }
is "what is counted, in Chinese" "$(counted zh_CN)" "$(printf "$(sed -n '/^msgid_plural "%s %s: %zu levels, %zu items: good"$/{n;s/^msgstr\[0\] "\(.*\)"$/\1/;s/%zu/%d/g;p}' packaging/po/zh_CN.po)" basic 1 4 7)"
is "and in English where the language has no catalogue, many" "$(counted eo)" "basic 1: 4 levels, 7 items: good"
is "and in English where the language has no catalogue" \
	"$(speak eo | head -n 1)" "classctl: no such command"
done_testing
