#!/usr/bin/env bash
# Runs pjdfstest against a fresh mount: tests/external/pjdfstest.sh CHECKOUT [TEST…]
# TEST is a file or folder below CHECKOUT/tests, such as rename or open/00.t.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
program=${HARTFS_BIN:-$PWD/artifacts/bin/Hartfs.Cli/release/hartfs}
suite=$(realpath "${1:?a checkout of pjdfstest}")
shift
# shellcheck source=tests/checks.bash
. tests/checks.bash

if [ ! -x "$suite/pjdfstest" ]; then
    (cd "$suite" && autoreconf -ifs && ./configure && make pjdfstest) >"$home/build.log" 2>&1 ||
        { tail "$home/build.log"; exit 1; }
fi
targets=("${@/#/$suite/tests/}")
if [ ${#targets[@]} -eq 0 ]; then targets=("$suite/tests"); fi

# Device nodes and set-user-id programs are part of the suite, and off unless asked for.
mkdir "$home/mnt"
"$program" create "$home/volume" >/dev/null && "$program" mount -o dev,suid "$home/volume" "$home/mnt" || exit 1
# The suite switches users, and must reach its program and its directory as each of them.
chmod 755 "$home"
mkdir "$home/mnt/work" && cd "$home/mnt/work" || exit 1
prove -r "${targets[@]}" 2>&1 | tee "$home/.log"
cd / || exit 1
total=$(sed -n 's/^Files=.*Tests=\([0-9]*\).*/\1/p' "$home/.log")
failed=$(sed -n 's/.*Failed: \([0-9]*\))$/\1/p' "$home/.log" | awk '{ sum += $1 } END { print sum + 0 }')
passed=$((${total:-0} - failed))
if ! grep -q '^Result: PASS' "$home/.log" && [ "$failed" -eq 0 ]; then failed=1; fi
"$program" unmount "$home/mnt" || failed=$((failed + 1))
report
