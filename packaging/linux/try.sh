#!/bin/sh
# Shows Hartfs at work: installs it, makes a volume, mounts it, copies a real tree in twice, and shows what that saved.
# Everything but the program is below ~/.local/share/hartfs-try. Safe to run again.
set -eu

usage() {
    cat <<'TEXT'
usage: try.sh [--prefix PREFIX] [--remove]

  --prefix PREFIX  where to install the program (default: ~/.local)
  --remove         unmount and delete what an earlier run has made; the program stays
TEXT
}

fail() {
    echo "try.sh: $*" >&2
    exit 1
}

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
prefix=${HOME:?}/.local
base=${XDG_DATA_HOME:-$HOME/.local/share}/hartfs-try
action=try
while [ $# -gt 0 ]; do
    case $1 in
        --prefix) [ $# -ge 2 ] || fail "--prefix needs a directory"; prefix=$2; shift ;;
        --remove) action=remove ;;
        -h | --help) usage; exit 0 ;;
        *) usage >&2; fail "unknown option $1" ;;
    esac
    shift
done
volume=$base/volume
mount=$base/mount
hartfs=$prefix/bin/hartfs

is_mounted() {
    grep -qF " $mount fuse.hartfs " /proc/mounts
}

remove() {
    if is_mounted; then "$hartfs" unmount "$mount"; fi
    rm -rf "$volume"
    if [ -d "$mount" ]; then rmdir "$mount"; fi
    if [ -d "$base" ]; then rmdir "$base"; fi
}

if [ "$action" = remove ]; then
    remove
    echo "Removed $base."
    exit 0
fi

# A run that fails leaves nothing mounted, and nothing behind that was not there before.
made=no
failed() {
    status=$?
    [ $status -ne 0 ] || return 0
    echo "try.sh: failed; cleaning up" >&2
    if [ "$made" = yes ]; then
        remove || true
    elif is_mounted; then
        "$hartfs" unmount "$mount" || true
    fi
}
trap failed EXIT

"$root/packaging/linux/install.sh" --prefix "$prefix"
mkdir -p "$base"
base=$(CDPATH='' cd -- "$base" && pwd -P)
volume=$base/volume
mount=$base/mount
if [ ! -e "$volume/superblock" ]; then
    made=yes
    "$hartfs" create "$volume"
fi
mkdir -p "$mount"
is_mounted || "$hartfs" mount "$volume" "$mount"

# Real trees that are on this machine anyway. The second copy is what deduplication is about.
for copy in first second; do
    for source in "$root" /usr/include /usr/share/doc; do
        [ -d "$source" ] || continue
        name=$(basename "$source")
        [ ! -e "$mount/$copy/$name" ] || continue
        echo "Copying $source to $mount/$copy/$name"
        mkdir -p "$mount/$copy"
        # Build output and the history of this repository are no part of the show.
        tar -C "$(dirname "$source")" --exclude="$name/artifacts" --exclude="$name/.git" -cf - "$name" 2>/dev/null |
            tar -C "$mount/$copy" -xf -
    done
done

echo
"$hartfs" stats "$mount"
echo
echo "The volume is mounted on $mount: look around, copy more in."
echo "When done:    $hartfs unmount $mount"
echo "Mount again:  $hartfs mount $volume $mount"
echo "Remove it:    $0 --prefix $prefix --remove"
