package story

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const plain = "create followedBy pay within 10m"

func TestStories(t *testing.T) {
	for _, test := range []struct{ name, pattern, end, events, want string }{
		{"a success a millisecond before the deadline", plain, "11:00:00", `
10:00:03 create
10:10:02.999 pay`, `
2026-03-02
10:00:03.000  create  started   waits for pay until 10:10:03.000
10:10:02.999  pay     advanced  completes the pattern
10:10:02.999          success   9m59.999s after its first event: create 10:00:03.000, pay 10:10:02.999
`},
		{"a timeout at the deadline", plain, "11:00:00", `
10:00:03 create
10:10:03 pay
10:10:07.120 pay`, `
2026-03-02
10:00:03.000  create  started  waits for pay until 10:10:03.000
10:10:03.000          timeout  pay had not come 10m0s after its first event: create 10:00:03.000
10:10:03.000  pay     orphan   the run had timed out at that moment
10:10:07.120  pay     orphan   the run had timed out 4.120s before
`},
		{"the end of the log a millisecond before the deadline, over midnight", plain, "2026-03-03T00:04:59.999", `
23:55:00 create
23:56:00 view
23:57:00 create`, `
2026-03-02
23:55:00.000  create  started    waits for pay until 2026-03-03 00:05:00.000
23:56:00.000  view    other      no step of the pattern names it
23:57:00.000  create  duplicate  the run that began at 23:55:00.000 is open
2026-03-03
00:04:59.999          open       the log ends here: the run that began at 2026-03-02 23:55:00.000 waits for pay until 00:05:00.000
`},
		{"the end of the log at the deadline", plain, "10:10:00", `
10:00:00 create`, `
2026-03-02
10:00:00.000  create  started  waits for pay until 10:10:00.000
10:10:00.000          timeout  pay had not come 10m0s after its first event: create 10:00:00.000
`},
		{"a log that goes on, from the deadline and a millisecond before", plain, "10:09:59.999 cut", `
10:00:00 create
10:09:59.998 pay
10:09:59.999 create
10:10:05 pay`, `
2026-03-02
10:00:00.000  create  started    waits for pay until 10:10:00.000
10:09:59.998  pay     advanced   completes the pattern
10:09:59.998          success    9m59.998s after its first event: create 10:00:00.000, pay 10:09:59.998
10:09:59.999  create  undecided  the log goes on from this moment, and an earlier event may still come
10:10:05.000  pay     undecided  the log goes on from 10:09:59.999, and an earlier event may still come
`},
		{"an open run of a log that goes on", plain, "10:05:00 cut", `
10:00:00 create
10:05:00 pay`, `
2026-03-02
10:00:00.000  create  started    waits for pay until 10:10:00.000
10:05:00.000          open       the log goes on from here: the run that began at 10:00:00.000 waits for pay until 10:10:00.000
10:05:00.000  pay     undecided  the log goes on from this moment, and an earlier event may still come
`},
		{"a clock that is not believed", plain, "10:05:00", `
10:00:00 create
10:05:00 pay
12:00:00 pay`, `
2026-03-02
10:00:00.000  create  started    waits for pay until 10:10:00.000
10:05:00.000  pay     advanced   completes the pattern
10:05:00.000          success    5m0s after its first event: create 10:00:00.000, pay 10:05:00.000
12:00:00.000  pay     undecided  its clock is not believed: the log ends at 10:05:00.000 (see -max-jump)
`},
		{"redeliveries", plain, "11:00:00", `
10:00:00 create #c
10:01:00 create #c
10:02:00 pay
10:02:00 pay
10:13:00 create #c`, `
2026-03-02
10:00:00.000  create  started    waits for pay until 10:10:00.000
10:01:00.000  create  duplicate  delivered again: the same id as create at 10:00:00.000 (log:1)
10:02:00.000  pay     advanced   completes the pattern
10:02:00.000          success    2m0s after its first event: create 10:00:00.000, pay 10:02:00.000
10:02:00.000  pay     duplicate  delivered again: the same bytes as pay at 10:02:00.000 (log:3)
10:13:00.000  create  started    waits for pay until 10:23:00.000
10:23:00.000          timeout    pay had not come 10m0s after its first event: create 10:13:00.000
`},
		{"a step again", "create followedBy pay followedBy ship within 10m", "10:05:00", `
10:00:00 create
10:01:00 ship
10:02:00 pay
10:03:00 pay`, `
2026-03-02
10:00:00.000  create  started    waits for pay until 10:10:00.000
10:01:00.000  ship    other      the run waits for pay
10:02:00.000  pay     advanced   waits for ship until 10:10:00.000
10:03:00.000  pay     duplicate  the run that began at 10:00:00.000 is open, and has taken this step already
10:05:00.000          open       the log ends here: the run that began at 10:00:00.000 waits for ship until 10:10:00.000
`},
		{"late events that are applied", plain, "10:30:00", `
10:00:00 create @10:00:05
10:04:00 pay @10:05:00
10:06:00 create @10:16:00`, `
2026-03-02
10:00:00.000  create  started   came 5s behind the watermark; waits for pay until 10:10:00.000
10:04:00.000  pay     advanced  came 1m0s behind the watermark; completes the pattern
10:04:00.000          success   4m0s after its first event: create 10:00:00.000, pay 10:04:00.000
10:06:00.000  create  started   came 10m0s behind the watermark
10:16:00.000          timeout   pay had not come 10m0s after its first event: create 10:06:00.000
`},
		{"late events that are not", "create followedBy pay next ship within 10m", "10:40:00", `
10:00:00 pay @10:00:01
10:00:02 create
09:59:00 pay @10:00:30
10:01:00 pay
10:02:00 ship @10:03:00
10:02:00 pay @10:20:00
10:02:30 create @10:25:00
10:01:00 create @10:11:00.001`, `
2026-03-02
10:00:00.000  pay     late      came 1s behind the watermark, 10:00:01.000, and no run of the order is open
10:00:02.000  create  started   waits for pay until 10:10:02.000
09:59:00.000  pay     late      came 1m30s behind the watermark, 10:00:30.000, and is before the run's last event, 10:00:02.000
10:01:00.000  pay     advanced  waits for ship until 10:10:02.000
10:02:00.000  ship    late      came 1m0s behind the watermark, 10:03:00.000, and no late event is taken under next
10:10:02.000          timeout   ship had not come 10m0s after its first event: create 10:00:02.000, pay 10:01:00.000
10:01:00.000  create  late      came 10m0.001s behind the watermark, 10:11:00.001, and is older than what is remembered, 10m0s
10:02:00.000  pay     late      came 18m0s behind the watermark, 10:20:00.000, and the run had timed out, at 10:10:02.000
10:02:30.000  create  late      came 22m30s behind the watermark, 10:25:00.000, and is older than what is remembered, 10m0s
`},
		{"broken, and the next run by the same event", "create next pay within 10m", "10:05:00", `
10:00:00 create
10:01:00 create
10:02:00 view
10:03:00 pay
10:04:00 view`, `
2026-03-02
10:00:00.000  create  started  waits for pay until 10:10:00.000
10:01:00.000  create  started  waits for pay until 10:11:00.000
10:01:00.000          broken   by this create
10:02:00.000  view    other    the next event should have been pay
10:02:00.000          broken   by this view
10:03:00.000  pay     orphan   the run had been broken 1m0s before
10:04:00.000  view    other    no step of the pattern names it
`},
		{"cancelled, and too late for it", "create notFollowedBy cancel followedBy pay within 10m", "10:30:00", `
10:00:00 create
10:01:00 cancel
10:02:00 pay
10:03:00 cancel
10:04:00 create
10:14:00 cancel`, `
2026-03-02
10:00:00.000  create  started    waits for pay until 10:10:00.000
10:01:00.000  cancel  advanced   may not come here
10:01:00.000          cancelled  by this cancel
10:02:00.000  pay     orphan     the run had been cancelled 1m0s before
10:03:00.000  cancel  other      no run is open that it could end
10:04:00.000  create  started    waits for pay until 10:14:00.000
10:14:00.000          timeout    pay had not come 10m0s after its first event: create 10:04:00.000
10:14:00.000  cancel  other      no run is open that it could end
`},
		{"a match by what does not come", "create notFollowedBy pay within 10m", "10:20:00", `
10:00:00 create
10:10:00 pay
10:15:00 create`, `
2026-03-02
10:00:00.000  create  started  is a success at 10:10:00.000 unless pay comes
10:10:00.000          success  by its deadline nothing had come that may not come: create 10:00:00.000
10:10:00.000  pay     other    no run is open that it could end
10:15:00.000  create  started  is a success at 10:25:00.000 unless pay comes
10:20:00.000          open     the log ends here: the run that began at 10:15:00.000 is a success at 10:25:00.000 unless pay comes
`},
		{"a match by the next event, if it is another", "create notNext view within 10m", "10:30:00", `
10:00:00 create
10:01:00 pay
10:02:00 create
10:03:00 view
10:04:00 create
10:14:00 pay`, `
2026-03-02
10:00:00.000  create  started    waits for any event but view until 10:10:00.000
10:01:00.000  pay     other      completes the pattern, as it is not what may not come
10:01:00.000          success    1m0s after its first event: create 10:00:00.000
10:02:00.000  create  started    waits for any event but view until 10:12:00.000
10:03:00.000  view    advanced   may not come here
10:03:00.000          cancelled  by this view
10:04:00.000  create  started    waits for any event but view until 10:14:00.000
10:14:00.000          timeout    the pattern was not complete 10m0s after its first event: create 10:04:00.000
10:14:00.000  pay     other      no step of the pattern names it
`},
		{"conditions", "create[n > 1] followedBy pay[n >= create.n] within 10m", "10:05:00", `
10:00:00 create n=1
10:01:00 create n=2
10:02:00 pay n=1
10:03:00 pay
10:04:00 pay n=2
10:05:00 pay n=3`, `
2026-03-02
10:00:00.000  create  other     no run is open, and it opens none; create[n > 1] is false
10:01:00.000  create  started   waits for pay until 10:11:00.000; create[n > 1] is true
10:02:00.000  pay     other     the run waits for pay; pay[n >= create.n] is false
10:03:00.000  pay     other     the run waits for pay; pay[n >= create.n] fails, which is false: character 3: what is absent is compared: absent: n
10:04:00.000  pay     advanced  completes the pattern; pay[n >= create.n] is true
10:04:00.000          success   3m0s after its first event: create 10:01:00.000, pay 10:04:00.000
10:05:00.000  pay     orphan    the run had succeeded 1m0s before; pay[n >= create.n] is of a run, and none is open
`},
		{"a step whose link's window has passed", "create followedBy within 2m gift? followedBy pay within 10m", "10:02:00", `
10:00:00 create
10:02:00 gift`, `
2026-03-02
10:00:00.000  create  started  waits for gift or pay until 10:10:00.000
10:02:00.000  gift    other    the run waits for pay
10:02:00.000          open     the log ends here: the run that began at 10:00:00.000 waits for pay until 10:10:00.000
`},
		{"several runs", "every create as first followedByAny pay within 10m", "10:05:00", `
10:00:00 create
10:01:00 create
10:02:00 pay
10:02:30 pay @10:02:31
10:03:00 view`, `
2026-03-02
10:00:00.000  create  started   as first; waits for pay until 10:10:00.000
10:01:00.000  create  started   as first; waits for pay until 10:11:00.000; 2 runs are open
10:02:00.000  pay     advanced  completes the pattern in 2 ways
10:02:00.000          success   2m0s after its first event: first 10:00:00.000, pay 10:02:00.000
10:02:00.000          success   1m0s after its first event: first 10:01:00.000, pay 10:02:00.000
10:02:30.000  pay     late      came 1s behind the watermark, 10:02:31.000, and this pattern takes no late events
10:03:00.000  view    other     no step of the pattern names it
`},
		{"more runs than branches are allowed", "every create followedByAny pay within 10m", "10:04:00", `
10:00:00 create
10:01:00 create
10:02:00 create
10:03:00 create`, `
2026-03-02
10:00:00.000  create  started   waits for pay until 10:10:00.000
10:01:00.000  create  started   waits for pay until 10:11:00.000; 2 runs are open
10:02:00.000  create  started   waits for pay until 10:12:00.000; 3 runs are open
10:03:00.000  create  started
10:03:00.000          overflow  the run was ended, as its order would have had more than 3 branches: want a pattern with fewer, or -max-branches
10:04:00.000          open      the log ends here: the run that began at 10:00:00.000 waits for pay until 10:10:00.000
10:04:00.000          open      the log ends here: the run that began at 10:01:00.000 waits for pay until 10:11:00.000
10:04:00.000          open      the log ends here: the run that began at 10:02:00.000 waits for pay until 10:12:00.000
`},
		{"a skip", "every create followedByAny pay within 10m skip past last", "10:04:00", `
10:00:00 create
10:01:00 create
10:02:00 pay`, `
2026-03-02
10:00:00.000  create  started   waits for pay until 10:10:00.000
10:01:00.000  create  started   waits for pay until 10:11:00.000; 2 runs are open
10:02:00.000  pay     advanced  completes the pattern
10:02:00.000          success   2m0s after its first event: create 10:00:00.000, pay 10:02:00.000
10:02:00.000          skipped   a match of another run has ended it
`},
		{"a long run", "fail{8} followedBy login within 10m", "10:08:00", `
10:00:00 fail
10:00:01 fail
10:00:02 fail
10:00:03 fail
10:00:04 fail
10:00:05 fail
10:00:06 fail
10:00:07 fail
10:01:00 login`, `
2026-03-02
10:00:00.000  fail   started   waits for fail until 10:10:00.000
10:00:01.000  fail   advanced  waits for fail until 10:10:00.000
10:00:02.000  fail   advanced  waits for fail until 10:10:00.000
10:00:03.000  fail   advanced  waits for fail until 10:10:00.000
10:00:04.000  fail   advanced  waits for fail until 10:10:00.000
10:00:05.000  fail   advanced  waits for fail until 10:10:00.000
10:00:06.000  fail   advanced  waits for fail until 10:10:00.000
10:00:07.000  fail   advanced  waits for login until 10:10:00.000
10:01:00.000  login  advanced  completes the pattern
10:01:00.000         success   1m0s after its first event: fail 10:00:00.000, fail 10:00:01.000, fail 10:00:02.000, fail 10:00:03.000, fail 10:00:04.000, and 4 more
`},
	} {
		t.Run(test.name, func(t *testing.T) {
			x, cut := strings.CutSuffix(test.end, " cut")
			end := End{Last: at(t, x), Limit: at(t, x), Cut: cut}
			events := eventsOf(t, test.events)
			if cut {
				for _, e := range events {
					end.Last = max(end.Last, e.Time)
				}
			}
			if diff := cmp.Diff(strings.TrimPrefix(test.want, "\n"), toldOf(t, test.pattern, "", end, events)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// Where an expression gives the window of a run, the event that opens it tells which.
func TestAStoryTellsTheWindow(t *testing.T) {
	events := eventsOf(t, `
09:00:00 create n=7
11:00:00 create
12:00:00 create n=2
13:00:00 view
12:39:00 create n=2 @13:00:00`)
	end := End{Limit: at(t, "14:00:00")}
	want := `2026-03-02
09:00:00.000  create  started  waits for pay until 11:00:00.000; within n > 5 ? "2h" : "20m" is 2h
11:00:00.000          timeout  pay had not come 2h0m0s after its first event: create 09:00:00.000
11:00:00.000  create  started  waits for pay until 11:10:00.000; within n > 5 ? "2h" : "20m" fails, so the pattern's 10m holds: character 3: invalid operation: nothing > int: absent: n
11:10:00.000          timeout  pay had not come 10m0s after its first event: create 11:00:00.000
12:00:00.000  create  started  waits for pay until 12:20:00.000; within n > 5 ? "2h" : "20m" is 20m
12:20:00.000          timeout  pay had not come 20m0s after its first event: create 12:00:00.000
12:39:00.000  create  late     came 21m0s behind the watermark, 13:00:00.000, and is older than what is remembered, 20m0s
13:00:00.000  view    other    no step of the pattern names it
`
	if diff := cmp.Diff(want, toldOf(t, plain, `n > 5 ? "2h" : "20m"`, end, events)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
