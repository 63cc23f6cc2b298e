#ifndef CZLIB_H
#define CZLIB_H
#include <zlib.h>

/// `deflateInit2` for a gzip member (windowBits 15 + 16); a macro in zlib.h.
static inline int czlib_gzip_init(z_stream *stream, int level) {
  return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

/// `deflateInit2` for deflate blocks without a header (negative windowBits).
static inline int czlib_raw_init(z_stream *stream, int level) {
  return deflateInit2(stream, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
}

/// The CRC-32 of `count` bytes.
static inline uLong czlib_crc32(const unsigned char *bytes, size_t count) {
  return crc32_z(0, bytes, count);
}

/// The CRC-32 of bytes with `first`, and `count` more bytes with `second`; a macro in some zlib.h.
static inline uLong czlib_crc32_combine(uLong first, uLong second, size_t count) {
  return crc32_combine(first, second, (z_off_t)count);
}
#endif
