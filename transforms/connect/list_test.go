package connect

import (
	"flag"
	"strings"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
)

// sink is a sink that knows how it came about.
type sink struct {
	Sink
	kind string
}

func (sink) Write(beam.Scope, beam.PCollection) []beam.PCollection { return nil }

// sinkKind returns a kind of sink whose targets begin with a prefix.
func sinkKind(kind, prefix string, runners ...string) *SinkKind {
	return &SinkKind{
		Runners: runners,
		Forms:   []Form{{Text: prefix + "NAME"}},
		Is:      func(target string) bool { return strings.HasPrefix(target, prefix) },
		Parse:   func(Target, Env) (Sink, error) { return sink{kind: kind}, nil },
	}
}

func lists() List {
	files := sinkKind("files", "")
	files.Forms, files.Rest = []Form{{Text: "a file"}}, true
	files.Is = func(target string) bool { return !strings.Contains(target, "://") }
	hooks := sinkKind("hooks", "https://")
	hooks.OutcomesOnly, hooks.Show = true, func(string) string { return "https://…" }
	source := func(prefix string, runners ...string) *SourceKind {
		return &SourceKind{Runners: runners, Forms: []Form{{Text: prefix + "NAME", Note: "a note"}}, Is: func(in string) bool { return strings.HasPrefix(in, prefix) }}
	}
	all := source("")
	all.Rest, all.Is = true, files.Is
	return List{
		{Name: "files", Source: all, Sink: files},
		{Name: "own", Source: source("topic://", Prism), Sink: sinkKind("own", "topic://", Prism)},
		{Name: "native", Source: source("topic://", Dataflow), Sink: sinkKind("native", "topic://", Dataflow)},
		{Name: "hooks", Sink: hooks},
	}
}

func TestTheKindOfATarget(t *testing.T) {
	for _, test := range []struct {
		target, runner string
		outcomes       bool
		want, err      string
	}{
		{"a", Prism, true, "files", ""},
		{"topic://a", Prism, false, "own", ""},
		{"topic://a", Dataflow, false, "native", ""},
		{"topic://a", Flink, false, "", `-to "topic://a": unknown kind of sink "topic": want a file, topic://NAME or https://NAME`},
		{"https://a", Prism, true, "hooks", ""},
		{"https://a", Prism, false, "", "-to: a hooks is told of outcomes: want a file or topic://NAME"},
		{"", Prism, false, "", `-to "": want a file, topic://NAME or https://NAME`},
		{"mqtt://a", Prism, false, "", `-to "mqtt://a": unknown kind of sink "mqtt": want a file, topic://NAME or https://NAME`},
	} {
		got, name, err := lists().Sink(Target{Flag: "to", URI: test.target, Outcomes: test.outcomes}, Env{Runner: test.runner})
		switch {
		case test.err != "" && (err == nil || err.Error() != test.err):
			t.Errorf("%s on %s: got %v, want %s", test.target, test.runner, err, test.err)
		case test.err == "" && (err != nil || got.(sink).kind != test.want || name != test.want):
			t.Errorf("%s on %s: got %v of %s, %v, want %s", test.target, test.runner, got, name, err, test.want)
		}
	}
}

func TestTheKindOfInputs(t *testing.T) {
	for _, test := range []struct {
		inputs, runner string
		want, err      string
	}{
		{"a b", Prism, "files", ""},
		{"", Prism, "files", ""},
		{"a topic://b", Prism, "own", ""},
		{"topic://b", Dataflow, "native", ""},
		{"a https://b/secret", Prism, "", `-input "https://…": unknown kind of source "https": want NAME or topic://NAME`},
	} {
		_, name, err := lists().Source(strings.Fields(test.inputs), test.runner)
		if test.err == "" && (err != nil || name != test.want) || test.err != "" && (err == nil || err.Error() != test.err) {
			t.Errorf("%q on %s: got %s, %v, want %s%s", test.inputs, test.runner, name, err, test.want, test.err)
		}
	}
	if got, want := lists().SourceForms(true), "NAME (a note) or topic://NAME (a note)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestCheckDuration(t *testing.T) {
	for value, want := range map[time.Duration]string{
		time.Millisecond:     "",
		time.Second:          "",
		time.Millisecond - 1: "-wait 999.999µs: want at least 1ms",
		1500 * 1000:          "-wait 1.5ms: want whole milliseconds",
		2 * time.Second:      "-wait 2s: want at most 1s",
	} {
		err := CheckDuration("wait", value, time.Millisecond, time.Second)
		if want == "" && err != nil || want != "" && (err == nil || err.Error() != want) {
			t.Errorf("%v: got %v, want %q", value, err, want)
		}
	}
}

func TestADurationKeepsItsDefault(t *testing.T) {
	wait := time.Minute
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	Duration(&wait)(fs, "wait")
	if err := fs.Parse(nil); err != nil || wait != time.Minute {
		t.Errorf("not given: %v, %v", wait, err)
	}
	if err := fs.Parse([]string{"-wait", "2s"}); err != nil || wait != 2*time.Second {
		t.Errorf("given: %v, %v", wait, err)
	}
}
