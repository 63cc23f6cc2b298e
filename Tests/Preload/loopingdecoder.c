// SPDX-License-Identifier: Apache-2.0
// Preloaded: after 150 packets the decoders of a source's process never return, like a decoder
// that loops for ever on damaged media.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

struct AVCodecContext;
struct AVPacket;

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

int avcodec_send_packet(struct AVCodecContext *context, const struct AVPacket *packet) {
  static int packets;
  static int (*original)(struct AVCodecContext *, const struct AVPacket *);
  if (!original) original = dlsym(RTLD_NEXT, "avcodec_send_packet");
  if (applies && __atomic_add_fetch(&packets, 1, __ATOMIC_RELAXED) > 150)
    for (;;) __asm__ volatile("pause" ::: "memory");
  return original(context, packet);
}
