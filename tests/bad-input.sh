#!/usr/bin/env bash
# Volumes that are damaged, locked, not ours or full: what the user is told, with which exit code, and that nothing
# is lost by it. HARTFS_BIN is the program to use.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
program=${HARTFS_BIN:?is the program to test}
# shellcheck source=tests/checks.bash
. tests/checks.bash

mount=$home/mnt
sound=$home/sound
volume=$home/volume
mkdir -p "$mount"

# A volume with two files in one pack, one behind the other.
make_sound_volume() {
    "$program" create "$sound" || return 1
    local name
    for name in first second; do
        "$program" mount "$sound" "$mount" && dd if=/dev/urandom of="$mount/$name" bs=64k count=20 status=none &&
            sha256sum <"$mount/$name" >"$home/$name.sum" && "$program" unmount "$mount" || return 1
    done
    "$program" stats "$sound"
}

fresh() {
    rm -rf "$volume"
    cp -a "$sound" "$volume"
}

is_intact() {
    sha256sum <"$mount/$1" | cmp - "$home/$1.sum"
}

# overwrite FILE OFFSET BYTES…: as \x escapes.
overwrite() {
    printf '%b' "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

both_files_are_read() {
    "$program" mount "$volume" "$mount" && is_intact first && is_intact second && "$program" unmount "$mount"
}

second_superblock_is_used() {
    fresh
    overwrite "$volume/superblock" 100 '\xff\xfe\xfd'
    local said
    said=$("$program" mount "$volume" "$mount" 2>&1) || return 1
    printf '%s\n' "$said"
    grep -qi superblock <<<"$said$(cat "$volume"/log/* 2>/dev/null)" && is_intact first && is_intact second &&
        "$program" unmount "$mount" && cmp "$volume/superblock" "$volume/superblock.copy"
}

two_damaged_superblocks_are_refused() {
    fresh
    overwrite "$volume/superblock" 100 '\xff\xfe\xfd'
    overwrite "$volume/superblock.copy" 100 '\xff\xfe\xfd'
    fails 5 "superblock" "$program" mount "$volume" "$mount"
}

damaged_metadata_is_refused() {
    fresh
    overwrite "$volume/metadata.sqlite" 0 'not a database'
    fails 6 "metadata" "$program" mount "$volume" "$mount"
}

missing_metadata_is_refused() {
    fresh
    rm "$volume/metadata.sqlite"
    fails 6 "metadata" "$program" mount "$volume" "$mount"
}

locked_metadata_is_refused() {
    fresh
    coproc sqlite3 "$volume/metadata.sqlite"
    printf '%s\n' 'BEGIN EXCLUSIVE;' "SELECT 'locked';" >&"${COPROC[1]}"
    local line result holder=$COPROC_PID
    read -r line <&"${COPROC[0]}"
    fails 7 "locked by another process" "$program" mount "$volume" "$mount"
    result=$?
    kill "$holder" && wait "$holder" 2>/dev/null
    [ "$line" = locked ] && [ $result -eq 0 ] && both_files_are_read
}

as_nobody() {
    setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

others_are_not_let_in() {
    fresh
    chmod 755 "$home"
    fails 8 "owner and permissions" as_nobody "$program" stats "$volume"
}

pack() {
    find "$volume/packs" -type f
}

# The damaged volume mounted, some checks on it, and unmounted whatever they say.
mounted_with() {
    local result
    "$program" mount "$volume" "$mount" || return 1
    "$@"
    result=$?
    "$program" unmount "$mount" && return $result
}

is_lost() {
    fails 1 "Input/output error" cp "$mount/$1" "$home/lost"
}

takes_new_files() {
    echo "still writable" >"$mount/third" && sync "$mount/third" && [ "$(cat "$mount/third")" = "still writable" ]
}

only_second_is_lost() {
    is_intact first && is_lost second && takes_new_files
}

all_is_lost_but_names() {
    is_lost first && is_lost second && [ "$(stat -c %s "$mount/second")" = 1310720 ] && takes_new_files
}

missing_pack_costs_its_files_only() {
    fresh
    rm "$(pack)"
    mounted_with all_is_lost_but_names
}

flipped_bytes_cost_their_file_only() {
    fresh
    overwrite "$(pack)" $(($(stat -c %s "$(pack)") - 100000)) '\x01\x02\x03\x04\x05\x06\x07\x08'
    mounted_with only_second_is_lost && grep -rq second "$volume/log"
}

cut_pack_costs_what_was_behind_the_cut() {
    fresh
    truncate -s -100000 "$(pack)"
    mounted_with only_second_is_lost
}

superblocks_come_back_alone() {
    fresh
    overwrite "$volume/superblock" 100 '\xff\xfe\xfd'
    rm "$volume/superblock.copy"
    local before
    before=$(sha256sum <"$volume/metadata.sqlite")
    "$program" recover "$volume" && [ "$(sha256sum <"$volume/metadata.sqlite")" = "$before" ] &&
        "$program" recover "$volume" && both_files_are_read
}

metadata_come_back() {
    fresh
    rm "$volume/metadata.sqlite"
    "$program" recover "$volume" && "$program" check "$volume" && both_files_are_read
}

damaged_pack_header_is_put_right() {
    fresh
    overwrite "$(pack)" 3 '\xff\xfe\xfd'
    fails 23 "header is damaged" "$program" scrub "$volume" && fails 23 "header is damaged" "$program" check "$volume" &&
        "$program" check --repair --yes "$volume" && "$program" scrub "$volume" && both_files_are_read
}

missing_content_comes_back() {
    fresh
    "$program" export "$volume:/" "$home/backup" || return 1
    rm "$(pack)"
    fails 23 "/second" "$program" scrub "$volume" && fails 23 "/first" "$program" repair "$volume" &&
        "$program" repair --from "$home/backup" "$volume" && "$program" check --repair --yes "$volume" &&
        "$program" scrub "$volume" && both_files_are_read
}

stopped_scrub_goes_on() {
    fresh
    # Of a command in the background a shell has SIGINT ignored.
    "$program" scrub --rate 64K "$volume" &
    local scrub=$!
    sleep 2
    kill -TERM "$scrub"
    wait "$scrub"
    [ $? -eq 21 ] && "$program" stats --json "$volume" | grep -q scrubDoneBytes && "$program" scrub "$volume" &&
        "$program" stats "$volume" | grep -q "no damage"
}

# In a mount namespace of its own.
read_only_directory_is_looked_at() {
    # shellcheck disable=SC2016
    unshare -m bash -c '
        mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" || exit 1
        "$0" check "$1" && "$0" scrub "$1" && "$0" repair "$1" || exit 1
        ! "$0" repair --from /etc "$1" && ! "$0" check --repair --yes "$1"
    ' "$program" "$volume"
}

# In a mount namespace of its own, with a small disk under the volume.
full_disk() {
    # shellcheck disable=SC2016
    unshare -m bash -c '
        program=$0 home=$1 mount=$1/mnt volume=$1/small/volume
        mkdir -p "$home/small" && mount -t tmpfs -o size=160m none "$home/small" || exit 1
        "$program" create "$volume" && "$program" mount "$volume" "$mount" || exit 1
        trap "\"$program\" unmount \"$mount\"" EXIT
        dd if=/dev/urandom of="$mount/durable" bs=1M count=20 conv=fsync status=none || exit 1
        before=$(sha256sum <"$mount/durable")
        said=$(dd if=/dev/urandom of="$mount/large" bs=1M count=400 conv=fsync 2>&1) && exit 1
        echo "$said"
        [[ $said == *"No space left on device"* ]] || exit 1
        [ "$(sha256sum <"$mount/durable")" = "$before" ] || exit 1
        rm "$mount/large" || exit 1
        "$program" unmount "$mount" && "$program" mount "$volume" "$mount" || exit 1
        [ "$(sha256sum <"$mount/durable")" = "$before" ] && [ ! -e "$mount/large" ]
    ' "$program" "$home"
}

check "a sound volume" make_sound_volume
fresh
check "its files are read" both_files_are_read
check "a damaged superblock: its copy is used, said so, and mended from" second_superblock_is_used
check "two damaged superblocks are refused" two_damaged_superblocks_are_refused
check "damaged metadata is refused" damaged_metadata_is_refused
check "missing metadata is refused" missing_metadata_is_refused
check "metadata locked by another program is refused, and nothing is lost" locked_metadata_is_refused
check "a missing pack costs its files only" missing_pack_costs_its_files_only
check "flipped bytes cost their file only, and it is named" flipped_bytes_cost_their_file_only
check "a cut pack costs what was behind the cut" cut_pack_costs_what_was_behind_the_cut
check "both superblocks come back from a copy, and nothing else changes" superblocks_come_back_alone
check "missing metadata come back from a copy" metadata_come_back
check "a damaged pack header is found and put right" damaged_pack_header_is_put_right
check "the content of a missing pack comes back from a folder" missing_content_comes_back
check "a scrub that was stopped goes on" stopped_scrub_goes_on
if [ "$(id -u)" -eq 0 ]; then
    # A checkout in somebody's home may be out of others' reach.
    if as_nobody test -x "$program"; then check "others are not let in" others_are_not_let_in; fi
    if unshare -m true 2>/dev/null; then
        fresh
        check "a volume in a read-only directory is looked at, not repaired" read_only_directory_is_looked_at
        check "a full disk refuses writes and lets deleting through" full_disk
    fi
fi
report
