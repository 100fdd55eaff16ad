//! Starts the processes, sells, stops them, and shows what their logs tell.

use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::Path;

use clap::ValueEnum;
use reqwest::{RequestBuilder, StatusCode};
use tasktrail_record::Drawing;
use tokio::process::Command;
use tokio::task::JoinSet;

use crate::process::Running;
use crate::service::{Order, client, log_file, with_reasons};
use crate::story::Story;
use crate::{Arguments, Error, nginx};

const COMPLIANCE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/sell_order/python/compliance.py"
);

#[tokio::main]
pub(crate) async fn run(arguments: &Arguments) -> Result<(), Error> {
    let folder = match &arguments.dir {
        Some(folder) => folder.clone(),
        None => std::env::temp_dir().join(format!("sell_order-{}", std::process::id())),
    };
    std::fs::create_dir_all(&folder)
        .map_err(|error| format!("can't make the folder {}: {error}", folder.display()))?;

    let mut broker = Broker::start(arguments, &folder).await?;
    let sold = tokio::select! {
        sold = sell(&mut broker, arguments) => sold,
        _ = tokio::signal::ctrl_c() => Err("interrupted".into()),
    };
    // Also when selling failed.
    broker.stop().await?;

    let tree = joined_tree(arguments, &folder)?;
    writeln!(io::stdout(), "{tree}The logs are in {}", folder.display())
        .map_err(|error| format!("can't write the tree to <stdout>: {error}"))?;
    sold
}

/// All processes.
struct Broker {
    market: Running,
    compliance: Option<Running>,
    orders: Running,
    gateway: Running,
    nginx: Option<Running>,
}

impl Broker {
    /// Starts them from the inside to the outside: each is told whom it asks.
    async fn start(arguments: &Arguments, folder: &Path) -> Result<Self, Error> {
        let story = arguments.flags.story();
        let service = |name, told: &[&str]| service(arguments, folder, name, told);

        let conduct = value_name(&story.conduct());
        let market = service("market", &[&conduct])?;
        let market = Running::start("market", market).await?;

        let compliance = match &arguments.python {
            Some(python) => Some(compliance(python, folder, &market.address).await?),
            None => None,
        };

        let patience = story.patience().as_secs().to_string();
        let mut asked = vec![&*market.address, &patience];
        asked.extend(compliance.as_ref().map(|service| &*service.address));
        let orders = Running::start("orders", service("orders", &asked)?).await?;

        let gateway = service("gateway", &[&orders.address])?;
        let gateway = Running::start("gateway", gateway).await?;

        let nginx = match &arguments.nginx {
            Some(program) => Some(nginx::start(program, folder, &gateway.address).await?),
            None => None,
        };
        Ok(Self {
            market,
            compliance,
            orders,
            gateway,
            nginx,
        })
    }

    /// Gives the address to which customers send their orders.
    fn address(&self) -> &str {
        let outermost = self.nginx.as_ref().unwrap_or(&self.gateway);
        &outermost.address
    }

    /// Stops them from the outside to the inside, so that nobody misses whom it asks.
    async fn stop(self) -> Result<(), Error> {
        let rust = [Some(self.gateway), Some(self.orders)];
        let all = [self.nginx].into_iter().chain(rust);
        for process in all.chain([self.compliance, Some(self.market)]).flatten() {
            process.stop().await?;
        }
        Ok(())
    }
}

/// Makes the command that is this program as one of its services, with what it is told.
fn service(
    arguments: &Arguments,
    folder: &Path,
    name: &'static str,
    told: &[&str],
) -> Result<Command, Error> {
    remove_log(folder, name);
    let program = std::env::current_exe();
    let program = program.map_err(|error| format!("can't start {name}: {error}"))?;
    let mut command = Command::new(program);
    command.arg("--schema").arg(value_name(&arguments.schema));
    command.arg("--dir").arg(folder).arg(name).args(told);
    Ok(command)
}

async fn compliance(python: &Path, folder: &Path, market: &str) -> Result<Running, Error> {
    let name = "compliance";
    remove_log(folder, name);
    let mut command = Command::new(python);
    command.args(["-B", COMPLIANCE]);
    command.arg(log_file(folder, name)).arg(market);
    Running::start(name, command).await
}

fn remove_log(folder: &Path, name: &str) {
    let _ = std::fs::remove_file(log_file(folder, name));
}

fn value_name(value: &impl ValueEnum) -> String {
    let value = value.to_possible_value();
    value
        .map(|value| value.get_name().to_owned())
        .unwrap_or_default()
}

type Answer = Result<(StatusCode, String), reqwest::Error>;

/// Sells all orders at once and checks that each had the answer that it should have.
async fn sell(broker: &mut Broker, arguments: &Arguments) -> Result<(), Error> {
    let client = client();
    let mut requests = JoinSet::new();
    for number in 0..arguments.orders {
        let order = Order {
            customer: format!("customer {}", number + 1),
            stock: "ACME".to_owned(),
            shares: 100,
        };
        let request = client
            .post(format!("{}/sell", broker.address()))
            .json(&order);
        requests.spawn(answer(request));
    }
    let story = arguments.flags.story();
    if story == Story::HungUp {
        return hang_up(requests, &mut broker.market).await;
    }
    // All answers are awaited before any is judged.
    let wrong: Vec<String> = requests
        .join_all()
        .await
        .into_iter()
        .filter_map(|answer| check(answer, story.answer()).err())
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

async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await?;
    Ok((response.status(), response.text().await?))
}

/// Hangs up when all orders have come to the market, which says so for each.
async fn hang_up(mut requests: JoinSet<Answer>, market: &mut Running) -> Result<(), Error> {
    for _ in 0..requests.len() {
        tokio::select! {
            line = market.line() => line?.map(drop).ok_or("the market is gone")?,
            _ = requests.join_next() => return Err("an answer came before all orders".into()),
        }
    }
    requests.shutdown().await;
    Ok(())
}

fn check(answer: Answer, expected: StatusCode) -> Result<(), String> {
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
    let python = arguments.python.as_ref().map(|_| "compliance");
    for name in ["gateway", "orders", "market"].into_iter().chain(python) {
        let path = log_file(folder, name);
        let log = File::open(&path)
            .map_err(|error| format!("can't open the log {}: {error}", path.display()))?;
        logs.push(BufReader::new(log));
    }
    let drawn = Drawing::new().draw_logs(logs);
    drawn.map_err(|error| format!("can't draw the logs in {}: {error}", folder.display()).into())
}

/// Says what went wrong with the run itself.
pub(crate) fn complain(error: &(dyn std::error::Error + 'static)) {
    let _ = writeln!(io::stderr(), "sell_order: {}", with_reasons(error));
}
