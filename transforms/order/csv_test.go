package order

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func newCSV(t testing.TB, header string, d *Decoder) *CSV {
	t.Helper()
	columns, err := Columns([]byte(header))
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewCSV(columns, d)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCSVReadsRows(t *testing.T) {
	tests := []struct {
		reason, header, row string
		want                Event
		raw                 string
	}{
		{"all fields in any order, and one of the user's", `sum,time,type,userId,orderId,id`, `9.5,2026-03-01T12:00:00Z,create,u1,o1,e1`,
			Event{OrderID: "o1", UserID: "u1", Type: "create", Time: noon, ID: "e1"},
			`{"sum":"9.5","time":"2026-03-01T12:00:00Z","type":"create","userId":"u1","orderId":"o1","id":"e1"}`},
		{"digits are an integer time", `orderId,type,time`, `42,pay,1772366400000`,
			Event{OrderID: "42", Type: "pay", Time: noon}, `{"orderId":"42","type":"pay","time":"2026-03-01T12:00:00.000Z"}`},
		{"a time that is text stays as it came, finer than it is read and with its offset", `orderId,type,time`, `o,pay,2026-03-01T13:00:00.0009+01:00`,
			Event{OrderID: "o", Type: "pay", Time: noon}, `{"orderId":"o","type":"pay","time":"2026-03-01T13:00:00.0009+01:00"}`},
		{"empty cells are absent ids", `orderId,userId,type,time,id`, `,u,pay,0,`,
			Event{UserID: "u", Type: "pay"}, `{"orderId":"","userId":"u","type":"pay","time":"1970-01-01T00:00:00.000Z","id":""}`},
		{"quoted cells", `orderId,type,time,note`, `"a,b","say ""pay""","1","two` + "\r\n" + `lines"`,
			Event{OrderID: "a,b", Type: `say "pay"`, Time: 1}, `{"orderId":"a,b","type":"say \"pay\"","time":"1970-01-01T00:00:00.001Z","note":"two\r\nlines"}`},
		{"only what JSON asks for is escaped", `orderId,type,time`, "\x00<é>\x1f\\\t&\u2028\x7f,a,1",
			Event{OrderID: "\x00<é>\x1f\\\t&\u2028\x7f", Type: "a", Time: 1}, `{"orderId":"\u0000<é>\u001f\\\t&` + "\u2028\x7f" + `","type":"a","time":"1970-01-01T00:00:00.001Z"}`},
		{"ids are text, not numbers", `orderId,type,time`, `4.0,a,1`,
			Event{OrderID: "4.0", Type: "a", Time: 1}, `{"orderId":"4.0","type":"a","time":"1970-01-01T00:00:00.001Z"}`},
		{"white space belongs to the cell", `orderId,type,time`, ` o , a,1`,
			Event{OrderID: " o ", Type: " a", Time: 1}, `{"orderId":" o ","type":" a","time":"1970-01-01T00:00:00.001Z"}`},
		{"names of columns are escaped too", `orderId,type,time,"a ""b"""`, `o,a,1,x`,
			Event{OrderID: "o", Type: "a", Time: 1}, `{"orderId":"o","type":"a","time":"1970-01-01T00:00:00.001Z","a \"b\"":"x"}`},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			c := newCSV(t, tt.header, &Decoder{})
			row := []byte(tt.row)
			got, err := c.Event(row)
			if err != nil {
				t.Fatal(err)
			}
			clear(row) // nothing may alias it
			tt.want.Raw, tt.want.Row = []byte(tt.raw), true
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			for _, unit := range []time.Duration{time.Millisecond, time.Second} {
				again, err := (&Decoder{Unit: unit}).JSON(got.Raw)
				again.Row = true // which the bytes do not say
				if diff := cmp.Diff(got, again); diff != "" || err != nil {
					t.Errorf("read with unit %v, Raw is another event: %v\n%s", unit, err, diff)
				}
			}
		})
	}
}

