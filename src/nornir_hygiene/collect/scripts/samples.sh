# What only two samples show: throttling, and who reads and writes.

nr_moment() { IFS=' .' read -r nr_whole nr_part nr_rest </proc/uptime && nr_now=$nr_whole$nr_part; }

# A first sample was taken; its second one comes after a wait that all of them share.
nr_sampled() {
    nr_wanted="$nr_wanted $1 "
    nr_moment
    nr_since=$nr_now
}

nr_second_samples() {
    [ -n "$nr_wanted" ] || return 0
    nr_moment
    nr_tenths=$(((109 - nr_now + nr_since) / 10))
    nr_ms=$((nr_tenths * 100))
    if [ $nr_tenths -ge 10 ]; then nr_nap 1; elif [ $nr_tenths -gt 0 ]; then nr_nap "0.$nr_tenths"; fi
    case $nr_wanted in *' freezer '*) nr_section freezer-again nr_freezer_rows ;; esac
    case $nr_wanted in *' cpu '*) nr_pass cpu-again nr_cpu_rows && { nr_mark cpu-again; nr_send cpu-again; } ;; esac
    case $nr_wanted in *' shares '*) nr_section shares-again nr_share_rows ;; esac
    case $nr_wanted in *' io '*) nr_io_pass io-again && nr_tell_io ;; esac
}

# Throttling: the groups with a quota, and once more a second later those that were ever throttled.
nr_cpu() {
    [ -s "$nr_dir/quotas" ] || return 0
    nr_files=$(cat "$nr_dir/quotas")
    nr_pass cpu nr_cpu_rows || return 0
    nr_mark cpu
    nr_send cpu
    nr_files=$(sed -n 's/:nr_throttled [1-9][0-9]*$//p' "$nr_dir/cpu")
    [ -z "$nr_files" ] || nr_sampled cpu
}
nr_cpu_rows() {
    set -f
    IFS='
'
    # shellcheck disable=SC2086  # a path per line
    exec grep -aHsE '^([0-9]|cpu |nr_periods |nr_throttled |throttled_)' /proc/uptime /proc/stat $nr_files
}

# Who shares the CPUs, where somebody waits for them (v2: in v1 no group counts that). First the groups of which for a
# fifth of the last ten seconds none ran though some wanted to; of those, of all above them and of their siblings, what
# each weighs and uses, once more a second later.
nr_shares() {
    [ "$nr_layout" = v2 ] && { read -r nr_rest nr_line nr_rest </proc/pressure/cpu; } 2>/dev/null || return 0
    case $nr_line in avg10=[0-9].* | avg10=1[0-9].*) return 0 ;; esac
    nr_pass starved find "$nr_root" -xdev -maxdepth 14 -name cpu.pressure -exec grep -aHsE "$nr_hungry" {} + || return 0
    awk -v root="$nr_root" '
        NR > 40 { exit }
        {
            sub(/\/cpu[.]pressure:.*/, "")
            while (sub(/\/[^\/]*$/, "") && length($0) >= length(root)) if (!told[$0]++) print
        }' "$nr_dir/starved" >"$nr_dir/levels"
    [ -s "$nr_dir/levels" ] || return 0
    nr_section shares nr_share_rows
    nr_sampled shares
}
nr_hungry='^full avg10=([2-9].|100)[.]'
nr_share_rows() {
    set --
    while IFS= read -r nr_folder; do
        set -- "$@" "$nr_folder"/*/cpu.weight "$nr_folder"/*/cpu.stat "$nr_folder"/*/cpu.pressure
    done <"$nr_dir/levels"
    exec grep -aHsE "^([0-9]|cpu |usage_usec )|$nr_hungry" /proc/uptime /proc/stat "$@"
}

# Who reads and writes, where somebody waits for it. CPUs that idled while the probe ran show that as iowait; busy ones
# have none, whoever waits: there the tasks in io_schedule tell.
nr_waits_for_io() {
    nr_cpu_ticks
    nr_ticks=$((nr_ticks - nr_ticks_then))
    if [ $(((nr_iowait - nr_iowait_then) * 20)) -gt $nr_ticks ]; then return 0; fi
    [ "$nr_blocked" -gt 0 ] && [ $(((nr_idle - nr_idle_then) * 10)) -lt $((nr_ticks * 3)) ]
}
nr_io() {
    nr_waits_for_io || return 0
    if [ "$nr_uid" != 0 ]; then nr_mark gap section=io why=only-root-may-read-it; return 0; fi
    nr_io_pass io && nr_sampled io
}
nr_io_pass() {
    nr_pass "$1" nr_io_rows
    case $? in
        0) [ -s "$nr_dir/$1" ] ;;
        1) nr_mark gap "section=$1" why=stalled; return 1 ;;
        *) return 1 ;;
    esac
}
# io takes exec_update_lock, as stat does on some kernels: without those that already held up a reader.
nr_io_rows() {
    cd /proc || exit
    nr_todo='[0-9]*/io [0-9]*/status'
    if [ -n "$nr_skip" ]; then
        nr_todo=''
        for nr_pid in [0-9]*; do
            case "$nr_skip " in *" $nr_pid "*) ;; *) nr_todo="$nr_todo $nr_pid/io $nr_pid/status" ;; esac
        done
    fi
    # shellcheck disable=SC2086  # a pattern, or a list of files
    exec grep -aHsE '^(read_bytes|write_bytes|Name|PPid):|^(cpu|some) |^ *[0-9]+[ .]' \
        /proc/uptime /proc/stat /proc/pressure/io /proc/diskstats $nr_todo
}

