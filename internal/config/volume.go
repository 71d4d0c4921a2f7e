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
