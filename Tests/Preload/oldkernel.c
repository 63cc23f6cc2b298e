// SPDX-License-Identifier: Apache-2.0
// Preloaded: in the processes of sources the kernel has neither Landlock nor seccomp.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static int applies;

__attribute__((constructor)) static void start(void) {
  char line[256];
  FILE *file = fopen("/proc/self/cmdline", "r");
  if (!file) return;
  size_t count = fread(line, 1, sizeof line, file);
  fclose(file);
  applies = memmem(line, count, "--source-process", 16) != NULL;
}

long syscall(long number, ...) {
  static long (*original)(long, ...);
  if (!original) original = dlsym(RTLD_NEXT, "syscall");
  if (applies && (number == SYS_landlock_create_ruleset || number == SYS_seccomp)) {
    errno = ENOSYS;
    return -1;
  }
  long values[6];
  va_list list;
  va_start(list, number);
  for (int i = 0; i < 6; i++) values[i] = va_arg(list, long);
  va_end(list);
  return original(number, values[0], values[1], values[2], values[3], values[4], values[5]);
}

int prctl(int option, ...) {
  static int (*original)(int, ...);
  if (!original) original = dlsym(RTLD_NEXT, "prctl");
  if (applies && (option == PR_SET_SECCOMP || option == PR_GET_SECCOMP)) {
    errno = EINVAL;
    return -1;
  }
  unsigned long values[4];
  va_list list;
  va_start(list, option);
  for (int i = 0; i < 4; i++) values[i] = va_arg(list, unsigned long);
  va_end(list);
  return original(option, values[0], values[1], values[2], values[3]);
}
