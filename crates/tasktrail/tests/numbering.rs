//! How messages are numbered within one thread.
#[cfg(test)]
mod support;

use support::{assert_complete, drawing, eliot};
use tasktrail::current;
use tracing::{info, info_span};

#[test]
fn every_message_takes_the_next_number_of_its_action() {
    let messages = eliot(|| {
        let _order = info_span!("order").entered();
        info!("received");
        {
            let _price = info_span!("price").entered();
            info!("looked up");
            info_span!("tax").in_scope(|| info!("added"));
        }
        info_span!("stock").in_scope(|| {});
        info!("sold");
    });

    assert_eq!(
        drawing(&messages),
        "\
order /1 started
  received /2
  price /3/1 started
    looked up /3/2
    tax /3/3/1 started
      added /3/3/2
    tax /3/3/3 succeeded
  price /3/4 succeeded
  stock /4/1 started
  stock /4/2 succeeded
  sold /5
order /6 succeeded
"
    );
    assert_complete(&messages);
}

#[test]
fn lines_are_written_in_the_order_of_their_numbers() {
    let messages = eliot(|| {
        let _order = info_span!("order").entered();
        for _ in 0..12 {
            info!("said");
        }
    });

    let numbers: Vec<u64> = messages.iter().map(|message| message.level()[0]).collect();
    assert_eq!(numbers, (1..=14).collect::<Vec<_>>());
}

#[test]
fn each_span_without_a_parent_is_a_task_with_an_id_of_its_own() {
    let messages = eliot(|| {
        info_span!("first").in_scope(|| info!("one"));
        info_span!("second").in_scope(|| info!("two"));
    });

    assert_eq!(
        drawing(&messages),
        "\
first /1 started
  one /2
first /3 succeeded

second /1 started
  two /2
second /3 succeeded
"
    );
    assert_complete(&messages);
    for message in messages {
        let id = uuid_parts(message.task());
        assert_eq!(id, [8, 4, 4, 4, 12], "{}", message.task());
    }
}

#[cfg(test)]
fn uuid_parts(id: &str) -> Vec<usize> {
    assert!(id.chars().all(|c| c == '-' || c.is_ascii_hexdigit()));
    id.split('-').map(str::len).collect()
}

#[test]
fn a_span_that_is_given_a_parent_is_its_child_wherever_it_is_opened() {
    let messages = eliot(|| {
        let order = info_span!("order");
        let _other = info_span!("other").entered();
        let price = info_span!(parent: &order, "price");
        drop(order);
        price.in_scope(|| {
            info!("looked up");
            info_span!("tax").in_scope(|| {});
        });
    });

    assert_eq!(
        drawing(&messages),
        "\
order /1 started
  price /2/1 started
    looked up /2/2
    tax /2/3/1 started
    tax /2/3/2 succeeded
  price /2/4 succeeded
order /3 succeeded

other /1 started
other /2 succeeded
"
    );
    assert_complete(&messages);
}

#[test]
fn a_span_that_is_denied_a_parent_starts_a_task() {
    let messages = eliot(|| {
        let _order = info_span!("order").entered();
        let apart = info_span!(parent: None, "apart");
        apart.in_scope(|| info!("inside"));
        drop(apart);
        info!("outside");
    });

    assert_eq!(
        drawing(&messages),
        "\
order /1 started
  outside /2
order /3 succeeded

apart /1 started
  inside /2
apart /3 succeeded
"
    );
    assert_complete(&messages);
}

#[test]
fn an_event_belongs_to_the_span_that_it_is_given() {
    let messages = eliot(|| {
        let order = info_span!("order");
        let other = info_span!("other").entered();
        info!(parent: &order, "received");
        info!(parent: None, "alone");
        info!("near");
        drop(other);
        info!(parent: &order, "sold");
    });

    assert_eq!(
        drawing(&messages),
        "\
order /1 started
  received /2
  sold /3
order /4 succeeded

other /1 started
  near /2
other /3 succeeded

alone /1
"
    );
    assert_complete(&messages);
}

