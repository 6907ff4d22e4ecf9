# The daemon of one OSD, on its own host; and what the cluster has to say to it, on a host that reaches the monitors.

# nr_osd_pids N: the processes of that OSD, by their service or else by their command line: `--id 3` of packages and
# Rook, `-n osd.3` of cephadm.
nr_osd_pids() {
    for nr_proc in /proc/[0-9]*; do
        nr_comm=''
        { read -r nr_comm <"$nr_proc/comm"; } 2>/dev/null # no child for each process of the host
        [ "$nr_comm" = ceph-osd ] || continue
        case $(cat "$nr_proc/cgroup" 2>/dev/null) in
        *"/ceph-osd@$1.service"* | *"@osd.$1.service"*) echo "${nr_proc#/proc/}" && continue ;;
        esac
        case "$(tr '\0' ' ' <"$nr_proc/cmdline") " in
        *" --id $1 "* | *" -i $1 "* | *" --id=$1 "* | *" -n osd.$1 "* | *" --name osd.$1 "* | *" --name=osd.$1 "*)
            echo "${nr_proc#/proc/}"
            ;;
        esac
    done
}

# nr_osd_here N: its only process in nr_pid, and since when in nr_since; says why not.
nr_osd_here() {
    nr_pid=$(nr_osd_pids "$1")
    case $nr_pid in
    '') nr_say refused "osd.$1 has no process here" && return 1 ;;
    *[!0-9]*) nr_say refused "osd.$1 has several processes here, maybe of two clusters: $(echo "$nr_pid" | tr '\n' ' ')" && return 1 ;;
    esac
    nr_ticks "$nr_pid" >/dev/null # nr_state
    nr_since=$(nr_ticks "$nr_pid")
    nr_fact pid "$nr_pid"
}

nr_action_continue_osd() {
    nr_osd_here "$1" || return 0
    if [ "$nr_state" != T ]; then
        nr_say unchanged "osd.$1 (pid $nr_pid) is not stopped"
    elif kill -s CONT "$nr_pid"; then
        nr_say changed "osd.$1 (pid $nr_pid) was continued"
    else
        nr_say failed "osd.$1 (pid $nr_pid) could not be continued"
    fi
}

# nr_osd_may_end N: it is here, and would end if it were told to; says why not.
nr_osd_may_end() {
    nr_osd_here "$1" || return 1
    [ "$nr_state" = D ] || return 0
    nr_say refused "osd.$1 (pid $nr_pid) is in D: it would not end, and keep its disk; look at the disk"
    return 1
}

# nr_action_check_osd_daemon N: on its own host, where it is restarted from somewhere else.
nr_action_check_osd_daemon() {
    nr_osd_may_end "$1" && nr_say unchanged "osd.$1 (pid $nr_pid) is not in D"
}

# nr_osd_unit N: the service of nr_pid. The container of one of cephadm's may live outside of its service's cgroup.
nr_osd_unit() {
    nr_unit=$(sed -n 's|.*/\(ceph[^/]*@\(osd\.\)\{0,1\}'"$1"'\.service\).*|\1|p' "/proc/$nr_pid/cgroup" | head -n 1)
    [ -n "$nr_unit" ] || nr_unit=$(systemctl list-units --plain --no-legend --full "ceph-*@osd.$1.service" | sed 's/ .*//')
    case $nr_unit in
    *.service) [ "$(echo "$nr_unit" | grep -c .)" = 1 ] ;;
    *) return 1 ;;
    esac
}

nr_uptime() { cut -d. -f1 /proc/uptime; }

# A stuck daemon may take its time to say goodbye; it keeps nothing that a crash would lose.
nr_osd_end() {
    case $nr_unit in
    *@osd.*) nr_goodbye=30 ;; # podman and docker kill a container themselves, after ten seconds
    *) nr_goodbye=10 ;;
    esac
    timeout -s KILL "$nr_goodbye" systemctl stop "$nr_unit" || systemctl kill --signal=KILL "$nr_unit"
    # No signal to a service reaches a container outside of its cgroup.
    [ "$(nr_ticks "$nr_pid")" != "$nr_since" ] || kill -s KILL "$nr_pid"
}

