// Package pubsub is the connector of Pub/Sub: it reads order events from a subscription,
// publishes messages to topics, and gives back what it holds when a run is stopped.
//
//	beamfix.Install() // before beam.Init
//	c := pubsub.Config{Subscription: "pubsub://shop/orders?pulls=8", Disorder: 5 * time.Second, Run: run.ID}
//	c.Within = 10 * time.Minute // of events: their deadlines are to be times
//	found, err := pubsub.Check(ctx, c)
//	...
//	events, rejects := pubsub.Read(s, c)
//	...
//	undelivered := publish.Write(s, run.ID, topic, messages) // of uri.ParseTopic
//	... run the pipeline; to stop it:
//	run.Stop()
//	pull.Quiesce(ctx, run.ID)
//	cancel() // the context of beam.Run, if the process is to go on
//	run.Close()
//
// What is here are the settings, the check before a run, and the DoFns. The work is done
// by packages below this one, none of which knows it: pull is the source, and publish the
// sink; uri has the names and settings, message what a message holds, lease which message
// to acknowledge, and client the connections and requests. The settings that a URI may have
// stand at [uri.ParseSubscription] and [uri.ParseTopic].
//
// # The subscription
//
// It is one to pull from, whose messages nobody else pulls: of what another process gets
// this one knows nothing, and an order whose payment went there would time out.
//
//	gcloud pubsub subscriptions create orders --topic events --ack-deadline=10 \
//	    --message-retention-duration=7d --expiration-period=never
//
// Acknowledgement deadline: short, 10 s. It is the lease of a message that is delivered,
// and after a start no alert comes until every lease has ended that a process before may
// have held (see Watermark): with 600 s that is ten minutes. Leases of messages that
// are held are extended for as long as need be (lease=10s at a time), so that the
// deadline says nothing of how long orders may be open.
//
// Retention: longer than the window of the orders by as long as the pipeline may be
// down. With ack=outcome Pub/Sub is where open orders are kept, and what it deletes is
// gone with the process.
//
// Message ordering: off. With ack=outcome it is refused, as one message that is not
// acknowledged blocks all that follow with its key; with ack=bundle it is of no use,
// since events are put in order by their time.
//
// Dead-letter policy: none. Each restart is one more delivery of every message that is
// held, and an order that is open through as many of them as the policy allows (5 to
// 100) would be taken away. What is no event is a reject, and never delivered again.
//
// Exactly-once delivery: off. It makes acknowledgements slow, and refuses those whose
// lease has ended, which may fail the run. Without it repeats are known, too: by their ids.
//
// Filter: one that lets all events of an order pass, or none of them. Pub/Sub drops what
// a filter does not let pass, and a payment that is dropped is a timeout.
//
// Expiration: never, or longer than the pipeline may be down. A subscription that nobody
// pulls from for 31 days is deleted by default, with all that is in it.
//
// Its topic is none that the same pipeline publishes to: rejects would come back, and be
// rejected again. The command refuses that, and [Check] says which topic it is and warns
// of what of the above does not hold, as far as Pub/Sub tells.
//
// # Acknowledgement
//
// With ack=outcome a message is acknowledged when what became of each of its
// events is delivered (see process.Run.Done). Until then its lease is extended, so
// that Pub/Sub is the log of what the embedded runner has in memory: after a
// crash whoever comes next gets the events of all open orders again. It works
// where the pipeline runs in the process of the command, and needs a lease that
// is shorter than the time orders have.
//
// With ack=bundle a message is acknowledged when the bundle that it was read in
// is finalized: on Flink after the next checkpoint, until when its lease is extended.
// That is right where the runner keeps its state through a crash, and loses the open
// orders where it does not. When the runner starts the source again, what was read
// and is in no checkpoint is given back.
//
// Either way a message may be delivered more than once. A delivery of a message
// that is held, or that was acknowledged in the last seconds, is recognized by
// its id and gives no event. A publisher's own second copy of a message has
// another id: its events are duplicates for as long as the pipeline remembers
// the order, which it does not across a restart. So are, after a restart, the
// events of finished orders in a message that is held for another order's event:
// their pays come as orphans, to the rejects, and change no outcome.
//
// # Watermark
//
// The watermark is the time of day less how far the events are behind it: see package
// livemark for how that is reckoned. It goes on while nothing is published.
//
// At the start, and after a pull that failed, it stands still until pulls have succeeded
// for ten seconds, or a second longer than the longest lease, whichever is more. Only then
// has everything come back that a lost pull or a killed process had leased.
//
// While events are behind by more than half of Disorder, and by 100 ms, it passes nothing
// that a pull which is out may still bring. When nothing more is published such a pull
// stays out. Then the source asks the service twice a second, for ten seconds at most,
// whether there is anything. The watermark is about a second behind the lag meanwhile.
// A service that does not answer holds it as before.
//
// A runner in Java, such as Flink, sees only whole seconds of it.
package pubsub

import (
	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"ordertimeout/transforms/connect/pubsub/uri"
)

// Read reads the subscription, as an unbounded collection that never ends:
// () -> PCollection<[]order.Event>, PCollection<order.Reject>.
//
// Events come in blocks. Each is stamped with its place in time, At = max(Time,
// W), where W is the collection's watermark before the bundle; that is also the
// timestamp of the block's element. The first of a block is an
// order.MarkWatermark, once the watermark is known; where events came before that, there
// is one order.MarkFirstWatermark. Source is "message ID", and Line the number of the
// event's line in the message. With ack=outcome the events and the rejects have a Ref.
//
// What is not an event becomes a reject: a line of a message, or a message as a
// whole that is empty or compressed, or lacks the attribute that is to be the
// time.
//
// A large message comes in several blocks, and is read as there is room for more: 10 MB
// of lines of two bytes take no more memory than other messages. Of a message's lines
// that are no events the first 1,000 have a reject each, and all others one, which says
// how many they are; each is counted as read and as malformed.
//
// Once the run is to stop nothing is read any more, the watermark stands still,
// and the collection goes on with nothing, as its end would be the end of time
// for every open order: see [pull.Quiesce].
//
// A subscription that cannot be read is the error of the run, and of the bundle. It is
// also an error if beamfix.Install was not called: then no bundle would be acknowledged,
// and a stop would not wait.
//
// Read panics where [Config.Validate] has an error: call it first.
func Read(s beam.Scope, c Config) (events, rejects beam.PCollection) {
	sub, err := c.parse()
	if err != nil {
		panic(err)
	}
	return read(s, c, sub)
}

// read is Read of a subscription that the settings have named.
func read(s beam.Scope, c Config, sub uri.Subscription) (events, rejects beam.PCollection) {
	s = s.Scope("pubsub.Read")
	from := c.source(sub)
	if sub.Ack == uri.AckBundle {
		return beam.ParDo2(s, &readAndFinalizeFn{From: from}, beam.Impulse(s))
	}
	return beam.ParDo2(s, &readFn{From: from}, beam.Impulse(s))
}
