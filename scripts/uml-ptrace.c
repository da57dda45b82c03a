// Lets a user-mode-linux kernel older than the processor run on it. Such a kernel keeps a shorter extended register state than
// the processor has (AMX made it longer), and the machine refuses to set a part of it. Preloaded, this completes a shorter state
// with the rest that the traced process has. The kernel has one thread, so one buffer does.
#define _GNU_SOURCE
#include <elf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define STATE_BYTES_MAX 65536

static unsigned char state[STATE_BYTES_MAX] __attribute__((aligned(64)));

long ptrace(enum __ptrace_request request, ...) {
  va_list arguments;
  va_start(arguments, request);
  pid_t pid = va_arg(arguments, pid_t);
  void *address = va_arg(arguments, void *);
  void *data = va_arg(arguments, void *);
  va_end(arguments);
  if (request == PTRACE_SETREGSET && (unsigned long)address == NT_X86_XSTATE) {
    struct iovec *given = data, whole = {state, sizeof state};
    if (syscall(SYS_ptrace, PTRACE_GETREGSET, pid, address, &whole) == 0 && given->iov_len < whole.iov_len) {
      memcpy(state, given->iov_base, given->iov_len);
      return syscall(SYS_ptrace, request, pid, address, &whole);
    }
  }
  // Peeks return the word through the C library's interface, through `data` in the kernel's.
  if (request == PTRACE_PEEKTEXT || request == PTRACE_PEEKDATA || request == PTRACE_PEEKUSER) {
    long word = 0;
    long failed = syscall(SYS_ptrace, request, pid, address, &word);
    return failed < 0 ? failed : word;
  }
  return syscall(SYS_ptrace, request, pid, address, data);
}
