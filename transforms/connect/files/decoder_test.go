package files

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

func TestEventsWithADeadlineAfterTheYear9999AreMalformed(t *testing.T) {
	line := []byte(`{"orderId":"o","type":"create","time":"9999-12-31T23:55:00Z"}`)
	if _, err := (Config{}).Decoder().JSON(line); err != nil {
		t.Errorf("without a window: %v", err)
	}
	if _, err := (Config{DecoderConfig: order.DecoderConfig{Within: 10 * time.Minute}}).Decoder().JSON(line); err == nil || !strings.Contains(err.Error(), "deadline") {
		t.Errorf("with a window: got %v, want an error about the deadline", err)
	}
}

// What is left of rows is JSON lines, and is read beside the rows of the next day with
// the settings of both.
func TestJSONLinesAmongCSVFiles(t *testing.T) {
	const left = `{"orderId":"o","type":"create","time":"1970-01-01T00:00:07.000Z"}` + "\n"
	tests := []struct {
		reason string
		open   string
		next   string
		config Config
		want   []string
	}{
		{"a header", left, "orderId,type,time\no,pay,9\n", Config{Inputs: []string{"open", "next"}, Format: "csv", DecoderConfig: order.DecoderConfig{TimeUnit: time.Second}},
			[]string{"o@7000 open:1", "o@9000 next:2"}},
		{"columns", left + left, "9,o,pay\n", Config{Inputs: []string{"open", "next"}, Format: "csv", Columns: []string{"time", "orderId", "type"}, DecoderConfig: order.DecoderConfig{TimeUnit: time.Second}},
			[]string{"o@7000 open:1", "o@7000 open:2", "o@9000 next:1"}},
		{"the name of a CSV file", left, "orderId,type,time\no,pay,9000\n", Config{Inputs: []string{"open.csv", "next.csv"}},
			[]string{"o@7000 open.csv:1", "o@9000 next.csv:2"}},
		{"a byte order mark, and no line break", "\xEF\xBB\xBF" + left[:len(left)-1], "orderId,type,time\no,pay,9000\n", Config{Inputs: []string{"open", "next"}, Format: "csv"},
			[]string{"o@7000 open:1", "o@9000 next:2"}},
		{"compressed", left, "orderId,type,time\no,pay,9000\n", Config{Inputs: []string{"open.csv.gz", "next"}, Format: "csv"},
			[]string{"o@7000 open.csv.gz:1", "o@9000 next:2"}},
		{"nothing was left", "", "orderId,type,time\no,pay,9000\n", Config{Inputs: []string{"open", "next"}, Format: "csv"},
			[]string{"o@9000 next:2"}},
	}
	for _, tt := range tests {
		write(t, map[string]string{tt.config.Inputs[0]: tt.open, tt.config.Inputs[1]: tt.next})
		got := replay(t, tt.config, 0)
		same(t, tt.reason, got, transcript{Log: tt.want, End: got.End})
	}
}

// Rows are marked, also where they are read in the form in which events carry them.
func TestRowsAreMarked(t *testing.T) {
	const object, row = `{"orderId":"o","type":"create","time":7}` + "\n", "orderId,type,time\no,pay,9\n"
	for _, tt := range []struct {
		config Config
		want   string
	}{
		{Config{Inputs: []string{"a.jsonl", "b.csv"}}, "[false true]"},
		{Config{Inputs: []string{"a.csv", "b.csv"}}, "[true true]"},
		{Config{Inputs: []string{"a", "b"}, Format: "csv"}, "[true true]"},
		{Config{Inputs: []string{"a", "a.jsonl"}}, "[false false]"},
	} {
		files := map[string]string{"a": object, "a.csv": object, "a.jsonl": object, "b": row, "b.csv": row}
		write(t, files)
		s := &session{run: process.Of(""), config: tt.config, decoder: tt.config.Decoder()}
		inputs, err := s.open()
		if err != nil {
			t.Fatal(err)
		}
		var got []bool
		for _, in := range inputs {
			e, err := in.next()
			if err != nil || e.malformed != nil {
				t.Fatal(err, e.malformed)
			}
			got = append(got, e.event.Mark == order.MarkRow)
		}
		if fmt.Sprint(got) != tt.want {
			t.Errorf("%v: got %v, want %s", tt.config.Inputs, got, tt.want)
		}
	}
}
