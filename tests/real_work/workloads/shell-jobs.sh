#!/bin/sh
# Short processes by the thousand: shells, pipes, xargs and GNU parallel, background jobs, stopped and continued ones.
# packages: parallel gawk bc time expect
# programs: xargs parallel sh sleep
set -e

prepare() { :; }

work() {
    cd /tmp
    touch /run/at-work
    while :; do
        seq 400 | xargs -P 4 -I{} sh -c 'echo {} | sed s/1/2/ >/dev/null'
        seq 200 | parallel -j 4 'echo {} | md5sum | cut -c 1-8' >/dev/null
        find /usr/share -type f | head -n 3000 | xargs -n 20 -P 3 grep -l GPL >/dev/null || true
        for _ in 1 2 3 4 5 6 7 8; do (sleep 0.5 | cat) & done
        sleep 1 &
        kill -STOP $! && sleep 0.2 && kill -CONT $!
        timeout 1 sh -c 'while :; do /bin/true; done' || true
        nohup sh -c 'sleep 1; sleep 1' >/dev/null 2>&1 &
        wait
    done
}

"$@"