nr_action_restart_osd() {
    nr_end=$(($(nr_uptime) + nr_seconds))
    nr_osd_may_end "$1" || return 0
    case $(cat "/proc/$nr_pid/cgroup") in
    *kubepods*) nr_say refused "osd.$1 (pid $nr_pid) runs in a pod: the runbook restart-rook-osd is for that" && return ;;
    esac
    nr_osd_unit "$1" || {
        nr_say refused "osd.$1 (pid $nr_pid) belongs to no service that could be found; the action restart-osd-by-cephadm asks the manager"
        return
    }
    nr_osd_end
    for nr_try in 1 2 3; do
        nr_seconds=$((nr_end - $(nr_uptime)))
        [ "$nr_seconds" -gt 0 ] || break
        systemctl reset-failed "$nr_unit" 2>/dev/null # its unit may be started three times in half an hour
        nr_restart "$nr_unit"
        nr_fact tries "$nr_try"
        [ "$nr_outcome" = failed ] || return 0
        sleep 2
    done
    nr_say failed "$nr_unit did not come back after $nr_try starts: it is $(systemctl is-active "$nr_unit")"
}

# nr_action_restart_osd_by_cephadm N: through the cluster's manager, which does it later: await_osd sees whether it has.
nr_action_restart_osd_by_cephadm() {
    case $(nr_ceph orch status 2>/dev/null) in
    *'Backend: cephadm'*) ;;
    *) nr_say refused 'cephadm does not run this cluster' && return ;;
    esac
    if nr_told=$(nr_ceph orch daemon restart "osd.$1" 2>&1); then
        nr_say changed "$(nr_complaint "$nr_told")"
    else
        nr_say failed "cephadm does not restart osd.$1: $(nr_complaint "$nr_told")"
    fi
}

# The cluster is asked by `ceph` itself, through cephadm's shell, or in Rook's toolbox by kubectl.
nr_ceph_words() {
    if command -v ceph >/dev/null; then
        echo 'ceph'
    elif command -v cephadm >/dev/null; then
        echo 'cephadm shell -- ceph'
    elif command -v kubectl >/dev/null; then
        echo 'kubectl --namespace=rook-ceph exec deploy/rook-ceph-tools -- ceph'
    else
        echo 'ceph' # whose absence is told
    fi
}

# A container takes its time to start.
nr_patience() { case $1 in ceph) echo 15 ;; *) echo 40 ;; esac }

# kubeadm's file where root has none of its own.
nr_kubeconfig() {
    PATH=$PATH:/usr/local/bin:/opt/bin
    if [ -z "$KUBECONFIG" ] && ! [ -r "$HOME/.kube/config" ] && [ -r /etc/kubernetes/admin.conf ]; then
        KUBECONFIG=/etc/kubernetes/admin.conf
        export KUBECONFIG
    fi
}

nr_ceph() {
    nr_kubeconfig
    nr_words=$(nr_ceph_words)
    # shellcheck disable=SC2086
    timeout -s KILL "$(nr_patience $nr_words)" $nr_words --connect-timeout 10 "$@"
}

# nr_complaint TEXT: what the cluster said against it, without what cephadm and kubectl say of themselves.
nr_complaint() {
    echo "$1" | grep -v -e '^Inferring ' -e '^Using .*image ' -e '@sha256:' -e '^Defaulted container ' \
        -e '^command terminated with ' | tr '\n' ' '
}

# nr_map: the OSDs of the cluster's map in nr_osds; a monitor that is silent has not said that all is well.
nr_map() {
    nr_osds=$(nr_ceph osd dump 2>/dev/null | grep '^osd\.')
    [ -n "$nr_osds" ] && return
    nr_say refused 'the monitors do not tell the map of the OSDs'
    return 1
}

# nr_osds_down N: others than that one.
nr_osds_down() { echo "$nr_osds" | sed -n 's/^osd\.\([0-9]*\) down .*/\1/p' | grep -vx "$1" | tr '\n' ' '; }

# nr_up_from N: the epoch of the map in which it came up: another one each time it starts.
nr_up_from() { echo "$nr_osds" | sed -n "s/^osd\.$1 .* up_from \([0-9]*\) .*/\1/p"; }

