package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"ordertimeout/transforms"
)

// ErrLoop is the error of an output to the topic that the input reads, which only the
// service knows: a wrong setting that shows in Plan.Check.
var ErrLoop = errors.New("what is written comes back as input, without end")

// Check asks the services that the settings name whether they can be used, before the
// pipeline starts, and opens what sinks need of this process. It ends within seconds. A
// warning is about what works, but not well; the error is one line that names the flag.
// See also [ErrLoop]. The plan that it returns is the one to run: it has what the services
// say where the settings do not.
func (p Plan) Check(ctx context.Context) (checked Plan, warnings []string, err error) {
	found, err := p.source.Check(ctx, p.topics())
	if err != nil {
		return p, nil, err
	}
	if found.MaxWithin > 0 {
		p.matches = boundWindows(p.matches, found.MaxWithin)
	}
	for _, output := range p.each() {
		if found.Topic != "" && output.Traits().Topic == found.Topic {
			return p, found.Warnings, fmt.Errorf("-%s %s: the topic that -input %s reads: %w: want another topic", output.Flag, output.URI, p.input, ErrLoop)
		}
		if err := output.check(ctx); err != nil {
			return p, found.Warnings, err
		}
	}
	return p, found.Warnings, nil
}

// boundWindows returns the matches with a bound for the windows that expressions give.
func boundWindows(matches []transforms.MatchConfig, most time.Duration) []transforms.MatchConfig {
	matches = slices.Clone(matches)
	for i := range matches {
		matches[i].Rules = slices.Clone(matches[i].Rules)
		for j := range matches[i].Rules {
			if r := &matches[i].Rules[j]; r.Window != "" {
				r.MaxWindow = most
			}
		}
	}
	return matches
}

// topics returns the flags of the outputs that are topics.
func (o *outputs) topics() (flags []string) {
	for _, output := range o.each() {
		if output.Traits().Topic != "" {
			flags = append(flags, "-"+output.Flag)
		}
	}
	return flags
}

func (o Output) check(ctx context.Context) error {
	if err := o.Check(ctx); err != nil {
		return fmt.Errorf("-%s: %w", o.Flag, err)
	}
	return nil
}
