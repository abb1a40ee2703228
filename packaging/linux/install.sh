#!/bin/sh
# Installs Hartfs: what is missing on the system, the program, the man page, completions, the helper of mount(8)
# and a systemd unit. Safe to run again.
set -eu

usage() {
    cat <<'TEXT'
usage: install.sh [--prefix PREFIX] [--no-deps] [--uninstall]

  --prefix PREFIX  where to install (default: /usr/local for root, ~/.local otherwise)
  --no-deps        install no packages of the system
  --uninstall      remove what an earlier run with the same prefix has installed
TEXT
}

fail() {
    echo "install.sh: $*" >&2
    exit 1
}

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
user=$(id -u)
prefix=
deps=yes
action=install
while [ $# -gt 0 ]; do
    case $1 in
        --prefix) [ $# -ge 2 ] || fail "--prefix needs a directory"; prefix=$2; shift ;;
        --prefix=*) prefix=${1#--prefix=} ;;
        --no-deps) deps=no ;;
        --uninstall) action=uninstall ;;
        -h | --help) usage; exit 0 ;;
        *) usage >&2; fail "unknown option $1" ;;
    esac
    shift
done
if [ -z "$prefix" ]; then
    if [ "$user" -eq 0 ]; then prefix=/usr/local; else prefix=${HOME:?}/.local; fi
