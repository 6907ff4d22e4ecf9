# What every action begins and ends with.
#
# An action is done once: its token makes a folder before it is done, and what came of it is kept there. Whoever sends
# the same token again (a controller that died in between, and its successor) is told what came of it the first time.
# It goes on when nobody listens any more: half an action is worse than one whose end was not heard.

nr_mark() { printf '@%s %s\n' "$nr_nonce" "$*"; }

# nr_say OUTCOME WORDS…: what came of it. The last word counts.
nr_say() {
    nr_outcome=$1
    shift
    printf 'outcome %s\n' "$nr_outcome"
    printf 'detail %s\n' "$*" | tr -d '\r' | head -n 1 | cut -c1-400
}

# nr_fact NAME WORDS…
nr_fact() {
    nr_name=$1
    shift
    printf 'fact %s %s\n' "$nr_name" "$*" | head -n 1 | cut -c1-400
}

# nr_ticks PID: when it started, in ticks since boot (field 22); nothing if there is no such process.
nr_ticks() {
    nr_stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    nr_stat=${nr_stat##*) } # the name before it may hold anything
    # shellcheck disable=SC2086
    set -- $nr_stat
    nr_state=$1 nr_parent=$2
    shift 19
    echo "$1"
}

nr_boot() { cat /proc/sys/kernel/random/boot_id; }

# nr_done_before: wait for the one who has the token, then tell what came of it.
nr_done_before() {
    [ -s "$nr_receipt/by" ] || sleep 1 # it is just being made
    nr_pid='' nr_since=''
    read -r nr_pid nr_since <"$nr_receipt/by" 2>/dev/null
    nr_left=$nr_seconds
    while [ ! -e "$nr_receipt/said" ] && [ "$nr_left" -gt 0 ] && [ "$(nr_ticks "$nr_pid")" = "$nr_since" ]; do
        nr_left=$((nr_left - 1))
        sleep 1
    done
    [ -e "$nr_receipt/said" ] || {
        nr_say unknown 'it was begun before, and nobody knows how it ended'
        return
    }
    cat "$nr_receipt/said"
}

nr_do_once() {
    mkdir -m 700 /run/nornir-hygiene.receipts 2>/dev/null
    nr_receipt=/run/nornir-hygiene.receipts/$nr_token
    if mkdir -m 700 "$nr_receipt" 2>/dev/null; then
        echo "$$ $(nr_ticks $$)" >"$nr_receipt/by"
        # Nothing of it may hold our output open: the log of a sick host may take no more words.
        { command -v logger && logger -t nornir-hygiene "$nr_who: $nr_action ($nr_token)"; } >/dev/null 2>&1 &
        "nr_action_$nr_action" "$@" >"$nr_receipt/part" 2>"$nr_receipt/errors"
        mv "$nr_receipt/part" "$nr_receipt/said"
        cat "$nr_receipt/said"
    elif [ -d "$nr_receipt" ]; then
        nr_done_before
    else
        nr_say refused 'no receipt can be written to /run: this needs root, or "sudo: true" in the inventory'
    fi
}

# nr_act NONCE TOKEN SECONDS WHO ACTION ARGUMENT…
nr_act() {
    nr_nonce=$1 nr_token=$2 nr_seconds=$3 nr_who=$4 nr_action=$5
    shift 5
    trap '' PIPE HUP
    PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin LC_ALL=C TZ=UTC0
    export PATH LC_ALL TZ
    umask 077
    cd / || exit 70
    nr_mark begin action="$nr_action"
    if [ "$nr_token" = - ]; then # may be repeated: a lock
        "nr_action_$nr_action" "$@" 2>&1
    else
        nr_do_once "$@"
    fi | sed 's/^/ /'
    nr_mark end complete=yes
}
