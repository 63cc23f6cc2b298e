// SPDX-License-Identifier: Apache-2.0
// Preloaded: encoding a frame of 322 pixels in width takes 80 ms, without a processor.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <libavcodec/avcodec.h>
#include <time.h>

int avcodec_send_frame(AVCodecContext *context, const AVFrame *frame) {
  static int (*original)(AVCodecContext *, const AVFrame *);
  if (!original) original = dlsym(RTLD_NEXT, "avcodec_send_frame");
  const struct timespec pause = {0, 80 * 1000 * 1000};
  if (frame && frame->width == 322) nanosleep(&pause, NULL);
  return original(context, frame);
}
