package order

import (
	"strconv"
	"strings"
	"testing"
)

// Each event is read as it is named, and each fault names the path.
func TestNames(t *testing.T) {
	nested := Names{Fields: map[string]string{"orderId": "order.id", "userId": `a\.b[1].id`, "type": "kind", "time": "meta.ts", "id": "ids.0"}, Types: map[string]string{"order.paid": "pay"}}
	flat := Names{Fields: map[string]string{"orderId": "no", "type": "kind", "time": "ts"}}
	cloud := Names{Format: FormatCloudEvents, Fields: map[string]string{"orderId": "order.id"}}
	const head = `{"specversion":"1.0","id":"7","source":"/s","type":"pay","time":"1970-01-01T00:00:01Z",`
	for _, test := range []struct {
		name  string
		names Names
		line  string
		want  string // order/user/type/id/time, or the error
	}{
		{"all", nested, `{"order":{"id":7},"a.b":[{"id":"x"},{"id":"u"}],"kind":"order.paid","meta":{"ts":5},"ids":["e"]}`, "7/u/pay/e/5"},
		{"a type that is not named", nested, `{"order":{"id":"o"},"kind":"create","meta":{"ts":5}}`, "o//create//5"},
		{"the last member counts", nested, `{"order":{"id":"old"},"order":{"id":"o"},"kind":"a","kind":"b","meta":{"ts":1,"ts":5}}`, "o//b//5"},
		{"the last member has no id", nested, `{"order":{"id":"old"},"order":{},"kind":"a","meta":{"ts":5}}`, `orderId at order.id, userId at a\.b[1].id: both missing, want at least one`},
		{"escapes", nested, `{"\u006frder":{"i\u0064":"o"},"kind":"order.pai\u0064","meta":{"ts":5}}`, "o//pay//5"},
		{"a list that is too short", nested, `{"order":{"id":"o"},"a.b":[],"kind":"a","meta":{"ts":5},"ids":[]}`, "o//a//5"},
		{"null on the way", nested, `{"order":{"id":"o"},"a.b":null,"kind":"a","meta":{"ts":5}}`, "o//a//5"},
		{"an object of numbers", nested, `{"order":{"id":"o"},"kind":"a","meta":{"ts":5},"ids":{"0":"e"}}`, "o//a/e/5"},
		{"a text on the way", nested, `{"order":"o","kind":"a","meta":{"ts":5}}`, `orderId at order.id: got "o" on the way there, want a string or an integer`},
		{"an object for a list", nested, `{"order":{"id":"o"},"a.b":{"1":{"id":"u"}},"kind":"a","meta":{"ts":5}}`, `userId at a\.b[1].id: got {…} on the way there, want a string or an integer`},
		{"a list for an object", nested, `{"order":[{"id":"o"}],"kind":"a","meta":{"ts":5}}`, `orderId at order.id: got […] on the way there, want a string or an integer`},
		{"no type", nested, `{"order":{"id":"o"},"type":"pay","meta":{"ts":5}}`, "type at kind: missing, want a non-empty string"},
		{"no time", nested, `{"order":{"id":"o"},"kind":"a","time":5}`, "time at meta.ts: missing, want RFC 3339 with an offset, or integer milliseconds"},
		{"a wrong time", nested, `{"order":{"id":"o"},"kind":"a","meta":{"ts":"now"}}`, `time at meta.ts: got "now", want RFC 3339 with an offset, or integer milliseconds`},
		{"flat", flat, `{"no":"o","userId":"u","kind":"pay","ts":5,"orderId":"x","type":"y"}`, "o/u/pay//5"},
		{"flat, with an object", flat, `{"x":{"no":"n"},"no":"o","kind":"pay","ts":5}`, "o//pay//5"},
		{"a CloudEvent", cloud, head + `"data":{"order":{"id":"o"},"userId":"u","type":"x","time":0,"id":"y"}}`, "o/u/pay//s#7/1000"},
		{"+json", cloud, head + `"datacontenttype":"application/vnd.shop+JSON; charset=utf-8","data":{"order":{"id":"o"}}}`, "o//pay//s#7/1000"},
		{"no JSON", cloud, head + `"datacontenttype":"text/xml","data":"<a/>"}`, `datacontenttype: got "text/xml", want JSON, such as application/json`},
		{"bytes", cloud, head + `"data_base64":"e30="}`, "data_base64: got bytes, want JSON in data"},
		{"data of another kind", cloud, head + `"data":[]}`, "data: got [], want a JSON object"},
		{"no data", cloud, head + `"x":1}`, "data: missing, want a JSON object"},
		{"an older version", cloud, `{"specversion":"0.3"}`, `specversion: got "0.3", want "1.0", as CloudEvents have`},
		{"no CloudEvent", cloud, `{"order":{"id":"o"},"type":"pay","time":5}`, `specversion: missing, want "1.0", as CloudEvents have`},
		{"no source", cloud, `{"specversion":"1.0","id":"7","type":"pay"}`, "source: missing, want a non-empty string"},
		{"an integer time", cloud, `{"specversion":"1.0","id":"7","source":"s","type":"pay","time":5,"data":{}}`, "time: got 5, want RFC 3339 with an offset, as CloudEvents have"},
		{"a batch", cloud, `[{}]`, "got [{}], want a JSON object, one CloudEvent and no batch"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := test.names.Validate(); err != nil {
				t.Fatal(err)
			}
			got := shown(DecoderConfig{Names: test.names.Text()}.Decoder().JSON([]byte(test.line)))
			if got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func shown(e Event, err error) string {
	if err != nil {
		return err.Error()
	}
	return strings.Join([]string{e.OrderID, e.UserID, e.Type, e.ID}, "/") + "/" + strconv.FormatInt(e.Time, 10)
}

func TestWrongNames(t *testing.T) {
	for text, want := range map[string]string{
		"order=a":                  `-fields: got "order", want orderId, userId, type, time or id before the =`,
		"id":                       `got "id", want NAME=PATH`,
		"id=":                      `got "id=", want NAME=PATH`,
		"id=a,id=b":                `got "id" twice, want it once`,
		"id=a..b":                  `-fields id: path "a..b": got an empty name`,
		"id=.a":                    `-fields id: path ".a": got an empty name`,
		"id=a[x]":                  `-fields id: path "a[x]": got a bad index, want a number from 0 on, as in items[0].id`,
		"id=a[01]":                 `-fields id: path "a[01]": got a bad index, want a number from 0 on, as in items[0].id`,
		"id=a[0":                   `-fields id: path "a[0": got a bad index, want a number from 0 on, as in items[0].id`,
		"id=a[0]b":                 `-fields id: path "a[0]b": got a name behind a bracket, want a dot between them`,
		`id=a\`:                    `-fields id: path "a\\": got a backslash, want one only before a dot, comma, bracket, = or \`,
		`id=a\.b\,c,time=x.0[1]`:   "",
		"orderId=same,userId=same": "",
	} {
		fields, err := ParseFields(text)
		if err == nil {
			err = Names{Fields: fields}.Validate()
		}
		if got := errorText(err); got != want {
			t.Errorf("-fields %s: got %s, want %s", text, got, want)
		}
	}
	for text, want := range map[string]string{"a=b,a=c": `got "a" twice, want it once`, "a=": `got "a=", want TYPE=NAME`, `a\`: `got "a\\", want TYPE=NAME`, `a\=b\,c=d`: ""} {
		if _, err := ParseTypes(text); errorText(err) != want {
			t.Errorf("-types %s: got %v, want %s", text, err, want)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// What conditions read of a CloudEvent is its data; a column is a path of one name.
func TestNamesBesideDecoding(t *testing.T) {
	r := NewReader(Names{Format: FormatCloudEvents, Fields: map[string]string{"userId": "who.id"}}.Text())
	values := make([]any, 1)
	for _, data := range []string{`{"specversion":"1.0","n":1,"data":{"n":2,"who":{"id":7}}}`, `{"n":2,"who":{"id":7}}`} {
		r.Members([]byte(data), []string{"n"}, values)
		user, _ := r.IDs(Key("", "o"), []byte(data))
		if values[0] != 2 || r.Whole([]byte(data))["n"] != 2 || user != "7" {
			t.Errorf("%s: got n %v, user %q, want 2 and 7", data, values[0], user)
		}
	}
	d := DecoderConfig{Names: Names{Fields: map[string]string{"orderId": `order\.no`, "type": "kind"}, Types: map[string]string{"p": "pay"}}.Text()}.Decoder()
	c, err := NewCSV([]string{"kind", "order.no", "time"}, d)
	if err != nil {
		t.Fatal(err)
	}
	e, err := c.Event([]byte("p,o,5"))
	if got := shown(e, err); got != "o//pay//5" {
		t.Errorf("row: got %s", got)
	}
	if got := shown(d.JSON(e.Raw)); got != "o//pay//5" {
		t.Errorf("row read again: got %s", got)
	}
	d = DecoderConfig{Names: Names{Fields: map[string]string{"orderId": "order.no"}}.Text()}.Decoder()
	if _, err := NewCSV([]string{"type", "order.no", "time"}, d); err == nil || !strings.Contains(err.Error(), "-fields orderId=order.no: rows of CSV are not nested") {
		t.Errorf("a path in CSV: got %v", err)
	}
}

// FuzzNames reads the same of an event that is moved into objects as of the event itself.
func FuzzNames(f *testing.F) {
	moved := DecoderConfig{Names: Names{Fields: map[string]string{"orderId": "a.b.orderId", "userId": "a.b.userId", "type": "a.b.type", "time": "a.b.time", "id": "a.b.id"}}.Text()}.Decoder()
	cloud := DecoderConfig{Names: Names{Format: FormatCloudEvents}.Text()}.Decoder()
	for _, line := range []string{`{"orderId":"o","type":"pay","time":5}`, `{"userId":1,"type":"x","time":"2026-01-01T00:00:00Z","id":"i","id":null}`, `{"orderId":[],"type":"\ud800"}`, `{"specversion":"1.0","id":"i","source":"s","data":{}}`} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		_, _ = cloud.JSON([]byte(line))
		_, _ = cloud.Binary([]byte(line), Envelope{SpecVersion: "1.0", ID: "i", Source: "s", Type: "t", Time: "1970-01-01T00:00:01Z"}, nil)
		e, err := new(Decoder).JSON([]byte(line))
		if err != nil || len(line) > maxPlain {
			return
		}
		got, err := moved.JSON([]byte(`{"a":{"b":` + line + `}}`))
		if shown(got, err) != shown(e, nil) {
			t.Errorf("%s: got %s, want %s", line, shown(got, err), shown(e, nil))
		}
	})
}
