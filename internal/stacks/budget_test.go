package stacks

import (
	"fmt"
	"io/fs"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/source"
)

// The budget of every template is found whichever of the three spellings it is written in: what is declared in its
// CLAUDE.md is written again as front matter, as a fence and as a table, and read back.
func TestThreeSpellings(t *testing.T) {
	each(t, func(t *testing.T, s Stack) {
		shipped := load(t, string(treeOf(filesOf(t, s, Values{}))["CLAUDE.md"].Data))
		if len(shipped) == 0 {
			t.Fatal("CLAUDE.md declares no budget")
		}
		ceilings := 0
		for _, b := range shipped {
			text := spelt(reflect.ValueOf(b), "")
			if text == "" {
				t.Errorf("nothing is written of %s", b.Scope())
			}
			indented := "  " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  ")
			equal(t, b, load(t, "---\ntokengate:\n"+indented+"\n---\n# A\n\nText.\n"))
			equal(t, b, load(t, "# A\n\n```yaml tokengate\n"+text+"```\n"))
			if b.Ceiling.Cost.Set || b.Ceiling.Tokens.Set {
				ceilings++
			}
			if row, rest := tabled(b); rest {
				equal(t, row, load(t, table(row)))
			}
		}
		if yaml := string(treeOf(filesOf(t, s, Values{}))["tokengate.yaml"].Data); ceilings == 0 && !strings.Contains(yaml, "ceiling:") {
			t.Error("no ceiling anywhere")
		}
	})
}

func load(t *testing.T, content string) []prompt.Budget {
	t.Helper()
	tmpl, diags := prompt.Load(fstest.MapFS{"CLAUDE.md": {Data: []byte(content)}}, "CLAUDE.md", prompt.Options{})
	if len(diags) > 0 {
		t.Fatalf("%v in:\n%s", diags, content)
	}
	return tmpl.Budgets
}

