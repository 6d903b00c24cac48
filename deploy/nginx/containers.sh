#!/bin/sh
# In nginx's container, before it starts: the same configuration, with the containers' names, which are
# looked up again when a container was made anew; its logs go where a container's logs go.
set -eu
sed -e 's/server 127\.0\.0\.1:8000 /server web-1:8000 resolve /' \
    -e 's/server 127\.0\.0\.1:8001 /server web-2:8000 resolve /' \
    -e 's/zone alongside 64k;/zone alongside 64k; resolver 127.0.0.11 valid=5s;/' \
    -e 's|/var/log/nginx/alongside\.log|/dev/stdout|' \
    -e 's|/var/log/nginx/alongside\.error\.log|/dev/stderr|' \
    /etc/alongside/alongside.conf >/etc/nginx/conf.d/default.conf
# The image is made for a thousand connections; a phone is two here.
sed -i 's/worker_connections .*;/worker_connections 65536;/' /etc/nginx/nginx.conf
grep -q worker_rlimit_nofile /etc/nginx/nginx.conf ||
    sed -i '1i worker_rlimit_nofile 131072;' /etc/nginx/nginx.conf
mkdir -p /var/cache/nginx/alongside
