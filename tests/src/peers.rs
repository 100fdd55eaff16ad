//! The originals in Python, in a virtual environment of their own.

use std::env;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::required::PEERS as NEED;
use crate::run::{Ran, run};

const REQUIREMENTS: [&str; 2] = [
    concat!(env!("CARGO_MANIFEST_DIR"), "/peers/requirements.txt"),
    concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../examples/sell_order/python/requirements.txt"
    ),
];

/// The real Eliot, `eliot-tree` and `logstash_formatter`, with what the examples need beside them.
#[derive(Debug)]
pub struct Peers {
    /// Where the environment keeps its programs.
    programs: PathBuf,
}

impl Peers {
    /// Finds the originals in `target_tmp`, which is cargo's `CARGO_TARGET_TMPDIR`; the first who
    /// asks installs them there, while others wait.
    ///
    /// Gives `None` where they can't be had, for instance without Python, and says so once on the
    /// standard error: the test is then to be left out.
    ///
    /// # Panics
    ///
    /// If they can't be had and the environment variable `TASKTRAIL_PEERS` is `required`, or if it
    /// is anything else that is not empty.
    pub fn find(target_tmp: &str) -> Option<&'static Self> {
        static PEERS: OnceLock<Result<Peers, String>> = OnceLock::new();
        let required = NEED.is_required();
        let peers = PEERS.get_or_init(|| {
            let peers = install(Path::new(target_tmp));
            if let (Err(reason), false) = (&peers, required) {
                NEED.leave_out("the tests by the originals in Python", reason);
            }
            peers
        });
        match peers {
            Ok(peers) => Some(peers),
            Err(reason) if required => panic!("TASKTRAIL_PEERS=required, but {reason}"),
            Err(_) => None,
        }
    }

    /// Runs a script of `peers/`.
    ///
    /// # Panics
    ///
    /// If it fails.
    pub fn python(&self, script: &str, arguments: &[&dyn AsRef<OsStr>]) -> Ran {
        let script = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("peers")
            .join(script);
        // Without the user's own modules and settings, and in UTF-8 everywhere.
        let mut command = self.command("python");
        command.args(["-I", "-B", "-X", "utf8"]).arg(script);
        run(command.args(arguments.iter().map(|argument| argument.as_ref())))
    }

    /// Runs `eliot-tree`.
    ///
    /// # Panics
    ///
    /// If it fails.
    pub fn eliot_tree(&self, arguments: &[&dyn AsRef<OsStr>]) -> Ran {
        self.eliot_tree_where(&[], arguments)
    }

    /// Runs `eliot-tree` with some environment variables, none of which are those of this process
    /// that it looks at.
    ///
    /// # Panics
    ///
    /// If it fails.
    pub fn eliot_tree_where(
        &self,
        environment: &[(&str, &str)],
        arguments: &[&dyn AsRef<OsStr>],
    ) -> Ran {
        let mut command = self.command("eliot-tree");
        // A configuration of eliot-tree in the user's home would change what it prints.
        command.env("HOME", &self.programs);
        command.env_remove("COLORFGBG").env_remove("TZ");
        command.envs(environment.iter().copied());
        run(command.args(arguments.iter().map(|argument| argument.as_ref())))
    }

    /// Gives the path of the Python that has them.
    pub fn interpreter(&self) -> PathBuf {
        in_folder(&self.programs, "python")
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(in_folder(&self.programs, program));
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("PYTHON") {
                command.env_remove(name);
            }
        }
        command.env("PYTHONUTF8", "1");
        command
    }
}

/// Makes the environment, unless it is there already as the requirements want it.
fn install(target_tmp: &Path) -> Result<Peers, String> {
    let python = find_python()?;
    let requirements = REQUIREMENTS.map(read).into_iter();
    let requirements: String = requirements.collect::<Result<_, _>>()?;
    fs::create_dir_all(target_tmp).map_err(|error| told(target_tmp, &error))?;
    let _lock = lock(&target_tmp.join("peers.lock"))?;
    let folder = target_tmp.join("peers");
    let peers = Peers {
        programs: folder.join(if cfg!(windows) { "Scripts" } else { "bin" }),
    };
    // Written last: an installation that was broken off has none.
    let stamp = folder.join("installed.txt");
    let wanted = format!("{}\n{requirements}", python.version);
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(peers);
    }
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|error| told(&folder, &error))?;
    }
    succeed(
        "a virtual environment",
        Command::new(python.program)
            .args(["-m", "venv"])
            .arg(&folder),
    )?;
    succeed(
        "pip install",
        peers
            .command("python")
            .args(["-I", "-m", "pip", "install", "--quiet", "--retries", "1"])
            .arg("--disable-pip-version-check")
            .args(REQUIREMENTS.map(|file| format!("--requirement={file}"))),
    )?;
    fs::write(&stamp, wanted).map_err(|error| told(&stamp, &error))?;
    Ok(peers)
}

struct Python {
    program: &'static str,
    /// What an environment of this Python can't be shared beyond.
    version: String,
}

fn find_python() -> Result<Python, String> {
    let mut reason = String::new();
    for program in ["python3", "python"] {
        let code = "import sys; print(sys.version, sys.executable)";
        match succeed(program, Command::new(program).args(["-I", "-c", code])) {
            Ok(version) => return Ok(Python { program, version }),
            Err(error) if reason.is_empty() => reason = error,
            Err(_) => {}
        }
    }
    Err(reason)
}

/// Waits until no other process is installing; the lock lasts as long as the file is open.
fn lock(path: &Path) -> Result<File, String> {
    let file = File::create(path).map_err(|error| told(path, &error))?;
    file.lock().map_err(|error| told(path, &error))?;
    Ok(file)
}

fn read(path: &str) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| told(Path::new(path), &error))
}

/// Runs a command and gives what it printed, or what is wrong with it, under a name.
fn succeed(name: &str, command: &mut Command) -> Result<String, String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{name} can't be started: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    match output.status.success() {
        true => Ok(text(&output.stdout)),
        false => Err(format!("{name} failed: {}", text(&output.stderr))),
    }
}

fn in_folder(folder: &Path, program: &str) -> PathBuf {
    folder.join(format!("{program}{}", env::consts::EXE_SUFFIX))
}

fn told(path: &Path, error: &io::Error) -> String {
    format!("{}: {error}", path.display())
}
