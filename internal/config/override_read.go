package config

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/source"
)

// AsIs names the project without a variant.
const AsIs = "as is"

// Overrides reads variants, and holds what they name against what the policy declares: tracks, templates, and what has
// to be declared for a setting to be replayed. Models are left to whoever has a catalogue. With an error among the
// diagnostics the overrides must not be used.
func (p Policy) Overrides(variants []source.At[Variant]) (out []Override, diags source.Diagnostics) {
	names := map[string]bool{AsIs: true}
	for _, v := range variants {
		r := &overrideReader{p: p, v: v.Value, o: Override{Name: v.Value.Name.Value, Description: v.Value.Description.Value, Span: v.Span}}
		r.read()
		switch {
		case r.o.Name == "":
			r.diags.Add("variant-setting", v.Span, "write name: a few words", "a variant has no name")
		case names[r.o.Name]:
			r.diags.Add("variant-setting", v.Value.Name.Span, "choose another name", "variant name %q is taken", r.o.Name)
		}
		names[r.o.Name] = true
		out, diags = append(out, r.o), append(diags, r.diags...)
	}
	return out, diags
}

type overrideReader struct {
	p     Policy
	v     Variant
	o     Override
	diags source.Diagnostics
}

func (r *overrideReader) read() {
	for _, s := range r.v.Set {
		r.set(s)
	}
	scoped(r, "volume", r.v.Volume, &r.o.volume, volumeOf)
	scoped(r, "cache", r.v.Cache, &r.o.cache, r.cacheOf)
	scoped(r, "tier", r.v.Tier, &r.o.tier, tierOf)
	for _, f := range r.v.Prices {
		r.o.Prices = append(r.o.Prices, f)
		r.o.Changes = append(r.o.Changes, "prices of "+f.Value)
	}
	for _, s := range r.v.Template {
		s.Key.Value = path.Clean(s.Key.Value)
		r.textNamed(s.Key)
		r.o.Templates = append(r.o.Templates, s)
		r.o.Changes = append(r.o.Changes, "template "+s.Key.Value+"="+s.Value.Value)
	}
	if len(r.o.Changes) == 0 && len(r.diags) == 0 {
		r.diags.Add("variant-setting", r.o.Span, "write set, volume, prices, cache, tier or template", "variant %q changes nothing", r.o.Name)
	}
}

// set reads one setting by its path.
func (r *overrideReader) set(s source.Entry[source.At[string]]) {
	kind, name, key, ok := r.target(s.Key, limitKeys)
	if !ok {
		return
	}
	var l prompt.Limits
	if err := setLimit(&l, key, s.Value); err != nil {
		r.diags.Add("variant-setting", s.Value.Span, "", "%s: %v", s.Key.Value, err)
		return
	}
	if why := r.unknowable(kind, name, key); why != "" {
		r.diags.Add("variant-retrieval", s.Key.Span, "declare context.top_k and context.chunk_tokens as they are today, in tokengate.yaml or a budget block", "%s cannot be replayed: %s", s.Key.Value, why)
		return
	}
	r.o.limits = append(r.o.limits, aimed[prompt.Limits]{kind, name, l})
	r.o.Changes = append(r.o.Changes, s.Key.Value+"="+s.Value.Value)
}

// limitKeys are the settings that a variant replaces, in the words of a budget block.
var limitKeys = []string{"fallback.model", "model", "max_output_tokens", "max_input_tokens", "max_retrieved_tokens", "top_k", "chunk_tokens"}

// setLimit sets the one key of limits that is named.
func setLimit(l *prompt.Limits, key string, v source.At[string]) error {
	switch key {
	case "model":
		l.Model = v
	case "fallback.model":
		l.Fallback.Model = v
	default:
		n, err := money.ParseCount(v.Value)
		if err == nil && n == 0 && key != "top_k" {
			err = fmt.Errorf("0 leaves nothing to send or to answer with")
		}
		*map[string]*source.At[money.Count]{"max_output_tokens": &l.MaxOutputTokens, "max_input_tokens": &l.Context.MaxInputTokens,
			"max_retrieved_tokens": &l.Context.MaxRetrievedTokens, "top_k": &l.Context.TopK, "chunk_tokens": &l.Context.ChunkTokens}[key] = source.Of(n, v.Span)
		return err
	}
	if v.Value == "" {
		return fmt.Errorf("a model's name is missing")
	}
	return nil
}

