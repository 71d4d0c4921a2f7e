package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/source"
)

// VolumePlan is one entry under volume: what is known of the volume to come that no recording can tell. It holds from
// the first of its days to the last, both included; the other days of a period count as they are forecast.
type VolumePlan struct {
	Track   source.At[string]      `yaml:"track"`
	Feature source.At[string]      `yaml:"feature"`
	Model   source.At[string]      `yaml:"model" jsonschema_description:"Model as recorded. Without track, feature and model the entry is for the whole project."`
	Change  source.At[Change]      `yaml:"change" jsonschema_description:"Change of the volume: +40%."`
	Calls   source.At[money.Count] `yaml:"calls" jsonschema_description:"Calls per period, in place of the forecast's median; the spread stays."`
	Share   source.At[money.Ratio] `yaml:"share" jsonschema_description:"Share of the project's calls; the other calls shrink or grow in proportion."`
	From    source.At[money.Date]  `yaml:"from" jsonschema_description:"First day it holds."`
	Until   source.At[money.Date]  `yaml:"until" jsonschema_description:"Last day it holds; without it, for good."`
	Reason  source.At[string]      `yaml:"reason" jsonschema_description:"Why: the report repeats it."`
	Spread  source.At[money.Ratio] `yaml:"spread" jsonschema_description:"How far off the plan itself may be: half of its 95 % interval, as a share of the level."`
}

// Change is a relative change written with its sign: "+40%" is 0.4.
type Change float64

// UnmarshalText reads a signed percentage from −100 % to +10,000 %.
func (c *Change) UnmarshalText(b []byte) error {
	s := strings.TrimSpace(string(b))
	digits, percent := strings.CutSuffix(s, "%")
	v, err := strconv.ParseFloat(strings.ReplaceAll(strings.TrimSpace(digits), ",", ""), 64)
	if err != nil || !percent || s[0] != '+' && s[0] != '-' {
		return fmt.Errorf("cannot read %q as a change; write it with its sign, like +40%% or -20%%", s)
	}
	if !(v >= -100 && v <= 10_000) {
		return fmt.Errorf("change %q is out of range (-100%% to +10,000%%)", s)
	}
	*c = Change(v/100 + 0) // -0% is +0%
	return nil
}

// String prints with the sign and at most one decimal: "+12.5%".
func (c Change) String() string {
	s := strconv.FormatFloat(float64(c)*100, 'f', 1, 64)
	s = strings.TrimSuffix(s, ".0") + "%"
	if c >= 0 {
		s = "+" + s
	}
	return s
}

// Scope is what the entry is for: the project where it names nothing.
func (v VolumePlan) Scope() budget.Scope {
	for _, n := range v.names() {
		if n.at.Set {
			return budget.Scope{Kind: n.kind, Name: n.at.Value}
		}
	}
	return budget.Scope{Kind: "project"}
}

// Name is the place that names the scope; the zero value for the project.
func (v VolumePlan) Name() source.At[string] {
	for _, n := range v.names() {
		if n.at.Set {
			return n.at
		}
	}
	return source.At[string]{}
}

type planName struct {
	kind string
	at   source.At[string]
}

func (v VolumePlan) names() []planName {
	return []planName{{"track", v.Track}, {"feature", v.Feature}, {"model", v.Model}}
}

// Holds reports whether the entry holds on a UTC day.
func (v VolumePlan) Holds(day time.Time) bool {
	return !day.Before(v.From.Value.Time) && (!v.Until.Set || !day.After(v.Until.Value.Time))
}

// Text says what the entry plans: "+40% from 2027-03-01 to 2027-03-31 ±20%".
func (v VolumePlan) Text() string {
	var s string
	switch {
	case v.Calls.Set:
		s = v.Calls.Value.String() + " calls per period"
	case v.Share.Set:
		s = v.Share.Value.String() + " of the calls"
	default:
		s = v.Change.Value.String()
	}
	s += " from " + v.From.Value.Format(time.DateOnly)
	if v.Until.Set {
		s += " to " + v.Until.Value.Format(time.DateOnly)
	}
	if v.Spread.Set {
		s += ", give or take " + v.Spread.Value.String()
	}
	return s
}

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

// volumeSettings are the entries under volume as settings, so that an edit of one is named.
func (c *Config) volumeSettings() []budget.Setting {
	var out []budget.Setting
	for _, at := range c.Volume {
		s := budget.Setting{Name: "volume " + at.Value.Scope().String() + " from " + at.Value.From.Value.Format(time.DateOnly), Value: at.Value.Text() + ", " + strconv.Quote(at.Value.Reason.Value), Span: at.Span}
		name := s.Name
		for n := 2; slices.ContainsFunc(out, func(o budget.Setting) bool { return o.Name == s.Name }); n++ {
			s.Name = fmt.Sprintf("%s (%d)", name, n)
		}
		out = append(out, s)
	}
	return out
}
