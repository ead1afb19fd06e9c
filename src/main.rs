//! Process start and end.

use tiersim::cli::Exit;

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> Exit {
    let exit = tiersim::cli::main(std::env::args_os().collect()).await;
    if exit == Exit::Interrupted {
        // Work may still be winding down on its own thread; what it wrote is set aside, so nothing has to wait.
        std::process::exit(exit as i32);
    }
    exit
}
