package pubsub

import (
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"ordertimeout/transforms/connect"
	"ordertimeout/transforms/connect/pubsub/pull"
	"ordertimeout/transforms/connect/pubsub/uri"
	"ordertimeout/transforms/order"
)

// Config says what to read and how.
type Config struct {
	// Subscription is the URI of the subscription: see [uri.ParseSubscription].
	Subscription string
	// DecoderConfig says how events are decoded.
	order.DecoderConfig
	// Disorder is how long after its time an event may be published and still be on
	// time, whatever was seen before.
	Disorder time.Duration
	// Checkpoints says that the runner goes on from checkpoints after a crash, as
	// Flink does. Then ack=bundle is the default, and ack=outcome wrong.
	Checkpoints bool
	// RejectsUnread says that nobody reads the rejects: what is malformed is counted, but
	// no reject of it is emitted, and its message is let go of when it is handed out.
	RejectsUnread bool
	// Carries says that the run has a carry file. Then ack=carry is the default, and
	// nothing else.
	Carries bool
	// NotByOutcome is why ack=outcome cannot work, "" where it can: see connect.Env.
	NotByOutcome string
	// Windows are those of the patterns. With ack=outcome a lease has to be shorter than all of
	// them, and they than the time for which the subscription keeps messages.
	Windows connect.Windows
	// Run is the id of the process.Run that the pipeline belongs to; "" is none,
	// which only ack=bundle can do without.
	Run string
}

// Validate checks the settings without a request. The error names the flag at
// fault.
func (c Config) Validate() error {
	_, err := c.parse()
	return err
}

// parse checks the settings, and returns the subscription.
func (c Config) parse() (uri.Subscription, error) {
	sub, err := c.subscription()
	decoding := c.DecoderConfig.Validate()
	switch {
	case err != nil:
	case decoding != nil:
		err = fmt.Errorf("pubsub: %w", decoding)
	case c.Disorder < 0:
		err = fmt.Errorf("pubsub: -disorder %v: want 0 or more", c.Disorder)
	case c.Within < 0:
		err = fmt.Errorf("pubsub: -within %v: want more than 0", c.Within)
	case sub.Ack == uri.AckCarry && !c.Carries:
		err = c.fault("%v", pull.ErrNoCarry)
	case sub.Ack != uri.AckCarry && c.Carries:
		err = c.fault("ack=%s with -carry: what it acknowledges and the carry file would not go together: want ack=carry, which is the default there", sub.Ack)
	case sub.Ack == uri.AckOutcome && c.Run == "":
		err = c.fault("%v", pull.ErrNoRun)
	case sub.Ack == uri.AckOutcome && c.NotByOutcome != "":
		err = c.fault("ack=outcome: %s: want ack=carry, with -carry FILE", c.NotByOutcome)
	}
	return sub, err
}

// errCheckpoints is why ack=outcome does not work with checkpoints, even where the
// pipeline runs in the process of the command: what was read after the last
// checkpoint is lost to the pipeline when it starts again, but it is still held here,
// and so never delivered again.
var errCheckpoints = errors.New("ack=outcome: the runner goes on from checkpoints, which know nothing of the messages held: want ack=bundle, which is the default there")

// subscription returns the parsed subscription with what is the default here.
func (c Config) subscription() (uri.Subscription, error) {
	sub, err := uri.ParseSubscription(c.Subscription)
	switch {
	case err != nil:
		return sub, err
	case c.Checkpoints && sub.Ack == uri.AckOutcome:
		return sub, c.fault("%v", errCheckpoints)
	case c.Checkpoints:
		sub.Ack = uri.AckBundle
	case sub.Ack == "" && c.Carries:
		sub.Ack = uri.AckCarry
	case sub.Ack == "":
		sub.Ack = uri.AckOutcome
	}
	return sub, nil
}

// fault returns an error about the subscription.
func (c Config) fault(format string, args ...any) error {
	return fmt.Errorf("pubsub: -input %q: %s", c.Subscription, fmt.Sprintf(format, args...))
}

// source returns what is pulled from, of a subscription that the settings have named.
func (c Config) source(sub uri.Subscription) pull.Source {
	return pull.Source{
		Input: c.Subscription, Sub: sub, Decoder: c.DecoderConfig, Disorder: c.Disorder,
		RejectsUnread: c.RejectsUnread, Run: c.Run, ID: rand.Text(),
	}
}
