#!/usr/bin/env bash
# The life of a mount as its user sees it: in the background, refused, busy, killed, signalled, unmounted by others.
# HARTFS_BIN is the program to use.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
program=${HARTFS_BIN:?is the program to test}
# shellcheck source=tests/checks.bash
. tests/checks.bash

volume=$home/volume
other=$home/other
mount=$home/mnt
mkdir -p "$mount" "$home/full/of" "$home/empty"
touch "$home/file"

write_durably() {
    dd if=/dev/urandom of="$mount/$1" bs=64k count=20 conv=fsync status=none
    sha256sum <"$mount/$1" >"$home/$1.sum"
}

is_intact() {
    sha256sum <"$mount/$1" | cmp - "$home/$1.sum"
}

kill_and_wait() {
    local process
    process=$(process_of "$volume")
    kill "-$1" "$process" && within 30 has_ended "$process"
}

releases_descriptors() {
    (
        exec 9>"$home/lock"
        flock 9
        "$program" mount "$volume" "$mount"
    ) && flock -n "$home/lock" true
}

# Unmounted while a program has a file open there.
busy_unmount_is_refused() {
    exec 8>"$mount/open"
    fails 17 "$$" "$program" unmount "$mount"
    local result=$?
    exec 8>&-
    return $result
}

signals_while_busy() {
    local process
    process=$(process_of "$volume")
    exec 8>"$mount/open"
    kill -TERM "$process"
    sleep 1
    is_mounted "$mount" || return 1
    echo "written after the first signal" >&8
    kill -TERM "$process"
    within 30 is_not_mounted "$mount" || return 1
    exec 8>&-
    within 60 has_ended "$process"
}

unmount_is_complete() {
    local process
    process=$(process_of "$volume")
    "$program" unmount "$mount" && has_ended "$process" && is_not_mounted "$mount" &&
        [ ! -s "$volume/metadata.sqlite-wal" ] && [ ! -e "$volume/control.sock" ]
}

figures() {
    "$program" stats --json "$1" | grep -E '"(logicalBytes|afterHolesBytes|files|directories)"'
}

figures_agree() {
    local live below closed
    live=$(figures "$volume")
    below=$(figures "$mount/some")
    "$program" unmount "$mount" || return 1
    closed=$(figures "$volume")
    printf '%s\n' "$live" "$below" "$closed"
    [ -n "$live" ] && [ "$live" = "$below" ] && [ "$live" = "$closed" ]
}

read_only_changes_nothing() {
    local before after
    before=$(cd "$volume" && find packs index metadata.sqlite superblock -type f -exec sha256sum {} + | sort)
    "$program" mount "$volume" "$mount" -o ro || return 1
    fails 1 "Read-only" touch "$mount/new" || return 1
    is_intact first || return 1
    "$program" unmount "$mount" || return 1
    after=$(cd "$volume" && find packs index metadata.sqlite superblock -type f -exec sha256sum {} + | sort)
    [ "$before" = "$after" ]
}

without_fuse() {
    # shellcheck disable=SC2016
    fails 12 "/dev/fuse" unshare -m sh -c '
        mount -t tmpfs none /dev && exec "$0" mount "$1" "$2"' "$program" "$volume" "$mount"
}

# The live tree beside snapshots whose process has the volume open, and out in any order.
live_beside_snapshots() {
    "$program" mount "$volume@before" "$home/a" && "$program" mount "$volume" "$mount" || return 1
    [ "$(cat "$home/a/fate")" = old ] && echo new >"$mount/fate" || return 1
    fails 7 "$mount" "$program" mount "$volume" "$home/empty" || return 1
    "$program" snapshot create "$volume" after && "$program" mount "$volume@after" "$home/b" || return 1
    [ "$(cat "$home/a/fate" "$home/b/fate" "$mount/fate" | tr '\n' ' ')" = "old new new " ] || return 1
    "$program" unmount "$home/a" && is_mounted "$mount" && is_mounted "$home/b" && is_not_mounted "$home/a" || return 1
    "$program" unmount "$mount" && is_mounted "$home/b" && is_not_mounted "$mount" || return 1
    "$program" mount "$volume" "$mount" && [ "$(cat "$mount/fate")" = new ] || return 1
    "$program" unmount "$home/b" && echo newest >"$mount/fate" && "$program" unmount "$mount" || return 1
    fails 18 "nothing" "$program" unmount "$mount"
}

