#!/bin/sh
# dockerd with containerd and its shims: containers that run, builds, exec into them, stops that take their ten seconds.
# packages: docker.io busybox-static iptables ca-certificates
# programs: dockerd containerd containerd-shim docker
set -e

prepare() {
    mkdir -p /etc/docker /srv/base/bin /srv/base/tmp /srv/base/etc
    echo '{"storage-driver": "vfs", "bridge": "none", "iptables": false, "ip-forward": false, "ip-masq": false}' \
        >/etc/docker/daemon.json
    cp /bin/busybox /srv/base/bin/
    for applet in $(busybox --list | grep -vx busybox); do ln -sf busybox "/srv/base/bin/$applet"; done
    mkdir -p /srv/build && cat >/srv/build/Dockerfile <<'BUILD'
FROM base
RUN mkdir -p /data && for i in $(seq 1 100); do dd if=/dev/urandom of=/data/$i bs=4k count=20 2>/dev/null; done
RUN gzip -9 /data/*
RUN find /data -name '*.gz' | xargs -n 5 -P 4 sha256sum >/sums
BUILD
    systemctl disable docker.service docker.socket containerd.service
}

work() {
    for tree in /sys/fs/cgroup/*/; do mount -o remount,bind,rw "$tree"; done
    systemctl start containerd docker
    tar -C /srv/base -c . | docker import - base
    docker run -d --init --name web --network none base sh -c 'while :; do (sleep 1 | cat) & wait; done'
    docker run -d --name queue --network none base sh -c 'trap exit TERM; while :; do sleep 0.3; done'
    touch /run/at-work
    while :; do
        DOCKER_BUILDKIT=0 docker build -q --no-cache --network none -t app /srv/build
        docker run --rm --network none app sh -c 'sha256sum -c /sums | tail -n 1'
        docker exec web ps
        docker restart -t 2 queue
        docker save app | gzip -1 >/srv/app.tar.gz
        docker image prune -f
    done
}

"$@"
