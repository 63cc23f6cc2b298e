// SPDX-License-Identifier: Apache-2.0
// FFmpeg for Swift: its headers, and functions and typed constants in place of the macros
// that the importer cannot read.
#ifndef CFFMPEG_H
#define CFFMPEG_H

#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/channel_layout.h>
#include <libavutil/display.h>
#include <libavutil/dovi_meta.h>
#include <libavutil/imgutils.h>
#include <libavutil/log.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswresample/swresample.h>
#include <libswscale/swscale.h>

#include "deinterlacer.h"

static const int64_t CFF_NOPTS = AV_NOPTS_VALUE;

enum : int {
  CFF_EOF = AVERROR_EOF,
  CFF_EIO = AVERROR(EIO),
  CFF_EAGAIN = AVERROR(EAGAIN),
  CFF_ENOMEM = AVERROR(ENOMEM),
  CFF_EXIT = AVERROR_EXIT,
  CFF_TIMEDOUT = AVERROR(ETIMEDOUT),
  CFF_UNAUTHORIZED = AVERROR_HTTP_UNAUTHORIZED,
  CFF_FORBIDDEN = AVERROR_HTTP_FORBIDDEN,
  CFF_INVALID = AVERROR_INVALIDDATA,
#ifdef AV_PROFILE_AAC_LOW  // FFmpeg 6.1
  CFF_PROFILE_AAC_LOW = AV_PROFILE_AAC_LOW
#else
  CFF_PROFILE_AAC_LOW = FF_PROFILE_AAC_LOW
#endif
};

/// The wall clock of a packet's sender in microseconds since 1970; CFF_NOPTS if it is unknown.
static inline int64_t cff_sender_time(const AVPacket *p) {
  size_t size = 0;
  const uint8_t *data = av_packet_get_side_data(p, AV_PKT_DATA_PRFT, &size);
  return data && size >= sizeof(AVProducerReferenceTime)
             ? ((const AVProducerReferenceTime *)data)->wallclock
             : AV_NOPTS_VALUE;
}

/// The pixel formats that an encoder accepts, ended by AV_PIX_FMT_NONE; NULL if it has no list.
static inline const enum AVPixelFormat *cff_pixel_formats(const AVCodec *codec) {
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(61, 13, 100)  // FFmpeg 7.1
  const void *list = NULL;
  int count = 0;
  if (avcodec_get_supported_config(NULL, codec, AV_CODEC_CONFIG_PIX_FORMAT, 0, &list, &count) < 0)
    return NULL;
  return (const enum AVPixelFormat *)list;
#else
  return codec->pix_fmts;
#endif
}

/// The clockwise rotation of a stream's frames for display, in degrees; 0 if it is not declared.
static inline double cff_stream_rotation(const AVStream *s) {
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 31, 102)  // FFmpeg 6.1
  const AVPacketSideData *matrix =
      av_packet_side_data_get(s->codecpar->coded_side_data, s->codecpar->nb_coded_side_data,
                              AV_PKT_DATA_DISPLAYMATRIX);
  const uint8_t *data = matrix ? matrix->data : NULL;
  size_t size = matrix ? matrix->size : 0;
#else
  size_t size = 0;
  const uint8_t *data = av_stream_get_side_data(s, AV_PKT_DATA_DISPLAYMATRIX, &size);
#endif
  if (!data || size < 9 * sizeof(int32_t)) return 0;
  double degrees = -av_display_rotation_get((const int32_t *)data);
  return degrees == degrees ? degrees : 0;
}

/// Writes the Dolby Vision configuration of a stream as its record of 24 bytes; 0 if it has none.
static inline int cff_stream_dolby_vision(const AVStream *s, uint8_t *record) {
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 31, 102)  // FFmpeg 6.1
  const AVPacketSideData *side =
      av_packet_side_data_get(s->codecpar->coded_side_data, s->codecpar->nb_coded_side_data,
                              AV_PKT_DATA_DOVI_CONF);
  const uint8_t *data = side ? side->data : NULL;
  size_t size = side ? side->size : 0;
#else
  size_t size = 0;
  const uint8_t *data = av_stream_get_side_data(s, AV_PKT_DATA_DOVI_CONF, &size);
