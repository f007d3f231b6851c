package rules

import "testing"

// A rule goes on if its name, key and pattern are the same, whatever its window and all else.
func TestChange(t *testing.T) {
	of := func(text string) []Rule {
		file, err := Parse("r", []byte("rules:\n"+text))
		if err != nil {
			t.Fatal(err)
		}
		return file.Rules
	}
	old := of(`
- {name: a, pattern: a followedBy b within 1m}
- {name: b, pattern: a followedBy b within 1m}
- {name: c, pattern: a followedBy b within 1m}
- {name: d, pattern: a followedBy b within 1m}
- {name: e, pattern: a followedBy within 10s b within 1m}
- {name: f, pattern: "a followedBy b within 1m", within: window, resolve: 1h, labels: {x: y}}
`)
	changed := of(`
- {name: f, pattern: '"a"  followedBy b{1}', within: 2d, early: 1s, outcomes: [timeout]}
- {name: a, pattern: a followedBy b within 5m}
- {name: b, pattern: a next b within 1m}
- {name: new, pattern: a followedBy b within 1m}
- {name: d, pattern: a followedBy b within 1m, key: order}
- {name: e, pattern: a followedBy within 11s b within 1m}
`)
	want := "f: goes on\na: goes on\nb: starts empty\nnew: starts empty\nd: starts empty\ne: starts empty\nb: is removed\nc: is removed\nd: is removed\ne: is removed\n"
	if got := Change(old, changed); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
