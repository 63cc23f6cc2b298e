// SPDX-License-Identifier: Apache-2.0
// Blocks the signals of an operator before the libraries of the program are initialised: such a
// signal then waits until the program receives it, and does not end the process. The dynamic loader
// calls the functions of this section when it has loaded the libraries.
#include "cstart.h"

#include <signal.h>
#include <stddef.h>

static void block_signals(void) {
  static const int signals[] = {SIGHUP, SIGUSR1, SIGUSR2, SIGTERM, SIGINT};
  sigset_t set;
  sigemptyset(&set);
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) sigaddset(&set, signals[i]);
  sigprocmask(SIG_BLOCK, &set, NULL);
}

__attribute__((section(".preinit_array"), used)) static void (*const start)(void) = block_signals;
