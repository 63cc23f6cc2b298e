// SPDX-License-Identifier: Apache-2.0 ALSA capture for Swift: its header, and functions in place of
// the macros that the importer cannot read, or that combine several calls.
#ifndef CALSA_H
#define CALSA_H

#include <alsa/asoundlib.h>
#include <errno.h>
#include <stdint.h>
#include <time.h>

/// The configuration of a device after `calsa_open`.
typedef struct {
  unsigned rate;
  unsigned channels;
  /// Samples in a period; a reader is woken after each period.
  unsigned long period;
  /// Samples that the device buffers for a slow reader.
  unsigned long buffer;
} calsa_format;

static inline void calsa_quiet(const char *file, int line, const char *function, int error,
                               const char *format, ...) {}

/// Discards the messages that the library writes to standard error; its return values say the same.
static inline void calsa_silence(void) { snd_lib_error_set_handler(calsa_quiet); }

static inline int calsa_set_hardware(snd_pcm_t *pcm, calsa_format *f, unsigned period_us) {
  snd_pcm_hw_params_t *p;
  int r = snd_pcm_hw_params_malloc(&p);
  if (r < 0) return r;
  snd_pcm_uframes_t period = (snd_pcm_uframes_t)((uint64_t)f->rate * period_us / 1000000);
  // A reader that is delayed by less than this loses nothing.
  snd_pcm_uframes_t buffer = f->rate / 2;
  int direction = 0;
  if ((r = snd_pcm_hw_params_any(pcm, p)) >= 0 &&
      (r = snd_pcm_hw_params_set_access(pcm, p, SND_PCM_ACCESS_RW_INTERLEAVED)) >= 0 &&
      (r = snd_pcm_hw_params_set_format(pcm, p, SND_PCM_FORMAT_S16)) >= 0 &&
      (r = snd_pcm_hw_params_set_channels_near(pcm, p, &f->channels)) >= 0 &&
      (r = snd_pcm_hw_params_set_rate_near(pcm, p, &f->rate, &direction)) >= 0 &&
      (r = snd_pcm_hw_params_set_period_size_near(pcm, p, &period, &direction)) >= 0 &&
      (r = snd_pcm_hw_params_set_buffer_size_near(pcm, p, &buffer)) >= 0)
    r = snd_pcm_hw_params(pcm, p);
  f->period = period;
  f->buffer = buffer;
  snd_pcm_hw_params_free(p);
  return r;
}

static inline int calsa_set_software(snd_pcm_t *pcm, const calsa_format *f) {
  snd_pcm_sw_params_t *p;
  int r = snd_pcm_sw_params_malloc(&p);
  if (r < 0) return r;
  if ((r = snd_pcm_sw_params_current(pcm, p)) >= 0) {
    snd_pcm_sw_params_set_avail_min(pcm, p, f->period);
    snd_pcm_sw_params_set_tstamp_mode(pcm, p, SND_PCM_TSTAMP_ENABLE);
    snd_pcm_sw_params_set_tstamp_type(pcm, p, SND_PCM_TSTAMP_TYPE_MONOTONIC);
    r = snd_pcm_sw_params(pcm, p);
  }
  snd_pcm_sw_params_free(p);
  return r;
}

/// Opens a device for capture and starts it; 0 and the device, or -errno.
///
/// Non-blocking, 16 bits; rate and channels are those nearest to the values in `format`.
static inline int calsa_open(const char *name, calsa_format *format, unsigned period_us,
                             snd_pcm_t **device) {
  snd_pcm_t *pcm;
  int r = snd_pcm_open(&pcm, name, SND_PCM_STREAM_CAPTURE, SND_PCM_NONBLOCK);
  if (r < 0) return r;
  if ((r = calsa_set_hardware(pcm, format, period_us)) < 0 ||
      (r = calsa_set_software(pcm, format)) < 0 || (r = snd_pcm_start(pcm)) < 0) {
    snd_pcm_close(pcm);
    return r;
  }
  *device = pcm;
  return 0;
}

/// The number of buffered samples and the time of that count; 0, or -errno.
///
/// The time is in nanoseconds of CLOCK_MONOTONIC; 0 if the device has no timestamps.
static inline int calsa_timestamp(snd_pcm_t *pcm, unsigned long *available, int64_t *nanoseconds) {
  snd_pcm_uframes_t count = 0;
  snd_htimestamp_t t = {0, 0};
  int r = snd_pcm_htimestamp(pcm, &count, &t);
  *available = count;
  *nanoseconds = (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
  return r;
}

#endif
