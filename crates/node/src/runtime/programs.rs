//! The images that Skeg makes of its own programs.
use super::image::{File, Image};

/// Image of every pod's sandbox.
pub const PAUSE_IMAGE: &str = "skeg.dev/pause:1";
/// Image of the sample application.
pub const WEB_IMAGE: &str = "skeg.dev/web:1";

pub fn pause() -> Image {
    Image {
        files: vec![File::program("pause", skeg_programs::PAUSE)],
        entrypoint: vec!["/pause".into()],
        user: "65535:65535".into(),
        ..Image::new(PAUSE_IMAGE)
    }
}

pub fn web() -> Image {
    Image {
        files: vec![File::program("web", skeg_programs::WEB)],
        entrypoint: vec!["/web".into()],
        user: "65532:65532".into(),
        ..Image::new(WEB_IMAGE)
    }
}
