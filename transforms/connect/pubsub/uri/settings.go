package uri

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// settings reads settings and keeps the first error.
type settings struct {
	values url.Values
	err    error
}

func (v *settings) fail(name, want string) {
	if v.err == nil {
		v.err = fmt.Errorf("%s=%s: want %s", name, v.values.Get(name), want)
	}
}

func (v *settings) integer(name string, standard, low, high int) int {
	if !v.values.Has(name) {
		return standard
	}
	n, err := strconv.Atoi(v.values.Get(name))
	if err != nil || n < low || n > high {
		v.fail(name, fmt.Sprintf("an integer from %d to %d", low, high))
	}
	return n
}

func (v *settings) duration(name string, standard, low, high time.Duration) time.Duration {
	if !v.values.Has(name) {
		return standard
	}
	d, err := time.ParseDuration(v.values.Get(name))
	if err != nil || d < low || d > high {
		v.fail(name, fmt.Sprintf("a duration from %v to %v", low, high))
	}
	return d
}

// oneOf returns the value, which the first one stands for if there is none.
func (v *settings) oneOf(name string, choices ...string) string {
	if !v.values.Has(name) {
		return choices[0]
	}
	got := v.values.Get(name)
	for _, c := range choices {
		if got == c {
			return got
		}
	}
	v.fail(name, strings.Join(choices, " or "))
	return ""
}

func (v *settings) timeOf(name string) (TimeOf, string) {
	got, attribute, _ := strings.Cut(v.values.Get(name), ":")
	switch {
	case !v.values.Has(name):
		return TimeOfEvent, ""
	case got == string(TimeOfAttribute) && attribute != "":
		return TimeOfAttribute, attribute
	case v.values.Get(name) == string(TimeOfEvent), v.values.Get(name) == string(TimeOfPublish):
		return TimeOf(got), ""
	}
	v.fail(name, "event, publish or attribute:NAME")
	return "", ""
}
