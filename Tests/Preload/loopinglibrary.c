// SPDX-License-Identifier: Apache-2.0
// Preloaded: after AFTER calls the function FUNCTION of a source's process never returns, like a
// decoder or demuxer that loops for ever on damaged media.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static int is_source_process(void) {
  char line[256];
  FILE *file = fopen("/proc/self/cmdline", "r");
  if (!file) return 0;
  size_t count = fread(line, 1, sizeof line, file);
  fclose(file);
  return memmem(line, count, "--source-process", 16) != NULL;
}

static int applies;

// Before the sandbox, which forbids files.
__attribute__((constructor)) static void start(void) { applies = is_source_process(); }

#define NAME(function) #function
#define TEXT(function) NAME(function)

int FUNCTION(void *context, void *packet) {
  static int calls;
  static int (*original)(void *, void *);
  if (!original) original = dlsym(RTLD_NEXT, TEXT(FUNCTION));
  if (applies && __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED) > AFTER)
    for (;;) __asm__ volatile("pause" ::: "memory");
  return original(context, packet);
}
