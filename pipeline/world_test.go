package pipeline

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"time"

	"ordertimeout/transforms/cep/ceptest"
	"ordertimeout/transforms/order"
)

// world is a random log and random settings.
type world struct {
	seed    uint64
	rnd     *rand.Rand
	pattern ceptest.Pattern
	config  Config          // without input and outputs
	open    bool            // the open orders are written, so the log goes on
	log     []ceptest.Event // in order of arrival, not stamped; Data is JSON
}

func newWorld(seed uint64) *world {
	w := &world{seed: seed, rnd: rand.New(rand.NewPCG(seed, 11)), config: Default()}
	pick := func(ms ...int64) time.Duration { return time.Duration(ms[w.rnd.IntN(len(ms))]) * time.Millisecond }
	w.pattern = ceptest.RandomPattern(w.rnd)
	w.config.Pattern = w.pattern.String()
	if w.rnd.IntN(3) == 0 {
		w.config.Pattern = strings.Replace(w.config.Pattern, "within ", "within 9h", 1)
		w.config.Within = time.Duration(w.pattern.Within) * time.Millisecond
	}
	w.config.Remember = time.Duration(w.pattern.Remember) * time.Millisecond
	if w.pattern.Remember == w.pattern.Within {
		w.config.Remember = -1
	}
	w.config.Disorder = pick(0, 5, 30)
	w.config.Tick = pick(0, 1, 7, 50, 1000)
	w.config.Shards = []int{1, 2, 3, 16, 64}[w.rnd.IntN(5)]
	w.config.Key = []string{KeyUser, KeyOrder}[w.rnd.IntN(2)]
	w.config.AtEnd = []string{AtEndOpen, AtEndTimeout}[w.rnd.IntN(2)]
	w.open = w.config.AtEnd == AtEndOpen && w.rnd.IntN(3) > 0
	for _, e := range w.pattern.RandomLog(w.rnd) {
		w.log = append(w.log, w.event(e))
	}
	return w
}

// noon is when the logs are.
const noon int64 = 1772366400000

// fields are the members of an event, in the order of the lines and columns. As
// all are strings, a CSV row of them becomes the very same JSON.
type fields struct {
	UserID  string  `json:"userId"`
	OrderID string  `json:"orderId"`
	Type    string  `json:"type"`
	Time    instant `json:"time"`
	ID      string  `json:"id"`
	N       string  `json:"n"`
}

// instant is a time in milliseconds, in JSON as the text that a row has for it.
type instant int64

func (t instant) MarshalText() ([]byte, error) { return []byte(order.FormatTime(int64(t))), nil }

func (t *instant) UnmarshalText(text []byte) error {
	parsed, err := time.Parse(time.RFC3339, string(text))
	*t = instant(parsed.UnixMilli())
	return err
}

// event gives a model's event a time of today, ids for its key, and JSON for its
// data: two orders of a user, a user's events without an order, an order's
// without a user; or orders that are known by their id alone, whose last step
// does not name the user.
func (w *world) event(e ceptest.Event) ceptest.Event {
	f := fields{Type: e.Type, Time: instant(noon + e.Time), ID: e.ID, N: e.Data[strings.LastIndex(e.Data, "-")+1:]}
	if w.config.Key == KeyUser {
		ids := map[string][2]string{"k0": {"u0", "o0"}, "k1": {"u0", "o1"}, "k2": {"u2", ""}, "k3": {"", "o3"}}[e.Key]
		f.UserID, f.OrderID = ids[0], ids[1]
		e.Key = order.Key(f.UserID, f.OrderID)
	} else {
		f.OrderID = e.Key
		if e.Type != w.pattern.Steps[len(w.pattern.Steps)-1] {
			f.UserID = "u" + f.N
		}
		e.Key = order.Key("", f.OrderID)
	}
	data, err := json.Marshal(f)
	if err != nil {
		panic(err)
	}
	e.Time, e.Data = int64(f.Time), string(data)
	return e
}
