package files

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"ordertimeout/transforms/cep/ceptest"
	"ordertimeout/transforms/process"
)

// minutes makes lines of events at so many minutes after an hour of 2026, each of an
// order called like its minute.
func minutes(at ...int64) string {
	var b strings.Builder
	for _, m := range at {
		b.WriteString(line(fmt.Sprint("m", m), minute(m)))
	}
	return b.String()
}

func minute(m int64) int64 { return 1772366400000 + m*time.Minute.Milliseconds() }

// whenAt are the minutes at which events of a transcript have their places in time, in
// the order in which they were handed out.
func whenAt(tr transcript) (at []int64) {
	for _, e := range tr.events {
		at = append(at, (e.At-minute(0))/time.Minute.Milliseconds())
	}
	return at
}

// endAt is the minute at which a log ends.
func endAt(t *testing.T, tr transcript) int64 {
	t.Helper()
	var last, at int64
	if _, err := fmt.Sscanf(tr.End, "%d,%d", &last, &at); err != nil {
		t.Fatalf("end %q: %v", tr.End, err)
	}
	return (at - minute(0)) / time.Minute.Milliseconds()
}

func TestClockDoesNotFollowAWrongOne(t *testing.T) {
	day := []int64{}
	for m := range int64(9) {
		day = append(day, 1000+m)
	}
	tests := []struct {
		reason string
		log    []int64
		at     []int64 // places; nil: the times themselves
		end    int64
		going  int64 // the end where the log goes on; the disorder is a minute
	}{
		{"within the jump the clock follows at once", []int64{0, 60, 1}, []int64{0, 60, 59}, 60, 59},
		{"one minute more is doubted, and the next event says that it is wrong", []int64{0, 61, 1, 2}, []int64{0, 61, 1, 2}, 2, 1},
		{"the eighth event may say so", []int64{0, 100, 101, 102, 103, 104, 105, 106, 107, 60, 2}, []int64{0, 100, 101, 102, 103, 104, 105, 106, 107, 60, 59}, 60, 59},
		{"the ninth may not", []int64{0, 100, 101, 102, 103, 104, 105, 106, 107, 108, 60}, []int64{0, 100, 101, 102, 103, 104, 105, 106, 107, 108, 107}, 108, 107},
		{"two wrong ones are told apart from a gap by what follows", []int64{0, 200, 201, 1, 2}, nil, 2, 1},
		{"a night without orders is a gap", append([]int64{0, 1}, day...), nil, 1008, 1007},
		{"at the end of a file those that there are decide", []int64{0, 100, 101}, nil, 101, 100},
		{"and the last event is believed", []int64{0, 100}, nil, 100, 99},
		{"the first event is believed if any of the next eight is near", []int64{1000, 0, 1, 2, 3, 4, 5, 6, 999}, []int64{1000, 999, 999, 999, 999, 999, 999, 999, 999}, 1000, 999},
		{"and is wrong if none is", []int64{1000, 0, 1, 2, 3, 4, 5, 6, 7}, nil, 7, 6},
		{"the same where there are fewer", []int64{1000, 0}, nil, 0, -1},
		{"one event alone is believed", []int64{7}, nil, 7, 6},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			if test.at == nil {
				test.at = test.log
			}
			write(t, map[string]string{"f": minutes(test.log...)})
			c := Config{Inputs: []string{"f"}, Disorder: time.Minute, MaxJump: time.Hour}
			got := replay(t, c, 0)
			if at := whenAt(got); !slices.Equal(at, test.at) {
				t.Errorf("places %v, want %v", at, test.at)
			}
			if end := endAt(t, got); end != test.end {
				t.Errorf("end %d, want %d", end, test.end)
			}
			c.GoesOn = true
			if end := endAt(t, replay(t, c, 0)); end != test.going {
				t.Errorf("a log that goes on ends at %d, want %d", end, test.going)
			}
		})
	}
}

