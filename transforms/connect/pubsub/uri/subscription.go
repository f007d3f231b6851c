package uri

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// Subscription is a subscription and how it is read.
type Subscription struct {
	// Project and Name are the ids of the project and of the subscription in it.
	Project string
	Name    string
	// Pulls is how many pulls are made at a time, and Batch how many messages
	// each asks for.
	Pulls, Batch int
	// Time is where the time of an event is: TimeOfEvent, TimeOfPublish, or
	// TimeOfAttribute, with the name of it in Attribute.
	Time      TimeOf
	Attribute string
	// Ack is when a message is acknowledged; "" where the URI does not say, which is for
	// the source to decide.
	Ack Ack
	// Poll is how long a pull waits for messages.
	Poll time.Duration
	// Lease is what the lease of a message is extended by, in whole seconds.
	Lease time.Duration
	// Window is how long a lag counts for the watermark, and MaxLag the largest
	// that does: what lags more is late, and holds nothing back.
	Window, MaxLag time.Duration
	// Outstanding is how many messages are held at a time.
	Outstanding int
}

// TimeOf is where the time of an event is.
type TimeOf string

// The places of the time of an event.
const (
	TimeOfEvent     TimeOf = "event"     // its own time
	TimeOfPublish   TimeOf = "publish"   // the publish time of its message
	TimeOfAttribute TimeOf = "attribute" // an attribute of its message
)

// Ack is when a message is acknowledged.
type Ack string

// The times at which a message is acknowledged.
const (
	AckOutcome Ack = "outcome" // all of its events are done
	AckBundle  Ack = "bundle"  // the bundle it was read in is finalized
	AckCarry   Ack = "carry"   // the carry file has what came of it
)

// The names of the settings in the URI.
var settingNames = []string{"pulls", "batch", "time", "ack", "poll", "lease", "window", "maxlag", "outstanding"}

// ParseSubscription takes a URI
//
//	pubsub://PROJECT/SUBSCRIPTION?setting=value&…
//
// apart. These are the settings, each with its default:
//
//	pulls=8            pulls at a time
//	batch=1000         messages that a pull asks for
//	time=event         the time of an event: event, publish, or attribute:NAME
//	ack=outcome        when a message is acknowledged: outcome; bundle, which is the
//	                   default on a runner with checkpoints; or carry, with a carry file
//	poll=30s           how long a pull waits; 2s with an emulator
//	lease=10s          what a lease is extended by, in whole seconds
//	window=10s         how long a lag holds the watermark back
//	maxlag=744h        the largest lag that does
//	outstanding=1000000  messages that are held at a time
//
// With an emulator (PUBSUB_EMULATOR_HOST) a poll of less than 2s is no use: it answers
// one that finds nothing a second before its end. An error names the part that is wrong.
func ParseSubscription(uri string) (Subscription, error) {
	project, name, values, err := parse(uri, "subscription", settingNames...)
	if err != nil {
		return Subscription{}, fmt.Errorf("pubsub: -input %s", strings.TrimPrefix(err.Error(), "pubsub: "))
	}
	s := Subscription{Project: project, Name: name}
	v := settings{values: values}
	s.Pulls = v.integer("pulls", 8, 1, 100)
	s.Batch = v.integer("batch", 1000, 1, 1000)
	s.Time, s.Attribute = v.timeOf("time")
	if s.Ack = Ack(v.oneOf("ack", string(AckOutcome), string(AckBundle), string(AckCarry))); !values.Has("ack") {
		s.Ack = ""
	}
	s.Poll = v.duration("poll", defaultPoll(), time.Second, 10*time.Minute)
	s.Lease = v.duration("lease", 10*time.Second, time.Second, 10*time.Minute)
	s.Window = v.duration("window", 10*time.Second, time.Millisecond, time.Hour)
	s.MaxLag = v.duration("maxlag", 31*24*time.Hour, time.Second, 100*366*24*time.Hour)
	s.Outstanding = v.integer("outstanding", 1_000_000, 1, 1<<30)
	if s.Lease%time.Second != 0 {
		v.fail("lease", "whole seconds")
	}
	if v.err != nil {
		return Subscription{}, fmt.Errorf("pubsub: -input %q: %w", uri, v.err)
	}
	return s, nil
}

// defaultPoll is short with an emulator, which holds an empty pull until a second
// before its end; the service may let it run into its end.
func defaultPoll() time.Duration {
	if os.Getenv(Emulator) != "" {
		return 2 * time.Second
	}
	return 30 * time.Second
}

// String returns the full name of the subscription.
func (s Subscription) String() string {
	return "projects/" + s.Project + "/subscriptions/" + s.Name
}
