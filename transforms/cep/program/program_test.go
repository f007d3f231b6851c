package program

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/cep/syntax"
)

var update = flag.Bool("update", false, "write what the programs are now")

const programs = "testdata/programs.txt"

// The programs of some patterns, one for each part of the language. Stored branches speak
// of states by number: a program that changes makes the states of older builds unreadable.
func TestPrograms(t *testing.T) {
	text, err := os.ReadFile(programs)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	head, blocks, _ := strings.Cut(string(text), "== ")
	got.WriteString(head)
	for _, block := range strings.Split(blocks, "\n== ") {
		pattern, _, _ := strings.Cut(block, "\n")
		got.WriteString("== " + pattern + "\n" + dump(t, pattern) + "\n")
	}
	want := strings.TrimSpace(string(text)) + "\n"
	dumped := strings.TrimSpace(got.String()) + "\n"
	if *update {
		if err := os.WriteFile(programs, []byte(dumped), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, dumped); diff != "" {
		t.Errorf("%s (-want +got):\n%s", programs, diff)
	}
}

func dump(t *testing.T, pattern string) string {
	t.Helper()
	p, err := syntax.Parse(pattern)
	if err != nil {
		t.Fatalf("%s: %v", pattern, err)
	}
	prog, err := Compile(p)
	if err != nil {
		t.Fatalf("%s: %v", pattern, err)
	}
	return prog.String()
}

// The length of the pattern's window is no part of the program, so that open runs outlive
// another one.
func TestProgramDoesNotDependOnTheWindow(t *testing.T) {
	for _, sequence := range []string{"every a+ notFollowedBy b", "create followedBy pay", "every (a followedBy within 5s b){2,} followedBy c"} {
		if short, long := dump(t, sequence+" within 1m"), dump(t, sequence+" within 48h"); short != long {
			t.Errorf("%s: with 1m\n%s\nwith 48h\n%s", sequence, short, long)
		}
	}
}

// A pattern that would need more than can be kept is refused, and not after long.
func TestTooLargeProgramsAreRefused(t *testing.T) {
	var many strings.Builder
	for i := range 999 {
		fmt.Fprintf(&many, "s%d? followedBy ", i)
	}
	for reason, pattern := range map[string]string{
		"states": "every ((a followedBy b){1000} followedBy c){1000} followedBy d within 1h",
		"ways":   "every " + many.String() + "z within 1h",
	} {
		p, err := syntax.Parse(pattern)
		if err != nil {
			t.Fatalf("%s: %v", reason, err)
		}
		if _, err := Compile(p); err == nil || !strings.Contains(err.Error(), "pattern needs more than") {
			t.Errorf("%s: got %v, want an error that says what it needs too much of", reason, err)
		}
	}
}
