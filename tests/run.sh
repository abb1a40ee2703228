#!/usr/bin/env bash
# Builds Hartfs and runs every test: unit, model, conformance on a real mount, crashes, the life of a mount, damaged
# and full volumes, the examples of the README, the installer. Ends with one line "N passed, N failed".
# With names of parts, only those: tests/run.sh Hartfs.Tests readme.sh
# As root it installs first what the tests use and Debian has.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

configuration=Release
parts=("$@")
if [ ${#parts[@]} -eq 0 ]; then
    parts=(Hartfs.Tests Hartfs.Conformance Hartfs.CrashTests lifecycle.sh bad-input.sh readme.sh packaging.sh)
fi
export HARTFS_BIN=${HARTFS_BIN:-$PWD/artifacts/bin/Hartfs.Cli/release/hartfs}
# Ten runs of the model: 200,000 operations, where the project by itself makes do with a quarter.
export HARTFS_MODEL_OPERATIONS=${HARTFS_MODEL_OPERATIONS:-20000}
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
passed=0
failed=0
skipped=0
temporary=$(realpath "${TMPDIR:-/tmp}")
log=$(mktemp)

# Mounts of an earlier run that was killed would make this one wait or fail.
unmount_leftovers() {
    awk -v prefix="$temporary/hartfs-" '$3 == "fuse.hartfs" && index($2, prefix) == 1 { print $2 }' /proc/mounts |
        while read -r mountpoint; do
            echo "clearing a leftover mount: $mountpoint"
            umount -l "$mountpoint" 2>/dev/null || fusermount3 -u -z "$mountpoint"
        done
}

finish() {
    unmount_leftovers
    rm -f "$log"
}
trap finish EXIT

# The last number behind a word in the log of one part.
figure() {
    sed -n "s/^ *$1: *\([0-9][0-9]*\).*/\1/p" "$log" | tail -n 1
}

run_project() {
    dotnet test --project "tests/$1" -c "$configuration" --no-build 2>&1 | tee "$log"
    local code=${PIPESTATUS[0]} good bad left
    good=$(figure succeeded)
    bad=$(figure failed)
    left=$(figure skipped)
    passed=$((passed + ${good:-0}))
    failed=$((failed + ${bad:-0}))
    skipped=$((skipped + ${left:-0}))
    if [ "$code" -ne 0 ] && [ "${bad:-0}" -eq 0 ]; then
        echo "tests/run.sh: $1 ended with code $code"
        failed=$((failed + 1))
    fi
}

run_script() {
    "tests/$1" 2>&1 | tee "$log"
    local code=${PIPESTATUS[0]} counts
    counts=$(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$log" | tail -n 1)
    read -r good bad <<<"${counts:-0 1}"
    passed=$((passed + good))
    failed=$((failed + bad))
    if [ "$code" -ne 0 ] && [ "$bad" -eq 0 ]; then failed=$((failed + 1)); fi
}

# fuse3, libzstd1, libsqlite3-0: the product; the rest: what the tests compare with and drive.
install_packages() {
    local packages=(fuse3 libzstd1 libsqlite3-0 acl attr sqlite3 git rsync fio gcc libc6-dev make diffutils python3)
    local missing=() package
    command -v dpkg-query >/dev/null || return 0
    for package in "${packages[@]}"; do
        dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        echo "missing packages. Next: sudo apt-get install ${missing[*]}"
        return 1
    fi
    echo "installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q >/dev/null
    apt-get install -y -q --no-install-recommends "${missing[@]}" >/dev/null
}

if ! install_packages; then
    echo "0 passed, 1 failed"
    exit 1
fi
unmount_leftovers
if ! dotnet build Hartfs.sln -c "$configuration" -v quiet; then
    echo "0 passed, 1 failed"
    exit 1
fi
for part in "${parts[@]}"; do
    echo "== $part"
    case $part in
        *.sh) run_script "$part" ;;
        *) if compgen -G "tests/$part/*.cs" >/dev/null || compgen -G "tests/$part/*/*.cs" >/dev/null; then
            run_project "$part"
        fi ;;
    esac
done
echo
if [ "$skipped" -gt 0 ]; then
    echo "$passed passed, $failed failed, $skipped skipped"
else
    echo "$passed passed, $failed failed"
fi
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
