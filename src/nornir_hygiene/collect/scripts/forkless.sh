# Without a fork: builtins only, on files that take no sleeping lock. Read first, for a host out of pids still answers.

nr_first_line() { { IFS= read -r nr_line <"$2" && printf ' %s %s\n' "$1" "$nr_line"; } 2>/dev/null; }

nr_host() {
    nr_mark host
    nr_first_line boot_id /proc/sys/kernel/random/boot_id
    nr_first_line kernel /proc/sys/kernel/osrelease
    nr_first_line hostname /proc/sys/kernel/hostname
    nr_first_line uptime /proc/uptime
    nr_first_line loadavg /proc/loadavg
    nr_first_line cpus /sys/devices/system/cpu/online
    while IFS= read -r nr_line; do
        case $nr_line in Uid:*) printf ' uid %s\n' "${nr_line#Uid:}"; nr_uid=${nr_line##*[!0-9]}; break ;; esac
    done </proc/self/status
    printf ' shell_pid %s\n' "$$"
    nr_cpu_ticks
    nr_ticks_then=$nr_ticks nr_idle_then=$nr_idle nr_iowait_then=$nr_iowait
}

# Time of all CPUs since boot, and what of it they idled while a task of theirs waited for I/O.
nr_cpu_ticks() {
    nr_ticks=0 nr_idle=0 nr_iowait=0
    read -r nr_rest nr_user nr_nice nr_sys nr_idle nr_wait nr_irq nr_soft nr_steal nr_rest </proc/stat || return 0
    nr_ticks=$((nr_user + nr_nice + nr_sys + nr_idle + nr_wait + nr_irq + nr_soft + nr_steal)) nr_iowait=$nr_wait
}

# The limits above this very login: read first, because at the limit nothing after this can run.
nr_own_cgroup() {
    nr_layout=none nr_root='' nr_path='' nr_free=''
    if [ -e /sys/fs/cgroup/cgroup.controllers ]; then nr_layout=v2 nr_root=/sys/fs/cgroup
    elif [ -d /sys/fs/cgroup/pids ]; then
        nr_layout=v1 nr_root=/sys/fs/cgroup/pids
        [ -e /sys/fs/cgroup/unified/cgroup.procs ] && nr_layout=hybrid
    fi
    nr_mark own-cgroup "layout=$nr_layout" "root=$nr_root"
    while IFS= read -r nr_line; do
        printf ' self:%s\n' "$nr_line"
        case $nr_layout:$nr_line in v2:0::* | v1:*:pids:* | hybrid:*:pids:*) nr_path=${nr_line#*:*:} ;; esac
    done </proc/self/cgroup
    [ -n "$nr_root" ] || return 0
    while [ -n "$nr_path" ] && [ "$nr_path" != / ]; do
        nr_current='' nr_max=''
        { read -r nr_current <"$nr_root$nr_path/pids.current" && read -r nr_max <"$nr_root$nr_path/pids.max"; } 2>/dev/null
        if [ -n "$nr_max" ]; then
            printf ' %s/pids.current:%s\n %s/pids.max:%s\n' \
                "$nr_root$nr_path" "$nr_current" "$nr_root$nr_path" "$nr_max"
            if [ "$nr_max" != max ]; then
                nr_left=$((nr_max - nr_current))
                if [ -z "$nr_free" ] || [ "$nr_left" -lt "$nr_free" ]; then nr_free=$nr_left; fi
            fi
        fi
        nr_path=${nr_path%/*}
    done
}

# Readers an earlier probe had to leave behind: "pid start_ticks section target". While one lives, what it read is
# not read again.
nr_marker=/run/nornir-hygiene/abandoned
nr_left_behind() {
    nr_skip='' nr_stuck='' nr_stale=''
    [ -r "$nr_marker" ] || return 0
    while read -r nr_pid nr_ticks nr_what nr_target; do
        nr_ticks_of "$nr_pid"
        if [ -z "$nr_now_ticks" ] || [ "$nr_now_ticks" != "$nr_ticks" ]; then continue; fi
        nr_stuck="$nr_stuck $nr_pid" nr_skip="$nr_skip $nr_target"
        nr_mark abandoned "reader=$nr_pid" "ticks=$nr_ticks" "section=$nr_what" "pid=$nr_target"
    done <"$nr_marker"
    [ -n "$nr_stuck" ] || nr_stale=yes
}

# Start ticks of one of our own readers: field 22, counted from the last parenthesis.
nr_ticks_of() {
    nr_now_ticks=''
    { IFS= read -r nr_line <"/proc/$1/stat"; } 2>/dev/null || return 0
    # shellcheck disable=SC2086  # the fields are wanted apart
    set -- ${nr_line##*)}
    [ $# -ge 20 ] || return 0
    shift 19
    nr_now_ticks=$1
}

# The whole table from status alone: the one file that never blocks. No start ticks, so nobody may act on these rows.
nr_status_only() {
    nr_mark status-only "why=$1"
    for nr_proc in /proc/[0-9]*; do
        if [ -n "${BASH_VERSION:-}" ]; then
            # bash reads a block and seeks back to the end of the line: into a text that has changed meanwhile.
            eval 'mapfile -t -n 12 nr_lines <"$nr_proc/status" && for nr_line in "${nr_lines[@]}"; do nr_status_line; done' 2>/dev/null
        else
            { while IFS= read -r nr_line; do
                case $nr_line in FDSize:*) break ;; esac
                nr_status_line
            done <"$nr_proc/status"; } 2>/dev/null
        fi
    done
}
nr_status_line() {
    case $nr_line in
        Name:* | State:* | Tgid:* | Pid:* | PPid:*) printf ' %s/status:%s\n' "$nr_proc" "$nr_line" ;;
    esac
}
