# A host's rbd clients, shut out by their own cluster; asked on a host that reaches the monitors (needs osd.sh).
#
# By address and nonce, so that only that very client is meant: the same host maps its images under another nonce after
# its boot. So the entry is not taken back. It runs out, long after the old boot can write no more.

# nr_watcher IMAGE: who has it open. Of two nobody knows here which is the host's. `rbd` is where `ceph` is.
nr_watcher() {
    nr_words=$(nr_ceph_words)
    # shellcheck disable=SC2086
    nr_told=$(timeout -s KILL "$(nr_patience "$nr_words")" ${nr_words%ceph}rbd status "$1" 2>/dev/null) || return 1
    nr_told=$(echo "$nr_told" | sed -n 's/.*watcher=\([^ ]*\) .*/\1/p' | sort -u)
    [ "$(echo "$nr_told" | grep -c .)" = 1 ] && echo "$nr_told"
}

# nr_action_fence_clients CLIENTS SECONDS: FSID/ADDRESS of a kernel's client, or image:POOL/NAME of one in user space.
nr_action_fence_clients() {
    nr_fsid=$(nr_ceph fsid 2>/dev/null)
    [ -n "$nr_fsid" ] || {
        nr_say refused 'the monitors give no answer'
        return
    }
    nr_list=blocklist
    nr_ceph osd blocklist ls >/dev/null 2>&1 || nr_list=blacklist # as it was called before Pacific
    nr_addresses=''
    for nr_client in $(echo "$1" | tr ',' ' '); do
        nr_address_of "$nr_client" || return 0
        nr_addresses="$nr_addresses $nr_address"
    done
    for nr_address in $nr_addresses; do
        nr_told=$(nr_ceph osd "$nr_list" add "$nr_address" "$2" 2>&1)
        nr_ceph osd "$nr_list" ls 2>/dev/null | grep -qF "$nr_address " || {
            nr_say failed "$nr_address is not on the blocklist: $(nr_complaint "$nr_told")"
            return
        }
        nr_fact "fenced" "$nr_address"
    done
    # Whoever mounts next carries the new map to every OSD it asks, so none serves the old client behind its back.
    nr_say changed "shut out for $2 s:$nr_addresses"
}

# nr_address_of CLIENT: in nr_address; says why not.
nr_address_of() {
    case $1 in
    image:*)
        nr_address=$(nr_watcher "${1#image:}") && return
        nr_say refused "who has ${1#image:} open is not known: it has no watcher, more than one, or does not answer"
        ;;
    "$nr_fsid"/*)
        nr_address=${1#*/} && return
        ;;
    *) nr_say refused "${1%%/*} is another cluster than this one, $nr_fsid: a person fences its client" ;;
    esac
    return 1
}
