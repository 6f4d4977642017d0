#!/usr/bin/env bash
# Others save, rename and link in the folder while it is sealed, as fast as they can: nothing that was saved is lost.
. "$(dirname "$0")/../tap.sh"
race=${CLASSD_BUILD:-build/release}/fault/race
operations=1000000
[ -z "${CLASSD_LONG:-}" ] || operations=20000000
seed=${CLASSD_SEED:-$(date +%s)}
# In memory there are the most races; a sync costs nothing there, and no promise of this test rests on one.
[ ! -d /dev/shm ] || export TMPDIR=/dev/shm
said=$("$race" "$seed" "$operations" 2>&1)
status=$?
value() { sed -n "s/.*\b$1=\([0-9]*\).*/\1/p" <<<"$said"; }
tap $status "seed $seed: everything that was saved is there"
[ $status -eq 0 ] || sed 's/^/# /' <<<"$said"
ok "so many operations" test "$(value operations)" -ge $operations
ok "files were sealed meanwhile" test "$(value sealed)" -gt $((operations / 1000))
ok "and many were caught as they changed" test "$(value changed)" -gt $((operations / 1000))
echo "# figure: race: $(value operations) operations, $(value versions) versions saved, $(value sealed) sealed," \
	"$(value changed) changes caught, $(value conflicts) conflict names: newest lost $(value newest_lost), versions lost $(value lost)"
done_testing