#[test]
fn each_event_outside_all_spans_is_a_task_of_its_own() {
    let messages = eliot(|| {
        info!("hello");
        info!("hello again");
    });

    assert_eq!(drawing(&messages), "hello /1\n\nhello again /1\n");
    assert_complete(&messages);
}

#[test]
fn to_follow_from_a_span_takes_no_number_and_changes_no_place() {
    let messages = eliot(|| {
        let cause = info_span!("cause");
        let effect = info_span!("effect");
        effect.follows_from(&cause);
        effect.in_scope(|| info!("done"));
        cause.in_scope(|| info!("still here"));
    });

    assert_eq!(
        drawing(&messages),
        "\
cause /1 started
  still here /2
cause /3 succeeded

effect /1 started
  done /2
effect /3 succeeded
"
    );
    assert_complete(&messages);
}

#[test]
fn a_span_that_is_entered_again_counts_on() {
    let messages = eliot(|| {
        let order = info_span!("order");
        for _ in 0..3 {
            order.in_scope(|| info!("step"));
            info!("between");
        }
    });

    let order: Vec<_> = messages
        .iter()
        .filter(|message| message.task() == messages[0].task())
        .cloned()
        .collect();
    assert_eq!(
        drawing(&order),
        "\
order /1 started
  step /2
  step /3
  step /4
order /5 succeeded
"
    );
    assert_complete(&messages);
}

#[test]
fn spans_that_overlap_keep_their_own_numbers() {
    let messages = eliot(|| {
        let first = info_span!("first");
        let second = info_span!("second");
        let first = first.entered();
        let second = second.entered();
        info!("in second");
        drop(first);
        info!("still in second");
        drop(second);
    });

    assert_eq!(
        drawing(&messages),
        "\
first /1 started
first /2 succeeded

second /1 started
  in second /2
  still in second /3
second /4 succeeded
"
    );
    assert_complete(&messages);
}

#[test]
fn an_event_in_a_drop_belongs_to_the_span_in_which_the_value_goes() {
    struct Loud;
    impl Drop for Loud {
        fn drop(&mut self) {
            info_span!("cleaning").in_scope(|| info!("dropped"));
        }
    }

    let messages = eliot(|| {
        let _order = info_span!("order").entered();
        let _loud = Loud;
        info!("working");
    });

    assert_eq!(
        drawing(&messages),
        "\
order /1 started
  working /2
  cleaning /3/1 started
    dropped /3/2
  cleaning /3/3 succeeded
order /4 succeeded
"
    );
    assert_complete(&messages);
}

#[test]
fn an_end_is_the_last_number_however_long_clones_and_children_keep_the_span_open() {
    let messages = eliot(|| {
        let order = info_span!("order");
        let clone = order.clone();
        let child = info_span!(parent: &order, "child");
        drop(order);
        clone.in_scope(|| info!("in the clone"));
        drop(clone);
        child.in_scope(|| info!("in the child"));
        drop(child);
    });

    assert_eq!(
        drawing(&messages),
        "\
order /1 started
  child /2/1 started
    in the child /2/2
  child /2/3 succeeded
  in the clone /3
order /4 succeeded
"
    );
    assert_complete(&messages);
}

#[test]
fn asking_for_the_current_action_takes_no_number() {
    let messages = eliot(|| {
        assert_eq!(current(), None);
        let _order = info_span!("order").entered();
        for _ in 0..5 {
            assert_eq!(current().unwrap().level().to_string(), "/");
        }
        let _price = info_span!("price").entered();
        let current = current().unwrap();
        assert_eq!(current.level().to_string(), "/2");
        assert_eq!(current.name(), "price");
        info!(id = %current.id(), "told");
    });

    let told = &messages[2];
    assert_eq!(told.place(), "/2/2");
    assert_eq!(told.get("id"), told.task());
    assert_complete(&messages);
}
