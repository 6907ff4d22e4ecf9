#!/bin/sh
# Container builds without a registry: buildah and podman from a local root, containers beside them, images exported.
# packages: podman buildah crun uidmap catatonit iptables ca-certificates
# programs: buildah podman conmon
set -e

prepare() {
    mkdir -p /srv/base
    printf '[storage]\ndriver = "vfs"\nrunroot = "/run/containers/storage"\ngraphroot = "/srv/storage"\n' >/etc/containers/storage.conf
    printf '[containers]\ncgroups = "disabled"\nnetns = "none"\n[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n' \
        >/etc/containers/containers.conf
    apt-get -qy install --no-install-recommends busybox-static
    mkdir -p /srv/base/bin /srv/base/tmp /srv/base/etc
    cp /bin/busybox /srv/base/bin/
    for applet in $(busybox --list | grep -vx busybox); do ln -sf busybox "/srv/base/bin/$applet"; done
    cat >/srv/Containerfile <<'BUILD'
FROM localhost/base
RUN mkdir -p /data && for i in $(seq 1 200); do dd if=/dev/urandom of=/data/$i bs=4k count=20 2>/dev/null; done
RUN for i in /data/*; do gzip -9 $i; done
RUN find /data -name '*.gz' | xargs -n 5 -P 4 sha256sum >/data/sums
RUN tar -cf /all.tar /data && rm -rf /data
BUILD
}

work() {
    tar -C /srv/base -c . | podman import - localhost/base
    for name in web queue cron; do
        podman run -d --init --name "$name" localhost/base sh -c 'while :; do (sleep 1 | cat) & wait; done'
    done
    touch /run/at-work
    while :; do
        buildah bud --no-cache --isolation chroot -q -t app -f /srv/Containerfile /srv >/dev/null
        podman build --no-cache -q --isolation chroot -t app2 -f /srv/Containerfile /srv >/dev/null
        podman run --rm app2 sh -c 'tar -xOf /all.tar | sha256sum'
        podman exec web ps >/dev/null
        podman save -q -o /srv/app.tar app2 && rm /srv/app.tar
        podman image prune -f >/dev/null
    done
}

"$@"
