# What every script here shares: messages, root rights, and what the host knows of pip and certificates.
# It must not know of Orthanc, Python or containers. Sourced, never run.

set -euo pipefail

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
    exec sudo --preserve-env=DEBIAN_MIRROR,SSL_CERT_FILE,PIP_CERT,PIP_INDEX_URL,PIP_EXTRA_INDEX_URL,PIP_FIND_LINKS "$0" "$@"
}

installed() { dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed; }

# pip's configuration files of this user and machine, one path a line.
pip_configurations() {
    local file
    for file in /etc/pip.conf /etc/xdg/pip/pip.conf ~/.pip/pip.conf ~/.config/pip/pip.conf "${PIP_CONFIG_FILE:-}"; do
        if [ -f "$file" ]; then echo "$file"; fi
    done
}

# Local folders that pip takes packages from (file:// indexes, find-links), one path a line.
pip_folders() {
    local file word
    {
        while read -r file; do cat "$file"; done < <(pip_configurations)
        env | grep -E '^PIP_(INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS)=' || true
    } | tr ' =' '\n\n' | sed 's|^file://||' | grep '^/' | sort -u | while read -r word; do
        # An index is the folder `simple` beside the files that it links to.
        if [ -d "$word" ]; then (cd "${word%/simple}" && pwd -P); fi
    done | sort -u
}
