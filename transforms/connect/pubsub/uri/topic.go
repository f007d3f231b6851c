package uri

import (
	"fmt"
	"time"
)

// Topic is where messages are published to, and how.
type Topic struct {
	// Project and Name are the ids of the project and of the topic in it.
	Project string
	Name    string
	// Ordered gives each message its user (without one, its order) as ordering
	// key: a subscription with message ordering then gets the messages of a user
	// in the order in which they were published. It costs throughput, as each
	// key's messages are published one batch after the other.
	Ordered bool
	// Timeout is how long a publish may take, with its repeats, before it fails.
	Timeout time.Duration
}

// DefaultTimeout is the Timeout of a topic whose URI names none.
const DefaultTimeout = 10 * time.Second

// The settings of a topic's URI.
const (
	orderingSetting = "ordering"
	timeoutSetting  = "timeout"
)

// ParseTopic returns the topic of a URI such as
//
//	pubsub://PROJECT/TOPIC
//	pubsub://PROJECT/TOPIC?ordering=user&timeout=30s
//
// Its errors name the part that is wrong.
func ParseTopic(uri string) (Topic, error) {
	project, name, settings, err := parse(uri, "topic", orderingSetting, timeoutSetting)
	if err != nil {
		return Topic{}, err
	}
	t := Topic{Project: project, Name: name, Timeout: DefaultTimeout}
	if settings.Has(orderingSetting) {
		if by := settings.Get(orderingSetting); by != "user" {
			return Topic{}, fmt.Errorf("pubsub: %q: ordering %q: want user", uri, by)
		}
		t.Ordered = true
	}
	if settings.Has(timeoutSetting) {
		text := settings.Get(timeoutSetting)
		if t.Timeout, err = time.ParseDuration(text); err != nil || t.Timeout < time.Second {
			return Topic{}, fmt.Errorf("pubsub: %q: timeout %q: want a duration of at least 1s, such as 10s", uri, text)
		}
	}
	return t, nil
}

// String returns the name by which the service knows the topic.
func (t Topic) String() string { return "projects/" + t.Project + "/topics/" + t.Name }
