# nr_action_raise_pids_limit PATH FROM TO: only the limit that was seen, and only where its owner lets us.

nr_action_raise_pids_limit() {
    case $1 in
    *kubepods* | *docker* | *libpod* | *crio-*) nr_say refused "$1 belongs to a container runtime: raise it there (podPidsLimit, --pids-limit)" && return ;;
    */../* | */.. | [!/]*) nr_say refused "no cgroup path: $1" && return ;;
    esac
    nr_file=$(nr_pids_hierarchy)$1/pids.max
    nr_limit=$(cat "$nr_file" 2>/dev/null)
    if [ "$nr_limit" = "$3" ]; then
        nr_say unchanged "the limit of $1 is $3 already"
    elif [ "$nr_limit" != "$2" ]; then
        nr_say refused "the limit of $1 is ${nr_limit:-not there}, not $2 as it was seen"
    else
        nr_raise "$1" "$2" "$3"
    fi
}

nr_pids_hierarchy() {
    while read -r _ nr_point nr_type nr_options _; do
        case $nr_type:,$nr_options, in
        cgroup:*,pids,*) echo "$nr_point" && return ;;
        esac
    done </proc/mounts
    sed -n 's/^[^ ]* \([^ ]*\) cgroup2 .*/\1/p' /proc/mounts | head -n 1
}

# systemd writes the limits of its own units again whenever it likes: it has to know.
nr_raise() {
    nr_unit=${1##*/}
    case $nr_unit in
    *.service | *.scope | *.slice)
        nr_owned=$(systemctl show --property=ControlGroup "$nr_unit" | sed -n 's/^ControlGroup=//p')
        if [ "$nr_owned" != "$1" ]; then # of a user's own systemd, or of one in a container
            nr_say refused "$1 is not the cgroup of $nr_unit (${nr_owned:-no such unit}): its own systemd has to raise it"
            return
        fi
        nr_told=$(systemctl set-property --runtime "$nr_unit" "TasksMax=$3" 2>&1)
        nr_fact through "systemd, until the next boot"
        ;;
    *)
        nr_told=$(printf '%s\n' "$3" 2>&1 >"$nr_file")
        nr_fact through "the cgroup itself"
        ;;
    esac
    if [ "$(cat "$nr_file")" = "$3" ]; then
        nr_say changed "the limit of $1 was raised from $2 to $3"
    else
        nr_say failed "the limit of $1 is still $(cat "$nr_file"): $nr_told"
    fi
}
