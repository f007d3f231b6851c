package main

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// The commands of the README's section about names, and what they give.
func TestYourOwnFieldNames(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(readme), "## Your own field names")
	section, _, _ = strings.Cut(section, "\n## ")
	var got [][]string
	for _, command := range strings.Split(strings.ReplaceAll(section, "\\\n", " "), "\n") {
		args := strings.Fields(command)
		if len(args) == 0 || args[0] != "bin/ordertimeout" {
			continue
		}
		for i := range args {
			args[i] = strings.Replace(args[i], "testdata/", "../../testdata/", 1)
		}
		got = append(got, brief(t, run1(t, "", append(args[1:], "-quiet")...).stdout))
	}
	want := [][]string{{"success n-1", "timeout n-2"}, {"success c-1", "timeout c-2"}}
	if !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("outcomes %q, want %q", got, want)
	}
}

// The open events of a run are an input of the next one with the same flags, and a line that
// is no event names the path.
func TestOpenEventsKeepTheirNames(t *testing.T) {
	dir := t.TempDir()
	names := []string{"-quiet", "-types", "order.created=create,order.paid=pay", "-fields", "orderId=order.id,userId=customer.id,type=eventType,time=meta.ts,id=eventId"}
	run1(t, "", append(names, "-input", "../../testdata/named.jsonl", "-open", dir+"/open", "-rejects", dir+"/rejects")...)
	if got, want := read(t, dir+"/rejects"), `orderId at order.id: got \"n-3\" on the way there`; !strings.Contains(got, want) {
		t.Errorf("rejects %s, want %s", got, want)
	}
	r := run1(t, "", append(names, "-input", dir+"/open", "-at-end", "timeout")...)
	if got, want := brief(t, r.stdout), []string{"timeout n-4"}; !slices.Equal(got, want) {
		t.Errorf("outcomes %q, want %q", got, want)
	}
}
