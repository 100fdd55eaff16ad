//! Puts the page in its place: whole, or not at all.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tasktrail_record::TaskId;

use super::page::Page;
use crate::input::Input;

/// Names where a page goes.
#[derive(Debug)]
pub(super) enum Destination {
    Stdout,
    File(PathBuf),
}

impl Destination {
    /// Takes the name from the command line, and looks before anything is read whether a page can
    /// be there.
    ///
    /// # Errors
    ///
    /// If there is a folder of that name, or no folder to hold it, or if it is one of the logs.
    pub(super) fn new(name: &Path, logs: &[PathBuf]) -> io::Result<Self> {
        if name == Path::new("-") {
            return Ok(Self::Stdout);
        }
        if name.is_dir() {
            return Err(io::Error::new(
                io::ErrorKind::IsADirectory,
                "expected a file, found a folder",
            ));
        }
        fs::metadata(folder_of(name))?;
        let destination = Self::File(name.to_owned());
        if logs.iter().any(|log| destination.is(log)) {
            return Err(io::Error::other("it is one of the logs"));
        }
        Ok(destination)
    }

    /// Takes the page that was written before out of the logs, where a folder of logs is read in
    /// which it is.
    pub(super) fn leave_out(&self, inputs: &mut Vec<Input>) {
        inputs.retain(|input| match input {
            Input::Stdin => true,
            Input::File(log) => !self.is(log),
        });
    }

    /// Tells whether a page that goes here takes the place of that file.
    fn is(&self, log: &Path) -> bool {
        let Self::File(name) = self else {
            return false;
        };
        match (fs::canonicalize(name), fs::canonicalize(log)) {
            (Ok(name), Ok(log)) => name == log,
            _ => false,
        }
    }

    /// Writes the page, and gives its size in bytes.
    ///
    /// # Errors
    ///
    /// If it can't be written. Under its name then stands what stood there before.
    pub(super) fn write(&self, page: &Page<'_>) -> io::Result<usize> {
        match self {
            Self::Stdout => written(page, io::stdout().lock()),
            // Where a link leads is replaced, not the link.
            Self::File(name) => {
                let name = &fs::canonicalize(name).unwrap_or_else(|_| name.clone());
                match fs::metadata(name) {
                    // A pipe or a device has nothing that could be replaced.
                    Ok(known) if !known.is_file() => {
                        written(page, OpenOptions::new().write(true).open(name)?)
                    }
                    Ok(known) => replace(page, name, Some(known.permissions())),
                    Err(_) => replace(page, name, None),
                }
            }
        }
    }
}

fn written(page: &Page<'_>, destination: impl Write) -> io::Result<usize> {
    let mut destination = BufWriter::new(destination);
    let bytes = page.write(&mut destination)?;
    destination.flush()?;
    Ok(bytes)
}

/// Writes it beside its place, and moves it there when it is whole.
fn replace(
    page: &Page<'_>,
    name: &Path,
    permissions: Option<fs::Permissions>,
) -> io::Result<usize> {
    let part = folder_of(name).join(format!(".tasktrail-report-{}", TaskId::random()));
    let placed = File::create_new(&part).and_then(|file| {
        // Who must not read the old page must not read the new one either.
        permissions.map_or(Ok(()), |permissions| file.set_permissions(permissions))?;
        let bytes = written(page, &file)?;
        fs::rename(&part, name)?;
        Ok(bytes)
    });
    if placed.is_err() {
        let _ = fs::remove_file(&part);
    }
    placed
}

fn folder_of(name: &Path) -> &Path {
    match name.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdout => f.write_str("<stdout>"),
            Self::File(name) => name.display().fmt(f),
        }
    }
}
