package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// killTime is how long the command has to stop; it wants less than 5 s.
const killTime = 10 * time.Second

// run runs ordertimeout from Pub/Sub to Pub/Sub until ctx ends, and then stops it.
// What it says, and its summary, goes to out.
func run(ctx context.Context, dir string, set settings, out io.Writer) error {
	cmd := exec.CommandContext(ctx, filepath.Join(dir, "ordertimeout"),
		"-input", subscriptionURI(set),
		"-success", uri(paidTopic), "-timeouts", uri(timeoutsTopic),
		"-within", set.within.String(), "-disorder", "500ms")
	cmd.Stderr = out
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = killTime
	// A ctrl-c on the terminal is meant for this process. In a group of its own the
	// command does not get it, which with the SIGTERM would be its second signal.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	err := cmd.Run()
	switch {
	case err == nil && ctx.Err() == nil:
		return errors.New("ordertimeout ended by itself")
	case err == nil || errors.Is(err, context.Canceled): // ended well after it was stopped
		return nil
	}
	return fmt.Errorf("ordertimeout: %w", err)
}

// lease returns the lease of messages. After each start timeouts are told once the
// leases that a process before may have had are over, so it is short here.
func (s settings) lease() time.Duration {
	return min(max(time.Second, (s.within/4).Truncate(time.Second)), 10*time.Second)
}

// subscriptionURI returns the input of the command. To hold a message until its
// order has ended takes a lease shorter than the time that orders have, and a
// second is the shortest one.
func subscriptionURI(set settings) string {
	ack := "outcome"
	if set.lease() >= set.within {
		ack = "bundle"
	}
	return fmt.Sprintf("%s?ack=%s&lease=%v&window=%v", uri(ordersTopic), ack, set.lease(), set.lease())
}

// uri returns the URI of a topic, or of its subscription.
func uri(name string) string { return "pubsub://" + project + "/" + name }
