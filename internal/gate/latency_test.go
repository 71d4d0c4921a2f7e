package gate_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/traffic"
)

// took is a service without noise: on acme/large 300 ms, 0.1 a token of input and 10 a token of output; acme/small takes
// 200, 0.05 and 4.
func took(model string, input, output float64) float64 {
	if model == "acme/small" {
		return 200 + 0.05*input + 4*output
	}
	return 300 + 0.1*input + 10*output
}

// timed records how long calls take by the model they are on; the coding track is on acme/small.
func timedCall(_ int, c *traffic.Call) {
	if c.Track == "coding" {
		c.Model = "acme/small"
	}
	c.Latency = time.Duration(took(c.Model, float64(c.Usage.Input), float64(c.Usage.Output)) * 1e6)
}

// timed is the project on that service, with limits and more on the answer track.
func timed(t testing.TB, limits string, change ...func(int, *traffic.Call)) files {
	t.Helper()
	return project(t).edit("traffic/oct.jsonl", strings.Join(recording(t, append([]func(int, *traffic.Call){timedCall}, change...)...), ""),
		"tokengate.yaml", strings.Replace(tokengateYAML, ", ceiling: $5}", limits+"}", 1))
}

// answers gives the type 7 quantiles at P50 and P95 of what a function makes of the calls of the answer track.
func answers(of func(input, output float64) float64) (p50, p95 float64) {
	var all []float64
	for _, c := range calls() {
		if c.Track == "answer" {
			all = append(all, of(float64(c.Usage.Input), float64(c.Usage.Output)))
		}
	}
	slices.Sort(all)
	at := func(p float64) float64 {
		i, frac := math.Modf(p * float64(len(all)-1))
		return all[int(i)]*(1-frac) + all[min(int(i)+1, len(all)-1)]*frac
	}
	return at(0.5), at(0.95)
}

func track(t testing.TB, r *report.Report, name string) report.Group {
	t.Helper()
	i := slices.IndexFunc(r.Tracks, func(g report.Group) bool { return g.Name == name })
	if i < 0 {
		t.Fatalf("no track %s", name)
	}
	return r.Tracks[i]
}

// What a change does to tokens and models moves the latency of a track by what the recorded calls of its models say, on
// the calls of the recording: each by hand.
func TestLatencyMoves(t *testing.T) {
	plain := timed(t, "")
	with := func(limits string) files { return timed(t, limits) }
	for _, c := range []struct {
		name       string
		base, head files
		want       func(r *report.Report) func(input, output float64) float64
	}{
		{"a longer prompt", plain, plain.edit("prompts/answer.md", longer(400)), func(r *report.Report) func(float64, float64) float64 {
			return func(in, out float64) float64 { return took("acme/large", in+float64(r.Causes[0].Tokens), out) }
		}},
		{"another model", plain, plain.edit("tokengate.yaml", strings.Replace(plain["tokengate.yaml"], "acme/large", "acme/small", 1)), func(*report.Report) func(float64, float64) float64 {
			return func(in, out float64) float64 { return took("acme/small", in, out) }
		}},
		{"a cap on output", plain, with(", max_output_tokens: 190"), func(*report.Report) func(float64, float64) float64 {
			return func(in, out float64) float64 { return took("acme/large", in, min(out, 190)) }
		}},
		{"less retrieved", with(", context: {top_k: 6, chunk_tokens: 100}"), with(", context: {top_k: 2, chunk_tokens: 100}"), func(*report.Report) func(float64, float64) float64 {
			return func(in, out float64) float64 { return took("acme/large", in-400, out) }
		}},
		{"longer chunks", with(", context: {top_k: 6, chunk_tokens: 100}"), with(", context: {top_k: 6, chunk_tokens: 250}"), func(*report.Report) func(float64, float64) float64 {
			return func(in, out float64) float64 { return took("acme/large", in+900, out) }
		}},
		{"a model and a cap", plain, timed(t, ", max_output_tokens: 190").edit("tokengate.yaml",
			strings.Replace(with(", max_output_tokens: 190")["tokengate.yaml"], "acme/large", "acme/small", 1)), func(*report.Report) func(float64, float64) float64 {
			return func(in, out float64) float64 { return took("acme/small", in, min(out, 190)) }
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := compare(t, c.base, c.head)
			g := track(t, r, "answer")
			was50, was95 := answers(func(in, out float64) float64 { return took("acme/large", in, out) })
			now50, now95 := answers(c.want(r))
			for _, pair := range []struct {
				got  *int64
				want float64
			}{{g.Base.LatencyP50, was50}, {g.Base.LatencyP95, was95}, {g.Head.LatencyP50, now50}, {g.Head.LatencyP95, now95}} {
				if pair.got == nil || math.Abs(float64(*pair.got)-pair.want) > 1 {
					t.Errorf("%v ms, want %.1f", pair.got, pair.want)
				}
			}
			if low, high := g.Head.LatencyP95Range.Low, g.Head.LatencyP95Range.High; low > *g.Head.LatencyP95 || high < *g.Head.LatencyP95 || high-low > 200 {
				t.Errorf("P95 %d in %d to %d", *g.Head.LatencyP95, low, high)
			}
			if now95 == was95 || *track(t, r, "coding").Head.LatencyP95 != *track(t, r, "coding").Base.LatencyP95 {
				t.Error("nothing moves, or the other track as well")
			}
		})
	}
}

