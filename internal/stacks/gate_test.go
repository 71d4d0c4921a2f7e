package stacks_test

import (
	"bytes"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/gate"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/stacks"
	"github.com/tokengate/tokengate/internal/traffic"
)

// What init writes passes in every stage: each ceiling holds with some headroom, every track has traffic, and the one
// warning is that the traffic is an example.
func TestEveryStagePasses(t *testing.T) {
	catalog, err := pricing.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	for i, s := range stacks.All {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			for j, stage := range config.StageNames {
				now := now.AddDate(0, 0, 3*i+j) // a stack's traffic differs by weekday
				head := project(t, s, now)
				r, diags, err := gate.Run(gate.Input{Now: now, Clock: now, Stage: stage, Config: config.Name, Head: gate.Revision{FS: head}, Catalog: catalog})
				if err != nil || r == nil {
					t.Fatalf("%s: %v %v", stage, diags, err)
				}
				passes(t, stage, r)
			}
		})
	}
}

func project(t *testing.T, s stacks.Stack, now time.Time) fstest.MapFS {
	t.Helper()
	files, err := s.Files(stacks.Values{Name: "shop", Owner: "@org/shop", Approver: "@org/money"})
	if err != nil {
		t.Fatal(err)
	}
	head := fstest.MapFS{}
	for _, f := range files {
		head[f.Path] = &fstest.MapFile{Data: f.Content}
	}
	var b bytes.Buffer
	for _, c := range s.Example(files, now) {
		if err := traffic.WriteNative(&b, &c); err != nil {
			t.Fatal(err)
		}
	}
	// The file's name says that it is packed; its content decides.
	head[stacks.ExampleRecording] = &fstest.MapFile{Data: b.Bytes()}
	return head
}

func passes(t *testing.T, stage string, r *report.Report) {
	t.Helper()
	if r.Verdict.Status != report.Warn || r.Provenance.Days != 28 || len(r.Provenance.Skipped) > 0 {
		t.Errorf("%s: %s: %s; %d days, skipped %v", stage, r.Verdict.Status, r.Verdict.Headline, r.Provenance.Days, r.Provenance.Skipped)
	}
	examples := 0
	for _, f := range r.Findings {
		switch {
		case f.Rule == "recording-example":
			examples++
		case f.Severity != source.Info:
			t.Errorf("%s: %s: %s [%s]", stage, f.Place, f.Message, f.Rule)
		}
	}
	if examples != 1 {
		t.Errorf("%s: %d findings say that the traffic is an example", stage, examples)
	}
	period := 0
	for _, c := range r.Checks {
		if c.Kind == "period" {
			period++
		}
		if c.Kind != "growth" && (c.Status != report.Pass || c.Used > 0.9) {
			t.Errorf("%s: %s at %.0f%%: %s", stage, c.ID, 100*c.Used, c.Text)
		}
		if c.Owner == "" {
			t.Errorf("%s: %s has no owner", stage, c.ID)
		}
	}
	if period < 3 {
		t.Errorf("%s: %d ceilings of a period", stage, period)
	}
	for _, g := range r.Tracks {
		if !g.Declared || g.Calls == 0 {
			t.Errorf("%s: track %s, declared %v, has %d calls", stage, g.Name, g.Declared, g.Calls)
		}
	}
	for _, tmpl := range r.Templates {
		if tmpl.Calls == 0 && strings.HasPrefix(tmpl.Path, "prompts/") {
			t.Errorf("%s: no call is made from %s", stage, tmpl.Path)
		}
	}
}
