package rules

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ordertimeout/transforms/order"
)

// FuzzParse looks for files that panic, for faults without a place in the file, and for rules
// that are not valid or are others once they are written as JSON and read again.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		all, "rules: [{name: a, pattern: 'a followedBy b within 1m', remind: [1s]}]", "a: &x [*x]", "rules:\n- name: a\n  pattern: >-\n    a[x\n    == ] followedBy\n\n    b",
		`{"rules":[{"name":"a","pattern":"a[x == \"\u00e9\" ~","within":"\"4h"}]}`, "%YAML 1.1\n---\nrules: !!x |2\n   y\n...\n", "rules: [{<<: {}, ? [a] : b, labels: {a: 1}}]\r\ninput: {types: {a: b}}\u2028",
		"rules: [{name: a, pattern: 'every (a next b){2,} until[x > 1] followedBy c skip past last', within: a.b ?? \"5m\"}]",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4000 {
			return
		}
		file, err := Parse("f", []byte(text))
		if err != nil {
			checkPlaces(t, text, err.(*Faults))
			return
		}
		for i := range file.Rules {
			if err := file.Rules[i].Validate(); err != nil {
				t.Errorf("%q: rule %d: %v", text, i, err)
			}
			file.Rules[i].Explain()
		}
		again, err := Parse("f", written(t, file))
		if err != nil {
			t.Fatalf("%q: written as %s: %v", text, written(t, file), err)
		}
		if diff := cmp.Diff(file, again, texts); diff != "" {
			t.Errorf("%q: written and read again (-want +got):\n%s", text, diff)
		}
	})
}

// checkPlaces looks for faults that are not in the file, or not in its order.
func checkPlaces(t *testing.T, text string, faults *Faults) {
	lines, last := splitLines(text), place{}
	for _, f := range faults.List {
		if f.Line < 1 || f.Column < 1 || f.Line > len(lines) || f.Column > len(lines[f.Line-1])+1 || f.Text == "" {
			t.Errorf("%q: fault %+v", text, f)
		}
		if f.Line < last.line || f.Line == last.line && f.Column < last.column {
			t.Errorf("%q: fault %+v behind one at %v", text, f, last)
		}
		last = place{f.Line, f.Column}
	}
}

// written returns a file as JSON.
func written(t *testing.T, file File) []byte {
	input := map[string]any{}
	for name, pairs := range map[string]map[string]string{"types": file.Input.Types, "fields": file.Input.Fields} {
		if pairs != nil {
			input[name] = pairs
		}
	}
	if file.Input.Format != "" {
		input["format"] = file.Input.Format
	}
	var rules []map[string]any
	for _, r := range file.Rules {
		rules = append(rules, writtenRule(&r))
	}
	text, err := json.Marshal(map[string]any{"input": input, "rules": rules})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func writtenRule(r *Rule) map[string]any {
	rule := map[string]any{"name": r.Name, "pattern": r.Pattern.String(), "key": r.Key}
	for name, d := range map[string]time.Duration{"within": r.Within.Duration, "resolve": r.Resolve, "early": r.Early} {
		if d != 0 {
			rule[name] = d.String()
		}
	}
	if r.Within.Expression != "" {
		rule["within"] = r.Within.Expression
	}
	if r.Outcomes != nil {
		rule["outcomes"] = r.Outcomes
	}
	var ages []string
	for _, age := range r.Remind {
		ages = append(ages, age.String())
	}
	if ages != nil {
		rule["remind"] = ages
	}
	if r.Labels != nil {
		rule["labels"] = writtenLabels(r.Labels)
	}
	return rule
}

// writtenLabels returns labels as an object in their order.
func writtenLabels(labels []order.Label) json.RawMessage {
	text := []byte("{")
	for i, l := range labels {
		if i > 0 {
			text = append(text, ',')
		}
		name, _ := json.Marshal(l.Name) // of a text
		value, _ := json.Marshal(l.Text)
		text = append(append(append(text, name...), ':'), value...)
	}
	return append(text, '}')
}
