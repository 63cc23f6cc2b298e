#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs a command with the processor time that nothing else wants.
#
# Linux shares the processors by sessions first (autogroups): the command has a session of its own,
# with the least weight.
# Tests/idle.sh COMMAND [ARGUMENT ...]
exec setsid --wait bash -c '
  { echo 19 > /proc/self/autogroup; } 2> /dev/null
  exec chrt --idle 0 "$@"' idle "$@"
