# nr_action_restart_owner BOOT PID TICKS: restart the systemd service the process belongs to.

# nr_unit_of PID: the service in its cgroup path, in systemd's own hierarchy or the unified one.
nr_unit_of() {
    sed -n 's/^\(0::\|[0-9]*:name=systemd:\)//p' "/proc/$1/cgroup" | head -n 1 |
        sed -n 's|^/system\.slice/\(.*/\)\{0,1\}\([^/]*\.service\)$|\2|p'
}

nr_protected() {
    case $1 in
    ssh.service | ssh@* | sshd* | dbus* | systemd-* | kubelet* | containerd* | docker* | crio* | getty* | \
        ceph-mon* | ceph-mgr* | etcd*) return 0 ;;
    esac
    return 1
}

nr_action_restart_owner() {
    nr_same "$1" "$2" "$3" || {
        nr_say refused "pid $2 is not the process that was seen"
        return
    }
    nr_unit=$(nr_unit_of "$2")
    if [ -z "$nr_unit" ]; then
        nr_say unfit "pid $2 belongs to no service of systemd: $(head -n 1 "/proc/$2/cgroup")"
    elif nr_protected "$nr_unit"; then
        nr_say refused "$nr_unit carries others: a person restarts it"
    else
        nr_restart "$nr_unit"
    fi
}

nr_invocation() { systemctl show --property=InvocationID --value "$1"; }

nr_restart() {
    nr_before=$(nr_invocation "$1")
    nr_fact unit "$1"
    timeout -s KILL "$nr_seconds" systemctl restart "$1"
    nr_after=$(nr_invocation "$1")
    nr_fact invocation "$nr_before to $nr_after"
    if [ "$nr_after" != "$nr_before" ] && systemctl is-active --quiet "$1"; then
        nr_say changed "$1 was restarted"
    else
        nr_say failed "$1 did not come back: $(systemctl is-active "$1")"
    fi
}