// A model of which nothing, or too little, is recorded has no latency to go by: head's is unknown by name, the ceiling is
// inconclusive and nobody's guess passes. Where only some calls move, their share is said.
func TestLatencyUnknown(t *testing.T) {
	const limits = ", per_call: {latency: 9s}, per_session: {latency: 60s}"
	to := func(f files, model string) files {
		return f.edit("tokengate.yaml", strings.Replace(f["tokengate.yaml"], "acme/large", model, 1))
	}
	few := func(n int) func(int, *traffic.Call) {
		return func(_ int, c *traffic.Call) {
			if n--; c.Track == "coding" && n < 0 {
				c.Model = "acme/large"
			}
		}
	}
	other := strings.Replace(answerMD, "# Role", "```yaml tokengate\nmodel: acme/large\n```\n\n# Role", 1)
	some := timed(t, limits, func(i int, c *traffic.Call) {
		if c.Track == "answer" && i%4 == 0 {
			c.Template = "prompts/other.md"
		}
	}).edit("prompts/other.md", other)
	for _, c := range []struct {
		name       string
		base, head files
		model      string
		says       string
		settle     string
	}{
		{"nothing recorded", timed(t, limits), to(timed(t, limits), "gpt-4o"), "gpt-4o", "all of its calls move to openai/gpt-4o, of which no latency is recorded", "record 20 calls of openai/gpt-4o with their latency"},
		{"too little recorded", timed(t, limits, few(38)), to(timed(t, limits, few(38)), "acme/small"), "acme/small", "of acme/small only 19 latencies are recorded, where 20 are needed", "record 20 calls of acme/small"},
		{"some of the calls", some, some.edit("prompts/other.md", strings.Replace(other, "acme/large", "gpt-4o", 1)), "gpt-4o", "50% of its calls move to openai/gpt-4o, of which no latency is recorded", "record 20 calls of openai/gpt-4o"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := compare(t, c.base, c.head)
			for _, kind := range []string{"call", "session"} {
				check := checkOf(t, r, "track/answer/per_"+kind+"/latency")
				if check.Status != report.Inconclusive || check.Head != nil || !strings.Contains(check.Text, "latency per "+kind+" under this change is not known") || !strings.Contains(check.Text, c.says) || !strings.HasPrefix(check.Settle, c.settle) {
					t.Errorf("%s: %s; %s", check.Status, check.Text, check.Settle)
				}
			}
			g := track(t, r, "answer")
			if r.Verdict.Status != report.Inconclusive || g.Head.LatencyP95 != nil || g.Head.LatencyP95Range != nil || g.Base.LatencyP95 == nil {
				t.Errorf("%s", texts(r))
			}
			if !slices.ContainsFunc(g.Notes, func(n string) bool { return strings.Contains(n, c.says) }) {
				t.Errorf("notes %q", g.Notes)
			}
			found := findings(r, "latency-unknown")
			if len(found) != 1 || !strings.Contains(found[0].Message, c.model) || !strings.Contains(found[0].Hint, c.model) || found[0].Place.Start.Line == 0 {
				t.Errorf("%s", texts(r))
			}
		})
	}
	if r := compare(t, timed(t, limits), to(timed(t, limits), "acme/small")); len(findings(r, "latency-unknown")) > 0 {
		t.Errorf("%s", texts(r))
	}
}

