// SPDX-License-Identifier: Apache-2.0
// Preloaded: the buffers of sockets for sent bytes are small, so that a sender soon waits.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/socket.h>

int setsockopt(int fd, int level, int name, const void *value, socklen_t size) {
  static int (*original)(int, int, int, const void *, socklen_t);
  if (!original) original = dlsym(RTLD_NEXT, "setsockopt");
  const int small = 65536;
  if (level == SOL_SOCKET && name == SO_SNDBUF)
    return original(fd, level, name, &small, sizeof small);
  return original(fd, level, name, value, size);
}
