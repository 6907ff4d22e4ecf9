#!/bin/sh
# A mail server with its queue full: Postfix with a process per task, Dovecot behind it, deliveries through a pipe.
# packages: postfix dovecot-imapd dovecot-lmtpd procmail
# programs: master qmgr smtpd cleanup local procmail dovecot
set -e

prepare() {
    postconf -e 'mailbox_command = /usr/bin/procmail -a "$EXTENSION"' 'inet_interfaces = loopback-only' 'inet_protocols = ipv4'
    postconf -e 'myhostname = localhost' 'mydestination = localhost' 'smtpd_recipient_restrictions = permit_mynetworks,reject'
    for user in ann bob eve; do useradd --create-home "$user"; done
    systemctl disable postfix.service
}

work() {
    systemctl start postfix dovecot
    touch /run/at-work
    while :; do
        for user in ann bob eve; do
            smtp-source -s 10 -m 200 -l 20000 -f ann@localhost -t "$user@localhost" 127.0.0.1:25
        done
        doveadm fetch -u ann 'uid size.virtual' all >/dev/null 2>&1 || true
        doveadm expunge -A mailbox INBOX all 2>/dev/null || true
        truncate -s 0 /var/mail/*
    done
}

"$@"
