#!/bin/sh
# What the tests and the lab need from the system: installed where we are root on Debian, named where we are not.
set -eu

packages='python3-venv openssh-server openssh-client procps busybox dash strace shellcheck
    systemd-container mmdebstrap e2fsprogs iproute2 util-linux postgresql chromium fonts-inter'
# The virtual hosts' kernel and its emulator are made for this one.
[ "$(uname -m)" != x86_64 ] || packages="$packages qemu-system-x86"

missing=''
for package in $packages; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "setup: not installed, and only root on Debian can:$missing" >&2
    echo "setup: going on; tests that need them skip and say why" >&2
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q >/dev/null
# No daemon of ours shall start on this machine because a package brings one along.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    trap 'rm -f "$policy"' EXIT
fi
# shellcheck disable=SC2086  # a list of packages
apt-get install -q -y --no-install-recommends $missing >/dev/null
