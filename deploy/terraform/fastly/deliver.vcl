# SPDX-License-Identifier: Apache-2.0
# Segments and headers that the server does not have any more are those of the bucket.
if (req.restarts == 0 && (resp.status == 404 || resp.status == 410)
    && req.url.path ~ "^/.*/(segment[0-9]+\.m4s|init-[0-9a-f]+\.mp4)$") {
  set req.http.X-Cold = "1";
  restart;
}
if (req.http.X-Cold) {
  set resp.http.Access-Control-Allow-Origin = "*";
}
