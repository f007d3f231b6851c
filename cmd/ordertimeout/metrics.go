package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/net/netutil"

	"ordertimeout/pipeline"
	"ordertimeout/transforms/carry"
	"ordertimeout/transforms/count"
	"ordertimeout/transforms/process"
	"ordertimeout/transforms/rules"
)

// serveMetrics serves, on an address such as ":9090" or "localhost:9090", the
// live counters of a run and the figures of the process on /metrics, in the format
// of Prometheus; on /healthz whether the run works: 200, or 503 and why not; and on
// /livez that the process is alive. An empty address serves nothing. The error names
// -metrics, and is a usageError where the address is none, whoever listens at it.
func serveMetrics(address string, h *health) (stop func(), err error) {
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
	return serve(l, h, usualLimits), nil
}

// limits are what clients may take of the process.
type limits struct {
	ask         time.Duration // how long a question may take
	answer      time.Duration // how long an answer may take
	idle        time.Duration // how long a connection may wait for the next question
	header      int           // the bytes of a question
	connections int           // more wait for their turn
}

var usualLimits = limits{ask: 5 * time.Second, answer: 10 * time.Second, idle: 2 * time.Minute, header: 16 << 10, connections: 64}

// endTime is how long answers may take that are under way when the command ends.
const endTime = time.Second

func serve(l net.Listener, h *health, most limits) (stop func()) {
	server := &http.Server{
		Handler:           metricsHandler(h),
		ReadHeaderTimeout: most.ask,
		ReadTimeout:       most.ask,
		WriteTimeout:      most.answer,
		IdleTimeout:       most.idle,
		MaxHeaderBytes:    most.header,
	}
	var serving sync.WaitGroup
	quit, tick := make(chan struct{}), time.NewTicker(lookEvery)
	serving.Go(func() {
		_ = server.Serve(netutil.LimitListener(l, most.connections)) // ends with an error always; a run does not fail for its metrics
	})
	serving.Go(func() { h.watch(tick.C, quit) })
	return func() {
		tick.Stop()
		close(quit)
		ctx, cancel := context.WithTimeout(context.Background(), endTime)
		defer cancel()
		if server.Shutdown(ctx) != nil {
			server.Close()
		}
		serving.Wait()
	}
}

func metricsHandler(h *health) http.Handler {
	registry := prometheus.NewRegistry() // of its own: the libraries' figures are not ours
	registry.MustRegister(
		runCollector{h.run, h.plan},
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	mux := http.NewServeMux() // answers HEAD as GET, and other methods with 405
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.Handle("GET /healthz", h)
	mux.HandleFunc("GET /livez", h.serveAlive)
	return mux
}

// What a run is described by. Names and units follow the conventions of
// Prometheus.
var (
	malformedDesc = describe("events_malformed_total", "Inputs that are no event, of all rules.")
	readDesc      = describe("events_read_total", "Inputs read, events or not.")
	classDesc     = describeRule("events_total", "Inputs by what became of them.", "class")
	outcomeDesc   = describeRule("outcomes_total", "Orders by how they ended.", "outcome")
	matchesDesc   = describeRule("matches_total", "Matches of the pattern, of which an order may have several.")
	remindersDesc = describeRule("reminders_total", "Reminders of open orders.")
	failedDesc    = describeRule("condition_errors_total", "Conditions that could not be evaluated, by event.")
	refusedDesc   = describe("undelivered_total", "Outcomes that were not delivered: they are rejects.")
	postedDesc    = describe("webhook_accepted_total", "Outcomes that a webhook accepted.")
	leftDesc      = describe("left_messages_total", "Messages of outcomes that a stop left to the next run.")
	againDesc     = describe("redelivered_messages_total", "Deliveries of messages of the input that are held, or were just acknowledged.")
	openDesc      = describeRule("open_orders", "Orders that are open now.")
	unackedDesc   = describe("unacked_messages", "Messages of the input that are held and not acknowledged.")
	pointsDesc    = describe("carry_points_total", "States that were written to the carry file.")
	pauseDesc     = describe("carry_pause_seconds", "How long nothing was read for the last of them.")
	carriedDesc   = describe("carry_bytes", "The size of the carry file.")
	writtenDesc   = describe("carry_age_seconds", "How long ago the state of the carry file was that of the run.")
	watermarkDesc = describe("watermark_lag_seconds", "How far the watermark is behind the clock.")
)

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(count.Namespace, "", name), help, labels, nil)
}

