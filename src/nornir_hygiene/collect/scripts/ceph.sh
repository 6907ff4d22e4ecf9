# The second question of nornir-hygiene, for hosts of a Ceph cluster: what the monitors say, and what the OSDs of this
# very host do. One POSIX sh script with session.sh above it, fed to `sh -s -- NONCE PASS_MS TOTAL_MS [0]` on stdin. It reads; it changes nothing
# but its own temporary folder, which it removes. Only definitions stand above the last line, so that half a script
# does nothing. 0: without the map of the cluster, which is the same from every host.
#
# Every command is a child that writes to a file, with a deadline of its own, killed at it and not waited for: `ceph`
# hangs without a quorum whatever --connect-timeout says, and the admin socket of a frozen OSD accepts and never
# answers. Up to four children run side by side, so that ten frozen OSDs do not cost ten deadlines.

# nr_send FILE LINES: awk and not sed, for a last line without a newline must not swallow the next marker.
nr_send() { awk -v most="$2" 'NR > most { exit } { print " " $0 }' "$1"; }

# Hundredths of a second since boot, without a fork. The 1 keeps `08` from being an octal number.
nr_clock() {
    read -r nr_up _ </proc/uptime
    nr_now=$((${nr_up%.*} * 100 + 1${nr_up#*.} - 100))
}

nr_nap() { sleep 0.05 2>/dev/null || sleep 1; }

# ---- children with deadlines -----------------------------------------------------------------------------------

# nr_start NAME LIMIT_MS "key=value …" COMMAND…: as soon as one of the slots is free. nr_jobs: `pid:name:until`.
# The section is called NAME up to its first dot.
nr_start() {
    while nr_poll; [ "$nr_running" -ge 4 ]; do nr_nap; done
    nr_name=$1 nr_until=$((nr_now + $2 / 10))
    if [ "$nr_now" -ge "$nr_end" ]; then nr_mark gap "section=${1%%.*}" why=no-time-left "$3"; return 1; fi
    if [ "$nr_until" -gt "$nr_end" ]; then nr_until=$nr_end; fi
    printf '%s\n' "$3" >"$nr_dir/$1.words"
    shift 3
    "$@" </dev/null >"$nr_dir/$nr_name" 2>"$nr_dir/$nr_name.err" &
    nr_jobs="$nr_jobs $!:$nr_name:$nr_until"
}

# Looks once at every child: tells of those that ended, gives up those that are late. nr_running: how many are left.
nr_poll() {
    nr_clock
    nr_left='' nr_running=0
    for nr_job in $nr_jobs; do
        nr_pid=${nr_job%%:*} nr_until=${nr_job##*:} nr_name=${nr_job#*:}
        nr_name=${nr_name%:*}
        if ! kill -0 "$nr_pid" 2>/dev/null; then
            wait "$nr_pid" 2>/dev/null
            nr_tell "$nr_name" "rc=$?"
        elif [ "$nr_now" -ge "$nr_until" ]; then
            nr_give_up
        else
            nr_left="$nr_left $nr_job" nr_running=$((nr_running + 1))
        fi
    done
    nr_jobs=$nr_left
}

# Where our own child waits says what the deadline means: in a socket, the other side is silent; anywhere else, this
# host was too slow to ask.
nr_give_up() {
    nr_wait=''
    { IFS= read -r nr_wait <"/proc/$nr_pid/wchan" || :; } 2>/dev/null
    kill -9 "$nr_pid" 2>/dev/null
    nr_tell "$nr_name" rc=137 late=yes "wait=$nr_wait"
}

nr_all_done() {
    while nr_poll; [ "$nr_running" -gt 0 ]; do nr_nap; done
}

# nr_tell NAME WORDS…: the section of a child that is over, and the last thing it complained of.
nr_tell() {
    nr_told=$1
    shift
    read -r nr_words <"$nr_dir/$nr_told.words"
    nr_mark "${nr_told%%.*}" "$*" "$nr_words"
    case $nr_told in
        pgs) nr_sum_up_pgs ;;
        # Together below the number of lines the reader takes; a row of `osd dump` has about fifty.
        osd-dump) nr_send "$nr_dir/$nr_told" 200000 ;;
        socket.*) nr_send "$nr_dir/$nr_told" 8000 ;;
        *) nr_send "$nr_dir/$nr_told" 30000 ;;
    esac
    if [ "$nr_told:$1" = status:rc=0 ]; then nr_monitors=yes; fi
    [ -s "$nr_dir/$nr_told.err" ] || return 0
    nr_mark "${nr_told%%.*}-error" "$nr_words"
    tail -n 1 "$nr_dir/$nr_told.err" | awk '{ print " " $0 }'
}

