package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

// simulation makes sessions day by day, then orders their calls in time and decides what the provider's cache held.
type simulation struct {
	random
	prompts  prompts
	calls    []traffic.Call
	question int // numbers questions, for call ids
}

func newSimulation(seed uint64, p prompts) *simulation {
	return &simulation{random: newRandom(seed), prompts: p}
}

func (s *simulation) run() []traffic.Call {
	level := sessionsPerWeekday
	for w := range weeks {
		if w > 0 {
			level *= math.Exp(weekGrowth + weekNoise*s.NormFloat64())
		}
		for d := range 7 {
			s.day(firstDay.AddDate(0, 0, 7*w+d), level)
		}
	}
	s.calls = within(s.calls, firstDay, firstDay.AddDate(0, 0, 7*weeks))
	slices.SortStableFunc(s.calls, func(a, b traffic.Call) int {
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.ID, b.ID))
	})
	s.cache()
	return s.calls
}

func (s *simulation) day(day time.Time, level float64) {
	hours := weekdayHours
	if wd := day.Weekday(); wd == time.Saturday || wd == time.Sunday {
		hours = weekendHours
	}
	level *= math.Exp(dayNoise * s.NormFloat64())
	for h, share := range hours {
		for range s.poisson(level * share / 1000) {
			offset := time.Duration(s.Float64() * float64(time.Hour)).Round(time.Millisecond)
			s.session(day.Add(time.Duration(h)*time.Hour + offset))
		}
	}
}

func (s *simulation) session(at time.Time) {
	common := traffic.Call{
		User:    fmt.Sprintf("u%03d", 1+s.ranked(users, userSkew)),
		Session: fmt.Sprintf("s%s-%s", at.Format("0102"), at.Format("150405.000")),
		Feature: "ask",
		Status:  "ok",
	}
	if s.Float64() < summariseShare {
		common.Feature = "summarise"
		s.turn(common, at, true)
		return
	}
	for last := false; !last; {
		last = s.Float64() >= furtherTurn
		at = s.turn(common, at, last).Add(s.seconds(turnGapSeconds))
	}
}

// turn adds the calls of one question and returns when the last of them ended.
func (s *simulation) turn(common traffic.Call, at time.Time, last bool) time.Time {
	s.question++
	question := int64(math.Round(s.logNormal(questionTokens, 0.6)))
	prompt := s.quantile(contextTokens)
	common.Sources = s.sources()
	if common.Feature == "ask" {
		at = s.rewrite(common, at, question+int64(historyShare*float64(prompt)))
	}
	at = s.embed(common, at, question)
	at, answer := s.generate(common, at, prompt, last)
	if common.Feature == "ask" {
		at = s.grade(common, at, prompt+answer)
	}
	return at
}

func (s *simulation) sources() []string {
	var ids []string
	for range 1 + s.IntN(3) {
		if id := collections[s.ranked(len(collections), 1)]; !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// record completes a call, keeps it and returns when it ended.
func (s *simulation) record(c traffic.Call, stage string, at time.Time, l latency) time.Time {
	c.Time, c.ID = at, fmt.Sprintf("q%05d-%s", s.question, stage)
	factor := s.logNormal(1, l.Noise)
	first := l.FirstMS + l.PerInputMS*float64(c.Usage.Input+c.Usage.CacheWrite5m)/1000 + l.PerCachedMS*float64(c.Usage.CacheRead)/1000
	c.Latency = milliseconds(factor * (first + l.PerOutputMS*float64(c.Usage.Output)))
	if l.StreamsTokens && c.Status == "ok" {
		c.FirstToken = milliseconds(factor * first)
	}
	s.calls = append(s.calls, c)
	return at.Add(c.Latency)
}

func milliseconds(ms float64) time.Duration {
	return time.Duration(max(math.Round(ms), 1)) * time.Millisecond
}

// cache turns the stable prefix of generation calls from read to written where nothing had used it for too long. The
// prefix is recorded as read until then; writing is not slower enough to matter for latency.
func (s *simulation) cache() {
	used := map[string]time.Time{} // by template version: another version is another prefix
	for i := range s.calls {
		c := &s.calls[i]
		if c.Usage.CacheRead == 0 {
			continue
		}
		if last, ok := used[c.TemplateVersion]; !ok || c.Time.Sub(last) > cacheSeconds*time.Second {
			c.Usage = token.Usage{Input: c.Usage.Input, CacheWrite5m: c.Usage.CacheRead, Output: c.Usage.Output}
		}
		used[c.TemplateVersion] = c.Time
	}
}
