#!/usr/bin/env bash
# Debian's age opens what we write and we open what it writes, at every border of a chunk: by hand, then 1,000 random
# files each way.
. "$(dirname "$0")/../tap.sh"
peer=$(realpath "${CLASSD_BUILD:-build/release}/vector/peer")
for tool in age age-keygen; do
	command -v "$tool" >/dev/null || { skip "age in both directions" "$tool is not installed"; done_testing; exit; }
done
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
age-keygen -o level.key 2>/dev/null
age-keygen -o escrow.key 2>/dev/null
age-keygen -o other.key 2>/dev/null
level=$(age-keygen -y level.key) escrow=$(age-keygen -y escrow.key)

# Exit status and bytes, both: an empty output equals an empty file.
same() { cmp -s plain "$1" && [ "$2" -eq 0 ]; }
for size in 0 1 47 65535 65536 65537 131071 131072 131073 196608 200000 1000000; do
	head -c "$size" /dev/urandom >plain
	rm -f back
	"$peer" encrypt "$level" <plain >ours.age && age -d -i level.key ours.age >back 2>err
	ok "age opens ours, $size bytes" same back $?
	rm -f back
	age -r "$escrow" -r "$level" -o theirs.age plain && "$peer" decrypt level.key <theirs.age >back
	ok "we open age's, $size bytes" same back $?
	rm -f back back2
	"$peer" seal "$level" "$escrow" <plain >sealed.age && age -d -i escrow.key sealed.age >back 2>err
	ok "age opens a sealed document with the escrow key, $size bytes" same back $?
	age -d -i level.key sealed.age >back2 2>err
	ok "and with the level key, $size bytes" same back2 $?
	is "chunk 0 begins on a boundary, $size bytes" \
		$((($(stat -c %s sealed.age) - size - 16 * (size == 0 ? 1 : (size + 65535) / 65536)) % 4096)) 0
done

"$peer" label level.key <sealed.age >label 2>err
like "the label is read with the level key" "$(head -n1 label)" '^classd-label/v1$'
is "its clear line is readable without a key" "$(sed -n 2p sealed.age | cut -d' ' -f2,5,6,8)" "classd/label/v1 secret cn@2026.1 1"
is "the label commits to the content: sha256sum of label and document agree" \
	"$(sed -n 's/^commit //p' label)" \
	"$({ printf classd-commit-v1; printf '\052'; head -c 31 /dev/zero; printf %b "$(sha256sum plain | cut -c1-64 | sed 's/../\\x&/g')"; } | sha256sum | cut -c1-64)"
"$peer" label other.key <sealed.age >none 2>err
is "another key does not read it" "$? $(cat none)" "14 "
sed 's/ secret cn@/ public cn@/' sealed.age >forged.age
fails "age refuses a changed level" age -d -i level.key -o none forged.age
"$peer" label level.key <forged.age 2>err
like "we refuse it and say where" "$(cat err)" 'check value'
printf x >>sealed.age
fails "a byte more is refused" "$peer" decrypt level.key <sealed.age

rounds=${peer%peer}rounds
said=$("$rounds" age level.key escrow.key 1000)
is "a thousand random files each way" "$?" 0
echo "# $said"
done_testing
