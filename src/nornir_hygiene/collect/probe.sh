# The probe of nornir-hygiene: one POSIX sh script, fed to `sh -s -- NONCE PASS_MS TOTAL_MS [PID]` on stdin. It changes
# nothing on the host except its own temporary folder, which it removes, and one marker in /run when a reader had to
# be left behind. Only definitions stand above the last line, so that half a script does nothing.
#
# Output: lines `@NONCE section key=value …` at column 0, body lines after them with one leading space, so that no
# text of the host (process names, paths) can pretend to be a marker. `@NONCE end` closes a complete answer.
#
# Order: what needs no fork first (a host out of pids still answers), then one child at a time. A child that reads
# /proc writes to a file, never to the ssh pipe, and is never waited for without a deadline: one stuck process can
# make any reader of its stat or wchan hang (exec_update_lock, 6.12 and later stable kernels).

nr_mark() { printf '@%s %s\n' "$nr_nonce" "$*"; }

# Body of a section from a file. The line cap keeps a fork bomb's table from filling the wire.
nr_send() { sed -n -e '1,60000s/^/ /p' "$nr_dir/$1"; }

# ---- without a fork: builtins only, on files that take no sleeping lock ------------------------------------------

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
        case $nr_line in Uid:*) printf ' uid %s\n' "${nr_line#Uid:}"; break ;; esac
    done </proc/self/status
    printf ' shell_pid %s\n' "$$"
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

# ---- children with deadlines -----------------------------------------------------------------------------------

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

nr_pids_files() {
    exec find "$nr_root" -xdev -maxdepth 14 \( -name pids.current -o -name pids.max -o -name pids.peak -o -name pids.events \) \
        -exec grep -aHs '' {} +
}

# Number sysctls come here and not above: they answer one read only, and dash reads byte by byte.
nr_kernel_rows() {
    exec grep -aHsE '^(btime |procs_|[0-9]+$)| - proc ' /proc/stat /proc/sys/kernel/pid_max \
        /proc/sys/kernel/threads-max /proc/self/mountinfo
}

# ---- suspects ---------------------------------------------------------------------------------------------------

