# nr_action_end_orphans BOOT SERVICE SIGNAL PID TICKS [PID TICKS]…: what the service's helpers left behind, and nothing else.
#
# A parent that is gone tells no leak from a daemon: a daemon that forked twice is an orphan, too. So the service has to
# have a main process that systemd itself started, and each orphan must show nothing of a daemon. In doubt it is spared.

nr_action_end_orphans() {
    nr_boot_seen=$1 nr_service=$2 nr_signal=$3
    shift 3
    nr_why=$(nr_not_ours "$nr_boot_seen" "$nr_service")
    if [ -n "$nr_why" ]; then
        nr_say refused "$nr_why"
        return
    fi
    nr_orphans=$(($# / 2)) nr_sent=0 nr_gone=0 nr_spared=0 nr_reason='' nr_parents=$(nr_all_parents)
    nr_end_all "$@"
    nr_fact sent "$nr_sent"
    nr_fact gone "$nr_gone"
    nr_fact spared "$nr_spared"
    nr_words="$nr_sent of $nr_orphans orphans in $nr_service"
    nr_rest="$nr_gone were gone, $nr_spared spared${nr_reason:+: $nr_reason}"
    if [ "$nr_sent" != 0 ]; then
        nr_say changed "SIG$nr_signal was sent to $nr_words; $nr_rest"
    elif [ "$nr_spared" != 0 ]; then
        nr_say refused "SIG$nr_signal was sent to $nr_words; $nr_rest"
    else
        nr_say unchanged "none of the $nr_orphans orphans in $nr_service is left"
    fi
}

# nr_not_ours BOOT SERVICE: why nothing in this service may be ended; nothing if it may.
nr_not_ours() {
    if [ "$(nr_boot)" != "$1" ]; then
        echo 'the host has booted since they were seen'
    elif nr_of_people "$2"; then
        echo "jobs of people live in $2: a person ends them"
    elif nr_protected "$2"; then
        echo "$2 carries others: a person looks at what it left"
    else
        nr_no_main "$2"
    fi
}

# Where people start what is to stay: @reboot jobs, batch jobs, screen in a login without logind.
nr_of_people() {
    case $1 in
    ssh.service | ssh@* | sshd* | cron* | anacron* | atd* | slurm* | pbs* | xrdp* | vnc* | xinetd* | inetd*) return 0 ;;
    esac
    return 1
}

# nr_no_main SERVICE: a daemon that forked twice is an orphan itself, and what else is in its service may be others.
nr_no_main() {
    nr_main=$(nr_pid_of MainPID "$1")
    if [ -z "$nr_main" ] || ! nr_ticks "$nr_main" >/dev/null || [ "$nr_state" = Z ]; then
        echo "$1 has no main process: nobody can tell it from what it left"
    elif nr_is_orphan "$nr_main"; then
        echo "the main process of $1 is a daemon that forked twice: what is beside it may be another"
    fi
}

nr_pid_of() { systemctl show --property="$1" "$2" | sed -n "s/^$1=\([0-9][0-9]*\)\$/\1/p"; }

# One line per process that is alive: its parent.
nr_all_parents() { printf '%s\n' /proc/[0-9]*/stat | xargs cat 2>/dev/null | sed -n 's/.*) [^ZX] \([0-9]*\) .*/\1/p'; }

# A moment in D is normal: those are asked again before they are spared.
nr_end_all() {
    for nr_round in 1 2 3; do
        nr_in_d=''
        while [ $# -gt 1 ]; do
            nr_end_one "$1" "$2"
            shift 2
        done
        [ -n "$nr_in_d" ] || return
        # shellcheck disable=SC2086
        set -- $nr_in_d
        [ $nr_round = 3 ] || sleep 1
    done
    nr_spare $(($# / 2)) "pid $1" 'it is in D: the signal would only stay pending and strike later'
}

nr_end_one() {
    nr_state=gone
    nr_ticks "$1" >/dev/null
    if ! nr_same "$nr_boot_seen" "$1" "$2"; then nr_state=gone; fi
    case $nr_state in
    gone | Z | X) nr_gone=$((nr_gone + 1)) ;;
    D) nr_in_d="$nr_in_d $1 $2" ;;
    *) nr_end_living "$1" "$2" ;;
    esac
}

nr_end_living() {
    nr_why=$(nr_looks_kept "$1" && nr_why_not "$1" "$nr_signal" | head -n 1)
    if [ -n "$nr_why" ]; then
        nr_spare 1 "pid $1" "$nr_why"
        return
    fi
    nr_deliver "$nr_boot_seen" "$1" "$2" "$nr_signal"
    case $nr_rc in
    0) nr_sent=$((nr_sent + 1)) ;;
    3) nr_gone=$((nr_gone + 1)) ;;
    *) nr_spare 1 "pid $1" 'the signal could not be sent' ;;
    esac
}