// runCollector gives the live counters of a run to Prometheus. All series of a
// counter are there from the start, as zeros, so that their rates are right.
type runCollector struct {
	run  *process.Run
	plan pipeline.Plan
}

// Describe implements prometheus.Collector.
func (c runCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []ruleDesc{classDesc, outcomeDesc, matchesDesc, remindersDesc, failedDesc, openDesc} {
		if c.plan.Ruled() {
			out <- d.ruled
		} else {
			out <- d.plain
		}
	}
	for _, d := range []*prometheus.Desc{readDesc, malformedDesc, postedDesc, refusedDesc, leftDesc, againDesc, unackedDesc, pointsDesc, pauseDesc, carriedDesc, writtenDesc, watermarkDesc} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c runCollector) Collect(out chan<- prometheus.Metric) {
	counters := c.run.Counters()
	counter := func(d *prometheus.Desc, name string, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(counters[name]), labels...)
	}
	gauge := func(d *prometheus.Desc, value float64) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value)
	}
	counter(readDesc, count.Read)
	all := c.plan.Rules
	if c.plan.Ruled() { // else no series has a rule
		all = rulesOf(c.plan)
	}
	for i := range all {
		c.collectRule(&all[i], counters, out)
	}
	if c.plan.Ruled() {
		counter(malformedDesc, count.Malformed)
	}
	counter(postedDesc, count.Accepted)
	counter(refusedDesc, count.Undelivered)
	counter(leftDesc, count.Left)
	counter(againDesc, count.Redelivered)
	gauge(unackedDesc, float64(counters[count.Unacked]))
	if keeper := carry.Of(c.run); keeper != nil {
		counter(pointsDesc, count.CarryPoints)
		gauge(pauseDesc, float64(counters[count.CarryPause])/1000)
		gauge(carriedDesc, float64(counters[count.CarryBytes]))
		if at := keeper.Written(); !at.IsZero() {
			gauge(writtenDesc, time.Since(at).Seconds())
		}
	}
	if w, ok := counters[count.WatermarkTime]; ok {
		gauge(watermarkDesc, time.Since(time.UnixMilli(w)).Seconds())
	}
}

// collectRule gives the counters of a rule.
func (c runCollector) collectRule(r *rules.Rule, counters map[string]int64, out chan<- prometheus.Metric) {
	give := func(d ruleDesc, kind prometheus.ValueType, name string, labels ...string) {
		desc := d.plain
		if r.Name != "" {
			desc, labels = d.ruled, append(labels, r.Name)
		}
		out <- prometheus.MustNewConstMetric(desc, kind, float64(counters[count.Of(r.Name, name)]), labels...)
	}
	for _, class := range classesOf(r) {
		give(classDesc, prometheus.CounterValue, class, class)
	}
	for _, end := range endsOf(c.plan, r) {
		give(outcomeDesc, prometheus.CounterValue, end, end)
	}
	if !c.plan.Plain() {
		give(matchesDesc, prometheus.CounterValue, count.Success)
		give(failedDesc, prometheus.CounterValue, count.ConditionErrors)
	}
	if len(r.Remind) > 0 {
		give(remindersDesc, prometheus.CounterValue, count.Reminders)
	}
	give(openDesc, prometheus.GaugeValue, count.OpenNow)
}

// ruleDesc describes a figure of a rule: of the only one without a name, or with the label
// rule.
type ruleDesc struct{ plain, ruled *prometheus.Desc }

func describeRule(name, help string, labels ...string) ruleDesc {
	return ruleDesc{describe(name, help, labels...), describe(name, help, append(slices.Clone(labels), "rule")...)}
}
