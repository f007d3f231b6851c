package transforms

import (
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/order"
	"ordertimeout/transforms/screen"
)

func TestRowsOfTheTableStandUnderItsHeader(t *testing.T) {
	var got []string
	for _, o := range []order.Outcome{
		{Kind: order.Timeout, OrderID: "o-1002", UserID: "bob", StartedAt: 1772442000000, Deadline: 1772442600000, At: 1772442600000, WaitingFor: []string{"pay"}},
		{Kind: order.Success, OrderID: "o-1", StartedAt: 1772442000000, EndedAt: 1772442002560, Deadline: 1772442600000, At: 1772442002999},
		{Kind: order.Timeout, OrderID: "0123456789abcdef0123456789abcdef", UserID: "山田太郎の長い名前", At: 90 * 86400e3, WaitingFor: []string{"ship", "return"}},
		{Kind: order.Timeout, OrderID: "a\x1b[2J\nb", UserID: "\u202eeve", At: 250, WaitingFor: []string{"pay"}},
	} {
		got = append(got, string(formatRow(&o).Body))
	}
	want := []string{
		"2026-03-02 09:10:00  timeout  o-1002            bob           10m0s    pay",
		"2026-03-02 09:00:02  success  o-1                             2.5s",
		"1970-04-01 00:00:00  timeout  0123456…89abcdef  山田…い名前   90d0h    ship or return",
		`1970-01-01 00:00:00  timeout  a\x1b[2J\nb       \u202eeve     250ms    pay`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if header := "time (UTC)           outcome  order             user          age      waits for"; TableHeader() != header {
		t.Errorf("got\n%s, want\n%s", TableHeader(), header)
	}
}

func TestAgesAreShort(t *testing.T) {
	for ms, want := range map[int64]string{
		0: "0s", 999: "999ms", 1000: "1s", 9999: "9.9s", 10_000: "10s", 3_599_999: "59m59s", 3_600_000: "1h0m",
		86_399_999: "23h59m", 86_400_000: "1d0h", order.MaxTime: "106751d23h",
	} {
		if got := age(ms); got != want {
			t.Errorf("%d ms: got %s, want %s", ms, got, want)
		}
	}
}

// No id, of a user, an order or a type, breaks its line, moves the columns behind it,
// or is anything but text to a terminal.
func FuzzRow(f *testing.F) {
	f.Add("o-1", "ann", "pay", int64(5000))
	f.Add("\x1b]0;x\x07", "\xff\xfe", "\u202e", int64(0))
	f.Add("a\nb\r\tc", "山田山田山田山田", "👩‍👩‍👧‍👦", int64(1)<<50)
	f.Fuzz(func(t *testing.T, orderID, userID, step string, ms int64) {
		o := order.Outcome{Kind: order.Timeout, OrderID: orderID, UserID: userID, At: min(max(ms, 0), order.MaxTime-1), WaitingFor: []string{step}}
		line := string(formatRow(&o).Body)
		if strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("got %q, want what prints", line)
		}
		end := strings.TrimRight(between+screen.Fit(age(o.At), ageWidth)+between+screen.Fit(step, waitsWidth), " ")
		before, ok := strings.CutSuffix(line, end)
		if w := screen.Width(before); !ok || w != strings.Index(TableHeader(), between+"age") || screen.Width(end) > ageWidth+waitsWidth+2*len(between) {
			t.Errorf("the age stands in column %d: %q", w, line)
		}
	})
}
