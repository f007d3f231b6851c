package pubsub

import (
	"errors"
	"fmt"
	"time"

	"ordertimeout/transforms/order"
)

// Config says what to read and how.
type Config struct {
	// Subscription is the URI of the subscription: see [ParseSubscription].
	Subscription string
	// TimeUnit is the unit of integer times: time.Millisecond, which is also
	// what zero means, or time.Second.
	TimeUnit time.Duration
	// MaxAhead is how far in the future an event may lie; a later one is
	// malformed. Zero: any distance.
	MaxAhead time.Duration
	// ByOrder makes orderId a required field.
	ByOrder bool
	// Disorder is how long after its time an event may be published and still be on
	// time, whatever was seen before.
	Disorder time.Duration
	// Within is the time that orders have, which a lease has to be shorter than
	// with ack=outcome. Zero: not known.
	Within time.Duration
	// Checkpoints says that the runner goes on from checkpoints after a crash, as
	// Flink and Dataflow do. Then ack=bundle is the default, and ack=outcome wrong.
	Checkpoints bool
	// RejectsUnread says that nobody reads the rejects: what is malformed is counted, but
	// no reject of it is emitted, and its message is let go of when it is handed out.
	RejectsUnread bool
	// NotByOutcome is why ack=outcome cannot work, "" where it can: see connect.Env.
	NotByOutcome string
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
func (c Config) parse() (Subscription, error) {
	sub, err := c.subscription()
	switch {
	case err != nil:
	case c.TimeUnit != 0 && c.TimeUnit != time.Millisecond && c.TimeUnit != time.Second:
		err = fmt.Errorf("pubsub: -time-unit %v: want ms or s", c.TimeUnit)
	case c.MaxAhead < 0:
		err = fmt.Errorf("pubsub: -max-ahead %v: want 0 or more", c.MaxAhead)
	case c.Disorder < 0:
		err = fmt.Errorf("pubsub: -disorder %v: want 0 or more", c.Disorder)
	case c.Within < 0:
		err = fmt.Errorf("pubsub: -within %v: want more than 0", c.Within)
	case sub.Ack == AckOutcome && c.Run == "":
		err = c.fault("%v", errNoRun)
	case sub.Ack == AckOutcome && c.NotByOutcome != "":
		err = c.fault("ack=outcome: %s: want ack=bundle, which loses what is open in a crash", c.NotByOutcome)
	}
	return sub, err
}

// errCheckpoints is why ack=outcome does not work with checkpoints, even where the
// pipeline runs in the process of the command: what was read after the last
// checkpoint is lost to the pipeline when it starts again, but it is still held here,
// and so never delivered again.
var errCheckpoints = errors.New("ack=outcome: the runner goes on from checkpoints, which know nothing of the messages held: want ack=bundle, which is the default there")

// subscription returns the parsed subscription with what is the default here.
func (c Config) subscription() (Subscription, error) {
	sub, err := ParseSubscription(c.Subscription)
	switch {
	case err != nil:
		return sub, err
	case c.Checkpoints && sub.Ack == AckOutcome:
		return sub, c.fault("%v", errCheckpoints)
	case c.Checkpoints:
		sub.Ack = AckBundle
	case sub.Ack == "":
		sub.Ack = AckOutcome
	}
	return sub, nil
}

// fault returns an error about the subscription.
func (c Config) fault(format string, args ...any) error {
	return fmt.Errorf("pubsub: -input %q: %s", c.Subscription, fmt.Sprintf(format, args...))
}

// decoder returns a new decoder with these settings.
func (c Config) decoder() *order.Decoder {
	return &order.Decoder{Unit: c.TimeUnit, MaxAhead: c.MaxAhead, ByOrder: c.ByOrder, Within: c.Within}
}

// errNoRun is why ack=outcome does not work on a cluster.
var errNoRun = errors.New("ack=outcome wants the pipeline to run in the process of the command: use ack=bundle")
