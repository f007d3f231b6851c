// Package pull is the source of a subscription: it pulls messages ahead of the bundles,
// holds them until they may be acknowledged, and hands out their events.
//
//	DoFn ── HandOut ── a queue of blocks ── pulls, probes ── the service
//	                   leases: extended, acknowledged, given back
//
// A process has one puller for each [Source], from the first call of [HandOut] to the end
// of the run, or until the runner has not called it for a minute. So a puller outlives the
// DoFn, which runners make and drop as they like.
//
// What the source does:
//
//   - It pulls into a queue of 16 MiB, and no further (queue.go). A large message goes
//     through the queue in parts.
//   - A call of the DoFn waits some milliseconds for the queue, and what it takes is the
//     bundle (bundle.go).
//   - The watermark passes no event that is in the queue or in a bundle, and none that a
//     pull may still bring: see package livemark. Where it waits for a pull that stays out,
//     probes ask the service whether there is anything (probe.go).
//   - It extends the leases of what is held, acknowledges what the ledger lets go of, and
//     gives back what is not to be read (keep.go).
//
// What it does when something fails:
//
//   - A pull that fails is tried again, after growing pauses. The watermark then stands
//     until pulls have succeeded for as long as a lease may last: see [Settle].
//   - Where it is no use to try again, as of a subscription that is gone, the run fails and
//     with it the next bundle.
//   - A request to acknowledge that fails is made again, and so is one to extend leases.
//   - Where all that may be held is held for five minutes, the run fails: the watermark
//     would stand for ever.
//   - With ack=carry nothing is let go of before the carry file has it (carry.go).
//   - A bundle that fails: what it handed out is given back, at once with ack=bundle. With
//     ack=outcome a failed bundle ends the run, and all that is held is given back.
//
// At a stop the pulls end first, and then what no bundle has taken is given back (stop.go).
package pull

import (
	"errors"
	"fmt"
	"time"

	"ordertimeout/transforms/connect/pubsub/uri"
	"ordertimeout/transforms/order"
)

// Source is a subscription to pull from, as it travels to the workers.
type Source struct {
	// Input is the URI of the subscription as the setting has it, for errors.
	Input string
	// Sub is the subscription that it names. Its Ack is not "".
	Sub uri.Subscription
	// Decoder are the settings by which events are decoded.
	Decoder order.DecoderConfig
	// Disorder is how long after its time an event may be published and still be on
	// time, whatever was seen before.
	Disorder time.Duration
	// RejectsUnread says that nobody reads the rejects: what is malformed is counted, but
	// no reject of it is emitted, and its message is let go of when it is handed out.
	RejectsUnread bool
	// Run is the id of the process.Run that the pipeline belongs to; "" is none, with
	// which uri.AckOutcome does not work: see [ErrNoRun].
	Run string
	// ID is the source's own, among all sources of all pipelines.
	ID string
}

// ErrNoRun is why uri.AckOutcome does not work on a cluster.
var ErrNoRun = errors.New("ack=outcome wants the pipeline to run in the process of the command: use ack=bundle")

// ErrNoCarry is why uri.AckCarry does not work without a carry file.
var ErrNoCarry = errors.New("ack=carry wants -carry FILE, which a message is acknowledged by")

// Settle returns how long pulls have to succeed until the watermark is known, where the
// subscription gives leases of some length: by then every lease has ended that a process
// before this one may have held, or a pull that failed.
func Settle(sub uri.Subscription, given time.Duration) time.Duration {
	return max(sub.Window, given+time.Second, sub.Lease+time.Second)
}

// fault returns an error about the source.
func (s Source) fault(format string, args ...any) error {
	return fmt.Errorf("pubsub: -input %q: %s", s.Input, fmt.Sprintf(format, args...))
}