// equal compares a budget with the only one that was read, places aside.
func equal(t *testing.T, want prompt.Budget, got []prompt.Budget) {
	t.Helper()
	if len(got) != 1 {
		t.Fatalf("%d budgets", len(got))
	}
	amounts := cmp.Comparer(func(a, b money.Amount) bool { return a.String() == b.String() })
	if diff := cmp.Diff(want, got[0], amounts, cmp.FilterPath(func(p cmp.Path) bool {
		return p.Last().Type() == reflect.TypeFor[source.Span]()
	}, cmp.Ignore())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// spelt writes what is set in a budget as YAML, by the keys of its fields.
func spelt(v reflect.Value, indent string) string {
	var b strings.Builder
	for i := range v.NumField() {
		key, opts, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		field := v.Field(i)
		switch set := field.Kind() == reflect.Struct && field.FieldByName("Set").IsValid(); {
		case key == "-":
		case opts == "inline":
			b.WriteString(spelt(field, indent))
		case set && field.FieldByName("Set").Bool():
			fmt.Fprintf(&b, "%s%s: %s\n", indent, key, scalar(field.FieldByName("Value").Interface()))
		case set:
		case field.Kind() == reflect.Slice && field.Len() > 0:
			fmt.Fprintf(&b, "%s%s:\n%s", indent, key, list(field, indent+"  "))
		case field.Kind() == reflect.Struct:
			if inner := spelt(field, indent+"  "); inner != "" {
				fmt.Fprintf(&b, "%s%s:\n%s", indent, key, inner)
			}
		}
	}
	return b.String()
}

// list writes a sequence of values, or a mapping that keeps its order.
func list(v reflect.Value, indent string) string {
	var b strings.Builder
	for i := range v.Len() {
		e := v.Index(i)
		if e.FieldByName("Key").IsValid() {
			value := e.FieldByName("Value")
			if value.Kind() == reflect.Struct {
				value = value.FieldByName("Value")
			}
			fmt.Fprintf(&b, "%s%s: %s\n", indent, scalar(e.FieldByName("Key").FieldByName("Value").Interface()), scalar(value.Interface()))
			continue
		}
		fmt.Fprintf(&b, "%s- %s\n", indent, scalar(e.FieldByName("Value").Interface()))
	}
	return b.String()
}

func scalar(v any) string {
	switch v := v.(type) {
	case interface{ Exact() string }:
		return v.Exact()
	case fmt.Stringer:
		return v.String()
	case string:
		return fmt.Sprintf("%q", v)
	}
	return fmt.Sprint(v)
}

// tabled is what a table can hold of a budget; rest says that this is anything beside its name.
func tabled(b prompt.Budget) (row prompt.Budget, rest bool) {
	row = prompt.Budget{Track: b.Track, Feature: b.Feature, Limits: prompt.Limits{Owner: b.Owner, Ceiling: b.Ceiling}}
	return row, b.Owner.Set || b.Ceiling.Tokens.Set || b.Ceiling.Cost.Set
}

func table(b prompt.Budget) string {
	cell := func(set bool, v any) string {
		if !set {
			return "-"
		}
		return strings.Trim(scalar(v), `"`)
	}
	return fmt.Sprintf("# A\n\n## Token budget\n\n| Track | Feature | Tokens | Cost | Owner |\n|---|---|---|---|---|\n| %s | %s | %s | %s | %s |\n",
		cell(b.Track.Set, b.Track.Value), cell(b.Feature.Set, b.Feature.Value), cell(b.Ceiling.Tokens.Set, b.Ceiling.Tokens.Value),
		cell(b.Ceiling.Cost.Set, b.Ceiling.Cost.Value), cell(b.Owner.Set, b.Owner.Value))
}

// A "token" is also what somebody signs in with, and the skills show budget blocks in their text: nothing but what was
// meant as a budget is found, and nothing looks like a mistake.
func TestNoStrayBudgets(t *testing.T) {
	mentions := 0
	each(t, func(t *testing.T, s Stack) {
		tree := treeOf(filesOf(t, s, Values{}))
		err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(name, ".md") {
				return err
			}
			tmpl, diags := prompt.Load(tree, name, prompt.Options{})
			if len(diags) > 0 {
				t.Errorf("%s: %v", name, diags)
			}
			mentions += strings.Count(strings.ToLower(tmpl.Text()), "token")
			if strings.HasPrefix(name, ".claude/") && len(tmpl.Budgets) > 0 {
				t.Errorf("%s: a budget at %s", name, tmpl.Budgets[0].Span)
			}
			for _, b := range tmpl.Budgets {
				if !b.Owner.Set && !b.Track.Set && !b.Feature.Set {
					t.Errorf("%s: the budget at %s names neither owner nor track", name, b.Span)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	if mentions < 5 {
		t.Errorf("the texts say token %d times: this tests nothing", mentions)
	}
}

// No example answer is longer than its prompt allows: a cap that the recording is over of would be a finding.
func TestAnswersFitTheirCap(t *testing.T) {
	each(t, func(t *testing.T, s Stack) {
		tree := treeOf(filesOf(t, s, Values{}))
		for _, f := range s.flows() {
			if !strings.HasPrefix(f.Template, "prompts/") {
				continue
			}
			tmpl, _ := prompt.Load(tree, f.Template, prompt.Options{})
			if len(tmpl.Budgets) != 1 || !tmpl.Budgets[0].MaxOutputTokens.Set {
				t.Errorf("%s caps no output", f.Template)
			} else if limit := float64(tmpl.Budgets[0].MaxOutputTokens.Value); 1.5*f.Output.P95 > limit {
				t.Errorf("%s: answers of up to %.0f tokens, the cap is %.0f", f.Template, 1.5*f.Output.P95, limit)
			}
		}
	})
}

// The envelope that the incident template tells to write holds in the place of the track's ceiling until its last day.
func TestEmergencyEnvelope(t *testing.T) {
	s, ok := Find("incident-response")
	if !ok {
		t.Fatal("no such template")
	}
	files := treeOf(filesOf(t, s, Values{}))
	_, rest, _ := strings.Cut(string(files[".claude/skills/incident-budget/SKILL.md"].Data), "```text\n")
	block, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("the skill shows no block")
	}
	block = strings.NewReplacer("   ", "", "INC-<number>", "INC-7", "<what the tokens are for, in one sentence>", "search is down", "<last day, YYYY-MM-DD>", "2026-12-01").Replace(block)
	text := string(files["CLAUDE.md"].Data) + "\n```yaml tokengate\n" + block + "```\n"
	tmpl, diags := prompt.Load(fstest.MapFS{"CLAUDE.md": {Data: []byte(text)}}, "CLAUDE.md", prompt.Options{Now: time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)})
	if len(diags) > 0 || tmpl == nil {
		t.Fatal(diags)
	}
	last := tmpl.Budgets[len(tmpl.Budgets)-1]
	if last.Track.Value != "investigation" || last.Incident.Value != "INC-7" || last.Expired(time.Date(2026, 12, 1, 23, 0, 0, 0, time.UTC)) || !last.Expired(time.Date(2026, 12, 2, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", last)
	}
}
