package files

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/order"
	"ordertimeout/transforms/process"
)

// follower reads followed files as a source does.
type follower struct {
	t *testing.T
	s *session
}

func follow(t *testing.T, c Config) *follower {
	t.Helper()
	c.Follow, c.Carries, c.MaxLag = true, true, time.Minute
	f := &follower{t, newSession(c, process.Of(""), 0)}
	t.Cleanup(func() { f.s.close() })
	return f
}

// want checks that the next orders to come are these, which are all that come for a while.
func (f *follower) want(when string, orders ...string) {
	f.t.Helper()
	var got []string
	patience := time.After(5 * time.Second)
	if len(orders) == 0 {
		patience = time.After(8 * pollEvery)
	}
	for {
		select {
		case b := <-f.s.blocks:
			for _, e := range b.events {
				got = append(got, e.OrderID)
			}
			f.s.takeOver(b.places)
			f.s.now = b.after
			if b.last {
				f.t.Fatalf("%s: it has ended: %v", when, b.err)
			}
			if len(b.events) > 0 && len(got) >= len(orders) {
				patience = time.After(4 * pollEvery)
			}
			continue
		case <-patience:
		}
		if diff := cmp.Diff(orders, got); diff != "" {
			f.t.Fatalf("%s (-want +got):\n%s", when, diff)
		}
		return
	}
}

