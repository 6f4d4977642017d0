#!/usr/bin/env bash
# The age test vectors of C2SP (npm cctv-age), those that concern X25519 and scrypt without armor: expected outcome and
# payload. What is left is said, each kind with its number and reason; nothing is left for another reason.
. "$(dirname "$0")/../tap.sh"
peer=$(realpath "${CLASSD_BUILD:-build/release}/vector/peer")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
if ! command -v npm >/dev/null; then skip "age test vectors" "npm is not installed"; done_testing; exit; fi
if ! timeout 60 npm pack --silent cctv-age >/dev/null 2>&1; then skip "age test vectors" "npm cannot fetch cctv-age"; done_testing; exit; fi
tar xzf cctv-age-*.tgz
mkdir raw
grep -oE '^var [a-z0-9_]+_default = __toBinary\("[^"]*"' package/index.js | sed -E 's/^var ([a-z0-9_]+)_default = __toBinary\("([^"]*)"/\1 \2/' |
	while read -r name data; do printf %s "$data" | base64 -d >"raw/$name"; done

value() { sed -n "1,/^\$/s/^$1: //p" "$2"; }
status_of() {
	case $1 in
	success) echo 0 ;;
	"header failure") echo 10 ;;
	"no match") echo 11 ;;
	"HMAC failure") echo 12 ;;
	"payload failure") echo 13 ;;
	esac
}
used=0
declare -A left
why_left() { # VECTOR: a reason, or nothing
	local head
	head=$(sed '/^$/q' "$1")
	if grep -aq '^armored: yes' <<<"$head"; then
		echo "armor: sealed files are binary"
	elif grep -aq '^identity: AGE-SECRET-KEY-PQ-1' <<<"$head" && ! grep -aq '^identity: AGE-SECRET-KEY-1' <<<"$head"; then
		echo "hybrid post-quantum recipients only: there is no ML-KEM in libsodium or libcrypto of Debian 12"
	fi
}
age-keygen 2>/dev/null | tail -n1 >some.key
for vector in raw/*; do
	name=${vector#raw/}
	why=$(why_left "$vector")
	if [ -n "$why" ]; then
		left[$why]=$((${left[$why]:-0} + 1))
		continue
	fi
	used=$((used + 1))
	offset=$(sed '/^$/q' "$vector" | wc -c)
	tail -c +$((offset + 1)) "$vector" >file
	if [ "$(value compressed "$vector")" = zlib ]; then
		{ printf '\037\213\010\0\0\0\0\0\0\0'; tail -c +3 file; } | gzip -dcq 2>/dev/null >inflated
		mv inflated file
	fi
	value identity "$vector" | grep '^AGE-SECRET-KEY-1' | head -n1 >key
	value passphrase "$vector" | head -n1 | tr -d '\n' >passphrase
	if [ -s passphrase ]; then
		if [ -s key ]; then fails "$name: nor does the key open it" "$peer" decrypt key <file; fi
		"$peer" decrypt-passphrase passphrase <file >out 2>/dev/null
	else
		[ -s key ] || cp some.key key # fails before a key matters
		"$peer" decrypt key <file >out 2>/dev/null
	fi
	status=$?
	expected=$(value expect "$vector")
	if [ "$expected" = success ]; then
		is "$name: $expected" "$status $(sha256sum out | cut -c1-64)" "0 $(value payload "$vector")"
	else
		is "$name: $expected, and nothing comes out" "$status $(stat -c %s out)" "$(status_of "$expected") 0"
	fi
done
ok "vectors were found" test "$used" -ge 90
for why in "${!left[@]}"; do echo "# left: ${left[$why]}, $why"; done
echo "# $used vectors used"
done_testing
