package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tokengate/tokengate/internal/guard"
	"github.com/tokengate/tokengate/internal/money"
)

// When is the condition of a breaker. Its grammar:
//
//	when   = sum "per" duration ">" amount | "error rate" ">" share "over" count "calls"
//	sum    = "cost" | "tokens" | "calls"
//
// Cost takes an amount of money, tokens and calls a count.
type When guard.Condition

const whenForms = "write cost per 10m > $5, tokens per 1h > 2M, calls per 1m > 100, or error rate > 20% over 50 calls"

// The bounds of a condition: what is watched is kept in memory, by caller.
const (
	longestWatch = 31 * 24 * time.Hour
	mostCalls    = 10_000
)

// UnmarshalText reads a condition.
func (w *When) UnmarshalText(b []byte) error {
	text := string(b)
	left, right, ok := strings.Cut(text, ">")
	words := strings.Fields(left)
	var err error
	switch {
	case !ok:
		err = fmt.Errorf("no >")
	case slices.Equal(words, []string{"error", "rate"}):
		err = w.errorRate(strings.Fields(right))
	case len(words) == 3 && words[1] == "per":
		err = w.sum(guard.Metric(words[0]), words[2], strings.TrimSpace(right))
	default:
		err = fmt.Errorf("%q is not known", strings.TrimSpace(left))
	}
	if err != nil {
		*w = When{}
		return fmt.Errorf("cannot read the condition %q: %w; %s", text, err, whenForms)
	}
	return nil
}

func (w *When) sum(metric guard.Metric, per, over string) error {
	var d money.Duration
	if err := d.UnmarshalText([]byte(per)); err != nil {
		return err
	}
	if time.Duration(d) < time.Second || time.Duration(d) > longestWatch {
		return fmt.Errorf("%s is not between 1s and 31d", per)
	}
	*w = When{Metric: metric, Per: time.Duration(d)}
	switch metric {
	case guard.Cost:
		a, err := money.Parse(over)
		w.Over = a.Pico()
		return err
	case guard.Tokens, guard.Calls:
		n, err := money.ParseCount(over)
		if w.Over = int64(n); metric == guard.Calls {
			w.Over = int64(min(n, 1e12)) * guard.OneCall
		}
		return err
	case guard.Errors: // has a form of its own
	}
	return fmt.Errorf("%q is not known", metric)
}

func (w *When) errorRate(words []string) error {
	if len(words) != 4 || words[1] != "over" || words[3] != "calls" {
		return fmt.Errorf("an error rate is over a number of calls")
	}
	var share money.Ratio
	if err := share.UnmarshalText([]byte(words[0])); err != nil {
		return err
	}
	n, err := strconv.Atoi(words[2])
	if err != nil || n < 1 || n > mostCalls || share >= 1 {
		return fmt.Errorf("the share is below 100%% and the calls are 1 to %d", mostCalls)
	}
	*w = When{Metric: guard.Errors, Share: float64(share), Last: n}
	return nil
}

// String gives the condition in its grammar.
func (w When) String() string {
	switch w.Metric {
	case guard.Errors:
		return fmt.Sprintf("error rate > %s over %d calls", money.Ratio(w.Share), w.Last)
	case guard.Cost:
		return fmt.Sprintf("cost per %s > %s", spanText(w.Per), money.New(w.Over, -12))
	case guard.Calls:
		return fmt.Sprintf("calls per %s > %s", spanText(w.Per), money.Count(w.Over/guard.OneCall).Exact())
	case guard.Tokens:
	}
	return fmt.Sprintf("%s per %s > %s", w.Metric, spanText(w.Per), money.Count(w.Over).Exact())
}

// spanText writes a duration without the zeros that Go puts behind it: 10m.
func spanText(d time.Duration) string {
	s := d.String()
	if t, ok := strings.CutSuffix(s, "m0s"); ok {
		s = t + "m"
	}
	if t, ok := strings.CutSuffix(s, "h0m"); ok {
		s = t + "h"
	}
	return s
}

// BreakerScope is whose calls a breaker watches.
type BreakerScope struct {
	Each guard.Scope
	Name string // of one track or feature; "" is each of them
}

// UnmarshalText reads project, track, feature, user, session, track/NAME or feature/NAME.
func (s *BreakerScope) UnmarshalText(b []byte) error {
	each, name, named := strings.Cut(string(b), "/")
	s.Each, s.Name = guard.Scope(each), name
	known := slices.Contains([]guard.Scope{guard.Project, guard.Track, guard.Feature, guard.User, guard.Session}, s.Each)
	if !known || named && (name == "" || s.Each != guard.Track && s.Each != guard.Feature) {
		return fmt.Errorf("scope %q is not known; write project, track, feature, user, session, track/NAME or feature/NAME", b)
	}
	return nil
}

// String gives the scope as it is written.
func (s BreakerScope) String() string {
	if s.Name != "" {
		return string(s.Each) + "/" + s.Name
	}
	return string(s.Each)
}
