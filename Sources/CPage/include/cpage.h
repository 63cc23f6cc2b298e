// SPDX-License-Identifier: Apache-2.0
// The files of the page, as built by client/build.mjs, in the program's read-only data.

#ifndef CPAGE_H
#define CPAGE_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
  const uint8_t *_Nonnull bytes;
  size_t size;
} CPageFile;

CPageFile cpage_browser(void);
CPageFile cpage_statistics(void);
CPageFile cpage_list(void);
CPageFile cpage_wall(void);
CPageFile cpage_publisher(void);
CPageFile cpage_error(void);
CPageFile cpage_module(void);
CPageFile cpage_later_module(void);
CPageFile cpage_module_types(void);
CPageFile cpage_publisher_module(void);

#endif
