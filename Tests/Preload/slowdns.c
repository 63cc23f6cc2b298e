// SPDX-License-Identifier: Apache-2.0
// A preload: host names that contain "slow" are resolved after 30 s, without result.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **result) {
  static int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
  if (node && strstr(node, "slow")) {
    sleep(30);
    return EAI_AGAIN;
  }
  if (!next) next = dlsym(RTLD_NEXT, "getaddrinfo");
  return next(node, service, hints, result);
}
