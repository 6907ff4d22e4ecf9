#!/bin/sh
# nginx before Apache with CGI and PHP, both under ab: pools of workers, and a process per request.
# packages: nginx-light apache2 apache2-utils libapache2-mod-php php-fpm
# programs: nginx apache2 php-fpm8.2 ab
set -e

prepare() {
    sed -i 's/^Listen 80$/Listen 8080/' /etc/apache2/ports.conf
    sed -i 's/:80>/:8080>/' /etc/apache2/sites-available/000-default.conf
    a2enmod -q cgi
    printf '#!/bin/sh\necho Content-Type: text/plain\necho\nls -lR /usr/share/apache2\n' >/usr/lib/cgi-bin/list
    chmod 755 /usr/lib/cgi-bin/list
    echo '<?php echo md5(str_repeat(php_uname(), 100000));' >/var/www/html/sum.php
    head -c 1000000 /dev/urandom >/var/www/html/blob
}

work() {
    systemctl start nginx apache2 php8.2-fpm
    touch /run/at-work
    while :; do
        ab -q -n 2000 -c 50 http://localhost/blob &
        ab -q -n 300 -c 10 http://localhost:8080/cgi-bin/list
        ab -q -n 2000 -c 20 http://localhost:8080/sum.php
        wait
    done
}

"$@"
