//! One measurement: a row with a contender. Prints a name and a number on each line.

use std::time::Instant;

use crate::allocator::allocations;
use crate::arguments::Task;
use crate::sink::written;

pub(crate) fn measure(task: &Task) {
    task.contender.run(task.row, &mut |work| {
        // Buffers have grown, and caches know their way, after a tenth.
        work((task.events / 10).max(1));
        let (bytes, lines) = written();
        let allocated = allocations();
        let begun = Instant::now();
        work(task.events);
        let time = begun.elapsed();
        let allocated = allocations() - allocated;
        let (bytes, lines) = (written().0 - bytes, written().1 - lines);

        let events = task.events as f64;
        assert!(lines > 0, "expected lines, found none");
        println!("time {}", time.as_nanos() as f64 / events);
        println!("allocations {}", allocated as f64 / events);
        println!("lines {}", lines as f64 / events);
        println!("bytes {}", bytes as f64 / lines as f64);
    });
}
