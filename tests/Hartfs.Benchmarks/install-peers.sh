#!/bin/sh
# Installs what the benchmarks compare Hartfs with (Debian). Run as root.
# S3QL and DwarFS are not in Debian 12: where mkfs.s3ql, mount.s3ql and umount.s3ql, or mkdwarfs, are on the PATH,
# they are measured too.
set -eu

if [ "$(id -u)" != 0 ]; then
    echo "install-peers.sh: run it as root (sudo $0)" >&2
    exit 1
fi

apt-get update -q
apt-get install -q -y --no-install-recommends \
    btrfs-progs duperemove e2fsprogs util-linux mount \
    borgbackup restic squashfs-tools zpaq \
    bindfs fuse3 dpkg-dev xz-utils

# npm may come from elsewhere, and then Debian's does not install beside it.
command -v npm > /dev/null || apt-get install -q -y --no-install-recommends npm
