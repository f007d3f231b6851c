package pipeline

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime/graphx"
	v1pb "github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime/graphx/v1"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/util/protox"
	pipepb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/pipeline_v1"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"ordertimeout/transforms/cep/syntax"
	"ordertimeout/transforms/connect/localfile"
	"ordertimeout/transforms/rules"
)

var update = flag.Bool("update", false, "write the golden files anew")

// A runner that goes on with the state of another build knows a transform by its
// name, its state and timers by their ids, and reads them by their coders. So a
// change of these files ends what runs: it cannot be updated (Dataflow's --update)
// or resumed (from a checkpoint of Flink).
func TestTheGraphIsTheOneThatRunsAlready(t *testing.T) {
	subscription := []string{"pubsub://shop/orders?ack=bundle"}
	for name, change := range map[string]func(c *Config){
		"prism-files":  func(c *Config) { c.Input, c.Open = []string{"../testdata/orders.jsonl"}, "open.jsonl" },
		"prism-pubsub": func(c *Config) { c.Input = subscription },
		"flink-pubsub": func(c *Config) { c.Input, c.Runner, c.Loopback = subscription, RunnerFlink, false },
		"flink-files": func(c *Config) {
			c.Input, c.Runner, c.Loopback = []string{"../testdata/orders.jsonl"}, RunnerFlink, false
			c.Success, c.Timeouts, c.Rejects, c.Open = "paid", "unpaid", "rejects", "open"
		},
		"dataflow-pubsub": func(c *Config) { c.Input, c.Runner, c.Loopback = subscription, RunnerDataflow, false },
		"flink-rules": func(c *Config) {
			c.Input, c.Runner, c.Loopback = subscription, RunnerFlink, false
			twoKeys(t, c)
		},
		"dataflow-rules": func(c *Config) {
			c.Input, c.Runner, c.Loopback = subscription, RunnerDataflow, false
			twoKeys(t, c)
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := Default()
			c.Success, c.Timeouts, c.Rejects = "pubsub://shop/paid", "pubsub://shop/unpaid", "pubsub://shop/rejects"
			change(&c)
			c.Run = "none"
			golden(t, filepath.Join("testdata", "graph", name+".txt"), graph(t, c))
		})
	}
}

// twoKeys sets rules of both keys, with outcomes of all kinds, and names of their own.
func twoKeys(t *testing.T, c *Config) {
	t.Helper()
	f, err := rules.Parse("rules.yaml", []byte(`
input: {format: cloudevents, types: {order.created: create}, fields: {orderId: order.id}}
rules:
  - {name: unpaid, pattern: create notFollowedBy cancel followedBy pay within 10m, remind: [5m], early: 5s, resolve: 24h}
  - {name: unshipped, pattern: every pay followedBy ship within 2d, key: order, outcomes: [timeout, started]}
`))
	if err != nil {
		t.Fatal(err)
	}
	c.Rules, c.Names, c.Started = f.Rules, f.Input, "pubsub://shop/started"
}

// A rule's transforms have the names that they have without rules of the other key, so that a
// job which gets some goes on with its state.
func TestNamesOfTransformsBesideRulesOfTheOtherKey(t *testing.T) {
	names := func(keys ...string) (names []string) {
		c := Default()
		c.Input, c.Runner, c.Loopback, c.Run = []string{"pubsub://shop/orders?ack=bundle"}, RunnerFlink, false, "none"
		c.Success, c.Timeouts, c.Rejects = "pubsub://shop/paid", "pubsub://shop/unpaid", "pubsub://shop/rejects"
		for _, key := range keys {
			r := rules.Rule{Name: key, Key: key, Pattern: syntax.MustParse("create followedBy pay within 10m")}
			c.Rules = append(c.Rules, r)
		}
		for line := range strings.Lines(graph(t, c)) {
			if !strings.HasPrefix(line, " ") {
				names = append(names, strings.TrimSpace(line))
			}
		}
		return names
	}
	both := names(KeyOrder, KeyUser)
	for _, key := range []string{KeyUser, KeyOrder} {
		for _, name := range names(key) {
			if !slices.Contains(both, name) {
				t.Errorf("%s, of rules with key %s alone, is not there beside the other key", name, key)
			}
		}
	}
}

// A message that is not delivered goes on being held where nobody reads rejects: the sink
// that writes nothing lets go of what it gets.
func TestWhatIsRefusedGoesToRejectsThatAreRead(t *testing.T) {
	for rejects, want := range map[string]int{"none": 0, "rejects.jsonl": 1, "pubsub://shop/rejects": 1} {
		c := Default()
		c.Input, c.Run = []string{"pubsub://shop/orders"}, "none yet"
		c.Success, c.Timeouts, c.Rejects = localfile.None, "pubsub://shop/unpaid", rejects
		if got := strings.Count(graph(t, c), "timeouts/undelivered/transforms.FormatRejects\n"); got != want {
			t.Errorf("-rejects %s: %d sinks of what is refused, want %d", rejects, got, want)
		}
	}
}

// golden compares a text with a file, or with -update writes the file.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s (-want +got); if jobs may have to start anew, write it with go test ./pipeline -run Graph -update:\n%s", path, diff)
	}
}

