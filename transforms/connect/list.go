package connect

import (
	"fmt"
	"slices"
	"strings"
)

// List is the connectors of a pipeline. Help and errors name them in its order.
type List []Connector

// Source returns the kind that reads the inputs of a pipeline on a runner, and the name
// of its connector: the first kind that has one of them, or else the one with Rest. The
// error is a line that names the input at fault.
func (l List) Source(inputs []string, runner string) (kind *SourceKind, name string, err error) {
	var rest *SourceKind
	var restName string
	for _, c := range l {
		switch k := c.Source; {
		case k == nil || !runsOn(k.Runners, runner):
		case k.Rest:
			rest, restName = k, c.Name
		case slices.ContainsFunc(inputs, k.Is):
			return k, c.Name, nil
		}
	}
	for _, in := range inputs {
		if rest == nil || !rest.Is(in) {
			scheme, _, _ := strings.Cut(in, "://")
			return nil, "", fmt.Errorf("-input %q: unknown kind of source %q: want %s", l.Show(in), scheme, l.SourceForms(false))
		}
	}
	if rest == nil {
		return nil, "", fmt.Errorf("-input: none given: want %s", l.SourceForms(true))
	}
	return rest, restName, nil
}

// Sink returns the sink of a target, and the name of its connector. The error is a line
// that names the flag.
func (l List) Sink(t Target, env Env) (sink Sink, name string, err error) {
	if t.URI == "" {
		return nil, "", fmt.Errorf("-%s %q: want %s", t.Flag, t.URI, l.SinkForms(true))
	}
	kind, name := l.sinkOf(t.URI, env.Runner)
	switch {
	case kind == nil:
		scheme, _, _ := strings.Cut(t.URI, "://")
		return nil, "", fmt.Errorf("-%s %q: unknown kind of sink %q: want %s", t.Flag, l.Show(t.URI), scheme, l.SinkForms(true))
	case kind.OutcomesOnly && !t.Outcomes:
		return nil, "", fmt.Errorf("-%s: a %s is told of outcomes: want %s", t.Flag, name, l.SinkForms(false))
	}
	sink, err = kind.Parse(t, env)
	return sink, name, err
}

// sinkOf returns the kind of a target, and the name of its connector; nil: it has none.
func (l List) sinkOf(target, runner string) (kind *SinkKind, name string) {
	for _, c := range l {
		k := c.Sink
		if k == nil || !runsOn(k.Runners, runner) || !k.Is(target) {
			continue
		}
		if !k.Rest {
			return k, c.Name
		}
		kind, name = k, c.Name
	}
	return kind, name
}

func runsOn(runners []string, runner string) bool {
	return runners == nil || slices.Contains(runners, runner)
}

// Show returns what may be shown of a text that may be a URI: some hold secrets.
func (l List) Show(text string) string {
	for _, c := range l {
		if k := c.Sink; k != nil && k.Show != nil && k.Is(text) {
			return k.Show(text)
		}
	}
	return text
}

// SourceForms says what an input may be: "a file, - or pubsub://PROJECT/SUBSCRIPTION",
// with notes or without.
func (l List) SourceForms(notes bool) string {
	var forms []Form
	for _, c := range l {
		if c.Source != nil {
			forms = append(forms, c.Source.Forms...)
		}
	}
	return list(forms, notes)
}

// SinkForms says what a target may be: with outcomes one that outcomes are written to, else
// one that anything is.
func (l List) SinkForms(outcomes bool) string {
	var forms []Form
	for _, c := range l {
		if c.Sink != nil && (outcomes || !c.Sink.OutcomesOnly) {
			forms = append(forms, c.Sink.Forms...)
		}
	}
	return list(forms, true)
}

// list writes forms, each once, as "a, b or c".
func list(forms []Form, notes bool) string {
	var texts []string
	for _, f := range forms {
		text := f.Text
		if notes && f.Note != "" {
			text += " (" + f.Note + ")"
		}
		if !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	if len(texts) < 2 {
		return strings.Join(texts, "")
	}
	last := len(texts) - 1
	return strings.Join(texts[:last], ", ") + " or " + texts[last]
}

// Flags returns the flags of all connectors.
func (l List) Flags() (flags []Flag) {
	for _, c := range l {
		flags = append(flags, c.Flags...)
	}
	return flags
}

// Validate checks the values of the flags of all connectors. The error is a line that
// names the flag.
func (l List) Validate(in Input, env Env) error {
	for _, c := range l {
		if c.Validate == nil {
			continue
		}
		if err := c.Validate(in, env); err != nil {
			return err
		}
	}
	return nil
}
