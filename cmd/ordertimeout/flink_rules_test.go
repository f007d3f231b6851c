package main

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// withRules returns the flags of a live command without its window, which a file of rules has.
func withRules(flags []string, rules string, more ...string) []string {
	at := slices.Index(flags, "-within")
	return append(slices.Delete(slices.Clone(flags), at, at+2), append(more, "-rules", rules)...)
}

// windows returns what was told of each order in each rule, with the window that it had.
func (s *shop) windows() map[string]string {
	s.t.Helper()
	told := map[string]string{}
	for _, body := range s.bodies() {
		var o struct {
			Rule, Outcome, OrderID string
			StartedAt, Deadline    time.Time
		}
		if err := json.Unmarshal([]byte(body), &o); err != nil {
			s.t.Fatal(err)
		}
		told[o.Rule+" "+o.Outcome+" of "+o.OrderID] = o.Deadline.Sub(o.StartedAt).String()
	}
	return told
}

// A job that goes on from a checkpoint with other rules keeps what is open in a rule that
// goes on, with the deadlines that it had; a new rule knows of nothing before.
func TestFlinkResumedWithOtherRules(t *testing.T) {
	const within = 20 * time.Second
	_, server := newCluster(t)
	boot := buildBoot(t)
	f := newFake(t)
	dir := t.TempDir()
	before := write(t, dir, "before.yaml", `{"rules": [{"name": "unpaid", "pattern": "create followedBy pay within 20s"}]}`)
	after := write(t, dir, "after.yaml", `{"rules": [
		{"name": "unshipped", "pattern": "pay followedBy ship within 3s"},
		{"name": "unpaid", "pattern": "create followedBy pay within 4s"}]}`)
	flags := inProcesses(t, server.Endpoint, boot, within, "-shards", "2", "-disorder", "1s")
	f.publish(liveEvent("first", "create", time.Now()), liveEvent("first", "pay", time.Now()))
	p := start(t, nil, withRules(flags, before)...)
	p.await("the first outcome", 2*time.Minute, func() bool { return f.idsTold() > 0 })
	created := time.Now()
	f.publish(liveEvent("open", "create", created), liveEvent("paid", "create", created))
	awaitCheckpoint(p, server)
	awaitCheckpoint(p, server) // the first one may have begun before that was read
	checkpoint := cancelWell(p)

	p = start(t, nil, withRules(flags, after, "-resume", checkpoint)...)
	f.publish(liveEvent("paid", "pay", created.Add(5*time.Second)), liveEvent("first", "ship", time.Now()), liveEvent("new", "create", time.Now()))
	want := map[string]string{
		"unpaid success of first": "20s", "unpaid success of paid": "20s", "unpaid timeout of open": "20s",
		"unpaid timeout of new": "4s", "unshipped timeout of paid": "3s",
	}
	p.await("what is told", 100*time.Second, func() bool { return len(f.windows()) >= len(want) })
	cancelWell(p)
	if diff := cmp.Diff(want, f.windows()); diff != "" {
		t.Errorf("what was told (-want +got):\n%s", diff)
	}
}