// graph returns what a runner gets of the pipeline and has to find again.
func graph(t *testing.T, c Config) string {
	t.Helper()
	p, s := beam.NewPipelineWithRoot()
	Build(s, plan(t, c))
	edges, _, err := p.Build()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range edges {
		if e.DoFn != nil && strings.Contains(e.DoFn.Name(), ".func") {
			t.Errorf("%s is a closure, which no worker can be given", e.DoFn.Name())
		}
	}
	model, err := graphx.Marshal(edges, &graphx.Options{Environment: &pipepb.Environment{}})
	if err != nil {
		t.Fatal(err)
	}
	g := printer{t: t, components: model.GetComponents()}
	var transforms []*pipepb.PTransform
	for _, transform := range g.components.GetTransforms() {
		transforms = append(transforms, transform)
	}
	slices.SortFunc(transforms, func(a, b *pipepb.PTransform) int { return strings.Compare(a.GetUniqueName(), b.GetUniqueName()) })
	for _, transform := range transforms {
		g.transform(transform)
	}
	return g.String()
}

// printer writes the parts of a pipeline as lines of text.
type printer struct {
	bytes.Buffer
	t          *testing.T
	components *pipepb.Components
}

func (g *printer) transform(transform *pipepb.PTransform) {
	urn := transform.GetSpec().GetUrn()
	fmt.Fprintln(g, strings.TrimSpace(transform.GetUniqueName()+"  "+urn))
	if len(transform.GetSubtransforms()) > 0 {
		return
	}
	for _, c := range g.collections("in", transform.GetInputs()) {
		fmt.Fprintln(g, c)
	}
	for _, c := range g.collections("out", transform.GetOutputs()) {
		fmt.Fprintln(g, c)
	}
	if urn != graphx.URNParDo {
		return
	}
	do := new(pipepb.ParDoPayload)
	g.decode(transform.GetSpec().GetPayload(), do)
	var lines []string
	for id, state := range do.GetStateSpecs() {
		lines = append(lines, fmt.Sprintf("    state %s  %s", id, g.state(state)))
	}
	for id, timer := range do.GetTimerFamilySpecs() {
		lines = append(lines, fmt.Sprintf("    timer %s  %v %s", id, timer.GetTimeDomain(), g.coder(timer.GetTimerFamilyCoderId())))
	}
	if id := do.GetRestrictionCoderId(); id != "" {
		lines = append(lines, "    restriction "+g.coder(id))
	}
	slices.Sort(lines)
	for _, line := range lines {
		fmt.Fprintln(g, line)
	}
}

func (g *printer) collections(kind string, ids map[string]string) (lines []string) {
	for tag, id := range ids {
		c := g.components.GetPcollections()[id]
		lines = append(lines, fmt.Sprintf("    %s %s  %v %s", kind, tag, c.GetIsBounded(), g.coder(c.GetCoderId())))
	}
	slices.Sort(lines)
	return lines
}

func (g *printer) state(spec *pipepb.StateSpec) string {
	switch {
	case spec.GetBagSpec() != nil:
		return "bag of " + g.coder(spec.GetBagSpec().GetElementCoderId())
	case spec.GetReadModifyWriteSpec() != nil:
		return "value of " + g.coder(spec.GetReadModifyWriteSpec().GetCoderId())
	}
	return spec.String()
}

// coder writes a coder as URN(components), a row as its fields, and one of the Go
// SDK's own as the type and the function that encodes it.
func (g *printer) coder(id string) string {
	c := g.components.GetCoders()[id]
	name := strings.TrimPrefix(c.GetSpec().GetUrn(), "beam:coder:")
	switch name {
	case "beam:go:coder:custom:v1":
		return g.custom(string(c.GetSpec().GetPayload()))
	case "row:v1":
		schema := new(pipepb.Schema)
		g.decode(c.GetSpec().GetPayload(), schema)
		return "row" + rowFields(schema)
	}
	var parts []string
	for _, part := range c.GetComponentCoderIds() {
		parts = append(parts, g.coder(part))
	}
	if len(parts) == 0 {
		return name
	}
	return name + "(" + strings.Join(parts, ", ") + ")"
}

func (g *printer) custom(payload string) string {
	c := new(v1pb.CustomCoder)
	if err := protox.DecodeBase64(payload, c); err != nil {
		g.t.Fatal(err)
	}
	encoded, err := protox.EncodeBase64(c.GetType())
	if err != nil {
		g.t.Fatal(err)
	}
	typ, err := graphx.DecodeType(encoded)
	if err != nil {
		g.t.Fatal(err)
	}
	return fmt.Sprintf("%v by %s", typ, c.GetEnc().GetName())
}

func (g *printer) decode(payload []byte, into proto.Message) {
	if err := proto.Unmarshal(payload, into); err != nil {
		g.t.Fatal(err)
	}
}

// rowFields writes the fields of a row with their types.
func rowFields(s *pipepb.Schema) string {
	var list []string
	for _, f := range s.GetFields() {
		list = append(list, f.GetName()+" "+fieldType(f.GetType()))
	}
	return "{" + strings.Join(list, ", ") + "}"
}

func fieldType(t *pipepb.FieldType) string {
	text := strings.ToLower(t.GetAtomicType().String())
	switch {
	case t.GetRowType() != nil:
		text = rowFields(t.GetRowType().GetSchema())
	case t.GetArrayType() != nil:
		text = "[]" + fieldType(t.GetArrayType().GetElementType())
	case t.GetIterableType() != nil:
		text = "iterable " + fieldType(t.GetIterableType().GetElementType())
	case t.GetMapType() != nil:
		text = "map[" + fieldType(t.GetMapType().GetKeyType()) + "]" + fieldType(t.GetMapType().GetValueType())
	case t.GetLogicalType() != nil:
		text = t.GetLogicalType().GetUrn() + " " + fieldType(t.GetLogicalType().GetRepresentation())
	}
	if t.GetNullable() {
		return "*" + text
	}
	return text
}
