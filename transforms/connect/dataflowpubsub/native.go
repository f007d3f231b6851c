// Package dataflowpubsub reads and publishes Pub/Sub messages by the runner's own source
// and sink. Of all runners Dataflow has them; there they acknowledge a message
// once what was made of it is in the service's state, and drop a message that is
// delivered twice.
//
// They are the transforms of the SDK's io/pubsubio. That package is not used: it brings
// the first version of the client library along, whose support ends in 2026, and decodes
// each message one time more.
package dataflowpubsub

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"ordertimeout/transforms/connect/pubsub/uri"
	"ordertimeout/transforms/order"
)

// Config says what to read and how.
type Config struct {
	// Subscription is the URI of the subscription: see [ParseSubscription].
	Subscription string
	// DecoderConfig says how events are decoded.
	order.DecoderConfig
	// RejectsUnread says that nobody reads the rejects: what is malformed is counted, but
	// no reject of it is emitted.
	RejectsUnread bool
	// WatermarkSlack is how long after its own time an event may be published and be on
	// time: transforms.MatchConfig.WatermarkSlack is to be the same.
	WatermarkSlack time.Duration
}

// Validate checks the settings. The error names the flag at fault.
func (c Config) Validate() error {
	_, err := c.parse()
	return err
}

// parse checks the settings, and returns the subscription.
func (c Config) parse() (Subscription, error) {
	sub, err := ParseSubscription(c.Subscription)
	decoding := c.DecoderConfig.Validate()
	switch {
	case err != nil:
	case c.TimeUnit == time.Second && sub.Attribute != "":
		err = fmt.Errorf("dataflowpubsub: -time-unit s: the runner takes the integers of attribute %q as milliseconds: want ms, or times in RFC 3339", sub.Attribute)
	case decoding != nil:
		err = fmt.Errorf("dataflowpubsub: %w", decoding)
	case c.WatermarkSlack < 0:
		err = fmt.Errorf("dataflowpubsub: -disorder %v: want 0 or more", c.WatermarkSlack)
	}
	return sub, err
}

// Subscription is a subscription and how the runner reads it.
type Subscription struct {
	// Subscription has the names, and where the time of an event is.
	uri.Subscription
	// IDAttribute names the attribute of a message by which the runner knows one
	// that was published twice; "": by the id that the service gave it.
	IDAttribute string
}

// The settings that the URI of a subscription may have, and those that are only
// for the source of package pubsub.
var (
	settings = []string{"time", "id", "ack"}
	foreign  = []string{"pulls", "batch", "poll", "lease", "window", "maxlag", "outstanding"}
)

// ParseSubscription takes a URI
//
//	pubsub://PROJECT/SUBSCRIPTION?setting=value&…
//
// apart. These are the settings, each with its default:
//
//	time=event    the time of an event: event, publish, or attribute:NAME
//	id=NAME       the attribute by which repeats are known (default: the message's id)
//	ack=bundle    as a runner does it; there is no other value
//
// An error names the part that is wrong.
func ParseSubscription(input string) (Subscription, error) {
	fault := func(format string, args ...any) (Subscription, error) {
		return Subscription{}, fmt.Errorf("dataflowpubsub: -input %q: %s", input, fmt.Sprintf(format, args...))
	}
	path, query, _ := strings.Cut(input, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		return fault("settings %q: want name=value&name=value", query)
	}
	for _, name := range foreign {
		if values.Has(name) {
			return fault("%s=%s: the runner reads as it sees fit: want %s", name, values.Get(name), strings.Join(settings, ", "))
		}
	}
	if ack := values.Get("ack"); values.Has("ack") && ack != string(uri.AckBundle) {
		return fault("ack=%s: the runner acknowledges what is in its state: want ack=bundle", ack)
	}
	ids := values["id"]
	if len(ids) > 1 || slices.Contains(ids, "") {
		return fault("id=%s: want the name of one attribute", strings.Join(ids, ","))
	}
	values.Del("id")
	if len(values) > 0 {
		path += "?" + values.Encode()
	}
	s := Subscription{}
	if s.Subscription, err = uri.ParseSubscription(path); err != nil {
		return Subscription{}, err
	}
	if len(ids) > 0 {
		s.IDAttribute = ids[0]
	}
	return s, nil
}

// ParseTopic returns the topic of a URI pubsub://PROJECT/TOPIC, which has no
// settings here. An error names the part that is wrong.
func ParseTopic(target string) (uri.Topic, error) {
	topic, err := uri.ParseTopic(target)
	if _, query, ok := strings.Cut(target, "?"); err == nil && ok && query != "" {
		return topic, fmt.Errorf("dataflowpubsub: %q: setting %s: the runner publishes as it sees fit: want none", target, query)
	}
	return topic, err
}
