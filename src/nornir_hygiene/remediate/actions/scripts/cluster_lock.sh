# The lock of a whole Ceph cluster. It lies in the cluster itself, among the monitors' keys: whichever host it is asked
# on, and whatever an inventory calls that host, it is the same lock.
#
# Each holder has a key of its own. Who has written his and then sees no other that is alive has the lock: of two, the
# later writer sees the earlier one. Two that see each other withdraw, and the first by name tries again.

nr_lock_at=nornir-hygiene/lock

# nr_others HOLDER: `UNTIL NAME` of everybody else whose time is not up; the keys of the dead are taken away.
nr_others() {
    nr_keys=$(nr_ceph config-key dump "$nr_lock_at" 2>/dev/null) || return 1
    # shellcheck disable=SC2020
    echo "$nr_keys" | tr ',{}' '\n\n\n' |
        sed -n 's|^ *"nornir-hygiene/lock/\([A-Za-z0-9@._-]*\)": *"\([0-9]\{1,12\}\)".*|\2 \1|p' | sort -k 2 |
        while read -r nr_until nr_name; do
            if [ "$nr_name" = "$1" ]; then
                :
            elif [ "$nr_until" -gt "$(date +%s)" ]; then
                echo "$nr_until $nr_name"
            else
                nr_ceph config-key rm "$nr_lock_at/$nr_name" </dev/null >/dev/null 2>&1
            fi
        done
}

# nr_held_by UNTIL NAME …: of several the first.
nr_held_by() { nr_say refused "the Ceph cluster is locked by $2 for another $(($1 - $(date +%s))) s"; }

nr_silent() { nr_say refused 'the monitors do not tell who works on the cluster'; }

# nr_action_lock_cluster HOLDER SECONDS: also renews one's own.
nr_action_lock_cluster() {
    for nr_try in 1 2 3; do
        nr_there=$(nr_others "$1") || { nr_silent && return; }
        # shellcheck disable=SC2086
        [ -z "$nr_there" ] || { nr_held_by $nr_there && return; }
        nr_told=$(nr_ceph config-key set "$nr_lock_at/$1" "$(($(date +%s) + $2))" 2>&1) || {
            nr_say failed "the cluster could not be locked: $(nr_complaint "$nr_told")"
            return
        }
        sleep 1 # until the last monitor has it
        nr_there=$(nr_others "$1") && [ -z "$nr_there" ] && {
            nr_say changed "the Ceph cluster is locked by $1 for $2 s"
            return
        }
        nr_ceph config-key rm "$nr_lock_at/$1" >/dev/null 2>&1
        [ -n "$nr_there" ] || { nr_silent && return; }
        # Of those that came at once the first by name stays.
        nr_first=$(echo "$nr_there" | head -n 1)
        [ "$(printf '%s\n%s\n' "$1" "${nr_first#* }" | sort | head -n 1)" = "$1" ] || break
        sleep 2
    done
    # shellcheck disable=SC2086
    nr_held_by $nr_there
}

# nr_action_unlock_cluster HOLDER
nr_action_unlock_cluster() {
    if nr_told=$(nr_ceph config-key rm "$nr_lock_at/$1" 2>&1); then
        nr_say changed "the Ceph cluster is not locked by $1 (any more)"
    else
        nr_say failed "the lock of the cluster stays until its time is up: $(nr_complaint "$nr_told")"
    fi
}
