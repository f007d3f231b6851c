package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/google/go-cmp/cmp"
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

// CSV has columns of one's own, by its header or by -columns, beside types of one's own.
func TestRowsWithOtherNames(t *testing.T) {
	const rows = "n-1,ann,order.created,2026-03-02T09:00:00Z,12\nn-2,bob,order.created,2026-03-02T09:01:00Z,9\n" +
		"n-1,ann,order.paid,2026-03-02T09:03:00Z,12\nn-2,bob,order.paid,2026-03-02T09:03:00Z,8\n,,order.paid,2026-03-02T09:04:00Z,8\nn-4,cat,order.created,2026-03-02T09:20:00Z,3\n"
	flags := []string{
		"-input", "-", "-format", "csv", "-quiet", "-types", "order.created=create,order.paid=pay", "-fields", "orderId=No,userId=Customer Name,type=What,time=At",
		"-pattern", `create followedBy pay[event["Total"] >= create.Total] within 10m`,
	}
	const columns = "No,Customer Name,What,At,Total"
	for _, test := range []struct {
		input string
		more  []string
	}{
		{columns + "\n" + rows, nil},
		{rows, []string{"-columns", columns}},
	} {
		dir := t.TempDir()
		r := run1(t, test.input, append(flags, append(test.more, "-rejects", dir+"/rejects")...)...)
		if got, want := brief(t, r.stdout), []string{"success n-1", "timeout n-2"}; r.status != exitOK || !slices.Equal(got, want) {
			t.Errorf("%q: status %d, outcomes %q, want %q: %s", test.more, r.status, got, want, r.stderr)
		}
		if want := `"create":{"No":"n-1","Customer Name":"ann","What":"order.created","At":"2026-03-02T09:00:00Z","Total":"12"}`; !strings.Contains(r.stdout, want) {
			t.Errorf("%q: want the row as it came, %s, in\n%s", test.more, want, r.stdout)
		}
		if rejects := read(t, dir+"/rejects"); strings.Count(rejects, "\n") != 1 || !strings.Contains(rejects, `orderId at No, userId at Customer Name`) {
			t.Errorf("%q: rejects %s, want one that names the columns", test.more, rejects)
		}
	}
}

// What a run has read under some names goes on in the next one, whose input has others: also
// for conditions that look at what was read before.
func TestNamesChangeOverACarryFile(t *testing.T) {
	dir := t.TempDir()
	flags := []string{
		"-carry", dir + "/carry", "-disorder", "0s", "-quiet", "-timeouts", dir + "/timeouts", "-success", dir + "/success",
		"-pattern", "create followedBy pay[userId == create.userId && create.type == 'create' && create.orderId == orderId && total >= create.total] within 10m",
	}
	old := write(t, dir, "old", `{"order":{"id":"o1"},"who":"ann","type":"order.created","at":1700000000000,"total":5}
{"order":{"id":"o2"},"who":"ann","type":"order.created","at":1700000001000,"total":5}
{"order":{"id":"o3"},"who":"cat","type":"order.created","at":1700000002000,"total":5}
`)
	r := run1(t, "", append(flags, "-input", old, "-fields", "orderId=order.id,userId=who,time=at", "-types", "order.created=create")...)
	if r.status != exitOK {
		t.Fatal(r.stderr)
	}
	now := write(t, dir, "now", `{"no":"o1","customer":"ann","kind":"paid","ts":1700000003000,"total":5}
{"no":"o2","customer":"ann","kind":"paid","ts":1700000003000,"total":4}
{"no":"o3","customer":"cat","kind":"paid","ts":1700000004000,"total":6}
{"no":"o9","customer":"cat","kind":"created","ts":1700001004000,"total":6}
`)
	r = run1(t, "", append(flags, "-input", old, "-input", now, "-fields", "orderId=no,userId=customer,type=kind,time=ts", "-types", "created=create,paid=pay")...)
	if r.status != exitOK {
		t.Fatal(r.stderr)
	}
	got := brief(t, read(t, dir+"/success")+read(t, dir+"/timeouts"))
	if want := []string{"success o1", "success o3", "timeout o2"}; !slices.Equal(got, want) {
		t.Errorf("outcomes %q, want %q", got, want)
	}
	if want := `"create":{"order":{"id":"o1"},"who":"ann","type":"order.created","at":1700000000000,"total":5},"pay":{"no":"o1",`; !strings.Contains(read(t, dir+"/success"), want) {
		t.Errorf("want the events as they came, %s, in\n%s", want, read(t, dir+"/success"))
	}
}