func TestGapAtTheEndOfALogThatGoesOnIsNotInTheFuture(t *testing.T) {
	next := time.Now().Add(3 * time.Hour).UnixMilli()
	write(t, map[string]string{"f": minutes(0, 1) + line("next", next)})
	c := Config{Inputs: []string{"f"}, MaxJump: time.Hour}
	if got, want := replay(t, c, 0).End, fmt.Sprintf("%d,%d", next, next); got != want {
		t.Errorf("a log that ends: got %s, want %s", got, want)
	}
	c.GoesOn = true
	if end := endAt(t, replay(t, c, 0)); end != 1 {
		t.Errorf("a log that goes on ends at %d, want 1", end)
	}
}

func TestWrongClockDoesNotWaitForItsTurn(t *testing.T) {
	write(t, map[string]string{
		"a": minutes(0, 10, 20, 30, 40),
		"b": minutes(500, 5, 15, 25, 26, 27, 28, 29, 501), // wrong only beside a
		"c": minutes(600, 601),                            // a file of later
	})
	got := replay(t, Config{Inputs: []string{"a", "b", "c"}, MaxJump: time.Hour}, 0)
	want := []int64{0, 500, 5, 10, 15, 20, 25, 26, 27, 28, 29, 30, 40, 501, 600, 601}
	if at := whenAt(got); !slices.Equal(at, want) {
		t.Errorf("got  %v\nwant %v", at, want)
	}
}

func TestPipeHandsOutAtOnceWhatIsInDoubt(t *testing.T) {
	w, s, run := pipeSession(t, Config{Disorder: time.Minute, MaxJump: time.Hour})
	n := note{t: t}
	send := func(want int64, at ...int64) {
		t.Helper()
		fmt.Fprint(w, minutes(at...))
		for have := len(n.events); len(n.events) < have+len(at); {
			n.bundle(s, run)
		}
		if got := (s.now.watermark() - minute(0)) / time.Minute.Milliseconds(); s.now.watermark() != max(0, minute(want)) && want >= 0 || want < 0 && s.now.watermark() != 0 {
			t.Fatalf("after %v the watermark is at %d, want %d", at, got, want)
		}
	}
	send(-1, 10)                           // the first waits for another near it
	send(10, 11)                           // which has come
	send(10, 500)                          // far away
	send(11, 12)                           // it was wrong
	send(11, 200, 201, 202, 203, 204, 205) // a gap, perhaps
	send(11, 206, 207)                     // it is not sure yet
	send(207, 208)                         // eight behind it are beyond, too
	send(207, 900, 901, 902)               // unsure at the stop
	run.Stop()
	for n.bundle(s, run) == more {
	}
	if end := endAt(t, n.transcript); end != 207 {
		t.Errorf("stopped at %d, want 207", end)
	}
}

func TestEndOfAPipeDecidesWhatIsInDoubt(t *testing.T) {
	useStdin(t, minutes(0, 1, 200, 201))
	s := newSession(Config{Inputs: []string{"-"}, MaxJump: time.Hour}, process.Of(""), 0)
	defer s.close()
	n := note{t: t}
	for n.bundle(s, process.Of("")) == more {
	}
	if end := endAt(t, n.transcript); end != 201 {
		t.Errorf("the end is at %d, want 201", end)
	}
}

func TestWhatIsBeyondTheEndIsCounted(t *testing.T) {
	write(t, map[string]string{"f": minutes(0, 300, 90, 1, 200, 2, 3, 4, 5, 6, 7, 8, 9, 10, 60)})
	s := newSession(Config{Inputs: []string{"f"}, MaxJump: time.Hour}, process.Of(""), 0)
	defer s.close()
	n := note{t: t}
	for n.bundle(s, process.Of("")) == more {
	}
	if s.last.beyond != 3 || s.last.beyondFrom != minute(90) {
		t.Errorf("%d events are beyond the end, from %d; want 3 from %d", s.last.beyond, s.last.beyondFrom, minute(90))
	}
}

