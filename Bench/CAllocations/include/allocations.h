// SPDX-License-Identifier: Apache-2.0
#ifndef ALLOCATIONS_H
#define ALLOCATIONS_H

/// The number of blocks allocated since the process started, on all threads.
unsigned long allocations_count(void);

/// The number of bytes allocated since the process started, on all threads.
unsigned long allocations_bytes(void);

#endif
