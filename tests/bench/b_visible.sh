#!/usr/bin/env bash
# From before a file is opened for writing until `status` counts it: 1,000 files, one after the other.
. "$(dirname "$0")/bench.sh"
command -v python3 >/dev/null || not_measured visible "python3 is not installed"
here=$(realpath "$(dirname "$0")")
. "$here/../tap.sh"
. "$here/../system/agent.sh" # its folder goes at exit; the one of bench.sh is not needed
rm -rf "$work"
agent_config
agent_start >&2 || not_measured visible "the agent does not start"
figures=$(python3 "$here/visible.py" "$agent_socket" "$agent_root" 1000) || exit 1
read -r median p99 <<<"$figures"
row visible-median "$median" ms "figure to reach" 3 at-most 1
row visible-p99 "$p99" ms "figure to reach" 15 at-most 1
agent_stop
