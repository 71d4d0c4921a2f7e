package stacks

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tokengate/tokengate/internal/traffic"
)

var noon = time.Date(2026, 11, 24, 12, 34, 56, 0, time.UTC)

func written(t *testing.T, s Stack, now time.Time) string {
	t.Helper()
	var b bytes.Buffer
	for _, c := range s.Example(filesOf(t, s, Values{}), now) {
		if err := traffic.WriteNative(&b, &c); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// The same day gives the same bytes, whatever the hour; another day gives others.
func TestExampleRepeats(t *testing.T) {
	each(t, func(t *testing.T, s Stack) {
		first := written(t, s, noon)
		if written(t, s, noon.Add(11*time.Hour)) != first {
			t.Error("another hour gives other calls")
		}
		if written(t, s, noon.AddDate(0, 0, 1)) == first {
			t.Error("another day gives the same calls")
		}
	})
}

// A pair of flows whose every number is known: no spread, no noise but the drawn counts.
func TestExampleKnown(t *testing.T) {
	s := Stack{Name: "known", sessions: []Sessions{{Who: "u", Users: 1, Weekday: 20, Weekend: 1, Gap: 1, Outcome: "good", Good: 1, Flows: []Flow{
		{Track: "a", Template: "a.md", Model: "m", Calls: 2, Prefix: 100, Input: Size{10, 10}, Output: Size{5, 5}, First: 100, PerToken: 10},
		{Track: "b", Model: "n", Calls: 2, Prefix: 1000, Carry: true, Input: Size{30, 30}, Output: Size{7, 7}},
	}}}}
	calls := s.Example([]File{{"a.md", []byte("text")}}, noon)
	version := fmt.Sprintf("sha256:%x", sha256.Sum256([]byte("text")))
	turn := map[string]int64{}
	for i, c := range calls {
		switch c.Track {
		case "a":
			if c.Usage.Input != 10 || c.Usage.Output != 5 || c.Usage.CacheRead+c.Usage.CacheWrite5m != 100 || c.Template != "a.md" || c.TemplateVersion != version {
				t.Fatalf("call %d: %+v", i, c)
			}
		case "b": // each turn finds what the ones before it sent and got
			if want := 1000 + 37*turn[c.Session] + 30; c.Usage.Prompt() != want || c.Usage.Input != 0 || c.Usage.Output != 7 || c.TemplateVersion != "" {
				t.Fatalf("call %d, turn %d: %+v, want a prompt of %d", i, turn[c.Session], c.Usage, want)
			}
			if first := turn[c.Session] == 0; first == (c.Usage.CacheRead > 0) {
				t.Fatalf("call %d, turn %d: %+v", i, turn[c.Session], c.Usage)
			}
			turn[c.Session]++
		}
	}
}

// The calls are those of 28 whole days before today, in order, each once, on every track, from the files of the template.
func TestExample(t *testing.T) {
	today := noon.Truncate(24 * time.Hour)
	each(t, func(t *testing.T, s Stack) {
		files := filesOf(t, s, Values{})
		calls := s.Example(files, noon)
		first, last := today.AddDate(0, 0, -28), today
		days, ids := map[string]int{}, map[string]bool{}
		per := map[string][]traffic.Call{}
		for i, c := range calls {
			if c.Time.Before(first) || !c.Time.Before(last) || i > 0 && c.Time.Before(calls[i-1].Time) || ids[c.ID] {
				t.Fatalf("call %d of %s at %s", i, c.ID, c.Time)
			}
			ids[c.ID] = true
			days[c.Time.Format(time.DateOnly)]++
			key := c.Track + c.Feature + c.Template + c.Model
			per[key] = append(per[key], c)
		}
		if len(days) != 28 || len(calls) < 1500 || len(calls) > 12_000 {
			t.Errorf("%d calls on %d days", len(calls), len(days))
		}
		for _, f := range s.flows() {
			f.check(t, per[f.Track+f.Feature+f.Template+f.Model], files)
		}
	})
}

func (s Stack) flows() []Flow {
	var out []Flow
	for _, k := range s.sessions {
		out = append(out, k.Flows...)
	}
	return out
}

func (f Flow) check(t *testing.T, calls []traffic.Call, files []File) {
	t.Helper()
	if len(calls) < 100 {
		t.Errorf("%s: %d calls", f.Track, len(calls))
		return
	}
	if f.Template != "" && !slices.ContainsFunc(files, func(x File) bool { return x.Path == f.Template }) {
		t.Errorf("%s is made from %s, which is not shipped", f.Track, f.Template)
	}
	fresh := make([]float64, 0, len(calls))
	sum := 0.0
	for _, c := range calls {
		n := float64(c.Usage.Input)
		if f.Carry {
			n = float64(c.Usage.CacheWrite5m)
		}
		if n > 1.5*f.Input.P95 { // what stands in front was written as well
			continue
		}
		fresh, sum = append(fresh, n), sum+n
	}
	if mean := sum / float64(len(fresh)); math.Abs(mean/f.Input.Mean-1) > 0.15 {
		t.Errorf("%s: mean input %.0f, want about %.0f", f.Track, mean, f.Input.Mean)
	}
	slices.Sort(fresh)
	if p95 := fresh[len(fresh)*95/100]; math.Abs(p95/f.Input.P95-1) > 0.2 {
		t.Errorf("%s: P95 of input %.0f, want about %.0f", f.Track, p95, f.Input.P95)
	}
}

// Of a log-normal with mean 1,000 and P95 3,290 the deviation solves 1.64485 σ − σ²/2 = ln 3.29 = 1.19089, so it is
// 1.64485 − √(2.70554 − 2.38178) = 1.0758, and the median is 1,000 × exp(−0.57868) = 560.6.
func TestSpread(t *testing.T) {
	median, sigma := Size{1000, 3290}.spread()
	if math.Abs(sigma-1.0758) > 0.0002 || math.Abs(median-560.6) > 0.2 {
		t.Errorf("median %.1f, deviation %.4f", median, sigma)
	}
	if median, sigma = (Size{500, 500}).spread(); median != 500 || sigma != 0 {
		t.Errorf("without spread: %v, %v", median, sigma)
	}
	if median, _ = (Size{}).spread(); median != 0 {
		t.Errorf("of nothing: %v", median)
	}
	each(t, func(t *testing.T, s Stack) {
		for _, f := range s.flows() {
			for _, size := range []Size{f.Input, f.Output} {
				if size.Mean > 0 && (size.P95 < size.Mean || size.P95/size.Mean > 3.87) {
					t.Errorf("%s: no log-normal has mean %v and P95 %v", f.Track, size.Mean, size.P95)
				}
			}
		}
	})
}

// Weekends are quieter, as the stack says of each kind of session.
func TestWeekends(t *testing.T) {
	each(t, func(t *testing.T, s Stack) {
		for _, k := range s.sessions {
			var week, end float64
			for _, c := range s.Example(nil, noon) {
				switch w := c.Time.Weekday(); {
				case !strings.HasPrefix(c.Session, k.Who+"-"):
				case w == time.Saturday || w == time.Sunday:
					end++
				default:
					week++
				}
			}
			if got := end / 8 / (week / 20); math.Abs(got-k.Weekend) > max(0.35*k.Weekend, 0.2) {
				t.Errorf("%s: a day of the weekend has %.2f of a weekday's calls, want about %.2f", k.Who, got, k.Weekend)
			}
		}
	})
}

func TestSharesAddUp(t *testing.T) {
	sum := 0.0
	for _, s := range shares {
		sum += s
	}
	if math.Abs(sum-1) > 1e-9 {
		t.Errorf("%v", sum)
	}
}

// What is written is read back as calls of the native dialect, all of it.
func TestExampleIsRead(t *testing.T) {
	each(t, func(t *testing.T, s Stack) {
		text := written(t, s, noon)
		tree := treeOf([]File{{"traffic/example.jsonl", []byte(text)}})
		n := 0
		sum, diags, err := traffic.Stream([]traffic.Source{{FS: tree, Path: "traffic/example.jsonl", Name: "traffic/example.jsonl", Sampling: 1}}, traffic.Options{}, func() traffic.Consumer {
			return func(*traffic.Call) error { n++; return nil }
		})
		if err != nil || len(diags) > 0 || n != strings.Count(text, "\n") || len(sum.Skipped) > 0 {
			t.Errorf("%d calls of %d lines: %v %v", n, strings.Count(text, "\n"), diags, err)
		}
	})
}
