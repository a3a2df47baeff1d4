# What every script here shares: messages, root rights, Debian packages.
# It must not know of Orthanc, Python or containers. Sourced, never run.

set -euo pipefail
shopt -s inherit_errexit   # a failure inside $(...) is a failure

CHECKOUT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CORPUS=$(dirname "$CHECKOUT")/shared/corpus   # real files for tests; optional, beside the checkout
DEBIAN_MIRROR=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
CA_BUNDLE=${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}

say() { printf '== %s\n' "$*" >&2; }

die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# Run a command as root; the environment's DEBIAN_FRONTEND and PATH are set, since sudo drops them.
as_root() {
    local environment=(env DEBIAN_FRONTEND=noninteractive "PATH=$PATH:/usr/sbin:/sbin")
    if [ "$(id -u)" -eq 0 ]; then
        "${environment[@]}" "$@"
    elif command -v sudo >/dev/null; then
        sudo "${environment[@]}" "$@"
    else
        die "root rights are needed for: $*; install sudo or run as root"
    fi
}

# Run this script again as root, once.
become_root() {
    [ "$(id -u)" -eq 0 ] && return
    command -v sudo >/dev/null || die "run as root, or install sudo"
    exec sudo --preserve-env=DEBIAN_MIRROR,SSL_CERT_FILE,PIP_INDEX_URL,PIP_EXTRA_INDEX_URL,PIP_FIND_LINKS "$0" "$@"
}

installed() { dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed; }

# Remove a folder and all below it, but only when nothing is mounted there: rm would empty what is mounted,
# and --one-file-system knows devices, not bind mounts. Refuses otherwise; the caller's work is then left.
remove_tree() {
    local folder line
    folder=$(realpath -m -- "$1")
    [ "$folder" != / ] || die "will not remove /"
    while read -r line; do
        case $line/ in "$folder"/*) die "$line is mounted below $folder, which is therefore not removed" ;; esac
    done < <(awk '{print $5}' /proc/self/mountinfo)
    rm -rf -- "$folder"
}
