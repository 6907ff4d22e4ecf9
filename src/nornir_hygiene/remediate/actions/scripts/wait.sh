# nr_action_wait_until CONDITION WORD…: look once a second, until it holds or the time is up. Changes nothing.
nr_action_wait_until() {
    nr_left=$nr_seconds
    until nr_seen=$(nr_holds "$@"); do
        [ "$nr_left" -gt 0 ] || {
            nr_say failed "after $nr_seconds s still: $nr_seen"
            return
        }
        nr_left=$((nr_left - 1))
        sleep 1
    done
    nr_say unchanged "$nr_seen"
}

# nr_holds CONDITION WORD…: whether it does, and what was seen in any case.
nr_holds() {
    case $1 in
    ended) nr_has_ended "$2" "$3" "$4" ;;
    active) nr_unit_is "$2" active ;;
    inactive) nr_unit_is "$2" inactive failed ;;
    mounted) nr_mounts "$2" ;;
    unmounted) ! nr_mounts "$2" ;;
    listening) nr_listens "$2" ;;
    closed) ! nr_listens "$2" ;;
    esac
}

# Its number may belong to another one by now. A zombie has ended: all that is left of it is its parent's to take.
nr_has_ended() {
    nr_now=$(nr_ticks "$2") || nr_now=''
    if [ "$(nr_boot)" = "$1" ] && [ "$nr_now" = "$3" ]; then
        nr_ticks "$2" >/dev/null
        case $nr_state in
        [ZX]) ;;
        *)
            echo "process $2 is there, in state $nr_state"
            return 1
            ;;
        esac
    fi
    echo "process $2 has ended"
}

# nr_unit_is UNIT STATE…: what systemd does not know is inactive for it; a bus that does not answer is no state at all.
nr_unit_is() {
    nr_unit=$1
    shift
    nr_is=$(timeout -s KILL 10 systemctl show --property=ActiveState --value -- "$nr_unit" 2>&1) || nr_is="not told: $nr_is"
    echo "the unit $nr_unit is $nr_is"
    for nr_wanted; do
        [ "$nr_is" = "$nr_wanted" ] && return 0
    done
    return 1
}

nr_mounts() {
    if nr_is_mountpoint "$1"; then
        echo "something is mounted on $1"
    else
        echo "nothing is mounted on $1"
        return 1
    fi
}

# nr_listens PORT: state 0A is LISTEN; the port stands in hexadecimal behind the address.
nr_listens() {
    nr_hex=$(printf ':%04X' "$1")
    if cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -q "^ *[0-9]*: [0-9A-F]*$nr_hex [0-9A-F]*:[0-9A-F]* 0A "; then
        echo "somebody listens on TCP port $1"
    else
        echo "nobody listens on TCP port $1"
        return 1
    fi
}
