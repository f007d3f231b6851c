// Command orderlog writes the event log of a simulated shop, of any length, for
// benchmarks and trials. The same flags give the same bytes on every machine.
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	// A write to a closed pipe is an error to report, not a silent end.
	signal.Ignore(syscall.SIGPIPE)
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}
