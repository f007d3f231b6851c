package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"gonum.org/v1/plot/plotter"
)

func TestTheSeriesGrowWithTheEvents(t *testing.T) {
	type log struct {
		Events int
		Rate   float64
		Within time.Duration
		Users  int
		Hot    float64
	}
	const m = time.Minute
	tests := []struct {
		reason    string
		events    int
		maxLength float64
		want      map[string][]log
	}{
		{"the base", 2_000_000, 25, map[string][]log{
			"open": {
				{2_000_000, 1000, 46 * time.Second, 100_000, 0}, {2_000_000, 1000, 138 * time.Second, 100_000, 0},
				{2_000_000, 1000, 10 * m, 100_000, 0}, {2_000_000, 1000, 30 * m, 100_000, 0}, {2_000_000, 1000, 110 * m, 100_000, 0},
			},
			"length": {
				{2_000_000, 1000, 10 * m, 100_000, 0}, {5_000_000, 1000, 10 * m, 100_000, 0}, {10_000_000, 1000, 10 * m, 100_000, 0},
				{20_000_000, 1000, 10 * m, 100_000, 0}, {50_000_000, 1000, 10 * m, 100_000, 0},
			},
			"users": {
				{2_000_000, 1000, 10 * m, 1, 0.1}, {2_000_000, 1000, 10 * m, 100, 0.1}, {2_000_000, 1000, 10 * m, 10_000, 0.1},
				{2_000_000, 1000, 10 * m, 100_000, 0.1}, {2_000_000, 1000, 10 * m, 1_000_000, 0.1},
			},
		}},
		{"a fortieth, the least there is, and no longer logs than 5 times that", 50_000, 5, map[string][]log{
			"open": {
				{50_000, 25, 46 * time.Second, 2500, 0}, {50_000, 25, 138 * time.Second, 2500, 0},
				{50_000, 25, 10 * m, 2500, 0}, {50_000, 25, 30 * m, 2500, 0}, {50_000, 25, 110 * m, 2500, 0},
			},
			"length": {{50_000, 25, 10 * m, 2500, 0}, {125_000, 25, 10 * m, 2500, 0}, {250_000, 25, 10 * m, 2500, 0}},
			"users": {
				{50_000, 25, 10 * m, 1, 0.1}, {50_000, 25, 10 * m, 3, 0.1}, {50_000, 25, 10 * m, 250, 0.1},
				{50_000, 25, 10 * m, 2500, 0.1}, {50_000, 25, 10 * m, 25_000, 0.1},
			},
		}},
	}
	for _, test := range tests {
		got := make(map[string][]log)
		for _, s := range allSeries(test.events, test.maxLength) {
			for _, p := range s.points {
				got[s.name] = append(got[s.name], log{p.events, p.rate, p.within, p.users, p.hot})
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", test.reason, diff)
		}
	}
}

// measured is a series of three points; their third has grown by half.
func measured(name string) series {
	all := allSeries(2_000_000, 5)
	s := all[slices.IndexFunc(all, func(s series) bool { return s.name == name })]
	s.points = s.points[:3]
	for i, open := range []int64{10_680, 31_520, 133_520} {
		s.points[i].open = open
	}
	s.points[0].runs = []figures{{150_000, 8, 500}, {170_000, 7.5, 520}, {160_000, 8.5, 480}}
	s.points[1].runs = []figures{{150_000, 9, 600}, {140_000, 9.5, 610}}
	s.points[2].runs = []figures{{100_000, 12, 1000}}
	return s
}

func TestATableHasTheMediansOfEachPoint(t *testing.T) {
	tests := []struct{ name, want string }{
		{"open", `| orders open at the end of the log | events/s | CPU s per million events | peak MiB |
|---:|---:|---:|---:|
| 10680 (46s to pay) | 160000 (150000-170000) | 8.00 | 500 |
| 31520 (2m18s to pay) | 145000 (140000-150000) | 9.25 | 605 |
| 133520 (10m to pay) | 100000 (100000-100000) | 12.00 | 1000 |
`},
		{"length", `| events | events/s | CPU s per million events | peak MiB |
|---:|---:|---:|---:|
| 2000000 | 160000 (150000-170000) | 8.00 | 500 |
| 5000000 | 145000 (140000-150000) | 9.25 | 605 |
| 10000000 | 100000 (100000-100000) | 12.00 | 1000 |
`},
		{"users", `| users, besides one with a tenth of the orders | events/s | CPU s per million events | peak MiB |
|---:|---:|---:|---:|
| 1 | 160000 (150000-170000) | 8.00 | 500 |
| 100 | 145000 (140000-150000) | 9.25 | 605 |
| 10000 | 100000 (100000-100000) | 12.00 | 1000 |
`},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, table(measured(test.name))); diff != "" {
			t.Errorf("%s (-want +got)\n%s", test.name, diff)
		}
	}
}

