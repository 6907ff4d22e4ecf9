# Pods and nodes, through kubectl on the host that has it.
#
# What may be acted on is asked for again right before, by what stays the same only for the very same thing: the UID of
# a pod, the boot of a node. Nothing is forced: no grace period is cut, no disruption budget gone round.

# Names as Kubernetes allows them, and UIDs; nothing else is handed to kubectl.
nr_plain() {
    case $1 in
    '' | [.-]* | *[!a-z0-9.-]*) return 1 ;;
    esac
}

nr_now() { cut -d. -f1 /proc/uptime; }

# nr_kube SECONDS WORDS…: its answer in a file, not a pipe: a helper of kubectl that hangs would hold that open.
nr_kube() {
    nr_limit=$1
    shift
    timeout -s KILL "$nr_limit" kubectl --cache-dir="$nr_receipt/kube" "$@" \
        >"$nr_receipt/answer" 2>"$nr_receipt/complaint"
    nr_rc=$?
    # Without the lines of its log (`E1122 03:47:23 … memcache.go:265] …`), which repeat it five times.
    nr_complaint=$(sed '/^[IWEF][0-9][0-9][0-9][0-9] /d' "$nr_receipt/complaint" | tr -s '\r\n\t' ' ')
    [ $nr_rc != 137 ] || nr_complaint="no answer within $nr_limit s. $nr_complaint"
    return $nr_rc
}

nr_ask() { nr_kube $((nr_seconds < 15 ? nr_seconds : 15)) --request-timeout=10s "$@"; }

# nr_wait WORDS…: for as long as there is time, of which kubectl itself is told a little less.
nr_wait() {
    nr_left=$((nr_end - $(nr_now) - 5))
    [ $nr_left -ge 5 ] || nr_left=5
    nr_kube $((nr_left + 5)) "$@" --timeout="${nr_left}s"
}

# nr_told NAME: what the answer's line of that name says; the first one counts.
nr_told() { sed -n "s/^$1 //p" "$nr_receipt/answer" | head -n 1; }

# nr_kube_here NAME…: whether kubectl can be asked about these; says why not.
nr_kube_here() {
    nr_end=$(($(nr_now) + nr_seconds))
    PATH=$PATH:/usr/local/bin:/opt/bin
    for nr_name in "$@"; do
        nr_plain "$nr_name" || {
            nr_say refused 'that is no name Kubernetes knows'
            return 1
        }
    done
    command -v kubectl >/dev/null || {
        nr_say refused 'kubectl is not installed here: kubernetes_admin in the inventory names the host that has it'
        return 1
    }
    if [ -z "$KUBECONFIG" ] && ! [ -r "$HOME/.kube/config" ] && [ -r /etc/kubernetes/admin.conf ]; then
        KUBECONFIG=/etc/kubernetes/admin.conf # kubeadm's
        export KUBECONFIG
    fi
}

nr_node_form='jsonpath={"boot "}{.status.nodeInfo.bootID}{"\nclosed "}{.spec.unschedulable}{"\nby "}{.metadata.annotations.nornir-hygiene/cordoned-by}{"\nlabels "}{.metadata.labels}{"\n"}'

# nr_node NODE: its boot, whether it is cordoned, by which step of ours, and its labels.
nr_node() {
    nr_ask get "node/$1" -o "$nr_node_form" || {
        nr_say failed "node $1 cannot be read: $nr_complaint"
        return 1
    }
    nr_boot=$(nr_told boot) nr_closed=$(nr_told closed) nr_by=$(nr_told by) nr_labels=$(nr_told labels)
}

nr_control_plane() {
    case $nr_labels in
    *node-role.kubernetes.io/control*plane* | *node-role.kubernetes.io/master* | *node-role.kubernetes.io/etcd*) return 0 ;;
    esac
    return 1
}

