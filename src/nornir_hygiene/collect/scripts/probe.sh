# The probe of nornir-hygiene: one POSIX sh script put together from the parts beside this one (collect/scripts.py says
# which), fed to `sh -s -- NONCE PASS_MS TOTAL_MS [PID]` on stdin. It changes nothing on the host except its own temporary
# folder, which it removes, and a marker in /run when a reader had to be left behind. Only definitions stand above the
# last line, so that half a script does nothing.
#
# Order: what needs no fork first (a host out of pids still answers), then one child at a time.

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
    [ -z "$nr_names_asked" ] || nr_names_end
    [ -z "$nr_dir" ] || rm -rf "$nr_dir"
    [ -z "$nr_stale" ] || rm -f "$nr_marker" 2>/dev/null
}

nr_probe() {
    case $1:$2:$3:${4:-0} in
        *[!0-9a-f:]* | :* | *::* | *:*:*:*[!0-9]*) echo 'usage: sh -s -- NONCE PASS_MS TOTAL_MS [PID]' >&2; exit 64 ;;
    esac
    nr_nonce=$1 nr_pass_ms=$2 nr_total=$3 nr_look=${4:-}
    nr_spent=0 nr_dir='' nr_child='' nr_limit='' nr_tight='' nr_stale='' nr_names_asked='' nr_stage=host nr_wanted='' nr_uid=''
    nr_settle /usr/sbin:/usr/bin:/sbin:/bin
    trap nr_leave EXIT
    trap 'exit 143' HUP INT TERM PIPE
    nr_mark begin version=2
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
    if [ -n "$nr_root" ] && [ "${nr_free:-9}" -gt 1 ] && nr_pass pids nr_pids_files; then
        nr_mark pids
        if [ -n "$nr_chosen" ]; then nr_tell_pids; else nr_send pids; fi
    fi
    nr_names_ask
    if [ -n "$nr_tight" ]; then
        nr_mark gap section=suspects why=too-few-pids-free
    elif [ -n "$nr_chosen" ]; then
        nr_count_blocked
        nr_hidden
        nr_closer_look
        nr_cpu
        nr_shares
        nr_io
        nr_second_samples
    fi
    nr_names_tell
    nr_stage='done'
    nr_mark end complete=yes
}

nr_probe "$@" </dev/null
