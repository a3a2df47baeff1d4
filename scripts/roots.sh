# Debian roots: bare systems below .roots/, made by debootstrap, entered in namespaces of their own.
# It must not know what is run in them. Sourced after common.sh; needs root rights.

ROOTS=$CHECKOUT/.roots

# Print the folder of a pristine minimal root of a suite; made once, then kept.
base_root() {
    local suite=$1 root="$ROOTS/$1-base"
    if [ ! -d "$root" ]; then
        command -v debootstrap >/dev/null || "$CHECKOUT/scripts/debian-packages" debootstrap >&2
        say "debootstrap $suite (minutes, once; kept in $root)"
        mkdir -p "$ROOTS"
        remove_tree "$root.part"
        debootstrap --variant=minbase "$suite" "$root.part" "$DEBIAN_MIRROR" >"$ROOTS/$suite.log" 2>&1 ||
            die "debootstrap $suite failed; see $ROOTS/$suite.log"
        # A root is no machine: nothing that is installed in it may start.
        printf '#!/bin/sh\nexit 101\n' >"$root.part/usr/sbin/policy-rc.d"
        chmod 755 "$root.part/usr/sbin/policy-rc.d"
        mv "$root.part" "$root"
    fi
    echo "$root"
}

# Give a root the host's name service, apt proxy, pip configuration and certificates.
# The certificates go to a path of their own: installing ca-certificates in the root rewrites the usual one.
lend_network() {
    local root=$1 file
    cp /etc/resolv.conf /etc/hosts "$root/etc/"
    for file in /etc/apt/apt.conf.d/*proxy*; do
        if [ -f "$file" ]; then cp "$file" "$root/etc/apt/apt.conf.d/"; fi
    done
    if [ -f "$CA_BUNDLE" ]; then install -D -m 644 "$CA_BUNDLE" "$root/etc/host-certificates.crt"; fi
    "$CHECKOUT/scripts/pip-configuration" >"$root/etc/pip.conf"
}

# Run a command in a root: in_root ROOT [--bind SOURCE TARGET]... -- COMMAND...
# Mounts and processes live in namespaces of their own and end with the command, however it ends.
in_root() {
    local root=$1 folder
    shift
    local binds=()
    while [ "$1" != -- ]; do
        binds+=("$2:$3")
        shift 3
    done
    shift
    while read -r folder; do binds+=("$folder:$folder"); done < <("$CHECKOUT/scripts/pip-configuration" --folders)
    local given=(HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
        DEBIAN_FRONTEND=noninteractive "DEBIAN_MIRROR=$DEBIAN_MIRROR")
    local name
    for name in http_proxy https_proxy no_proxy; do
        if [ -n "${!name:-}" ]; then given+=("$name=${!name}"); fi
    done
    if [ -f "$root/etc/host-certificates.crt" ]; then
        for name in PIP_CERT SSL_CERT_FILE GIT_SSL_CAINFO; do given+=("$name=/etc/host-certificates.crt"); done
    fi
    unshare --mount --propagation private --pid --fork --kill-child \
        bash "$CHECKOUT/scripts/enter-root" "$root" "${#binds[@]}" "${binds[@]}" "${given[@]}" -- "$@"
}

# Copy the checkout as it stands (tracked and new files, nothing ignored) with its history to ROOT/src/orthanc-cohorts.
copy_checkout() {
    local target=$1/src/orthanc-cohorts
    mkdir -p "$target"
    (cd "$CHECKOUT" && git ls-files -z -co --exclude-standard | while IFS= read -r -d '' file; do
        if [ -e "$file" ]; then printf '%s\0' "$file"; fi
    done | tar -c --null -T - --owner=0 --group=0) | tar -x -C "$target"
}