# nr_spare HOW_MANY WHO WHY
nr_spare() {
    nr_spared=$((nr_spared + $1))
    nr_reason=${nr_reason:-$2, $3}
}

# nr_looks_kept PID: says why it is no leak, and fails; true and silent if it is one.
nr_looks_kept() {
    nr_kept=$(nr_why_kept "$1")
    [ -z "$nr_kept" ] || {
        echo "$nr_kept"
        return 1
    }
}

nr_why_kept() {
    if ! nr_is_orphan "$1"; then
        echo 'it is no orphan'
    elif grep -q -e /session- -e '/user@' -e '/user\.slice' "/proc/$1/cgroup"; then
        echo 'it belongs to a login'
    elif [ "$(nr_unit_of "$1")" != "$nr_service" ]; then
        echo "it is not in $nr_service"
    elif [ "$(readlink "/proc/$1/ns/pid")" != "$(readlink "/proc/$$/ns/pid")" ]; then
        echo 'it lives in a container'
    elif [ "$1" = "$(nr_pid_of MainPID "$nr_service")" ] || [ "$1" = "$(nr_pid_of ControlPID "$nr_service")" ]; then
        echo "it is a process of $nr_service itself"
    else
        nr_like_a_daemon "$1"
    fi
}

nr_like_a_daemon() {
    if nr_is_null "$1/fd/0" && nr_is_null "$1/fd/1" && nr_is_null "$1/fd/2"; then
        echo 'it detached itself as a daemon does'
    elif printf '%s\n' "$nr_parents" | grep -qx "$1"; then
        echo 'it has children'
    elif grep -lsw "$1" /run/*.pid /run/*/*.pid | grep -q .; then
        echo 'a pid file names it'
    fi
}

nr_is_null() { [ "$(readlink "/proc/$1")" = /dev/null ]; }

# nr_is_orphan PID: of a session whose leader is dead, and adopted: its parent is init, or of another session.
# So it has no terminal: the kernel takes it from the whole session when the leader ends.
nr_is_orphan() {
    nr_began=$(nr_ticks "$1") && nr_ticks "$1" >/dev/null || return 1
    nr_father=$nr_parent nr_session=$(nr_session_in "$nr_stat")
    case $nr_session in 0 | "$1") return 1 ;; esac
    if [ "$nr_father" != 1 ]; then
        nr_ticks "$nr_father" >/dev/null || return 1
        [ "$(nr_session_in "$nr_stat")" != "$nr_session" ] || return 1
    fi
    nr_leader=$(nr_ticks "$nr_session") || return 0
    nr_ticks "$nr_session" >/dev/null || return 0
    [ "$nr_state" = Z ] || [ "$nr_leader" -gt "$nr_began" ]
}

# nr_session_in STAT: of what nr_ticks leaves of a line of /proc/PID/stat.
nr_session_in() {
    # shellcheck disable=SC2086
    set -- $1
    echo "$4"
}