#endif
  const AVDOVIDecoderConfigurationRecord *c = (const AVDOVIDecoderConfigurationRecord *)data;
  if (!data || size < sizeof *c) return 0;
  memset(record, 0, 24);
  record[0] = c->dv_version_major;
  record[1] = c->dv_version_minor;
  record[2] = (uint8_t)(c->dv_profile << 1 | (c->dv_level >> 5 & 1));
  record[3] = (uint8_t)(c->dv_level << 3 | (c->rpu_present_flag != 0) << 2 |
                        (c->el_present_flag != 0) << 1 | (c->bl_present_flag != 0));
  record[4] = (uint8_t)(c->dv_bl_signal_compatibility_id << 4);
#if LIBAVUTIL_VERSION_MAJOR >= 60  // FFmpeg 8.0
  record[4] |= (uint8_t)((c->dv_md_compression & 3) << 2);
#endif
  return 24;
}

/// Declares the clockwise rotation of a stream's frames for display, in degrees.
static inline int cff_set_stream_rotation(AVStream *s, double degrees) {
  size_t size = 9 * sizeof(int32_t);
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 31, 102)  // FFmpeg 6.1
  AVPacketSideData *matrix =
      av_packet_side_data_new(&s->codecpar->coded_side_data, &s->codecpar->nb_coded_side_data,
                              AV_PKT_DATA_DISPLAYMATRIX, size, 0);
  uint8_t *data = matrix ? matrix->data : NULL;
#else
  uint8_t *data = av_stream_new_side_data(s, AV_PKT_DATA_DISPLAYMATRIX, size);
#endif
  if (!data) return AVERROR(ENOMEM);
  av_display_rotation_set((int32_t *)data, degrees);
  return 0;
}

/// Opens a URL that a playlist names, if its host is the one in `opaque` of the context.
///
/// Only the URL of the input itself may be redirected: the protocol follows redirects by itself, to
/// any host.
static inline int cff_open_same_host(AVFormatContext *s, AVIOContext **pb, const char *url,
                                     int flags, AVDictionary **options) {
  AVFormatContext *fresh;
  AVDictionary *own = NULL;
  char host[256] = "";
  const char *location = strncmp(url, "crypto", 6) ? url : url + 7;
  int result = AVERROR(EACCES);
  av_url_split(0, 0, 0, 0, host, sizeof host, 0, 0, 0, location);
  if (!s->opaque || strcasecmp(host, (const char *)s->opaque)) {
    av_log(s, AV_LOG_ERROR, "a playlist refers to another host than its own\n");
    return result;
  }
  // The function of a new context is the one of the library.
  fresh = avformat_alloc_context();
  if (!fresh) return AVERROR(ENOMEM);
  if (!options) options = &own;
  if (pb != &s->pb) av_dict_set(options, "max_redirects", "0", 0);
  result = fresh->io_open(s, pb, url, flags, options);
  av_dict_free(&own);
  avformat_free_context(fresh);
  return result;
}

/// Restricts the URLs that the demuxer of `s` opens to `host`, which outlives it.
static inline void cff_restrict_host(AVFormatContext *s, char *host) {
  s->opaque = host;
  s->io_open = cff_open_same_host;
}

/// Finds out the streams of `s` by decoding their first frames, if these have at most `pixels`.
///
/// The size of a larger frame that the container declares is not changed by it.
static inline int cff_find_stream_info(AVFormatContext *s, int64_t pixels) {
  unsigned count = s->nb_streams;
  for (unsigned i = 0; i < count; i++) {
    const AVCodecParameters *p = s->streams[i]->codecpar;
    int is_picture = s->streams[i]->disposition & AV_DISPOSITION_ATTACHED_PIC;
    if (!is_picture && (int64_t)p->width * p->height > pixels) return 0;
  }
  AVDictionary **options = (AVDictionary **)av_calloc(count + 1, sizeof *options);
  if (!options) return AVERROR(ENOMEM);
  for (unsigned i = 0; i < count; i++) av_dict_set_int(&options[i], "max_pixels", pixels, 0);
  int result = avformat_find_stream_info(s, options);
  for (unsigned i = 0; i < count; i++) av_dict_free(&options[i]);
  av_free(options);
  return result;
}

