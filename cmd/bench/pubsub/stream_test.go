package main

import (
	"context"
	"errors"
	"math"
	"os"
	"os/exec"
	"testing"
	"testing/synctest"
	"time"
)

func TestAStreamIsReadToItsEnd(t *testing.T) {
	s := fake(t)
	s.cmd = &exec.Cmd{Process: &os.Process{Pid: os.Getpid()}}
	var used cost
	if rate, err := s.libraryStream(t.Context(), 1500, atOnce, &used); err != nil || rate <= 0 || len(used[0]) != 1 {
		t.Errorf("%v messages a second, %v of CPU: %v", rate, used, err)
	}
}

// The rate is that of what comes between the first and the last fifth, or of all where
// nothing was seen in between. A look comes each millisecond.
func TestFlowRate(t *testing.T) {
	for _, test := range []struct {
		reason string
		acked  []int64 // by look
		want   float64
	}{
		{"seen in between", []int64{100, 200, 500, 800, 1000, 1000, 1000, 1000, 1000, 1000, 1000}, 600 / 0.002},
		{"seen at the end only", []int64{0, 0, 0, 0, 1000}, 1000 / 0.005},
	} {
		synctest.Test(t, func(t *testing.T) {
			ended := make(chan error, 2)
			looks := 0
			rate, err := flowRate(t.Context(), 1000, ended, func() int64 {
				if looks++; looks == len(test.acked) {
					ended <- nil
					ended <- nil
				}
				return test.acked[min(looks, len(test.acked))-1]
			})
			if err != nil || math.Abs(rate-test.want) > 1e-6*test.want {
				t.Errorf("%s: %v a second, want %v: %v", test.reason, rate, test.want, err)
			}
		})
	}
}

// Where nobody reads, the publisher stops before it has filled the server, and goes on
// once somebody does.
func TestAStreamWaitsForItsReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var count tally
		published := 0 // is read where the publisher waits
		ended := make(chan error, 1)
		go func() {
			ended <- flow(ctx, maxUnread, count.pulled.Load, func([]byte) { published++ })
		}()
		for _, read := range []int64{0, 1, 500} {
			count.pulled.Store(read)
			time.Sleep(time.Second)
			synctest.Wait()
			if want := maxUnread + int(read); published != want {
				t.Errorf("%d messages, %d of them read, want %d", published, read, want)
			}
		}
		select {
		case err := <-ended:
			t.Fatalf("ended: %v", err)
		default:
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}
