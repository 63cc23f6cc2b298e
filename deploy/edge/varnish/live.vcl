# SPDX-License-Identifier: Apache-2.0
# The cache of live streams: request rules, keys and lifetimes. Included by one-origin.vcl and
# two-origins.vcl, which define the origins. Varnish 7.1 (Debian 12). See docs/edge.md.

import std;

sub vcl_recv {
  # The origin refuses such a host: its answer must not become that of an address.
  if (req.http.Host && req.http.Host !~ "^([A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$") {
    return (synth(400));
  }
  # Varnish adds the client's address to X-Forwarded-For; this field would be the client's own.
  unset req.http.Forwarded;
  # MPDs contain the scheme and the host of the request. Both are set anew: a field that the client
  # names in Connection would be part of the key and not reach the origin.
  if (req.http.X-Forwarded-Proto == "https") {
    set req.http.X-Forwarded-Proto = "https";
  } else {
    unset req.http.X-Forwarded-Proto;
  }
  if (req.http.Host) {
    set req.http.Host = req.http.Host;
  }
  if (req.method == "OPTIONS" && req.url == "*") {
    return (synth(204));
  }
  # Escapes would hide a path from the rules below. No address of the server needs them.
  if (req.url !~ "^/" || req.url ~ "^[^?]*(%|\\|//|/\.\.?(/|\?|$))") {
    return (synth(400));
  }
  # Administration and metrics are not reachable through the edge, also not below a token.
  if (req.url ~ "^/(t/[^/?]*/)?(api|auth|console|metrics|stats|stats\.json)(/|\?|$)") {
    return (synth(404));
  }
  # Players of encrypted streams ask for keys by POST, after a preflight.
  if (req.url ~ "^(/t/[^/?]+)?/[^/?]+/clearkey(\?|$)") {
    if (req.method == "POST"
        && (std.integer(req.http.Content-Length, 4097) > 4096 || !std.cache_req_body(4KB))) {
      return (synth(413));
    }
    if (req.method ~ "^(GET|HEAD|OPTIONS|POST)$") {
      unset req.http.Cookie;
      return (pass);
    }
  }
  # The password of a viewer, and the next playback token by a cookie. Nothing else has cookies.
  if (req.url ~ "^/login(/[^/?]+)?(\?|$)") {
    if (req.method == "POST"
        && (std.integer(req.http.Content-Length, 0) > 4096 || !std.cache_req_body(4KB))) {
      return (synth(413));
    }
    if (req.method ~ "^(GET|HEAD|POST)$") {
      return (pass);
    }
  }
  unset req.http.Cookie;
  if (req.method == "OPTIONS") {
    return (synth(204));
  }
  if (req.method != "GET" && req.method != "HEAD") {
    return (synth(405));
  }
  # Clocks and probes: each client gets the origin's answer of this moment.
  if (req.url ~ "^/(t/[^/?]*/)?(time|isotime|health|ready|version)(\?|$)"
      || req.url ~ "^/(t/[^/?]*/)?([^/?]+/)?timestamps\.json(\?|$)") {
    return (pass);
  }
  # /S/auto/: the origin chooses the rendition per connection, so responses are not shared. It
  # measures this cache instead of the viewer.
  if (req.url ~ "^/(t/[^/?]*/)?(ldash/)?[^/?]+/auto/") {
    return (pass);
  }

  # The origin leads the parameters of a player to the page of a stream, and the owner of a JSON Web
  # Token to the address below his playback token.
  if (req.url ~ "^/(t/[^/?]*/)?\?" || req.url ~ "\?(.*&)?token=[^&.]+\.[^&.]+\.") {
    return (pass);
  }

  # Responses depend on two request fields: Accept under /ldash/play/, which is the page for
  # browsers and the MPD for players, and Accept-Encoding of text.
  if (req.url ~ "^/(t/[^/?]*/)?ldash/play/" && req.http.Accept ~ "text/html") {
    return (pass);
  }
  unset req.http.Accept;
  unset req.http.Authorization;
  if (req.url ~ "\.(m4s|mp4)(\?|$)") {
    unset req.http.Accept-Encoding;
  }

  # Only these parameters of playlists change a response. They are sorted; all others (CMCD, tokens)
  # are removed, because each would be another object.
  if (req.url ~ "\.m3u8\?") {
    # Directives that the server refuses: a name with an escape, in other capitals, without a value,
    # or twice.
    if (req.url ~ "\.m3u8\?(.*&)?[^&=]*[%+]"
        || req.url ~ "\.m3u8\?(.*&)?(?!_HLS_(msn|part|skip)|wait|version)(?i:_hls_(msn|part|skip)|wait|version)(=|&|$)"
        || req.url ~ "\.m3u8\?(.*&)?(_HLS_msn|_HLS_part|wait|version)=?(&|$)"
        || req.url ~ "\.m3u8\?(.*&)?(_HLS_(?:msn|part|skip)|wait|version)(=[^&]*)?&(.*&)?\2(=|&|$)") {
      return (synth(400));
    }
    set req.url = regsuball(req.url,
      "(?<=[?&])(?!(?:_HLS_msn|_HLS_part|_HLS_skip|wait|version)=)[^&]*", "");
    set req.url = regsuball(req.url, "&{2,}", "&");
    set req.url = regsub(req.url, "\?&", "?");
    set req.url = regsub(req.url, "[?&]$", "");
    set req.url = std.querysort(req.url);
  } else {
    set req.url = regsub(req.url, "\?.*$", "");
  }
  return (hash);
}

