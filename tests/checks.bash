# What the test scripts share: counting checks, a directory of their own, no mount left behind. To be sourced.
# shellcheck shell=bash
passed=0
failed=0
home=$(mktemp -d "$(realpath "${TMPDIR:-/tmp}")/hartfs-$(basename "$0" .sh)-XXXXXX")

# The mounts below a directory, newest first.
mounts_below() {
    awk -v prefix="$1/" '$3 == "fuse.hartfs" && index($2, prefix) == 1 { print $2 }' /proc/mounts | tac
}

unmount_all() {
    local mountpoint
    mounts_below "$home" | while read -r mountpoint; do
        umount -l "$mountpoint" 2>/dev/null || fusermount3 -u -z "$mountpoint"
    done
}

finish() {
    unmount_all
    rm -rf --one-file-system "$home"
}
trap finish EXIT

# check SENTENCE COMMAND…: counts whether the command succeeds; prints what it said when it does not.
check() {
    if "${@:2}" >"$home/.log" 2>&1; then
        passed=$((passed + 1))
    else
        echo "failed: $1"
        sed 's/^/    /' "$home/.log"
        failed=$((failed + 1))
    fi
}

# fails CODE WORDS COMMAND…: succeeds when the command ends with this code and says these words.
fails() {
    local said code
    said=$("${@:3}" 2>&1)
    code=$?
    printf '%s\n' "$said" "exit code $code, expected $1; expected words: $2"
    [ "$code" -eq "$1" ] && [[ $said == *"$2"* ]]
}

is_mounted() {
    grep -qF " $1 fuse.hartfs " /proc/mounts
}

is_not_mounted() {
    ! is_mounted "$1"
}

# The process that serves a volume.
process_of() {
    "$program" control "$1" status | sed -n 's/.*"processId": \([0-9]*\).*/\1/p'
}

# Ended, or ended and not yet collected by its parent.
has_ended() {
    [ ! -e "/proc/$1/stat" ] || grep -q ') Z' "/proc/$1/stat"
}

# within SECONDS COMMAND…: succeeds as soon as the command does.
within() {
    local end=$((SECONDS + $1))
    until "${@:2}"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.05
    done
}

report() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}