# nr_action_check_osd N: refuses where stopping it would take data away, or something else is wrong already.
nr_action_check_osd() {
    nr_map || return 0
    nr_up_from "$1" >"$nr_receipt/up_from" # for await_osd
    nr_down=$(nr_osds_down "$1")
    if [ -n "$nr_down" ]; then
        nr_say refused "other OSDs are down: $nr_down"
    elif nr_told=$(nr_ceph osd ok-to-stop "$1" 2>&1); then
        nr_say unchanged "osd.$1 may be stopped: no placement group becomes inactive"
    else
        nr_say refused "osd.$1 is not ok to stop: $(nr_complaint "$nr_told")"
    fi
}

# Among the states at the end of its line: `osd.1 up   in  weight 1 … exists,noout,up UUID`.
nr_noout() { echo "$nr_osds" | grep -q "^osd\.$1 .*[ ,]noout[ ,]"; }

# nr_arm N SECONDS: a timer that takes noout back if nobody does, and goes on while the monitors are silent.
nr_arm() {
    nr_kubeconfig
    nr_words=$(nr_ceph_words)
    nr_once="timeout -s KILL $(nr_patience "${nr_words%% *}") $nr_words --connect-timeout 10 osd rm-noout osd.$1"
    systemd-run --quiet --collect --on-active="$2" --unit="nornir-hygiene-noout-$1" \
        --setenv=PATH="$PATH" --setenv=HOME="$HOME" --setenv=KUBECONFIG="$KUBECONFIG" \
        sh -c "for i in 1 2 3 4 5 6 7 8 9 10; do $nr_once && break; sleep 30; done"
}

# nr_action_hold_osd N SECONDS: it is not given up while it is away.
nr_action_hold_osd() {
    nr_map || return 0
    if nr_noout "$1"; then
        nr_say unchanged "osd.$1 has noout already: whoever set it takes it back"
        return
    fi
    nr_arm "$@" || {
        nr_say refused 'no timer could be armed that takes it back'
        return
    }
    if nr_told=$(nr_ceph osd add-noout "osd.$1" 2>&1); then
        nr_fact armed "$2 s"
        nr_say changed "osd.$1 has noout for at most $2 s"
    else
        systemctl stop "nornir-hygiene-noout-$1.timer"
        nr_say failed "noout was not set: $(nr_complaint "$nr_told")"
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
        nr_say failed "noout of osd.$1 was not taken back, its timer will: $(nr_complaint "$nr_told")"
    fi
}

# nr_action_await_osd N: up since a newer epoch than the one check_osd saw in the same rung, in, and all placement
# groups active and clean. One that was killed is up in the map until it comes back, or somebody misses it.
nr_action_await_osd() {
    nr_end=$(($(nr_uptime) + nr_seconds))
    nr_before=$(cat "${nr_receipt%.*}".*/up_from 2>/dev/null | head -n 1)
    while :; do
        nr_pgs=$(nr_ceph pg stat 2>/dev/null)
        nr_osds=$(nr_ceph osd dump 2>/dev/null | grep "^osd\.$1 up *in ")
        nr_now=$(nr_up_from "$1")
        if [ "${nr_now:-0}" -gt "${nr_before:-0}" ] && nr_all_clean "$nr_pgs"; then
            nr_fact up_from "${nr_before:-?} to $nr_now"
            nr_say unchanged "osd.$1 is up and in, and all placement groups are active and clean"
            return
        fi
        [ "$(nr_uptime)" -lt "$nr_end" ] || break
        sleep 1
    done
    nr_say failed "osd.$1 is not back (up from epoch ${nr_now:-?}, before ${nr_before:-?}), or placement groups are not clean: $nr_pgs"
}

# `33 pgs: 33 active+clean; …`: one state, maybe scrubbing.
nr_all_clean() {
    nr_states=${1#*: }
    nr_states=$(echo "${nr_states%%;*}" | tr ',' '\n' | sed 's/^ *[0-9]* //; s/+scrubbing//; s/+deep//' | sort -u)
    [ "$nr_states" = active+clean ]
}
