# The next boot of a host on which tasks hang for ever: whether it may be, the order to boot, and what came of it.
#
# An orderly shutdown would wait for the same tasks at its first unmount. reboot(2) waits for nobody, so what can be
# written is written first, for as long as that is worth it. In a container it ends the container, not its host.

# nr_why_no_boot: the reason why this host must not go away; nothing if there is none. Names are cut to 15 letters.
nr_why_no_boot() {
    for nr_proc in /proc/[0-9]*; do
        nr_comm=''
        read -r nr_comm 2>/dev/null <"$nr_proc/comm"
        case $nr_comm in
        ceph-mon | ceph-mgr | ceph-osd | ceph-mds | etcd | kube-apiserver | kube-controller | kube-scheduler)
            echo "$nr_comm (pid ${nr_proc#/proc/}) runs here: the cluster lives on it, so a person does that"
            ;;
        esac
    done
    command -v reboot >/dev/null || echo 'there is no reboot(8) here'
}

# nr_action_check_reboot BOOT CLIENTS: also that no rbd client of this kernel would be left out of the fencing.
nr_action_check_reboot() {
    [ "$(nr_boot)" = "$1" ] || {
        nr_say refused "the host is in boot $(nr_boot), and the one that was seen is $1"
        return
    }
    nr_why=$(nr_why_no_boot | head -n 1)
    nr_more=$(nr_clients_beside "$2")
    if [ -n "$nr_why" ]; then
        nr_say refused "$nr_why"
    elif [ -n "$nr_more" ]; then
        nr_say refused "the rbd client $nr_more is here, too, and no finding tells of it: it would not be fenced"
    else
        nr_say unchanged 'no member of a cluster runs here, and every rbd client of the kernel is known'
    fi
}

# nr_clients_beside CLIENTS: of this kernel, by what sysfs tells. All images of one cluster share a client by default.
nr_clients_beside() {
    for nr_device in /sys/bus/rbd/devices/*; do
        [ -r "$nr_device/client_addr" ] || continue
        nr_client=$(cat "$nr_device/cluster_fsid")/$(cat "$nr_device/client_addr")
        case ,$1, in
        *,"$nr_client",*) ;;
        *) echo "$nr_client" && return ;;
        esac
    done
}

nr_failed_units() {
    nr_units=$(timeout -s KILL 5 systemctl list-units --failed --plain --no-legend 2>/dev/null | cut -d' ' -f1 | tr '\n' ' ')
    nr_units=${nr_units% }
    echo "${nr_units:-none}"
}

# nr_action_reboot_host BOOT: says `unknown`, for nobody knows before it is over. Whoever is patient asks await_boot.
nr_action_reboot_host() {
    [ "$(nr_boot)" = "$1" ] || {
        nr_say unknown "the boot that was seen has ended; the host is in $(nr_boot)"
        return
    }
    nr_why=$(nr_why_no_boot | head -n 1)
    [ -z "$nr_why" ] || {
        nr_say refused "$nr_why"
        return
    }
    nr_fact failed-before "$(nr_failed_units)"
    nr_write_back
    case $(readlink -f "$(command -v reboot)") in
    *systemctl) nr_options='-f -n -d' ;; # without its own sync and its line in wtmp: both may hang
    *) nr_options='-f -n' ;;
    esac
    # The answer goes first. Of nobody's service: PID 1 may be as stuck as the rest.
    # shellcheck disable=SC2016,SC2086
    sh -c 'sleep 3 && exec reboot "$@"' sh $nr_options </dev/null >/dev/null 2>&1 &
    nr_say unknown "it boots in 3 s; $nr_written"
}

# Each file system for itself and in the background: sync(2) of all would stop at the first that hangs.
nr_write_back() {
    nr_count=0 nr_seen=' '
    while read -r nr_device nr_point _; do
        case $nr_seen$nr_point in *" $nr_device "*/*) continue ;; esac
        case $nr_device:$nr_point in /dev/* | *:/) ;; *) continue ;; esac
        nr_seen="$nr_seen$nr_device " nr_count=$((nr_count + 1))
        nr_point=$(printf '%b' "$(echo "$nr_point" | sed 's/\\\([0-7]\{3\}\)/\\0\1/g')") # \040 is a space
        # A program, not a subshell: that would hold our output open for as long as it hangs.
        # shellcheck disable=SC2016
        sh -c 'sync -f "$1" && : >"$2"' sh "$nr_point" "$nr_receipt/written.$nr_count" </dev/null >/dev/null 2>&1 &
    done </proc/mounts
    nr_left=10
    while nr_done=$(nr_count_written) && [ "$nr_done" -lt "$nr_count" ] && [ "$nr_left" -gt 0 ]; do
        nr_left=$((nr_left - 1))
        sleep 1
    done
    nr_written="$nr_done of $nr_count file systems are written back"
}

nr_count_written() {
    set -- "$nr_receipt"/written.*
    if [ -e "$1" ]; then echo $#; else echo 0; fi
}

# nr_action_await_boot BOOT: one look; asked again while it says `unknown`. Changes nothing.
nr_action_await_boot() {
    nr_boot=$(nr_boot)
    if [ "$nr_boot" = "$1" ]; then
        nr_say unknown 'the host is still in the boot that was seen'
        return
    fi
    nr_state=$(timeout -s KILL 15 systemctl is-system-running 2>/dev/null)
    case $nr_state in
    initializing | starting | stopping) nr_say unknown "the host is in boot $nr_boot and $nr_state" ;;
    *)
        nr_fact boot "$1 to $nr_boot"
        nr_fact failed-after "$(nr_failed_units)"
        nr_say changed "the host is in boot $nr_boot now${nr_state:+, and $nr_state}"
        ;;
    esac
}
