package livemark

import (
	"context"
	"time"
)

const (
	// probeEvery is how long after a probe the next one is made. A service may bill each
	// of them, so there are two a second at most, for as long as pulls hold the watermark.
	probeEvery = 500 * time.Millisecond
	// doubtEvery is how often to look whether to make one.
	doubtEvery = 50 * time.Millisecond
)

// Probe makes probes while a watermark is in doubt, until the end of ctx. Doubt reports
// whether it is. Probe makes one, tells the watermark, and reports whether to go on.
//
// A server cannot be made to answer the pulls that wait there: it holds them for as long
// as it likes, and a shorter deadline would only lose what they have leased.
func Probe(ctx context.Context, doubt func() bool, probe func() (more bool)) {
	for ctx.Err() == nil {
		if !doubt() {
			pause(ctx, doubtEvery)
			continue
		}
		if !probe() {
			return
		}
		pause(ctx, probeEvery)
	}
}

// pause waits a while, or until the end of ctx.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
