package files

import (
	"strings"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"ordertimeout/transforms/connect/sequence"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

// The state of a source that is asked by hand, bundle by bundle.
func TestBundlesOfOneSource(t *testing.T) {
	write(t, map[string]string{"f": strings.Repeat(line("a", 5000), maxBundleSize/30)})
	fn := &readFn{Config: Config{Inputs: []string{"f"}, Disorder: time.Second}, ID: t.Name()}
	rest, state := fn.CreateInitialRestriction(nil), fn.InitialWatermarkEstimatorState(0, sequence.Rest{}, nil)
	total := 0
	for calls := 1; ; calls++ {
		rt, we := fn.CreateTracker(rest), fn.CreateWatermarkEstimator(state)
		count := func(_ beam.EventTime, events []order.Event) {
			for i := range events {
				if events[i].Mark == 0 {
					total++
				}
			}
		}
		next, err := fn.ProcessElement(t.Context(), we, rt, nil, count, nil)
		if err != nil {
			t.Fatal(err)
		}
		if calls == 1 { // as if the bundle had failed, and was repeated
			total = 0
			continue
		}
		// On a busy machine a call may have nothing to hand out yet.
		if state = fn.WatermarkEstimatorState(we); state != 4000 && total > 0 {
			t.Errorf("call %d: watermark %d, want 4000", calls, state)
		}
		if !next.ShouldResume() {
			if !rt.IsDone() {
				t.Error("the restriction is not done")
			}
			break
		}
		_, residual, err := rt.TrySplit(0)
		if err != nil {
			t.Fatal(err)
		}
		rest = residual.(sequence.Rest)
		if calls == 2 { // as if another process took over
			parked, _ := process.Find[*parking](process.Of(""))
			parked.take(fn.ID).close()
		}
	}
	if want := maxBundleSize / 30; total != want {
		t.Errorf("got %d events, want %d", total, want)
	}
}

// A job that is resumed with other files or settings would skip other records than
// it has read.
func TestAnotherLogIsNotResumed(t *testing.T) {
	write(t, map[string]string{"f": line("a", 1) + line("b", 2), "g": line("c", 0)})
	was := Config{Inputs: []string{"f"}, Disorder: time.Second}
	for _, test := range []struct {
		reason string
		now    Config
		start  int64
		want   string // how the error begins
	}{
		{"the same", Config{Inputs: []string{"f"}, Disorder: time.Second}, 1, ""},
		{"what does not matter to the records", Config{Inputs: []string{"f"}, Disorder: time.Second, EndOfTime: true, DecoderConfig: order.DecoderConfig{TimeUnit: time.Millisecond}}, 1, ""},
		{"another file", Config{Inputs: []string{"f", "g"}, Disorder: time.Second}, 1, "files: the job to resume has read 1 records of another log: want the same files"},
		{"another disorder", Config{Inputs: []string{"f"}}, 1, "files: the job to resume has read 1 records of another log"},
		{"another unit", Config{Inputs: []string{"f"}, Disorder: time.Second, DecoderConfig: order.DecoderConfig{TimeUnit: time.Second}}, 1, "files: the job to resume has read 1 records of another log"},
		{"nothing was read yet", Config{Inputs: []string{"f", "g"}}, 0, ""},
	} {
		rest := (&readFn{Config: was}).CreateInitialRestriction(nil)
		rest.Start = test.start
		fn := &readFn{Config: test.now, ID: t.Name() + test.reason}
		ignore := func(beam.EventTime, []order.Event) {}
		_, err := fn.ProcessElement(t.Context(), fn.CreateWatermarkEstimator(0), fn.CreateTracker(rest), nil, ignore, nil)
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.HasPrefix(err.Error(), test.want)) {
			t.Errorf("%s: got %v, want %q", test.reason, err, test.want)
		}
	}
}