# ---- what the monitors say -------------------------------------------------------------------------------------

# exec: the child that is watched and killed is the command itself. json-pretty: no line is long.
nr_ceph() { exec ceph --connect-timeout "$nr_connect_s" "$@" -f json-pretty; }
nr_ceph_pgs() { exec ceph --connect-timeout "$nr_connect_s" pg dump pgs_brief; }

# Of a row per placement group only the sums are sent: which OSDs serve a pool, and which states its groups are in.
nr_sum_up_pgs() {
    awk '
        $1 == "PG_STAT" { for (i = 1; i <= NF; i++) at[$i] = i; next }
        !("ACTING" in at) || $1 !~ /^[0-9]+\.[0-9a-f]+$/ { next }
        {
            split($1, id, ".")
            states[id[1] " " $at["STATE"]]++
            acting = $at["ACTING"]; gsub(/[^0-9,]/, "", acting)
            count = split(acting, osd, ",")
            for (i = 1; i <= count; i++) if (length(osd[i]) < 10) serves[id[1] " " osd[i]]++
        }
        END {
            for (key in states) print " state", key, states[key]
            for (key in serves) print " osd", key, serves[key]
        }' "$nr_dir/pgs"
}

nr_cluster() {
    nr_start health "$nr_ask_ms" '' nr_ceph health detail
    nr_start osd-dump "$nr_ask_ms" '' nr_ceph osd dump
    nr_start osd-tree "$nr_ask_ms" '' nr_ceph osd tree
    nr_start blocked-by "$nr_ask_ms" '' nr_ceph osd blocked-by
    nr_start pgs "$nr_ask_ms" '' nr_ceph_pgs
    nr_all_done
}

# ---- what the OSDs of this host do -----------------------------------------------------------------------------

# `status` is the one file of a process that never blocks.
nr_osd_pids() { cd /proc && exec grep -alsx 'Name:[[:space:]]*ceph-osd' [0-9]*/status; }
nr_status_rows() {
    for nr_pid in $nr_osds; do set -- "$@" "$nr_pid"/task/[0-9]*/status; done
    cd /proc && exec grep -aHsE '^(Name|State|Tgid|Pid):' "$@"
}
nr_stat_rows() {
    for nr_pid in $nr_osds; do set -- "$@" "$nr_pid"/stat; done
    cd /proc && exec grep -aHs '' "$@"
}
nr_cgroup_rows() {
    for nr_pid in $nr_osds; do set -- "$@" "$nr_pid"/cgroup; done
    cd /proc && exec grep -aHs '' "$@"
}
nr_wait_rows() {
    for nr_pid in $nr_osds; do set -- "$@" "$nr_pid"/task/[0-9]*/wchan; done
    cd /proc && exec grep -aHs '' "$@"
}
# The number of an OSD stands in its command line (`ceph-osd -f --id 3`), where there is no unit to tell it.
nr_cmdline_rows() {
    exec tr '\000\n' '\037 ' <"/proc/$1/cmdline"
}

