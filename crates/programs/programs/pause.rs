//! The sandbox program: first process of a pod. It holds the pod's namespaces, reaps processes that were orphaned into a
//! shared process namespace, and ends on SIGTERM or SIGINT. It talks to the kernel directly, so it is a few KiB in all and
//! a pod's overhead stays a handful of pages.
#![no_std]
#![no_main]
use core::arch::{asm, naked_asm};

const SIGINT: u32 = 2;
const SIGTERM: u32 = 15;
const SIGCHLD: u32 = 17;
const SIG_BLOCK: usize = 0;
const WNOHANG: usize = 1;
/// Size in bytes of the kernel's signal set.
const SIGNAL_SET_SIZE: usize = 8;

#[cfg(target_arch = "x86_64")]
mod number {
    pub const SIGPROCMASK: usize = 14;
    pub const SIGTIMEDWAIT: usize = 128;
    pub const WAIT4: usize = 61;
    pub const EXIT_GROUP: usize = 231;
}
#[cfg(target_arch = "aarch64")]
mod number {
    pub const SIGPROCMASK: usize = 135;
    pub const SIGTIMEDWAIT: usize = 137;
    pub const WAIT4: usize = 260;
    pub const EXIT_GROUP: usize = 94;
}

#[cfg(target_arch = "x86_64")]
unsafe fn syscall(number: usize, a: usize, b: usize, c: usize, d: usize) -> isize {
    let result;
    // SAFETY: the caller's arguments are valid for this call; the kernel clobbers rcx and r11 only.
    unsafe {
        asm!("syscall", inlateout("rax") number => result, in("rdi") a, in("rsi") b, in("rdx") c, in("r10") d,
             lateout("rcx") _, lateout("r11") _, options(nostack));
    }
    result
}
#[cfg(target_arch = "aarch64")]
unsafe fn syscall(number: usize, a: usize, b: usize, c: usize, d: usize) -> isize {
    let result;
    // SAFETY: the caller's arguments are valid for this call.
    unsafe {
        asm!("svc 0", in("x8") number, inlateout("x0") a => result, in("x1") b, in("x2") c, in("x3") d, options(nostack));
    }
    result
}

#[cfg(target_arch = "x86_64")]
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn _start() -> ! {
    naked_asm!("xor ebp, ebp", "call {run}", "ud2", run = sym run)
}
#[cfg(target_arch = "aarch64")]
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn _start() -> ! {
    naked_asm!("mov x29, xzr", "bl {run}", "brk 1", run = sym run)
}

const fn bit(signal: u32) -> u64 {
    1 << (signal - 1)
}

/// The signals are blocked and waited for instead of handled: a blocked signal reaches even the first process of a
/// process namespace, whose unhandled signals the kernel would drop.
extern "C" fn run() -> ! {
    let signals: u64 = bit(SIGINT) | bit(SIGTERM) | bit(SIGCHLD);
    let set = &raw const signals as usize;
    // SAFETY: `signals` lives as long as this function, which never returns.
    unsafe {
        syscall(number::SIGPROCMASK, SIG_BLOCK, set, 0, SIGNAL_SET_SIZE);
        loop {
            let signal = syscall(number::SIGTIMEDWAIT, set, 0, 0, SIGNAL_SET_SIZE);
            if signal == SIGINT as isize || signal == SIGTERM as isize {
                syscall(number::EXIT_GROUP, 0, 0, 0, 0);
            }
            while syscall(number::WAIT4, usize::MAX, 0, WNOHANG, 0) > 0 {}
        }
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {
        // SAFETY: exit_group takes no pointer.
        unsafe { syscall(number::EXIT_GROUP, 1, 0, 0, 0) };
    }
}
