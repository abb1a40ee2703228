#!/usr/bin/env bash
# Runs fsx (random reads, writes, truncates, mappings, punched and copied ranges, checked after each) and fsstress
# (random calls in many processes) of xfstests against a fresh mount: tests/external/xfstests-ltp.sh CHECKOUT
# FSX_OPERATIONS (50000) and FSX_SEED (1) choose more.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
program=${HARTFS_BIN:-$PWD/artifacts/bin/Hartfs.Cli/release/hartfs}
suite=$(realpath "${1:?a checkout of xfstests}")/ltp
operations=${FSX_OPERATIONS:-50000}
seed=${FSX_SEED:-1}
# shellcheck source=tests/checks.bash
. tests/checks.bash

for tool in fsx fsstress; do
    [ -x "$suite/$tool" ] && continue
    (cd "$suite/.." && make configure && ./configure && make -C lib && make -C ltp) >"$home/build.log" 2>&1 ||
        { tail "$home/build.log"; exit 1; }
done

volume=$home/volume
mount=$home/mnt
mkdir "$mount"
remount() {
    if is_mounted "$mount"; then "$program" unmount "$mount"; fi
    "$program" mount -o dev "$volume" "$mount"
}

fsx() {
    "$suite/fsx" -q -N "$operations" -S "$seed" "$@" "$mount/fsx"
}

synced_fsx() {
    local operations=2000
    fsx -y
}

stress() {
    local before after
    "$suite/fsstress" -d "$mount/stress" -p 4 -n 5000 -s "$seed" >/dev/null &&
        before=$(cd "$mount/stress" && find . -type f -print0 | sort -z | xargs -0 sha256sum) && remount &&
        after=$(cd "$mount/stress" && find . -type f -print0 | sort -z | xargs -0 sha256sum) &&
        [ -n "$before" ] && [ "$before" = "$after" ]
}

"$program" create "$volume" >/dev/null && remount || exit 1
check "fsx: all calls" fsx
check "fsx: small file, small calls" fsx -l 65536 -o 4096
check "fsx: aligned to pages" fsx -r 4096 -w 4096 -t 4096
check "fsx: the file closed and opened all the time" fsx -c 50
check "fsx: synced after every write" synced_fsx
check "fsx: without mappings" fsx -R -W
mkdir "$mount/stress"
check "fsstress: what was there is there after a remount" stress
check "it is unmounted" "$program" unmount "$mount"
report
