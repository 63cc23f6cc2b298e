# SPDX-License-Identifier: Apache-2.0
# A restart at the bucket does not find the error that began it, and a client does not find the
# object of a restart.
if (req.http.X-Cold) {
  set req.hash += "cold";
}