/// A writer that gives packets of at most `size` bytes to `write`; NULL if no memory is available.
static inline AVIOContext *cff_packet_writer(int size, void *opaque,
                                             int (*write)(void *, const uint8_t *, int)) {
  unsigned char *buffer = (unsigned char *)av_malloc(size);
  AVIOContext *writer =
      buffer
#if LIBAVFORMAT_VERSION_MAJOR >= 61  // FFmpeg 7.0
          ? avio_alloc_context(buffer, size, 1, opaque, NULL, write, NULL)
#else
          ? avio_alloc_context(buffer, size, 1, opaque, NULL,
                               (int (*)(void *, uint8_t *, int))write, NULL)
#endif
          : NULL;
  if (!writer) av_free(buffer);
  else writer->max_packet_size = size;
  return writer;
}

/// Limits the messages that libsrt writes to standard error to those of its fatal errors.
///
/// libsrt is present only if libavformat links it.
static inline void cff_silence_srt(void) {
  void (*set_level)(int) = (void (*)(int))dlsym(0, "srt_setloglevel");
  if (set_level) set_level(2);
}

enum : uint32_t { CFF_TAG_HVC1 = MKTAG('h', 'v', 'c', '1') };

/// The alignment of the rows of each plane, in bytes.
enum : int { CFF_ALIGNMENT = 64 };

/// The size of a YUV 4:2:0 frame in bytes, or an error.
///
/// It includes room for vector stores past the last row.
static inline int cff_frame_bytes(int width, int height) {
  int n = av_image_get_buffer_size(AV_PIX_FMT_YUV420P, width, height, CFF_ALIGNMENT);
  return n < 0 ? n : n + CFF_ALIGNMENT;
}

/// A YUV 4:2:0 frame of limited range and BT.709; NULL if no memory is available.
///
/// `pool` holds buffers of `cff_frame_bytes`.
static inline AVFrame *cff_frame_from_pool(AVBufferPool *pool, int width, int height) {
  AVFrame *f = av_frame_alloc();
  if (!f) return 0;
  f->buf[0] = av_buffer_pool_get(pool);
  if (!f->buf[0]) {
    av_frame_free(&f);
    return 0;
  }
  f->format = AV_PIX_FMT_YUV420P;
  f->width = width;
  f->height = height;
  f->color_range = AVCOL_RANGE_MPEG;
  f->colorspace = AVCOL_SPC_BT709;
  f->color_primaries = AVCOL_PRI_BT709;
  f->color_trc = AVCOL_TRC_BT709;
  f->chroma_location = AVCHROMA_LOC_LEFT;
  f->sample_aspect_ratio = (AVRational){1, 1};
  av_image_fill_arrays(f->data, f->linesize, f->buf[0]->data, AV_PIX_FMT_YUV420P, width, height,
                       CFF_ALIGNMENT);
  return f;
}

/// The first byte of plane `i`.
static inline uint8_t *cff_plane(const AVFrame *f, int i) { return f->data[i]; }

/// Whether the two fields of a frame were captured at different times.
static inline int cff_is_interlaced(const AVFrame *f) {
#ifdef AV_FRAME_FLAG_INTERLACED  // FFmpeg 6.1
  return f->flags & AV_FRAME_FLAG_INTERLACED ? 1 : 0;
#else
  return f->interlaced_frame;
#endif
}

/// Marks a frame as interlaced with the top field first, or as progressive.
static inline void cff_set_interlaced(AVFrame *f, int is_interlaced) {
#ifdef AV_FRAME_FLAG_INTERLACED  // FFmpeg 6.1
  int flags = AV_FRAME_FLAG_INTERLACED | AV_FRAME_FLAG_TOP_FIELD_FIRST;
  f->flags = is_interlaced ? f->flags | flags : f->flags & ~flags;
#else
  f->interlaced_frame = f->top_field_first = is_interlaced;
#endif
}

/// The bits of a sample of the first plane; 0 if the format is unknown.
static inline int cff_bit_depth(const AVFrame *f) {
  const AVPixFmtDescriptor *d = av_pix_fmt_desc_get((enum AVPixelFormat)f->format);
  return d && d->nb_components ? d->comp[0].depth : 0;
}

