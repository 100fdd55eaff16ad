//! Starts the three processes, sells, stops them, and shows what their logs tell.

use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::Path;
use std::process::{ExitCode, Stdio};

use clap::ValueEnum;
use reqwest::StatusCode;
use tasktrail_record::Drawing;
use tokio::io::{AsyncBufReadExt, BufReader as AsyncBufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use crate::service::{Order, client, log_file, with_reasons};
use crate::{Arguments, Error};

pub(crate) async fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let folder = match &arguments.dir {
        Some(folder) => folder.clone(),
        None => std::env::temp_dir().join(format!("sell_order-{}", std::process::id())),
    };
    std::fs::create_dir_all(&folder)
        .map_err(|error| format!("can't make the folder {}: {error}", folder.display()))?;
    let arguments = &Arguments {
        dir: Some(folder.clone()),
        service: None,
        ..*arguments
    };

    let market = Running::start("market", arguments, None).await?;
    let orders = Running::start("orders", arguments, Some(&market.address)).await?;
    let gateway = Running::start("gateway", arguments, Some(&orders.address)).await?;

    let sold = tokio::select! {
        sold = sell(&gateway.address, arguments) => sold,
        _ = tokio::signal::ctrl_c() => Err("interrupted".into()),
    };
    // From the outside to the inside, so that nobody misses whom it asks; also when selling failed.
    for process in [gateway, orders, market] {
        process.stop().await?;
    }

    let tree = joined_tree(arguments, &folder)?;
    writeln!(io::stdout(), "{tree}The logs are in {}", folder.display())
        .map_err(|error| format!("can't write the tree to <stdout>: {error}"))?;
    sold.map(|()| ExitCode::SUCCESS)
}

/// Sells all orders at once and checks that each had the answer that it should have.
async fn sell(gateway: &str, arguments: &Arguments) -> Result<(), Error> {
    let client = client();
    let mut requests = JoinSet::new();
    for number in 0..arguments.orders {
        let order = Order {
            customer: format!("customer {}", number + 1),
            stock: "ACME".to_owned(),
            shares: 100,
        };
        let request = client.post(format!("{gateway}/sell")).json(&order);
        requests.spawn(async move {
            let response = request.send().await?;
            Ok((response.status(), response.text().await?))
        });
    }
    // All answers are awaited before any is judged: an order that is cut off logs its end when its
    // process has stopped logging.
    let answers = requests.join_all().await;
    let wrong: Vec<String> = answers
        .into_iter()
        .filter_map(|answer| check(answer, arguments).err())
        .collect();
    match wrong.first() {
        None => Ok(()),
        Some(first) => Err(format!(
            "{} of {} orders went wrong: {first}",
            wrong.len(),
            arguments.orders
        )
        .into()),
    }
}

fn check(
    answer: Result<(StatusCode, String), reqwest::Error>,
    arguments: &Arguments,
) -> Result<(), String> {
    let expected = match arguments.fail {
        true => StatusCode::CONFLICT,
        false => StatusCode::OK,
    };
    match answer {
        Ok((status, _)) if status == expected => Ok(()),
        Ok((status, text)) => Err(format!(
            "expected the answer {expected}, found {status}: {text}"
        )),
        Err(error) => Err(with_reasons(&error)),
    }
}

/// Reads the logs of all processes as one and draws the trees.
fn joined_tree(arguments: &Arguments, folder: &Path) -> Result<String, Error> {
    let mut logs = Vec::new();
    for name in ["gateway", "orders", "market"] {
        let path = log_file(arguments, name);
        let log = File::open(&path)
            .map_err(|error| format!("can't open the log {}: {error}", path.display()))?;
        logs.push(BufReader::new(log));
    }
    let drawn = Drawing::new().draw_logs(logs);
    drawn.map_err(|error| format!("can't draw the logs in {}: {error}", folder.display()).into())
}

/// One of the three processes.
struct Running {
    name: &'static str,
    address: String,
    child: Child,
}

impl Running {
    /// Starts a process and waits until it serves.
    async fn start(
        name: &'static str,
        arguments: &Arguments,
        next: Option<&str>,
    ) -> Result<Self, Error> {
        let log = log_file(arguments, name);
        let _ = std::fs::remove_file(&log);
        let failed = |error| format!("can't start {name}: {error}");
        let mut command = Command::new(std::env::current_exe().map_err(failed)?);
        command
            .arg("--schema")
            .arg(schema_name(arguments))
            .arg("--dir")
            .arg(log.parent().unwrap_or(Path::new(".")))
            .args(arguments.fail.then_some("--fail"))
            .arg(name)
            .args(next);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(failed)?;

        let mut address = String::new();
        if let Some(output) = child.stdout.take() {
            let mut output = AsyncBufReader::new(output);
            output.read_line(&mut address).await.map_err(failed)?;
        }
        if address.is_empty() {
            let status = child.wait().await.map_err(failed)?;
            return Err(format!("{name} could not start: {status}").into());
        }
        Ok(Self {
            name,
            address: address.trim().to_owned(),
            child,
        })
    }

    /// Closes the process's input, on which it stops, and waits for its end.
    async fn stop(mut self) -> Result<(), Error> {
        drop(self.child.stdin.take());
        let name = self.name;
        let status = self.child.wait().await;
        let status =
            status.map_err(|error| format!("can't wait for the end of {name}: {error}"))?;
        match status.success() {
            true => Ok(()),
            false => Err(format!("{name} ended with {status}").into()),
        }
    }
}

fn schema_name(arguments: &Arguments) -> String {
    let value = arguments.schema.to_possible_value();
    value
        .map(|value| value.get_name().to_owned())
        .unwrap_or_default()
}

/// Says what went wrong with the run itself.
pub(crate) fn complain(error: &(dyn std::error::Error + 'static)) {
    let _ = writeln!(io::stderr(), "sell_order: {}", with_reasons(error));
}
