package gate

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/replay"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/source"
)

// causes words why head costs more or less than base, largest first. Money and tokens are per period, at the median
// forecast of volume.
func (w writer) causes() []report.Cause {
	perCost, perToken := w.perPeriod()
	var all []scaled
	for _, c := range w.res.Causes {
		if len(c.Parts) > 0 {
			all = append(all, parts(c)...)
			continue
		}
		all = append(all, scaled{report.Cause{Place: placeOf(c), Kind: string(c.Kind), Summary: summary(c), Tokens: perCall(c.Tokens, c.Calls), Calls: c.Calls, Error: round(c.Error, 4)}, c.Scaled})
	}
	out := []report.Cause{}
	all, sum, most := joined(all), 0.0, 0.0
	for _, c := range all {
		most = max(most, math.Abs(c.day.Cost*perCost))
	}
	for _, c := range all {
		c.PerPeriod, c.Cost = int64(math.Round(c.day.Tokens*perToken)), causeCost(c.day.Cost*perCost, most)
		sum += math.Abs(c.Cost.Float())
		out = append(out, c.Cause)
	}
	for i := range out {
		out[i].Share = round(ratio(math.Abs(out[i].Cost.Float()), sum), 4)
	}
	slices.SortStableFunc(out, func(a, b report.Cause) int {
		return cmp.Or(cmp.Compare(math.Abs(b.Cost.Float()), math.Abs(a.Cost.Float())), cmp.Compare(a.Place.File, b.Place.File), cmp.Compare(a.Place.Start.Line, b.Place.Start.Line))
	})
	return out
}

// scaled is a cause with what it comes to over all traffic that was recorded.
type scaled struct {
	report.Cause
	day replay.Day
}

// joined makes one cause of an edit that several templates send: the main conversation's, and each subagent's.
func joined(all []scaled) []scaled {
	var out []scaled
	for _, c := range all {
		i := slices.IndexFunc(out, func(o scaled) bool {
			return c.Kind == string(replay.KindTemplate) && o.Kind == c.Kind && o.Place == c.Place && o.Summary == c.Summary && o.Error == c.Error
		})
		if i < 0 {
			out = append(out, c)
			continue
		}
		out[i].Calls += c.Calls
		out[i].day.Cost, out[i].day.Tokens = out[i].day.Cost+c.day.Cost, out[i].day.Tokens+c.day.Tokens
	}
	return out
}

// parts splits a template's cause over the places that changed: the cost of a token is the same wherever it stands.
func parts(c *replay.Cause) (out []scaled) {
	var sum int64
	for _, p := range c.Parts {
		sum += p.Tokens
	}
	for _, p := range c.Parts {
		share := ratio(float64(p.Tokens), float64(sum))
		out = append(out, scaled{report.Cause{Place: p.Span, Kind: string(c.Kind), Section: p.Section, Summary: fmt.Sprintf("%s: %s a call", section(p), signed(p.Tokens)), Tokens: p.Tokens, Calls: c.Calls,
			Error: round(p.Error, 4)}, replay.Day{Cost: float64(c.Scaled.Cost * share), Tokens: float64(c.Scaled.Tokens * share)}})
	}
	return out
}

func section(p replay.Part) string {
	if p.Section == "" {
		return "text"
	}
	return fmt.Sprintf("%q", p.Section)
}

func signed(n int64) string {
	if n < 0 {
		return "−" + money.Count(-n).Exact() + " tokens"
	}
	return "+" + money.Count(n).Exact() + " tokens"
}

func perCall(tokens, calls int64) int64 {
	return int64(math.Round(ratio(float64(tokens), float64(calls))))
}

func placeOf(c *replay.Cause) source.Span {
	if c.Place.IsZero() {
		return source.Span{File: c.Template}
	}
	return c.Place
}

func summary(c *replay.Cause) string {
	switch c.Kind {
	case replay.KindTemplate:
		return fmt.Sprintf("template changed: %s a call", signed(perCall(c.Tokens, c.Calls)))
	case replay.KindCache:
		return "a value that differs from call to call now stands in front of cached text, which is no longer read from the cache"
	case replay.KindRetrieval:
		return fmt.Sprintf("retrieved text: %s a call", signed(perCall(c.Tokens, c.Calls)))
	case replay.KindInputCap:
		return fmt.Sprintf("cap on input: %s a call that it cuts", signed(perCall(c.Tokens, c.Calls)))
	case replay.KindOutputCap:
		return fmt.Sprintf("cap on output: %s a call that it cuts", signed(perCall(c.Tokens, c.Calls)))
	case replay.KindCacheOff:
		return "nothing is read from the cache or written to it: all of a prompt is plain input"
	case replay.KindPrice:
		return fmt.Sprintf("prices of %s, for the same tokens", c.Models[1])
	case replay.KindTier:
		return fmt.Sprintf("service tier: %s → %s at the same tokens", c.Models[0], c.Models[1])
	case replay.KindModel:
		return fmt.Sprintf("model: %s → %s at the same tokens", c.Models[0], c.Models[1])
	case replay.KindTokenizer:
		return fmt.Sprintf("tokenizer: the same text is %s a call on %s", signed(perCall(c.Tokens, c.Calls)), c.Models[1])
	}
	return string(c.Kind)
}

// causeCost rounds to cents, that a column of causes adds up by eye. Where the largest is less than a dollar, as in a short
// recording, cents would say little: then to millionths, as what a text costs.
func causeCost(f, most float64) money.Amount {
	if most < 1 {
		return micros(f)
	}
	return money.New(int64(math.Round(f*100)), -2)
}
