package main

import (
	"bytes"
	"context"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

// both ends a demonstration once it has shown both kinds of outcome.
type both struct {
	bytes.Buffer
	end func()
}

func (b *both) Write(text []byte) (int, error) {
	n, err := b.Buffer.Write(text)
	if got := b.String(); strings.Contains(got, " success ") && strings.Contains(got, " timeout ") {
		b.end()
	}
	return n, err
}

func TestDemoShowsBothOutcomesAndTheSummary(t *testing.T) {
	for _, test := range []struct {
		reason string
		within time.Duration
		ack    string
	}{
		{"no lease is shorter", time.Second, "ack=bundle"},
		{"messages are held until the outcome", 2 * time.Second, "ack=outcome"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Setenv("PUBSUB_EMULATOR_HOST", os.Getenv("PUBSUB_EMULATOR_HOST")) // the demo sets it
			set := settings{within: test.within, length: time.Minute, rate: 20}
			if uri := subscriptionURI(set); !strings.Contains(uri, test.ack) {
				t.Errorf("input %s: want %s", uri, test.ack)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			out := &both{end: cancel}
			if err := demo(ctx, set, out); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			for _, want := range []string{
				`(?m)^\d\d:\d\d:\d\d\.\d{3}  success  order o\d+ +user u\d+ +paid after \d+\.\d\d s$`,
				`(?m)^\d\d:\d\d:\d\d\.\d{3}  timeout  order o\d+ +user u\d+ +not paid; told \d+\.\d\d s after the deadline$`,
				`(?m)^\d+ orders started = [1-9]\d* success \+ [1-9]\d* timeout \+ .* \(adds up\)$`,
			} {
				if !regexp.MustCompile(want).MatchString(out.String()) {
					t.Errorf("want %s in\n%s", want, out)
				}
			}
		})
	}
}

func TestLineOfAnOutcome(t *testing.T) {
	published := time.Date(2026, 1, 1, 12, 0, 6, 250e6, time.Local)
	for _, test := range []struct{ reason, body, want string }{
		{"paid", `{"outcome":"success","orderId":"o1","userId":"u2","startedAt":"2026-01-01T00:00:00.000Z","endedAt":"2026-01-01T00:00:01.500Z","deadline":"2026-01-01T00:00:05.000Z"}`,
			"12:00:06.250  success  order o1    user u2    paid after 1.50 s"},
		{"not paid", `{"outcome":"timeout","orderId":"o1","userId":"u2","deadline":"` + published.Add(-1250*time.Millisecond).Format(time.RFC3339Nano) + `"}`,
			"12:00:06.250  timeout  order o1    user u2    not paid; told 1.25 s after the deadline"},
		{"something else", `x`, `not an outcome: "x": invalid character 'x' looking for beginning of value`},
	} {
		if got := line([]byte(test.body), published); got != test.want {
			t.Errorf("%s: got\n%s, want\n%s", test.reason, got, test.want)
		}
	}
}

func TestFlagsThatAreWrong(t *testing.T) {
	for _, test := range []struct{ args, want string }{
		{"-within 999ms", "-within 999ms: want 1s to 1h"},
		{"-within 1h1s", "-within 1h0m1s: want 1s to 1h"},
		{"-for -1s", "-for -1s: want 0 or more"},
		{"-rate NaN", "-rate NaN: want 0.1 to 1000"},
		{"x", `"x": want flags only`},
		{"-within 1s -for 0 -rate 0.1", ""},
	} {
		_, err := parse(strings.Fields(test.args))
		if got := errorText(err); got != test.want {
			t.Errorf("%s: got %q, want %q", test.args, got, test.want)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
