package sink

import (
	"path/filepath"
	"testing"
)

func TestAppendingReplacesNothingAndCompletesTheLastLine(t *testing.T) {
	for before, want := range map[string]string{
		"":         "line\n",
		"whole\n":  "whole\nline\n",
		"a\ncut":   "a\ncut\nline\n",
		"\n":       "\nline\n",
		"only cut": "only cut\nline\n",
	} {
		path := filepath.Join(t.TempDir(), "out")
		writeFile(t, path, before)
		set, err := OpenToAppend(t.Name(), path, None)
		if err != nil {
			t.Fatal(err)
		}
		if err := lookup(t.Name(), path).write([]byte("line\n")); err != nil {
			t.Error(err)
		}
		if err := set.Close(); err != nil {
			t.Error(err)
		}
		if got := readFile(t, path); got != want {
			t.Errorf("after %q the file has %q, want %q", before, got, want)
		}
	}
}
