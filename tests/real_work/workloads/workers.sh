#!/bin/sh
# Application servers that fork: gunicorn, uWSGI and Celery with pools of workers that end and are replaced all the time.
# packages: gunicorn uwsgi-core uwsgi-plugin-python3 python3-celery python3-redis redis-server apache2-utils
# programs: gunicorn uwsgi python3 redis-server ab
set -e

prepare() {
    mkdir -p /srv/app && cd /srv/app
    cat >web.py <<'PY'
import subprocess

def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [subprocess.run(["df"], capture_output=True).stdout]
PY
    cat >jobs.py <<'PY'
import os
import subprocess

from celery import Celery

app = Celery("jobs", broker="redis://localhost")

@app.task
def count(folder):
    return len(os.listdir(folder)) + len(subprocess.run(["sh", "-c", "ls -R /etc | wc -l"], capture_output=True).stdout)
PY
}

work() {
    cd /srv/app
    gunicorn --workers 4 --max-requests 50 --bind 127.0.0.1:8001 --log-level error web:application &
    uwsgi --plugin python3 --http-socket 127.0.0.1:8002 --master --processes 4 --max-requests 50 --wsgi-file web.py \
        --disable-logging &
    python3 -m celery -A jobs worker --concurrency 4 --max-tasks-per-child 20 --loglevel ERROR &
    sleep 3
    touch /run/at-work
    while :; do
        python3 -c 'import jobs; [jobs.count.delay("/etc") for _ in range(200)]'
        ab -q -r -n 400 -c 8 http://127.0.0.1:8001/ || true
        ab -q -r -n 400 -c 8 http://127.0.0.1:8002/ || true
    done
}

"$@"
