// SPDX-License-Identifier: Apache-2.0
// Counts every allocation of the process: defines malloc and its relatives, which call glibc's.
#include "allocations.h"

#include <errno.h>
#include <stddef.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static _Atomic unsigned long blocks, bytes;

static void count(size_t size) {
  blocks++;
  bytes += size;
}

void *malloc(size_t size) {
  count(size);
  return __libc_malloc(size);
}

void *calloc(size_t many, size_t size) {
  count(many * size);
  return __libc_calloc(many, size);
}

void *realloc(void *block, size_t size) {
  count(size);
  return __libc_realloc(block, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  count(size);
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size) {
  count(size);
  *block = __libc_memalign(alignment, size);
  return *block ? 0 : ENOMEM;
}

unsigned long allocations_count(void) { return blocks; }
unsigned long allocations_bytes(void) { return bytes; }
