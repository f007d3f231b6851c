package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/pipeline"
	"ordertimeout/transforms/connect"
)

// usageOf returns the screen of usage.
func usageOf(t *testing.T, kinds connect.List) string {
	t.Helper()
	var b bytes.Buffer
	if err := usage(&b, kinds); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The screen is put together, and reads as if it were not.
func TestUsage(t *testing.T) {
	want := strings.Split(read(t, "testdata/usage.txt"), "\n")
	got := strings.Split(usageOf(t, new(pipeline.Config).Kinds()), "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestUsageTellsOfEachKind(t *testing.T) {
	kinds := new(pipeline.Config).Kinds()
	text := usageOf(t, kinds)
	for _, c := range kinds {
		var forms []connect.Form
		if c.Source != nil {
			forms = append(forms, c.Source.Forms...)
		}
		if c.Sink != nil {
			forms = append(forms, c.Sink.Forms...)
		}
		if len(forms) == 0 {
			t.Errorf("%s has no form", c.Name)
		}
		for _, f := range forms {
			if word := strings.TrimSuffix(strings.TrimPrefix(f.Text, "a "), " URI"); !strings.Contains(text, word) {
				t.Errorf("-h does not tell of %s, of %s", f.Text, c.Name)
			}
		}
	}
}

// A connector more is told of without another change.
func TestUsageTellsOfANewConnector(t *testing.T) {
	kinds := append(new(pipeline.Config).Kinds(), connect.Connector{
		Name:   "mqtt",
		Source: &connect.SourceKind{Help: "mqtt://BROKER/TOPIC, whose messages hold JSON lines in order of time"},
		Sink:   &connect.SinkKind{Help: []string{"mqtt://BROKER/TOPIC"}},
		Flags: []connect.Flag{
			{Name: "mqtt-id", Arg: "ID", Help: "who asks", Group: connect.GroupInput},
			{Name: "mqtt-keep", Help: "keeps it", Group: connect.GroupOutput},
		},
	})
	text := usageOf(t, kinds)
	for _, want := range []string{
		"pubsub://PROJECT/SUBSCRIPTION;\n                     mqtt://BROKER/TOPIC, whose",
		"(TO is a file, - for stdout, none, pubsub://PROJECT/TOPIC, or mqtt://BROKER/TOPIC)",
		"\n  -mqtt-id ID        who asks\n",
		"\n  -mqtt-keep         keeps it\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}
