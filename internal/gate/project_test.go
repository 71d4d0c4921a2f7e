package gate_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/gate"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

var (
	now      = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	baseTime = time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC)
	firstDay = time.Date(2026, 10, 19, 0, 0, 0, 0, time.UTC)
)

const (
	tokengateYAML = `version: 1
project: {name: shop, owner: "@shop", approver: "@finance"}
ceiling: $20
tracks:
  answer: {owner: "@answers", model: acme/large, ceiling: $5}
templates: [CLAUDE.md, "prompts/*.md"]
prices: {files: [prices.yaml]}
recordings: [{path: traffic/*.jsonl}]
`
	// Prices of the tests' own, so that no change of the catalogue moves them: a call of 1000 + 200 costs $0.0072.
	pricesYAML = `as_of: 2026-11-01
models:
  acme/large: {like: gpt-4o, input: 4, cache_read: 4, output: 16}
  acme/small: {like: gpt-4o, input: 2, cache_read: 2, output: 8}
`
	answerMD = "# Role\n\nYou answer questions about orders.\n\n# Rules\n\nBe brief and kind.\n\n# Question\n\n{{question}}\n"
	claudeMD = "# Shop\n\nRun the tests.\n\n@docs/style.md\n"
	styleMD  = "# Style\n\nShort functions.\n"
)

// files is a tree: paths with their content. edit gives a copy with some files put in place, without one with some gone.
type files map[string]string

func (f files) edit(pairs ...string) files {
	out := maps.Clone(f)
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i]] = pairs[i+1]
	}
	return out
}

func (f files) without(names ...string) files {
	out := maps.Clone(f)
	for _, n := range names {
		delete(out, n)
	}
	return out
}

func (f files) fs() fstest.MapFS {
	out := fstest.MapFS{}
	for name, content := range f {
		out[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return out
}

// project is the tree that most tests start from.
func project(t testing.TB) files {
	t.Helper()
	return files{"tokengate.yaml": tokengateYAML, "prices.yaml": pricesYAML, "prompts/answer.md": answerMD, "CLAUDE.md": claudeMD,
		"docs/style.md": styleMD, "traffic/oct.jsonl": strings.Join(recording(t), "")}
}

// days is the length of the recording, perDay its calls a day: as many of the answer track as of the coding track.
const (
	days   = 28
	perDay = 20
)

// calls gives the recorded traffic: it is a little busier every third day, the sessions have five calls.
func calls() []traffic.Call {
	var out []traffic.Call
	for d := range days {
		n := perDay + perDay/2*(d%3)
		for i := range n {
			c := traffic.Call{ID: fmt.Sprintf("d%02d-%03d", d, i), Track: "answer", Feature: "ask", Template: "prompts/answer.md", Model: "acme/large", Status: "ok",
				Time:    firstDay.AddDate(0, 0, d).Add(24 * time.Hour * time.Duration(2*i+1) / time.Duration(2*n)),
				Session: fmt.Sprintf("s%02d-%02d", d, i/5), Latency: time.Duration(800+i%7*50) * time.Millisecond,
				Usage: token.Usage{Input: int64(900 + i%5*50), Output: int64(180 + i%3*20)}}
			if i%2 == 1 {
				c.Track, c.Feature, c.Template = "coding", "", "CLAUDE.md"
			}
			out = append(out, c)
		}
	}
	return out
}

func recording(t testing.TB, change ...func(int, *traffic.Call)) []string {
	t.Helper()
	var out []string
	for i, c := range calls() {
		for _, f := range change {
			f(i, &c)
		}
		var b bytes.Buffer
		if err := traffic.WriteNative(&b, &c); err != nil {
			t.Fatal(err)
		}
		out = append(out, strings.TrimSuffix(b.String(), "\n")+"\n")
	}
	return out
}

func input(t testing.TB, base, head files) gate.Input {
	t.Helper()
	catalog, err := pricing.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	in := gate.Input{Now: now, Version: "test", Stage: config.PullRequest, Config: config.Name, Catalog: catalog,
		Head: gate.Revision{Revision: report.Revision{Ref: "working tree", Commit: strings.Repeat("b", 40)}, FS: head.fs()}}
	if base != nil {
		in.Base = &gate.Revision{Revision: report.Revision{Ref: "origin/main", Commit: strings.Repeat("a", 40), Time: baseTime}, FS: base.fs()}
	}
	return in
}

// check runs the gate and expects a report, which can be written.
func check(t testing.TB, in gate.Input) *report.Report {
	t.Helper()
	rep, diags, err := gate.Run(in)
	if err != nil || rep == nil {
		t.Fatalf("no report: %v %v", err, diags)
	}
	write(t, rep)
	return rep
}

func compare(t testing.TB, base, head files) *report.Report {
	t.Helper()
	return check(t, input(t, base, head))
}

func write(t testing.TB, r *report.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func checkOf(t testing.TB, r *report.Report, id string) report.Check {
	t.Helper()
	i := slices.IndexFunc(r.Checks, func(c report.Check) bool { return c.ID == id })
	if i < 0 {
		t.Fatalf("no check %s in %v", id, texts(r))
	}
	return r.Checks[i]
}

func texts(r *report.Report) string {
	out := []string{string(r.Verdict.Status) + ": " + r.Verdict.Headline}
	for _, c := range r.Checks {
		out = append(out, fmt.Sprintf("check %s %s %s (%s)", c.Status, c.ID, c.Text, c.From))
	}
	for _, f := range r.Findings {
		out = append(out, fmt.Sprintf("finding %s %s %s", f.Rule, f.Place, f.Message))
	}
	return strings.Join(out, "\n")
}

func findings(r *report.Report, rule string) []report.Finding {
	return slices.DeleteFunc(slices.Clone(r.Findings), func(f report.Finding) bool { return f.Rule != rule })
}

// longer is the answering template with some words more; 2000 take the answer track over its ceiling.
func longer(words int) string {
	return strings.Replace(answerMD, "Be brief and kind.", "Be brief and kind."+strings.Repeat(" Name every step.", words/4), 1)
}

func rules(diags source.Diagnostics) string {
	var out []string
	for _, d := range diags {
		out = append(out, d.Rule)
	}
	return strings.Join(out, " ")
}