# A file without a name must not outlive the mount that had it open, although the volume stays open.
deleted_files_go_with_the_live_mount() {
    "$program" mount "$volume@before" "$home/a" && "$program" mount "$volume" "$mount" || return 1
    exec 8>"$mount/nameless"
    rm "$mount/nameless"
    umount -l "$mount" 2>/dev/null || fusermount3 -u -z "$mount"
    exec 8>&-
    within 30 mounts_again && "$program" unmount "$mount" && "$program" check "$volume" &&
        "$program" unmount "$home/a"
}

mounts_again() {
    "$program" mount "$volume" "$mount"
}

other_options_beside_snapshots_are_refused() {
    "$program" mount "$volume@before" "$home/a" || return 1
    fails 7 "another value of 'cache'" "$program" mount -o cache=1M "$volume" "$mount" || return 1
    fails 7 "leave -d out" "$program" mount -d "$volume" "$mount" || return 1
    "$program" unmount "$home/a" && "$program" mount -o ro "$volume@before" "$home/a" || return 1
    fails 7 "with -o ro" "$program" mount "$volume" "$mount" || return 1
    "$program" mount -o ro "$volume" "$mount" && fails 1 "Read-only" touch "$mount/new" || return 1
    "$program" unmount "$mount" && "$program" unmount "$home/a"
}

foreground_beside_snapshots() {
    "$program" mount "$volume@before" "$home/a" || return 1
    env --default-signal=INT "$program" mount -f "$volume" "$mount" 2>"$home/foreground.log" &
    local process=$!
    within 30 is_mounted "$mount" || return 1
    ! has_ended "$process" && kill -INT "$process" || return 1
    within 60 has_ended "$process" && wait "$process" && is_not_mounted "$mount" && is_mounted "$home/a" || return 1
    "$program" unmount "$home/a"
}

# What one process reads nobody changes meanwhile.
readers_keep_writers_out() {
    "$program" mount -o ro "$volume" "$mount" && rm "$volume/control.sock" || return 1
    fails 7 "in use" "$program" mount "$volume" "$home/empty" || return 1
    "$program" unmount "$mount" && "$program" import "$home/file" "$volume:/"
}

foreground_ends_with_a_signal() {
    # A shell without job control has its background processes ignore SIGINT.
    env --default-signal=INT "$program" mount -f "$volume" "$mount" 2>"$home/foreground.log" &
    local process=$!
    within 30 is_mounted "$mount" || return 1
    kill -INT "$process"
    within 60 has_ended "$process" && wait "$process" && is_not_mounted "$mount"
}

check "a volume is made" "$program" create "$volume"
check "making it again is refused" fails 10 "not empty" "$program" create "$volume"
check "a volume is its owner's alone" test "$(stat -c %a "$volume")" = 700
check "a missing volume is refused" fails 3 "hartfs create" "$program" mount "$home/nothing" "$mount"
check "a directory that is no volume is refused" fails 3 "$home/empty" "$program" mount "$home/empty" "$mount"
check "a missing mount point is refused" fails 13 "mkdir" "$program" mount "$volume" "$home/nowhere"
check "a file as mount point is refused" fails 13 "$home/file" "$program" mount "$volume" "$home/file"
check "a mount point that is not empty is refused" fails 14 "nonempty" "$program" mount "$volume" "$home/full"
check "an unknown option is refused" fails 16 "'rot13'" "$program" mount -o ro,rot13 "$volume" "$mount"
check "the volume as its own mount point is refused" fails 15 "volume" "$program" mount "$volume" "$volume"
check "nothing of that is mounted" test -z "$(mounts_below "$home")"
check "none of that has left a log in the volume" test ! -e "$volume/log"

