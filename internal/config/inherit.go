package config

import (
	"path"
	"slices"
	"strings"
	"time"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/source"
)

// Target is what limits are asked for: a template or a file of one, or a section of it, on a track and for a feature. Each
// may be "".
type Target struct{ Path, Anchor, Track, Feature string }

// level is one step of the order of inheritance: a budget block, or a place in tokengate.yaml.
type level struct {
	name   string // what the step is called
	limits prompt.Limits
	terms  prompt.Terms
	at     source.Span
	until  time.Time // of one that expires
}

// levels gives what may set a guardrail of a target, the closest first. Each guardrail comes from the first that sets it:
//
//  1. the section's own block
//  2. blocks of the sections around it, from the inside out
//  3. the file's own block, then blocks of files that it imports
//  4. the block of the file that imports it
//  5. the CLAUDE.md of the nearest directory above, and so on up to the root (for files of the CLAUDE.md family)
//  6. the track in tokengate.yaml
//  7. a block elsewhere that names the track
//  8. the feature in tokengate.yaml
//  9. the project's defaults in tokengate.yaml
//
// Within a step, what expires comes first; an envelope for a whole track, feature or project comes before what
// tokengate.yaml has for it. A block that names another track than the target's holds nowhere here. Prompts that an
// application sends are no children of a CLAUDE.md, which is for a coding tool, so step 5 passes them by.
//
// Ceilings are not inherited: each holds on its own, beside all others.
func (p Policy) levels(t Target) []level {
	o := order{blocks: p.blocks(), seen: map[source.Span]bool{}}
	for i, anchor := range p.around(t.Path, t.Anchor) {
		o.take([]string{"section", "section around it"}[min(i, 1)], func(b block) bool {
			return b.OwnText() && b.Section.Value == anchor && b.Span.File == t.Path
		})
	}
	if t.Path != "" {
		whole := func(b block) bool { return b.template != nil && b.on(t.Track) && !b.Section.Set }
		o.take("file", func(b block) bool { return whole(b) && b.Span.File == t.Path })
		o.take("imported file", func(b block) bool { return whole(b) && b.template.Path == t.Path && !b.OwnText() })
		importers := p.importers(t.Path)
		for _, i := range importers {
			o.take("importing file", func(b block) bool { return whole(b) && b.Span.File == i && !b.OwnText() })
		}
		for _, parent := range parents(append([]string{t.Path}, importers...)) {
			o.take("directory above", func(b block) bool { return whole(b) && b.Span.File == parent && !b.OwnText() })
		}
	}
	if t.Track != "" {
		o.take("emergency of the track", func(b block) bool { return b.Expires.Set && b.scope().Kind == "track" && b.Track.Value == t.Track })
		o.envelope("track", p.Tracks, t.Track)
		o.take("elsewhere for the track", func(b block) bool { return b.Track.Set && b.Track.Value == t.Track })
	}
	if t.Feature != "" {
		o.take("emergency of the feature", func(b block) bool { return b.Expires.Set && b.Feature.Value == t.Feature })
		o.envelope("feature", p.Features, t.Feature)
	}
	o.take("emergency of the project", func(b block) bool { return b.scope().Kind == "project" })
	o.out = append(o.out, level{name: "defaults", limits: p.Defaults.limits(), terms: p.Defaults.Terms})
	return o.out
}

// order collects levels, each block once.
type order struct {
	blocks []block
	seen   map[source.Span]bool
	out    []level
}

// take adds the blocks that are wanted, those that expire first.
func (o *order) take(name string, want func(block) bool) {
	for _, expires := range []bool{true, false} {
		for _, b := range o.blocks {
			if b.Expires.Set != expires || o.seen[b.Span] || !want(b) {
				continue
			}
			o.seen[b.Span] = true
			l := level{name: name, limits: b.Limits, terms: b.Terms, at: b.Span}
			if expires {
				l.until = b.Expires.Value.Time
			}
			o.out = append(o.out, l)
		}
	}
}

func (o *order) envelope(name string, all source.Map[Envelope], of string) {
	for _, e := range all {
		if e.Key.Value == of {
			o.out = append(o.out, level{name: name, limits: e.Value.Limits, terms: e.Value.Terms, at: e.Key.Span})
		}
	}
}