# nr_node_seen NODE BOOT: it is the node that was seen, and none the cluster itself lives on; says why not.
nr_node_seen() {
    nr_kube_here "$1" && nr_node "$1" || return 1
    if [ "$nr_boot" != "$2" ]; then
        nr_say refused "node $1 is not the host that was seen: it is in boot ${nr_boot:-unknown}, and that in $2"
    elif nr_control_plane; then
        nr_say refused "node $1 carries the control plane: a person does that"
    else
        return 0
    fi
    return 1
}

# nr_action_cordon_node NODE BOOT: marked first, so that only our own cordon is ever taken back.
nr_action_cordon_node() {
    nr_node_seen "$@" || return 0
    if [ "$nr_closed" = true ]; then
        nr_say unchanged "node $1 is cordoned already${nr_by:+, by $nr_by}"
    elif ! nr_ask annotate --overwrite "node/$1" "nornir-hygiene/cordoned-by=$nr_token"; then
        nr_say failed "node $1 cannot be marked: $nr_complaint"
    elif nr_ask cordon "$1" && nr_node "$1" && [ "$nr_closed" = true ]; then
        nr_say changed "node $1 is cordoned, and stays so until somebody says: kubectl uncordon $1"
    else
        nr_why=$nr_complaint
        nr_ask annotate "node/$1" nornir-hygiene/cordoned-by-
        nr_say failed "node $1 was not cordoned: $nr_why"
    fi
}

# nr_action_uncordon_node NODE: whatever boot it is in; only what cordon-node has cordoned.
nr_action_uncordon_node() {
    nr_kube_here "$1" && nr_node "$1" || return 0
    if [ -z "$nr_by" ]; then
        nr_say unchanged "node $1 has no cordon of ours"
    elif nr_ask uncordon "$1" && nr_node "$1" && [ "$nr_closed" != true ]; then
        nr_ask annotate "node/$1" nornir-hygiene/cordoned-by-
        nr_say changed "node $1 takes pods again"
    else
        nr_say failed "node $1 was not uncordoned: $nr_complaint"
    fi
}

# nr_action_drain_node NODE BOOT: every pod but those of DaemonSets is asked to go, each in its own time.
nr_action_drain_node() {
    nr_node_seen "$@" || return 0
    [ "$nr_closed" = true ] || {
        nr_say refused "node $1 is not cordoned: what is evicted would come back to it"
        return
    }
    nr_wait drain "$1" --ignore-daemonsets
    nr_evicted=$(grep -c ' evicted$' "$nr_receipt/answer")
    nr_fact evicted "$nr_evicted"
    if [ $nr_rc = 0 ]; then
        nr_say changed "node $1 is drained: $nr_evicted pods were evicted"
    elif [ "$nr_evicted" = 0 ] && grep -q 'cannot delete' "$nr_receipt/complaint"; then
        nr_say refused "nothing was evicted from $1: $(nr_undrained)"
    else
        nr_say failed "node $1 is not drained, $nr_evicted pods went: $(nr_undrained)"
    fi
}

# In the words of drain.go: what it does not touch, whom a budget keeps, who did not go in time.
nr_undrained() {
    nr_kept=$(sed -n 's/^error when evicting pods\/"\(.*\)" -n "\(.*\)" (will retry.*disruption budget.*/\2\/\1/p' \
        "$nr_receipt/complaint" | sort -u | tr '\n' ' ')
    [ -z "$nr_kept" ] || printf 'a PodDisruptionBudget keeps %s; ' "${nr_kept% }"
    nr_error=$(sed -n 's/^error: *//p' "$nr_receipt/complaint" | head -n 1)
    printf '%s' "${nr_error:-$nr_complaint}"
}