// Each panel has a point for each median, as far from its first point, measured by
// the second, as the figures are: (12-8)/(9.25-8) in CPU, (1000-500)/(605-500) in
// memory, and in between by the logarithm of what grows.
func TestAPictureShowsThePointsOfItsSeries(t *testing.T) {
	tests := []struct {
		name  string
		ticks []string
		right float64
	}{
		{"open", []string{"10.7 k", "31.5 k", "134 k"}, math.Log(133_520./10_680) / math.Log(31_520./10_680)},
		{"length", []string{"2 M", "5 M", "10 M"}, math.Log(5) / math.Log(2.5)},
		{"users", []string{"1", "100", "10 k"}, 2},
	}
	for _, test := range tests {
		s := measured(test.name)
		svg, err := picture(s)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		texts, circles, err := parseSVG(svg)
		if err != nil || len(circles) != 6 {
			t.Errorf("%s: %d circles, %v, want 3 in each of 2 panels", test.name, len(circles), err)
			continue
		}
		got := append(proportions(circles[:3]), proportions(circles[3:])...)
		want := []float64{test.right, 4 / 1.25, test.right, 500. / 105}
		if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0.01, 0)); diff != "" {
			t.Errorf("%s: where the points are (-want +got)\n%s", test.name, diff)
		}
		for _, text := range append(test.ticks, s.title, s.axis, "CPU s per million events", "peak memory, MiB", "within 20 % of the first point", "0") {
			if !slices.Contains(texts, text) {
				t.Errorf("%s: no %q among %q", test.name, text, texts)
			}
		}
		if got := bytes.Count(svg, []byte("fill:#E4EDF6")); got != 2 {
			t.Errorf("%s: %d areas of the band's color, want one in the panel of CPU and one in its legend", test.name, got)
		}
		if again, _ := picture(s); !bytes.Equal(svg, again) {
			t.Errorf("%s: another picture of the same figures", test.name)
		}
	}
}

// proportions returns how far the third of three points is from the first, where
// the second is at 1: to the right and up.
func proportions(p [][2]float64) []float64 {
	return []float64{(p[2][0] - p[0][0]) / (p[1][0] - p[0][0]), (p[2][1] - p[0][1]) / (p[1][1] - p[0][1])}
}

// parseSVG returns all texts of a picture, and where its circles begin: paths of an
// arc, "M10,20A3,3 ...".
func parseSVG(svg []byte) (texts []string, circles [][2]float64, err error) {
	decoder := xml.NewDecoder(bytes.NewReader(svg))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return texts, circles, nil
		}
		if err != nil {
			return nil, nil, err
		}
		switch token := token.(type) {
		case xml.CharData:
			texts = append(texts, strings.TrimSpace(string(token)))
		case xml.StartElement:
			for _, a := range token.Attr {
				var at [2]float64
				if n, _ := fmt.Sscanf(a.Value, "M%g,%gA", &at[0], &at[1]); n == 2 && strings.Contains(a.Value, "A") {
					circles = append(circles, at)
				}
			}
		}
	}
}

// One point is what -max-length 1 leaves of a series. It is in the middle.
func TestASinglePointIsAPicture(t *testing.T) {
	s := measured("length")
	s.points = s.points[:1]
	if _, err := picture(s); err != nil {
		t.Error(err)
	}
	if left, right := margins(plotter.XYs{{X: 6.3}}); left >= 6.3 || right-6.3 != 6.3-left {
		t.Errorf("axis from %v to %v, want 6.3 in the middle", left, right)
	}
}

func TestATickHasThreeDigits(t *testing.T) {
	tests := []struct {
		x    float64
		want string
	}{{1, "1"}, {250, "250"}, {2500, "2.5 k"}, {133_520, "134 k"}, {999_400, "999 k"}, {999_600, "1 M"}, {50e6, "50 M"}}
	for _, test := range tests {
		if got := rounded(test.x); got != test.want {
			t.Errorf("%v: got %q, want %q", test.x, got, test.want)
		}
	}
}

func TestARunMustHaveReadAllEvents(t *testing.T) {
	tests := []struct {
		reason, summary, want string
	}{
		{"all", `{"read":10,"open":3,"late":0,"malformed":0}`, ""},
		{"one less", `{"read":9,"open":3,"late":0,"malformed":0}`, "10 events read"},
		{"one is late", `{"read":10,"open":3,"late":1,"malformed":0}`, "none of them late"},
		{"one is malformed", `{"read":10,"open":3,"late":0,"malformed":1}`, "or malformed"},
		{"no word of open orders", `{"read":10}`, "want open orders"},
		{"cut off", `{"read":10`, "unexpected end of JSON"},
	}
	for _, test := range tests {
		open, err := parseSummary([]byte(test.summary), 10)
		switch {
		case test.want == "" && (err != nil || open != 3):
			t.Errorf("%s: got %d, %v, want 3 open", test.reason, open, err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: got %v, want %q", test.reason, err, test.want)
		}
	}
}
