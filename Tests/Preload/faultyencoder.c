// SPDX-License-Identifier: Apache-2.0
// Preloaded: the thread of an encoder writes to no memory, once for each time that the file MARK is
// created.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <unistd.h>

struct AVCodecContext;
struct AVFrame;

int avcodec_send_frame(struct AVCodecContext *context, const struct AVFrame *frame) {
  static int (*original)(struct AVCodecContext *, const struct AVFrame *);
  if (!original) *(void **)&original = dlsym(RTLD_NEXT, "avcodec_send_frame");
  if (unlink(MARK) == 0) *(volatile int *)NULL = 1;
  return original(context, frame);
}
