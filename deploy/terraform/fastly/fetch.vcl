# SPDX-License-Identifier: Apache-2.0
# Chunks of an open segment reach all viewers when they arrive.
set beresp.do_stream = true;
# A stale playlist is never sent.
set beresp.stale_while_revalidate = 0s;
set beresp.stale_if_error = 0s;
if (beresp.status >= 400 && beresp.http.Cache-Control ~ "(no-store|no-cache|private)") {
  # The answer to the head of one client (RFC 9111 section 5.2.2.5). return(pass) would mark the
  # key, so that no requests for it are combined.
  set beresp.ttl = 0s;
  set beresp.cacheable = false;
  return(deliver);
}
if (beresp.status >= 400) {
  # A name that does not exist now may exist soon.
  set beresp.ttl = 1s;
  set beresp.cacheable = true;
  return(deliver);
}
