package carry

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/connect/localfile"
	"ordertimeout/transforms/order"
)

// aFile is a file that has something of all.
func aFile() *File {
	return &File{
		Pattern: "create followedBy pay within 10m0s", Key: "user", Written: time.UnixMilli(1).UTC(), Watermark: 42,
		Source: "files", Position: json.RawMessage(`{"files":[]}`),
		Outputs:     []localfile.Length{{Name: "out.jsonl", Bytes: 7}},
		Undelivered: []order.Message{{Body: []byte("{}"), Outcome: "timeout", ID: "i"}},
		Shards:      [][]byte{[]byte("S\x01abc"), nil, []byte("S\x01d")},
	}
}

func TestAFileIsReadAsItWasWritten(t *testing.T) {
	for _, f := range []*File{aFile(), {Position: json.RawMessage("null")}} {
		b, err := f.Encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(f, got, cmp.Comparer(bytes.Equal)); diff != "" {
			t.Error(diff)
		}
	}
}

// A byte that is changed, or a piece that is missing, is seen wherever it is.
func TestABrokenFileIsRefused(t *testing.T) {
	whole, err := aFile().Encode()
	if err != nil {
		t.Fatal(err)
	}
	for i := range whole {
		changed := bytes.Clone(whole)
		changed[i] ^= 1
		for what, b := range map[string][]byte{"cut": whole[:i], "changed": changed} {
			if _, err := Decode(b); err == nil {
				t.Errorf("%s at byte %d of %d: it is read", what, i, len(whole))
			} else if strings.Contains(err.Error(), "\n") {
				t.Errorf("%s at byte %d: an error of several lines: %q", what, i, err)
			}
		}
	}
	newer := bytes.Replace(whole, []byte(version), []byte("2\n"), 1)
	if _, err := Decode(newer); err == nil || !strings.Contains(err.Error(), `version "2"`) {
		t.Errorf("a newer version: got %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	whole, err := aFile().Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole[len(magic)+len(version) : len(whole)-8])
	f.Fuzz(func(t *testing.T, body []byte) { // behind the checksum
		if file, err := decodeBody(body); err == nil {
			if _, err := file.Encode(); err != nil && len(file.Position) > 0 && json.Valid(file.Position) {
				t.Errorf("read, and not written: %v", err)
			}
		}
	})
}