sub vcl_hash {
  hash_data(req.url);
  # MPDs contain absolute addresses of the clock, with scheme and Host of the request.
  if (req.url ~ "(\.mpd$|^/(t/[^/]*/)?ldash/)") {
    hash_data(req.http.Host);
    hash_data(req.http.X-Forwarded-Proto);
  }
  return (lookup);
}

sub vcl_backend_response {
  # Chunks of an open segment reach all its readers when they arrive.
  set beresp.do_stream = true;
  # A stale playlist is never sent.
  set beresp.grace = 0s;
  set beresp.keep = 0s;

  if (bereq.url !~ "^/login(/[^/?]+)?(\?|$)") {
    unset beresp.http.Set-Cookie;
  }
  if (bereq.uncacheable) {
    return (deliver);
  }
  if (beresp.status >= 400 && beresp.http.Cache-Control ~ "(?i)(no-store|no-cache|private)") {
    # The answer to the head of one client (RFC 9111 section 5.2.2.5).
    set beresp.ttl = 0s;
    set beresp.uncacheable = true;
  } elseif (beresp.status >= 500) {
    # Requests during an outage share one attempt in 200 ms.
    set beresp.ttl = 0.2s;
  } elseif (beresp.status == 400 || beresp.status == 404 || beresp.status == 410
      || beresp.status == 425) {
    # A name that does not exist now may exist soon: a part that was requested before its hint must
    # not be missing for the viewers that follow the hint.
    if (bereq.url ~ "\.m4s$") {
      set beresp.ttl = 0.1s;
    } else {
      set beresp.ttl = 1s;
    }
  } elseif (beresp.status >= 400) {
    set beresp.ttl = 0s;
    set beresp.uncacheable = true;
  } elseif (beresp.http.Cache-Control ~ "(?i)(no-store|no-cache|private)") {
    if (bereq.url ~ "\.m3u8(\?|$)") {
      # A poll that ended without a newer playlist. Without a lifetime, waiting polls would be
      # answered one after another.
      set beresp.ttl = 0.1s;
    } else {
      set beresp.ttl = 0s;
      set beresp.uncacheable = true;
    }
  } elseif (bereq.url ~ "/(segment[0-9]+\.m4s|init-[0-9a-f]+\.mp4)$") {
    # Viewers that go back play the segments that others have watched.
    if (beresp.ttl > 60m) {
      set beresp.ttl = 60m;
    }
  } elseif (beresp.ttl > 5m) {
    # Parts, clips and stills are seldom requested again.
    set beresp.ttl = 5m;
  }
  # Without builtin.vcl: Vary does not make a URL uncacheable.
  return (deliver);
}

sub vcl_deliver {
  unset resp.http.X-Varnish;
  unset resp.http.Via;
  if (obj.hits > 0) {
    set resp.http.X-Cache = "hit";
  } else {
    set resp.http.X-Cache = "miss";
  }
}

sub vcl_synth {
  unset resp.http.X-Varnish;
  unset resp.http.Server;
  # The fields are those of the origin's answers.
  set resp.http.Access-Control-Allow-Origin = "*";
  set resp.http.Allow = "GET, HEAD, OPTIONS";
  if (req.method == "OPTIONS") {
    set resp.http.Access-Control-Allow-Methods = "GET, HEAD, OPTIONS";
    set resp.http.Access-Control-Allow-Headers =
      "Range, Authorization, CMCD-Request, CMCD-Object, CMCD-Status, CMCD-Session";
    set resp.http.Access-Control-Max-Age = "86400";
  } else {
    set resp.http.Content-Type = "text/plain; charset=utf-8";
    if (resp.status == 404) {
      set resp.http.Cache-Control = "public, max-age=1";
    } else {
      # The answer to the head of one client.
      set resp.http.Cache-Control = "no-store";
    }
    synthetic(resp.status + " " + resp.reason);
  }
  return (deliver);
}

sub vcl_backend_error {
  # No origin answered. Players repeat a 503 after Retry-After.
  set beresp.http.Access-Control-Allow-Origin = "*";
  set beresp.http.Content-Type = "text/plain; charset=utf-8";
  set beresp.http.Cache-Control = "public, max-age=1";
  set beresp.http.Retry-After = "1";
  set beresp.ttl = 0.2s;
  synthetic("no origin answers");
  return (deliver);
}
