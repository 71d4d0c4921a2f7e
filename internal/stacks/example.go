package stacks

import (
	"crypto/sha256"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

// ExampleRecording is where init writes the example traffic of a stack.
const ExampleRecording = "traffic/example.jsonl.gz"

const (
	exampleDays = 28
	cacheKept   = 5 * time.Minute // a cached prefix is gone after so long without a call, as providers have it
	window      = 150_000         // tokens at which a conversation is summarised and begins again
	summary     = 6_000           // tokens of such a summary
)

// Example makes the calls of the 28 whole days before today's UTC date, in the order of time. They are made up: their shape
// follows figures measured on public traces, their sizes and volumes are the stack's own assumptions. The same stack,
// files and day give the same calls; of the day only the weekday and the dates show, so that a stack has seven recordings
// and its ceilings can be held against all of them. Versions of templates are those of the given files.
func (s Stack) Example(files []File, now time.Time) []traffic.Call {
	today := now.UTC().Truncate(24 * time.Hour)
	seed := fnv.New64a()
	_, _ = seed.Write([]byte(s.Name)) // a hash never fails to take bytes
	g := &generator{Rand: rand.New(rand.NewPCG(seed.Sum64(), 0x746f6b656e)), versions: versions(files), used: map[string]time.Time{}}
	for d := range exampleDays {
		day, before := today.AddDate(0, 0, d-exampleDays), len(g.calls)
		for _, k := range s.sessions {
			g.day(k, day)
		}
		switch usual := s.sessions[0]; {
		case d == 0:
			g.lone(usual, day.Add(40*time.Minute)) // a first day that begins late, and a last one that ends early,
		case d == exampleDays-1:
			g.lone(usual, today.Add(-50*time.Minute)) // are taken not to be recorded whole,
		case len(g.calls) == before:
			g.lone(usual, day.Add(10*time.Hour)) // and a day without a call is taken for a hole
		}
	}
	g.calls = slices.DeleteFunc(g.calls, func(c traffic.Call) bool { return !c.Time.Before(today) })
	slices.SortStableFunc(g.calls, func(a, b traffic.Call) int { return a.Time.Compare(b.Time) })
	g.cache()
	return g.calls
}

// versions gives the content digest of every file, as a call names it.
func versions(files []File) map[string]string {
	out := map[string]string{}
	for _, f := range files {
		out[f.Path] = fmt.Sprintf("sha256:%x", sha256.Sum256(f.Content))
	}
	return out
}

type generator struct {
	*rand.Rand
	versions map[string]string
	used     map[string]time.Time // when a cached prefix was used last
	calls    []traffic.Call
	sessions int
}

func (g *generator) day(k Sessions, day time.Time) {
	level := k.Weekday * math.Exp(dayNoise*g.NormFloat64())
	if w := day.Weekday(); w == time.Saturday || w == time.Sunday {
		level *= k.Weekend
	}
	part := 24 * time.Hour / time.Duration(len(shares))
	for i, share := range shares {
		for range g.poisson(level * share) {
			g.session(k, day.Add(time.Duration(i)*part+time.Duration(g.Int64N(int64(part)))).Truncate(time.Millisecond))
		}
	}
}

// lone makes one session that has calls.
func (g *generator) lone(k Sessions, at time.Time) {
	before := len(g.calls)
	for tries := 0; len(g.calls) == before && tries < 100; tries++ {
		g.session(k, at)
	}
}

// session goes through the flows in their order.
func (g *generator) session(k Sessions, at time.Time) {
	g.sessions++
	common := traffic.Call{User: fmt.Sprintf("%s-%02d", k.Who, 1+int(float64(k.Users)*math.Pow(g.Float64(), 2))), Session: fmt.Sprintf("%s-s%04d", k.Who, g.sessions), Status: "ok"}
	before := len(g.calls)
	for _, f := range k.Flows {
		context := f.Prefix
		for range g.poisson(f.Calls) {
			c := g.call(f, common, at, &context)
			c.ID = fmt.Sprintf("%s-%d", c.Session, len(g.calls)-before+1)
			g.calls = append(g.calls, c)
			at = at.Add(c.Latency + time.Duration(g.ExpFloat64()*k.Gap*1000)*time.Millisecond)
		}
	}
	if len(g.calls) > before && k.Outcome != "" {
		good := 0.0
		if g.Float64() < k.Good {
			good = 1
		}
		g.calls[len(g.calls)-1].Outcome = map[string]float64{k.Outcome: good}
	}
}

// call makes one call; context is what stands in front of it, and after it what stands in front of the next one.
func (g *generator) call(f Flow, c traffic.Call, at time.Time, context *int64) traffic.Call {
	c.Time, c.Track, c.Feature, c.Template, c.Model = at, f.Track, f.Feature, f.Template, f.Model
	c.TemplateVersion = g.versions[f.Template]
	if n := len(f.Sources); n > 0 {
		c.Sources = []string{f.Sources[int(float64(n)*math.Pow(g.Float64(), 2))]}
	}
	fresh, out := g.size(f.Input), g.size(f.Output)
	c.Usage = token.Usage{Input: fresh, CacheRead: *context, Output: out}
	if f.Carry {
		c.Usage.Input, c.Usage.CacheWrite5m = 0, fresh
		if *context += fresh + out; *context > window {
			*context = f.Prefix + summary
		}
	}
	factor := math.Exp(0.28 * g.NormFloat64())
	c.FirstToken = milliseconds(factor * f.First)
	c.Latency = milliseconds(factor * (f.First + f.PerToken*float64(out)))
	if out == 0 {
		c.FirstToken = 0
	}
	return c
}

// cache turns what was read from the cache into what was written to it, where nothing had used it for too long: a shared
// prefix by its template and model, a conversation by its session.
func (g *generator) cache() {
	for i := range g.calls {
		c := &g.calls[i]
		key := c.Template + " " + c.Model
		if c.Usage.CacheWrite5m > 0 {
			key = c.Session + " " + key
		}
		last, known := g.used[key]
		g.used[key] = c.Time
		if c.Usage.CacheRead > 0 && (!known || c.Time.Sub(last) > cacheKept) {
			c.Usage.CacheWrite5m += c.Usage.CacheRead
			c.Usage.CacheRead = 0
		}
	}
}

func (g *generator) size(s Size) int64 {
	median, sigma := s.spread()
	return int64(math.Round(min(median*math.Exp(sigma*g.NormFloat64()), 1.5*s.P95)))
}

// poisson counts events of a mean rate, by multiplying uniforms (Knuth); the rates here are small.
func (g *generator) poisson(mean float64) int {
	limit, n := math.Exp(-mean), 0
	for p := g.Float64(); p > limit; p *= g.Float64() {
		n++
	}
	return n
}

func milliseconds(ms float64) time.Duration {
	return time.Duration(max(math.Round(ms), 1)) * time.Millisecond
}