// Messages may be CloudEvents in either mode, one order's in both.
func TestCloudEventsFromASubscription(t *testing.T) {
	f := newFake(t)
	now := time.Now()
	n := 0
	attributes := func(typ string) map[string]string {
		n++
		return map[string]string{
			"ce-specversion": "1.0", "ce-id": fmt.Sprint(n), "ce-source": "/shop", "ce-type": typ, "ce-time": now.Format(time.RFC3339Nano), "content-type": "application/json",
		}
	}
	data := func(order string, total int) string {
		return fmt.Sprintf(`{"order":{"id":%q},"userId":"u","total":%d}`, order, total)
	}
	binary := func(typ, order string, total int) *pubsubpb.PubsubMessage {
		return &pubsubpb.PubsubMessage{Data: []byte(data(order, total)), Attributes: attributes(typ)}
	}
	structured := func(typ, order string, total int) *pubsubpb.PubsubMessage {
		n++
		text := fmt.Sprintf(`{"specversion":"1.0","id":"%d","source":"/shop","type":%q,"time":%q,"data":%s}`, n, typ, now.Format(time.RFC3339Nano), data(order, total))
		return &pubsubpb.PubsubMessage{Data: []byte(text), Attributes: map[string]string{"content-type": "application/cloudevents+json"}}
	}
	wrong := binary("order.paid", "o1", 5)
	wrong.Attributes["ce-specversion"] = "0.3"
	again := binary("order.created", "o4", 20)
	messages := []*pubsubpb.PubsubMessage{
		binary("order.created", "o1", 20), structured("order.created", "o2", 20), binary("order.created", "o3", 20), structured("order.created", "o5", 2), again,
		structured("order.paid", "o1", 20), binary("order.paid", "o2", 30), binary("order.paid", "o3", 10), again, wrong,
	}
	if _, err := f.client.TopicAdminClient.Publish(t.Context(), &pubsubpb.PublishRequest{Topic: ordersTopic, Messages: messages}); err != nil {
		t.Fatal(err)
	}
	p := start(t, nil, liveFlags(3*time.Second, "-format", "cloudevents", "-fields", "orderId=order.id", "-types", "order.created=create,order.paid=pay",
		"-pattern", "create[total > 10] followedBy pay[total >= create.total] within 10m")...)
	want := map[string]string{"o1": "success", "o2": "success", "o3": "timeout", "o4": "timeout"}
	p.await("the outcomes", 30*time.Second, func() bool { return len(f.outcomes()) >= len(want) })
	p.await("an acknowledgement of every message", 30*time.Second, func() bool { return f.acked()[0] == 0 })
	p.stopWell(false)
	f.checkOutcomes(want)
	bodies := map[string]string{}
	for _, n := range f.notices("success") {
		_, events, _ := strings.Cut(string(n.body), `"events":`)
		bodies[n.attributes["orderId"]] = strings.TrimSuffix(strings.TrimSpace(events), "}")
	}
	as := map[string]string{
		"o1": fmt.Sprintf(`{"create":%s,"pay":%s}`, messages[0].Data, messages[5].Data),
		"o2": fmt.Sprintf(`{"create":%s,"pay":%s}`, messages[1].Data, messages[6].Data),
	}
	if diff := cmp.Diff(as, bodies); diff != "" {
		t.Errorf("the events as they came (-want +got):\n%s", diff)
	}
	reasons := map[string]bool{}
	for _, n := range f.notices("rejects") {
		reason, _, _ := strings.Cut(string(n.body), `,"source"`)
		reasons[reason] = true
	}
	if want := map[string]bool{
		`{"reason":"duplicate","error":"create delivered again"`:                                      true,
		`{"reason":"malformed","error":"specversion: got \"0.3\", want \"1.0\", as CloudEvents have"`: true,
	}; !maps.Equal(reasons, want) {
		t.Errorf("rejects %v, want %v", reasons, want)
	}
}
