# The process table: stat files and the declared ps, or a shell loop where either stalls; then the pids controller.

# Rows `PID/file:line`, as grep -H prints them, written one by one: what was read before a stall is kept.
nr_slow_rows() {
    for nr_proc in "$@"; do
        for nr_file in stat wchan; do
            { while IFS= read -r nr_line || [ -n "$nr_line" ]; do
                printf '%s/%s:%s\n' "$nr_proc" "$nr_file" "$nr_line"
                nr_line=''
            done <"$nr_proc/$nr_file"; } 2>/dev/null
        done
    done
}

# The fallback: stat and wchan of each process by a shell loop that goes on behind the process it stalled on.
nr_slow() {
    cd /proc || return 0
    nr_round=1
    set -- [0-9]*
    while [ $# -gt 0 ] && [ $nr_round -le 4 ]; do
        nr_todo=''
        for nr_proc in "$@"; do
            case "$nr_skip " in *" $nr_proc "*) ;; *) nr_todo="$nr_todo $nr_proc" ;; esac
        done
        # shellcheck disable=SC2086  # a list of pids
        nr_limit=$((nr_total - nr_spent)) # slow is no stall: it may take what is left, as long as it moves
        nr_pass "slow$nr_round" nr_slow_rows $nr_todo
        nr_ended=$? nr_limit=''
        cat "$nr_dir/slow$nr_round" >>"$nr_dir/stat" 2>/dev/null
        if [ $nr_ended -ne 1 ] || [ -z "$nr_at" ]; then break; fi
        while [ $# -gt 0 ] && [ "$1" != "${nr_at%%/*}" ]; do shift; done
        [ $# -gt 0 ] && shift
        nr_round=$((nr_round + 1))
    done
    [ "$nr_ended" -eq 0 ] || nr_mark gap section=stat why=stalled-too-often
}

# exec, so that the pid the pass watches and kills is the reader itself.
nr_stat_rows() { cd /proc && exec grep -aHs '' [0-9]*/stat; }
nr_wchan_rows() { cd /proc && exec grep -aHs '' [0-9]*/wchan; }

# The process table: stat files (exact start ticks), then the declared ps (state, wait channel). Whichever stalls,
# the slow loop takes its place.
nr_table() {
    nr_from=slow
    : >"$nr_dir/stat"
    : >"$nr_dir/ps"
    : >"$nr_dir/wchan"
    if [ -n "$nr_stuck" ]; then nr_slow; return 0; fi
    if nr_pass stat nr_stat_rows && nr_pass ps ps -eo pid,ppid,stat,lstart,wchan:64; then
        nr_from='grep'
        if [ "$nr_rc" -eq 0 ]; then return 0; fi
        nr_mark gap section=ps "why=rc-$nr_rc"
        : >"$nr_dir/ps"
        if nr_pass wchan nr_wchan_rows; then return 0; fi
        nr_from=slow
    fi
    : >"$nr_dir/stat"
    : >"$nr_dir/ps"
    : >"$nr_dir/wchan"
    nr_slow
}

# One walk for the limits of process ids and of CPU time.
nr_pids_files() {
    set -- "$nr_root"
    # The slash at the end: where cpu and cpuacct share a hierarchy, this name is a symlink.
    [ "$nr_layout" = v2 ] || [ ! -d /sys/fs/cgroup/cpu ] || set -- "$nr_root" /sys/fs/cgroup/cpu/
    exec find "$@" -xdev -maxdepth 14 \( -name pids.current -o -name pids.max -o -name pids.peak -o -name pids.events \
        -o -name cpu.max -o -name cpu.cfs_quota_us \) -exec grep -aHs '' {} +
}
# Without the CPU limits that limit nothing. Of the others, what is to be read of them next goes to a file, a path a
# line: names may hold spaces. Another file says whether there are pods.
nr_tell_pids() {
    : >"$nr_dir/quotas"
    awk -v out="$nr_dir/quotas" -v pods="$nr_dir/pods" '
        /kubepods/ && !told++ { print >pods }
        /\/cpu[.](max:max [0-9]*|cfs_quota_us:-1)$/ { next }
        ++lines <= 60000 { print " " $0 }
        /\/cpu[.](max:[0-9]+ |cfs_quota_us:)[0-9]+$/ && ++groups <= 400 {
            second = /[.]cfs_quota_us:[0-9]+$/
            sub(/\/[^\/]*$/, "")
            print $0 "/cpu.stat" >out
            print $0 (second ? "/cpu.shares" : "/cpu.weight") >out
            if (second) print $0 "/cpu.cfs_period_us" >out
        }' "$nr_dir/pids"
}

# Number sysctls come here and not above: they answer one read only, and dash reads byte by byte.
nr_kernel_rows() {
    exec grep -aHsE '^(btime |procs_|[0-9]+$)| - proc ' /proc/stat /proc/sys/kernel/pid_max \
        /proc/sys/kernel/threads-max /proc/self/mountinfo
}
