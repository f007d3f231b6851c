package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ordertimeout/transforms/cep"
	"ordertimeout/transforms/cep/ceptest"
	"ordertimeout/transforms/cep/ceptest/whole"
	"ordertimeout/transforms/cep/syntax"
)

// randomRules is a file of rules by chance, and the model of each.
type randomRules struct {
	file  string // JSON, which is YAML, too
	rules []randomRule
	scale int64 // by how much longer their windows are than those of the model's patterns
	// different says that each event of the log has an id of its own, so that none is there
	// again.
	different bool
}

// randomRule is a rule as a file has it, and as the model runs it.
type randomRule struct {
	Name     string            `json:"name"`
	Pattern  string            `json:"pattern"`
	Key      string            `json:"key,omitempty"`
	Within   string            `json:"within,omitempty"`
	Remind   []string          `json:"remind,omitempty"`
	Early    string            `json:"early,omitempty"`
	Resolve  string            `json:"resolve,omitempty"`
	Outcomes []string          `json:"outcomes,omitempty"`
	Labels   map[string]string `json:"labels,omitempty"`

	model whole.Pattern
}

// newRandomRules returns one to five rules, one of a shape where that is set.
func newRandomRules(t *testing.T, rnd *rand.Rand, scale int64) randomRules {
	t.Helper()
	f := randomRules{scale: scale}
	for i := range 1 + rnd.IntN(5) {
		shape := whole.Shape{Roomy: true, Linear: rnd.IntN(3) == 0, Negations: rnd.IntN(2) == 0}
		f.rules = append(f.rules, newRandomRule(t, rnd, fmt.Sprint("r", i), shape, scale))
	}
	f.write(t)
	return f
}

