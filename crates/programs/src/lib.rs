//! Small static programs that Skeg carries inside itself: each is an executable for this binary's own architecture that
//! runs in an otherwise empty image.

/// First process of every pod sandbox: holds the namespaces, reaps orphans, ends on SIGTERM or SIGINT.
pub static PAUSE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/pause"));

/// Sample web server: shows a message from its environment or a file, and can fetch a page through the pod's own DNS.
pub static WEB: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/web"));

#[cfg(test)]
mod tests {
    use super::{PAUSE, WEB};

    /// Offset and size of the program header table's fields in a 64-bit ELF file.
    fn program_header_types(elf: &[u8]) -> Vec<u32> {
        let start = u64::from_le_bytes(elf[32..40].try_into().unwrap()) as usize;
        let size = u16::from_le_bytes(elf[54..56].try_into().unwrap()) as usize;
        let count = u16::from_le_bytes(elf[56..58].try_into().unwrap()) as usize;
        (0..count)
            .map(|i| u32::from_le_bytes(elf[start + i * size..start + i * size + 4].try_into().unwrap()))
            .collect()
    }

    #[test]
    fn programs_need_no_interpreter() {
        const PT_INTERP: u32 = 3;
        for program in [PAUSE, WEB] {
            assert_eq!(&program[..4], b"\x7fELF");
            assert!(!program_header_types(program).contains(&PT_INTERP));
        }
    }

    #[test]
    fn pause_stays_tiny() {
        assert!(PAUSE.len() < 16 << 10, "{} bytes", PAUSE.len());
    }
}
