# Locks of running plans. A file says who holds it and until when; flock(1) lets one at a time look and write.

# nr_now: seconds since boot; the date may be set.
nr_now() { cut -d. -f1 /proc/uptime; }

# nr_locked FUNCTION ARGUMENT…: with the guard held.
nr_locked() {
    nr_locks=/run/nornir-hygiene.locks
    mkdir -m 700 "$nr_locks" 2>/dev/null
    [ -w "$nr_locks" ] || {
        nr_say refused 'no lock can be written to /run: this needs root, or "sudo: true" in the inventory'
        return
    }
    (
        flock -w 10 9 || {
            nr_say failed 'the locks of this host are held by somebody else for ten seconds'
            exit
        }
        "$@"
    ) 9>"$nr_locks/guard"
}

nr_action_lock() { nr_locked nr_take "$@"; }
nr_action_unlock() { nr_locked nr_give_back "$@"; }

# What came of the steps of a run is kept until the run is over.
nr_forget() { rm -rf "/run/nornir-hygiene.receipts/$1".*; }

# nr_take NAME HOLDER SECONDS: also renews one's own.
nr_take() {
    nr_until='' nr_holder=''
    read -r nr_until nr_holder <"$nr_locks/$1" 2>/dev/null
    if [ -n "$nr_until" ] && [ "$nr_holder" != "$2" ] && [ "$nr_until" -gt "$(nr_now)" ]; then
        nr_say refused "$1 is locked by $nr_holder for another $((nr_until - $(nr_now))) s"
    elif echo "$(($(nr_now) + $3)) $2" >"$nr_locks/$1"; then
        nr_say changed "$1 is locked by $2 for $3 s"
    else
        nr_say failed "$1 could not be locked"
    fi
}

nr_give_back() {
    read -r _ nr_holder <"$nr_locks/$1" 2>/dev/null
    nr_forget "$2"
    if [ "$nr_holder" = "$2" ]; then
        rm -f "$nr_locks/$1"
        nr_say changed "$1 is free"
    else
        nr_say unchanged "$1 is not held by $2"
    fi
}