// target reads a path: KEY, track.NAME.KEY or template.PATH.KEY. A name may hold dots, so the key is looked for from the
// end. With no keys the path is track.NAME, or "" for all.
func (r *overrideReader) target(at source.At[string], keys []string) (kind, name, key string, ok bool) {
	rest := at.Value
	for _, k := range []string{"track", "template"} {
		if cut, found := strings.CutPrefix(rest, k+"."); found {
			kind, rest = k, cut
			break
		}
	}
	if name, key, ok = splitKey(rest, kind != "", keys); !ok {
		r.diags.Add("variant-setting", at.Span, r.meantPath(at.Value, kind, keys), "unknown setting %q", at.Value)
		return kind, name, key, false
	}
	named := source.Of(name, at.Span)
	switch kind {
	case "track":
		ok = r.trackNamed(named)
	case "template":
		named.Value = path.Clean(name)
		name, ok = named.Value, r.templateNamed(named)
	}
	return kind, name, key, ok
}

func splitKey(rest string, named bool, keys []string) (name, key string, ok bool) {
	if len(keys) == 0 {
		return rest, "", named && rest != "" || rest == "" && !named
	}
	for _, k := range keys {
		for _, spelled := range []string{"context." + k, k} {
			if cut, found := strings.CutSuffix(rest, spelled); found {
				name, dot := strings.CutSuffix(cut, ".")
				if named && dot && name != "" || !named && cut == "" {
					return name, k, true
				}
			}
		}
	}
	return "", "", false
}

// meantPath is the hint for a path that is none.
func (r *overrideReader) meantPath(written, kind string, keys []string) string {
	if len(keys) == 0 {
		return "write one value for all calls, or one by track: track.NAME"
	}
	if strings.HasPrefix(written, "feature.") {
		return "models and caps are declared, and replayed, by track or template"
	}
	if _, after, _ := strings.Cut(written, "."); kind != "" && slices.Contains(keys, after) {
		return "write " + kind + "." + map[string]string{"track": "NAME", "template": "PATH"}[kind] + "." + after
	}
	prefix, word := "", written
	if i := strings.LastIndexByte(written, '.'); kind != "" && i >= 0 {
		prefix, word = written[:i+1], written[i+1:]
	}
	if near := source.Nearest(word, keys); near != "" {
		return fmt.Sprintf("did you mean %q?", prefix+near)
	}
	return "settings are " + strings.Join(keys, ", ") + "; track.NAME. or template.PATH. before one aims it"
}

// trackNamed holds a track's name against those that are declared, or that the recordings are given. Where none is known
// before the traffic is read, any name is taken.
func (r *overrideReader) trackNamed(at source.At[string]) bool {
	var known []string
	for _, d := range r.p.Declared() {
		known = append(known, d.Scope.Name)
	}
	for _, rec := range r.p.Recordings {
		known = append(known, rec.Defaults.Track.Value)
	}
	for _, m := range r.p.Map {
		known = append(known, m.Value.Track.Value)
	}
	known = slices.DeleteFunc(known, func(s string) bool { return s == "" || strings.Contains(s, "{") })
	if len(known) == 0 || slices.Contains(known, at.Value) {
		return true
	}
	r.diags.Add("variant-target", at.Span, source.DidYouMean(at.Value, known, "known are "+strings.Join(known, ", ")), "track %q is not known", at.Value)
	return false
}

func (r *overrideReader) templateNamed(at source.At[string]) bool {
	var known []string
	for _, t := range r.p.Templates {
		known = append(known, t.Path)
	}
	return r.amongTemplates(at, known)
}

// textNamed is as templateNamed of a text that another stands in for: it may as well be one of a template's files.
func (r *overrideReader) textNamed(at source.At[string]) bool {
	var known []string
	for _, t := range r.p.Templates {
		if t.Agent != prompt.AnyAgent { // these have no file of their own, or it is in the list
			known = append(known, t.Path)
		}
		for _, f := range t.Files {
			known = append(known, f.Path)
		}
	}
	slices.Sort(known)
	return r.amongTemplates(at, slices.Compact(known))
}

func (r *overrideReader) amongTemplates(at source.At[string], known []string) bool {
	if slices.Contains(known, at.Value) {
		return true
	}
	r.diags.Add("variant-target", at.Span, source.DidYouMean(at.Value, known, "templates are "+strings.Join(known, ", ")), "%q is not a template of the project", at.Value)
	return false
}
