package ledger

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

func TestMessageIsAcknowledgedOnceAllOfItsEventsAreDone(t *testing.T) {
	play(t, 1, `
		read a 3
		want            # none is done
		done a1
		done a1
		done a2 0 a2
		want            # two are done, each of them twice
		held a3
		not held a2
		done 0 a3 ?4711
		want a          # the last one is done
		done a1 a2 a3
		want            # it is let go of once
	`).wantEmpty(t)
}

func TestMessageThatIsNotReadYetIsNotAcknowledged(t *testing.T) {
	play(t, 1, `
		read a 0 ...
		done ?1
		want            # it may hold any number of events
	`)
}

func TestMessageWithoutAnEventIsLetGoOfAtOnce(t *testing.T) {
	play(t, 2, `
		read a 0
		want a
	`).wantEmpty(t)
}

// The first of two consumers may be done before the second has got anything.
func TestMessageIsAcknowledgedOnceAllConsumersAreDone(t *testing.T) {
	play(t, 2, `
		read a 2
		read b 1
		done a1 b1      # the first one has matched a1 and b1
		done a2
		want            # the second one has them all
		held a1 a2 b1
		done b1
		want            # b follows a for the first consumer
		done a2
		done a1
		want a | b
		not held a1
	`).wantEmpty(t)
}

// A step of its own writes the rejects of the source, whatever else takes the events.
func TestRejectOfTheSourceHasOneHolder(t *testing.T) {
	play(t, 3, `
		read a 0+1
		done a1
		want a
		read b 1+1
		done b2
		done b2         # it does not count for the event
		done b1
		done b1
		want
		done b1
		want b
	`).wantEmpty(t)
}

// A consumer has an event in two runs.
func TestEventThatIsTakenOnceMoreIsDoneOnceMore(t *testing.T) {
	play(t, 1, `
		read create 1
		read again 1
		read pay 1
		take pay1 0
		done create1 pay1
		want create     # pay is in the run of again, too
		done again1 pay1
		want again | pay
		take pay1
		want            # it was let go of before
		not held pay1
	`).wantEmpty(t)
}

func TestConsumersThatTakeOnceMoreEachCount(t *testing.T) {
	play(t, 2, `
		read a 1
		take a1
		take a1
		done a1
		done a1
		done a1
		want
		done a1
		want a
	`).wantEmpty(t)
}

func TestHeldWantsAHolderOfEachRef(t *testing.T) {
	play(t, 1, `
		not held
		read a 2
		held a1 a2
		not held a1 0
		not held a1 ?3
		done a1
		not held a1 a2
		held a2
	`)
}

func TestMessageIsAcknowledgedWhenAllOfItsPartsAreReleased(t *testing.T) {
	play(t, 1, `
		part a ...
		left a
		want            # of a committed bundle, but there is more of it
		part a ...
		part a
		left a
		want            # one part is in no bundle that is committed
		left a
		left a
		want a          # all are
	`).wantEmpty(t)
}

// The events of a part may be done before the next part is read.
func TestMessageOfPartsIsAcknowledgedOnceAllOfItsEventsAreDone(t *testing.T) {
	play(t, 1, `
		read a 2 ...
		done a1
		done a2
		want            # there is more of it
		read a 1 ...
		done a3
		want            # there is still more of it
		read a 0
		want a          # the last part is blank
	`).wantEmpty(t)
}

func TestWhatWaitsForAMessageThatWasGivenBackIsNotLetGoOf(t *testing.T) {
	b := play(t, 1, `
		read create 2
		read pay 1
		done create1 pay1
		back create
		done create2
		want            # its order starts again
		back pay
		want
	`)
	b.wantEmpty(t)
	b.GiveBack([]*Message{b.messages["pay"]})
}

func TestMessageGivenBackWhileItIsReadIsForgotten(t *testing.T) {
	play(t, 1, `
		read a 0 ...
		back a
		read a 1
		held a1         # whoever reads it next makes it again
		done a1
		want            # it is not held
	`).wantEmpty(t)
}

// A message that was given back while the source was about to let go of it stays away.
func TestMessageGivenBackWhileItIsLetGoOfIsGone(t *testing.T) {
	play(t, 1, `
		read a 1
		read b 1
		done a1 b1
		next 9 a
		back a
		ok
		want            # b follows a
	`)
}

func TestRequestsAreOfLimitedSize(t *testing.T) {
	b := newBook(1)
	for i := range 5 {
		b.step([]string{"read", fmt.Sprint("m", i, "."), "1"})
		b.step([]string{"done", fmt.Sprint("m", i, ".1")})
	}
	var sizes []int
	for {
		next := b.Next(2)
		if len(next.Messages) == 0 {
			break
		}
		sizes = append(sizes, len(next.Messages))
		b.LetGo(next.Messages)
	}
	if want := []int{2, 2, 1}; !slices.Equal(sizes, want) {
		t.Errorf("requests of %v messages, want %v", sizes, want)
	}
}

func TestFullTellsOfEnoughMessages(t *testing.T) {
	l := New(1, 2)
	full := func() bool {
		select {
		case <-l.Full():
			return true
		default:
			return false
		}
	}
	l.Expect(new(Message), 0, 0, true)
	if full() || l.Ready() != 1 {
		t.Errorf("one message: %d are ready, want one, which is not enough", l.Ready())
	}
	l.Expect(new(Message), 0, 0, true)
	l.Expect(new(Message), 0, 0, true)
	if !full() || full() || l.Ready() != 3 {
		t.Errorf("three messages: %d are ready, want all, which are enough, told once", l.Ready())
	}
}

// A message that came again is in the queue, whatever its stage.
func TestMessageThatCameAgainIsQueued(t *testing.T) {
	b := play(t, 1, `
		read a 1
		read b 1
		done a1 b1
		next 1 a
	`)
	b.Queue(b.messages["a"])
	b.LetGo(b.out.Messages[1:])
	again := &Message{Owner: "c"}
	b.Queue(again)
	b.Queue(&Message{Owner: "gone", stage: gone})
	if got := b.letGo(); !slices.Equal(got, []string{"a c", "b"}) {
		t.Errorf("let go of %q, want a with c, then b", got)
	}
	b.wantEmpty(t)
}

// Steps are done in goroutines of their own, while the source reads and lets go.
func TestLedgerIsForSeveralGoroutines(t *testing.T) {
	const consumers, messages = 3, 2000
	l := New(consumers, 10)
	var all sync.WaitGroup
	steps := make([]chan []uint64, consumers)
	for i := range steps {
		steps[i] = make(chan []uint64, 16)
		all.Go(func() {
			for refs := range steps[i] {
				l.Done(refs)
			}
		})
	}
	all.Go(func() {
		for range messages {
			ref := l.Expect(&Message{Owner: 0}, 2, 0, true)
			for _, step := range steps {
				step <- []uint64{ref, ref + 1, max(1, ref-1) | Later}
			}
		}
		for _, step := range steps {
			close(step)
		}
	})
	n := 0
	for end := time.Now().Add(20 * time.Second); n < messages && time.Now().Before(end); {
		b := l.Next(100)
		l.LetGo(b.Messages)
		n += len(b.Messages)
	}
	all.Wait()
	if n != messages || l.refs.size() > 0 {
		t.Errorf("%d messages are let go of, want %d; %d Refs have holders", n, messages, l.refs.size())
	}
}
