// SPDX-License-Identifier: Apache-2.0
// A whole camera over a plain file, as a plugin of libv4l2; for tests only.
//
//   make -C Tests/FakeCamera OUT=/tmp/fakecam
//   touch cam0.fakecam
//   export LIBV4L_TEST_PLUGIN=/tmp/fakecam/libv4l-fakecam.so
//   LD_PRELOAD=/tmp/fakecam/globshim.so streamer --device cam0.fakecam
//
// Any file whose name ends in .fakecam is a camera; other devices are not changed. The camera
// offers YUYV at 1280x720, 640x360 and 640x480, and MJPG if it has JPEG files. The strip at the
// top of each YUYV frame is BC64 with the capture time in milliseconds since 1970 (the wall clock
// of the frame's timestamp), and a bar moves 8 pixels per frame. A late reader finds gaps in the
// sequence, as with a real driver.
//
// Options come from the environment. A line NAME=value in the file <camera>.conf, read each time
// the camera is opened, precedes FAKECAM_NAME of the environment, so that another camera can
// replace it:
//   FAKECAM_UNPLUG=n        ENODEV after n frames, each time the camera is opened
//   FAKECAM_GONE_FILE=path  while that file exists the camera is unplugged: opening it fails with
//                           ENODEV, and descriptors that were open then fail permanently
//   FAKECAM_JPEG=folder     f0.jpg ... f7.jpg: the frames of MJPG in turn, in the size of the files
//   FAKECAM_SIZES=WxH,...   offered sizes, even numbers (default 1280x720,640x360,640x480)
//   FAKECAM_FORMATS=F,...   offered formats: YUYV, MJPG, RGB3 (default YUYV,MJPG; RGB3 has no
//                           frames and makes libv4l2 offer its own conversions)
//   FAKECAM_FPS=n           frames per second (default 30)
//   FAKECAM_CORRUPT=n       one of n frames in MJPG is cut in half
//   FAKECAM_STALL=n         no more frames after n frames, without an error
//   FAKECAM_FROZEN_FILE=p   while that file exists there are no frames, without an error
//   FAKECAM_SHIFT=seconds   added to the timestamps of the frames
//   FAKECAM_CLOCK=0         no BC64 strip
// Two programs cannot stream from the camera: the second gets EBUSY.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <libv4l-plugin.h>
#include <linux/videodev2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
enum { max_sizes = 8, max_formats = 3, max_buffers = 8, jpegs = 8, name_bytes = 512 };

struct jpeg {
  uint8_t *data;
  size_t size;
};

struct camera {
  char path[name_bytes], gone_file[name_bytes], frozen_file[name_bytes];
  unsigned widths[max_sizes], heights[max_sizes], sizes;
  uint32_t formats[max_formats], format_count;
  unsigned width, height, image_bytes;
  uint32_t format;
  long unplug, corrupt, stall, clock, shift;
  unsigned rate_num, rate_den;  // the time per frame
  struct jpeg jpeg[jpegs];
  unsigned jpeg_count;
  uint8_t *memory, *background;
  unsigned buffers, queue[max_buffers], queued;
  int streaming, gone, locked;
  int64_t start;
  uint32_t sequence, frames;
};

