#!/usr/bin/env bash
# Golden transcripts: what classctl says about itself and about a wrong command line. They need no agent.
# `make golden-update` writes help.out anew; read its diff before committing it.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
ctl=$(realpath "${CLASSD_BUILD:-build/release}/classctl")
want=tests/golden/help.out
export LC_ALL=C.UTF-8 LANGUAGE=en COLUMNS=120 CLASSD_SOCKET=/nonexistent/classd.sock
scratch=$(mktemp -d) && trap 'rm -rf "$scratch"' EXIT

transcript() {
	local line status
	while IFS= read -r line; do
		echo "\$ classctl $line"
		eval "\"$ctl\" $line" </dev/null 2>&1
		status=$?
		[ "$status" -eq 0 ] || echo "[exit $status]"
		echo
	done | sed "s|$scratch|SCRATCH|g"
}

commands() {
	echo help
	"$ctl" help | sed -nE 's/^  ([a-z]+( [a-z-]+){0,2})  .*/help \1/p'
	cat <<EOF
--version
tga report.docx
person
person ad
help person ad
help no such command
help sbumit
tag
tag --levle secret report.docx
tag --level
tag --submit=yes report.docx
show 2026-000001 2026-000002
sweep --as-of tomorrow
sweep --as-of 2030-02-30
issue 2026-000001
issue 2026-000001 --document-number A --copies many
new report.docx
new --item 3.2 --not-secret report.docx
declare report.docx
close
close --all 2026-000001
unseal 2026-000001
unseal 2026-000001 --to /nonexistent
recover
dismiss nine --reason x
appoint li --kind designated
completion fish
tag --item 3.2 $scratch/missing.docx
tag --item 3.2 $scratch
tag --item 3.2 $scratch/link
tag --item 3.2 $scratch/pipe
root set $scratch/missing --item 3.2
status
status --json
EOF
}

ln -s /etc/hostname "$scratch/link" && mkfifo "$scratch/pipe"
commands | transcript >"$scratch/got"
if [ "${1:-}" = --update ]; then cp "$scratch/got" "$want"; exit; fi
ok "the transcript is as recorded" diff -u "$want" "$scratch/got"
ok "the completion is a bash script" bash -n <("$ctl" completion bash)
is "every command has a page of help" "$(grep -c '^\[exit' <(sed -n '/^\$ classctl help$/,/^\$ classctl --version/p' "$scratch/got"))" 0

# The manual page knows every command, and below it every option of that command, and no others.
from_help() {
	"$ctl" help | sed -nE 's/^  ([a-z]+( [a-z-]+){0,2})  .*/\1/p' | while read -r command; do
		echo "$command"
		# shellcheck disable=SC2086
		"$ctl" help $command | sed -nE '/^Options/,/^$/s/^  (-.,|   ) --([a-z-]+).*/\2/p' |
			grep -vxE 'json|socket|help|version' | sed "s/^/$command --/"
	done
}
from_page() {
	sed -n '/^\.Sh COMMANDS/,/^\.Sh JSON/p' packaging/man/classctl.1 | while read -r macro kind rest; do
		[ "$macro" = .It ] || continue
		if [ "$kind" = Cm ]; then
			command=$(sed -E 's/ (Ar|Op) .*//' <<<"$rest")
			echo "$command"
		else
			echo "$command --$(sed -E 's/.*Fl -([a-z-]+).*/\1/' <<<"$kind $rest")"
		fi
	done
}
ok "the manual page has the same commands and options" diff -u <(from_page) <(from_help)
done_testing
