package whole

import "testing"

func TestTimelines(t *testing.T) {
	all, err := Timelines()
	if err != nil {
		t.Fatal(err)
	}
	for _, timeline := range all {
		for _, fault := range timeline.Check(NewKey(timeline.Pattern)) {
			t.Error(fault)
		}
		if got := timeline.Pattern.String(); got != timeline.Text {
			t.Errorf("%s: the text is not canonical:\ngot:  %s\nwant: %s", timeline.Place, timeline.Text, got)
		}
	}
}
