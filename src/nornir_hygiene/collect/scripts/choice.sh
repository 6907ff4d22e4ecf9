# Whom to look at more closely: the suspects.

# Sends the table and, in the same reading of it, chooses who deserves a closer look. Of a stat row of 300 bytes the 60
# in use are sent: path, name, state ppid pgrp session tty flags threads starttime. The choice is `PID letters`:
# d blocked, z zombie, p parent of a zombie, o re-parented with a dead session leader, w waits where S is not healthy,
# t stopped or traced, v maybe frozen by a cgroup, e exiting and not gone, c child of such a one, k maybe a FUSE daemon
# (only when somebody waits for one), i started by a keeper of containers (masks and cgroup only), m main process at
# PPID 1, runtime or guest (cgroup only), f daemon of a device (rbd-fuse, nbd-client), h a thread of it is blocked
# (nr_hidden, and `rbd`: its map waits in a thread, which nr_hidden does not look for on a host that seems well), x its
# files block.
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
                if (name[pid] ~ /^(rbd-fuse|nbd-client)$/ && daemons++ < 8) why[pid] = why[pid] "f"
                if (name[pid] == "rbd" && threads[pid] > 1 && maps++ < 8) why[pid] = why[pid] "h"
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
            for (pid in state) if (threads[pid] > 1 && why[pid] !~ /[dzwceh]/ && (crowd += threads[pid]) < 1500) print pid >many
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

# How many tasks of the whole kernel sleep in io_schedule, as /proc/stat counts them.
nr_count_blocked() {
    nr_blocked=0
    [ -s "$nr_dir/kernel" ] || return 0
    while read -r nr_line nr_rest; do
        case $nr_line in */stat:procs_blocked) nr_blocked=$nr_rest ;; esac
    done <"$nr_dir/kernel"
}

# A process whose leader sleeps hides its blocked threads. Only a host that shows no sign of a blocked task is spared
# the look: none in I/O (procs_blocked: the whole kernel's, and no other D), none in the table, no load without a
# runner. These count different things, so that one equals another proves nothing. At most 1 500 threads.
nr_hidden() {
    nr_seen='' nr_pids=''
    { while read -r nr_pid; do
        if [ -z "$nr_seen" ]; then nr_seen=$nr_pid; else nr_pids="$nr_pids $nr_pid"; fi
    done <"$nr_dir/many"; } 2>/dev/null
    [ -n "$nr_pids" ] && [ -s "$nr_dir/kernel" ] && cd /proc && read -r nr_load nr_rest nr_rest nr_run nr_rest </proc/loadavg || return 0
    if [ "$nr_blocked" -eq 0 ] && [ "$nr_seen" -eq 0 ] && [ $((${nr_load%%.*} - ${nr_run%%/*})) -lt 4 ]; then return 0; fi
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
