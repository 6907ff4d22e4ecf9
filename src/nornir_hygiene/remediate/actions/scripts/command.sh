# nr_action_command UNCHANGED PROGRAM WORD…: run it with exactly these words. UNCHANGED: exit statuses, between commas.
#
# What it says on stderr is read as it comes, so that it never waits for us, and only the beginning is kept. What it
# leaves behind in the background may go on talking: nobody waits for that.
nr_action_command() {
    nr_nothing_to_do=$1
    shift
    if [ ! -f "$1" ] || [ ! -x "$1" ]; then
        nr_say refused "there is no program $1 here"
        return
    fi
    mkfifo "$nr_receipt/stderr" || {
        nr_say failed 'no pipe can be made in /run'
        return
    }
    # A program of its own: a part of this shell would hold our output open for as long as anybody talks.
    sh -c 'head -c 2000; cat >/dev/null' <"$nr_receipt/stderr" >"$nr_receipt/words" &
    nr_reader=$!
    (
        trap - PIPE
        umask 022
        exec timeout -s KILL "$nr_seconds" "$@" >/dev/null 2>"$nr_receipt/stderr"
    )
    nr_rc=$?
    for _ in 1 2 3 4 5; do # the reader ends with the last one who writes
        kill -0 "$nr_reader" 2>/dev/null || break
        sleep 0.1
    done
    nr_tell_status "$1"
}

# nr_tell_status PROGRAM: timeout(1) and a killed program end with 128 and the signal; busybox's with 143 for any.
nr_tell_status() {
    nr_words=$(head -n 3 "$nr_receipt/words" | tr '\n' ' ' | sed 's/ *$//')
    case $nr_rc in
    0) nr_say changed "$1 ended with status 0" ;;
    137 | 143) nr_say failed "$1 was killed, after $nr_seconds s at the latest: $nr_words" ;;
    *)
        case ,$nr_nothing_to_do, in
        *,"$nr_rc",*) nr_say unchanged "$1 ended with status $nr_rc, which means that there was nothing to do" ;;
        *) nr_say failed "$1 ended with status $nr_rc: $nr_words" ;;
        esac
        ;;
    esac
}
