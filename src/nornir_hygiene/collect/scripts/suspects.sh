# The closer look at the suspects: only those, one section a time.

# All threads where the process view may lie (nr_pids), only the leader elsewhere (nr_leaders: a parent may have 5 000).
nr_status_rows() {
    for nr_pid in $nr_pids; do set -- "$@" "$nr_pid"/task/[0-9]*/status; done
    for nr_pid in $nr_leaders; do set -- "$@" "$nr_pid/task/$nr_pid/status"; done
    exec grep -aHsE '^(Name|State|Tgid|Pid|PPid|TracerPid|Uid|NSpid|VmRSS|Sig...|Shd...|.*voluntary_ctxt_switches):' "$@"
}
nr_sched_rows() {
    set -- self/sched
    for nr_pid in $nr_pids; do set -- "$@" "$nr_pid"/task/[0-9]*/sched; done
    for nr_pid in $nr_leaders; do set -- "$@" "$nr_pid/task/$nr_pid/sched"; done
    exec grep -aHs '^se.exec_start' "$@"
}
# se.exec_start is in the clock of the CPU the task last ran on, and each CPU has its own: it stands still during
# interrupts and stolen time (update_rq_clock_task), so after months they are hours apart. Hence where each task last
# ran (field 39 of its stat), and the clock of each such CPU, read on that CPU. False if one of them cannot be read.
nr_clocks() { # [PREFIX]
    nr_again=0
    until nr_pass on-cpu nr_on_cpu_rows; do
        nr_again=$((nr_again + 1))
        if [ -z "$nr_at" ] || [ $nr_again -gt 3 ]; then nr_mark gap section=on-cpu why=stalled; return 1; fi
    done
    nr_mark "$1on-cpu"
    awk -v out="$nr_dir/cpus" '
        {
            cut = index($0, "/stat:"); path = substr($0, 1, cut - 1)
            if (!match($0, /.*\)/) || split(substr($0, RLENGTH + 1), f, " ") < 37 || f[37] !~ /^[0-9]+$/) next
            print " " path, f[37]
            if (!(f[37] in told) && count++ < 64) { told[f[37]] = 1; print f[37] >out }
        }
        END { printf "" >>out }' "$nr_dir/on-cpu"
    nr_cpus=''
    while read -r nr_core; do nr_cpus="$nr_cpus $nr_core"; done <"$nr_dir/cpus"
    nr_pass clocks nr_clock_rows || return 1
    nr_mark "$1clocks"
    nr_send clocks
    nr_told=$(cat "$nr_dir/clocks")
    for nr_core in $nr_cpus; do case $nr_told in *"cpu$nr_core/"*) ;; *) return 1 ;; esac; done
}
nr_on_cpu_rows() {
    for nr_pid in $nr_pids; do
        case "$nr_skip " in *" $nr_pid "*) ;; *) set -- "$@" "$nr_pid"/task/[0-9]*/stat ;; esac
    done
    for nr_pid in $nr_leaders; do
        case "$nr_skip " in *" $nr_pid "*) ;; *) set -- "$@" "$nr_pid/task/$nr_pid/stat" ;; esac
    done
    exec grep -aHs '' "$@" /dev/null
}
nr_clock_rows() {
    for nr_core in $nr_cpus; do
        taskset -c "$nr_core" sed -n "s|^se.exec_start|cpu$nr_core/sched:&|p" /proc/self/sched
    done
}
nr_kernel_side_rows() {
    for nr_pid in $nr_pids; do set -- "$@" "$nr_pid"/task/[0-9]*/wchan "$nr_pid"/task/[0-9]*/stack; done
    for nr_pid in $nr_leaders; do set -- "$@" "$nr_pid/task/$nr_pid/wchan" "$nr_pid/task/$nr_pid/stack"; done
    exec grep -aHs '' "$@"
}
nr_cgroup_rows() {
    for nr_pid in $nr_pids; do set -- "$@" "$nr_pid"/cgroup; done
    exec grep -aHs '' "$@"
}
# A node has hundreds of containers: of each init only what is judged.
nr_init_rows() {
    for nr_pid in $nr_pids; do set -- "$@" "$nr_pid/task/$nr_pid/status"; done
    exec grep -aHsE '^(Name|State|PPid|NSpid|Sig(Blk|Ign|Cgt)):' "$@"
}
nr_init_cgroup_rows() {
    for nr_pid in $nr_pids; do set -- "$@" "$nr_pid"/cgroup; done
    exec grep -aHsE '^[0-9]+:(name=systemd|([a-z_,]*,)?pids(,[a-z_,]*)?)?:' "$@"
}
# The freezer cgroups of the processes that look frozen, and every one above them: a line each, names may hold spaces.
nr_freezers() {
    nr_who v; [ -n "$nr_pids" ] && [ -s "$nr_dir/cgroup" ] || return 0
    nr_unified=/sys/fs/cgroup
    [ "$nr_layout" = v2 ] || nr_unified=/sys/fs/cgroup/unified
    nr_folders=$(awk -v pids="$nr_pids" -v unified="$nr_unified" '
        BEGIN { count = split(pids, pid, " "); for (i = 1; i <= count; i++) wanted[pid[i]] = 1 }
        {
            split($0, part, ":"); sub(/\/.*/, "", part[1])
            if (!(part[1] in wanted)) next
            if (part[3] ~ /(^|,)freezer(,|$)/) root = "/sys/fs/cgroup/freezer"; else if (part[3] == "") root = unified; else next
            path = $0; sub(/^[^:]*:[^:]*:[^:]*:/, "", path)
            for (; path != "" && path != "/"; sub(/\/[^\/]*$/, "", path))
                if (!((root path) in told) && count++ < 80) { told[root path] = 1; print root path }
        }' "$nr_dir/cgroup")
    [ -n "$nr_folders" ] || return 0
    nr_section freezer nr_freezer_rows
    # A runtime freezes its containers for an instant to change their limits: only who stays frozen is frozen.
    nr_sampled freezer
}
nr_freezer_rows() {
    set -f
    IFS='
'
    for nr_folder in $nr_folders; do
        set -- "$@" "$nr_folder/freezer.state" "$nr_folder/freezer.self_freezing" "$nr_folder/cgroup.freeze" \
            "$nr_folder/cgroup.events"
    done
    exec grep -aHs '' "$@"
}
# -n: no look-up of user names. -q: a newline in a file name stays one line; busybox has no -q and prints `?` itself.
nr_fd_rows() {
    set -- "/proc/$$/fd" # never alone: ls names the folder only when there are two
    for nr_pid in $nr_pids; do set -- "$@" "/proc/$nr_pid/cwd" "/proc/$nr_pid/fd"; done
    ls -ldnq / >/dev/null 2>&1 && exec ls -lnq "$@"
    exec ls -ln "$@"
}
# Command lines only of daemons that serve a device, one bounded read each: pool and nbd server are nowhere else.
nr_one_cmdline() { exec tr '\000\n' '\037 ' <"$nr_one/cmdline"; }
nr_cmdlines() {
    : >"$nr_dir/cmdline"
    for nr_one in $nr_pids; do
        nr_pass one nr_one_cmdline || continue
        { printf '%s/cmdline:' "$nr_one"; cat "$nr_dir/one"; echo; } >>"$nr_dir/cmdline"
    done
    nr_mark cmdline
    nr_send cmdline
}
nr_device_rows() {
    exec grep -aHs '' /sys/block/*/dev /sys/block/*/inflight /sys/block/*/loop/backing_file /sys/block/*/pid \
        /sys/block/*/slaves/*/dev /sys/block/*/dm/name /sys/block/*/dm/suspended /sys/fs/fuse/connections/*/waiting \
        /sys/bus/rbd/devices/*/name /sys/bus/rbd/devices/*/pool /sys/bus/rbd/devices/*/pool_ns \
        /sys/bus/rbd/devices/*/major /sys/bus/rbd/devices/*/minor /sys/bus/rbd/devices/*/client_id \
        /sys/bus/rbd/devices/*/client_addr \
        /sys/bus/rbd/devices/*/cluster_fsid
}
nr_inflight_rows() { exec grep -aHs '' /sys/block/*/inflight; }
nr_osdc_rows() { exec grep -aHs '' /sys/kernel/debug/ceph/*/osdc; }
# Major and minor of the device nodes that suspects have open: lstat of the node, no open.
# shellcheck disable=SC2086  # paths without spaces, by the pattern that found them
nr_node_rows() { exec ls -lnd $nr_nodes; }
nr_mount_rows() { exec grep -aE ' - (ext[234]|xfs|btrfs|f2fs|zfs|vfat|overlay|fuse[^ ]*|nfs4?|ceph|cifs|smb3) ' /proc/self/mountinfo; }

nr_closer_look() {
    cd /proc || return 0
    nr_who potvk safe dzwxceh; nr_leaders=$nr_pids
    nr_who dzwxceh safe
    if [ -n "$nr_pids$nr_leaders" ]; then
        nr_section status nr_status_rows
        nr_section sched nr_sched_rows
        if ! [ -s "$nr_dir/sched" ] || ! nr_clocks; then nr_second_look; fi
    fi
    nr_who ptvk '' dzwceh; nr_leaders=$nr_pids
    nr_who dzwceh; [ -z "$nr_pids$nr_leaders" ] || nr_section kernel-side nr_kernel_side_rows
    nr_who dpowmxtvkceh; [ -z "$nr_pids" ] || nr_section cgroup nr_cgroup_rows
    nr_freezers
    nr_who i '' dzpowxtvkceh; [ -z "$nr_pids" ] || nr_section inits nr_init_rows
    nr_who i '' dpowmxtvkceh; [ -z "$nr_pids" ] || nr_section init-cgroup nr_init_cgroup_rows
    nr_who dowkceh; [ -z "$nr_pids" ] || nr_section fd nr_fd_rows
    nr_who f; [ -z "$nr_pids" ] || nr_cmdlines
    nr_who dwxceh safe; [ -n "$nr_pids" ] || return 0
    nr_targets
    nr_lock_owners
    nr_section devices nr_device_rows
    nr_section mounts nr_mount_rows
    nr_nodes=$(sed -n 's|.* -> \(/dev/[A-Za-z0-9/_.-]*\)$|\1|p' "$nr_dir/fd" 2>/dev/null | sort -u | sed -n '1,64p')
    [ -z "$nr_nodes" ] || nr_section nodes nr_node_rows
    if [ -d /sys/kernel/debug/ceph ]; then nr_section osdc nr_osdc_rows; fi
    nr_section inflight-again nr_inflight_rows # a device that works has other requests by now, or none
}

# No sched files on this kernel: switch counters again after three seconds tell who moved.
nr_second_look() {
    nr_ms=3000
    nr_nap 3
    nr_section status-again nr_status_rows
}

# The processes whose /proc files a blocked reader has open: the likely reason why ps hangs.
nr_targets() {
    [ -s "$nr_dir/fd" ] || return 0
    nr_pids='' nr_leaders=''
    for nr_pid in $(sed -n 's|.* -> /proc/\([0-9][0-9]*\)/[a-z_/0-9]*$|\1|p' "$nr_dir/fd" | sort -un | sed -n '1,8p'); do
        case "$nr_skip " in *" $nr_pid "*) continue ;; esac
        nr_pids="$nr_pids $nr_pid"
    done
    [ -n "$nr_pids" ] || return 0
    nr_section target-status nr_status_rows
    nr_section target-sched nr_sched_rows
    nr_clocks target-
    nr_section target-kernel-side nr_kernel_side_rows
    nr_section target-cgroup nr_cgroup_rows
}

# The kernel's hung-task reports: whom it found blocked, and since 6.16 who holds the lock that one waits for.
nr_log_rows() { exec dmesg; }
nr_lock_owners() {
    nr_who d; [ -n "$nr_pids" ] && nr_pass log nr_log_rows || return 0
    nr_mark lock-owners
    # One child: a pipe whose second fork fails would end the shell with the first one still there.
    awk '/INFO: task .* blocked (for more than|on an? .* likely) / { row[++count] = substr($0, 1, 300) }
        END { for (i = count > 60 ? count - 59 : 1; i <= count; i++) print " " row[i] }' "$nr_dir/log"
}
