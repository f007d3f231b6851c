package transforms

import (
	"context"
	"fmt"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/state"

	"ordertimeout/transforms/count"
)

// The calls of state that matchFn makes, each a round trip to the runner (a write
// two or three: Beam 2.77.0 clears first, and sends an append for each Write of
// the encoder, core/runtime/exec/userstate.go:85). They are counted, as they and
// the bytes that they write are what the transform costs on any runner.

// traffic is how many calls there were, and the bytes that they wrote.
type traffic struct{ calls, bytes int64 }

// report adds the traffic since the last report to the counters.
func (t *traffic) report(ctx context.Context) {
	count.Beam(ctx, count.StateCalls, t.calls)
	count.Beam(ctx, count.StateBytes, t.bytes)
	*t = traffic{}
}

func (f *matchFn) readMarks(sp state.Provider, n int64) ([]int64, error) {
	f.traffic.calls++
	marks, _, err := f.Marks.Read(sp)
	return marks, stateError("read the marks", n, err)
}

func (f *matchFn) addMark(sp state.Provider, n, mark int64) error {
	f.traffic.calls++
	f.traffic.bytes += 8
	return stateError("add a mark", n, f.Marks.Add(sp, mark))
}

func (f *matchFn) clearMarks(sp state.Provider, n int64) error {
	f.traffic.calls++
	return stateError("clear the marks", n, f.Marks.Clear(sp))
}

func (f *matchFn) readLog(sp state.Provider, n int64) ([][]byte, error) {
	f.traffic.calls++
	log, _, err := f.Log.Read(sp)
	return log, stateError("read the log", n, err)
}

func (f *matchFn) addLog(sp state.Provider, n int64, record []byte) error {
	f.traffic.calls++
	f.traffic.bytes += int64(len(record))
	return stateError("append to the log", n, f.Log.Add(sp, record))
}

func (f *matchFn) clearLog(sp state.Provider, n int64) error {
	f.traffic.calls++
	return stateError("clear the log", n, f.Log.Clear(sp))
}

// clear forgets a shard whose input has ended.
func (f *matchFn) clear(sp state.Provider, n int64) error {
	if err := f.clearLog(sp, n); err != nil {
		return err
	}
	return f.clearMarks(sp, n)
}

func stateError(what string, n int64, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("transforms: %s of shard %d: %w", what, n, err)
}
