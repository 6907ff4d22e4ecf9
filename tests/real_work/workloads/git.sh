#!/bin/sh
# A git server's day: clones over ssh, pushes, repacks, fsck, gc, and a search through all of history.
# packages: git openssh-client
# programs: git
set -e

prepare() {
    git config --global user.name builder && git config --global user.email builder@localhost
    git init -q -b main /srv/tree && cd /srv/tree
    for part in /usr/lib/python3/ /usr/lib/python3.11/ /usr/share/perl /usr/lib/git-core /usr/lib/systemd; do
        cp -r "$part" .
        git add -A
        git commit -q --allow-empty -m "$part"
    done
    git clone -q --bare /srv/tree /srv/server.git
}

work() {
    export HOME=/root
    touch /run/at-work
    while :; do
        rm -rf /srv/a /srv/b
        git clone -q ssh://localhost/srv/server.git /srv/a
        git clone -q file:///srv/server.git /srv/b
        cd /srv/a
        find . -name '*.py' -exec sed -i "1i # $(date +%N)" {} +
        git commit -qam 'every file' && git push -q
        git log -p --stat | md5sum
        git -C /srv/server.git repack -qadf --depth=50 --threads=2
        git -C /srv/server.git fsck --full 2>/dev/null
        git -C /srv/b fetch -q
        git -C /srv/server.git gc -q --aggressive --prune=now
    done
}

"$@"
