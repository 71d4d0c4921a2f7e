package config

import (
	"strconv"
	"strings"
	"time"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/source"
)

func (c *Config) validateVolume(diags *source.Diagnostics) {
	for _, at := range c.Volume {
		at.Value.validate(at.Span, diags)
	}
	for i, b := range c.Volume {
		for _, a := range c.Volume[:i] {
			if a.Value.contradicts(b.Value) {
				diags.Add("volume-plan", b.Span, "keep one of the two, or let one end before the other begins",
					"two entries set the level of calls that may be the same: %s here, %s on line %d", b.Value.what(), a.Value.what(), a.Span.Start.Line)
			}
		}
	}
	c.validateShares(diags)
}

func (v VolumePlan) what() string { return v.Scope().String() + " " + v.Text() }

func (v VolumePlan) validate(at source.Span, diags *source.Diagnostics) {
	var scopes []string
	for _, n := range v.names() {
		if n.at.Set {
			scopes = append(scopes, n.kind)
			if n.at.Value == "" {
				diags.Add("volume-plan", n.at.Span, "write its name, or remove the key: without a scope the entry is for the whole project", "the %s has no name", n.kind)
			}
		}
	}
	if len(scopes) > 1 {
		diags.Add("volume-plan", at, "write an entry for each", "an entry under volume is for one scope, and this one names %s", strings.Join(scopes, " and "))
	}
	sets := 0
	for _, set := range []bool{v.Change.Set, v.Calls.Set, v.Share.Set} {
		if set {
			sets++
		}
	}
	switch {
	case sets != 1:
		diags.Add("volume-plan", at, "write one of change: +40%, calls: 120k and share: 30%", "an entry under volume sets %s of change, calls and share", map[bool]string{true: "none", false: "more than one"}[sets == 0])
	case v.Share.Set && v.Name() == source.At[string]{}:
		diags.Add("volume-plan", v.Share.Span, "name a track, feature or model", "a share of the project's calls needs a scope that has it")
	case v.Share.Set && v.Share.Value > 1:
		diags.Add("volume-plan", v.Share.Span, "write the share of all calls, such as 30%", "share %s is more than all calls", v.Share.Value)
	}
	if !v.From.Set {
		diags.Add("volume-plan", at, "write from: 2027-03-01", "an entry under volume does not say from which day it holds")
	} else if v.Until.Set && v.Until.Value.Before(v.From.Value.Time) {
		diags.Add("volume-plan", v.Until.Span, "until is the last day the entry holds", "the entry ends on %s, before it begins on %s", v.Until.Value.Format(time.DateOnly), v.From.Value.Format(time.DateOnly))
	}
	if strings.TrimSpace(v.Reason.Value) == "" {
		diags.Add("volume-plan", at, "write reason: launch in France", "an entry under volume has no reason")
	}
	if v.Spread.Set && v.Spread.Value >= 1 {
		diags.Add("volume-plan", v.Spread.Span, "write half of the plan's 95% interval, such as 20%", "spread %s would let the plan come to nothing or less", v.Spread.Value)
	}
}

// contradicts tells of two entries that both fix the level of calls they may share. Levels of two tracks (or features, or
// models) are of different calls, shares of two of them are solved together, and a share leaves the level of the
// project to an entry that sets it.
func (v VolumePlan) contradicts(o VolumePlan) bool {
	if v.Change.Set || o.Change.Set || !v.overlaps(o) {
		return false
	}
	a, b := v.Scope(), o.Scope()
	switch {
	case v.Calls.Set != o.Calls.Set:
		return v.Calls.Set && a.Name != "" || o.Calls.Set && b.Name != ""
	case a.Kind != b.Kind:
		return true
	}
	return a == b
}

func (v VolumePlan) overlaps(o VolumePlan) bool {
	ends := func(x, y VolumePlan) bool { return x.Until.Set && x.Until.Value.Before(y.From.Value.Time) }
	return !ends(v, o) && !ends(o, v)
}

// validateShares finds shares that hold at once and are more than all calls together. The shares on any day are those on
// the first day of one of them.
func (c *Config) validateShares(diags *source.Diagnostics) {
	for _, at := range c.Volume {
		sum, others := 0.0, []string(nil)
		for _, o := range c.Volume {
			if o.Value.Share.Set && at.Value.Share.Set && o.Value.Holds(at.Value.From.Value.Time) {
				if sum += float64(o.Value.Share.Value); o.Span != at.Span {
					others = append(others, strconv.Itoa(o.Span.Start.Line))
				}
			}
		}
		if sum > 1+1e-9 && len(others) > 0 {
			diags.Add("volume-plan", at.Value.Share.Span, "shares that hold on the same day add up to 100% at most", "from %s on the shares come to %s, with those on line %s", at.Value.From.Value.Format(time.DateOnly), money.Ratio(sum), strings.Join(others, ", "))
		}
	}
}