// write makes the text of the file.
func (f *randomRules) write(t *testing.T) {
	t.Helper()
	text, err := json.MarshalIndent(map[string]any{"rules": f.rules}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	f.file = string(text)
}

func newRandomRule(t *testing.T, rnd *rand.Rand, name string, shape whole.Shape, scale int64) randomRule {
	t.Helper()
	r := randomRule{Name: name, Key: []string{"", "user", "order"}[rnd.IntN(3)]}
	for r.Pattern == "" || strings.Contains(r.Pattern, " not") && linkWindow.MatchString(r.Pattern) {
		// Whether a negation holds where the window of the link behind it is over is not told.
		r.Pattern = stretched(whole.RandomPattern(rnd, shape).String(), scale)
	}
	var err error
	if r.model, err = whole.Parse(r.Pattern); err != nil {
		t.Fatal(err)
	}
	switch {
	case r.model.Within > 0 && rnd.IntN(3) == 0:
		condition := []string{"n > 1", "n == 0 || m > 1"}[rnd.IntN(2)] // no event has m
		r.Within = fmt.Sprintf("%s ? %q : %q", condition, millis((1+rnd.Int64N(40))*scale), millis((20+rnd.Int64N(90))*scale))
		if r.model.Window, err = whole.ParseWindow(r.Within); err != nil {
			t.Fatal(err)
		}
	case r.model.Within == 0 || rnd.IntN(4) == 0:
		r.model.Within = []int64{20, 50, 90}[rnd.IntN(3)] * scale
		r.model.Remember = r.model.Within
		r.Within = millis(r.model.Within).String()
	}
	r.model.Started, r.model.Cancelled = true, true
	kinds := []string{whole.Success, whole.Timeout, whole.StartedRun, whole.CancelledRun}
	first := []int64{2, 18}[rnd.IntN(2)] * scale
	if ages := []time.Duration{millis(first), millis(first + (1+rnd.Int64N(30))*scale)}; r.may(rnd, cep.Config{Remind: ages}) {
		r.model.Remind = []int64{ages[0].Milliseconds(), ages[1].Milliseconds()}
		r.Remind = []string{ages[1].String(), ages[0].String()}
		kinds = append(kinds, whole.Reminder)
	}
	if resolve := millis((1 + rnd.Int64N(80)) * scale); r.may(rnd, cep.Config{Resolve: resolve}) {
		r.model.Resolve, r.Resolve = resolve.Milliseconds(), resolve.String()
		kinds = append(kinds, whole.ResolvedRun)
	}
	if early := millis((1 + rnd.Int64N(15)) * scale); r.may(rnd, cep.Config{Early: early}) {
		r.model.Early, r.Early = early.Milliseconds(), early.String()
	}
	if rnd.IntN(2) == 0 {
		rnd.Shuffle(len(kinds), func(i, j int) { kinds[i], kinds[j] = kinds[j], kinds[i] })
		r.Outcomes = kinds[:1+rnd.IntN(len(kinds))]
	}
	if rnd.IntN(2) == 0 {
		r.Labels = map[string]string{"rule": name}
	}
	return r
}

// may reports by chance whether the rule has a setting, but not where it may not.
func (r *randomRule) may(rnd *rand.Rand, c cep.Config) bool {
	p := syntax.MustParse(r.Pattern)
	p.Within = millis(r.model.Within)
	_, err := cep.Compile(p, c)
	return err == nil && rnd.IntN(2) == 0
}

func millis(ms int64) time.Duration { return time.Duration(ms) * time.Millisecond }

var (
	windows    = regexp.MustCompile(`within [^ ]+`)
	linkWindow = regexp.MustCompile(`(next|ollowedBy|followedByAny) within`)
)

// stretched returns the text of a pattern with all windows so many times as long.
func stretched(pattern string, scale int64) string {
	return windows.ReplaceAllStringFunc(pattern, func(text string) string {
		d, err := time.ParseDuration(strings.TrimPrefix(text, "within "))
		if err != nil {
			return text // it is a type, of which the patterns have none
		}
		return "within " + (d * time.Duration(scale)).String()
	})
}

// gives reports whether the rule tells of a kind of outcome.
func (r *randomRule) gives(kind string) bool {
	if r.Outcomes == nil {
		return kind != whole.StartedRun
	}
	return slices.Contains(r.Outcomes, kind)
}

// outputs are the flags of the outputs that the file has outcomes for.
func (f *randomRules) outputs() []string {
	outputs := []string{"success", "timeouts"}
	for kind, flag := range map[string]string{whole.StartedRun: "started", whole.CancelledRun: "cancelled"} {
		if slices.ContainsFunc(f.rules, func(r randomRule) bool {
			return r.gives(kind) && (kind != whole.CancelledRun || strings.Contains(r.Pattern, " not"))
		}) {
			outputs = append(outputs, flag)
		}
	}
	return outputs
}

// event gives an event of the model the members and the key that it has in this file: some
// orders are of two users, and some events name none.
func (f *randomRules) event(e ceptest.Event, prefix string, begin int64) ceptest.Event {
	var members struct{ N int }
	if err := json.Unmarshal([]byte(e.Data), &members); err != nil {
		panic(err)
	}
	e.Key = prefix + e.Key
	e.Time = begin + e.Time*f.scale
	user := fmt.Sprintf(`"userId":%q,`, "u"+map[string]string{"i1": "1"}[e.ID])
	if e.ID == "i2" {
		user = ""
	}
	id := ""
	if e.ID != "" {
		e.ID = e.Type + e.ID // of a run's first event the type is no part of the outcome's id
		id = fmt.Sprintf(`"id":%q,`, e.ID)
	}
	e.Data = fmt.Sprintf(`{"orderId":%q,%s"type":%q,"time":%d,%s"n":%d}`, e.Key, user, e.Type, e.Time, id, members.N)
	return e
}

// keyOf returns the key of an event or an outcome in a rule.
func (r *randomRule) keyOf(userID, orderID string) string {
	if r.Key == "order" {
		return orderID
	}
	return userID + "/" + orderID
}

// want returns how often each outcome of a log is to be told, by its text, for a source
// that gives the events these places and ends so.
func (f *randomRules) want(t *testing.T, stamped []ceptest.Event, end ceptest.End) map[string]int {
	t.Helper()
	want := map[string]int{}
	for i := range f.rules {
		r := &f.rules[i]
		var log []ceptest.Event
		for _, e := range stamped {
			var ids struct{ UserID, OrderID string }
			if err := json.Unmarshal([]byte(e.Data), &ids); err != nil {
				t.Fatal(err)
			}
			e.Key = r.keyOf(ids.UserID, ids.OrderID)
			log = append(log, e)
		}
		for _, o := range r.model.Run(log, end).Outcomes {
			if r.gives(o.Kind) {
				want[r.text(o)]++
			}
		}
	}
	return want
}

// text returns all that an outcome of the model says.
func (r *randomRule) text(o whole.Outcome) string {
	events := map[string][]string{}
	for _, taken := range o.Taken {
		events[taken.Step] = append(events[taken.Step], taken.Event.Data)
	}
	if o.Deadline == whole.Never {
		o.Deadline = 0
	}
	if o.Kind == whole.Success || o.Kind == whole.CancelledRun || o.Kind == whole.ResolvedRun {
		o.WaitingFor = nil
	} else {
		o.EndedAt = 0
	}
	return outcomeText(r.Name, o.Kind, o.Key, []int64{o.StartedAt, o.EndedAt, o.Deadline, o.Age}, o.WaitingFor, events)
}

func outcomeText(rule, kind, key string, times []int64, waiting []string, events map[string][]string) string {
	text := fmt.Sprintf("%s %s of %s: %d, waits for %q", rule, kind, key, times, waiting)
	for _, step := range slices.Sorted(maps.Keys(events)) {
		text += fmt.Sprintf(" %s=%s", step, events[step])
	}
	return text
}

// told reads an outcome: its text, and what tells it from others, its id and kind.
func (f *randomRules) told(t *testing.T, line string) (text, id string) {
	t.Helper()
	var o struct {
		Outcome, Rule, ID, UserID, OrderID, Age  string
		StartedAt, EndedAt, ResolvedAt, Deadline time.Time
		WaitingFor                               []string
		Events                                   map[string]json.RawMessage
		Labels                                   map[string]string
	}
	if err := json.Unmarshal([]byte(line), &o); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	i := slices.IndexFunc(f.rules, func(r randomRule) bool { return r.Name == o.Rule })
	if i < 0 {
		t.Fatalf("%s: there is no such rule", line)
	}
	if r := &f.rules[i]; !maps.Equal(o.Labels, r.Labels) {
		t.Errorf("%s: want the labels %v", line, r.Labels)
	}
	if !o.ResolvedAt.IsZero() {
		o.EndedAt = o.ResolvedAt
	}
	age, _ := time.ParseDuration(o.Age) // "" is none
	events := map[string][]string{}
	for step, raw := range o.Events {
		list := []json.RawMessage{raw}
		if raw[0] == '[' {
			if err := json.Unmarshal(raw, &list); err != nil {
				t.Fatal(err)
			}
		}
		for _, event := range list {
			events[step] = append(events[step], string(event))
		}
	}
	times := []int64{unixMilli(o.StartedAt), unixMilli(o.EndedAt), unixMilli(o.Deadline), age.Milliseconds()}
	key := f.rules[i].keyOf(o.UserID, o.OrderID)
	return outcomeText(o.Rule, o.Outcome, key, times, o.WaitingFor, events), o.ID + " " + o.Outcome
}

// unixMilli is 0 of a member that is not there.
func unixMilli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// log returns a log of so many blocks of orders, in the order of arrival. Each block is of
// the events that one of the rules is likely to be moved by, and begins so long after the
// one before it, in the model's time.
func (f *randomRules) log(rnd *rand.Rand, blocks int, begin, gap int64) []ceptest.Event {
	type arrival struct {
		at    int64
		event ceptest.Event
	}
	var all []arrival
	for b := range blocks {
		p := whole.RandomPattern(rnd, whole.Shape{Roomy: true}) // for its windows, which are as those of the rules
		arrives := int64(0)
		for _, e := range p.RandomLog(rnd, 5+rnd.IntN(20)) {
			if f.different {
				e.ID = fmt.Sprint(len(all))
			}
			e = f.event(e, fmt.Sprintf("b%d-", b), begin+int64(b)*gap*f.scale)
			arrives = max(arrives, e.Time)
			all = append(all, arrival{arrives, e})
		}
	}
	slices.SortStableFunc(all, func(a, b arrival) int { return int(a.at - b.at) })
	log := make([]ceptest.Event, len(all))
	for i, a := range all {
		log[i] = a.event
	}
	return log
}
