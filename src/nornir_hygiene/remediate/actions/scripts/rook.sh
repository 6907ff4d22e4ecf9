# The pod of one OSD in a cluster that Rook runs, by kubectl. Rook's own way: the pod goes, its Deployment makes another.

nr_osd_pods_form='jsonpath={range .items[*]}{.metadata.uid}{" "}{.metadata.namespace}{" "}{.metadata.name}{"\n"}{end}'

# nr_osd_pod N: its only pod; says why not.
nr_osd_pod() {
    nr_ask get pods --all-namespaces --selector="app=rook-ceph-osd,ceph-osd-id=$1" -o "$nr_osd_pods_form" || {
        nr_say failed "the pods of osd.$1 cannot be read: $nr_complaint"
        return 1
    }
    case $(grep -c . "$nr_receipt/answer") in
    1) read -r nr_uid nr_namespace nr_pod <"$nr_receipt/answer" ;;
    0) nr_say refused "Kubernetes has no pod of Rook's for osd.$1" && return 1 ;;
    *) nr_say refused "osd.$1 has several pods, maybe of two clusters: $(cut -d' ' -f2,3 "$nr_receipt/answer" | tr ' \n' '/ ')" && return 1 ;;
    esac
    nr_plain "$nr_namespace" && nr_plain "$nr_pod" && nr_plain "$nr_uid" && return
    nr_say refused "the pod of osd.$1 has a name Kubernetes does not know"
    return 1
}

# nr_action_restart_osd_pod N: evicted like any other pod, so that Rook's PodDisruptionBudget for OSDs has its say.
nr_action_restart_osd_pod() {
    nr_kube_here && nr_osd_pod "$1" || return 0
    nr_ask get "pod/$nr_pod" --namespace="$nr_namespace" --ignore-not-found -o "$nr_pod_form" || {
        nr_say failed "$nr_namespace/$nr_pod cannot be read: $nr_complaint"
        return
    }
    nr_kind=$(nr_told kind) nr_owner=$(nr_told owner) nr_since=$(nr_told since)
    nr_fact pod "$nr_namespace/$nr_pod"
    if [ "$(nr_told uid)" != "$nr_uid" ]; then
        nr_say refused "another pod has the name $nr_namespace/$nr_pod now, or it is gone"
    elif [ "$nr_kind" != ReplicaSet ]; then
        nr_say refused "$nr_namespace/$nr_pod belongs to no Deployment: nobody would make another one"
    elif [ -n "$nr_since" ]; then
        nr_say unchanged "$nr_namespace/$nr_pod is being deleted already, since $nr_since"
    else
        nr_evict "$nr_uid"
    fi
}