static int64_t clock_ns(clockid_t id) {
  struct timespec t;
  clock_gettime(id, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int fail(int error) {
  errno = error;
  return -1;
}

// The value of an option, from <camera>.conf or else from the environment, or "".
static void option(const struct camera *c, const char *name, char *value, size_t size) {
  char line[name_bytes], file[name_bytes + 8];
  value[0] = 0;
  snprintf(file, sizeof file, "%s.conf", c->path);
  FILE *f = fopen(file, "re");
  if (f) {
    size_t length = strlen(name);
    while (fgets(line, sizeof line, f))
      if (!strncmp(line, name, length) && line[length] == '=') {
        line[strcspn(line, "\r\n")] = 0;
        snprintf(value, size, "%s", line + length + 1);
        fclose(f);
        return;
      }
    fclose(f);
  }
  snprintf(line, sizeof line, "FAKECAM_%s", name);
  const char *e = getenv(line);
  if (e) snprintf(value, size, "%s", e);
}

static long number(const struct camera *c, const char *name, long otherwise) {
  char text[64];
  option(c, name, text, sizeof text);
  return text[0] ? atol(text) : otherwise;
}

static void load_jpegs(struct camera *c) {
  char folder[name_bytes], file[name_bytes + 16];
  option(c, "JPEG", folder, sizeof folder);
  if (!folder[0]) return;
  for (unsigned i = 0; i < jpegs; i++) {
    snprintf(file, sizeof file, "%s/f%u.jpg", folder, i);
    FILE *f = fopen(file, "rbe");
    if (!f) break;
    fseek(f, 0, SEEK_END);
    long size = ftell(f);
    rewind(f);
    uint8_t *data = size > 0 ? malloc((size_t)size) : 0;
    if (!data || fread(data, 1, (size_t)size, f) != (size_t)size) {
      free(data);
      fclose(f);
      break;
    }
    fclose(f);
    c->jpeg[c->jpeg_count++] = (struct jpeg){data, (size_t)size};
  }
}

static void choose_size(struct camera *c, unsigned width, unsigned height) {
  unsigned best = 0;
  long least = -1;
  for (unsigned i = 0; i < c->sizes; i++) {
    long distance =
        labs((long)c->widths[i] - (long)width) + labs((long)c->heights[i] - (long)height);
    if (least < 0 || distance < least) {
      least = distance;
      best = i;
    }
  }
  c->width = c->widths[best];
  c->height = c->heights[best];
}

static void choose_format(struct camera *c, uint32_t format) {
  c->format = c->formats[0];
  for (uint32_t i = 0; i < c->format_count; i++)
    if (c->formats[i] == format) c->format = format;
}

static unsigned line_bytes(const struct camera *c) {
  if (c->format == V4L2_PIX_FMT_YUYV) return 2 * c->width;
  return c->format == V4L2_PIX_FMT_RGB24 ? 3 * c->width : 0;
}

static unsigned image_bytes(const struct camera *c) {
  size_t n = line_bytes(c) ? (size_t)line_bytes(c) * c->height : (size_t)2 * c->width * c->height;
  for (unsigned i = 0; i < c->jpeg_count; i++)
    if (c->jpeg[i].size > n) n = c->jpeg[i].size;
  return (unsigned)((n + 4095) / 4096 * 4096);
}

static void *cam_init(int fd) {
  struct camera probe = {0}, *c;
  char link[64], list[name_bytes], *rest = 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, probe.path, sizeof probe.path - 1);
  if (n < 8 || strcmp(probe.path + n - 8, ".fakecam")) return 0;
  c = calloc(1, sizeof *c);
  if (!c) return 0;
  *c = probe;
  option(c, "GONE_FILE", c->gone_file, sizeof c->gone_file);
  option(c, "FROZEN_FILE", c->frozen_file, sizeof c->frozen_file);
  c->unplug = number(c, "UNPLUG", 0);
  c->corrupt = number(c, "CORRUPT", 0);
  c->stall = number(c, "STALL", 0);
  c->clock = number(c, "CLOCK", 1);
  c->shift = number(c, "SHIFT", 0);
  long fps = number(c, "FPS", 30);
  c->rate_num = 1;
  c->rate_den = fps > 0 ? (unsigned)fps : 30;
  load_jpegs(c);
  option(c, "SIZES", list, sizeof list);
  if (!list[0]) strcpy(list, "1280x720,640x360,640x480");
  for (char *s = strtok_r(list, ",", &rest); s && c->sizes < max_sizes; s = strtok_r(0, ",", &rest))
    if (sscanf(s, "%ux%u", &c->widths[c->sizes], &c->heights[c->sizes]) == 2) c->sizes++;
  option(c, "FORMATS", list, sizeof list);
  if (!list[0]) strcpy(list, "YUYV,MJPG");
  for (char *s = strtok_r(list, ",", &rest); s && c->format_count < max_formats;
       s = strtok_r(0, ",", &rest)) {
    if (!strcmp(s, "YUYV")) c->formats[c->format_count++] = V4L2_PIX_FMT_YUYV;
    if (!strcmp(s, "RGB3")) c->formats[c->format_count++] = V4L2_PIX_FMT_RGB24;
    if (!strcmp(s, "MJPG") && c->jpeg_count) c->formats[c->format_count++] = V4L2_PIX_FMT_MJPEG;
  }
  if (!c->sizes || !c->format_count) {
    free(c);
    return 0;
  }
  choose_size(c, 1280, 720);
  choose_format(c, c->formats[0]);
  return c;
}

static void unmap(struct camera *c) {
  if (c->memory) munmap(c->memory, (size_t)c->buffers * c->image_bytes);
  free(c->background);
  c->memory = c->background = 0;
  c->buffers = c->queued = 0;
}

static void cam_close(void *state) {
  struct camera *c = state;
  unmap(c);
  for (unsigned i = 0; i < c->jpeg_count; i++) free(c->jpeg[i].data);
  free(c);
}

// BC64, the burned clock: implemented independently, so that the tests do not check the program
// against its own code.
static uint64_t clock_cells(int64_t ms) {
  uint64_t time = (uint64_t)ms & 0xFFFFFFFFFFFF, crc = 0xFFF;
  for (int i = 47; i >= 0; i--) {
    uint64_t top = crc >> 11 & 1;
    crc = crc << 1 & 0xFFF;
    if (top ^ (time >> i & 1)) crc ^= 0x80F;
  }
  return (uint64_t)10 << 60 | time << 12 | crc;
}

static void paint_clock(const struct camera *c, uint8_t *picture, int64_t ms) {
  uint64_t cells = clock_cells(ms);
  for (unsigned row = 0; row < 2; row++) {
    unsigned first = row * c->height / 18, last = (row + 1) * c->height / 18;
    uint8_t *line = picture + (size_t)first * 2 * c->width;
    for (unsigned column = 0; column < 32; column++)
      for (unsigned x = column * c->width / 32; x < (column + 1) * c->width / 32; x++) {
        line[2 * x] = cells >> (63 - row * 32 - column) & 1 ? 235 : 16;
        line[2 * x + 1] = 128;
      }
    for (unsigned y = first + 1; y < last; y++)
      memcpy(picture + (size_t)y * 2 * c->width, line, 2 * c->width);
  }
}

static unsigned paint(struct camera *c, unsigned index, int64_t due) {
  uint8_t *picture = c->memory + (size_t)index * c->image_bytes;
  if (c->format == V4L2_PIX_FMT_MJPEG) {
    struct jpeg j = c->jpeg[c->sequence % c->jpeg_count];
    size_t size = c->corrupt && c->sequence % c->corrupt == c->corrupt - 1 ? j.size / 2 : j.size;
    memcpy(picture, j.data, size);
    return (unsigned)size;
  }
  unsigned size = line_bytes(c) * c->height;
  memcpy(picture, c->background, size);
  if (c->format != V4L2_PIX_FMT_YUYV) return size;
  unsigned left = c->sequence * 8 % c->width & ~1u;
  for (unsigned y = c->height / 2; y < c->height * 5 / 8; y++)
    for (unsigned x = left; x < left + 16 && x < c->width; x++)
      picture[((size_t)y * c->width + x) * 2] = 235;
  if (c->clock) {
    int64_t wall = due + clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
    paint_clock(c, picture, wall / 1000000);
  }
  return size;
}

// Grey from left to right; in the lowest quarter pure blue on the left and pure red on the right,
// in BT.601 as from cameras.
static void paint_background(struct camera *c) {
  c->background = malloc(c->image_bytes);
  if (!c->background) return;
  memset(c->background, 128, c->image_bytes);
  if (c->format != V4L2_PIX_FMT_YUYV) return;
  for (unsigned y = 0; y < c->height; y++)
    for (unsigned x = 0; x < c->width; x++) {
      uint8_t *p = c->background + ((size_t)y * c->width + x) * 2;
      int lower = y >= c->height * 3 / 4, left = x < c->width / 2;
      p[0] = (uint8_t)(lower ? left ? 41 : 81 : 16 + 219 * x / (c->width - 1));
      p[1] = !lower ? 128 : x & 1 ? left ? 110 : 240 : left ? 240 : 90;
    }
}

static void fill_format(const struct camera *c, struct v4l2_pix_format *p) {
  p->width = c->width;
  p->height = c->height;
  p->pixelformat = c->format;
  p->field = V4L2_FIELD_NONE;
  p->bytesperline = line_bytes(c);
  p->sizeimage = image_bytes(c);
  p->colorspace = V4L2_COLORSPACE_SRGB;
}

// Whether no other program streams; if `hold` is set, locks out other programs.
static int reserve(struct camera *c, int fd, int hold) {
  if (c->locked) return 1;
  if (flock(fd, LOCK_EX | LOCK_NB) < 0) return 0;
  if (hold) c->locked = 1; else flock(fd, LOCK_UN);
  return 1;
}

static int request_buffers(struct camera *c, int fd, struct v4l2_requestbuffers *r) {
  if (r->memory != V4L2_MEMORY_MMAP || r->type != V4L2_BUF_TYPE_VIDEO_CAPTURE) return fail(EINVAL);
  if (c->streaming || !reserve(c, fd, r->count > 0)) return fail(EBUSY);
  unmap(c);
  if (!r->count) {
    if (c->locked) flock(fd, LOCK_UN);
    c->locked = 0;
    return 0;
  }
  if (r->count > max_buffers) r->count = max_buffers;
  c->image_bytes = image_bytes(c);
  size_t bytes = (size_t)r->count * c->image_bytes;
  if (ftruncate(fd, (off_t)bytes) < 0) return -1;
  void *memory = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) return -1;
  c->memory = memory;
  c->buffers = r->count;
  paint_background(c);
  return c->background ? 0 : fail(ENOMEM);
}