// around gives the anchors of a section and of those around it, from the inside out.
func (p Policy) around(file, anchor string) []string {
	if anchor == "" {
		return nil
	}
	out := []string{anchor}
	for _, t := range p.Templates {
		for _, f := range t.Files {
			i := slices.IndexFunc(f.Sections, func(s prompt.Section) bool { return f.Path == file && s.Anchor == anchor })
			if i < 0 {
				continue
			}
			for level := f.Sections[i].Level; i >= 0; i-- {
				if s := f.Sections[i]; s.Level > 0 && s.Level < level {
					out, level = append(out, s.Anchor), s.Level
				}
			}
			return out
		}
	}
	return out
}

// importers lists the root files of the other templates that a file is sent with. A CLAUDE.md is not imported by what it
// is sent with: it has its own place among the directories.
func (p Policy) importers(file string) (out []string) {
	if base := path.Base(file); base == "CLAUDE.md" || base == "CLAUDE.local.md" {
		return nil
	}
	for _, t := range p.Templates {
		if t.Path != file && slices.ContainsFunc(t.Files, func(f prompt.File) bool { return f.Path == file }) {
			out = append(out, t.Path)
		}
	}
	return out
}

// isMemory reports whether a file is one that tools load by its name alone.
func isMemory(file string) bool {
	return slices.Contains([]string{"CLAUDE.md", "CLAUDE.local.md", "AGENTS.md", "GEMINI.md"}, path.Base(file))
}

// parents lists where the CLAUDE.md files above may stand, the nearest directory first. files is the file that is asked
// for, and those that import it; the first of the CLAUDE.md family decides.
func parents(files []string) (out []string) {
	for _, file := range files {
		project, rest, inside := strings.Cut("/"+file, "/.claude/")
		dir := strings.TrimPrefix(project, "/")
		switch base := path.Base(file); {
		case inside && rest != "":
		case base == "CLAUDE.md":
			if dir = path.Dir(file); dir == "." {
				return nil
			}
			dir = path.Dir(dir)
		case base == "CLAUDE.local.md":
			dir = path.Dir(file)
		default:
			continue
		}
		for {
			for _, name := range []string{"CLAUDE.md", ".claude/CLAUDE.md"} {
				if above := path.Join(dir, name); above != file {
					out = append(out, above)
				}
			}
			if dir == "." || dir == "" {
				return out
			}
			dir = path.Dir(dir)
		}
	}
	return nil
}

// String names the target: its path, else its track, else its feature.
func (t Target) String() string {
	switch {
	case t.Anchor != "":
		return t.Path + "#" + t.Anchor
	case t.Path != "":
		return t.Path
	case t.Track != "":
		return "track " + t.Track
	case t.Feature != "":
		return "feature " + t.Feature
	}
	return "the project"
}

// Limits gives the guardrails that hold for a call made from a template on a track; see For.
func (p Policy) Limits(template, track string) prompt.Limits {
	return p.For(Target{Path: template, Track: track})
}

// For gives the guardrails that hold for a target, each from the first level that sets it; see levels for their order. A
// switch that turns retrieval off is a retrieval of nothing.
func (p Policy) For(t Target) prompt.Limits {
	levels := p.levels(t)
	var out prompt.Limits
	for _, l := range levels {
		fill(&out, l.limits)
	}
	if off := toggle(levels, "retrieval"); off.Set && !off.Value {
		none := source.Of(money.Count(0), off.Span)
		out.Context.TopK = none
		or(&out.Context.ChunkTokens, none)
	}
	return out
}

// Toggle gives a switch of calls made from a template on a track, with where it is turned; not set where nothing does.
func (p Policy) Toggle(name, template, track string) source.At[bool] {
	return toggle(p.levels(Target{Path: template, Track: track}), name)
}

func toggle(levels []level, name string) source.At[bool] {
	for _, l := range levels {
		for _, t := range l.terms.Toggles {
			if t.Key.Value == name {
				return source.Of(t.Value, t.Key.Span)
			}
		}
	}
	return source.At[bool]{}
}
