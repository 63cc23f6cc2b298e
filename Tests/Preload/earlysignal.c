// SPDX-License-Identifier: Apache-2.0
// Preloaded: the process gets the signal NUMBER while its libraries are initialised.

#include <signal.h>
#include <unistd.h>

__attribute__((constructor)) static void start(void) { kill(getpid(), NUMBER); }
