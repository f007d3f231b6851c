package main

import (
	"strings"
	"testing"
)

// A few short days, each of which the command is killed or stopped in, tell what they are to
// tell.
func TestDaysAreToldOfOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the command and runs it some ten times")
	}
	c := config{days: 4, events: 40_000, restarts: 4, seed: 3}
	if err := c.run(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestATallySeesWhatDiffers(t *testing.T) {
	const id, other = "00112233445566778899aabbccddeeff", "10112233445566778899aabbccddeeff"
	tell := func(kind string, at int64, ids ...string) tally {
		told := tally{}
		for _, id := range ids {
			told.add(kind, at, id)
		}
		return told
	}
	wanted := tell("success", first+dayMillis+5, id)
	for _, test := range []struct {
		what string
		told tally
		want string
	}{
		{"the same", tell("success", first+dayMillis+9, id), ""},
		{"nothing", tally{}, "day 1: 1 outcomes of kind success"},
		{"twice", tell("success", first+dayMillis, id, id), "and 2 with"},
		{"another kind", tell("timeout", first+dayMillis, id), "day 1: 1 outcomes of kind success"},
		{"another day", tell("success", first, id), "day 0: 0 outcomes of kind success"},
		{"another id", tell("success", first+dayMillis, other), "and 1 with"},
	} {
		err := wanted.compare(test.told, 2)
		if err == nil != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", test.what, err, test.want)
		}
	}
	if err := wanted.compare(tally{}, 1); err != nil {
		t.Errorf("of the days before: %v", err)
	}
}
