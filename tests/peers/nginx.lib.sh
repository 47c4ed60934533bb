# SPDX-License-Identifier: BSD-2-Clause
# An nginx of our own with files of random bytes, on port 80.
start_nginx() {
	mkdir -p "$work/www"
	head -c 10000000 /dev/urandom >"$work/www/10m"
	head -c 1000000 "$work/www/10m" >"$work/www/1m"
	head -c 20000 "$work/www/10m" >"$work/www/20k"
	cat >"$work/nginx.conf" <<-END
		daemon off;
		pid $work/nginx.pid;
		error_log $work/nginx.error;
		worker_processes 1;
		events { worker_connections 256; }
		http {
			access_log off;
			sendfile on;
			keepalive_timeout 60;
			server { listen 80; listen [::]:80; root $work/www; }
		}
	END
	serve 80 nginx -c "$work/nginx.conf" -e "$work/nginx.error"
}
