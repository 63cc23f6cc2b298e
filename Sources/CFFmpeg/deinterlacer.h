// SPDX-License-Identifier: Apache-2.0
// The filter bwdif of libavfilter, which is loaded on use and not linked.
#ifndef CFFMPEG_DEINTERLACER_H
#define CFFMPEG_DEINTERLACER_H

#include <dlfcn.h>
#include <libavutil/avutil.h>
#include <libavutil/frame.h>
#include <libavutil/opt.h>
#include <stdio.h>
#include <stdlib.h>

/// A filter graph that deinterlaces frames of one size and format.
///
/// The library is loaded with dlopen: it needs dozens of others, which only interlaced video is
/// worth. Its functions are declared here; their types are opaque.
typedef struct cff_deinterlacer {
  void *graph, *source, *sink;
  int (*add)(void *, AVFrame *, int);
  int (*get)(void *, AVFrame *);
  void (*release)(void **);
} cff_deinterlacer;

/// Loads the library that belongs to the linked libavutil, once per process; NULL if the machine
/// has none.
static inline void *cff_filter_library(void) {
  char name[32];
  snprintf(name, sizeof name, "libavfilter.so.%d", (int)(avutil_version() >> 16) - 49);
  return dlopen(name, RTLD_LAZY | RTLD_LOCAL);
}

/// Whether the machine has the library.
static inline int cff_can_deinterlace(void) { return cff_filter_library() != NULL; }

static inline void cff_deinterlacer_free(cff_deinterlacer *d) {
  if (!d) return;
  if (d->graph) d->release(&d->graph);
  free(d);
}

/// A deinterlacer of frames like `f`; NULL if the library is missing or refuses them.
///
/// It returns a frame for each frame, one frame later; progressive frames as they are.
static inline cff_deinterlacer *cff_deinterlacer_new(const AVFrame *f) {
  void *library = cff_filter_library();
  if (!library) return NULL;
  void *(*alloc)(void) = (void *(*)(void))dlsym(library, "avfilter_graph_alloc");
  const void *(*by_name)(const char *) =
      (const void *(*)(const char *))dlsym(library, "avfilter_get_by_name");
  int (*create)(void **, const void *, const char *, const char *, void *, void *) =
      (int (*)(void **, const void *, const char *, const char *, void *, void *))dlsym(
          library, "avfilter_graph_create_filter");
  int (*connect)(void *, unsigned, void *, unsigned) =
      (int (*)(void *, unsigned, void *, unsigned))dlsym(library, "avfilter_link");
  int (*configure)(void *, void *) =
      (int (*)(void *, void *))dlsym(library, "avfilter_graph_config");
  cff_deinterlacer *d = (cff_deinterlacer *)calloc(1, sizeof *d);
  if (!d) return NULL;
  d->add = (int (*)(void *, AVFrame *, int))dlsym(library, "av_buffersrc_add_frame_flags");
  d->get = (int (*)(void *, AVFrame *))dlsym(library, "av_buffersink_get_frame");
  d->release = (void (*)(void **))dlsym(library, "avfilter_graph_free");
  int has_all = alloc && by_name && create && connect && configure && d->add && d->get;
  if (!has_all || !d->release || !(d->graph = alloc())) {
    free(d);
    return NULL;
  }
  AVRational a = f->sample_aspect_ratio;
  char args[160];
  snprintf(args, sizeof args,
           "video_size=%dx%d:pix_fmt=%d:time_base=1/1000000000:pixel_aspect=%d/%d", f->width,
           f->height, f->format, a.num > 0 && a.den > 0 ? a.num : 0, a.den > 0 ? a.den : 1);
  void *filter = NULL;
  av_opt_set_int(d->graph, "threads", 1, 0);
  if (create(&d->source, by_name("buffer"), "in", args, NULL, d->graph) < 0 ||
      create(&filter, by_name("bwdif"), "bwdif", "mode=send_frame:parity=auto:deint=interlaced",
             NULL, d->graph) < 0 ||
      create(&d->sink, by_name("buffersink"), "out", NULL, NULL, d->graph) < 0 ||
      connect(d->source, 0, filter, 0) < 0 || connect(filter, 0, d->sink, 0) < 0 ||
      configure(d->graph, NULL) < 0) {
    cff_deinterlacer_free(d);
    return NULL;
  }
  return d;
}

/// Adds a frame, which stays the caller's; NULL for the end.
static inline int cff_deinterlacer_add(cff_deinterlacer *d, AVFrame *f) {
  return d->add(d->source, f, 8);  // AV_BUFFERSRC_FLAG_KEEP_REF
}

/// Takes the next frame into `to`; an error if another one must be added first.
static inline int cff_deinterlacer_get(cff_deinterlacer *d, AVFrame *to) {
  return d->get(d->sink, to);
}

#endif