// Random logs with wrong clocks and gaps are stamped as the model says, from a file and
// wherever the reading goes on again.
func TestRandomClocksAgreeWithTheModel(t *testing.T) {
	seeds := uint64(400)
	if testing.Short() {
		seeds = 60
	}
	t.Chdir(t.TempDir())
	doubted := 0
	for seed := range seeds {
		rnd := rand.New(rand.NewPCG(seed, 3))
		var text strings.Builder
		var log []ceptest.Event
		at := minute(0)
		for i := range 1 + rnd.IntN(60) {
			at += rnd.Int64N(3) * 60_000
			if rnd.IntN(12) == 0 {
				at += 90 * 60_000
			}
			e := ceptest.Event{Key: fmt.Sprint(i), Time: at}
			switch rnd.IntN(12) {
			case 0:
				e.Time += rnd.Int64N(200) * 60_000
			case 1:
				e.Time -= rnd.Int64N(200) * 60_000
			}
			log = append(log, e)
			text.WriteString(line(e.Key, e.Time))
		}
		if err := os.WriteFile("f", []byte(text.String()), 0o666); err != nil {
			t.Fatal(err)
		}
		c := Config{Inputs: []string{"f"}, Disorder: 2 * time.Minute, MaxJump: time.Hour}
		want, last := ceptest.Stamp(log, c.Disorder.Milliseconds(), c.MaxJump.Milliseconds())
		got := replay(t, c, 0)
		for i, e := range got.events {
			if e.At != want[i].At {
				t.Fatalf("seed %d: event %d of %v has place %d, want %d", seed, i, log, e.At, want[i].At)
			}
			if e.Time > last {
				doubted++
			}
		}
		if got.End != fmt.Sprintf("%d,%d", last, last) {
			t.Fatalf("seed %d: end %s, want %d of %v", seed, got.End, last, log)
		}
		skip := rnd.IntN(len(log))
		if rest := replay(t, c, int64(skip)); !slices.Equal(rest.Log, got.Log[skip:]) {
			t.Fatalf("seed %d: from record %d on\n got %v\nwant %v", seed, skip, rest.Log, got.Log[skip:])
		}
	}
	if doubted < int(seeds)/4 {
		t.Errorf("only %d events are beyond the ends of all logs: the test proves little", doubted)
	}
}

// What a run left open goes before what the pipe has, whatever lies between.
func TestPipeBesideWhatWasLeftOpen(t *testing.T) {
	for _, gap := range []int64{0, 5, 600} {
		t.Chdir(t.TempDir())
		if err := os.WriteFile("open", []byte(minutes(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)), 0o666); err != nil {
			t.Fatal(err)
		}
		useStdin(t, minutes(9+gap, 10+gap, 11+gap))
		s := newSession(Config{Inputs: []string{"-", "open"}, Disorder: time.Minute, MaxJump: time.Hour}, process.Of(""), 0)
		n := note{t: t}
		for n.bundle(s, process.Of("")) == more {
		}
		s.close()
		want := []int64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9 + gap, 10 + gap, 11 + gap}
		if at := whenAt(n.transcript); !slices.Equal(at, want) || endAt(t, n.transcript) != 11+gap {
			t.Errorf("gap %d: got %v, end %d, want %v", gap, at, endAt(t, n.transcript), want)
		}
	}
}

// What is no event says nothing of a clock, however much of it there is.
func TestLookingAheadIsBounded(t *testing.T) {
	write(t, map[string]string{"f": minutes(0) + strings.Repeat(strings.Repeat("x", 99)+"\n", 200_000) + minutes(1, 2)})
	s := &session{run: process.Of(""), config: Config{Inputs: []string{"f"}, MaxJump: time.Hour}, decoder: Config{}.Decoder()}
	inputs, err := s.open()
	if err != nil {
		t.Fatal(err)
	}
	defer inputs[0].stream.Close()
	m := newMerge(inputs, &s.clock, s.config.doubt(), false)
	if e, err := m.next(); err != nil || e.event.Time != minute(0) {
		t.Fatalf("got %+v, %v", e.event, err)
	}
	if held := inputs[0].held; held == 0 || held > maxQueue+blockSize {
		t.Errorf("%d bytes are read ahead, want some and at most %d", held, maxQueue)
	}
	n := 0
	for ; err == nil; n++ {
		_, err = m.next()
	}
	if n != 200_003 || len(inputs[0].queue) != 0 || inputs[0].held != 0 {
		t.Errorf("%d entries came then, and %d bytes in %d are left", n, inputs[0].held, len(inputs[0].queue))
	}
}
