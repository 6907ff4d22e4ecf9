# Names of pods, for people only.

# Asked beside everything else and never waited for: crictl and kubectl hang with a sick runtime, and their folder may
# lie on a dead server. So a child of its own looks for them. names.rc is there once it has ended; until then names.pid
# is the pid of nobody else, for that child has not reaped it. One that outlives its SIGKILL is remembered in /run.
nr_names_left=/run/nornir-hygiene/names
nr_names_ask() {
    # /run: only root has its folder there, and only root is answered.
    case $nr_dir:$nr_tight in /run/*:) ;; *) return 0 ;; esac
    if [ "${nr_free:-99}" -lt 40 ] || ! [ -s "$nr_dir/pods" ]; then return 0; fi
    if { IFS= read -r nr_pid <"$nr_names_left"; } 2>/dev/null; then
        if kill -0 "$nr_pid" 2>/dev/null; then nr_mark gap section=names why=an-earlier-question-still-hangs; return 0; fi
        rm -f "$nr_names_left"
    fi
    (
        trap - EXIT HUP INT TERM PIPE
        nr_names_rows >"$nr_dir/names" &
        echo $! >"$nr_dir/names.pid"
        wait $!
        echo $? >"$nr_dir/names.rc"
    ) </dev/null >/dev/null 2>&1 &
    nr_names_asked=yes
}
# Whoever is there: the runtime itself, else the API server with the rights of this node. At most 16 MiB (bash: 32).
# A static pod has two UIDs: the API server's, and that of its cgroup, which is the hash.
nr_names_rows() {
    ulimit -f 32768
    for nr_base in /usr/local/bin /usr/bin /opt/bin; do
        [ ! -x $nr_base/crictl ] || exec $nr_base/crictl --timeout 2s pods -o json
    done
    nr_kubelet=/etc/kubernetes/kubelet.conf
    for nr_base in /usr/local/bin /usr/bin /opt/bin; do
        if [ -x $nr_base/kubectl ] && [ -r $nr_kubelet ]; then
            exec $nr_base/kubectl --kubeconfig=$nr_kubelet --cache-dir="$nr_dir/kube" --request-timeout=2s get pods -A \
                --field-selector="spec.nodeName=$(tr '[:upper:]' '[:lower:]' </proc/sys/kernel/hostname)" --no-headers \
                -o 'custom-columns=U:.metadata.uid,H:.metadata.annotations.kubernetes\.io/config\.hash,S:.metadata.namespace,N:.metadata.name'
        fi
    done
    exit 3
}
# At the very end: what came, or that nothing came. 200 ms are for a question asked just now.
nr_names_tell() {
    [ -n "$nr_names_asked" ] || return 0
    nr_slept=0 nr_rc=''
    while [ ! -e "$nr_dir/names.rc" ] && [ $nr_slept -lt 200 ]; do nr_ms=50; nr_nap 0.05; nr_slept=$((nr_slept + nr_ms)); done
    { IFS= read -r nr_rc <"$nr_dir/names.rc"; } 2>/dev/null
    case $nr_rc in
        0) nr_mark names; nr_names_lines ;;
        3) ;;
        '') nr_names_end; nr_mark gap section=names why=not-answered ;;
        *) nr_mark gap section=names "why=rc-$nr_rc" ;;
    esac
    nr_names_asked=''
}
nr_names_end() {
    nr_slept=0
    while [ $nr_slept -lt 100 ]; do
        [ ! -e "$nr_dir/names.rc" ] || return 0
        nr_pid=''
        { IFS= read -r nr_pid <"$nr_dir/names.pid"; } 2>/dev/null
        [ -z "$nr_pid" ] || kill -9 "$nr_pid" 2>/dev/null
        nr_ms=20; nr_nap 0.02; nr_slept=$((nr_slept + nr_ms))
    done
    { mkdir -p "${nr_names_left%/*}" && echo "$nr_pid" >"$nr_names_left"; } 2>/dev/null
}
# `UID namespace name`, from the indented JSON of crictl (only what stands in an object "metadata": an annotation may
# have any name, but is one line of text) or from the four columns of kubectl.
nr_names_lines() {
    awk '
        function tell(uid, namespace, name) {
            if (uid == "" || namespace == "" || name == "" || (uid namespace name) ~ /[^A-Za-z0-9.-]/) return
            if (length(uid namespace name) > 600 || uid in told || count++ >= 2000) return
            told[uid] = 1; print " " uid, namespace, name
        }
        /^ *"metadata": *[{]$/ { inside = 1; split("", is); next }
        inside && /^ *[}]/ { inside = 0; tell(is["uid"], is["namespace"], is["name"]); next }
        inside && split($0, part, "\"") == 5 { is[part[2]] = part[4]; next }
        /^[0-9a-f]/ && NF == 4 { tell($1, $3, $4); tell($2, $3, $4) }' "$nr_dir/names"
}
