#!/bin/sh
# Debian images made by an unprivileged user in user namespaces, from packages that lie here.
# packages: mmdebstrap uidmap apt-utils dpkg-dev zstd fakeroot
# programs: mmdebstrap apt-get
set -e

prepare() {
    useradd --create-home builder
    mkdir -p /srv/repository && cd /srv/repository
    # What is installed here is enough for a smaller image.
    apt-get -q download $(dpkg-query --show --showformat '${Package}\n' | grep -v '^linux-')
    dpkg-scanpackages --multiversion . >Packages 2>/dev/null
    chown -R builder /srv/repository
}

work() {
    touch /run/at-work
    cd /tmp
    while :; do
        setpriv --reuid builder --regid builder --init-groups env HOME=/home/builder TMPDIR=/home/builder \
            mmdebstrap --mode=unshare --variant=minbase bookworm /home/builder/image.tar.zst \
            'deb [trusted=yes] copy:/srv/repository ./'
        rm -f /home/builder/image.tar.zst
    done
}

"$@"