// With 20 recorded calls a model is known.
func TestLatencyOfTwentyCalls(t *testing.T) {
	n := 40
	base := timed(t, ", per_call: {latency: 9s}", func(_ int, c *traffic.Call) {
		if n--; c.Track == "coding" && n < 0 {
			c.Model = "acme/large"
		}
	})
	r := compare(t, base, base.edit("tokengate.yaml", strings.Replace(base["tokengate.yaml"], "acme/large", "acme/small", 1)))
	if c := checkOf(t, r, "track/answer/per_call/latency"); c.Status != report.Pass || track(t, r, "answer").Head.LatencyP95 == nil {
		t.Errorf("%s", texts(r))
	}
}

// Ceilings on latency are judged like those on money: what base keeps and head breaks fails, what base breaks as well is
// inherited until it becomes worse or is to be released. A session is the sum of its calls.
func TestLatencyCeilings(t *testing.T) {
	_, call := answers(func(in, out float64) float64 { return took("acme/large", in, out) })
	sums := map[string]float64{}
	for _, c := range calls() {
		if c.Track == "answer" {
			sums[c.Session] += took("acme/large", float64(c.Usage.Input), float64(c.Usage.Output))
		}
	}
	var all []float64
	for _, s := range sums {
		all = append(all, s)
	}
	slices.Sort(all)
	session := all[int(math.Ceil(0.95*float64(len(all)-1)))]
	capped, more := ", max_output_tokens: 190", longer(2000)
	for _, kind := range []struct {
		name string
		p95  float64
	}{{"call", call}, {"session", session}} {
		limits := func(share float64) string {
			return fmt.Sprintf(", per_%s: {latency: %.0fms}", kind.name, share*kind.p95)
		}
		for _, c := range []struct {
			name      string
			limit     float64
			extra     string // on head
			prompt    string
			stage     string
			want      report.Status
			inherited bool
		}{
			{"within", 1.02, "", answerMD, config.PullRequest, report.Pass, false},
			{"broken by the change", 1.02, "", more, config.PullRequest, report.Fail, false},
			{"broken on base", 0.98, "", answerMD, config.PullRequest, report.Warn, true},
			{"broken on base, released", 0.98, "", answerMD, config.Release, report.Fail, false},
			{"broken on base and made worse", 0.98, "", more, config.PullRequest, report.Fail, false},
			{"broken on base and made better", 0.80, capped, answerMD, config.PullRequest, report.Warn, true},
			{"mended", 0.98, capped, answerMD, config.PullRequest, report.Pass, false},
		} {
			t.Run(kind.name+" "+c.name, func(t *testing.T) {
				base := timed(t, limits(c.limit))
				in := input(t, base, timed(t, limits(c.limit)+c.extra).edit("prompts/answer.md", c.prompt))
				in.Stage = c.stage
				r := check(t, in)
				got := checkOf(t, r, "track/answer/per_"+kind.name+"/latency")
				if got.Status != c.want || got.Inherits != c.inherited || got.Limit.Unit != "ms" || got.Base == nil {
					t.Errorf("%s, inherited %v, base %v: %s", got.Status, got.Inherits, got.Base, got.Text)
				}
				if c.prompt != answerMD && got.Head.Text == got.Base.Text {
					t.Errorf("a longer prompt takes no longer: %s", got.Text)
				}
			})
		}
	}
}

