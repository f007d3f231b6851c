package transforms

import (
	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/graph/mtime"
	"github.com/cespare/xxhash/v2"

	"ordertimeout/transforms/process"
	"ordertimeout/transforms/shard"
)

// maxBatch is the size in bytes, before compression, from which a batch does not
// wait for the end of the bundle. A state call costs about as much as copying
// this many bytes.
const maxBatch = 512 << 10

// gatherer gathers the events of a bundle in batches, one for each shard.
type gatherer struct {
	run     *process.Run
	slack   int64          // milliseconds; see MatchConfig.WatermarkSlack
	batches []shard.Batch  // by shard
	first   beam.EventTime // the earliest timestamp of the bundle's elements
	promise int64          // the last promise of the bundle; see order.MarkWatermark
}

func (g *gatherer) setup(shards, slack int64, run string) {
	g.batches, g.slack, g.run = make([]shard.Batch, shards), slack, process.Of(run)
}

// start begins a bundle.
func (g *gatherer) start() {
	for i := range g.batches {
		g.batches[i].Reset()
	}
	g.first, g.promise = mtime.MaxTimestamp, shard.NoWatermark
}

// add adds an event to the batch of the shard of a key. A batch that is large enough goes
// out.
func (g *gatherer) add(key string, e *shard.Event, emit func(beam.EventTime, int64, []byte)) {
	n := int64(shardOf(key, len(g.batches)))
	b := &g.batches[n]
	b.Add(e)
	if b.Len() > maxBatch {
		b.More()
		g.send(n, emit)
	}
}

// shardOf returns the shard of a key, of n shards. The hash is stored nowhere but decides
// where the state of a key is, so it must be the same in every process.
func shardOf(key string, n int) int { return int(xxhash.Sum64String(key) % uint64(n)) }

// finish ends a bundle.
func (g *gatherer) finish(emit func(beam.EventTime, int64, []byte)) {
	for n := range g.batches {
		if !g.batches[n].Empty() {
			g.send(int64(n), emit)
		}
	}
}

// send emits a shard's batch. Its header says when its tick is due. Its timestamp is the
// time that the source was at before the bundle. The earliest event of the batch is later,
// by the disorder of the source.
//
// The reason is that Prism takes what is pending for a key by its time. With a later
// timestamp the key's next tick would come before the batch. In a replay that tick would
// be worked by itself, though the tick of the batch makes up for it. On a live stream the
// batch would wait in the runner until the watermark reaches that tick, and would count as
// on its way, so that the source waits, too (see process.Run.Throttle).
func (g *gatherer) send(n int64, emit func(beam.EventTime, int64, []byte)) {
	b := &g.batches[n]
	at := min(beam.EventTime(b.Min()+g.slack), g.first)
	b.Promise(g.promise)
	data := b.Bytes()
	g.run.Sent(len(data))
	emit(at, n, data)
}