# Sends the table and, in the same reading of it, chooses who deserves a closer look. Of a stat row of 300 bytes the 60
# in use are sent: path, name, state ppid pgrp session tty flags threads starttime. The choice is `PID letters`:
# d blocked, z zombie, p parent of a zombie, o re-parented with a dead session leader, w waits where S is not healthy,
# t stopped or traced, v maybe frozen by a cgroup, e exiting and not gone, c child of such a one, k maybe a FUSE daemon
# (only when somebody waits for one), i started by a keeper of containers (masks and cgroup only), m main process at
# PPID 1, runtime or guest (cgroup only), f rbd-fuse daemon, h a thread of it is blocked (nr_hidden), x its files block.
# Somebody asked for a pid (nr_look): that one is looked at like a w; for 0, every process like an m.
nr_tell_table() {
    awk -v mark="@$nr_nonce" -v from="$nr_from" -v skip="$nr_skip" -v self="$$" -v look="$nr_look" -v out="$nr_dir/choice" \
        -v many="$nr_dir/many" -v asleep="$nr_asleep" '
        BEGIN { print mark, "stat from=" from }
        FNR == 1 { file = FILENAME; sub(/.*\//, "", file); if (file != "stat") print mark, file }
        FNR > 60000 { next }
        file == "ps" { print " " $0; if (FNR > 1) wait[$1] = $NF; next }
        file == "wchan" { print " " $0; split($0, part, "/wchan:"); wait[part[1]] = part[2]; next }
        {
            cut = index($0, ":"); path = substr($0, 1, cut - 1); rest = substr($0, cut + 1)
            pid = path; sub(/\/.*/, "", pid)
            if (path ~ /wchan$/) { print " " $0; wait[pid] = rest; next }
            row[pid] = row[pid] rest
            end = match(rest, /.*\)/) ? RLENGTH : 0
            if (split(substr(rest, end + 1), f, " ") < 20 || !end) { print " " $0; next }
            print " " path ":" substr(rest, 1, end), f[1], f[2], f[3], f[4], f[5], f[7], f[18], f[20]
            match(row[pid], /.*\)/)
            name[pid] = substr(row[pid], 1, RLENGTH); sub(/^[0-9]* \(/, "", name[pid]); sub(/\)$/, "", name[pid])
            state[pid] = f[1]; ppid[pid] = f[2]; session[pid] = f[4]; start[pid] = f[20]
            kernel[pid] = int(f[7] / 2097152) % 2; threads[pid] = f[18]
            if (int(f[7] / 4) % 2 && f[1] !~ /[ZX]/ && !kernel[pid]) dying[pid] = 1
        }
        END {
            # Waits and names repeat, so each is matched once.
            for (pid in wait) if (!((w = wait[pid]) in sort_of))
                sort_of[w] = w ~ /request_wait_answer/ ? "w" : w ~ /freezer_trap|^get_signal$/ ? "v" : w ~ asleep ? "a" : ""
            for (pid in state) {
                if (!((n = name[pid]) in rank))
                    rank[n] = (n ~ /shim|conmon|nspawn|^(lxc-|runc|crun|unshare|nsenter|bwrap)/ ? "k" : "") \
                        (n ~ /^(dockerd|containerd|crio|qemu|kvm|cloud-hyp|firecracker|kata|runsc|crosvm)/ ? "m" : "")
                if (rank[n] ~ "k") keeper[pid] = 1
                if (sort_of[wait[pid]] == "w") fuse++
            }
            for (pid in state) {
                if (pid == self || ppid[pid] == self) continue
                lead = session[pid]; w = sort_of[wait[pid]]
                if ((pid in dying) && dead++ < 40) why[pid] = why[pid] "e"
                if ((ppid[pid] in dying) && heirs++ < 60) why[pid] = why[pid] "c"
                if (state[pid] ~ /[Tt]/ && stopped++ < 60) why[pid] = why[pid] "t"
                if ((w == "v" || (w == "a" && state[pid] == "D")) && frozen++ < 60) why[pid] = why[pid] "v"
                if (state[pid] == "D" && w != "a" && w != "v") busy++
                if (state[pid] == "D" && blocked++ < 150) why[pid] = why[pid] "d"
                if (state[pid] == "Z") {
                    if (under[ppid[pid]]++ < 20 && zombies++ < 200) why[pid] = why[pid] "z"
                    if (!(ppid[pid] in parent) && parents++ < 60) { parent[ppid[pid]] = 1; why[ppid[pid]] = why[ppid[pid]] "p" }
                    continue
                }
                if (kernel[pid]) continue
                if (w == "w" && waits++ < 40) why[pid] = why[pid] "w"
                if (lead > 1 && (!(lead in state) || start[lead] + 0 > start[pid] + 0) && ppid[pid] != 0) {
                    if (alike[name[pid]]++ < 40 && orphans++ < 160) why[pid] = why[pid] "o"
                } else if ((ppid[pid] == 1 && mains++ < 60) || (look == "0" && places++ < 2000)) why[pid] = why[pid] "m"
                if (name[pid] == "rbd-fuse" && daemons++ < 8) why[pid] = why[pid] "f"
                if ((ppid[pid] in keeper) && inits++ < 150) why[pid] = why[pid] "i"
                if (rank[name[pid]] ~ "m" && others++ < 60) why[pid] = why[pid] "m"
                if (fuse && (state[pid] ~ /[Tt]/ || wait[pid] ~ /fuse_dev/ || name[pid] ~ /fuse|fs$|rclone|gluster/) && likely++ < 40)
                    why[pid] = why[pid] "k"
            }
            if (look in state) why[look] = why[look] "w"
            count = split(skip, stalled, " ")
            for (i = 1; i <= count; i++) why[stalled[i]] = why[stalled[i]] "x"
            print mark, "choice"
            printf "" >out
            for (pid in why) if (pid > 0) { print pid, why[pid] >out; print " " pid, why[pid] }
            print busy + 0 >many
            for (pid in state) if (threads[pid] > 1 && why[pid] !~ /[dzwce]/ && (crowd += threads[pid]) < 1500) print pid >many
            left = (blocked > 150 ? blocked - 150 : 0) + (zombies > 200 ? zombies - 200 : 0) + (orphans > 160 ? orphans - 160 : 0)
            if (left > 0) print " left", left
        }' "$nr_dir/stat" "$nr_dir/ps" "$nr_dir/wchan"
}

# Harmless sleeps: in D they mean a frozen cgroup (TASK_FROZEN in place, 6.1 and later), before that the refrigerator.
nr_asleep='refrigerator|nanosleep|poll|select|futex|signal|sigsusp|pause|do_wait|pipe_read|tty_read|wait_woken|stream_|accept'

