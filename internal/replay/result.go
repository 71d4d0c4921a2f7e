package replay

import (
	"cmp"
	"slices"
)

// Merge adds what another fork of the same run has replayed; o is used up by it. The sums do not depend on how the calls
// were dealt out.
func (r *Run) Merge(o *Run) {
	if r.lore != o.lore {
		panic("replay: only a run's own forks can be merged with it")
	}
	r.notes.Clamped += o.notes.Clamped
	r.notes.MissingVars += o.notes.MissingVars
	r.notes.Bounds += o.notes.Bounds
	r.notes.Means += o.notes.Means
	for key, theirs := range o.lanes {
		ours, ok := r.lanes[key]
		if !ok {
			r.lanes[key] = theirs
			r.enter(theirs)
			continue
		}
		ours.merge(theirs)
	}
	for key, g := range o.groups {
		r.groups[key].merge(g)
	}
	r.mergeSessions(o)
}

func (l *lane) merge(o *lane) {
	l.calls += o.calls
	l.varied += o.varied
	if before(o.first, l.first) {
		l.first = o.first
	}
	l.before.merge(&o.before)
	l.after.merge(&o.after)
	l.level.merge(o.level)
	l.effect.merge(o.effect)
	l.mergeSent(o)
	for kind, n := range o.trusts {
		trustIn(&l.trusts, kind, n)
	}
	for i, theirs := range o.causes {
		switch ours := l.causes[i]; {
		case theirs == nil:
		case ours == nil:
			l.causes[i] = theirs
		default:
			ours.merge(theirs)
		}
	}
}

// Result is what was replayed. The run is at its end: no more can be added or merged. The error is more cells than a cube
// holds.
func (r *Run) Result() (*Result, error) {
	res := &Result{Head: newCube(r.lore.head.models, r.lore.plan.volume), Notes: r.finalNotes(), groups: r.groups}
	if r.lore.plan.Base != nil {
		res.Base = newCube(r.lore.base.models, r.lore.plan.volume)
	}
	unpriced := map[string]*Unpriced{}
	causes := map[causeKey]*Cause{}
	for _, l := range r.lanes {
		res.Calls += l.calls
		l.pour(res, causes)
		if l.unpriced != "" {
			r.without(unpriced, l)
		}
	}
	res.strands = r.strands(res)
	res.texts = r.textsOf(res.strands)
	r.nameKinds()
	r.finished = r.sessions.sorted()
	for _, c := range causes {
		r.finish(c, res.Base, res.Head)
		res.Causes = append(res.Causes, c)
	}
	slices.SortFunc(res.Causes, func(a, b *Cause) int { return a.key.compare(b.key) })
	for _, u := range unpriced {
		res.Unpriced = append(res.Unpriced, *u)
	}
	slices.SortFunc(res.Unpriced, func(a, b Unpriced) int { return cmp.Compare(a.Name, b.Name) })
	if project := res.Group(ByProject, ""); project != nil {
		res.CountingError, res.CountingBy = project.Counting()
		res.Notes.MixedSessions = project.mixed()
	}
	return res, res.err()
}

// err tells of more cells than a cube holds.
func (r *Result) err() error {
	if r.Base != nil && r.Base.sums.Err() != nil {
		return r.Base.sums.Err()
	}
	return r.Head.sums.Err()
}

// pour adds a lane's sums to the cubes, the causes and the groups.
func (l *lane) pour(res *Result, causes map[causeKey]*Cause) {
	last := l.way.last(l.recorded)
	if res.Base != nil {
		l.before.pour(res.Base, l, l.recorded)
	}
	l.after.pour(res.Head, l, last)
	for i, b := range l.causes {
		if b != nil {
			b.pour(causes, l, order(i))
		}
	}
	for i, g := range l.head {
		g.Calls += l.calls
		g.level.merge(l.level)
		g.effect.merge(l.effect)
		for kind, n := range l.trusts {
			trustIn(&g.trusts, kind, n)
		}
		if was := l.base[i]; was != g {
			was.Calls += l.calls
		}
	}
}

// finalNotes adds what lanes had to assume to what was counted call by call.
func (r *Run) finalNotes() Notes {
	n := r.notes
	n.UnknownVersion, n.NotLoaded, n.Removed, n.WithVars = map[string]int64{}, map[string]int64{}, map[string]int64{}, map[string]int64{}
	for _, l := range r.lanes {
		a := l.assumed
		if a.noTemplate {
			n.NoTemplate += l.calls
		}
		if a.noVersion {
			n.NoVersion += l.calls
		}
		if l.way.stays {
			n.OtherModel += l.calls
		}
		if t := r.lore.plan.Head.Templates[l.path]; l.varied > 0 && t != nil && t.Kind.Rendered() {
			n.WithVars[l.path] += l.varied
		}
		for _, by := range []struct {
			counts map[string]int64
			name   string
		}{{n.UnknownVersion, a.unknown}, {n.NotLoaded, a.notLoaded}, {n.Removed, a.removed}} {
			if by.name != "" {
				by.counts[by.name] += l.calls
			}
		}
	}
	return n
}

func (r *Run) without(unpriced map[string]*Unpriced, l *lane) {
	u := unpriced[l.unpriced]
	if u == nil {
		u = &Unpriced{Name: l.unpriced, Reason: l.why, First: l.first}
		unpriced[l.unpriced] = u
	}
	u.Calls += l.calls
	if before(l.first, u.First) {
		u.First = l.first
	}
}