/// How much smaller the chroma planes of a frame are: 1 for half the width, plus 2 for half the
/// height; 3 for frames without colours or of an unknown format.
static inline int cff_chroma(const AVFrame *f) {
  const AVPixFmtDescriptor *d = av_pix_fmt_desc_get((enum AVPixelFormat)f->format);
  if (!d || d->nb_components < 3) return 3;
  return (d->log2_chroma_w > 0 ? 1 : 0) + (d->log2_chroma_h > 0 ? 2 : 0);
}

/// Bytes from one row of plane `i` to the next.
static inline int cff_stride(const AVFrame *f, int i) { return f->linesize[i]; }

/// Points `f` at a raw image in memory that `f` does not own; the size in bytes, or an error.
static inline int cff_frame_view(AVFrame *f, const uint8_t *data, int format, int width, int height,
                                 int bytes_per_line) {
  int n = av_image_fill_linesizes(f->linesize, (enum AVPixelFormat)format, width);
  if (n < 0) return n;
  if (bytes_per_line > f->linesize[0]) {
    int factor = f->linesize[1] > 0 ? f->linesize[0] / f->linesize[1] : 1;
    f->linesize[0] = bytes_per_line;
    for (int i = 1; i < 3; i++)
      if (f->linesize[i] > 0) f->linesize[i] = bytes_per_line / factor;
  }
  f->format = format;
  f->width = width;
  f->height = height;
  return av_image_fill_pointers(f->data, (enum AVPixelFormat)format, height, (uint8_t *)data,
                                f->linesize);
}

/// A context that scales and converts; NULL if libswscale refuses the parameters.
///
/// `from_full` is 1 for full range, 0 for limited range.
static inline struct SwsContext *cff_scaler(int from_format, int from_full, int from_width,
                                            int from_height, int to_format, int to_width,
                                            int to_height) {
  struct SwsContext *c = sws_alloc_context();
  if (!c) return 0;
  av_opt_set_int(c, "srcw", from_width, 0);
  av_opt_set_int(c, "srch", from_height, 0);
  av_opt_set_int(c, "src_format", from_format, 0);
  av_opt_set_int(c, "src_range", from_full, 0);
  av_opt_set_int(c, "dstw", to_width, 0);
  av_opt_set_int(c, "dsth", to_height, 0);
  av_opt_set_int(c, "dst_format", to_format, 0);
  av_opt_set_int(c, "dst_range", 0, 0);
  av_opt_set_int(c, "sws_flags", SWS_BILINEAR, 0);
  if (sws_init_context(c, 0, 0) < 0) {
    sws_freeContext(c);
    return 0;
  }
  return c;
}

/// A context that scales frames for JPEG: full range and the matrix of BT.601; NULL if refused.
///
/// `matrix` is one of SWS_CS_*, `from_full` is 1 for full range. libswscale's defaults convert the
/// range only, which shifts colours by 3 levels on average.
static inline struct SwsContext *cff_jpeg_scaler(int from_format, int from_full, int matrix,
                                                 int from_width, int from_height, int to_width,
                                                 int to_height) {
  struct SwsContext *c =
      sws_getContext(from_width, from_height, (enum AVPixelFormat)from_format, to_width, to_height,
                     AV_PIX_FMT_YUV420P, SWS_BILINEAR, 0, 0, 0);
  if (!c) return 0;
  if (sws_setColorspaceDetails(c, sws_getCoefficients(matrix), from_full,
                               sws_getCoefficients(SWS_CS_ITU601), 1, 0, 1 << 16, 1 << 16) < 0) {
    sws_freeContext(c);
    return 0;
  }
  return c;
}

/// Scales all of `from` into `to` at the even position (x, y); the rows written, or an error.
///
/// Vector stores may overwrite pixels to the right of the scaled image.
static inline int cff_scale(struct SwsContext *c, const AVFrame *from, const AVFrame *to, int x,
                            int y) {
  uint8_t *planes[4] = {0};
  for (int i = 0; i < 4 && to->data[i]; i++) {
    int chroma = i > 0;
    int column = chroma && to->format == AV_PIX_FMT_YUV420P ? x / 2 : x;
    planes[i] = to->data[i] + (chroma ? y / 2 : y) * to->linesize[i] + column;
  }
  return sws_scale(c, (const uint8_t *const *)from->data, from->linesize, 0, from->height, planes,
                   to->linesize);
}

