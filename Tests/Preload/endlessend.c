// SPDX-License-Identifier: Apache-2.0
// Preloaded: the end of the program does not return, as if a thread waited for ever. Processes
// of sources end as usual.

#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <unistd.h>

__attribute__((destructor)) static void end(void) {
  char line[256];
  FILE *file = fopen("/proc/self/cmdline", "r");
  if (!file) return;
  size_t count = fread(line, 1, sizeof line, file);
  fclose(file);
  if (memmem(line, count, "--http-port", 11) == NULL) return;
  for (;;) pause();
}
