package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"ordertimeout/transforms"
	"ordertimeout/transforms/live"
)

// serveMetrics serves, on an address such as ":9090" or "localhost:9090", the
// live counters of a run and the figures of the process on /metrics, in the format
// of Prometheus, and on /healthz whether all is well: 200, or 503 once the run has
// failed or is stopping. An empty address serves nothing. The error names -metrics,
// and is a usageError where the address is none, whoever listens at it.
func serveMetrics(address string, run *live.Run) (stop func(), err error) {
	if address == "" {
		return func() {}, nil
	}
	if _, err := net.ResolveTCPAddr("tcp", address); err != nil {
		return nil, usageError{fmt.Errorf("-metrics %s: %w", address, err)}
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		if op := new(net.OpError); errors.As(err, &op) {
			err = op.Err // the rest repeats the address
		}
		return nil, fmt.Errorf("-metrics %s: %w", address, err)
	}
	return serve(l, run), nil
}

// How long a client may take to ask, and an answer when the command ends.
const (
	askTime    = 10 * time.Second
	answerTime = time.Second
)

func serve(l net.Listener, run *live.Run) (stop func()) {
	server := &http.Server{Handler: metricsHandler(run), ReadHeaderTimeout: askTime}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(l) // ends with an error always; a run does not fail for its metrics
	}()
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), answerTime)
		defer cancel()
		if server.Shutdown(ctx) != nil {
			server.Close()
		}
		<-served
	}
}

func metricsHandler(run *live.Run) http.Handler {
	registry := prometheus.NewRegistry() // of its own: the libraries' figures are not ours
	registry.MustRegister(
		runCollector{run},
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		switch err := run.Err(); {
		case err != nil:
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprintln(w, err)
		case run.Stopped():
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprintln(w, "stopping")
		default:
			fmt.Fprintln(w, "ok")
		}
	})
	return mux
}

// What a run is described by. Names and units follow the conventions of
// Prometheus.
var (
	readDesc      = describe("events_read_total", "Inputs read, events or not.")
	classDesc     = describe("events_total", "Inputs by what became of them.", "class")
	outcomeDesc   = describe("outcomes_total", "Orders by how they ended.", "outcome")
	refusedDesc   = describe("undelivered_total", "Outcomes that a webhook refused.")
	leftDesc      = describe("left_messages_total", "Messages of outcomes that a stop left to the next run.")
	againDesc     = describe("redelivered_messages_total", "Deliveries of messages of the input that are held, or were just acknowledged.")
	openDesc      = describe("open_orders", "Orders that are open now.")
	unackedDesc   = describe("unacked_messages", "Messages of the input that are held and not acknowledged.")
	watermarkDesc = describe("watermark_lag_seconds", "How far the watermark is behind the clock.")
)

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(transforms.Namespace, "", name), help, labels, nil)
}

// runCollector gives the live counters of a run to Prometheus. All series of a
// counter are there from the start, as zeros, so that their rates are right.
type runCollector struct{ run *live.Run }

// Describe implements prometheus.Collector.
func (c runCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{readDesc, classDesc, outcomeDesc, refusedDesc, leftDesc, againDesc, openDesc, unackedDesc, watermarkDesc} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c runCollector) Collect(out chan<- prometheus.Metric) {
	counters := c.run.Counters()
	count := func(d *prometheus.Desc, name string, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(counters[name]), labels...)
	}
	gauge := func(d *prometheus.Desc, value float64) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value)
	}
	count(readDesc, transforms.ReadCounter)
	for _, class := range classes {
		count(classDesc, class, class)
	}
	for _, outcome := range outcomes {
		count(outcomeDesc, outcome, outcome)
	}
	count(refusedDesc, live.UndeliveredCounter)
	count(leftDesc, live.LeftCounter)
	count(againDesc, live.RedeliveredCounter)
	gauge(openDesc, float64(counters[live.OpenNow]))
	gauge(unackedDesc, float64(counters[live.Unacked]))
	if w, ok := counters[live.WatermarkTime]; ok {
		gauge(watermarkDesc, time.Since(time.UnixMilli(w)).Seconds())
	}
}
