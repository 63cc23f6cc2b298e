// What Swift needs of FFmpeg and libv4l2: their headers, and functions or typed
// constants for what the importer cannot take (function-like macros, variadic calls).
#ifndef CFFMPEG_H
#define CFFMPEG_H

#include <errno.h>
#include <fcntl.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/imgutils.h>
#include <libavutil/log.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
#include <libv4l2.h>
#include <linux/videodev2.h>
#include <sys/mman.h>

static const int64_t CFF_NOPTS = AV_NOPTS_VALUE;

enum : int {
  CFF_EOF = AVERROR_EOF,
  CFF_EAGAIN = AVERROR(EAGAIN),
  CFF_ENOMEM = AVERROR(ENOMEM),
  CFF_INVALID = AVERROR_INVALIDDATA
};

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

/// The descriptor, or -errno.
static inline int cff_v4l2_open(const char *path, int flags) {
  int r = v4l2_open(path, flags);
  return r < 0 ? -errno : r;
}

#endif