nr_pods_form='jsonpath={range .items[*]}{.metadata.uid}{" "}{.metadata.namespace}{" "}{.metadata.name}{" "}{.metadata.annotations.kubernetes\.io/config\.hash}{"\n"}{end}'
nr_pod_form='jsonpath={"uid "}{.metadata.uid}{"\nkind "}{.metadata.ownerReferences[?(@.controller==true)].kind}{"\nowner "}{.metadata.ownerReferences[?(@.controller==true)].name}{"\nclass "}{.spec.priorityClassName}{"\nsince "}{.metadata.deletionTimestamp}{"\nlabels "}{.metadata.labels}{"\nmirror "}{.metadata.annotations.kubernetes\.io/config\.mirror}{"\n"}'

# nr_pod_named UID NODE: its namespace and name. A static pod is known on its node by the hash of its file.
nr_pod_named() {
    nr_ask get pods --all-namespaces --field-selector="spec.nodeName=$2" -o "$nr_pods_form" || {
        nr_say failed "the pods of $2 cannot be read: $nr_complaint"
        return 1
    }
    while read -r nr_uid nr_namespace nr_pod nr_hash; do
        [ "$nr_hash" != "$1" ] || {
            nr_say refused "$nr_namespace/$nr_pod is a static pod: its file on $2 makes it, and no controller"
            return 1
        }
        if [ "$nr_uid" = "$1" ] && nr_plain "$nr_namespace" && nr_plain "$nr_pod"; then return 0; fi
    done <"$nr_receipt/answer"
    nr_say refused "$2 has no pod with the UID $1 (any more)"
    return 1
}

# nr_pod_seen UID NODE NAMESPACE NAME: it is the pod that was seen, and one that may be recycled; says why not. The last
# two are compared if they are told.
nr_pod_seen() {
    nr_kube_here "$1" "$2" && nr_pod_named "$1" "$2" || return 1
    if [ "${3:-$nr_namespace}" != "$nr_namespace" ] || [ "${4:-$nr_pod}" != "$nr_pod" ]; then
        nr_say refused "the UID $1 is that of $nr_namespace/$nr_pod, and not of $3/$4"
        return 1
    fi
    nr_node "$2" || return 1
    nr_why=''
    nr_control_plane && nr_why="it lives on $2, which carries the control plane"
    nr_ask get "pod/$nr_pod" --namespace="$nr_namespace" --ignore-not-found -o "$nr_pod_form" || {
        nr_say failed "$nr_namespace/$nr_pod cannot be read: $nr_complaint"
        return 1
    }
    nr_kind=$(nr_told kind) nr_owner=$(nr_told owner) nr_since=$(nr_told since)
    nr_why=${nr_why:-$(nr_why_no_pod "$1" | head -n 1)}
    [ -n "$nr_why" ] || return 0
    nr_say refused "$nr_namespace/$nr_pod stays: $nr_why"
    return 1
}

# nr_why_no_pod UID: the reason why this pod is left alone; nothing if there is none.
nr_why_no_pod() {
    [ "$(nr_told uid)" = "$1" ] || echo 'another pod has its name now, or it is gone'
    [ -z "$(nr_told mirror)" ] || echo 'it is the mirror of a static pod'
    case $(nr_told class) in
    system-*) echo "it is $(nr_told class)" ;;
    esac
    case $nr_pod in
    etcd-* | kube-apiserver-* | kube-controller-manager-* | kube-scheduler-* | rook-ceph-* | csi-*)
        echo 'by its name it is a member of the control plane or of the storage'
        ;;
    esac
    case $(nr_told labels) in
    *'"tier":"control-plane"'* | *'"component":"etcd"'* | *'"component":"kube-'* | *'app":"etcd'* | *'"app":"rook-ceph-'* | \
        *'"ceph_daemon_type":'* | *'"app":"csi-'*)
        echo 'by its labels it is a member of the control plane or of the storage'
        ;;
    esac
    case $nr_kind in
    ReplicaSet | StatefulSet | DaemonSet | ReplicationController) ;;
    '') echo 'it has no controller: nobody would make another one' ;;
    *) echo "a $nr_kind owns it: whether that makes another one, or work would be lost, is not known" ;;
    esac
}

