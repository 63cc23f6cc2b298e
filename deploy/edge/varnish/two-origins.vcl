vcl 4.1;
# SPDX-License-Identifier: Apache-2.0
# A cache in front of two origins with the same streams: one is used until it fails. Start as
# one-origin.vcl. Both origins number segments by the wall clock (--numbering epoch, the default), so
# that a name denotes the same time on both; their clocks must be synchronised.

import directors;

# 200 while the newest part is younger than three parts: a frozen or stalled origin fails.
probe ready {
  .url = "/ready";
  .interval = 0.2s;
  .timeout = 0.5s;
  .window = 5;
  .threshold = 3;
  .initial = 3;
}

backend a {
  .host = "127.0.0.1";
  .port = "8080";
  .connect_timeout = 0.5s;
  .max_connections = 2000;
  .probe = ready;
}

backend b {
  .host = "127.0.0.1";
  .port = "8081";
  .connect_timeout = 0.5s;
  .max_connections = 2000;
  .probe = ready;
}

sub vcl_init {
  # sticky: an origin that returns waits for its turn, because a change of origin is a change of
  # encoder, which costs a group of pictures.
  new origins = directors.fallback(sticky = true);
  origins.add_backend(a);
  origins.add_backend(b);
}

sub vcl_recv {
  set req.backend_hint = origins.backend();
  # The page repeats a request whose response was cut, as below by between_bytes_timeout. The object
  # is another one: the former may still be one that a frozen origin has begun.
  unset req.http.X-Repeat;
  if (req.url ~ "/segment[0-9]+\.m4s\?repeat$") {
    set req.http.X-Repeat = "1";
  }
}

sub vcl_hash {
  if (req.http.X-Repeat) {
    hash_data("repeat");
  }
}

sub vcl_backend_fetch {
  if (bereq.retries == 0) {
    set bereq.backend = origins.backend();
  }
  # A part, or a playlist that waits for one, comes after a part duration (default 0.1 s). Longer
  # silence is a frozen origin. Raise this with --part-duration: two parts and 0.2 s.
  if (bereq.url ~ "(\.m4s$|_HLS_part=)" && bereq.url !~ "/segment[0-9]+\.m4s$") {
    set bereq.first_byte_timeout = 0.3s;
  } elseif (bereq.retries == 0 && bereq.http.X-Repeat) {
    # The origin was silent just now. The other one holds a request for a segment that begins soon.
    set bereq.first_byte_timeout = 0.15s;
  } elseif (bereq.retries == 0 && bereq.url ~ "/segment[0-9]+\.m4s$") {
    # The open segment is there at once. One that begins soon may also come from the other origin,
    # which holds the request for the rest of the time. Players of open segments request the next
    # one early: with --segment-duration above 2, a fifth of a segment and 0.2 s.
    set bereq.first_byte_timeout = 0.6s;
  } else {
    # A segment is held for at most two segment durations (1 to 4 s), a playlist that waits for a
    # segment for one. With --segment-duration above 1: two segments and 0.5 s.
    set bereq.first_byte_timeout = 2.5s;
  }
  # Chunks of an open segment come with every frame. Longer silence is a frozen origin, as above;
  # with fewer than 10 frames per second: three frames.
  set bereq.between_bytes_timeout = 0.3s;
}

sub use_other_origin {
  if (beresp.backend == a) {
    set bereq.backend = b;
  } else {
    set bereq.backend = a;
  }
}

sub vcl_backend_response {
  # An origin that leaves refuses what the other one continues, until it is known as not ready.
  if (beresp.status == 503 && bereq.retries == 0) {
    call use_other_origin;
    return (retry);
  }
}

sub vcl_backend_error {
  # The origin died or was silent while it held the request: the other one has the same name.
  if (bereq.retries < 2) {
    call use_other_origin;
    return (retry);
  }
}

include "./live.vcl";
