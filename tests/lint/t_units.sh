#!/usr/bin/env bash
# The units say what they need, and the agent's service stays as closed as it was.
. "$(dirname "$0")/../tap.sh"
for unit in systemd/*.service systemd/user/*.service; do
	bare=$(sed -n '/^\[Service\]/,/^\[/p' "$unit" | awk '/^#/ { said = 1; next } /^$/ { said = 0; next } /^(Protect|Private|Restrict|Capability|NoNew|System|Lock|Memory|Limit)/ && !said { print FILENAME ": " $0 }')
	is "${unit##*/}: hardening has a reason above it" "$bare" ""
done
if command -v systemd-analyze >/dev/null && systemd-analyze --help | grep -q -- --offline; then
	dir=$(mktemp -d)
	trap 'rm -rf "$dir"' EXIT
	sed 's|@prefix@|/usr|g' systemd/classd.service >"$dir/classd.service"
	ok "exposure of classd.service is at most 3.0" systemd-analyze security --offline=true --threshold=30 --no-pager "$dir/classd.service"
else
	skip "exposure of classd.service" "no systemd-analyze"
fi
like "each role's user is made" "$(cat packaging/sysusers.conf)" 'classd-watcher.*classd-inspector.*classd-sealer.*classd-keeper.*classd-registrar'
fails "no colon in a user's description: the user database has none" grep -nE '^u .*".*:.*"' packaging/sysusers.conf
done_testing
