//! Keeps the logs of running containers short: a full file is moved aside, older ones are compressed, the oldest go.
use crate::{cri::api, kubelet::shared::Shared};
use flate2::{Compression, write::GzEncoder};
use futures::StreamExt;
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Runs until it is dropped.
pub(in crate::kubelet) async fn keep_rotating(shared: Arc<Shared>) {
    loop {
        tokio::time::sleep(shared.config.settings.log_files.look_every).await;
        let Ok(containers) = shared.runtime.list_containers(None).await else { continue };
        let running = containers.into_iter().filter(|it| it.state() == api::ContainerState::ContainerRunning);
        let workers = shared.config.settings.log_files.workers;
        let shared = &*shared;
        futures::stream::iter(running)
            .for_each_concurrent(workers, |container| async move {
                if let Err(error) = check(shared, &container.id).await {
                    tracing::warn!(container = container.id, %error, "a log cannot be rotated");
                }
            })
            .await;
    }
}

async fn check(shared: &Shared, id: &str) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let log = PathBuf::from(shared.runtime.container_status(id).await?.log_path);
    let limits = shared.config.settings.log_files;
    if fs::metadata(&log).map_or(0, |meta| meta.len()) < limits.size_bytes_max {
        return Ok(());
    }
    let now = shared.config.clock.now().strftime("%Y%m%d-%H%M%S").to_string();
    let aside = PathBuf::from(format!("{}.{now}", log.display()));
    let folder = log.clone();
    tokio::task::spawn_blocking(move || make_room(&folder, limits.files_max)).await??;
    fs::rename(&log, &aside)?;
    if let Err(error) = shared.runtime.reopen_log(id).await {
        fs::rename(&aside, &log)?;
        return Err(error.into());
    }
    Ok(())
}

fn rotated(log: &Path) -> io::Result<Vec<PathBuf>> {
    let name = log.file_name().and_then(|it| it.to_str()).unwrap_or_default().to_owned() + ".";
    let mut found = Vec::new();
    for entry in fs::read_dir(log.parent().unwrap_or(Path::new("/")))? {
        let path = entry?.path();
        let own = path.file_name().and_then(|it| it.to_str()).is_some_and(|it| it.starts_with(&name));
        if own {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Leaves place for one more beside the current file and the one that is moved aside now.
fn make_room(log: &Path, files_max: usize) -> io::Result<()> {
    let mut files = rotated(log)?;
    while files.len() > files_max.saturating_sub(2) {
        fs::remove_file(files.remove(0))?;
    }
    for file in files.iter().filter(|it| it.extension().is_none_or(|end| end != "gz")) {
        let target = PathBuf::from(format!("{}.gz", file.display()));
        let mut out = GzEncoder::new(fs::File::create(&target)?, Compression::default());
        io::copy(&mut fs::File::open(file)?, &mut out)?;
        out.finish()?;
        fs::remove_file(file)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::GzDecoder;

    #[test]
    fn older_logs_are_compressed_and_the_oldest_go() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("0.log");
        let put = |name: &str| fs::write(dir.path().join(name), name).unwrap();
        for name in ["0.log", "1.log", "0.log.20260101-000000", "0.log.20260102-000000", "0.log.20260103-000000"] {
            put(name);
        }
        make_room(&log, 4).unwrap();
        let mut names: Vec<String> =
            fs::read_dir(dir.path()).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        assert_eq!(names, ["0.log", "0.log.20260102-000000.gz", "0.log.20260103-000000.gz", "1.log"]);
        let packed = fs::File::open(dir.path().join("0.log.20260102-000000.gz")).unwrap();
        assert_eq!(io::read_to_string(GzDecoder::new(packed)).unwrap(), "0.log.20260102-000000");
    }
}
