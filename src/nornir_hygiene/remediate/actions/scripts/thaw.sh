# nr_action_thaw_filesystem MOUNTPOINT: take back a freeze, as `fsfreeze -u` does.
#
# Nothing is written below it, and nothing there is looked at but the mount point itself: a frozen filesystem lets
# readers pass. FITHAW on one that is not frozen fails with EINVAL, and changes nothing.
nr_action_thaw_filesystem() {
    nr_is_mountpoint "$1" || {
        nr_say refused "nothing is mounted on $1"
        return
    }
    nr_told=$(fsfreeze -u "$1" 2>&1)
    nr_rc=$?
    case $nr_rc$nr_told in
    0*) nr_say changed "$1 is thawed" ;;
    *'Invalid argument'*) nr_say unchanged "$1 is not frozen" ;;
    *) nr_say failed "fsfreeze -u $1: $nr_told" ;;
    esac
}

# Spaces and the like stand in mountinfo as \040.
nr_is_mountpoint() {
    while read -r _ _ _ _ nr_point _; do
        case $nr_point in
        *\\*) nr_point=$(printf '%b' "$(printf '%s' "$nr_point" | sed 's/\\\([0-7]\{3\}\)/\\0\1/g')") ;;
        esac
        [ "$nr_point" = "$1" ] && return 0
    done </proc/self/mountinfo
    return 1
}

# nr_action_thaw_cgroup VERSION PATH: only a freeze of its own; what is frozen from above is thawed there.
nr_action_thaw_cgroup() {
    nr_at=$(nr_hierarchy "$1")
    [ -n "$nr_at" ] || {
        nr_say refused "there is no freezer of cgroup v$1 here"
        return
    }
    case $2 in
    */../* | */.. | [!/]*) nr_say refused "no cgroup path: $2" && return ;;
    esac
    [ -d "$nr_at$2" ] || {
        nr_say refused "there is no cgroup v$1 $2"
        return
    }
    if [ "$1" = 1 ]; then
        nr_thaw "$2" "$nr_at$2/freezer.self_freezing" "$nr_at$2/freezer.state" THAWED
    else
        nr_thaw "$2" "$nr_at$2/cgroup.freeze" "$nr_at$2/cgroup.freeze" 0
    fi
}

# nr_hierarchy VERSION: where the freezer's cgroups of that version are mounted.
nr_hierarchy() {
    while read -r _ nr_point nr_type nr_options _; do
        case $1:$nr_type:,$nr_options, in
        1:cgroup:*,freezer,* | 2:cgroup2:*) echo "$nr_point" && return ;;
        esac
    done </proc/mounts
}

# nr_thaw PATH ASK WRITE WORD
nr_thaw() {
    if [ "$(cat "$2")" = 0 ]; then
        nr_say unchanged "$1 is not frozen by itself"
    elif echo "$4" >"$3" && [ "$(cat "$2")" = 0 ]; then
        nr_say changed "$1 is thawed"
    else
        nr_say failed "$3 did not take $4"
    fi
}
