#!/bin/sh
# In nginx's container, before it starts: the same configuration, with the containers' names.
set -eu
sed -e 's/server 127\.0\.0\.1:8000 /server web-1:8000 /' \
    -e 's/server 127\.0\.0\.1:8001 /server web-2:8000 /' \
    /etc/alongside/alongside.conf >/etc/nginx/conf.d/default.conf
mkdir -p /var/cache/nginx/alongside
