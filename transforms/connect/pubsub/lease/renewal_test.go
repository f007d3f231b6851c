package lease

import (
	"strings"
	"testing"
	"time"
)

func TestLeasesAreExtendedAtHalfTime(t *testing.T) {
	h := newHolding(t) // leases of 10 s, extended by 20 s
	due := func() string {
		got := h.Renewals(1000)
		h.Extended(got)
		ids := make([]string, len(got))
		for i, r := range got {
			ids[i] = r.AckID
		}
		return strings.Join(ids, " ")
	}
	at := func(seconds float64, want string) {
		t.Helper()
		h.clock = time.UnixMilli(int64(seconds * 1000))
		if got := due(); got != want {
			t.Errorf("at %v s: %q, want %q", seconds, got, want)
		}
	}
	a := h.message("a", 1)
	at(4.999, "")
	h.message("b", 1)
	at(5, "a:1")
	at(9, "")
	h.receive("b", "b:2") // its lease had ended
	at(13.999, "")
	at(14, "b:2")
	at(14.999, "")
	at(15, "a:1")
	h.Ledger.Done(a)
	if h.NextAck(1000).IDs == nil {
		t.Error("nothing to acknowledge")
	}
	at(24, "b:2")
	at(25, "a:1") // until it is acknowledged for sure
}

func TestLeaseIsExtendedAgainAfterAFailure(t *testing.T) {
	h := newHolding(t)
	h.message("a", 1)
	h.clock = h.clock.Add(5 * time.Second)
	h.NotExtended(h.Renewals(1000))
	if got := h.Renewals(1000); len(got) != 1 {
		t.Errorf("%d leases to extend, want 1", len(got))
	}
}

func TestLeaseOfAnAcknowledgedMessageIsNotExtended(t *testing.T) {
	h := newHolding(t)
	h.Ledger.Done(h.message("a", 1))
	h.acks()
	h.clock = h.clock.Add(time.Hour)
	if got := h.Renewals(1000); len(got) != 0 {
		t.Errorf("%d leases to extend, want none", len(got))
	}
}

func TestLongLeaseIsShortenedAtOnce(t *testing.T) {
	h := newHolding(t)
	h.given, h.lease = 600*time.Second, 10*time.Second
	h.message("a", 1)
	if got := h.Renewals(1000); len(got) != 1 {
		t.Errorf("%d leases to set, want 1", len(got))
	}
}