func TestCSVRefusesWhatIsNoEvent(t *testing.T) {
	tests := []struct{ reason, row, want string }{
		{"too few cells", `o,u,a`, "row: got 3 cells, want 4"},
		{"too many cells", `o,u,a,1,`, "row: got 5 cells, want 4"},
		{"empty", ``, "row: got 1 cells, want 4"},
		{"open quote", `o,"u,a,1`, "not CSV: cell 2: the quote is not closed"},
		{"open after a doubled quote", `o,"u"",a,1`, "not CSV: cell 2: the quote is not closed"},
		{"text after a closing quote", `"o"x,u,a,1`, `not CSV: cell 1: got "x,u,a,1" after the closing quote, want a comma`},
		{"quote in a bare cell", `o,u"x",a,1`, `not CSV: cell 2: got a quote in "u\"x\"", want the whole cell quoted`},
		{"invalid UTF-8", "o,\xff,a,1", "not CSV: invalid UTF-8"},
		{"no id", `,,a,1`, "orderId, userId: both missing, want at least one"},
		{"no type", `o,u,,1`, "type: missing, want a non-empty string"},
		{"no time", `o,u,a,`, "time: missing, want RFC 3339 with an offset, or integer milliseconds"},
		{"no such time", `o,u,a,noon`, `time: got "noon", want RFC 3339 with an offset, or integer milliseconds`},
		{"a time of several lines", "o,u,a,\"1\n2\"", `time: got "1\n2", want RFC 3339 with an offset, or integer milliseconds`},
		{"exponent as time", `o,u,a,1e12`, `time: got "1e12", want RFC 3339 with an offset, or integer milliseconds`},
		{"before 1970", `o,u,a,-1`, `time: got -1, want one of the years 1970 to 9999`},
		{"oversized", strings.Repeat("x", MaxLine+1), "oversized: got a line of more than 1048576 bytes, want at most that"},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			d := &Decoder{}
			e, err := newCSV(t, "orderId,userId,type,time", d).Event([]byte(tt.row))
			if err == nil {
				t.Fatalf("got %+v, want error %q", e, tt.want)
			}
			if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(Event{}, e); diff != "" {
				t.Errorf("event beside the error (-want +got)\n%s", diff)
			}
			if d.IntegerTimes != 0 {
				t.Error("the time of a malformed row was counted")
			}
		})
	}
}

