//! The engine on the reference store: through its public calls, and its node with a clock of the test's own.

mod basics;
mod catalog;
mod letrun;
mod letrun_files;
mod rehearsals;
mod schedules;
mod search;
mod shell;
mod virtual_time;
