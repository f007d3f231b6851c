package rules

import "testing"

// Settings that each are right may not go together.
func TestFaultsOfSettingsTogether(t *testing.T) {
	of := func(pattern, more string) string {
		return "rules:\n  - name: a\n    pattern: " + pattern + "\n" + more
	}
	faults(t, [][2]string{
		{of("every a followedBy b within 1m", "    resolve: 1h\n    early: 1s\n    remind: [1s]\n"), "4:14: resolve of a pattern with every: want one without\n5:12: early of a pattern with every: want one without"},
		{of("a notFollowedBy b within 1m", "    resolve: 1h\n    early: 1s\n    remind: [1s]\n"), "4:14: resolve of a pattern that ends in a negation: want a step at the end\n5:12: early of a pattern that ends in a negation: want a step at the end"},
		{of("a followedBy b notNext c within 1m", "    resolve: 1h\n"), "4:14: resolve of a pattern that ends in a negation: want a step at the end"},
		{of("a notFollowedBy c followedBy b within 1m", "    resolve: 1h\n    early: 1s\n"), ""},

		{of("a followedBy within 5m b within 10m", "    within: 299999ms\n"), `4:13: got 299999ms, and the pattern has "b" within 5m: want at least that`},
		{of("a followedBy within 5m b within 10m", "    within: 5m\n"), ""},
		{of("a followedBy (within) within 10m", "    within: 5m\n"), `3:28: unexpected keyword "within": want an event type (in quotes if it is one)`},
		{of("a followedBy within 5m (b followedBy within 2m c){2} within 10m", "    within: 4m\n"), `4:13: got 4m, and the pattern has "b" within 5m: want at least that`},
		{of("a notFollowedBy within 5m b within 10m", "    within: 4m\n"), `4:13: got 4m, and the pattern has "b" within 5m: want at least that`},

		{of("a followedBy b within 1m", "    remind: [61s, 5s, 60s, 59999ms]\n"), "4:14: got \"61s\" in a window of 1m: want less than that\n4:23: got \"60s\" in a window of 1m: want less than that"},
		{of("a followedBy b within 1m", "    remind: [2m]\n    within: 5m\n"), ""},
		{of("a followedBy b within 5m", "    within: 1m\n    remind:\n      - 2m\n    early: 60s\n"), "6:9: got \"2m\" in a window of 1m: want less than that\n7:12: early 1m0s of a pattern within 1m0s: want less than that"},
		{of("a followedBy b within 5m", "    within: 1m\n    early: 59999ms\n"), ""},
		{of("a followedBy b within 5m", "    within: window\n    remind: [5m, 299999ms]\n    early: 5m\n"), "5:14: got \"5m\" in a window of 5m: want less than that\n6:12: early 5m0s of a pattern within 5m0s: want less than that"},
		{of("a followedBy within 5m b", "    remind: [10m]\n    early: 10m\n"), ""},
	})
}

func TestFaultsOfExpressions(t *testing.T) {
	of := func(within string) string { return ruleOf("    within: " + within + "\n") }
	faults(t, [][2]string{
		{of(`'event.channel == "b2b" ? "48h" : "10m"'`), ""},
		{of(`'"48h"'`), ""},
		{of(`window`), ""},
		{of(`event.a ?? "5m"`), ""},
		{of(`event.channel == "b2b" ? "48h" : "10m"`), "4:44: no YAML: mapping values are not allowed in this context: want quotes around a text that has a colon and a space"},
		{of(`'"soon"'`), `4:14: got the duration "soon": want one such as 10m or 2d`},
		{of(`'"0s"'`), `4:14: got the duration 0s: want more than zero`},
		{of(`true`), `4:13: got true or false: want a duration, or the text of one such as "48h"`},
		{of(`total > 5`), `4:19: got true or false: want a duration, or the text of one such as "48h"`},
		{of(`'channel == "it''s" ? "48hh" : "10m"'`), `4:35: got the duration "48hh": want one such as 10m or 2d`},
		{of(">-\n      channel == \"b2b\"\n      ? \"48h\"\n      : len(items)"), `7:9: got a number: want a duration, or the text of one such as "48h"`},
		{of(`channel ==`), "4:23: got the end: want the rest of the condition"},
		{of(`a.window`), "4:13: a is a step: want members of the first event bare, such as channel (one called a: event.a)"},
		{of(`event.a.window`), ""},
		{"rules: [{name: a, pattern: a followedBy b, within: window}]", "1:52: got an expression, and the pattern has no window: want one there, for events on which the expression fails"},
		{"rules: [{name: a, pattern: a followedBy within 1m b, within: window}]", "1:62: got an expression, and the pattern has no window: want one there, for events on which the expression fails"},
	})
}
