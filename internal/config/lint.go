package config

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/source"
)

// Lint is how the rules of tokengate lint are to be taken. Whether a rule exists is for the package that has them to say.
type Lint struct {
	Rules  source.Map[source.At[Level]] `yaml:"rules" jsonschema_description:"Severity by rule id; off switches a rule off."`
	Ignore []source.At[Ignore]          `yaml:"ignore" jsonschema_description:"Findings that are known and accepted, each with its reason."`
}

// Ignore holds findings back that are known and accepted.
type Ignore struct {
	Rule    source.At[string]     `yaml:"rule"`
	Path    source.At[string]     `yaml:"path" jsonschema_description:"File or glob, relative to this file; every file unless given."`
	Reason  source.At[string]     `yaml:"reason" jsonschema_description:"Why the finding is accepted; without one nothing is held back."`
	Expires source.At[money.Date] `yaml:"expires" jsonschema_description:"Last day on which it holds."`
}

// Level is the severity of a rule, or off.
type Level struct {
	Off      bool
	Severity source.Severity
}

// UnmarshalText reads off, info, warning or error.
func (l *Level) UnmarshalText(b []byte) error {
	if l.Off = string(b) == "off"; l.Off {
		return nil
	}
	if l.Severity.UnmarshalText(b) != nil {
		return fmt.Errorf("unknown severity %q; write off, info, warning or error", b)
	}
	return nil
}

// String is the level as it is written.
func (l Level) String() string {
	if l.Off {
		return "off"
	}
	return l.Severity.String()
}

// Matches reports whether the entry is about a file of the project.
func (i Ignore) Matches(file string) bool {
	return !i.Path.Set || doublestar.MatchUnvalidated(path.Clean(i.Path.Value), file)
}

// Expired reports whether the entry no longer holds at now: its day, in UTC, is the last one it does.
func (i Ignore) Expired(now time.Time) bool {
	return i.Expires.Set && !now.Before(i.Expires.Value.AddDate(0, 0, 1))
}

func (l Lint) check(diags *source.Diagnostics) {
	for _, e := range l.Ignore {
		i := e.Value
		switch {
		case strings.TrimSpace(i.Rule.Value) == "":
			diags.Add("lint-ignore", e.Span, "add rule: with the id that the finding shows in brackets", "an entry of lint.ignore names no rule")
		case strings.TrimSpace(i.Reason.Value) == "":
			diags.Add("lint-ignore", i.Rule.Span, "add reason: with why the finding is accepted", "%s is to be ignored without a reason", i.Rule.Value)
		}
		if i.Path.Set {
			checkPath(i.Path, diags)
		}
	}
}

// settings lists the severities and what is ignored, so that an edit can be named.
func (l Lint) settings() []budget.Setting {
	var out []budget.Setting
	for _, e := range l.Rules {
		out = append(out, budget.Setting{Name: "lint.rules." + e.Key.Value, Value: e.Value.Value.String(), Span: e.Key.Span})
	}
	entries := map[string][]string{}
	at := map[string]source.Span{}
	for _, e := range l.Ignore {
		key := fmt.Sprintf("lint.ignore %s in %s", e.Value.Rule.Value, cmp.Or(e.Value.Path.Value, "every file"))
		entries[key] = append(entries[key], e.Value.text())
		if at[key].IsZero() {
			at[key] = e.Span
		}
	}
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		slices.Sort(entries[key])
		out = append(out, budget.Setting{Name: key, Value: strings.Join(entries[key], "; "), Span: at[key]})
	}
	return out
}

func (i Ignore) text() string {
	if !i.Expires.Set {
		return i.Reason.Value
	}
	return i.Reason.Value + ", until " + i.Expires.Value.Format(time.DateOnly)
}

// Edits lists the settings that differ from those in force, each with its place in l, or in the file as a whole where it
// is gone from l, and how it differs.
func (l Lint) Edits(inForce Lint) []budget.Setting {
	var out []budget.Setting
	old, now := inForce.settings(), l.settings()
	named := func(list []budget.Setting, name string) int {
		return slices.IndexFunc(list, func(s budget.Setting) bool { return s.Name == name })
	}
	for _, s := range now {
		switch i := named(old, s.Name); {
		case i < 0:
			s.Value = "added: " + s.Value
		case old[i].Value != s.Value:
			s.Value = fmt.Sprintf("%s → %s", old[i].Value, s.Value)
		default:
			continue
		}
		out = append(out, s)
	}
	for _, s := range old {
		if named(now, s.Name) < 0 {
			out = append(out, budget.Setting{Name: s.Name, Value: "removed: " + s.Value, Span: source.Span{File: s.Span.File}})
		}
	}
	return out
}
