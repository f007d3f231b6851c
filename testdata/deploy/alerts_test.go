package deploy

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
)

// sample is a value at a time in milliseconds, a chunks.Sample.
type sample struct {
	t int64
	v float64
}

func (s sample) T() int64                      { return s.t }
func (s sample) ST() int64                     { return 0 }
func (s sample) F() float64                    { return s.v }
func (s sample) H() *histogram.Histogram       { return nil }
func (s sample) FH() *histogram.FloatHistogram { return nil }
func (s sample) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (s sample) Copy() chunks.Sample           { return s }

// seriesSet is a storage.SeriesSet of what is in memory.
type seriesSet struct {
	at   storage.Series
	rest []storage.Series
}

func (s *seriesSet) Next() bool {
	if len(s.rest) == 0 {
		return false
	}
	s.at, s.rest = s.rest[0], s.rest[1:]
	return true
}

func (s *seriesSet) At() storage.Series                { return s.at }
func (s *seriesSet) Err() error                        { return nil }
func (s *seriesSet) Warnings() annotations.Annotations { return nil }

// source is what the command serves of an instance.
const source = `{job="ordertimeout",instance="a"}`

// seriesOf returns series written as in the unit tests of promtool, a sample a minute.
func seriesOf(t *testing.T, written []string) (all []storage.Series) {
	t.Helper()
	for _, text := range written {
		lset, values, err := promQL.ParseSeriesDesc(text)
		if err != nil {
			t.Fatal(err)
		}
		var samples []chunks.Sample
		for i, v := range values {
			if !v.Omitted {
				samples = append(samples, sample{int64(i) * 60_000, v.Value})
			}
		}
		all = append(all, storage.NewListSeries(lset, samples))
	}
	return all
}

// firesAt reports whether an alert is on at a minute: its query has had a result for as
// long as its "for".
func firesAt(t *testing.T, query string, hold time.Duration, minute int, series []storage.Series) bool {
	t.Helper()
	engine := promql.NewEngine(promql.EngineOpts{MaxSamples: 1e6, Timeout: time.Minute, Parser: promQL})
	defer engine.Close()
	data := &storage.MockQueryable{MockQuerier: &storage.MockQuerier{
		SelectMockFunction: func(_ bool, _ *storage.SelectHints, ms ...*labels.Matcher) storage.SeriesSet {
			return &seriesSet{rest: matching(series, ms)}
		},
	}}
	for at := minute - int(hold.Minutes()); at <= minute; at++ {
		q, err := engine.NewInstantQuery(context.Background(), data, nil, query, time.UnixMilli(int64(at)*60_000))
		if err != nil {
			t.Fatal(err)
		}
		result := q.Exec(context.Background())
		vector, err := result.Vector()
		q.Close()
		if err != nil {
			t.Fatal(err)
		}
		if len(vector) == 0 {
			return false
		}
	}
	return true
}

func matching(series []storage.Series, ms []*labels.Matcher) (found []storage.Series) {
	for _, s := range series {
		all := true
		for _, m := range ms {
			all = all && m.Matches(s.Labels().Get(m.Name))
		}
		if all {
			found = append(found, s)
		}
	}
	return found
}

// Each alert is on where it has to be, at minute 40, and off where all goes well.
func TestAlertsFire(t *testing.T) {
	up := `up` + source + ` 1x60`
	lag := `ordertimeout_watermark_lag_seconds` + source
	class := func(name string) string {
		return `ordertimeout_events_total{job="ordertimeout",instance="a",class="` + name + `"}`
	}
	read := `ordertimeout_events_read_total` + source
	cases := map[string]struct{ on, off [][]string }{
		"OrdertimeoutDown":            {[][]string{{`up` + source + ` 0x60`}}, [][]string{{up}, {`up{job="other"} 0x60`}, {`up` + source + ` 1x39 0 1x20`}}},
		"OrdertimeoutRestarts":        {[][]string{{`process_start_time_seconds` + source + ` 1x15 2x10 3x10 4x30`}}, [][]string{{`process_start_time_seconds` + source + ` 1x30 2x40`}}},
		"OrdertimeoutNoWatermark":     {[][]string{{up}}, [][]string{{up, lag + ` 5x60`}, {`up` + source + ` 0x60`}, {up, lag + ` 5x35`}}},
		"OrdertimeoutWatermarkStands": {[][]string{{lag + ` 5x20 5+60x40`}}, [][]string{{lag + ` 5x60`}, {lag + ` 5+30x60`}, {lag + ` 5+60x30 5x40`}}},
		"OrdertimeoutBehind":          {[][]string{{lag + ` 400x60`}}, [][]string{{lag + ` 200x60`}, {lag + ` 5x35 400x30`}}},
		"OrdertimeoutRejects":         {[][]string{{read + ` 0+1000x60`, class("late") + ` 0+6x60`, class("malformed") + ` 0+6x60`}}, [][]string{{read + ` 0+1000x60`, class("late") + ` 0+5x60`}, {read + ` 0+10x60`, class("orphan") + ` 0+1x60`}, {read + ` 0+1000x60`, class("duplicate") + ` 0+100x60`}}},
		"OrdertimeoutUndelivered":     {[][]string{{`ordertimeout_undelivered_total` + source + ` 0x30 3x30`}}, [][]string{{`ordertimeout_undelivered_total` + source + ` 3x60`}}},
		"OrdertimeoutCarryFileOld":    {[][]string{{`ordertimeout_carry_age_seconds` + source + ` 10x30 310+60x30`}}, [][]string{{`ordertimeout_carry_age_seconds` + source + ` 10x60`}, {}}},
		"OrdertimeoutConditionErrors": {[][]string{{`ordertimeout_condition_errors_total` + source + ` 0+1x60`}}, [][]string{{`ordertimeout_condition_errors_total` + source + ` 5x60`}, {}}},
	}
	for _, rule := range alerts(t) {
		of, ok := cases[rule.Alert]
		if !ok {
			t.Errorf("no case for %s", rule.Alert)
		}
		delete(cases, rule.Alert)
		if rule.Labels["severity"] == "" || rule.Annotations["summary"] == "" {
			t.Errorf("%s has no severity or no summary", rule.Alert)
		}
		for _, written := range of.on {
			if !firesAt(t, rule.Expr, time.Duration(rule.For), 40, seriesOf(t, written)) {
				t.Errorf("%s is off with %q", rule.Alert, written)
			}
		}
		for _, written := range of.off {
			if firesAt(t, rule.Expr, time.Duration(rule.For), 40, seriesOf(t, written)) {
				t.Errorf("%s is on with %q", rule.Alert, written)
			}
		}
	}
	for name := range cases {
		t.Errorf("no alert %s", name)
	}
}
