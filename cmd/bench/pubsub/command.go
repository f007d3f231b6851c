package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// command is ordertimeout at work.
type command struct {
	cmd     *exec.Cmd
	metrics string // URL, or "" of none
	stderr  bytes.Buffer
	ended   chan struct{}
	err     error // once ended
}

// start starts ordertimeout with flags, and has it serve its metrics. It is killed at
// the end of ctx.
func start(ctx context.Context, dir string, flags ...string) (*command, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	c, err := startBare(ctx, dir, append(flags, "-metrics", address)...)
	if err == nil {
		c.metrics = "http://" + address + "/metrics"
	}
	return c, err
}

// startBare starts ordertimeout with flags and no more. It is killed at the end of ctx.
func startBare(ctx context.Context, dir string, flags ...string) (*command, error) {
	c := &command{ended: make(chan struct{})}
	c.cmd = exec.CommandContext(ctx, filepath.Join(dir, "ordertimeout"), flags...)
	c.cmd.Stderr = &c.stderr
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(c.ended)
		c.err = c.cmd.Wait()
	}()
	return c, nil
}

// stopTime is how long it may take to stop; it wants less than 5 s.
const stopTime = 10 * time.Second

// stop stops it as an operator does, and returns an error unless it ends well.
func (c *command) stop() error {
	_ = c.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	kill := time.AfterFunc(stopTime, func() { _ = c.cmd.Process.Kill() })
	defer kill.Stop()
	<-c.ended
	if c.err != nil {
		return c.failure()
	}
	return nil
}

func (c *command) failure() error {
	return fmt.Errorf("ordertimeout: %w\n%s", errors.Join(c.err, errors.New("ended")), c.stderr.Bytes())
}

// figures are the command's own metrics by name, with the labels. What is not known
// yet is not there.
type figures map[string]float64

// The names of metrics.
const (
	eventsRead   = "ordertimeout_events_read_total"
	duplicates   = `ordertimeout_events_total{class="duplicate"}`
	successes    = `ordertimeout_outcomes_total{outcome="success"}`
	openOrders   = "ordertimeout_open_orders"
	unacked      = "ordertimeout_unacked_messages"
	watermarkLag = "ordertimeout_watermark_lag_seconds"
)

// knowsTime reports whether the watermark has begun to move.
func (f figures) knowsTime() bool { _, ok := f[watermarkLag]; return ok }

// look returns the figures of now. There are none before the metrics are served.
func (c *command) look(ctx context.Context) figures {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.metrics, nil)
	if err != nil {
		return nil
	}
	request.Header.Set("Accept-Encoding", "identity") // compressing them is no part of the work
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil
	}
	defer response.Body.Close()
	return parseMetrics(response.Body)
}

// parseMetrics returns the figures of a text in the format of Prometheus. Where it is
// cut off there are none.
func parseMetrics(r io.Reader) figures {
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(r)
	if err != nil {
		return nil
	}
	f := figures{}
	for name, family := range families {
		if !strings.HasPrefix(name, "ordertimeout_") {
			continue
		}
		samples, err := expfmt.ExtractSamples(&expfmt.DecodeOptions{}, family)
		if err != nil {
			return nil
		}
		for _, s := range samples {
			f[s.Metric.String()] = float64(s.Value)
		}
	}
	return f
}

// Figures are looked at so often, and waited for so long.
const (
	lookEvery = 100 * time.Millisecond
	maxWait   = 5 * time.Minute
)

// await looks at the figures until they are as wanted.
func (c *command) await(ctx context.Context, what string, wanted func(figures) bool) error {
	ctx, cancel := context.WithTimeout(ctx, maxWait)
	defer cancel()
	for {
		f := c.look(ctx)
		if wanted(f) {
			return nil
		}
		select {
		case <-c.ended:
			return c.failure()
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w; ordertimeout has %v", what, ctx.Err(), f)
		case <-time.After(lookEvery):
		}
	}
}

// peakMemory returns the largest resident set so far in MiB.
func (c *command) peakMemory() (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	var kib float64
	if _, rest, ok := bytes.Cut(text, []byte("\nVmHWM:")); ok {
		_, err = fmt.Sscan(string(rest), &kib)
	}
	if err != nil || kib == 0 {
		return 0, errors.New("this system does not tell a process's memory")
	}
	return kib / 1024, nil
}
