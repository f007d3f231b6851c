package main

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// These tests use the emulator of the Google Cloud SDK, which has leases, pulls
// that wait and seeking more like the service than the library's server. They run
// where it is installed and TEST_EMULATOR=1 asks for them.

// emulator is an emulator that runs, in a process of its own.
type emulator struct {
	*shop
	process *os.Process
}

// newEmulator starts an emulator, or skips the test.
func newEmulator(t *testing.T) *emulator {
	t.Helper()
	if os.Getenv("TEST_EMULATOR") != "1" {
		t.Skip("TEST_EMULATOR=1 is not set: make test-emulator does it")
	}
	java, err := exec.LookPath("java")
	if err != nil {
		t.Skip("no java to run the Pub/Sub emulator with")
	}
	jar := emulatorJar()
	if jar == "" {
		t.Skip("no Pub/Sub emulator: PUBSUB_EMULATOR_JAR is not set, and the Google Cloud SDK has none")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().(*net.TCPAddr)
	l.Close() // the emulator cannot choose a port itself and say which
	cmd := exec.CommandContext(t.Context(), java, "-Xmx512m", "-jar", jar, "--host=127.0.0.1", "--port="+portOf(address))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	eventually(t, "the emulator listens", time.Minute, func() bool {
		conn, err := net.Dial("tcp", address.String())
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	return &emulator{process: cmd.Process, shop: newShop(t, address.String(), &pubsubpb.Subscription{
		AckDeadlineSeconds: 10, RetainAckedMessages: true, MessageRetentionDuration: durationpb.New(time.Hour),
	})}
}

func portOf(a *net.TCPAddr) string {
	_, port, _ := net.SplitHostPort(a.String()) // an address has one
	return port
}

// emulatorJar returns the path of the emulator, or "" where there is none.
func emulatorJar() string {
	if jar := os.Getenv("PUBSUB_EMULATOR_JAR"); jar != "" {
		return jar
	}
	roots := []string{"/usr/lib/google-cloud-sdk"}
	if gcloud, err := exec.LookPath("gcloud"); err == nil {
		if gcloud, err = filepath.EvalSymlinks(gcloud); err == nil {
			roots = append(roots, filepath.Dir(filepath.Dir(gcloud)))
		}
	}
	for _, root := range roots {
		if jars, _ := filepath.Glob(root + "/platform/pubsub-emulator/lib/*.jar"); len(jars) > 0 {
			return jars[len(jars)-1]
		}
	}
	return ""
}

// awaitAll waits until all orders have an outcome, and stops the command.
func (e *emulator) awaitAll(p *child, want map[string]string) {
	e.t.Helper()
	p.await("the outcomes of all orders", 2*time.Minute, func() bool { return len(e.outcomes()) >= len(want) })
	p.stopWell(false)
	e.checkOutcomes(want)
	e.checkAlertTimes()
}

// checkNothingLeft runs the command once more. When it tells of an order that is
// published now, everything that was not acknowledged has come again before, and
// is to have changed no outcome.
func (e *emulator) checkNothingLeft(within time.Duration, want map[string]string) {
	e.t.Helper()
	e.publish(liveEvent("last", "create", time.Now()))
	want["last"] = "timeout"
	e.awaitAll(start(e.t, nil, liveFlags(within)...), want)
}

func TestEmulatorKill(t *testing.T) {
	const within = 5 * time.Second
	e := newEmulator(t)
	tr := e.startTrade("o", 20*time.Millisecond, within)
	e.killed(4, liveFlags(within))
	want := tr.stop()
	e.awaitAll(start(t, nil, liveFlags(within)...), want)
	e.checkNothingLeft(within, want)
}

// killed runs the command several times, and kills it each time.
func (e *emulator) killed(times int, flags []string) {
	e.t.Helper()
	for round := range times {
		p := start(e.t, nil, flags...)
		// It begins to tell outcomes after 11 s, when all leases of the one before
		// it have ended.
		time.AfterFunc(11*time.Second+rand.N(8*time.Second), func() { _ = p.cmd.Process.Kill() })
		<-p.ended
		if p.cmd.ProcessState.Exited() { // not by a signal
			e.t.Fatalf("round %d: the command ended by itself: %v: %s", round, p.err, &p.stderr)
		}
		e.t.Logf("round %d: killed with %d outcomes told", round, len(e.outcomes()))
	}
}

// With a negation a killed run is followed by one that is stopped. What was not
// acknowledged has come again when the last run tells of an order that is published then.
func TestEmulatorEndsOfNegatedPatterns(t *testing.T) {
	const within = 5 * time.Second
	for _, n := range negatedPatterns {
		t.Run(n.name, func(t *testing.T) {
			e := newEmulator(t)
			tr := e.startFatefulTrade("o", 20*time.Millisecond, within, 0.5, n.fates)
			e.killed(2, n.flags(within))
			told := len(e.outcomes())
			p := start(t, nil, n.flags(within)...)
			p.await("100 more outcomes", time.Minute, func() bool { return len(e.outcomes()) >= told+100 })
			p.stopWell(true)
			want := tr.stop()
			e.awaitAll(start(t, nil, n.flags(within)...), want)
			e.publish(liveEvent("last", "create", time.Now()))
			want["last"] = n.fates[0].outcome // that of an order to which nothing happens
			e.awaitAll(start(t, nil, n.flags(within)...), want)
		})
	}
}

// An outage of some seconds is sat out, and makes no order late.
func TestEmulatorOutage(t *testing.T) {
	const within = 12 * time.Second
	e := newEmulator(t)
	tr := e.startTrade("o", 10*time.Millisecond, within)
	p := start(t, nil, liveFlags(within)...)
	p.await("200 outcomes", time.Minute, func() bool { return len(e.outcomes()) >= 200 })
	e.freeze(4 * time.Second)
	told := len(e.outcomes())
	p.await("200 more", time.Minute, func() bool { return len(e.outcomes()) >= told+200 })
	want := tr.stop()
	e.awaitAll(p, want)
	e.checkNothingLeft(within, want)
}

// freeze lets the emulator stand still for a while.
func (e *emulator) freeze(d time.Duration) {
	e.t.Helper()
	if err := e.process.Signal(syscall.SIGSTOP); err != nil {
		e.t.Fatal(err)
	}
	<-time.After(d)
	if err := e.process.Signal(syscall.SIGCONT); err != nil {
		e.t.Fatal(err)
	}
}

// The last orders time out with nothing more published.
func TestEmulatorIdleTail(t *testing.T) {
	const within = 3 * time.Second
	e := newEmulator(t)
	p := start(t, nil, liveFlags(within)...)
	e.publish(liveEvent("first", "create", time.Now()) + "\n" + liveEvent("first", "pay", time.Now()))
	p.await("an outcome", time.Minute, func() bool { return len(e.outcomes()) == 1 })
	want := map[string]string{"first": "success"}
	for _, orderID := range []string{"o1", "o2", "o3"} {
		e.publish(liveEvent(orderID, "create", time.Now()))
		want[orderID] = "timeout"
	}
	e.awaitAll(p, want)
}

// longPolls are the flags of a run without disorder whose pulls wait for as long as
// they do at the service.
func longPolls(within time.Duration) []string {
	flags := liveFlags(within, "-disorder", "0s")
	flags[slices.Index(flags, ordersURI)] += "&poll=30s"
	return flags
}

// startTail starts the command with long polls, and once it tells outcomes publishes
// an order that is a little behind, which every alert then is.
func (e *emulator) startTail(within time.Duration) *child {
	e.t.Helper()
	p := start(e.t, nil, longPolls(within)...)
	e.publish(liveEvent("first", "create", time.Now()))
	p.await("an outcome", time.Minute, func() bool { return len(e.outcomes()) == 1 })
	e.publish(liveEvent("last", "create", time.Now().Add(-200*time.Millisecond)))
	return p
}

// They do so in time while pulls are out that may bring more.
func TestEmulatorIdleTailWithLongPolls(t *testing.T) {
	e := newEmulator(t)
	p := e.startTail(2 * time.Second)
	e.awaitAll(p, map[string]string{"first": "timeout", "last": "timeout"})
	for _, n := range e.notices("timeouts") {
		var alert struct{ Deadline time.Time }
		if err := json.Unmarshal(n.body, &alert); err != nil {
			t.Fatal(err)
		}
		late := n.published.Sub(alert.Deadline)
		t.Logf("%s: told %v after the deadline", n.attributes["orderId"], late)
		if n.attributes["orderId"] == "last" && late > 2*time.Second {
			t.Errorf("told %v after the deadline, want at most 2 s", late)
		}
	}
}

// An outage at that time makes no order late, either: the payment is published when
// the server is frozen, and the deadline is before it goes on.
func TestEmulatorOutageWithLongPolls(t *testing.T) {
	e := newEmulator(t)
	p := e.startTail(3 * time.Second)
	<-time.After(1500 * time.Millisecond) // so that probes have moved the watermark
	published := make(chan error, 1)
	time.AfterFunc(50*time.Millisecond, func() {
		published <- e.tryPublish([]string{liveEvent("last", "pay", time.Now())})
	})
	e.freeze(4 * time.Second)
	if err := <-published; err != nil {
		t.Fatal(err)
	}
	e.awaitAll(p, map[string]string{"first": "timeout", "last": "success"})
}

// Who seeks back gets the same outcomes again, with the same ids.
func TestEmulatorSeekBack(t *testing.T) {
	const within = 3 * time.Second
	e := newEmulator(t)
	begin := time.Now().Add(-time.Second)
	tr := e.startTrade("o", 20*time.Millisecond, within)
	p := start(t, nil, liveFlags(within)...)
	p.await("200 outcomes", time.Minute, func() bool { return len(e.outcomes()) >= 200 })
	want := tr.stop()
	e.awaitAll(p, want)
	seek := &pubsubpb.SeekRequest{Subscription: ordersSub, Target: &pubsubpb.SeekRequest_Time{Time: timestamppb.New(begin)}}
	if _, err := e.client.SubscriptionAdminClient.Seek(t.Context(), seek); err != nil {
		t.Fatal(err)
	}
	told := len(e.notices("success")) + len(e.notices("timeouts"))
	again := start(t, nil, liveFlags(within)...)
	again.await("all outcomes again", time.Minute, func() bool {
		return len(e.notices("success"))+len(e.notices("timeouts")) >= told+len(want)
	})
	before := maps.Clone(want)
	e.awaitAll(again, before)
}
