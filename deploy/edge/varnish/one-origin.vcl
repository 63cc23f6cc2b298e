vcl 4.1;
# SPDX-License-Identifier: Apache-2.0
# A cache in front of one origin. Debian's unit with varnish.service.d/streamer.conf starts it, or:
#
#   varnishd -a 127.0.0.1:6081 -f /etc/streamer/edge/varnish/one-origin.vcl -s malloc,1g \
#     -p default_ttl=0 -p default_grace=0 -p backend_idle_timeout=50 \
#     -p thread_pools=2 -p thread_pool_min=100 -p thread_pool_max=5000
#
# -a 127.0.0.1:6081 is for a terminator on this machine, such as nginx. -a :6081 is for viewers that
# reach Varnish itself; never with --checking-proxy, since they would play without a token.
# default_ttl=0: a response without a lifetime is not kept. thread_pool_max: a held request has no
# thread, a response in progress has one per client.

backend origin {
  .host = "127.0.0.1";
  .port = "8080";
  .connect_timeout = 1s;
  # Above the longest hold: the origin answers 503 after three target durations, and holds requests
  # for at most 8 s while a stream starts.
  .first_byte_timeout = 20s;
  # Above the longest time between two chunks of an open segment.
  .between_bytes_timeout = 10s;
  .max_connections = 2000;
}

# A bucket with the past: see docs/cdn.md.
# include "./cold.vcl";
include "./live.vcl";
