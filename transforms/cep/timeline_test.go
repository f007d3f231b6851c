package cep

import (
	"bufio"
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"ordertimeout/transforms/cep/syntax"
)

// TestTimelines runs the scenarios of testdata; its README tells their language.
func TestTimelines(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no timelines: %v", err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range []bool{true, false} {
			runTimelines(t, path, text, table)
		}
	}
}

// runTimelines runs the scenarios of a file, by the table where there is one or by the
// machine alone.
func runTimelines(t *testing.T, path string, text []byte, table bool) {
	var s *scenario
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "== "):
			s.end(t)
			s = &scenario{name: fmt.Sprintf("%s, table %v", strings.TrimPrefix(line, "== "), table), table: table}
		default:
			s.line(t, fmt.Sprintf("%s:%d: %s", path, n, s.name), line)
		}
	}
	s.end(t)
}

type scenario struct {
	name  string
	table bool
	prog  *Prog
	match *Matcher
	state State
	at    int64
}

func (s *scenario) line(t *testing.T, place, line string) {
	t.Helper()
	if text, ok := strings.CutPrefix(line, "pattern "); ok {
		s.compile(t, place, text)
		return
	}
	fields := strings.Fields(line)
	s.at = number(t, place, fields[0])
	var out Output
	s.match.Advance("k", &s.state, s.at, math.MaxInt64, &out)
	got := ends(&out)
	if fields[1] != "-" {
		got = append(got, s.step(t, place, fields[1])...)
	}
	if len(got) == 0 {
		got = []string{"nothing"}
	}
	if got, want := strings.Join(got, "; "), strings.Join(fields[2:], " "); got != want {
		t.Errorf("%s\n%s\ngot:  %s\nwant: %s", place, line, got, want)
	}
	encoded, _ := s.state.AppendBinary(nil)
	state, rest, err := s.prog.DecodeState(encoded)
	if err != nil || len(rest) != 0 {
		t.Fatalf("%s: decode state: %v, %d bytes left", place, err, len(rest))
	}
	s.state = state
}

func (s *scenario) compile(t *testing.T, place, text string) {
	t.Helper()
	text, rest, hasRemember := strings.Cut(text, " remember ")
	pattern, err := syntax.Parse(text)
	remember := pattern.Within
	if hasRemember && err == nil {
		remember, err = time.ParseDuration(rest)
	}
	if err == nil {
		s.prog, err = compile(pattern, Config{Remember: remember}, s.table)
	}
	if err != nil {
		t.Fatalf("%s: %v", place, err)
	}
	s.match = s.prog.Matcher()
}

// step gives the state the event in a text such as pay#id@5:data.
func (s *scenario) step(t *testing.T, place, text string) []string {
	t.Helper()
	text, data, _ := strings.Cut(text, ":")
	text, time, isLate := strings.Cut(text, "@")
	typ, id, _ := strings.Cut(text, "#")
	e := Event{Type: typ, ID: id, Time: s.at, At: s.at}
	if isLate {
		e.Time = number(t, place, time)
	}
	e.Data = fmt.Appendf(nil, "%s %d %s", typ, e.Time, data)
	var out Output
	r := s.match.Step("k", &s.state, &e, &out)
	got := []string{r.Class.String()}
	if r.Redelivered {
		got[0] += " again"
	}
	return append(got, ends(&out)...)
}

// ends returns how runs have ended.
func ends(out *Output) []string {
	var got []string
	for how, n := range out.Ends {
		for range n {
			got = append(got, map[How]string{Matched: "success", TimedOut: "timeout", Broken: "broken", Cancelled: "cancelled"}[How(how)])
		}
	}
	return got
}

// end lets time pass until nothing is due, and checks that nothing is left.
func (s *scenario) end(t *testing.T) {
	t.Helper()
	if s == nil {
		return
	}
	for i := 0; !s.state.Empty(); i++ {
		if i == 10 {
			t.Errorf("%s: a state is left: %+v", s.name, s.state)
			return
		}
		s.match.Advance("k", &s.state, s.prog.Due(&s.state), math.MaxInt64, new(Output))
	}
}

func number(t *testing.T, place, text string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", place, err)
	}
	return n
}
