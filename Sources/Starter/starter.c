// SPDX-License-Identifier: Apache-2.0
// The installed command: blocks the signals of an operator and executes the program.
//
// A signal whose action is the default one ends a process while the dynamic loader is at work,
// which takes the program tens of milliseconds. This file needs no loader: its first instructions
// block the signals, and the program, which inherits the mask, receives them when it is ready. The
// program is `lib/streamer/streamer` beside the folder of this file. Linked without a C library.

#define _GNU_SOURCE
#include <elf.h>
#include <linux/limits.h>
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>

/// The path of the program, after that of the folder above the folder of this file.
#define PROGRAM "/lib/streamer/streamer"
/// The status of a shell whose command cannot be executed.
#define CANNOT_EXECUTE 127

#if defined __x86_64__
/// The arguments are on the stack, which is 16-byte aligned before a call.
__asm__(
    ".globl _start\n"
    "_start:\n"
    "  xor %ebp, %ebp\n"
    "  mov %rsp, %rdi\n"
    "  and $-16, %rsp\n"
    "  call begin\n");

static long call(long number, long a, long b, long c, long d) {
  register long fourth __asm__("r10") = d;
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth)
                   : "rcx", "r11", "memory");
  return result;
}
#elif defined __aarch64__
__asm__(
    ".globl _start\n"
    "_start:\n"
    "  mov x29, #0\n"
    "  mov x30, #0\n"
    "  mov x0, sp\n"
    "  bl begin\n");

static long call(long number, long a, long b, long c, long d) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
  return x0;
}
#else
#error "add the system calls of this architecture"
#endif

static size_t length(const char *text) {
  size_t count = 0;
  while (text[count]) count++;
  return count;
}

static void write_error(const char *text) {
  call(SYS_write, 2, (long)text, (long)length(text), 0);
}

/// Writes the path of this file; returns its length, 0 if it is unknown or too long.
static size_t own_path(char *path, size_t size, char *const *environment) {
  long count = call(SYS_readlinkat, -100, (long)"/proc/self/exe", (long)path, (long)size);
  if (count > 0) return (size_t)count < size ? (size_t)count : 0;
  // Without /proc: the path that was executed, from the vector after the environment.
  while (*environment) environment++;
  const unsigned long *entry = (const unsigned long *)(environment + 1);
  while (entry[0] != AT_NULL && entry[0] != AT_EXECFN) entry += 2;
  if (entry[0] == AT_NULL) return 0;
  const char *given = (const char *)entry[1];
  size_t wanted = length(given);
  if (wanted >= size) return 0;
  for (size_t i = 0; i < wanted; i++) path[i] = given[i];
  return wanted;
}

/// Removes the last element of a path and the slash before it; an element alone leaves nothing.
static size_t parent(const char *path, size_t count) {
  while (count > 0 && path[count - 1] != '/') count--;
  return count > 0 ? count - 1 : 0;
}

__attribute__((noreturn, used)) void begin(long *stack) {
  // The mask of the kernel has 64 bits: that of signal N is bit N - 1.
  const unsigned long signals = 1UL << (SIGHUP - 1) | 1UL << (SIGINT - 1) | 1UL << (SIGUSR1 - 1)
                                | 1UL << (SIGUSR2 - 1) | 1UL << (SIGTERM - 1);
  call(SYS_rt_sigprocmask, SIG_BLOCK, (long)&signals, 0, sizeof signals);

  char *const *arguments = (char *const *)(stack + 1);
  char *const *environment = arguments + stack[0] + 1;
  char path[PATH_MAX + sizeof PROGRAM];
  size_t count = own_path(path, PATH_MAX, environment);
  size_t folder = parent(path, count);
  count = parent(path, folder);
  if (folder > 0 && path[0] == '/') {
    for (size_t i = 0; i < sizeof PROGRAM; i++) path[count + i] = PROGRAM[i];
    call(SYS_execve, (long)path, (long)arguments, (long)environment, 0);
  } else {
    path[0] = 0;
  }
  write_error("streamer: cannot execute the program ");
  write_error(path[0] ? path : "beside this file: its path is unknown");
  write_error("\n");
  for (;;) call(SYS_exit_group, CANNOT_EXECUTE, 0, 0, 0);
}
