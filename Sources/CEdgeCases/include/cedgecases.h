// SPDX-License-Identifier: Apache-2.0
// deploy/edge/cases.json in the program's read-only data.

#ifndef CEDGECASES_H
#define CEDGECASES_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
  const uint8_t *_Nonnull bytes;
  size_t size;
} CEdgeCases;

CEdgeCases cedgecases(void);

#endif
