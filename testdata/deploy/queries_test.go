// Package deploy tests the files of this directory with the tools that read them.
package deploy

import (
	"encoding/json"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

var promQL = parser.NewParser(parser.Options{})

// alerts returns the rules of alerts.yml, as Prometheus loads them.
func alerts(t *testing.T) []rulefmt.Rule {
	t.Helper()
	groups, errs := rulefmt.ParseFile("alerts.yml", false, model.UTF8Validation, promQL, slog.New(slog.DiscardHandler))
	for _, err := range errs {
		t.Error(err)
	}
	if groups == nil || len(groups.Groups) != 1 || len(groups.Groups[0].Rules) == 0 {
		t.Fatalf("want a group of rules: %+v", groups)
	}
	return groups.Groups[0].Rules
}

// dashboard is of a dashboard of Grafana what has queries.
type dashboard struct {
	Title, UID  string
	Description string
	Panels      []struct {
		ID                       int
		Type, Title, Description string
		GridPos                  struct{ X, Y, W, H int }
		Targets                  []struct{ Expr string }
	}
	Templating struct {
		List []struct{ Name, Query string }
	}
}

func loadDashboard(t *testing.T) (d dashboard) {
	t.Helper()
	b, err := os.ReadFile("dashboard.json")
	if err == nil {
		err = json.Unmarshal(b, &d)
	}
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Each panel says what it shows, and lies beside the others.
func TestDashboardIsWhole(t *testing.T) {
	d := loadDashboard(t)
	if d.Title == "" || d.UID == "" || d.Description == "" || len(d.Panels) == 0 {
		t.Fatalf("not a dashboard: %+v", d)
	}
	at, ids := map[[2]int]string{}, map[int]bool{}
	for _, p := range d.Panels {
		if p.Title == "" || p.Description == "" || len(p.Targets) == 0 || ids[p.ID] || p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("panel %q lacks a title, a description, a query or an id of its own, or is wider than the page", p.Title)
		}
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := at[[2]int{x, y}]; other != "" {
					t.Fatalf("panel %q lies on %q", p.Title, other)
				}
				at[[2]int{x, y}] = p.Title
			}
		}
	}
}

// queries returns all queries by what they are of. The variables of Grafana have values.
func queries(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, r := range alerts(t) {
		all["alert "+r.Alert] = r.Expr
	}
	d := loadDashboard(t)
	values := strings.NewReplacer("$__rate_interval", "5m", "$__range", "6h", "$instance", ".*")
	for _, p := range d.Panels {
		for i, target := range p.Targets {
			all["panel "+p.Title+" "+string(rune('A'+i))] = values.Replace(target.Expr)
		}
	}
	for _, v := range d.Templating.List {
		if inner, ok := strings.CutPrefix(v.Query, "label_values("); ok {
			all["variable "+v.Name], _, _ = strings.Cut(inner, ",")
		}
	}
	return all
}

// Each series that a query asks for is one that the command serves, and so is each value
// of a label that it names.
func TestQueriesFindWhatIsServed(t *testing.T) {
	series := exported(t)
	found := func(ms []*labels.Matcher) bool {
		for _, s := range series {
			all := true
			for _, m := range ms {
				all = all && m.Matches(s.Get(m.Name))
			}
			if all {
				return true
			}
		}
		return false
	}
	for of, query := range queries(t) {
		expr, err := promQL.ParseExpr(query)
		if err != nil {
			t.Errorf("%s: %v", of, err)
			continue
		}
		selectors := 0
		parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
			v, ok := n.(*parser.VectorSelector)
			if !ok {
				return nil
			}
			selectors++
			if !found(v.LabelMatchers) {
				t.Errorf("%s: nothing is served for %s", of, v)
			}
			for i, m := range v.LabelMatchers {
				for _, value := range m.SetMatches() {
					one := append([]*labels.Matcher{}, v.LabelMatchers...)
					one[i] = labels.MustNewMatcher(labels.MatchEqual, m.Name, value)
					if !found(one) {
						t.Errorf("%s: nothing is served for %s=%q of %s", of, m.Name, value, v)
					}
				}
			}
			return nil
		})
		if selectors == 0 {
			t.Errorf("%s: %s asks for nothing", of, query)
		}
	}
}
