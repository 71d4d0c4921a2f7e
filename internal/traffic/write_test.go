package traffic

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"testing/fstest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tokengate/tokengate/internal/token"
)

// anyCall makes a call with any of its fields set.
func anyCall(r *rand.Rand, id int) Call {
	words := []string{"", "", "a", "prompts/é.md", "quote\"d \\ \u2028", "日本", "line\nbreak", "\u00a0"}
	word := func() string { return words[r.IntN(len(words))] }
	c := Call{
		Time: time.Unix(1_780_000_000+r.Int64N(40), r.Int64N(3)*250_000_001).UTC(), Track: word(), Feature: word(), User: word(), Session: word(),
		Template: word(), TemplateVersion: word(), Agent: word(), Skill: word(), Model: "m" + word(), Tier: []string{"", "batch", "flex", "fast"}[r.IntN(4)], Status: word(),
		Usage:   token.Usage{Input: r.Int64N(3000), CacheRead: r.Int64N(2) * 1024, CacheWrite5m: r.Int64N(2) * 7, CacheWrite1h: r.Int64N(2) * 9, Output: 50 + r.Int64N(500), Reasoning: r.Int64N(50)},
		Latency: time.Duration(r.Int64N(3)) * 1_234_567, FirstToken: time.Duration(r.Int64N(2)) * time.Microsecond, OutputIsBound: r.IntN(9) == 0,
	}
	if id > 0 {
		c.ID = fmt.Sprintf("id-%d", id)
	}
	for range r.IntN(3) {
		c.Sources = append(c.Sources, word())
	}
	if r.IntN(3) == 0 {
		c.Outcome = map[string]float64{"solved": 1, word(): r.NormFloat64()}
		c.Vars = map[string]string{"q": word(), word(): "x"}
	}
	return c
}

// TestRoundTrip writes calls and reads them back.
func TestRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var want []Call
	var b bytes.Buffer
	for i := range 500 {
		c := anyCall(r, i+1)
		want = append(want, c)
		if err := WriteNative(&b, &c); err != nil {
			t.Fatal(err)
		}
	}
	rec, diags, err := Read([]Source{{FS: fstest.MapFS{"a": &fstest.MapFile{Data: b.Bytes()}}, Path: "a"}}, Options{})
	if err != nil || len(diags) > 0 {
		t.Fatal(told(diags), err)
	}
	if diff := gocmp.Diff(want, rec.Calls, cmpopts.IgnoreFields(Call{}, "Place"), cmpopts.SortSlices(func(a, b Call) bool { return a.ID < b.ID })); diff != "" {
		t.Error(diff)
	}
}

func TestWriteNative(t *testing.T) {
	for _, c := range []struct {
		name string
		call Call
		want string
	}{
		{"least", Call{Time: time.Unix(0, 0), Model: "m"}, `{"ts":"1970-01-01T00:00:00Z","model":"m","usage":{"input":0,"output":0}}` + "\n"},
		{"another zone", Call{Time: time.Date(2026, 1, 1, 1, 0, 0, 5e6, time.FixedZone("", 3600)), Model: "m", Latency: 1500 * time.Microsecond},
			`{"ts":"2026-01-01T00:00:00.005Z","model":"m","usage":{"input":0,"output":0},"latency_ms":1.5}` + "\n"},
		{"not UTF-8", Call{Model: "\xff"}, ""},
		{"not a number", Call{Model: "m", Outcome: map[string]float64{"x": math.NaN()}}, ""},
		{"infinite", Call{Model: "m", Outcome: map[string]float64{"x": math.Inf(-1)}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			err := WriteNative(&b, &c.call)
			if (err != nil) != (c.want == "") || b.String() != c.want {
				t.Errorf("%q, %v; want %q", b.String(), err, c.want)
			}
		})
	}
}
