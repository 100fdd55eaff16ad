//! Compression of one rolled file.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::rolled::{compressed_names, folder};

/// Puts a compressed file in the place of a rolled one; `false` if the file is still in use or gone.
///
/// Whenever it is interrupted, the rolled file is whole or the compressed one is.
pub(crate) fn compress(plain: &Path) -> io::Result<bool> {
    let mut source = match File::open(plain) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        opened => opened?,
    };
    // Another process that has the file open holds a shared lock. Where there are no locks, one
    // process alone may write.
    if cfg!(unix) && matches!(source.try_lock(), Err(TryLockError::WouldBlock)) {
        return Ok(false);
    }
    let (compressed, unfinished) = compressed_names(plain);
    let written = write(&mut source, &unfinished)
        .and_then(|()| fs::rename(&unfinished, &compressed))
        .and_then(|()| sync_folder(plain));
    if let Err(error) = written {
        let _ = fs::remove_file(&unfinished);
        return Err(error);
    }
    fs::remove_file(plain)?;
    Ok(true)
}

fn write(source: &mut File, unfinished: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    // Nobody may read it who may not read the source.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(unfinished)?;
    let mut encoder = GzEncoder::new(file, Compression::default());
    io::copy(source, &mut encoder)?;
    let file = encoder.finish()?;
    file.set_permissions(source.metadata()?.permissions())?;
    file.sync_all()
}

/// Makes the new name last, before the file under the old name goes.
fn sync_folder(plain: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder(plain))?.sync_all()?;
    }
    Ok(())
}
