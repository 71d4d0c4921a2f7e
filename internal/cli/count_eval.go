package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"

	"github.com/tokengate/tokengate/internal/evals"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/promptfoo"
	"github.com/tokengate/tokengate/internal/source"
)

// countAs is what a file may be counted as.
var countAs = []string{"auto", "template", "request", "eval"}

// recognise tells what the files are where nobody said: all evals, all prompts of chat messages, or all templates.
func (o *countOptions) recognise(ctx context.Context, env *Env, files []string) error {
	if o.as != "auto" {
		return nil
	}
	o.found = true
	for i, name := range files {
		kind := "template"
		if looksLikeEval(ctx, env, name) {
			kind = "eval"
		} else if looksLikeChat(name) {
			kind = "request"
		}
		if i > 0 && kind != o.as {
			return usageError{fmt.Sprintf("%s is counted as %s and %s as %s", files[0], article(o.as), name, article(kind)), "count them one after the other, or say --as"}
		}
		o.as = kind
	}
	return nil
}

func article(kind string) string {
	if kind == "eval" {
		return "an eval"
	}
	return "a " + kind
}

// looksLikeChat reports whether a file is JSON of messages with roles: a list, or an object that holds one.
func looksLikeChat(name string) bool {
	if path.Ext(name) != ".json" || isFile(name) != nil {
		return false
	}
	content, err := os.ReadFile(name)
	var body struct {
		Messages []struct{ Role string }
	}
	list := &body.Messages
	if err != nil || json.Unmarshal(content, list) != nil && json.Unmarshal(content, &body) != nil {
		return false
	}
	return len(*list) > 0 && (*list)[0].Role != ""
}

// looksLikeEval never fails: what cannot be opened is complained of where it is counted.
func looksLikeEval(ctx context.Context, env *Env, name string) bool {
	switch path.Ext(name) {
	case ".jsonl":
		return true
	case ".yaml", ".yml", ".json", ".js", ".ts", ".mjs", ".mts", ".cjs", ".cts", ".py":
	default:
		return false
	}
	if promptfoo.Is(name, nil) {
		return true
	}
	files, root, err := openTemplate(ctx, env, name)
	if err != nil {
		return false
	}
	content, err := fs.ReadFile(files, root)
	return err == nil && (promptfoo.Is(root, content) || path.Ext(root) != ".json" && evals.IsRegistry(root, content))
}

// countEvals plans one run of each file, and counts and prices it.
func countEvals(ctx context.Context, env *Env, o *countOptions, files []string, calibration string) error {
	if _, err := o.counters(env.Now()); err != nil {
		return err
	}
	catalog, err := pricing.Builtin()
	if err != nil {
		return err
	}
	doc := evalDocument{}
	for _, name := range files {
		s, err := loadEval(ctx, env, name)
		if err != nil {
			return err
		}
		prices := evals.Prices{Catalog: catalog, Book: o.book, At: env.Now(), Models: o.models}
		if len(o.models) == 0 && len(s.Providers) == 0 {
			prices.Models = []string{"o200k_base"}
		}
		doc.add(s, s.Measure(prices))
	}
	if calibration != "" {
		doc.Notes = append(doc.Notes, calibration)
	}
	if o.format == "json" {
		return writeJSON(env.Out, &doc)
	}
	return doc.writeTable(env)
}

func loadEval(ctx context.Context, env *Env, name string) (*evals.Suite, error) {
	files, root, err := openTemplate(ctx, env, name)
	if err != nil {
		return nil, err
	}
	s, diags := readEval(files, root)
	if s == nil || diags.HasErrors() {
		return nil, diagnosticsError{diags, contentOf(files)}
	}
	if len(diags) > 0 {
		printer := source.Printer{Content: contentOf(files), Paint: env.paint()}
		if err := printer.Print(env.Err, diags); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// readEval reads an eval by what it is; a file of YAML that is nothing else is a configuration of promptfoo.
func readEval(files fs.FS, name string) (*evals.Suite, source.Diagnostics) {
	if path.Ext(name) == ".jsonl" {
		return evals.ReadJSONL(files, name)
	}
	if content, err := fs.ReadFile(files, name); err == nil && path.Ext(name) != ".json" && !promptfoo.Is(name, content) && evals.IsRegistry(name, content) {
		return evals.ReadRegistry(files, name)
	}
	return promptfoo.Load(files, name, promptfoo.Options{})
}

// add words a run for the document.
func (d *evalDocument) add(s *evals.Suite, rows []evals.Row) {
	e := evalRun{Path: s.Path, Format: s.Format, Formula: s.Formula(), Prompts: len(s.Prompts), Tests: len(s.Tests), Repeats: s.Repeats,
		Calls: s.Total(), Complete: s.Complete(), Rows: []evalRow{}}
	for _, r := range rows {
		row := evalRow{Provider: r.Provider, Model: r.Model, Calls: r.Calls, Unknown: r.Unknown, Cost: r.Cost, OutputAtMost: r.AtMost, Notes: r.Notes}
		if r.Calls > r.Unknown {
			row.Input, row.Mean, row.P50, row.P95, row.Max = &r.Input, tenth(r.Mean), tenth(r.P50), tenth(r.P95), r.Max
		}
		e.Rows = append(e.Rows, row)
	}
	for _, g := range s.Graders {
		e.Graders = append(e.Graders, evalGrader(g))
	}
	for _, o := range s.Open {
		e.Open = append(e.Open, evalOpen{o.What, o.Calls, o.Span.String()})
	}
	e.Limits = limitsOf(s)
	d.Evals = append(d.Evals, e)
}

// limitsOf sums the limits up by place: one assertion holds for many tests.
func limitsOf(s *evals.Suite) (out []evalLimit) {
	for _, l := range s.Limits {
		at := l.Span.String()
		i := slices.IndexFunc(out, func(o evalLimit) bool { return o.At == at && o.Metric == l.Metric })
		if i < 0 {
			i, out = len(out), append(out, evalLimit{Metric: l.Metric, Most: l.Value, At: at})
		}
		out[i].Inputs++
	}
	return out
}

func tenth(tokens float64) float64 { return float64(int64(tokens*10+0.5)) / 10 }

func (l evalLimit) text() string {
	if l.Metric == evals.Latency {
		return fmt.Sprintf("at most %gms a call", l.Most)
	}
	return fmt.Sprintf("at most $%g a call", l.Most)
}
