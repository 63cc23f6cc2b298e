// What Swift needs of FFmpeg and libv4l2: their headers, and functions or typed
// constants for what the importer cannot take (function-like macros, variadic calls).
#ifndef CFFMPEG_H
#define CFFMPEG_H

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/channel_layout.h>
#include <libavutil/display.h>
#include <libavutil/imgutils.h>
#include <libavutil/log.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>
#include <libswscale/swscale.h>
#include <libv4l2.h>
#include <linux/videodev2.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

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
  CFF_INVALID = AVERROR_INVALIDDATA
};

/// The wall clock of a packet's sender in microseconds since 1970; CFF_NOPTS where it has none.
static inline int64_t cff_sender_time(const AVPacket *p) {
  size_t size = 0;
  const uint8_t *data = av_packet_get_side_data(p, AV_PKT_DATA_PRFT, &size);
  return data && size >= sizeof(AVProducerReferenceTime)
             ? ((const AVProducerReferenceTime *)data)->wallclock
             : AV_NOPTS_VALUE;
}

/// By how many degrees clockwise the pictures of a stream are to be turned; 0 where nothing is said.
static inline double cff_stream_turn(const AVStream *s) {
  size_t size = 0;
  const uint8_t *data = av_stream_get_side_data(s, AV_PKT_DATA_DISPLAYMATRIX, &size);
  if (!data || size < 9 * sizeof(int32_t)) return 0;
  double degrees = -av_display_rotation_get((const int32_t *)data);
  return degrees == degrees ? degrees : 0;
}

/// libsrt, where libavformat has brought it, writes to stderr by itself: lets it do so for nothing but its end.
static inline void cff_silence_srt(void) {
  void (*set_level)(int) = (void (*)(int))dlsym(0, "srt_setloglevel");
  if (set_level) set_level(2);
}

enum : uint32_t { CFF_TAG_HVC1 = MKTAG('h', 'v', 'c', '1') };

/// Rows of planes begin at multiples of this many bytes.
enum : int { CFF_ALIGNMENT = 64 };

/// The memory that a YUV 4:2:0 picture takes, with room for vector stores behind its last row; or an error.
static inline int cff_picture_bytes(int width, int height) {
  int n = av_image_get_buffer_size(AV_PIX_FMT_YUV420P, width, height, CFF_ALIGNMENT);
  return n < 0 ? n : n + CFF_ALIGNMENT;
}

/// A YUV 4:2:0 frame of limited range and BT.709 with memory from `pool`, which must hold buffers of
/// `cff_picture_bytes`; NULL when there is no memory.
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

/// Bytes from one row of plane `i` to the next.
static inline int cff_stride(const AVFrame *f, int i) { return f->linesize[i]; }

/// Points `f` at a raw picture in memory that `f` does not own; the bytes it takes, or an error.
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

/// A context that scales and converts; the ranges are 1 for full, 0 for limited. NULL when it cannot be had.
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

/// Scales all of `from` into `to`, beginning at the even place (x, y); rows written, or an error.
/// Vector stores may touch what lies to the right of the scaled picture.
static inline int cff_scale(struct SwsContext *c, const AVFrame *from, const AVFrame *to, int x, int y) {
  uint8_t *planes[4] = {0};
  for (int i = 0; i < 4 && to->data[i]; i++) {
    int chroma = i > 0;
    int column = chroma && to->format == AV_PIX_FMT_YUV420P ? x / 2 : x;
    planes[i] = to->data[i] + (chroma ? y / 2 : y) * to->linesize[i] + column;
  }
  return sws_scale(c, (const uint8_t *const *)from->data, from->linesize, 0, from->height, planes,
                   to->linesize);
}

