//! `tasktrail query`, run as users run it.
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but not in what they share"
)]

mod choosing;
mod grown;
mod numbers;
mod output;
mod paths;
mod reading;
#[path = "../run/mod.rs"]
mod run;

/// Two tasks of seven records, each with its number in `n`.
const LOG: &str = concat!(
    r#"{"n":1,"task_uuid":"abc-1","task_level":[1],"timestamp":100.0,"action_type":"request","action_status":"started","path":"/a"}"#,
    "\n",
    r#"{"n":2,"task_uuid":"abc-1","task_level":[2],"timestamp":101.5,"message_type":"slow","log_level":"WARN","took":{"ms":40.5}}"#,
    "\n",
    r#"{"n":3,"task_uuid":"abc-1","task_level":[3,1],"timestamp":102.0,"action_type":"sql","action_status":"started"}"#,
    "\n",
    r#"{"n":4,"task_uuid":"abc-1","task_level":[3,2],"timestamp":102.25,"action_type":"sql","action_status":"failed","reason":"no, \"never\""}"#,
    "\n",
    r#"{"n":5,"task_uuid":"abc-1","task_level":[4],"timestamp":103.0,"action_type":"request","action_status":"succeeded","status":500}"#,
    "\n",
    r#"{"n":6,"task_uuid":"abd-2","task_level":[1],"timestamp":104.0,"action_type":"request_body","action_status":"started","path":"/b"}"#,
    "\n",
    r#"{"n":7,"task_uuid":"abd-2","task_level":[2],"timestamp":104.5,"action_type":"request_body","action_status":"succeeded","status":200,"log_level":"INFO"}"#,
    "\n",
);