check "mount returns when the mount answers" "$program" mount "$volume" "$mount"
check "it is mounted" is_mounted "$mount"
check "its log is in the volume" grep -q Mounted -r "$volume/log"
check "it takes a durable write" write_durably first
check "a second mount of the volume is refused, with its holder" \
    fails 7 "$mount" "$program" mount "$volume" "$home/empty"
check "import into a mounted volume is refused" fails 7 "cp -a" "$program" import "$home/file" "$volume:/"
check "another volume is made" "$program" create "$other"
check "mounting over a Hartfs mount is refused" fails 15 "$volume" "$program" mount "$other" "$mount"
check "a busy unmount is refused, with who holds it" busy_unmount_is_refused
check "unmount ends all of it" unmount_is_complete
check "unmounting what is not mounted is refused" fails 18 "Next:" "$program" unmount "$mount"

check "mount keeps nothing open that it inherited" releases_descriptors
check "what was written is there" is_intact first
check "a second durable write" write_durably second
check "kill -9" kill_and_wait KILL
check "a dead mount is cleared by unmount" fails 0 "had died" "$program" unmount "$mount"
check "the next mount recovers by itself and says so" \
    fails 0 "Recovery after a crash" "$program" mount "$volume" "$mount"
check "what was durable is there" is_intact second
check "kill -9 again" kill_and_wait KILL
check "the next mount clears the dead one by itself" "$program" mount "$volume" "$mount"
check "what was durable is still there" is_intact second

check "a directory is made" mkdir -p "$mount/some/where"
check "SIGTERM unmounts and ends" kill_and_wait TERM
check "it is unmounted" is_not_mounted "$mount"
check "with -o nonempty a full directory is mounted on" "$program" mount -o nonempty "$volume" "$home/full"
check "what came before the signal is there" test -d "$home/full/some/where"
check "unmount takes the volume for the mount point" "$program" unmount "$volume"
check "mount again" "$program" mount "$volume" "$mount"
check "a signal while busy waits, a second one detaches" signals_while_busy
check "mount after that" "$program" mount "$volume" "$mount"
check "what was written between the signals is there" grep -q "after the first signal" "$mount/open"
check "the figures agree: mounted, below the mount point, unmounted" figures_agree
check "a read-only mount changes nothing" read_only_changes_nothing
check "what one process reads nobody changes meanwhile" readers_keep_writers_out
mkdir "$home/a" "$home/b"
echo old >"$home/fate"
check "a file that will change" "$program" import "$home/fate" "$volume:/"
check "a snapshot of a volume that is not mounted" "$program" snapshot create "$volume" before
check "the live tree beside snapshots, unmounted in any order" live_beside_snapshots
check "files without names go with the live mount" deleted_files_go_with_the_live_mount
check "other options beside snapshots are refused" other_options_beside_snapshots_are_refused
check "the live tree in the foreground beside a snapshot" foreground_beside_snapshots
check "SIGINT ends a mount in the foreground" foreground_ends_with_a_signal
check "mount for umount(8)" "$program" mount "$volume" "$mount"
process=$(process_of "$volume")
check "umount(8) unmounts" bash -c "umount '$mount' 2>/dev/null || fusermount3 -u '$mount'"
check "and ends the process" within 30 has_ended "$process"
check "mount with auto_unmount" "$program" mount -o auto_unmount "$volume" "$mount"
check "kill -9 once more" kill_and_wait KILL
check "the mount goes by itself" within 30 is_not_mounted "$mount"
check "a lazy unmount" bash -c "'$program' mount '$volume' '$mount' && '$program' unmount --lazy '$mount'"
if [ "$(id -u)" -eq 0 ] && unshare -m true 2>/dev/null; then
    check "without /dev/fuse the message says so" without_fuse
fi
report
