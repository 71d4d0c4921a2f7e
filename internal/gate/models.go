package gate

import (
	"maps"
	"slices"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/source"
)

func modelsOf(l prompt.Limits) prompt.Models { return l.Models }

// allows reports whether a list holds a model, under whatever name.
func (r *rails) allows(list prompt.Models, model string) bool {
	return !list.Set || slices.ContainsFunc(list.Value, func(m source.At[string]) bool { return r.m.model(m.Value) == r.m.model(model) })
}

func names(list prompt.Models) (out []string) {
	for _, m := range list.Value {
		out = append(out, m.Value)
	}
	return out
}

// use is the calls that one list is for, and what of them is made on one model that it does not hold.
type use struct {
	list       prompt.Models
	model      string
	head, base float64
	target     config.Target // what its calls have in common
}

// recordedModels sums up the calls that head makes on models that are not allowed, by list and model, in the order of the
// strands.
func (r *rails) recordedModels() (out []budget.ModelUse) {
	type key struct {
		at    source.Span
		model string
	}
	found, all := map[key]*use{}, map[source.Span]float64{}
	var order []key
	for _, s := range r.m.strands {
		t := config.Target{Path: s.Template, Track: s.Track, Feature: s.Feature}
		list := inForce(r, t, modelsOf)
		if !list.Set {
			continue
		}
		base, head := 0.0, 0.0
		for _, day := range slices.Sorted(maps.Keys(s.Days)) {
			base, head = base+s.Days[day].Base.Calls, head+s.Days[day].Head.Calls
		}
		all[list.Span] += head
		for _, on := range []struct {
			model string
			head  bool
		}{{s.HeadModel, true}, {s.BaseModel, false}} {
			if r.allows(list, on.model) {
				continue
			}
			k := key{list.Span, on.model}
			u := found[k]
			if u == nil {
				u = &use{list: list, model: on.model, target: t}
				found[k], order = u, append(order, k)
			}
			u.target = common(u.target, t)
			if on.head {
				u.head += head
			} else {
				u.base += base
			}
		}
	}
	for _, k := range order {
		if u := found[k]; u.head > 0 {
			out = append(out, budget.ModelUse{Model: u.model, Where: u.target.String(), Calls: whole(u.head), Of: whole(all[k.at]), OnBase: r.base != nil && u.base >= u.head,
				Allowed: names(u.list), Place: r.moved(u), List: u.list.Span})
		}
	}
	return out
}

// moved is where head declares the model that calls are made on, else the list.
func (r *rails) moved(u *use) source.Span {
	if at := r.of(r.head, u.target).Model; at.Set && r.m.model(at.Value) == u.model {
		return at.Span
	}
	return u.list.Span
}

// common keeps what two targets share.
func common(a, b config.Target) config.Target {
	if a.Path != b.Path {
		a.Path = ""
	}
	if a.Track != b.Track {
		a.Track = ""
	}
	if a.Feature != b.Feature {
		a.Feature = ""
	}
	return a
}

// declaredModels lists the models and fallbacks that head declares outside the list that is for them, each place once.
func (r *rails) declaredModels() (out []budget.ModelUse) {
	seen := map[[2]source.Span]bool{}
	for _, t := range r.declared() {
		list := inForce(r, t, modelsOf)
		now, was := r.of(r.head, t), r.of(r.base, t)
		for _, d := range []struct {
			as        string
			now, base source.At[string]
		}{{"model", now.Model, was.Model}, {"fallback", now.Fallback.Model, was.Fallback.Model}} {
			k := [2]source.Span{d.now.Span, list.Span}
			if !d.now.Set || r.allows(list, d.now.Value) || seen[k] {
				continue
			}
			seen[k] = true
			out = append(out, budget.ModelUse{Model: d.now.Value, Where: t.String(), As: d.as, OnBase: d.base.Set && r.m.model(d.base.Value) == r.m.model(d.now.Value),
				Allowed: names(list), Place: d.now.Span, List: list.Span})
		}
	}
	return out
}
