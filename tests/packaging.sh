#!/usr/bin/env bash
# Installs into an empty prefix, uses what is there as a stranger would, installs again, and removes it.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

# shellcheck source=tests/checks.bash
. tests/checks.bash
prefix=$home/prefix
program=$prefix/bin/hartfs

helper_mounts() {
    mkdir -p "$home/m" && "$program" create "$home/v" &&
        "$home/helper/mount.fuse.hartfs" "$home/v" "$home/m" -n -o rw,noauto,nosuid,x-systemd.automount &&
        is_mounted "$home/m"
}

helper_fails_as_mount_does() {
    fails 32 "hartfs create" "$home/helper/mount.fuse.hartfs" "$home/nothing" "$home/m" -o rw &&
        fails 1 "rot13" "$home/helper/mount.fuse.hartfs" "$home/v" "$home/m" -o rot13
}

umount_ends_the_process() {
    local process
    process=$(process_of "$home/v")
    umount "$home/m" 2>/dev/null || fusermount3 -u "$home/m" || return 1
    within 30 has_ended "$process"
}

unit_is_right() {
    grep -q "^ExecStart=$prefix/bin/hartfs mount" "$prefix/lib/systemd/system/hartfs@.service" || return 1
    ! grep -rq @PREFIX@ "$prefix/lib/systemd" "$home/helper"
}

export HARTFS_HELPER_DIR=$home/helper
check "install.sh installs" packaging/linux/install.sh --prefix "$prefix"
check "the program starts" "$prefix/bin/hartfs" version
check "the man page is there" test -s "$prefix/share/man/man1/hartfs.1"
check "the completion for bash is a script" bash -n "$prefix/share/bash-completion/completions/hartfs"
check "the systemd unit names the program" unit_is_right
check "the helper of mount(8) mounts" helper_mounts
check "umount ends the process" umount_ends_the_process
check "the helper of mount(8) fails with the codes of mount(8)" helper_fails_as_mount_does
check "try.sh runs" env HOME="$home" XDG_DATA_HOME="$home/data" packaging/linux/try.sh --prefix "$prefix"
check "try.sh leaves its volume mounted" is_mounted "$home/data/hartfs-try/mount"
check "try.sh runs again" env HOME="$home" XDG_DATA_HOME="$home/data" packaging/linux/try.sh --prefix "$prefix"
check "try.sh cleans up after itself" env HOME="$home" XDG_DATA_HOME="$home/data" \
    packaging/linux/try.sh --prefix "$prefix" --remove
check "nothing of it is left" test ! -e "$home/data/hartfs-try"
check "install.sh --uninstall removes" packaging/linux/install.sh --prefix "$prefix" --uninstall
check "no file is left" test -z "$(find "$prefix" "$home/helper" -type f)"
report
