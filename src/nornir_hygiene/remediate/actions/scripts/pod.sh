# A look at all tasks of a pod, on its own node.

# nr_read LIST ANSWER COMMAND…: the command over all files of a list, some of which are gone by now (xargs: 123).
nr_read() {
    nr_list=$nr_receipt/$1 nr_answer=$nr_receipt/$2
    shift 2
    timeout -s KILL 20 xargs "$@" <"$nr_list" >"$nr_answer" 2>/dev/null
    case $? in 0 | 1 | 123) return 0 ;; esac
    return 1
}

# nr_action_check_pod UID: on its own node. A task in D outlives its pod and holds the volume the next pod will mount.
nr_action_check_pod() {
    case $1 in
    '' | *[!0-9a-f-]*)
        nr_say refused 'that is no UID of a pod'
        return
        ;;
    esac
    # printf of the shell: there may be more tasks than a program takes arguments. By task: v1 shows a dead leader at /.
    printf '%s\n' /proc/[0-9]*/task/[0-9]*/cgroup >"$nr_receipt/tasks"
    nr_read tasks of-it grep -Fls -e "pod$1" -e "pod$(echo "$1" | tr - _)" &&
        sed 's/cgroup$/stat/' "$nr_receipt/of-it" >"$nr_receipt/stats" && nr_read stats states cat
    nr_rc=$?
    # Only what stands behind the last bracket: a name may hold anything, a line end, too.
    nr_states=$(sed -n 's/.*) \([A-Za-z]\) [0-9].*/\1/p' "$nr_receipt/states")
    nr_tasks=$(echo "$nr_states" | grep -c .) nr_in_d=$(echo "$nr_states" | grep -c D)
    nr_fact tasks "$nr_tasks"
    if [ $nr_rc != 0 ]; then
        nr_say failed 'the tasks of this host cannot be read'
    elif [ "$nr_tasks" = 0 ]; then
        nr_say refused "no task of the pod $1 can be seen here"
    elif [ "$nr_in_d" != 0 ]; then
        nr_say refused "$nr_in_d of $nr_tasks tasks of the pod are in D: they would outlive it and keep its volume"
    else
        nr_say unchanged "none of the $nr_tasks tasks of the pod is in D"
    fi
}
