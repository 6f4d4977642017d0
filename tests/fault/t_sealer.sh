#!/usr/bin/env bash
# Each file operation of sealing, one after the other, fails in each way, is cut short, and is the last before a kill.
export CLASSD_FAULT_STEP=${CLASSD_FAULT_STEP:-2}
export CMOCKA_MESSAGE_OUTPUT=TAP
exec "${CLASSD_BUILD:-build/release}/tests/sealer/test_sealer_faults"