# nr_who LETTERS [safe] [NOT]: pids of the choice that carry one of the letters and none of NOT, without those whose
# files block unless only safe ones will be read.
nr_who() {
    nr_pids=''
    while read -r nr_pid nr_why; do
        case "$nr_skip " in *" $nr_pid "*) [ "$2" = safe ] || continue ;; esac
        case $nr_why in
            *[${3:--}]*) ;;
            *[$1]*) nr_pids="$nr_pids $nr_pid" ;;
        esac
    done <"$nr_dir/choice"
}

# A process whose leader sleeps hides its blocked threads. Looked for only where the host counts other tasks as blocked
# than the table shows: now (procs_blocked, those in I/O) or over the last minute (load). At most 1 500 threads.
nr_hidden() {
    nr_seen='' nr_pids='' nr_blocked=0
    { while read -r nr_pid; do
        if [ -z "$nr_seen" ]; then nr_seen=$nr_pid; else nr_pids="$nr_pids $nr_pid"; fi
    done <"$nr_dir/many"; } 2>/dev/null
    [ -n "$nr_pids" ] && [ -s "$nr_dir/kernel" ] && cd /proc && read -r nr_load nr_rest nr_rest nr_run nr_rest </proc/loadavg || return 0
    while read -r nr_line nr_rest; do
        case $nr_line in */stat:procs_blocked) nr_blocked=$nr_rest ;; esac
    done <"$nr_dir/kernel"
    if [ "$nr_blocked" -eq "$nr_seen" ] && [ $((${nr_load%%.*} - ${nr_run%%/*} - nr_seen)) -lt 4 ]; then return 0; fi
    nr_pass hidden nr_hidden_rows || return 0
    nr_pids=$(awk -F/ '$1 ~ /^[0-9]+$/ && !($1 in told) && count++ < 40 { told[$1] = 1; print $1 }' "$nr_dir/hidden")
    [ -n "$nr_pids" ] || return 0
    nr_mark choice
    for nr_pid in $nr_pids; do
        case "$nr_skip " in *" $nr_pid "*) continue ;; esac
        printf '%s h\n' "$nr_pid" >>"$nr_dir/choice"
        printf ' %s h\n' "$nr_pid"
    done
}
nr_hidden_rows() {
    for nr_pid in $nr_pids; do set -- "$@" "$nr_pid"/task/[0-9]*/status; done
    exec grep -aHs '^State:.D' "$@"
}

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
    nr_ms=1000
    nr_nap 1
    nr_section freezer-again nr_freezer_rows
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
# Command lines only of the rbd-fuse daemons, one bounded read each: the pool is nowhere else.
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
    exec grep -aHs '' /sys/block/*/dev /sys/block/*/inflight /sys/block/*/loop/backing_file \
        /sys/block/*/slaves/*/dev /sys/block/*/dm/name /sys/block/*/dm/suspended /sys/fs/fuse/connections/*/waiting \
        /sys/bus/rbd/devices/*/name /sys/bus/rbd/devices/*/pool /sys/bus/rbd/devices/*/pool_ns \
        /sys/bus/rbd/devices/*/major /sys/bus/rbd/devices/*/minor /sys/bus/rbd/devices/*/client_id \
        /sys/bus/rbd/devices/*/client_addr \
        /sys/bus/rbd/devices/*/cluster_fsid
}
nr_osdc_rows() { exec grep -aHs '' /sys/kernel/debug/ceph/*/osdc; }
# Major and minor of the device nodes that suspects have open: lstat of the node, no open.
# shellcheck disable=SC2086  # paths without spaces, by the pattern that found them
nr_node_rows() { exec ls -lnd $nr_nodes; }
nr_mount_rows() { exec grep -aE ' - (ext[234]|xfs|btrfs|f2fs|zfs|vfat|overlay|fuse[^ ]*|nfs4?|ceph|cifs|smb3) ' /proc/self/mountinfo; }

nr_section() { # NAME COMMAND: a pass over the chosen pids whose stall costs only this section, once more without the culprit
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

nr_closer_look() {
    cd /proc || return 0
    nr_who potvk safe dzwxceh; nr_leaders=$nr_pids
    nr_who dzwxceh safe
    if [ -n "$nr_pids$nr_leaders" ]; then
        nr_section status nr_status_rows
        nr_section sched nr_sched_rows
        if ! [ -s "$nr_dir/sched" ]; then nr_second_look; fi
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
    nr_section devices nr_device_rows
    nr_section mounts nr_mount_rows
    nr_nodes=$(sed -n 's|.* -> \(/dev/[A-Za-z0-9/_.-]*\)$|\1|p' "$nr_dir/fd" 2>/dev/null | sort -u | sed -n '1,64p')
    [ -z "$nr_nodes" ] || nr_section nodes nr_node_rows
    if [ -d /sys/kernel/debug/ceph ]; then nr_section osdc nr_osdc_rows; fi
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
    nr_section target-kernel-side nr_kernel_side_rows
    nr_section target-cgroup nr_cgroup_rows
}

# ---- the one way through ---------------------------------------------------------------------------------------

# Also reached when the shell itself ends because it could not fork: then the table comes from status alone.
nr_leave() {
    trap - EXIT HUP INT TERM PIPE
    if [ "$nr_stage" != 'done' ]; then
        nr_mark gap "section=$nr_stage" why=shell-ended
        [ "$nr_stage" = fork ] && nr_status_only cannot-fork
        nr_mark end complete=no
    fi
    if [ -n "$nr_child" ]; then
        kill -9 "$nr_child" 2>/dev/null
        nr_tight=yes
        nr_nap 0.01
        jobs >/dev/null 2>&1 # reaps without waiting: `rm` may need the very pid of the child
    fi
    [ -z "$nr_dir" ] || rm -rf "$nr_dir"
    [ -z "$nr_stale" ] || rm -f "$nr_marker" 2>/dev/null
}

nr_folder() {
    for nr_base in /run /dev/shm /tmp; do
        [ -w "$nr_base" ] || continue
        nr_dir=$nr_base/nornir-hygiene.$nr_nonce
        mkdir -m 700 "$nr_dir" 2>/dev/null && return 0
    done
    nr_dir=''
    return 1
}

nr_probe() {
    case $1:$2:$3:${4:-0} in
        *[!0-9a-f:]* | :* | *::* | *:*:*:*[!0-9]*) echo 'usage: sh -s -- NONCE PASS_MS TOTAL_MS [PID]' >&2; exit 64 ;;
    esac
    nr_nonce=$1 nr_pass_ms=$2 nr_total=$3 nr_look=${4:-}
    nr_spent=0 nr_dir='' nr_child='' nr_limit='' nr_tight='' nr_stale='' nr_stage=host
    PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C TZ=UTC0
    export PATH LC_ALL TZ
    unset LANGUAGE PS_FORMAT PS_PERSONALITY LS_COLORS GREP_OPTIONS GREP_COLORS POSIXLY_CORRECT ENV
    umask 077
    cd / || exit 70 # find opens the folder it is started in: a home on a dead server would hang it
    trap nr_leave EXIT
    trap 'exit 143' HUP INT TERM PIPE
    nr_mark begin version=1
    nr_host
    nr_own_cgroup
    nr_left_behind
    # A stalled pass needs four at once: the reader, and a pipe that asks what it reads.
    if [ -n "$nr_free" ] && [ "$nr_free" -lt 5 ]; then
        nr_tight=yes
        nr_mark gap section=forks "why=only-$nr_free-pids-free"
        # Asked for nothing it cannot have: bash would retry a failing fork for 15 seconds.
        if [ "$nr_free" -lt 1 ]; then nr_status_only cannot-fork; nr_mark end complete=no; nr_stage='done'; return 0; fi
    fi
    nr_stage=fork
    if ! nr_folder; then
        nr_mark gap section=table why=no-folder
        nr_status_only no-folder
        nr_mark end complete=no
        nr_stage='done'
        return 0
    fi
    nr_table
    nr_stage=suspects
    nr_chosen=yes
    if ! nr_tell_table; then
        nr_chosen=''
        nr_mark gap section=suspects why=no-awk
        for nr_file in stat ps wchan; do nr_mark "$nr_file"; nr_send "$nr_file"; done
    fi
    nr_pass kernel nr_kernel_rows && { nr_mark kernel; nr_send kernel; }
    if [ -n "$nr_root" ] && [ "${nr_free:-9}" -gt 1 ]; then nr_pass pids nr_pids_files && { nr_mark pids; nr_send pids; }; fi
    if [ -n "$nr_tight" ]; then
        nr_mark gap section=suspects why=too-few-pids-free
    elif [ -n "$nr_chosen" ]; then
        nr_hidden
        nr_closer_look
    fi
    nr_stage='done'
    nr_mark end complete=yes
}

nr_probe "$@" </dev/null