/// The current name of a deprecated JPEG pixel format; other formats are unchanged.
static inline int cff_plain_format(int format) {
  switch (format) {
  case AV_PIX_FMT_YUVJ420P: return AV_PIX_FMT_YUV420P;
  case AV_PIX_FMT_YUVJ422P: return AV_PIX_FMT_YUV422P;
  case AV_PIX_FMT_YUVJ444P: return AV_PIX_FMT_YUV444P;
  case AV_PIX_FMT_YUVJ440P: return AV_PIX_FMT_YUV440P;
  case AV_PIX_FMT_YUVJ411P: return AV_PIX_FMT_YUV411P;
  default: return format;
  }
}

/// A frame of planar float audio with memory for `count` samples; NULL if none is available.
static inline AVFrame *cff_audio_frame(int rate, int channels, int count) {
  AVFrame *f = av_frame_alloc();
  if (!f) return 0;
  f->format = AV_SAMPLE_FMT_FLTP;
  f->nb_samples = count;
  f->sample_rate = rate;
  av_channel_layout_default(&f->ch_layout, channels);
  if (av_frame_get_buffer(f, 0) < 0) av_frame_free(&f);
  return f;
}

/// The samples of one channel of a frame of planar floats.
static inline float *cff_channel(const AVFrame *f, int channel) {
  return (float *)f->extended_data[channel];
}

/// Copies one channel of a frame as floats; 0, or an error if the sample format is unknown.
static inline int cff_channel_floats(const AVFrame *f, int channel, float *to) {
  int planar = av_sample_fmt_is_planar((enum AVSampleFormat)f->format);
  int step = planar ? 1 : f->ch_layout.nb_channels;
  const uint8_t *data = planar ? f->extended_data[channel] : f->extended_data[0];
  int first = planar ? 0 : channel;
  for (int i = 0; i < f->nb_samples; i++) {
    int index = first + i * step;
    switch (av_get_packed_sample_fmt((enum AVSampleFormat)f->format)) {
    case AV_SAMPLE_FMT_U8: to[i] = (data[index] - 128) / 128.0f; break;
    case AV_SAMPLE_FMT_S16: to[i] = ((const int16_t *)data)[index] / 32768.0f; break;
    case AV_SAMPLE_FMT_S32: to[i] = ((const int32_t *)data)[index] / 2147483648.0f; break;
    case AV_SAMPLE_FMT_FLT: to[i] = ((const float *)data)[index]; break;
    case AV_SAMPLE_FMT_DBL: to[i] = (float)((const double *)data)[index]; break;
    default: return AVERROR_INVALIDDATA;
    }
  }
  return 0;
}

/// A context that converts the rate and the channels of planar float audio; NULL if refused.
///
/// The resampler is always in use, so that the rate can be corrected while it runs.
static inline struct SwrContext *cff_resampler(int from_rate, int from_channels, int to_rate,
                                               int to_channels) {
  struct SwrContext *c = 0;
  AVChannelLayout from, to;
  av_channel_layout_default(&from, from_channels);
  av_channel_layout_default(&to, to_channels);
  enum AVSampleFormat format = AV_SAMPLE_FMT_FLTP;
  if (swr_alloc_set_opts2(&c, &to, format, to_rate, &from, format, from_rate, 0, 0) < 0) return 0;
  av_opt_set_int(c, "flags", SWR_FLAG_RESAMPLE, 0);
  if (swr_init(c) < 0) swr_free(&c);
  return c;
}

/// Resamples `count` samples of `from` into `to`; the samples written, or an error.
///
/// `capacity` is the room in `to`, in samples.
static inline int cff_resample(struct SwrContext *c, AVFrame *to, int capacity, const AVFrame *from,
                               int count) {
  return swr_convert(c, to->extended_data, capacity, (const uint8_t **)from->extended_data, count);
}

#endif