static void describe_buffer(const struct camera *c, struct v4l2_buffer *b) {
  b->length = c->image_bytes;
  b->m.offset = b->index * c->image_bytes;
  b->memory = V4L2_MEMORY_MMAP;
}

static int dequeue(struct camera *c, int fd, struct v4l2_buffer *b) {
  if (!c->streaming) return fail(EINVAL);
  if (c->unplug && c->frames >= c->unplug) c->gone = 1;
  if (c->gone) return fail(ENODEV);
  int nonblocking = fcntl(fd, F_GETFL) & O_NONBLOCK;
  if (!c->queued || (c->stall && c->frames >= c->stall)) return fail(EAGAIN);
  if (c->frozen_file[0] && !access(c->frozen_file, F_OK)) return fail(EAGAIN);
  int64_t period = (int64_t)1000000000 * c->rate_num / c->rate_den;
  int64_t due = c->start + (c->sequence + 1) * period, now = clock_ns(CLOCK_MONOTONIC);
  if (now > due + period) {
    uint32_t missed = (uint32_t)((now - due) / period);
    c->sequence += missed;
    due += missed * period;
  }
  if (now < due) {
    if (nonblocking) return fail(EAGAIN);
    struct timespec t = {due / 1000000000, due % 1000000000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, 0);
  }
  b->index = c->queue[0];
  memmove(c->queue, c->queue + 1, --c->queued * sizeof c->queue[0]);
  b->bytesused = paint(c, b->index, due);
  b->sequence = c->sequence++;
  c->frames++;
  b->timestamp = (struct timeval){due / 1000000000 + c->shift, due % 1000000000 / 1000};
  b->flags = V4L2_BUF_FLAG_DONE | V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC | V4L2_BUF_FLAG_TSTAMP_SRC_EOF;
  b->field = V4L2_FIELD_NONE;
  describe_buffer(c, b);
  return 0;
}

