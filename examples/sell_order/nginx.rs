//! nginx, with the configuration beside this file, in a folder of its own.

use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use tokio::process::Command;

use crate::Error;
use crate::process::Running;

const CONFIGURATION: &str = include_str!("nginx.conf");

/// nginx itself, and one who tells it to stop when the standard input ends.
const SCRIPT: &str = r#"
exec 3<&0
{ read -r _; "$0" -p "$1" -c nginx.conf -e error.log -s quit; } <&3 &
exec "$0" -p "$1" -c nginx.conf -e error.log 3<&-
"#;

/// Starts nginx before the gateway and waits until it serves.
pub(crate) async fn start(program: &Path, folder: &Path, gateway: &str) -> Result<Running, Error> {
    let own = std::path::absolute(folder)?.join("nginx");
    let address = free_address()?;
    let configuration = CONFIGURATION
        .replace("127.0.0.1:8000", &address)
        .replace("127.0.0.1:8001", gateway.trim_start_matches("http://"));
    std::fs::create_dir_all(&own)
        .and_then(|()| std::fs::write(own.join("nginx.conf"), configuration))
        .map_err(|error| format!("can't write into {}: {error}", own.display()))?;
    let pid = own.join("nginx.pid");
    for old in [&pid, &own.join("access.log")] {
        let _ = std::fs::remove_file(old);
    }

    let mut command = Command::new("sh");
    command.args(["-c", SCRIPT]).arg(program).arg(&own);
    // In a group of its own, Ctrl-C does not reach it: it stops when it is told to.
    #[cfg(unix)]
    command.process_group(0);
    let mut nginx = Running::start_at(format!("http://{address}"), "nginx", command)?;
    tokio::select! {
        () = is_there(&pid) => Ok(nginx),
        error = nginx.ended_early() => Err(error),
    }
}

/// Finds a port that is free now: nginx can't choose one by itself.
fn free_address() -> Result<String, Error> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    Ok(listener.local_addr()?.to_string())
}

/// Waits for the file that nginx writes when it listens.
async fn is_there(pid: &Path) {
    while !pid.exists() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
