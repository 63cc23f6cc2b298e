// SPDX-License-Identifier: Apache-2.0
// Preloaded: the processes of sources are refused setpriority, as by a service of systemd.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

static int applies;

__attribute__((constructor)) static void start(void) {
  char line[256];
  FILE *file = fopen("/proc/self/cmdline", "r");
  if (!file) return;
  size_t count = fread(line, 1, sizeof line, file);
  fclose(file);
  applies = memmem(line, count, "--source-process", 16) != NULL;
}

int setpriority(__priority_which_t which, id_t who, int value) {
  static int (*original)(__priority_which_t, id_t, int);
  if (!original) original = dlsym(RTLD_NEXT, "setpriority");
  if (!applies) return original(which, who, value);
  errno = EPERM;
  return -1;
}