# The two samples, of whole disks what moved, of processes the 40 that moved most: `PID PPID bytes-read bytes-written name`.
# The kernel adds the counters of a child to those of the parent that reaps it (wait_task_zombie). What the child had
# when first seen is taken off its nearest ancestor that lives on, unless nothing came there (children nobody waits
# for). Kernel threads are left out: they carry again what others asked for.
nr_tell_io() {
    nr_disks=' '
    for nr_one in /sys/block/*; do nr_disks="$nr_disks${nr_one##*/} "; done
    awk -v disks="$nr_disks" -v mark="@$nr_nonce" -v out="$nr_dir/io-top" '
        FNR == 1 { round++ }
        { cut = index($0, ":"); path = substr($0, 1, cut - 1); rest = substr($0, cut + 1) }
        path ~ /^\/proc\// {
            key = path
            if (path ~ /diskstats$/) { split(rest, f, " "); key = f[3]; if (!index(disks, " " key " ")) next }
            if (!(key in known)) { known[key] = 1; order[++keys] = key }
            said[round, key] = path ":" rest
            next
        }
        {
            pid = path; sub(/\/.*/, "", pid)
            field = rest; sub(/:.*/, "", field)
            value = rest; sub(/^[^:]*:[ \t]*/, "", value)
            if (field == "Name") name[pid] = value
            else if (field == "PPid") { if (round == 1) old[pid] = value; else parent[pid] = value }
            else if (round == 1) before[pid, field] = value
            else { after[pid, field] = value; lives[pid] = 1 }
        }
        END {
            for (round = 1; round <= 2; round++) {
                print mark, (round == 1 ? "io-before" : "io-after")
                for (i = 1; i <= keys; i++) if (order[i] ~ /^\// || said[1, order[i]] != said[2, order[i]]) print " " said[round, order[i]]
            }
            for (i = 1; i <= 2; i++) {
                field = i == 1 ? "read_bytes" : "write_bytes"
                split("", lent)
                for (pid in old) {
                    if ((pid in lives) && after[pid, field] + 0 >= before[pid, field] + 0) continue
                    up = old[pid]
                    for (step = 0; step < 60 && (up in old) && !(up in lives); step++) up = old[up]
                    lent[up] += before[pid, field]
                    before[pid, field] = 0
                }
                for (pid in lives) {
                    moved = after[pid, field] - before[pid, field]
                    if (moved >= lent[pid]) moved -= lent[pid]
                    bytes[pid, i] = moved
                    sum[pid] += moved
                }
            }
            print mark, "io-top"
            printf "" >out
            for (count = 0; count < 40; count++) {
                top = ""
                for (pid in lives) if (sum[pid] > 65535 && parent[pid] != 2 && (top == "" || sum[pid] > sum[top])) top = pid
                if (top == "") break
                printf " %s %s %.0f %.0f %s\n", top, parent[top], bytes[top, 1], bytes[top, 2], name[top]
                print top, parent[top] >out
                sum[top] = 0
            }
        }' "$nr_dir/io" "$nr_dir/io-again"
    nr_pids=''
    while read -r nr_pid nr_rest; do
        for nr_pid in $nr_pid $nr_rest; do
            case "$nr_skip $nr_pids " in *" $nr_pid "*) ;; *) nr_pids="$nr_pids $nr_pid" ;; esac
        done
    done <"$nr_dir/io-top"
    [ -z "$nr_pids" ] || nr_section io-cgroup nr_init_cgroup_rows
}