// A row in seconds is carried with a time that the settings of the row read as the
// same one.
func TestCSVInSecondsIsReadBackWithTheSameSettings(t *testing.T) {
	d := &Decoder{Unit: time.Second}
	e, err := newCSV(t, "orderId,type,time", d).Event([]byte("o,a,1772366400"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := d.JSON(e.Raw)
	again.Row = true // which the bytes do not say
	if diff := cmp.Diff(e, again); err != nil || diff != "" || e.Time != noon {
		t.Errorf("%s at %d is read back as another event: %v (-want +got)\n%s", e.Raw, e.Time, err, diff)
	}
}

func TestCSVKeepsRawOfEarlierRows(t *testing.T) {
	c := newCSV(t, "orderId,type,time,note", &Decoder{})
	var events []Event
	for range 1000 {
		e, err := c.Event([]byte("o,a,1," + strings.Repeat("n", 500)))
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
	for _, e := range events {
		_ = append(e.Raw, "would overwrite the next one"...)
	}
	want := `{"orderId":"o","type":"a","time":"1970-01-01T00:00:00.001Z","note":"` + strings.Repeat("n", 500) + `"}`
	for i, e := range events {
		if string(e.Raw) != want {
			t.Fatalf("row %d: got %s", i, e.Raw)
		}
	}
}

func TestCSVWorstCaseFitsItsRoom(t *testing.T) {
	c := newCSV(t, "orderId,type,time,note", &Decoder{})
	e, err := c.Event([]byte("o,a,1," + strings.Repeat("\x00", MaxLine-100)))
	if err != nil {
		t.Fatal(err)
	}
	if want := 6*(MaxLine-100) + len(`{"orderId":"o","type":"a","time":"1970-01-01T00:00:00.001Z","note":""}`); len(e.Raw) != want {
		t.Errorf("got %d bytes, want %d", len(e.Raw), want)
	}
}

func TestNewCSVWantsTheColumnsOfAnEvent(t *testing.T) {
	tests := []struct {
		reason, header string
		byOrder        bool
		want           string
	}{
		{"an order's event", "orderId,type,time", false, ""},
		{"a user's event", "userId,type,time", false, ""},
		{"no type", "orderId,time", false, `"orderId,time": no column "type"`},
		{"no time", "orderId,type,when", false, `"orderId,type,when": no column "time"`},
		{"no id", "id,type,time", false, `"id,type,time": no column "orderId" or "userId"`},
		{"no order id by order", "userId,type,time", true, `"userId,type,time": no column "orderId", which -key order needs`},
		{"names are exact", "orderid,Type,time", false, `"orderid,Type,time": no column "type"`},
		{"twice the same", "orderId,type,time,type", false, `"orderId,type,time,type": column "type" is there twice`},
		{"a data row for a header", "o1,create,2026-03-01T12:00:00Z", false, `"o1,create,2026-03-01T12:00:00Z": no column "type"`},
		{"invalid UTF-8", "orderId,type,time,\xff", false, `"orderId,type,time,\xff": column "\xff" is not UTF-8`},
	}
	for _, tt := range tests {
		columns, err := Columns([]byte(tt.header))
		if err != nil {
			t.Fatal(err)
		}
		_, err = NewCSV(columns, &Decoder{ByOrder: tt.byOrder})
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.reason, got, tt.want)
		}
	}
	if _, err := Columns([]byte(`"orderId`)); err == nil || err.Error() != "cell 1: the quote is not closed" {
		t.Errorf("open quote: got %v", err)
	}
}

// FuzzCSV compares with encoding/csv: both find the same cells. It is a little
// more lenient: it skips empty lines, and rewrites line breaks.
func FuzzCSV(f *testing.F) {
	for _, seed := range []string{"o,u,create,1,", `"o","u""1",pay,2026-03-01T12:00:00Z,"a,b"`, "o,u,a,1,\"x\ny\"", `o,"u,a,1,`, `o,u"x",a,1,`, "\x00,\\,\x1f,1,é"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, row []byte) {
		columns := []string{"orderId", "userId", "type", "time", "note"}
		c, err := NewCSV(columns, &Decoder{})
		if err != nil {
			t.Fatal(err)
		}
		e, err := c.Event(row)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\r") {
				t.Errorf("error of several lines: %q", err)
			}
			var parse *csv.ParseError
			if cells, stdErr := csv.NewReader(bytes.NewReader(row)).Read(); strings.HasPrefix(err.Error(), "not CSV: cell") && stdErr == nil && !bytes.ContainsAny(row, "\n\r") {
				t.Errorf("encoding/csv reads %q: %v", cells, err)
			} else if errors.As(stdErr, &parse) && !errors.Is(stdErr, csv.ErrFieldCount) && !strings.HasPrefix(err.Error(), "not CSV") && !bytes.ContainsAny(row, "\n\r") {
				t.Errorf("encoding/csv says %v: %v", stdErr, err)
			}
			return
		}
		var got map[string]any
		if err := json.Unmarshal(e.Raw, &got); err != nil {
			t.Fatalf("Raw: %v", err)
		}
		again, err := (&Decoder{Unit: time.Second}).JSON(e.Raw) // whatever the unit
		again.Row = true                                        // which the bytes do not say
		if diff := cmp.Diff(e, again); err != nil || diff != "" {
			t.Errorf("Raw is another event: %v\n%s", err, diff)
		}
		if bytes.ContainsAny(row, "\n\r") {
			return
		}
		cells, err := csv.NewReader(bytes.NewReader(row)).Read()
		if err != nil {
			t.Fatalf("encoding/csv does not take it: %v", err)
		}
		for i, name := range columns {
			if name != "time" && got[name] != cells[i] {
				t.Errorf("%s: got %q, want %q", name, got[name], cells[i])
			}
		}
	})
}

func BenchmarkCSV(b *testing.B) {
	row := []byte(`o-1000042,u-77120,create,2026-03-01T12:00:00.123Z,129.95,AB-123`)
	c := newCSV(b, "orderId,userId,type,time,amount,sku", &Decoder{MaxAhead: 24 * time.Hour})
	b.SetBytes(int64(len(row)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Event(row); err != nil {
			b.Fatal(err)
		}
	}
}
