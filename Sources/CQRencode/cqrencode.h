#ifndef CQRENCODE_H
#define CQRENCODE_H
#include <qrencode.h>
#include <stddef.h>
#include <string.h>

/// Encodes a text as a QR code of the least version with error correction M. One byte per module is
/// written to `modules`, row by row: 1 for a dark one. The width of the code in modules; 0 if the
/// text is too long, or `capacity` bytes are too few.
static inline size_t cqrencode(const char *text, unsigned char *modules, size_t capacity) {
  QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
  if (!code) return 0;
  size_t width = (size_t)code->width, count = width * width;
  if (count > capacity) width = 0;
  // The lowest bit is the colour; the others say which part of the code the module is.
  for (size_t i = 0; width && i < count; i++) modules[i] = code->data[i] & 1;
  QRcode_free(code);
  return width;
}
#endif
