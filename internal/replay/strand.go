package replay

import (
	"cmp"
	"slices"

	"github.com/tokengate/tokengate/internal/cube"
)

// Strand is the finest series that every scope of a report is a sum of: the calls of one track, feature and template that
// were made on one model under base and are made on one under head. The scopes of a strand are its labels, so the strands
// of a track add up to the track, and those of all tracks to the project, on either side and on every day.
type Strand struct {
	Track, Feature, Template string
	BaseModel, HeadModel     string // BaseModel is the recorded one where there is no base
	Days                     map[int64]*StrandDay
}

// StrandDay is one day of a strand, in days since 1970-01-01 UTC. Base is zero where there is no base.
type StrandDay struct{ Base, Head Volume }

// Volume is an amount of all traffic: recorded sums times the weight of each record, divided by the sampling share. Cost
// is in dollars.
type Volume struct{ Calls, Tokens, Cost float64 }

// Name is what a strand is called along a dimension, on one side.
func (s *Strand) Name(d Dim, onBase bool) string {
	switch d {
	case ByTrack:
		return s.Track
	case ByFeature:
		return s.Feature
	case ByTemplate:
		return s.Template
	case ByModel:
		if onBase {
			return s.BaseModel
		}
		return s.HeadModel
	case ByProject, cube.ByDay:
	}
	return ""
}

// Strands gives the strands ordered by track, feature, template, base model and head model. They depend neither on the
// order nor on the split of the recording, and there are no more of them than lanes.
func (r *Result) Strands() []*Strand { return r.strands }

// strands sums the lanes up: integers by cell first, and then in the order of the lanes' labels.
func (r *Run) strands(res *Result) []*Strand {
	lanes := make([]*lane, 0, len(r.lanes))
	for _, l := range r.lanes {
		lanes = append(lanes, l)
	}
	slices.SortFunc(lanes, func(a, b *lane) int { return a.labels.compare(b.labels) })
	var out []*Strand
	type labelled struct{ track, feature, template, base, head string }
	found := map[labelled]*Strand{}
	for _, l := range lanes {
		after := l.way.last(l.recorded)
		key := labelled{l.track, l.feature, l.path, l.recorded.ID, after.ID}
		s := found[key]
		if s == nil {
			s = &Strand{l.track, l.feature, l.path, l.recorded.ID, after.ID, map[int64]*StrandDay{}}
			found[key] = s
			out = append(out, s)
		}
		l.strand = s
		if res.Base != nil {
			l.before.strand(l, l.recorded, s, func(d *StrandDay) *Volume { return &d.Base }, res.Base)
		}
		l.after.strand(l, after, s, func(d *StrandDay) *Volume { return &d.Head }, res.Head)
	}
	slices.SortFunc(out, func(a, b *Strand) int {
		return cmp.Or(cmp.Compare(a.Track, b.Track), cmp.Compare(a.Feature, b.Feature), cmp.Compare(a.Template, b.Template),
			cmp.Compare(a.BaseModel, b.BaseModel), cmp.Compare(a.HeadModel, b.HeadModel))
	})
	return out
}

// strand adds the cells to one side of a strand.
func (c *cells) strand(l *lane, on *bill, into *Strand, side func(*StrandDay) *Volume, priced *Cube) {
	spots := make([]spot, 0, len(c.spots))
	for at := range c.spots {
		spots = append(spots, at)
	}
	slices.SortFunc(spots, func(a, b spot) int { return cmp.Or(cmp.Compare(a.day, b.day), cmp.Compare(a.band, b.band)) })
	share := l.share()
	for _, at := range spots {
		d := into.Days[at.day]
		if d == nil {
			d = &StrandDay{}
			into.Days[at.day] = d
		}
		v, cell := side(d), c.spots[at]
		v.Calls += float64(cell.Calls) / share
		v.Tokens += float64(cell.Usage.Total()) / share
		v.Cost += priced.cost(Key{Model: on.ID, Tier: on.tier, Band: at.band}, cell.Usage).Float() / share
	}
}

// compare orders labels field by field.
func (k labels) compare(o labels) int {
	return cmp.Or(cmp.Compare(k.track, o.track), cmp.Compare(k.feature, o.feature), cmp.Compare(k.template, o.template), cmp.Compare(k.version, o.version),
		cmp.Compare(k.model, o.model), cmp.Compare(k.tier, o.tier), cmp.Compare(k.sampling, o.sampling))
}
