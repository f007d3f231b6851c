//go:build unix

package beamfix

import (
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	fnpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/fnexecution_v1"
)

// The answer is late until the process has taken much of the CPU, for which it has no other
// reason. Answers to other requests of Prism, as to how far the bundle is, come at once.
func TestPrismAsksForTheAnswerInALoop(t *testing.T) {
	const much, enough = 500 * time.Millisecond, 10 * time.Second
	var one sync.Mutex // a stream is for one to send on at a time
	var spent time.Duration
	runOnPrism(t, func(s beam.Scope) {
		beam.GroupByKey(s, beam.ParDo(s, pair, beam.Create(s, 1)))
	}, sending(func(send func(any) error, message any) error {
		answer, ok := message.(*fnpb.InstructionResponse)
		if !ok || answer.GetProcessBundle() == nil {
			one.Lock()
			defer one.Unlock()
			return send(message)
		}
		go func() {
			start := cpu(t)
			for end := time.Now().Add(enough); spent < much && time.Now().Before(end); spent = cpu(t) - start {
				time.Sleep(20 * time.Millisecond)
			}
			one.Lock()
			defer one.Unlock()
			_ = send(message)
		}()
		return nil
	}))
	if spent < much {
		t.Errorf("a bundle that was answered %v late took %v of the CPU meanwhile, want %v: where that is next to nothing, delete ends.go", enough, spent, much)
	}
}

// cpu returns what the process has taken of the CPU.
func cpu(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Error(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