// noisy lets calls take by chance up to some 40 % more or less.
func noisy() func(int, *traffic.Call) {
	rng := rand.New(rand.NewPCG(5, 6))
	return func(_ int, c *traffic.Call) {
		c.Latency = time.Duration(float64(c.Latency) * math.Exp(0.2*rng.NormFloat64())).Round(time.Millisecond)
	}
}

// A limit that is nearer to head's P95 than the error of the fit that moved the calls decides nothing, on either side of
// it; what the change does not move is held as it was recorded.
func TestLatencyInDoubt(t *testing.T) {
	at := func(ms int64) (base, slower, swapped files) {
		base = timed(t, fmt.Sprintf(", per_call: {latency: %dms}", ms), noisy())
		return base, base.edit("prompts/answer.md", longer(400)), base.edit("tokengate.yaml", strings.Replace(base["tokengate.yaml"], "acme/large", "acme/small", 1))
	}
	base, slower, swapped := at(9000)
	first := track(t, compare(t, base, slower), "answer")
	carried := track(t, compare(t, base, swapped), "answer")
	for _, c := range []struct {
		name string
		ms   int64
		head func(base, slower, swapped files) files
		want report.Status
	}{
		{"longer, just under", *first.Head.LatencyP95 + 1, func(_, l, _ files) files { return l }, report.Inconclusive},
		{"longer, just over", *first.Head.LatencyP95 - 1, func(_, l, _ files) files { return l }, report.Inconclusive},
		{"longer, far under", 2 * *first.Head.LatencyP95, func(_, l, _ files) files { return l }, report.Pass},
		{"longer, far over", *first.Head.LatencyP95 / 2, func(_, l, _ files) files { return l }, report.Fail},
		{"another model, just under", *carried.Head.LatencyP95 + 1, func(_, _, s files) files { return s }, report.Inconclusive},
		{"not moved, just under", *first.Base.LatencyP95 + 1, func(b, _, _ files) files { return b }, report.Pass},
	} {
		t.Run(c.name, func(t *testing.T) {
			base, slower, swapped := at(c.ms)
			got := checkOf(t, compare(t, base, c.head(base, slower, swapped)), "track/answer/per_call/latency")
			if got.Status != c.want {
				t.Errorf("%s: %s; %s", got.Status, got.Text, got.Settle)
			}
			if !strings.Contains(got.Text, " (95% interval ") {
				t.Errorf("no interval: %s", got.Text)
			}
			if (got.Status == report.Inconclusive) != (strings.HasPrefix(got.Settle, "the change moves latency by an amount known to ±") && strings.Contains(got.Text, "too close")) {
				t.Errorf("%s; %q", got.Text, got.Settle)
			}
		})
	}
}

// What latency rests on is said where it is less than all calls, and where a model of few calls cannot answer to tokens.
func TestLatencyNotes(t *testing.T) {
	base := timed(t, "", func(i int, c *traffic.Call) {
		if i%4 == 0 {
			c.Latency = 0
		}
	})
	if g := track(t, compare(t, base, base), "answer"); !slices.Contains(g.Notes, "latency is that of the 50% of its calls that state one") {
		t.Errorf("%q", g.Notes)
	}
	n := 0
	base = timed(t, "", func(_ int, c *traffic.Call) {
		if c.Track == "answer" {
			if n++; n > 50 {
				c.Latency = 0
			}
		}
	})
	want := "latency of acme/large is taken not to depend on tokens: 50 calls with a latency, 60 needed to fit it on tokens"
	if g := track(t, compare(t, base, base.edit("prompts/answer.md", longer(400))), "answer"); !slices.Contains(g.Notes, want) {
		t.Errorf("%q", g.Notes)
	}
	if g := track(t, compare(t, timed(t, ""), timed(t, "")), "answer"); len(g.Notes) > 0 {
		t.Errorf("%q", g.Notes)
	}
}
