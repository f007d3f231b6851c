package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// quietSDK keeps the log of the SDK and of the embedded runner, which is for
// those who work on them, off the user's terminal. Failures do not need it: they
// come back as errors.
func quietSDK(stderr io.Writer, verbose bool) {
	if verbose {
		slog.SetDefault(slog.New(slog.NewTextHandler(stderr, nil)))
		return
	}
	slog.SetDefault(slog.New(warnings{stderr}))
}

// noise begins warnings that are none: the embedded runner gives them at the end
// of any run, and of a live one that is stopped, according to which of its
// goroutines ends first (Beam 2.77.0, runners/prism/internal/worker/worker.go:360
// and :474, bundle.go:132); and a submission to Dataflow that could not look at the
// bucket, which fails with one line where it needs it (runners/dataflow/dataflow.go:486).
var noise = []string{"Control done", "state request after bundle inactive", "additional bundle response", "Error creating GCS client", "Error checking SoftDeletePolicy"}

// warnings is a slog.Handler that shows warnings, a line each.
type warnings struct{ w io.Writer }

func (h warnings) Enabled(_ context.Context, l slog.Level) bool { return l == slog.LevelWarn }

func (h warnings) Handle(_ context.Context, r slog.Record) error {
	for _, prefix := range noise {
		if strings.HasPrefix(strings.TrimPrefix(r.Message, "[SDK] "), prefix) {
			return nil
		}
	}
	_, err := fmt.Fprintf(h.w, "ordertimeout: warning: %s\n", r.Message)
	return err
}

func (h warnings) WithAttrs([]slog.Attr) slog.Handler { return h }
func (h warnings) WithGroup(string) slog.Handler      { return h }