fi
case $prefix in
    /*) ;;
    *) prefix=$(pwd)/$prefix ;;
esac
case $prefix in
    *[\'\"\\\`\$]*) fail "a prefix with quotes, backslashes or dollar signs is not possible: $prefix" ;;
esac

lib=$prefix/lib/hartfs
# mount(8) looks for its helpers in /sbin alone; packagers and tests may want it elsewhere.
if [ -n "${HARTFS_HELPER_DIR:-}" ]; then
    helper=$HARTFS_HELPER_DIR/mount.fuse.hartfs
elif [ "$user" -eq 0 ]; then
    helper=/sbin/mount.fuse.hartfs
else
    helper=$prefix/sbin/mount.fuse.hartfs
fi
unit=$prefix/lib/systemd/system/hartfs@.service
man=$prefix/share/man/man1/hartfs.1
bash_completion=$prefix/share/bash-completion/completions/hartfs
zsh_completion=$prefix/share/zsh/site-functions/_hartfs
fish_completion=$prefix/share/fish/vendor_completions.d/hartfs.fish

uninstall() {
    rm -rf "$lib" "$lib.new" "$lib.old"
    rm -f "$prefix/bin/hartfs" "$man" "$bash_completion" "$zsh_completion" "$fish_completion" "$unit"
    # The helper may belong to an installation with another prefix.
    if [ -f "$helper" ] && grep -qF "'$prefix/bin/hartfs'" "$helper"; then rm -f "$helper"; fi
    echo "Removed Hartfs from $prefix. Volumes are left alone."
}

is_installed() {
    dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null | grep -q '^ii'
}

install_deps() {
    command -v dpkg-query >/dev/null || {
        command -v fusermount3 >/dev/null || echo "install.sh: note: fusermount3 is missing; install fuse3" >&2
        return 0
    }
    missing=
    for package in fuse3 libzstd1 libsqlite3-0; do
        is_installed "$package" || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    if [ "$user" -eq 0 ]; then
        echo "Installing$missing"
        # A list of packages that is too old names versions that are gone.
        # shellcheck disable=SC2086
        DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing >/dev/null 2>&1 || {
            apt-get update -q >/dev/null
            # shellcheck disable=SC2086
            DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing >/dev/null
        }
    else
        fail "missing packages:$missing. Next: sudo apt-get install$missing"
    fi
}

check_sdk() {
    command -v dotnet >/dev/null || fail "the .NET 10 SDK is missing. Next: install it so that 'dotnet' is in PATH."
    dotnet --list-sdks | grep -q '^10\.' ||
        fail "dotnet is there, but not the .NET 10 SDK: $(dotnet --list-sdks | tr '\n' ' '). Next: install it."
}

# Whether the installed program was built from this tree and nothing has changed since.
is_current() {
    [ -f "$lib/.built-from" ] && [ "$(cat "$lib/.built-from")" = "$root" ] &&
        [ -z "$(find "$root/src" "$root"/Directory.*.props "$root/global.json" -type f -newer "$lib/.built-from" |
            head -n 1)" ]
}

publish() {
    case $(uname -m) in
        x86_64) rid=linux-x64 ;;
        aarch64) rid=linux-arm64 ;;
        *) fail "no build for $(uname -m) yet" ;;
    esac
    if mkdir -p "$root/artifacts/install" 2>/dev/null && [ -w "$root/artifacts/install" ]; then
        work=$root/artifacts/install
    else
        work=$(mktemp -d)
        trap 'rm -rf "$work"' EXIT
    fi
    rm -rf "$lib.new"
    mkdir -p "$lib.new"
    echo "$root" >"$lib.new/.built-from"
    log=$work/publish.log
    # Precompiled code starts faster; where the compiler for it cannot be had, the program is the same without.
    for precompiled in true false; do
        if dotnet publish "$root/src/Hartfs.Cli/Hartfs.Cli.csproj" -c Release -r "$rid" --no-self-contained \
            -p:PublishReadyToRun=$precompiled -p:ArtifactsPath="$work" -p:DebugType=none \
            -p:GenerateDocumentationFile=false -p:EnforceCodeStyleInBuild=false \
            -o "$lib.new" -v quiet --nologo >"$log" 2>&1; then
            return 0
        fi
    done
    cat "$log" >&2
    fail "the build failed"
}

write_launcher() {
    dotnet_root=$(dirname "$(readlink -f "$(command -v dotnet)")")
    cat >"$1.new" <<TEXT
#!/bin/sh
# Starts Hartfs without asking the SDK.
if [ -x '$dotnet_root/dotnet' ]; then
    DOTNET_ROOT='$dotnet_root'
    export DOTNET_ROOT
fi
exec '$lib/hartfs' "\$@"
TEXT
    chmod 755 "$1.new"
    mv -f "$1.new" "$1"
}

substitute() {
    mkdir -p "$(dirname "$2")"
    sed "s|@PREFIX@|$prefix|g" "$1" >"$2.new"
    chmod "$3" "$2.new"
    mv -f "$2.new" "$2"
}

if [ "$action" = uninstall ]; then
    uninstall
    exit 0
fi
if [ "$deps" = yes ]; then install_deps; fi
check_sdk
if is_current; then
    echo "The program is up to date"
else
    echo "Building Hartfs (a minute or two the first time)"
    publish
    rm -rf "$lib.old"
    if [ -d "$lib" ]; then mv "$lib" "$lib.old"; fi
    mv "$lib.new" "$lib"
    rm -rf "$lib.old"
fi
mkdir -p "$prefix/bin" "$(dirname "$man")" "$(dirname "$bash_completion")" "$(dirname "$zsh_completion")" \
    "$(dirname "$fish_completion")"
write_launcher "$prefix/bin/hartfs"
"$prefix/bin/hartfs" version >/dev/null || fail "the installed program does not start"
cp "$root/packaging/linux/hartfs.1" "$man"
"$prefix/bin/hartfs" completion bash >"$bash_completion"
"$prefix/bin/hartfs" completion zsh >"$zsh_completion"
"$prefix/bin/hartfs" completion fish >"$fish_completion"
substitute "$root/packaging/linux/mount.fuse.hartfs" "$helper" 755
substitute "$root/packaging/systemd/hartfs@.service" "$unit" 644

echo "Installed $("$prefix/bin/hartfs" version) as $prefix/bin/hartfs"
case ":$PATH:" in
    *":$prefix/bin:"*) ;;
    *) echo "Next: put $prefix/bin into PATH." ;;
esac
if [ "$user" -ne 0 ]; then
    [ -e /dev/fuse ] || echo "Note: there is no /dev/fuse here; mounting needs it (modprobe fuse)."
    echo "Note: mount -t fuse.hartfs and fstab lines need an installation by root."
fi