nr_processes() {
    nr_start osd-pids "$nr_pass_ms" '' nr_osd_pids
    nr_all_done
    nr_osds=$(sed -n 's|^\([0-9][0-9]*\)/status$|\1|p' "$nr_dir/osd-pids" | sed -n '1,100p')
    [ -n "$nr_osds" ] || return 0
    cd /proc || return 0 # the rows' patterns are opened here, before the child changes its folder
    nr_start osd-status "$nr_pass_ms" '' nr_status_rows
    nr_start osd-stat "$nr_pass_ms" '' nr_stat_rows
    nr_start osd-cgroup "$nr_pass_ms" '' nr_cgroup_rows
    nr_start osd-wchan "$nr_pass_ms" '' nr_wait_rows
    for nr_osd in $nr_osds; do nr_start "osd-cmdline.$nr_osd" "$nr_pass_ms" "pid=$nr_osd" nr_cmdline_rows "$nr_osd"; done
}

# Packages put the socket into /var/run/ceph, cephadm one folder deeper. A socket without a daemon refuses.
nr_ops() { exec ceph daemon "$1" dump_ops_in_flight; }
nr_sockets() {
    nr_count=0
    for nr_path in /var/run/ceph/*-osd.*.asok /var/run/ceph/*/*-osd.*.asok; do
        [ -S "$nr_path" ] || continue
        nr_osd=${nr_path##*-osd.} nr_count=$((nr_count + 1))
        nr_osd=${nr_osd%.asok}
        case $nr_osd in '' | *[!0-9]*) continue ;; esac
        if [ -z "$nr_has_ceph" ]; then nr_mark gap section=socket why=no-ceph-command "osd=$nr_osd"; continue; fi
        nr_start "socket.$nr_count" "$nr_ask_ms" "osd=$nr_osd" nr_ops "$nr_path"
    done
}

# ---- the one way through ---------------------------------------------------------------------------------------

nr_leave() {
    trap - EXIT HUP INT TERM PIPE
    for nr_job in $nr_jobs; do kill -9 "${nr_job%%:*}" 2>/dev/null; done
    [ -z "$nr_dir" ] || rm -rf "$nr_dir"
    [ -n "$nr_done" ] || nr_mark end complete=no
}

nr_probe() {
    case $1:$2:$3:${4:-0} in
        *[!0-9a-f:]* | :* | *::* | *:*:*:*[!0]*) echo 'usage: sh -s -- NONCE PASS_MS TOTAL_MS [0]' >&2; exit 64 ;;
    esac
    nr_nonce=$1 nr_pass_ms=$2 nr_own_only=${4:-}
    nr_dir='' nr_jobs='' nr_done='' nr_monitors='' nr_has_ceph=''
    nr_settle /usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin
    nr_clock
    nr_end=$((nr_now + $3 / 10))
    # `ceph` is a Python program: on a busy host it takes seconds before it asks anything.
    nr_ask_ms=$((nr_pass_ms + 3000)) nr_connect_s=$(((nr_pass_ms + 999) / 1000))
    trap nr_leave EXIT
    trap 'exit 143' HUP INT TERM PIPE
    nr_mark begin ceph=1
    nr_mark host
    read -r nr_line </proc/sys/kernel/hostname && printf ' hostname %s\n' "$nr_line"
    read -r nr_line </proc/sys/kernel/random/boot_id && printf ' boot_id %s\n' "$nr_line"
    nr_folder || { nr_mark gap section=all why=no-folder; return 0; }
    exec 2>/dev/null # bash tells of each child it sees killed
    ulimit -f 131072 # 64 MiB: a command gone wild does not fill /run
    command -v ceph >/dev/null 2>&1 && nr_has_ceph=yes
    nr_processes
    cd / || return 0
    if [ -n "$nr_has_ceph" ]; then nr_start status "$nr_ask_ms" '' nr_ceph status
    else nr_mark gap section=status why=no-ceph-command; fi
    nr_sockets
    nr_all_done
    if [ -n "$nr_monitors" ]; then
        if [ -z "$nr_own_only" ]; then nr_cluster; else nr_mark gap section=osd-dump why=not-asked-here; fi
    fi
    nr_done=yes
    nr_mark end complete=yes
}

nr_probe "$@" </dev/null
