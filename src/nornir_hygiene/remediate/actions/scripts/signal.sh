# nr_action_signal BOOT PID TICKS SIGNAL: only to the very process that was seen, and only where it can help.
#
# With Python the process is held by a pidfd while it is compared, so that its number cannot pass to another one in
# between. Without, comparing and sending are two neighbouring lines of this shell.

nr_by_pidfd='
import os, signal, sys
pid, ticks, name = int(sys.argv[1]), sys.argv[2], sys.argv[3]
held = os.pidfd_open(pid)
with open("/proc/%d/stat" % pid, "rb") as stat:
    now = stat.read().rpartition(b")")[2].split()[19].decode()
if now != ticks:
    sys.exit(3)
signal.pidfd_send_signal(held, getattr(signal, "SIG" + name))
'

# Our own connection: this shell, its sshd, all above it.
nr_carries_us() {
    nr_up=$$
    while [ "${nr_up:-0}" -gt 1 ]; do
        [ "$nr_up" = "$1" ] && return 0
        nr_ticks "$nr_up" >/dev/null || return 1
        nr_up=$nr_parent
    done
    return 1
}

nr_same() { [ "$(nr_boot)" = "$1" ] && [ "$(nr_ticks "$2")" = "$3" ]; }

# nr_why_not PID SIGNAL: the reason why this signal is not sent; nothing if there is none.
nr_why_not() {
    [ "$1" -gt 2 ] || echo "pid $1 is the host's own"
    for nr_try in 1 2 3; do # a moment in D is normal: a read, or a child that is being started
        nr_ticks "$1" >/dev/null
        if [ "$nr_state" != D ] || [ "$nr_try" = 3 ]; then break; fi
        sleep 1
    done
    case $nr_state$2 in
    [ZX]*) echo 'it is dead already: only its parent can end it' ;;
    D*) echo 'it is in D: the signal would only stay pending and strike later' ;;
    [Tt]CHLD | [Tt]TERM) echo 'it is stopped: the signal would only stay pending' ;;
    esac
    case $(cat "/proc/$1/comm" 2>/dev/null) in
    sshd | sshd-session | systemd | dbus-daemon | kubelet | containerd | dockerd | ceph-*)
        [ "$2" = CONT ] || echo 'it is a daemon that others live on'
        ;;
    esac
    if nr_carries_us "$1"; then echo 'it carries our own connection'; fi
}

nr_action_signal() {
    nr_same "$1" "$2" "$3" || {
        nr_say refused "pid $2 is not the process that was seen (it started at tick $(nr_ticks "$2" || echo none), not $3)"
        return
    }
    nr_why=$(nr_why_not "$2" "$4" | head -n 1)
    nr_ticks "$2" >/dev/null
    if [ "$4" = CONT ] && [ "$nr_state" != T ]; then
        nr_say unchanged "pid $2 is not stopped"
    elif [ -n "$nr_why" ]; then
        nr_say refused "no SIG$4 to pid $2: $nr_why"
    else
        nr_send "$@"
    fi
}

nr_send() {
    nr_deliver "$@"
    case $nr_rc in
    0) nr_say changed "SIG$4 was sent to pid $2" ;;
    3) nr_say refused "pid $2 passed to another process in between" ;;
    *) nr_say failed "SIG$4 could not be sent to pid $2" ;;
    esac
}

# nr_deliver BOOT PID TICKS SIGNAL: nr_rc is 3 if the number passed to another process.
nr_deliver() {
    if nr_has_pidfd; then
        python3 -c "$nr_by_pidfd" "$2" "$3" "$4"
        nr_rc=$?
        nr_fact sent-by pidfd
    else
        nr_rc=3
        nr_same "$1" "$2" "$3" && { kill -s "$4" "$2"; nr_rc=$?; }
        nr_fact sent-by kill
    fi
}

nr_has_pidfd() {
    nr_python=${nr_python:-$(python3 -c 'import os; os.pidfd_open; print("new")' 2>/dev/null || echo old)}
    [ "$nr_python" = new ]
}
