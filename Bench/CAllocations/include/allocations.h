// SPDX-License-Identifier: Apache-2.0
#ifndef ALLOCATIONS_H
#define ALLOCATIONS_H

/// How many blocks were asked for since the process began, on all threads.
unsigned long allocations_count(void);

/// How many bytes were asked for since the process began, on all threads.
unsigned long allocations_bytes(void);

#endif
