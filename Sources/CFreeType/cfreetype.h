// SPDX-License-Identifier: Apache-2.0
// FreeType: letters of a scalable font as coverage. What Swift does not import is a function here.

#ifndef CFREETYPE_H
#define CFREETYPE_H

#include <ft2build.h>
#include FT_FREETYPE_H
#include <stdint.h>
#include <string.h>

/// The place of a drawn letter; its dots belong to the face until the next letter is drawn.
typedef struct {
  /// 0 for a letter without dots.
  int32_t width, height;
  /// From the pen to the left column, and from the base line up to the top row, in pixels.
  int32_t left, top;
  /// From the pen to the next letter's pen, in pixels.
  int32_t advance;
} CFreeTypeLetter;

/// Draws the letter of a code point, or the font's box for missing letters; 0 if it succeeds.
static inline int cfreetype_draw(
    FT_Face _Nonnull face, uint32_t code_point, CFreeTypeLetter *_Nonnull letter) {
  int error = FT_Load_Char(face, code_point, FT_LOAD_RENDER | FT_LOAD_TARGET_LIGHT);
  if (error) return error;
  const FT_GlyphSlot slot = face->glyph;
  const FT_Bitmap *bitmap = &slot->bitmap;
  if (bitmap->rows && bitmap->pixel_mode != FT_PIXEL_MODE_GRAY) return -1;
  if (bitmap->pitch < 0 || bitmap->width > (unsigned)bitmap->pitch) return -1;
  letter->width = (int32_t)bitmap->width;
  letter->height = (int32_t)bitmap->rows;
  letter->left = slot->bitmap_left;
  letter->top = slot->bitmap_top;
  letter->advance = (int32_t)((slot->advance.x + 32) >> 6);
  return 0;
}

/// Copies the coverage of the drawn letter, 0 to 255 per dot, in rows of its width.
static inline void cfreetype_copy(FT_Face _Nonnull face, uint8_t *_Nonnull target) {
  const FT_Bitmap *bitmap = &face->glyph->bitmap;
  for (unsigned row = 0; row < bitmap->rows; row++)
    memcpy(target + (size_t)row * bitmap->width,
           bitmap->buffer + (size_t)row * (size_t)bitmap->pitch, bitmap->width);
}

/// The heights above and below the base line of the face's size, in pixels.
static inline int32_t cfreetype_ascender(FT_Face _Nonnull face) {
  return (int32_t)((face->size->metrics.ascender + 63) >> 6);
}
static inline int32_t cfreetype_descender(FT_Face _Nonnull face) {
  return (int32_t)((-face->size->metrics.descender + 63) >> 6);
}

#endif
