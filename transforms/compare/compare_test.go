package compare

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/order"
)

// storeOf returns a store with the outcomes of two runs.
func storeOf(t *testing.T, rules []Rule, old, tried []order.Outcome) *Store {
	t.Helper()
	s, err := NewStore(rules)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	for side, outcomes := range [][]order.Outcome{old, tried} {
		var adding sync.WaitGroup
		for half := range slices.Chunk(outcomes, len(outcomes)/2+1) {
			adding.Go(func() {
				for i := range half {
					if err := s.Add(Side(side), &half[i]); err != nil {
						t.Error(err)
					}
				}
			})
		}
		adding.Wait()
	}
	return s
}

// told returns what was found, a line each.
func told(f Found) (lines []string) {
	for _, o := range f.Orders {
		for _, d := range o.Differences {
			lines = append(lines, fmt.Sprintf("%s %q %q %v: %d %s %d %d", o.Rule, o.UserID, o.OrderID, o.ByOrder, d.Side, d.Kind, d.StartedAt, d.At))
		}
	}
	return lines
}

// What is found of random outcomes is what a plain comparison finds, and the first of it where
// there is a limit.
func TestFindAgreesWithAPlainComparison(t *testing.T) {
	rules := []Rule{{"b", false}, {"a", true}, {"c", false}}
	for seed := range uint64(12) {
		random := rand.New(rand.NewPCG(seed, 1))
		var runs [2][]order.Outcome
		for range 50 + random.IntN(500) {
			o := order.Outcome{
				Kind: kinds[random.IntN(len(kinds))], Rule: rules[random.IntN(3)].Name, UserID: []string{"", "u", "uu"}[random.IntN(3)],
				OrderID: strings.Repeat("o", random.IntN(3)) + fmt.Sprint(random.IntN(40)), StartedAt: int64(random.IntN(4)) - 2, At: int64(random.IntN(5)) - 2,
				ID: fmt.Sprint(random.Int()), Labels: []order.Label{{Name: fmt.Sprint(random.Int())}},
			}
			switch random.IntN(20) {
			case 0:
				runs[Old] = append(runs[Old], o)
			case 1:
				runs[New] = append(runs[New], o, o)
			default:
				runs[Old], runs[New] = append(runs[Old], o), append(runs[New], o)
			}
		}
		random.Shuffle(len(runs[New]), func(i, j int) { runs[New][i], runs[New][j] = runs[New][j], runs[New][i] })
		want := plain(rules, runs)
		s := storeOf(t, rules, runs[Old], runs[New])
		for _, limit := range []int{0, 1, len(want.Orders) / 2, len(want.Orders) + 1} {
			found, err := s.Find(limit)
			if err != nil {
				t.Fatal(err)
			}
			first := want
			if limit > 0 {
				first.Orders = want.Orders[:min(limit, len(want.Orders))]
			}
			if diff := gocmp.Diff(told(first), told(found)); diff != "" || found.Total != want.Total || !gocmp.Equal(found.ByRule, want.ByRule) {
				t.Fatalf("seed %d, limit %d: %d orders, %v; want %d, %v (-want +got):\n%s", seed, limit, found.Total, found.ByRule, want.Total, want.ByRule, diff)
			}
		}
	}
}

// plain compares outcomes in memory: it strikes out of each run what the other has.
func plain(rules []Rule, runs [2][]order.Outcome) Found {
	found := Found{ByRule: map[string]int64{}}
	orders := map[string]*Order{}
	for side := range runs {
		rest := slices.Clone(runs[1-side])
		for _, o := range runs[side] {
			rule := rules[slices.IndexFunc(rules, func(r Rule) bool { return r.Name == o.Rule })]
			same := func(other order.Outcome) bool {
				return other.Rule == o.Rule && other.OrderID == o.OrderID && (rule.ByOrder || other.UserID == o.UserID) &&
					other.Kind == o.Kind && other.StartedAt == o.StartedAt && other.At == o.At
			}
			if i := slices.IndexFunc(rest, same); i >= 0 {
				rest = slices.Delete(rest, i, i+1)
				continue
			}
			of := &Order{Rule: o.Rule, UserID: o.UserID, OrderID: o.OrderID, ByOrder: rule.ByOrder}
			if rule.ByOrder {
				of.UserID = ""
			}
			id := fmt.Sprintf("%q %q %q", of.Rule, of.UserID, of.OrderID)
			if orders[id] == nil {
				orders[id] = of
				found.ByRule[o.Rule]++
			}
			orders[id].Differences = append(orders[id].Differences, Difference{Side(side), Outcome{o.Kind, o.StartedAt, o.At}})
		}
	}
	place := func(r string) int { return slices.IndexFunc(rules, func(of Rule) bool { return of.Name == r }) }
	for _, o := range orders {
		slices.SortFunc(o.Differences, func(a, b Difference) int {
			return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.StartedAt, b.StartedAt), cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind)), cmp.Compare(a.Side, b.Side))
		})
		found.Orders = append(found.Orders, *o)
	}
	slices.SortFunc(found.Orders, func(a, b Order) int {
		return cmp.Or(cmp.Compare(place(a.Rule), place(b.Rule)), cmp.Compare(a.Differences[0].At, b.Differences[0].At), cmp.Compare(a.OrderID, b.OrderID), cmp.Compare(a.UserID, b.UserID))
	})
	found.Total = int64(len(orders))
	return found
}

func TestAddRefusesWhatIsOfNoRule(t *testing.T) {
	s := storeOf(t, []Rule{{Name: "a"}}, nil, nil)
	for _, o := range []order.Outcome{{Rule: "b", Kind: order.Success}, {Rule: "a", Kind: order.Open}} {
		if err := s.Add(New, &o); err == nil || !strings.HasPrefix(err.Error(), "compare: outcome ") {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// A file that lacks a part is told of, wherever it is cut.
func TestAFileThatIsCutIsTold(t *testing.T) {
	o := order.Outcome{Rule: "a", Kind: order.Timeout, UserID: "u", OrderID: "o", StartedAt: 1e12, At: 1e12 + 1}
	r := record{key{0, "u", "o"}, Outcome{o.Kind, o.StartedAt, o.At}}
	whole := len(r.appendBinary(nil, Old))
	for size := 1; size < whole; size++ {
		s := storeOf(t, []Rule{{Name: "a"}}, []order.Outcome{o}, nil)
		for i := range s.files {
			if s.out[i].Buffered() == 0 {
				continue
			}
			if err := s.out[i].Flush(); err != nil {
				t.Fatal(err)
			}
			if err := s.files[i].Truncate(int64(size)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Find(0); err == nil || !strings.HasPrefix(err.Error(), "compare: a temporary file is cut") {
			t.Errorf("%d bytes of %d: %v", size, whole, err)
		}
	}
}
