package pipeline

import (
	"context"
	"errors"
	"fmt"

	"ordertimeout/transforms/connect/dataflowpubsub"
	"ordertimeout/transforms/connect/pubsub"
)

// ErrLoop is the error of an output to the topic that the input reads, which only the
// service knows: a wrong setting that shows in Config.Check.
var ErrLoop = errors.New("what is written comes back as input, without end")

// checkInput asks the service about the subscription that is read, if one is. It
// returns the full name of its topic, "" where there is none or it cannot be told.
func (c Config) checkInput(ctx context.Context) (topic string, warnings []string, err error) {
	switch {
	case !c.Live():
		return "", nil, nil
	case !c.native():
		found, err := pubsub.Check(ctx, c.PubSub())
		return found.Topic, found.Warnings, err
	}
	flags := ""
	for _, t := range c.targets() {
		if pubsub.Is(t.value) {
			flags += " -" + t.flag
		}
	}
	sub, err := dataflowpubsub.ParseSubscription(c.Input[0])
	if flags == "" || err != nil {
		return "", nil, err
	}
	topic, err = pubsub.TopicOf(ctx, sub.Subscription)
	if err != nil { // the workers may, as another account
		return "", []string{fmt.Sprintf("-input %s: its topic is not known, which is to be none of%s: %v", c.Input[0], flags, err)}, nil
	}
	return topic, nil, nil
}

// isTopic reports whether a target is the topic of a full name.
func (t target) isTopic(name string) bool {
	if !pubsub.Is(t.value) {
		return false
	}
	topic, err := pubsub.ParseTopic(t.value)
	return err == nil && topic.String() == name
}
