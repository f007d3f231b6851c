package main

import (
	"slices"
	"strings"
	"testing"
)

// Conditions see the numbers in the cells of rows, also of those that an earlier run has
// left open; a text of JSON that looks like a number is a text.
func TestConditionsOnRows(t *testing.T) {
	dir := t.TempDir()
	pattern := []string{"-pattern", `create[total > 100] followedBy pay[sum == create.total] within 10m`, "-quiet", "-disorder", "0s"}
	const header = "orderId,type,time,total,sum\n"
	rows := write(t, dir, "1.csv", header+"o1,create,2026-01-01T00:00:00Z,150,\no2,create,2026-01-01T00:00:01Z,99.5,\no3,create,2026-01-01T00:00:02Z,1e3,\no3,pay,2026-01-01T00:00:03Z,,1000\no5,view,2026-01-01T00:00:04Z,,\n")
	text := write(t, dir, "1.jsonl", `{"orderId":"o4","type":"create","time":"2026-01-01T00:00:00Z","total":"150"}`+"\n")
	next := write(t, dir, "2.csv", header+"o1,pay,2026-01-01T00:05:00Z,,150.0\no4,pay,2026-01-01T00:05:00Z,,150\no5,view,2026-01-01T00:20:00Z,,\n")
	open := dir + "/open.jsonl"
	r := run1(t, "", append(pattern, "-input", rows, "-input", text, "-open", open)...)
	if got := brief(t, r.stdout); r.status != 0 || !slices.Equal(got, []string{"success o3"}) {
		t.Errorf("first run: %q, %+v", got, r)
	}
	if want := `{"rule":"","event":{"orderId":"o1","type":"create","time":"2026-01-01T00:00:00Z","total":"150","sum":""},"row":true}` + "\n"; !strings.HasPrefix(read(t, open), want) {
		t.Errorf("open:\n%swant first\n%s", read(t, open), want)
	}
	r = run1(t, "", append(pattern, "-input", open, "-input", next)...)
	if got := brief(t, r.stdout); r.status != 0 || !slices.Equal(got, []string{"success o1"}) {
		t.Errorf("second run: %q, %+v", got, r)
	}
	// Without conditions nobody needs to know what was a row.
	r = run1(t, "", "-input", rows, "-open", open, "-quiet", "-disorder", "0s")
	if want := `{"orderId":"o1","type":"create"`; r.status != 0 || !strings.HasPrefix(read(t, open), want) {
		t.Errorf("open without conditions: %+v\n%s", r, read(t, open))
	}
}
