package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"ordertimeout/transforms/connect"
	"ordertimeout/transforms/connect/localfile"
	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

func init() { register.DoFn1x1[order.Message, error](&appendFn{}) }

// tiny are the settings of a connector of a few lines: the source gives some orders that
// are created and not paid, and the sink appends lines to a file.
type tiny struct{ orders int }

func (c *tiny) connector() connect.Connector {
	is := func(uri string) bool { return strings.HasPrefix(uri, "tiny:") }
	return connect.Connector{
		Name: "tiny",
		Source: &connect.SourceKind{
			Forms: []connect.Form{{Text: "tiny:"}}, Help: "tiny: (some orders)", Is: is,
			Parse: func(_ []string, env connect.Env) (connect.Source, error) { return tinySource{c.orders, env}, nil },
		},
		Sink: &connect.SinkKind{
			Forms: []connect.Form{{Text: "tiny:FILE"}}, Help: []string{"tiny:FILE"}, Is: is,
			Parse: func(t connect.Target, _ connect.Env) (connect.Sink, error) {
				return tinySink{strings.TrimPrefix(t.URI, "tiny:")}, nil
			},
		},
		Flags: []connect.Flag{{
			Name: "tiny-orders", Arg: "N", Help: "how many", Group: connect.GroupInput,
			Bind: func(fs *flag.FlagSet, name string) { fs.IntVar(&c.orders, name, c.orders, "") },
		}},
		Validate: func(in connect.Input, _ connect.Env) error {
			if in.Connector != "tiny" && c.orders != 0 {
				return errors.New("-tiny-orders: want -input tiny:")
			}
			return nil
		},
	}
}

type tinySource struct {
	orders int
	env    connect.Env
}

func (s tinySource) Traits() connect.SourceTraits { return connect.SourceTraits{Bounded: true} }

func (s tinySource) Resolve() (connect.Source, []string, error) { return s, nil, nil }

func (s tinySource) ReadOnce() bool { return false }

func (s tinySource) Check(context.Context, []string) (connect.Found, error) {
	return connect.Found{Warnings: []string{"it is tiny"}}, nil
}

func (s tinySource) Quiesce(context.Context) error                       { return nil }
func (s tinySource) Knows(json.RawMessage, string) bool                  { return false }
func (s tinySource) GoOn(json.RawMessage, int64) (connect.Source, error) { return s, nil }

func (s tinySource) Read(scope beam.Scope) (events beam.PCollection, rejects []beam.PCollection) {
	var list []*order.Event
	for i := range s.orders {
		id := fmt.Sprint("o", i)
		list = append(list, &order.Event{OrderID: id, Type: "create", Time: noon, At: noon, Raw: []byte(`{"orderId":"` + id + `"}`)})
	}
	end := noon + s.env.Decoder.Within.Milliseconds()
	list = append(list, &order.Event{Mark: order.MarkEnd, Time: end, At: end})
	return beam.ParDo(scope, block, beam.CreateList(scope, list)), nil
}

type tinySink struct{ path string }

func (s tinySink) Traits() connect.SinkTraits { return connect.SinkTraits{} }

func (s tinySink) Check(context.Context) error {
	if s.path == "" {
		return errors.New("no file")
	}
	return nil
}

func (s tinySink) Write(scope beam.Scope, messages beam.PCollection) (undelivered []beam.PCollection) {
	beam.ParDo0(scope, &appendFn{s.path}, messages)
	return nil
}

// appendFn appends the bodies of messages to a file.
type appendFn struct{ Path string }

func (fn *appendFn) ProcessElement(m order.Message) error {
	f, err := os.OpenFile(fn.Path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(append(m.Body, '\n'))
	return errors.Join(err, f.Close())
}

// A connector is known by the list alone.
func TestAConnectorOfOnesOwnWorks(t *testing.T) {
	run := process.NewRun()
	defer run.Close()
	settings, out := new(tiny), t.TempDir()+"/out"
	c := Default()
	c.Run, c.Input = run.ID, []string{"tiny:"}
	c.Success, c.Timeouts = "none", "tiny:"+out
	c.Connectors = []connect.Connector{settings.connector()}
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	for _, f := range c.Kinds().Flags() {
		f.Bind(fs, f.Name)
	}
	if err := fs.Parse([]string{"-tiny-orders", "3"}); err != nil {
		t.Fatal(err)
	}
	p := plan(t, c)
	if _, warnings, err := p.Check(t.Context()); err != nil || !slices.Equal(warnings, []string{"it is tiny"}) {
		t.Errorf("checked: %q, %v", warnings, err)
	}
	if _, err := localfile.Open(run, p.Outputs()...); err != nil {
		t.Fatal(err)
	}
	graph, s := beam.NewPipelineWithRoot()
	Build(s, p)
	if _, err := beam.Run(t.Context(), "prism", graph); err != nil {
		t.Fatal(err)
	}
	lines := readLines(t, out)
	if len(lines) != 3 || !strings.Contains(strings.Join(lines, ""), `"outcome":"timeout"`) {
		t.Errorf("got %q, want three timeouts", lines)
	}
}

func TestTheListIsWhatErrorsTell(t *testing.T) {
	c := Default()
	c.Connectors = []connect.Connector{(&tiny{orders: 1}).connector()}
	for want, change := range map[string]func(*Config){
		`-input "mqtt://a": unknown kind of source "mqtt": want a file, a glob, -, a demo: URI, pubsub://PROJECT/SUBSCRIPTION or tiny:`:            func(c *Config) { c.Input = []string{"mqtt://a"} },
		`-success "mqtt://a": unknown kind of sink "mqtt": want - (standard output), none, a file, pubsub://PROJECT/TOPIC, https://… or tiny:FILE`: func(c *Config) { c.Success = "mqtt://a" },
		"-rejects: a webhook is told of outcomes: want - (standard output), none, a file, pubsub://PROJECT/TOPIC or tiny:FILE":                     func(c *Config) { c.Rejects = "https://shop.example/" },
		"-tiny-orders: want -input tiny:": func(c *Config) { c.Input = []string{"orders.jsonl"} },
	} {
		c := c
		c.Input = []string{"tiny:"}
		change(&c)
		if _, err := c.Plan(); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	c.Input, c.Timeouts = []string{"tiny:"}, "tiny:"
	if _, _, err := plan(t, c).Check(t.Context()); err == nil || err.Error() != "-timeouts: no file" {
		t.Errorf("checked: got %v", err)
	}
}

// What all kinds of the module are called, byte for byte.
func TestTheFormsOfAllKinds(t *testing.T) {
	kinds := new(Config).Kinds()
	for got, want := range map[string]string{
		kinds.SourceForms(false): "a file, a glob, -, a demo: URI or pubsub://PROJECT/SUBSCRIPTION",
		kinds.SourceForms(true):  "a file, a glob, - (standard input), a demo: URI or pubsub://PROJECT/SUBSCRIPTION",
		kinds.SinkForms(true):    "- (standard output), none, a file, pubsub://PROJECT/TOPIC or https://…",
		kinds.SinkForms(false):   "- (standard output), none, a file or pubsub://PROJECT/TOPIC",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
