package pipeline

import (
	"fmt"

	"ordertimeout/transforms/connect/dataflowpubsub"
	"ordertimeout/transforms/connect/localfile"
	"ordertimeout/transforms/connect/pubsub"
	"ordertimeout/transforms/connect/webhook"
)

// native reports whether Pub/Sub is read and published to by the runner's own
// source and sink: those of Dataflow know the backlog and drop repeats.
func (c Config) native() bool { return c.Runner == RunnerDataflow }

// nativePubSub returns the settings of the runner's own Pub/Sub source, for an
// input that is a subscription.
func (c Config) nativePubSub() dataflowpubsub.Config {
	p, err := c.pattern()
	if err != nil {
		panic(err) // Validate has parsed it before
	}
	return dataflowpubsub.Config{
		Subscription: c.Input[0],
		TimeUnit:     c.TimeUnit,
		MaxAhead:     c.MaxAhead,
		ByOrder:      c.byOrder(),
		Behind:       c.Disorder,
		Within:       p.Within,

		RejectsUnread: c.Rejects == localfile.None,
	}
}

// validateDataflow checks what workers that share nothing with this process, but
// the settings, cannot do.
func (c Config) validateDataflow() error {
	if c.isDemo() {
		return fmt.Errorf("-input %q: the shop is simulated in the memory of one process: want pubsub://PROJECT/SUBSCRIPTION", c.Input[0])
	}
	for _, t := range c.targets() {
		switch {
		case webhook.Is(t.value):
			return fmt.Errorf("-%s: the secret of a webhook is in the environment of this process, which the workers do not have: want none or pubsub://PROJECT/TOPIC", t.flag)
		case pubsub.Is(t.value):
			if _, err := dataflowpubsub.ParseTopic(t.value); err != nil {
				return fmt.Errorf("-%s: %w", t.flag, err)
			}
		}
	}
	return nil
}