// position returns where the follower is, for one that goes on.
func (f *follower) position() json.RawMessage {
	f.t.Helper()
	text, err := f.s.bookmark().Encode()
	if err != nil {
		f.t.Fatal(err)
	}
	return text
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err == nil {
		_, err = f.WriteString(text)
		f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

func do(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAFileIsFollowed(t *testing.T) {
	t.Chdir(t.TempDir())
	f := follow(t, Config{Inputs: []string{"f", "g"}})
	f.want("neither file is there")
	appendTo(t, "f", line("a", 1000)+line("b", 2000)[:20])
	f.want("one is, with half a line", "a")
	appendTo(t, "f", line("b", 2000)[20:])
	appendTo(t, "g", line("c", 3000))
	f.want("the rest of the line, and the other file", "b", "c")

	do(t, os.Rename("f", "f.1"))
	appendTo(t, "f.1", line("d", 4000))
	appendTo(t, "f", line("e", 5000))
	f.want("it is rotated, and its writer does not know at once", "d", "e")
	do(t, os.Rename("f", "f.2"))
	appendTo(t, "f", line("f", 6000))
	do(t, os.Rename("f", "f.3"))
	appendTo(t, "f", line("g", 7000))
	f.want("it is rotated twice in a moment", "f", "g")

	do(t, os.Truncate("f", 0))
	f.want("it is truncated")
	appendTo(t, "f", line("h", 8000))
	f.want("and goes on", "h")
	do(t, os.Remove("f"))
	do(t, os.Mkdir("f", 0o777))
	appendTo(t, "g", line("i", 9000))
	f.want("a folder has its name", "i")
	do(t, os.Remove("f"))
	appendTo(t, "f", line("j", 10000)+line("k", 11000)[:20])
	f.want("and a file has it again", "j")
	do(t, os.Rename("f", "f.4"))
	appendTo(t, "f", line("l", 12000))
	f.want("what is half a line at the end of a rotated file is no event", "l")
}

// While a file that was renamed is read on, what waits in the next one holds the clock.
func TestWhatWaitsBehindARotationIsNotLate(t *testing.T) {
	t.Chdir(t.TempDir())
	f := follow(t, Config{Inputs: []string{"f", "g"}, Disorder: 50 * time.Millisecond})
	appendTo(t, "f", line("a", time.Now().UnixMilli()))
	await := func(what string, holds func(b block) bool) {
		t.Helper()
		for limit := time.After(10 * time.Second); ; {
			select {
			case b := <-f.s.blocks:
				if holds(b) {
					return
				}
			case <-limit:
				t.Fatalf("%s: not within ten seconds", what)
			}
		}
	}
	await("the clock goes on by itself", func(b block) bool { return b.after.alive })
	do(t, os.Rename("f", "f.1"))
	time.Sleep(2 * pollEvery) // there is no next one at once
	at := time.Now().UnixMilli()
	appendTo(t, "f", line("b", at))
	await("the event of the next file", func(b block) bool {
		for _, e := range b.events {
			if e.OrderID == "b" && e.At != at {
				t.Errorf("it is late: its place is %d ms behind its time", e.At-at)
			}
		}
		return len(b.events) > 0
	})
	await("the clock goes on again", func(b block) bool { return b.after.watermark() > at })
}

// What is open when a follower goes on has its alerts although nothing more is written.
func TestTheClockOfAFollowerGoesOn(t *testing.T) {
	t.Chdir(t.TempDir())
	at := time.Now().UnixMilli()
	appendTo(t, "f", line("a", at))
	first := follow(t, Config{Inputs: []string{"f"}})
	first.want("before", "a")
	c, err := Config{Inputs: []string{"f"}, Follow: true}.goOn(first.position(), at)
	do(t, err)
	begun := time.Now()
	second := follow(t, c)
	for limit := time.After(5 * time.Second); ; {
		select {
		case b := <-second.s.blocks:
			if w := b.after.watermark(); w <= at {
				continue
			}
			if took := time.Since(begun); took < quiet {
				t.Errorf("the clock goes on by itself after %v, want a silence of %v", took, quiet)
			}
			return
		case <-limit:
			t.Fatal("the clock stands")
		}
	}
}

// What was appended, rotated and compressed while nobody read is read by who goes on.
func TestAFollowerGoesOn(t *testing.T) {
	for _, test := range []struct {
		reason string
		change func(t *testing.T)
		forget []string
		want   []string
		err    string // how it begins
	}{
		{"nothing has changed", func(*testing.T) {}, nil, nil, ""},
		{"it has grown", func(t *testing.T) { appendTo(t, "f", line("c", 3000)) }, nil, []string{"c"}, ""},
		{"it was rotated", func(t *testing.T) {
			appendTo(t, "f", line("c", 3000))
			do(t, os.Rename("f", "f.1"))
			appendTo(t, "f", line("d", 4000))
		}, nil, []string{"c", "d"}, ""},
		{"it was rotated twice, by dates", func(t *testing.T) {
			appendTo(t, "f", line("c", 3000))
			do(t, os.Rename("f", "f-2026-01-01"))
			appendTo(t, "f", line("d", 4000))
			do(t, os.Rename("f", "f-2026-01-02"))
			do(t, os.Chtimes("f-2026-01-02", time.Time{}, time.Now().Add(time.Minute)))
			appendTo(t, "f", line("e", 5000))
		}, nil, []string{"c", "d", "e"}, ""},
		{"it was copied and truncated", func(t *testing.T) {
			text, err := os.ReadFile("f")
			do(t, err)
			appendTo(t, "f.1", string(text)+line("c", 3000))
			do(t, os.Truncate("f", 0))
			appendTo(t, "f", line("d", 4000))
		}, nil, []string{"c", "d"}, ""},
		{"and there is no new one yet", func(t *testing.T) {
			appendTo(t, "f", line("c", 3000))
			do(t, os.Rename("f", "f.1"))
		}, nil, []string{"c"}, ""},
		{"it was rotated, and a folder has its name", func(t *testing.T) {
			appendTo(t, "f", line("c", 3000))
			do(t, os.Rename("f", "f.1"))
			do(t, os.Mkdir("f", 0o777))
		}, nil, []string{"c"}, ""},
		{"an older part, and files of the run", func(t *testing.T) {
			appendTo(t, "f.0", line("x", 500))
			do(t, os.Chtimes("f.0", time.Time{}, time.Now().Add(-time.Hour)))
			appendTo(t, "f.out", line("y", 600))
			do(t, os.Rename("f", "f.1"))
			appendTo(t, "f", line("d", 4000))
		}, nil, []string{"d"}, ""},
		{"what was read is gone", func(t *testing.T) { do(t, os.Remove("f")); appendTo(t, "f", line("d", 4000)) }, nil, nil,
			"files: f: it was read up to byte "},
		{"and is given up", func(t *testing.T) { do(t, os.Remove("f")); appendTo(t, "f", line("d", 4000)) }, []string{"f"}, []string{"d"}, ""},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Chdir(t.TempDir())
			appendTo(t, "f", line("a", 1000)+line("b", 2000))
			c := Config{Inputs: []string{"f"}, Others: []string{"f.out"}, Forget: test.forget}
			first := follow(t, c)
			first.want("before", "a", "b")
			position := first.position()
			test.change(t)
			c.Follow = true
			c, err := c.goOn(position, 1500)
			if test.err != "" {
				if err == nil || !strings.HasPrefix(err.Error(), test.err) {
					t.Fatalf("got %v, want %q", err, test.err)
				}
				return
			}
			do(t, err)
			second := follow(t, c)
			second.want("behind it", test.want...)
			if w := second.s.now.watermark(); w < 1500 {
				t.Errorf("watermark %d, want no less than that it goes on with", w)
			}
			// And once more: nothing comes again.
			c, err = Config{Inputs: []string{"f"}, Others: []string{"f.out"}, Follow: true}.goOn(second.position(), 1500)
			do(t, err)
			follow(t, c).want("behind that")
		})
	}
}

// A line that is too long, and comes in pieces, is one reject.
func TestALineThatIsTooLongIsFollowed(t *testing.T) {
	t.Chdir(t.TempDir())
	f := follow(t, Config{Inputs: []string{"f"}})
	rejects := 0
	appendTo(t, "f", line("a", 1000)+strings.Repeat("y", 5*order.MaxLine))
	time.Sleep(6 * pollEvery)
	appendTo(t, "f", "yyy")
	time.Sleep(6 * pollEvery)
	appendTo(t, "f", "yyy\n"+line("b", 2000)+"x\n"+line("c", 3000))
	for events := 0; events < 3; {
		select {
		case b := <-f.s.blocks:
			events += len(b.events)
			rejects += len(b.rejects)
		case <-time.After(5 * time.Second):
			t.Fatal("it stands")
		}
	}
	if rejects != 2 {
		t.Errorf("%d rejects, want that line and x", rejects)
	}
}
