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

use crate::service::{Order, log_file};
use crate::{Arguments, Error};

pub(crate) async fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let folder = match &arguments.dir {
        Some(folder) => folder.clone(),
        None => std::env::temp_dir().join(format!("sell_order-{}", std::process::id())),
    };
    std::fs::create_dir_all(&folder)?;
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

    let tree = joined_tree(arguments)?;
    let mut out = io::stdout().lock();
    out.write_all(tree.as_bytes())?;
    writeln!(out, "The logs are in {}", folder.display())?;
    sold.map(|()| ExitCode::SUCCESS)
}

/// Sells all orders at once and checks that each had the answer that it should have.
async fn sell(gateway: &str, arguments: &Arguments) -> Result<(), Error> {
    let client = reqwest::Client::new();
    let mut requests = JoinSet::new();
    for number in 0..arguments.orders {
        let order = Order {
            customer: format!("customer {}", number + 1),
            stock: "ACME".to_owned(),
            shares: 100,
        };
        requests.spawn(client.post(format!("{gateway}/sell")).json(&order).send());
    }
    let expected = match arguments.fail {
        true => StatusCode::CONFLICT,
        false => StatusCode::OK,
    };
    while let Some(response) = requests.join_next().await {
        let status = response??.status();
        if status != expected {
            return Err(format!("expected the answer {expected}, found {status}").into());
        }
    }
    Ok(())
}

/// Reads the logs of all processes as one and draws the trees.
fn joined_tree(arguments: &Arguments) -> Result<String, Error> {
    let logs: Result<Vec<_>, _> = ["gateway", "orders", "market"]
        .iter()
        .map(|name| File::open(log_file(arguments, name)).map(BufReader::new))
        .collect();
    Ok(Drawing::new().draw_logs(logs?)?)
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
        let mut command = Command::new(std::env::current_exe()?);
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
            .spawn()?;

        let mut address = String::new();
        if let Some(output) = child.stdout.take() {
            AsyncBufReader::new(output).read_line(&mut address).await?;
        }
        if address.is_empty() {
            return Err(format!("{name} could not start: {}", child.wait().await?).into());
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
        let status = self.child.wait().await?;
        match status.success() {
            true => Ok(()),
            false => Err(format!("{} ended with {status}", self.name).into()),
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
    let mut text = format!("sell_order: {error}");
    let mut next = error.source();
    while let Some(source) = next {
        text.push_str(&format!(": {source}"));
        next = source.source();
    }
    let _ = writeln!(io::stderr(), "{text}");
}
