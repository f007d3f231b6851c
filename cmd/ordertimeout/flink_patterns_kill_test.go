package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/cmd/internal/jobserver"
)

// bustle publishes orders with events of many types, until it is stopped.
type bustle struct {
	trade *trade // which publishes them
	end   func() // ends it
	bytes *rand.ChaCha8
	due   []occurrence // what is not published yet
	lines []occurrence // what is
}

// occurrence is an event of a bustle, as a line of JSON.
type occurrence struct {
	at   time.Time
	line string
}

// startBustle starts a bustle in which an order begins every few milliseconds. Its events
// are a second apart, on average.
func (s *shop) startBustle(every time.Duration) *bustle {
	b := &bustle{trade: &trade{shop: s, packed: 1.0 / 3, end: make(chan struct{}), ended: make(chan struct{})}, bytes: rand.NewChaCha8([32]byte{})}
	b.end = sync.OnceFunc(func() {
		close(b.trade.end)
		<-b.trade.ended
	})
	s.t.Cleanup(b.end)
	go func() {
		defer close(b.trade.ended)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for n := 0; ; n++ {
			select {
			case now := <-tick.C:
				b.plan(fmt.Sprint("o", n), now)
				b.publishUntil(now)
			case <-b.trade.end:
				return
			}
		}
	}()
	return b
}

// plan makes up the events of an order. Those that no run takes are large: a worker then
// writes a snapshot in place of its log every few seconds, while the same runs are open.
func (b *bustle) plan(orderID string, at time.Time) {
	types := strings.Fields("create note note cancel pay pay view")
	for i := range 3 + rand.IntN(6) {
		typ, ballast := "create", ""
		if i > 0 {
			typ = types[rand.IntN(len(types))]
		}
		if typ == "view" {
			ballast = b.ballast()
		}
		text := fmt.Sprintf(`{"orderId":%q,"userId":"user of %s","type":%q,"time":%d,"n":%d,"ballast":%q}`,
			orderID, orderID, typ, at.UnixMilli(), rand.IntN(10), ballast)
		b.due = append(b.due, occurrence{at, text})
		at = at.Add(time.Duration(rand.ExpFloat64() * float64(time.Second)))
	}
}

// ballast returns 200 kB that cannot be compressed by much.
func (b *bustle) ballast() string {
	bytes := make([]byte, 150_000)
	_, _ = b.bytes.Read(bytes) // it never fails
	return base64.StdEncoding.EncodeToString(bytes)
}

// publishUntil publishes what has happened until a time.
func (b *bustle) publishUntil(now time.Time) {
	b.due = slices.DeleteFunc(b.due, func(h occurrence) bool {
		if h.at.After(now) {
			return false
		}
		b.trade.send(h.line)
		b.lines = append(b.lines, h)
		return true
	})
	b.trade.flush() // what is held for longer is late
}

// stop ends the bustle, and returns its events as a log in the order of time.
func (b *bustle) stop() string {
	b.end()
	slices.SortStableFunc(b.lines, func(x, y occurrence) int { return x.at.Compare(y.at) })
	var log strings.Builder
	for _, h := range b.lines {
		fmt.Fprintln(&log, h.line)
	}
	return log.String()
}

// bodies returns the outcomes that were told so far, as they were told, by id. One that is
// told again is to be the same.
func (s *shop) bodies() map[string]string {
	s.t.Helper()
	all := map[string]string{}
	for _, topic := range outputTopics[:2] {
		for _, n := range s.notices(topic) {
			id, body := n.attributes["id"], string(n.body)
			if before, ok := all[id]; ok && before != body {
				s.t.Errorf("outcome %s was told as\n%s\nand as\n%s", id, before, body)
			}
			all[id] = body
		}
	}
	return all
}

// idsTold returns how many outcomes were told so far, those with the same id as one.
func (s *shop) idsTold() int {
	ids := map[string]bool{}
	for _, topic := range outputTopics[:2] {
		for _, n := range s.notices(topic) {
			ids[n.attributes["id"]] = true
		}
	}
	return len(ids)
}

