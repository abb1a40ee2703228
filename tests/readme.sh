#!/usr/bin/env bash
# Runs the shell examples of README.md as they stand there, in a home directory of their own, and looks at the result.
# HARTFS_BIN is the program to use.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

program=${HARTFS_BIN:?is the program to test}
# shellcheck source=tests/checks.bash
. tests/checks.bash

# The Nth fenced block of shell in the README.
example() {
    awk -v wanted="$1" '
        /^```sh$/ { block++; inside = 1; next }
        /^```$/ { inside = 0 }
        inside && block == wanted' README.md
}

run_example() {
    HOME=$home PATH=$home/bin:$PATH bash -euc "$(example "$1")"
}

mkdir -p "$home/bin" "$home/projects/a" "$home/projects/b"
ln -s "$program" "$home/bin/hartfs"
cp -a src "$home/projects/a/"
cp -a src "$home/projects/b/"
ln "$home/projects/a/src/Hartfs.Cli/Program.cs" "$home/projects/hard"

check "the README has four examples" test -n "$(example 4)" -a -z "$(example 5)"
check "the first example runs" run_example 1
check "the first example leaves nothing mounted" is_not_mounted "$home/h"
check "the example of a lost file runs" run_example 2
check "it leaves nothing mounted" is_not_mounted "$home/h"
check "the example without a mount runs" run_example 3
check "what was lost is back" bash -c 'HOME=$1 "$2" export "$1/library:/projects/" "$1/back" &&
    diff -r "$1/projects" "$1/back"' - "$home" "$program"
check "what was exported is what was imported" diff -r "$home/projects" "$home/restored"
check "hard links survive" test "$home/restored/hard" -ef "$home/restored/a/src/Hartfs.Cli/Program.cs"
report
