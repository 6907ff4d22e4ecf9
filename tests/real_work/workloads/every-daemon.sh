#!/bin/sh
# A server with every usual daemon at PPID 1, and people on it: sessions that ended and left jobs, terminals, user units.
# packages: cron rsyslog chrony polkitd exim4-daemon-light smartmontools network-manager unattended-upgrades snmpd
# packages: prometheus-node-exporter avahi-daemon cups at tmux screen irqbalance lldpd dnsmasq-base bind9 samba
# packages: haproxy memcached fail2ban collectd-core munin-node zabbix-agent udisks2 packagekit rpcbind nfs-common autofs
# packages: nscd acpid haveged supervisor monit xinetd mosquitto rabbitmq-server slapd vsftpd openvpn keepalived stunnel4
# packages: tftpd-hpa dnsmasq squid privoxy openssh-client bluez upower modemmanager accountsservice rng-tools5 ulogd2
# programs: cron rsyslogd chronyd polkitd exim4 snmpd avahi-daemon cupsd atd screen NetworkManager named squid udisksd
# programs: prometheus-node unattended-upgr dbus-daemon lldpd automount top
set -e

prepare() {
    sed -i 's/^\* \* \* \* \*//' /etc/crontab
    echo '* * * * * root find / -xdev -name "*.conf" | xargs -n 5 md5sum >/dev/null 2>&1' >>/etc/crontab
    useradd --create-home --shell /bin/bash ann
    mkdir -p /home/ann/.ssh && cp /root/.ssh/authorized_keys /home/ann/.ssh/ && chown -R ann: /home/ann/.ssh
}

work() {
    # Jobs as people leave them: behind nohup, disowned, with setsid, in tmux and in screen, one per session.
    as_ann() { ssh -o BatchMode=yes ann@localhost "$@"; }
    as_ann 'nohup sleep 4000 >/dev/null 2>&1 &'
    as_ann 'bash -c "sleep 4001 & disown" >/dev/null 2>&1'
    as_ann 'nohup sh -c "while :; do date; sleep 0.2; done" >log 2>&1 </dev/null &'
    as_ann 'setsid -f sleep 4002 >/dev/null 2>&1'
    as_ann 'tmux new-session -d "top -b -d 1 >/dev/null"; tmux new-window "vi notes"'
    as_ann 'screen -dmS long sh -c "while :; do ls -lR /usr/lib >/dev/null; done"'
    as_ann 'echo "sleep 500" | at now'
    as_ann 'systemd-run --user --quiet sleep 4003'
    for _ in 1 2 3; do as_ann -f 'sleep 900'; done
    (while :; do as_ann 'sleep 0.5; ls -l /' >/dev/null; done) &
    touch /run/at-work
    while :; do
        logger -t workload 'a line'
        echo 'a letter' | /usr/sbin/sendmail ann@localhost || true
        systemctl list-units --all >/dev/null
        sleep 0.3
    done
}

"$@"