# nr_action_delete_pod UID NODE NAMESPACE NAME: by the eviction API, which deletes as `kubectl delete` does but asks the
# disruption budgets first. With the UID in it: a successor of the same name is another pod.
nr_action_delete_pod() {
    nr_pod_seen "$@" || return 0
    nr_fact pod "$nr_namespace/$nr_pod"
    nr_fact owner "$nr_kind $nr_owner"
    [ -z "$nr_since" ] || {
        nr_say unchanged "$nr_namespace/$nr_pod is being deleted already, since $nr_since"
        return
    }
    nr_evict "$1"
}

# nr_evict UID: nr_namespace/nr_pod, if it still is that one; and wait until it is gone.
nr_evict() {
    printf '{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"%s","namespace":"%s"},"deleteOptions":{"preconditions":{"uid":"%s"}}}\n' \
        "$nr_pod" "$nr_namespace" "$1" >"$nr_receipt/eviction"
    nr_ask create --raw "/api/v1/namespaces/$nr_namespace/pods/$nr_pod/eviction" -f "$nr_receipt/eviction"
    case $nr_rc:$nr_complaint in
    0:* | 137:*) nr_await_gone "$1" ;;
    *TooManyRequests*) nr_say refused "a PodDisruptionBudget keeps $nr_namespace/$nr_pod: $nr_complaint" ;;
    *'(Conflict)'* | *'(NotFound)'*) nr_say refused "$nr_namespace/$nr_pod is not the pod that was seen: $nr_complaint" ;;
    *) nr_say failed "$nr_namespace/$nr_pod was not evicted: $nr_complaint" ;;
    esac
}

# nr_await_gone UID: until nobody or another one has its name.
nr_await_gone() {
    while :; do
        if nr_ask get "pod/$nr_pod" --namespace="$nr_namespace" --ignore-not-found -o "$nr_pod_form"; then
            [ "$(nr_told uid)" = "$1" ] || {
                nr_say changed "$nr_namespace/$nr_pod is gone; its $nr_kind $nr_owner makes another one"
                return
            }
            nr_since=$(nr_told since)
        fi
        [ "$(nr_now)" -lt "$nr_end" ] || break
        sleep 1
    done
    nr_say failed "$nr_namespace/$nr_pod ${nr_since:+is being deleted and} is still there after $nr_seconds s; it is never forced"
}

# nr_action_restart_rollout UID NODE NAMESPACE NAME: all pods of what owns this one, in the way it rolls them out.
nr_action_restart_rollout() {
    nr_pod_seen "$@" || return 0
    if [ "$nr_kind" = ReplicaSet ]; then
        nr_ask get "replicaset/$nr_owner" --namespace="$nr_namespace" -o "$nr_pod_form" || {
            nr_say failed "ReplicaSet $nr_owner cannot be read: $nr_complaint"
            return
        }
        nr_kind=$(nr_told kind) nr_owner=$(nr_told owner)
    fi
    case $nr_kind in
    Deployment | StatefulSet | DaemonSet) ;;
    *)
        nr_say unfit "$nr_namespace/$nr_pod belongs to no Deployment, StatefulSet or DaemonSet"
        return
        ;;
    esac
    nr_fact rollout "$nr_kind $nr_namespace/$nr_owner"
    if ! nr_ask rollout restart "$nr_kind/$nr_owner" --namespace="$nr_namespace"; then
        nr_say failed "$nr_kind $nr_namespace/$nr_owner was not restarted: $nr_complaint"
    elif nr_wait rollout status "$nr_kind/$nr_owner" --namespace="$nr_namespace"; then
        nr_say changed "$nr_kind $nr_namespace/$nr_owner was rolled out anew"
    else
        nr_say failed "$nr_kind $nr_namespace/$nr_owner was restarted, and is not rolled out: $nr_complaint"
    fi
}
