// SPDX-License-Identifier: Apache-2.0
// V4L2 capture through libv4l2 for Swift: the headers, and functions and typed constants in place
// of the macros and variadic functions that the importer cannot read.
#ifndef CV4L2_H
#define CV4L2_H

#include <errno.h>
#include <fcntl.h>
#include <libv4l2.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/// Sleeps for `nanoseconds` (below one second), or until a signal arrives.
static inline void cv4l2_sleep(int64_t nanoseconds) {
  struct timespec t = {0, nanoseconds};
  nanosleep(&t, 0);
}

/// Whether a driver declares the BT.709 matrix. Cameras that declare none use BT.601.
static inline int cv4l2_is_bt709(const struct v4l2_pix_format *p) {
  return p->ycbcr_enc == V4L2_YCBCR_ENC_709 ||
         (p->ycbcr_enc == V4L2_YCBCR_ENC_DEFAULT && p->colorspace == V4L2_COLORSPACE_REC709);
}

/// Discards the messages that libv4l2 writes to standard error; its return values say the same.
static inline void cv4l2_silence(void) {
  if (!v4l2_log_file) v4l2_log_file = fopen("/dev/null", "we");
}

static const unsigned long
    CV4L2_QUERYCAP = VIDIOC_QUERYCAP,
    CV4L2_ENUM_FMT = VIDIOC_ENUM_FMT,
    CV4L2_ENUM_FRAMESIZES = VIDIOC_ENUM_FRAMESIZES,
    CV4L2_ENUM_FRAMEINTERVALS = VIDIOC_ENUM_FRAMEINTERVALS,
    CV4L2_G_FMT = VIDIOC_G_FMT,
    CV4L2_S_FMT = VIDIOC_S_FMT,
    CV4L2_TRY_FMT = VIDIOC_TRY_FMT,
    CV4L2_G_PARM = VIDIOC_G_PARM,
    CV4L2_S_PARM = VIDIOC_S_PARM,
    CV4L2_REQBUFS = VIDIOC_REQBUFS,
    CV4L2_QUERYBUF = VIDIOC_QUERYBUF,
    CV4L2_QBUF = VIDIOC_QBUF,
    CV4L2_DQBUF = VIDIOC_DQBUF,
    CV4L2_STREAMON = VIDIOC_STREAMON,
    CV4L2_STREAMOFF = VIDIOC_STREAMOFF;

enum : uint32_t {
  CV4L2_PIX_YUYV = V4L2_PIX_FMT_YUYV,
  CV4L2_PIX_UYVY = V4L2_PIX_FMT_UYVY,
  CV4L2_PIX_MJPEG = V4L2_PIX_FMT_MJPEG,
  CV4L2_PIX_JPEG = V4L2_PIX_FMT_JPEG,
  CV4L2_PIX_NV12 = V4L2_PIX_FMT_NV12,
  CV4L2_PIX_YU12 = V4L2_PIX_FMT_YUV420
};

/// Calls ioctl again while a signal interrupts it; 0 or more, or -errno.
static inline int cv4l2_ioctl(int fd, unsigned long request, void *argument) {
  int r;
  do r = v4l2_ioctl(fd, request, argument); while (r < 0 && errno == EINTR);
  return r < 0 ? -errno : r;
}

/// A descriptor of libv4l2, or -errno.
///
/// A libv4l2 plugin writes to standard error about each device that is not a camera. A device that
/// the kernel does not know as a camera is therefore refused first. A regular file may be a
/// plugin's camera: libv4l2 tries it while standard error is redirected.
static inline int cv4l2_open(const char *path, int flags) {
  int fd = open(path, flags);
  if (fd < 0) return -errno;
  struct v4l2_capability capability;
  struct stat file;
  int known = ioctl(fd, VIDIOC_QUERYCAP, &capability) == 0, error = errno;
  FILE *usual = stderr, *quiet = 0;
  if (!known) {
    int regular = fstat(fd, &file) == 0 && S_ISREG(file.st_mode);
    if (regular) quiet = fopen("/dev/null", "we");
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