// late returns the rejects of events that came too late, which make other outcomes.
func (s *shop) late() (rejects []string) {
	for _, n := range s.notices("rejects") {
		if text := string(n.body); strings.Contains(text, `"reason":"late"`) {
			rejects = append(rejects, text[:min(len(text), 400)])
		}
	}
	return rejects
}

// A pattern with runs beside each other, a negation, a loop, a condition on it, branches and
// a skip, on a cluster whose task manager and workers are killed: there are the outcomes that
// the embedded runner gives of the same events in a file, to the last byte, and no others.
func TestFlinkKilledWithRunsOfManyBranches(t *testing.T) {
	const within = 8 * time.Second
	const pattern = "every create notFollowedBy cancel followedBy note+ greedy followedByAny pay[sum(note, .n) < 9] skip past last"
	cluster, server := newCluster(t)
	boot := buildBoot(t)
	f := newFake(t)
	first := liveEvent("first", "create", time.Now())
	f.publish(first) // its outcome says that time goes on
	p := start(t, nil, inProcesses(t, server.Endpoint, boot, within, "-pattern", pattern, "-shards", "2", "-disorder", "2s")...)
	p.await("the first outcome", 2*time.Minute, func() bool { return f.idsTold() > 0 })
	b := f.startBustle(60 * time.Millisecond)
	p.await("200 outcomes", 2*time.Minute, func() bool { return f.idsTold() >= 200 })
	awaitCheckpoint(p, server)
	before := f.idsTold()
	p.await("outcomes that the checkpoint does not know of", time.Minute, func() bool { return f.idsTold() > before })
	var all []int // workers
	for _, what := range []string{"the task manager", "a worker"} {
		workers, begin := workersBelow(t, cluster.TaskManager()), time.Now()
		all = append(all, workers...)
		if what == "a worker" {
			kill(workers)
		} else {
			cluster.KillTaskManager()
			if err := cluster.Add(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		awaitNewWorkers(p, cluster, all)
		told := f.idsTold()
		p.await("outcomes of a new worker", time.Minute, func() bool { return f.idsTold() >= told+100 })
		t.Logf("killed %s with %d outcomes told; 100 more after %v", what, told, time.Since(begin).Round(time.Millisecond))
	}
	want := outcomesIn(t, first+"\n"+b.stop(), "-pattern", pattern, "-within", within.String(), "-at-end", "timeout")
	for end := time.Now().Add(time.Minute); f.idsTold() < len(want) && time.Now().Before(end); {
		time.Sleep(pollEvery)
	}
	p.await("an acknowledgement of every message", time.Minute, func() bool { return f.acked()[0] == 0 })
	cancelWell(p)
	if diff := cmp.Diff(want, f.bodies()); diff != "" {
		t.Errorf("%d outcomes (-want +got):\n%.4000s\nlate: %.4000s", len(want), diff, f.late())
	}
	f.checkAlertTimes()
	f.logRepeats()
}

// awaitCheckpoint waits for a checkpoint that is newer than those that there are.
func awaitCheckpoint(p *child, server *jobserver.Server) {
	p.t.Helper()
	newest := func() string {
		path, err := jobserver.NewestCheckpoint(server.Checkpoints)
		if err != nil {
			p.t.Fatal(err)
		}
		return path
	}
	before := newest()
	p.await("a checkpoint", 2*time.Minute, func() bool { return newest() != before })
}

// outcomesIn returns the outcomes of a log on the embedded runner, by id.
func outcomesIn(t *testing.T, log string, args ...string) map[string]string {
	t.Helper()
	in := write(t, t.TempDir(), "log.jsonl", log)
	r := run1(t, "", append(args, "-input", in, "-quiet", "-format-out", "jsonl")...)
	if r.status != 0 || r.stderr != "" {
		t.Fatalf("%q: status %d, stderr %s", args, r.status, r.stderr)
	}
	all := map[string]string{}
	for line := range strings.Lines(r.stdout) {
		var o struct{ ID string }
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatal(err)
		}
		if _, twice := all[o.ID]; twice {
			t.Errorf("two outcomes have the id %s", o.ID)
		}
		all[o.ID] = strings.TrimSuffix(line, "\n")
	}
	return all
}