/// `value` in 16.16 fixed point as a byte.
static inline uint8_t cff_byte(int value) {
  value = (value + 32768) >> 16;
  return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/// Turns a part of a YUV 4:2:0 frame of limited range from the BT.601 to the BT.709 matrix, in place.
/// All four sides are even. libswscale would go through RGB, which costs several times more.
/// The factors are the product of the one matrix and the inverse of the other, in limited range.
static inline void cff_bt601_to_bt709(AVFrame *f, int x, int y, int width, int height) {
  enum { chunk = 64 };
  for (int row = y / 2; row < (y + height) / 2; row++) {
    uint8_t *u = f->data[1] + row * f->linesize[1] + x / 2;
    uint8_t *v = f->data[2] + row * f->linesize[2] + x / 2;
    uint8_t *one = f->data[0] + 2 * row * f->linesize[0] + x;
    uint8_t *two = one + f->linesize[0];
    for (int start = 0; start < width / 2; start += chunk) {
      int count = width / 2 - start < chunk ? width / 2 - start : chunk;
      int shift[chunk];
      for (int i = 0; i < count; i++) {
        int cb = u[start + i] - 128, cr = v[start + i] - 128;
        shift[i] = -7573 * cb - 13627 * cr;
        u[start + i] = cff_byte((128 << 16) + 66758 * cb + 7512 * cr);
        v[start + i] = cff_byte((128 << 16) + 4918 * cb + 67196 * cr);
      }
      for (int i = 0; i < count; i++) {
        int place = 2 * (start + i);
        one[place] = cff_byte((one[place] << 16) + shift[i]);
        one[place + 1] = cff_byte((one[place + 1] << 16) + shift[i]);
        two[place] = cff_byte((two[place] << 16) + shift[i]);
        two[place + 1] = cff_byte((two[place + 1] << 16) + shift[i]);
      }
    }
  }
}

/// The full-range formats of JPEG by their modern names; others as they are.
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

/// A frame of planar float sound with memory for `count` samples; NULL when there is no memory.
static inline AVFrame *cff_sound_frame(int rate, int channels, int count) {
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

/// Copies one channel of a frame of any sample format as floats; 0, or an error for an unknown format.
static inline int cff_channel_floats(const AVFrame *f, int channel, float *to) {
  int planar = av_sample_fmt_is_planar((enum AVSampleFormat)f->format);
  int step = planar ? 1 : f->ch_layout.nb_channels;
  const uint8_t *data = planar ? f->extended_data[channel] : f->extended_data[0];
  int first = planar ? 0 : channel;
  for (int i = 0; i < f->nb_samples; i++) {
    int place = first + i * step;
    switch (av_get_packed_sample_fmt((enum AVSampleFormat)f->format)) {
    case AV_SAMPLE_FMT_U8: to[i] = (data[place] - 128) / 128.0f; break;
    case AV_SAMPLE_FMT_S16: to[i] = ((const int16_t *)data)[place] / 32768.0f; break;
    case AV_SAMPLE_FMT_S32: to[i] = ((const int32_t *)data)[place] / 2147483648.0f; break;
    case AV_SAMPLE_FMT_FLT: to[i] = ((const float *)data)[place]; break;
    case AV_SAMPLE_FMT_DBL: to[i] = (float)((const double *)data)[place]; break;
    default: return AVERROR_INVALIDDATA;
    }
  }
  return 0;
}

/// A context that turns planar float sound of one rate and number of channels into another, always through the
/// resampler, so that it can be sped up and slowed down; NULL when it cannot be had.
static inline struct SwrContext *cff_resampler(int from_rate, int from_channels, int to_rate,
                                               int to_channels) {
  struct SwrContext *c = 0;
  AVChannelLayout from, to;
  av_channel_layout_default(&from, from_channels);
  av_channel_layout_default(&to, to_channels);
  if (swr_alloc_set_opts2(&c, &to, AV_SAMPLE_FMT_FLTP, to_rate, &from, AV_SAMPLE_FMT_FLTP, from_rate, 0, 0) < 0)
    return 0;
  av_opt_set_int(c, "flags", SWR_FLAG_RESAMPLE, 0);
  if (swr_init(c) < 0) swr_free(&c);
  return c;
}

/// Resamples `count` samples of `from` into `to`, which has room for `capacity`; samples written, or an error.
static inline int cff_resample(struct SwrContext *c, AVFrame *to, int capacity, const AVFrame *from,
                               int count) {
  return swr_convert(c, to->extended_data, capacity, (const uint8_t **)from->extended_data, count);
}

/// CLOCK_MONOTONIC in nanoseconds.
static inline int64_t cff_monotonic(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/// Sleeps for so many nanoseconds, below a second, or until a signal comes.
static inline void cff_nap(int64_t nanoseconds) {
  struct timespec t = {0, nanoseconds};
  nanosleep(&t, 0);
}

/// Whether a driver's answer means the BT.709 matrix; unless it says so, cameras mean BT.601.
static inline int cff_is_bt709(const struct v4l2_pix_format *p) {
  return p->ycbcr_enc == V4L2_YCBCR_ENC_709 ||
         (p->ycbcr_enc == V4L2_YCBCR_ENC_DEFAULT && p->colorspace == V4L2_COLORSPACE_REC709);
}

/// libv4l2 complains to nobody instead of to stderr; its answers say the same.
static inline void cff_silence_v4l2(void) {
  if (!v4l2_log_file) v4l2_log_file = fopen("/dev/null", "we");
}

static const unsigned long
    CFF_VIDIOC_QUERYCAP = VIDIOC_QUERYCAP,
    CFF_VIDIOC_ENUM_FMT = VIDIOC_ENUM_FMT,
    CFF_VIDIOC_ENUM_FRAMESIZES = VIDIOC_ENUM_FRAMESIZES,
    CFF_VIDIOC_ENUM_FRAMEINTERVALS = VIDIOC_ENUM_FRAMEINTERVALS,
    CFF_VIDIOC_G_FMT = VIDIOC_G_FMT,
    CFF_VIDIOC_S_FMT = VIDIOC_S_FMT,
    CFF_VIDIOC_TRY_FMT = VIDIOC_TRY_FMT,
    CFF_VIDIOC_G_PARM = VIDIOC_G_PARM,
    CFF_VIDIOC_S_PARM = VIDIOC_S_PARM,
    CFF_VIDIOC_REQBUFS = VIDIOC_REQBUFS,
    CFF_VIDIOC_QUERYBUF = VIDIOC_QUERYBUF,
    CFF_VIDIOC_QBUF = VIDIOC_QBUF,
    CFF_VIDIOC_DQBUF = VIDIOC_DQBUF,
    CFF_VIDIOC_STREAMON = VIDIOC_STREAMON,
    CFF_VIDIOC_STREAMOFF = VIDIOC_STREAMOFF;

enum : uint32_t {
  CFF_PIX_YUYV = V4L2_PIX_FMT_YUYV,
  CFF_PIX_UYVY = V4L2_PIX_FMT_UYVY,
  CFF_PIX_MJPEG = V4L2_PIX_FMT_MJPEG,
  CFF_PIX_JPEG = V4L2_PIX_FMT_JPEG,
  CFF_PIX_NV12 = V4L2_PIX_FMT_NV12,
  CFF_PIX_YU12 = V4L2_PIX_FMT_YUV420
};

/// 0 or more, or -errno. Repeats a call that a signal interrupted.
static inline int cff_xioctl(int fd, unsigned long request, void *argument) {
  int r;
  do r = v4l2_ioctl(fd, request, argument); while (r < 0 && errno == EINTR);
  return r < 0 ? -errno : r;
}

/// A descriptor of libv4l2, or -errno.
///
/// A plugin of libv4l2 complains to stderr of everything that is no camera. So what the kernel knows to be none is
/// refused before; a plain file may still be one for a plugin, and is tried with stderr closed to it.
static inline int cff_v4l2_open(const char *path, int flags) {
  int fd = open(path, flags);
  if (fd < 0) return -errno;
  struct v4l2_capability capability;
  struct stat file;
  int known = ioctl(fd, VIDIOC_QUERYCAP, &capability) == 0, error = errno;
  FILE *usual = stderr, *quiet = 0;
  if (!known) {
    int plain = fstat(fd, &file) == 0 && S_ISREG(file.st_mode);
    if (plain) quiet = fopen("/dev/null", "we");
    if (!quiet) {
      close(fd);
      return -error;
    }
    stderr = quiet;
  }
  int r = v4l2_fd_open(fd, 0);
  error = errno;
  if (quiet) {
    stderr = usual;
    fclose(quiet);
  }
  if (r >= 0) return r;
  close(fd);
  return -error;
}

#endif
