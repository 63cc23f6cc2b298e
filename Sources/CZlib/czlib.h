#ifndef CZLIB_H
#define CZLIB_H
#include <zlib.h>

/// `deflateInit2` for a gzip member (windowBits 15 + 16); a macro in zlib.h.
static inline int czlib_gzip_init(z_stream *stream, int level) {
  return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}
#endif
