package gate

import (
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/replay"
	"github.com/tokengate/tokengate/internal/source"
)

// variant is head with some of its settings replaced. It is replayed from base like head itself, on the same calls, and
// the two results are held against each other.
type variant struct {
	config.Override
	catalog *pricing.Catalog // nil where the project's prices hold
	texts   map[string]*prompt.Template
	warned  []string // what is odd about its files: a note of the variant, since it decides nothing
}

// variants reads what was asked for: the variants of the command line, or those of head's configuration. They are no
// policy, so base has no say in them. Every diagnostic is an error.
func variants(in Input, head *side, count counters) ([]*variant, source.Diagnostics) {
	files := in.Files
	list, diags := in.Variants, source.Diagnostics(nil)
	if list == nil || files == nil {
		files = head.fs
	}
	if list == nil {
		list, diags = only(head.policy.Variants, in.Only)
	}
	overrides, more := head.policy.Overrides(list)
	if diags = append(diags, more...); diags.HasErrors() {
		return nil, diags
	}
	var out []*variant
	for _, o := range overrides {
		v := &variant{Override: o, texts: maps.Clone(head.templates)}
		for _, d := range v.load(files, head, count) {
			if d.Severity == source.Error {
				diags = append(diags, d)
			} else {
				v.warned = append(v.warned, d.String())
			}
		}
		out = append(out, v)
	}
	return out, diags
}

// only picks variants by name, all of them where none is named.
func only(list []source.At[config.Variant], names []string) (out []source.At[config.Variant], diags source.Diagnostics) {
	var known []string
	for _, v := range list {
		known = append(known, v.Value.Name.Value)
		if len(names) == 0 || slices.Contains(names, v.Value.Name.Value) {
			out = append(out, v)
		}
	}
	for _, n := range names {
		if !slices.Contains(known, n) {
			hint := "list it under variants: in " + config.Name
			if len(known) > 0 {
				hint = "variants are " + strings.Join(known, ", ")
			}
			diags.Add("variant-target", source.Span{File: "--only " + n}, source.DidYouMean(n, known, hint), "no variant is called %q", n)
		}
	}
	return out, diags
}

// load reads the files that the variant names, and looks its models up among its prices.
func (v *variant) load(files fs.FS, head *side, count counters) (diags source.Diagnostics) {
	catalog := count.catalog
	for _, f := range v.Prices {
		content, err := fs.ReadFile(files, clean(f.Value))
		if err != nil {
			diags.Add("path-missing", f.Span, "check the path", "cannot read price file %q: %v", f.Value, err)
			continue
		}
		next, more := catalog.WithFile(clean(f.Value), content)
		diags = append(diags, more...)
		catalog, v.catalog = next, next
	}
	for _, m := range v.Models() {
		found, err := catalog.Lookup(m.Value, count.at)
		if err == nil {
			_, err = found.Rates("", 0)
		}
		if err != nil {
			diags.Add("unknown-model", m.Span, modelHint(err), "model %q has no price", m.Value)
		}
	}
	return append(diags, v.standIn(files, head, count.at)...)
}

// standIn loads the texts that stand in the place of others: every template anew that sends one of these.
func (v *variant) standIn(files fs.FS, head *side, now time.Time) (diags source.Diagnostics) {
	tree := head.fs
	for _, t := range v.Templates {
		content, err := fs.ReadFile(files, clean(t.Value.Value))
		if err != nil {
			diags.Add("path-missing", t.Value.Span, "check the path", "cannot read %q in the place of template %s: %v", t.Value.Value, t.Key.Value, err)
			continue
		}
		tree = standIn{tree, t.Key.Value, content}
	}
	for _, t := range v.Templates {
		for _, name := range head.senders(t.Key.Value) {
			texts, more := head.reload(tree, name, prompt.Options{Now: now})
			if !sends(texts, t.Key.Value) {
				diags = append(diags, more...)
				continue
			}
			for _, text := range texts { // what budget blocks in it say is no policy, so neither are their mistakes
				v.texts[text.Path] = text
			}
		}
	}
	return diags
}

// clean takes a path as fs.FS wants it. One that leads elsewhere is left alone: only the command line may name it, and
// its files know what to make of it.
func clean(name string) string {
	if c := path.Clean(name); fs.ValidPath(c) {
		return c
	}
	return name
}

// plan is what the variant is replayed under. main is the plan of base and head.
func (v *variant) plan(main replay.Plan) replay.Plan {
	p := main
	if p.Base == nil {
		p.Base = main.Head // a replay moves calls from one revision to another
	}
	held := main.Head.Limits
	p.Head = &replay.Revision{Templates: v.texts, Limits: func(template, track string) prompt.Limits {
		return v.Limits(held(template, track), template, track)
	}}
	p.Head.Service = main.Head.Service
	if v.Serves() {
		p.Head.Service = func(template, track string) replay.Service {
			s := replay.Service{Tier: v.Tier(track), Uncached: v.Uncached(track)}
			if main.Head.Service != nil && !s.Uncached.Set {
				s.Uncached = main.Head.Service(template, track).Uncached
			}
			return s
		}
	}
	if v.Scales() {
		p.Volume = v.Volume
	}
	p.Reprice = v.catalog
	return p
}

// replays gives the plan of the run itself and one for every variant.
func replays(main replay.Plan, vs []*variant) []replay.Plan {
	out := []replay.Plan{main}
	for _, v := range vs {
		out = append(out, v.plan(main))
	}
	return out
}
