package transforms

import (
	"testing"

	"ordertimeout/transforms/shard/replica"
)

// Timers outlive builds: their tags must be read by the next one.
func TestTagsOfTimers(t *testing.T) {
	for _, test := range []struct {
		timer replica.Timer
		want  string
	}{
		{replica.Timer{Tick: 13_000, Hold: 12_000}, "a14/99c"},
		{replica.Timer{Tick: 1_700_000_010_000, Hold: 1_700_000_000_001}, "loyw42s0/loyw3v29"},
		{replica.Timer{Tick: 0, Hold: -1000}, "0/-rs"},
	} {
		tag := tagOf(test.timer)
		if tag != test.want {
			t.Errorf("%v: got tag %q, want %q", test.timer, tag, test.want)
		}
		if tick, err := tickOfTag(test.want); tick != test.timer.Tick || err != nil {
			t.Errorf("%s: got tick %d, error %v, want %d", test.want, tick, err, test.timer.Tick)
		}
	}
	if _, err := tickOfTag("?/99c"); err == nil || err.Error() != `transforms: timer with tag "?/99c": want a tick` {
		t.Errorf("a tag without a tick: got %v", err)
	}
}
