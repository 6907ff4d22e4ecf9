# Children with deadlines. A child that reads /proc writes to a file, never to the ssh pipe, and is never waited for
# without a deadline: one stuck process can make any reader of its stat or wchan hang (exec_update_lock, 6.12 and later
# stable kernels).

# About nr_ms milliseconds. A login with hardly a free pid has none for `sleep`, so there it spins on reads.
nr_nap() {
    if [ -n "$nr_tight" ]; then
        nr_spin=0
        while [ $nr_spin -lt 2000 ]; do read -r nr_line </proc/loadavg; nr_spin=$((nr_spin + 1)); done
        nr_ms=10
    else
        sleep "$1" >/dev/null 2>&1 || { sleep 1 >/dev/null 2>&1; nr_ms=1000; }
    fi
    nr_spent=$((nr_spent + nr_ms))
}

# Which /proc file a reader of ours has open: nr_at=PID/file. readlink only, the target is not touched.
nr_reading() {
    nr_at=''
    [ -z "$nr_tight" ] || return 0
    nr_at=$(ls -ln "/proc/$1/fd" 2>/dev/null | sed -n 's|.* -> /proc/\([0-9][0-9]*/[a-z_/0-9]*\)$|\1|p' | sed -n '$p')
}

# nr_pass NAME COMMAND…: runs it, output to a file. Returns 0 ended, 1 stalled (nr_at says where), 2 no time left.
# Stalled means: behind the first second, seen twice on the same file half a second apart; or the deadline passed.
nr_pass() {
    nr_name=$1
    shift
    [ "$nr_spent" -lt "$nr_total" ] || { nr_mark gap "section=$nr_name" why=no-time-left; return 2; }
    "$@" </dev/null >"$nr_dir/$nr_name" 2>"$nr_dir/$nr_name.err" &
    nr_child=$! nr_slept=0 nr_last='' nr_at=''
    while :; do
        case $nr_slept in
            0 | 30) nr_ms=30; nr_nap 0.03 ;;
            ??) nr_ms=40; nr_nap 0.04 ;;
            *) nr_ms=100; nr_nap 0.1 ;;
        esac
        nr_slept=$((nr_slept + nr_ms))
        kill -0 "$nr_child" 2>/dev/null || break
        if [ $nr_slept -ge "${nr_limit:-$nr_pass_ms}" ]; then nr_reading "$nr_child"; nr_give_up; return 1; fi
        if [ $nr_slept -lt 1000 ] || [ $((nr_slept / 100 % 5)) -ne 0 ]; then continue; fi
        nr_reading "$nr_child"
        if [ -n "$nr_at" ] && [ "$nr_at" = "$nr_last" ]; then nr_give_up; return 1; fi
        nr_last=$nr_at
    done
    wait "$nr_child" 2>/dev/null
    nr_rc=$? nr_child=''
    return 0
}

# Kill the stalled reader; if even that does not end it, leave it and write down which one.
nr_give_up() {
    kill -9 "$nr_child" 2>/dev/null
    nr_ms=100
    for nr_try in 1 2 3 4 5; do
        nr_nap 0.1
        kill -0 "$nr_child" 2>/dev/null || break
    done
    if kill -0 "$nr_child" 2>/dev/null; then
        nr_ticks_of "$nr_child"
        nr_stuck="$nr_stuck $nr_child"
        { mkdir -p /run/nornir-hygiene && printf '%s %s %s %s\n' \
            "$nr_child" "$nr_now_ticks" "$nr_name" "${nr_at%%/*}" >>"$nr_marker"; } 2>/dev/null ||
            nr_mark gap "section=$nr_name" why=marker-not-writable
        nr_mark stall "section=$nr_name" "at=$nr_at" "died=no" "reader=$nr_child" "ticks=$nr_now_ticks"
    else
        wait "$nr_child" 2>/dev/null
        nr_mark stall "section=$nr_name" "at=$nr_at" "died=yes"
    fi
    nr_child=''
    nr_skip="$nr_skip ${nr_at%%/*}"
}

# Body of a section from a file. The line cap keeps a fork bomb's table from filling the wire.
nr_send() { sed -n -e '1,60000s/^/ /p' "$nr_dir/$1"; }

# A pass over the chosen pids whose stall costs only this section: once more without the culprit.
nr_section() { # NAME COMMAND
    nr_again=0
    while :; do
        nr_pass "$1" "$2"
        case $? in
            0) nr_mark "$1"; nr_send "$1"; return 0 ;;
            2) return 0 ;;
        esac
        nr_again=$((nr_again + 1))
        if [ -z "$nr_at" ] || [ $nr_again -gt 3 ]; then nr_mark gap "section=$1" why=stalled; return 0; fi
        nr_rest=''
        for nr_pid in $nr_pids; do [ "$nr_pid" = "${nr_at%%/*}" ] || nr_rest="$nr_rest $nr_pid"; done
        nr_pids=$nr_rest
    done
}