static int describe_format(const struct camera *c, struct v4l2_fmtdesc *d) {
  if (d->index >= c->format_count) return fail(EINVAL);
  d->pixelformat = c->formats[d->index];
  d->flags = d->pixelformat == V4L2_PIX_FMT_MJPEG ? V4L2_FMT_FLAG_COMPRESSED : 0;
  snprintf((char *)d->description, sizeof d->description, "%.4s", (char *)&d->pixelformat);
  return 0;
}

static int cam_ioctl(void *state, int fd, unsigned long request, void *arg) {
  struct camera *c = state;
  if (c->gone_file[0] && !access(c->gone_file, F_OK)) c->gone = 1;
  // STREAMOFF and freeing succeed, as with a real device, so that the program can close it.
  if (c->gone && (unsigned)request != VIDIOC_STREAMOFF && (unsigned)request != VIDIOC_REQBUFS)
    return fail(ENODEV);
  switch ((unsigned)request) {
  case VIDIOC_QUERYCAP: {
    struct v4l2_capability *q = arg;
    memset(q, 0, sizeof *q);
    strcpy((char *)q->driver, "fakecam");
    strcpy((char *)q->card, "Fake camera");
    strcpy((char *)q->bus_info, "platform:fakecam");
    q->device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
    q->capabilities = q->device_caps | V4L2_CAP_DEVICE_CAPS;
    return 0;
  }
  case VIDIOC_ENUM_FMT: return describe_format(c, arg);
  case VIDIOC_ENUM_FRAMESIZES: {
    struct v4l2_frmsizeenum *e = arg;
    if (e->index >= c->sizes) return fail(EINVAL);
    e->type = V4L2_FRMSIZE_TYPE_DISCRETE;
    e->discrete.width = c->widths[e->index];
    e->discrete.height = c->heights[e->index];
    return 0;
  }
  case VIDIOC_ENUM_FRAMEINTERVALS: {
    struct v4l2_frmivalenum *e = arg;
    if (e->index) return fail(EINVAL);
    e->type = V4L2_FRMIVAL_TYPE_DISCRETE;
    e->discrete = (struct v4l2_fract){c->rate_num, c->rate_den};
    return 0;
  }
  case VIDIOC_S_FMT:
    if (c->streaming || c->buffers || !reserve(c, fd, 0)) return fail(EBUSY);
    // fall through
  case VIDIOC_TRY_FMT: {
    struct v4l2_format *f = arg;
    if (f->type != V4L2_BUF_TYPE_VIDEO_CAPTURE) return fail(EINVAL);
    struct camera tried = *c;
    choose_size(&tried, f->fmt.pix.width, f->fmt.pix.height);
    choose_format(&tried, f->fmt.pix.pixelformat);
    fill_format(&tried, &f->fmt.pix);
    if ((unsigned)request == VIDIOC_S_FMT) {
      c->width = tried.width;
      c->height = tried.height;
      c->format = tried.format;
    }
    return 0;
  }
  case VIDIOC_G_FMT: {
    struct v4l2_format *f = arg;
    if (f->type != V4L2_BUF_TYPE_VIDEO_CAPTURE) return fail(EINVAL);
    fill_format(c, &f->fmt.pix);
    return 0;
  }
  case VIDIOC_G_PARM:
  case VIDIOC_S_PARM: {
    struct v4l2_streamparm *p = arg;
    if (p->type != V4L2_BUF_TYPE_VIDEO_CAPTURE) return fail(EINVAL);
    p->parm.capture.capability = V4L2_CAP_TIMEPERFRAME;
    p->parm.capture.timeperframe = (struct v4l2_fract){c->rate_num, c->rate_den};
    return 0;
  }
  case VIDIOC_ENUMINPUT: {
    struct v4l2_input *i = arg;
    if (i->index) return fail(EINVAL);
    memset(i, 0, sizeof *i);
    strcpy((char *)i->name, "Camera 1");
    i->type = V4L2_INPUT_TYPE_CAMERA;
    return 0;
  }
  case VIDIOC_G_INPUT: *(int *)arg = 0; return 0;
  case VIDIOC_S_INPUT: return *(int *)arg ? fail(EINVAL) : 0;
  case VIDIOC_REQBUFS: return request_buffers(c, fd, arg);
  case VIDIOC_QUERYBUF: {
    struct v4l2_buffer *b = arg;
    if (b->index >= c->buffers) return fail(EINVAL);
    describe_buffer(c, b);
    return 0;
  }
  case VIDIOC_QBUF: {
    struct v4l2_buffer *b = arg;
    if (b->index >= c->buffers || c->queued >= c->buffers) return fail(EINVAL);
    c->queue[c->queued++] = b->index;
    b->flags = V4L2_BUF_FLAG_QUEUED;
    return 0;
  }
  case VIDIOC_DQBUF: return dequeue(c, fd, arg);
  case VIDIOC_STREAMON:
    if (!c->buffers) return fail(EINVAL);
    c->streaming = 1;
    c->start = clock_ns(CLOCK_MONOTONIC);
    c->sequence = c->frames = 0;
    return 0;
  case VIDIOC_STREAMOFF: c->streaming = 0; c->queued = 0; return 0;
  default: return fail(ENOTTY);
  }
}

static ssize_t cam_read(void *state, int fd, void *to, size_t n) {
  (void)state, (void)fd, (void)to, (void)n;
  return fail(EINVAL);
}

static ssize_t cam_write(void *state, int fd, const void *from, size_t n) {
  (void)state, (void)fd, (void)from, (void)n;
  return fail(EINVAL);
}

EXPORT const struct libv4l_dev_ops libv4l2_plugin = {
    .init = cam_init, .close = cam_close, .ioctl = cam_ioctl, .read = cam_read, .write = cam_write};
