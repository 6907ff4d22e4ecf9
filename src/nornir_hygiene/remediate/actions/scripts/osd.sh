# The daemon of one OSD, on its own host; and what the cluster has to say to it, on a host that reaches the monitors.

# nr_osd_pid N: the process of that OSD, by its service or else by its command line.
nr_osd_pid() {
    for nr_proc in /proc/[0-9]*; do
        [ "$(cat "$nr_proc/comm" 2>/dev/null)" = ceph-osd ] || continue
        nr_pid=${nr_proc#/proc/}
        case $(cat "$nr_proc/cgroup" 2>/dev/null) in
        *"/ceph-osd@$1.service"* | *"@osd.$1.service"*) echo "$nr_pid" && return ;;
        esac
        case " $(tr '\0' ' ' <"$nr_proc/cmdline")" in
        *" --id $1 "* | *" -i $1 "* | *" --id=$1 "*) echo "$nr_pid" && return ;;
        esac
    done
}

nr_action_continue_osd() {
    nr_pid=$(nr_osd_pid "$1")
    [ -n "$nr_pid" ] || {
        nr_say refused "osd.$1 has no process here"
        return
    }
    nr_ticks "$nr_pid" >/dev/null
    nr_fact pid "$nr_pid"
    if [ "$nr_state" != T ]; then
        nr_say unchanged "osd.$1 (pid $nr_pid) is not stopped"
    elif kill -s CONT "$nr_pid"; then
        nr_say changed "osd.$1 (pid $nr_pid) was continued"
    else
        nr_say failed "osd.$1 (pid $nr_pid) could not be continued"
    fi
}

# A stuck daemon may take its time to say goodbye; it keeps nothing that a crash would lose.
nr_action_restart_osd() {
    nr_pid=$(nr_osd_pid "$1")
    nr_unit=$(sed -n 's|.*/\(ceph[^/]*@\(osd\.\)\{0,1\}'"$1"'\.service\).*|\1|p' "/proc/$nr_pid/cgroup" 2>/dev/null | head -n 1)
    if [ -z "$nr_pid" ] || [ -z "$nr_unit" ]; then
        nr_say refused "osd.$1 has no process of a service here"
        return
    fi
    nr_ticks "$nr_pid" >/dev/null
    case $nr_state in
    D) nr_say refused "osd.$1 (pid $nr_pid) is in D: it would not end, and keep its disk; look at the disk" && return ;;
    esac
    systemctl reset-failed "$nr_unit" 2>/dev/null # its unit may be started three times in half an hour
    timeout -s KILL 10 systemctl stop "$nr_unit" || systemctl kill --signal=KILL "$nr_unit"
    nr_restart "$nr_unit"
}

nr_ceph() { timeout -s KILL 15 ceph --connect-timeout 10 "$@"; }

# nr_map: the OSDs of the cluster's map in nr_osds; a monitor that is silent has not said that all is well.
nr_map() {
    nr_osds=$(nr_ceph osd dump 2>/dev/null | grep '^osd\.')
    [ -n "$nr_osds" ] && return
    nr_say refused 'the monitors do not tell the map of the OSDs'
    return 1
}

# nr_osds_down N: others than that one.
nr_osds_down() { echo "$nr_osds" | sed -n 's/^osd\.\([0-9]*\) down .*/\1/p' | grep -vx "$1" | tr '\n' ' '; }

# nr_action_check_osd N: refuses where stopping it would take data away, or something else is wrong already.
nr_action_check_osd() {
    nr_map || return
    nr_down=$(nr_osds_down "$1")
    if [ -n "$nr_down" ]; then
        nr_say refused "other OSDs are down: $nr_down"
    elif nr_told=$(nr_ceph osd ok-to-stop "$1" 2>&1); then
        nr_say unchanged "osd.$1 may be stopped: no placement group becomes inactive"
    else
        nr_say refused "osd.$1 is not ok to stop: $(echo "$nr_told" | tr '\n' ' ')"
    fi
}

# Among the states at the end of its line: `osd.1 up   in  weight 1 … exists,noout,up UUID`.
nr_noout() { echo "$nr_osds" | grep -q "^osd\.$1 .*[ ,]noout[ ,]"; }

# nr_action_hold_osd N SECONDS: it is not given up while it is away. A timer here takes that back if nobody does.
nr_action_hold_osd() {
    nr_map || return
    if nr_noout "$1"; then
        nr_say unchanged "osd.$1 has noout already: whoever set it takes it back"
        return
    fi
    systemd-run --quiet --collect --on-active="$2" --unit="nornir-hygiene-noout-$1" \
        sh -c "timeout -s KILL 20 ceph --connect-timeout 10 osd rm-noout osd.$1" || {
        nr_say refused 'no timer could be armed that takes it back'
        return
    }
    if nr_told=$(nr_ceph osd add-noout "osd.$1" 2>&1); then
        nr_fact armed "$2 s"
        nr_say changed "osd.$1 has noout for at most $2 s"
    else
        systemctl stop "nornir-hygiene-noout-$1.timer"
        nr_say failed "noout was not set: $(echo "$nr_told" | tr '\n' ' ')"
    fi
}

# nr_action_release_osd N SECONDS: the way back of hold_osd; the timer is the proof that we have set it.
nr_action_release_osd() {
    systemctl is-active --quiet "nornir-hygiene-noout-$1.timer" || {
        nr_say unchanged "osd.$1 has no noout of ours"
        return
    }
    if nr_told=$(nr_ceph osd rm-noout "osd.$1" 2>&1); then
        systemctl stop "nornir-hygiene-noout-$1.timer"
        nr_say changed "noout of osd.$1 was taken back"
    else
        nr_say failed "noout of osd.$1 was not taken back, its timer will: $(echo "$nr_told" | tr '\n' ' ')"
    fi
}

# nr_action_await_osd N: up, in, and all placement groups active and clean.
nr_action_await_osd() {
    nr_left=$nr_seconds
    while [ "$nr_left" -gt 0 ]; do
        nr_pgs=$(nr_ceph pg stat 2>/dev/null)
        if nr_ceph osd dump 2>/dev/null | grep -q "^osd\.$1 up *in " && nr_all_clean "$nr_pgs"; then
            nr_say unchanged "osd.$1 is up and in, and all placement groups are active and clean"
            return
        fi
        nr_left=$((nr_left - 2))
        sleep 1
    done
    nr_say failed "osd.$1 is not back, or placement groups are not clean: $nr_pgs"
}

# `33 pgs: 33 active+clean; …`: one state, maybe scrubbing.
nr_all_clean() {
    nr_states=${1#*: }
    nr_states=$(echo "${nr_states%%;*}" | tr ',' '\n' | sed 's/^ *[0-9]* //; s/+scrubbing//; s/+deep//' | sort -u)
    [ "$nr_states" = active+clean ]
}
