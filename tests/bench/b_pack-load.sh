#!/usr/bin/env bash
# Loading and checking a pack of 10,000 items, as classctl policy check does it, process and all: 2.2 MiB of YAML, two earlier
# sets beside it.
. "$(dirname "$0")/bench.sh"
mkdir "$work/pack"
cp policy/cn/{pack,calendar,sources,earlier}.yaml "$work/pack/"
awk 'BEGIN {
	print "catalogue:\n  version: \"10000\"\n  chapters:"
	for (c = 1; c <= 100; c++) {
		printf "    - title: {official: 第%d章, english: Chapter %d}\n      items:\n", c, c
		for (i = 1; i <= 100; i++)
			printf "        - {id: \"%d.%d\", title: {official: 事项%d的规划与安排, english: Plans of matter %d}, level: 机密, term: 10y, scope: [\"dept:planning\", \"dept:d%d\"], producer: 部门, signals: [事项%d规划, 安排%d]}\n", c, i, c * 100 + i, c * 100 + i, c, c * 100 + i, c * 100 + i
	}
}' >"$work/pack/catalogue.yaml"
load() { "$build/classctl" policy check "$work/pack" | grep -q '10000 items: good'; }
measure load
row pack-load "${best[load]}" s "figure to reach" 1 at-most 1
