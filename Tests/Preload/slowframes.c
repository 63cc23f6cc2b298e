// SPDX-License-Identifier: Apache-2.0
// Preloaded: encoding a frame takes longer, without a processor, while SLOW_FRAMES names a file
// with lines of a bitrate in kbit/s and the milliseconds for each frame of the encoder with it.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <libavcodec/avcodec.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static long pause_of(long kilobits) {
  const char *path = getenv("SLOW_FRAMES");
  FILE *file = path ? fopen(path, "r") : NULL;
  if (!file) return 0;
  long slow = 0, milliseconds = 0, found = 0;
  while (fscanf(file, "%ld %ld", &slow, &milliseconds) == 2) {
    if (slow == kilobits) found = milliseconds;
  }
  fclose(file);
  return found;
}

int avcodec_send_frame(AVCodecContext *context, const AVFrame *frame) {
  static int (*original)(AVCodecContext *, const AVFrame *);
  if (!original) original = dlsym(RTLD_NEXT, "avcodec_send_frame");
  const long pause = frame ? pause_of(context->bit_rate / 1000) : 0;
  const struct timespec time = {pause / 1000, pause % 1000 * 1000 * 1000};
  if (pause > 0) nanosleep(&time, NULL);
  return original(context, frame);
}
