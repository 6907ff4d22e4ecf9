# nr_action_restart_owner BOOT PID TICKS: restart the systemd service the process belongs to.

# nr_unit_of PID: the service in its cgroup path, in systemd's own hierarchy or the unified one. Only slices lie above
# one of this host: below a scope or another service it is the service of a container's own systemd.
nr_unit_of() {
    sed -n 's/^\(0::\|[0-9]*:name=systemd:\)//p' "/proc/$1/cgroup" | head -n 1 |
        sed -n 's|^/system\.slice/\([^/]*\.slice/\)*\([^/]*\.service\)$|\2|p'
}

nr_protected() {
    case $1 in
    ssh.service | ssh@* | sshd* | dbus* | systemd-* | NetworkManager* | networking* | user@* | getty* | serial-getty*) return 0 ;;
    kubelet* | kube-* | k3s* | rke2* | etcd* | containerd* | docker* | crio* | cri-o* | podman*) return 0 ;;
    corosync* | pacemaker* | multipathd* | iscsid* | open-iscsi*) return 0 ;;
    # Of packages and of cephadm (ceph-FSID@osd.3): the cluster is asked first, by another runbook. Not ceph-fuse.
    ceph-mon* | ceph-mgr* | ceph-osd* | ceph-mds* | ceph-[0-9a-f]*-*@*) return 0 ;;
    esac
    return 1
}

nr_action_restart_owner() {
    nr_same "$1" "$2" "$3" || {
        nr_say refused "pid $2 is not the process that was seen"
        return
    }
    nr_ticks "$2" >/dev/null
    [ "$nr_state" != D ] || {
        nr_say refused "pid $2 is in D: it would not end, and its service with it"
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
