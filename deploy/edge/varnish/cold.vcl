# SPDX-License-Identifier: Apache-2.0
# A bucket as cold origin: segments and headers that the server does not have any more are those of
# --archive-objects. Included before live.vcl, by one-origin.vcl or two-origins.vcl. The bucket is
# readable from here without a key, over plain HTTP; a TLS terminator leads to another one.

backend bucket {
  .host = "127.0.0.1";
  .port = "9000";
  .connect_timeout = 2s;
  .first_byte_timeout = 20s;
}

sub vcl_recv {
  # Only restarts that vcl_deliver begins set the field.
  if (req.restarts == 0) {
    unset req.http.X-Cold;
  }
  if (req.http.X-Cold) {
    # The bucket, and the prefix of --archive-objects.
    set req.url = "/bucket/prefix" + regsub(req.url, "^/t/[^/]*", "");
    set req.backend_hint = bucket;
    set req.http.Host = "127.0.0.1:9000";
    return (hash);
  }
}

sub vcl_hash {
  # A request of a client for such a path does not find the object of a restart.
  if (req.http.X-Cold) {
    hash_data("cold");
  }
}

sub vcl_deliver {
  if (req.restarts == 0 && (resp.status == 404 || resp.status == 410)
      && req.url ~ "^/[^?]*/(segment[0-9]+\.m4s|init-[0-9a-f]{8}\.mp4)$") {
    set req.http.X-Cold = "1";
    return (restart);
  }
  if (req.http.X-Cold) {
    # Pages of other origins read the media, as from the server.
    set resp.http.Access-Control-Allow-Origin = "*";
    set resp.http.X-Cold = "1";
  }
}
