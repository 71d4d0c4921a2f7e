package replay

import (
	"strings"
	"sync"

	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/traffic"
)

// labels is what decides how a call is taken to base and head, beside its usage and its variables.
type labels struct {
	track, feature, template, version, model, tier string
	sampling                                       float64
}

func labelsOf(c *traffic.Call, sampling float64) labels {
	return labels{c.Track, c.Feature, c.Template, c.TemplateVersion, c.Model, c.Tier, sampling}
}

// own copies the strings: a call's are only lent.
func (k labels) own() labels {
	for _, s := range [...]*string{&k.track, &k.feature, &k.template, &k.version, &k.model, &k.tier} {
		*s = strings.Clone(*s)
	}
	return k
}

func (k labels) digest() digest {
	return digest(0).text(k.track).text(k.feature).text(k.template).text(k.version).text(k.model).text(k.tier)
}

// lane is the calls that share their labels: what holds for all of them is found once, and what needs no single call is
// summed here. There are no more lanes than the cube has cells.
type lane struct {
	labels
	number   int32 // in its run
	volume   float64
	limit    uint64 // hashes of sessions up to it are kept by one of its groups
	digest   digest
	path     string // of the template, cleaned
	recorded *bill
	way      way
	assumed  assumed
	unpriced string // the name that has no price, on either side; "" where there is one
	why      error  // that there is none

	calls         int64
	varied        int64         // of calls: recorded with variables
	first         traffic.Place // of an unpriced lane
	before, after cells
	causes        [steps]*booked
	level, effect doubts // over all traffic
	trusts        []int64
	base, head    [len(dims)]*Group // the groups the calls belong to on either side

	sentBase, sentHead *carried // what the text was paid with; one and the same where head leaves it as on base
	strand             *Strand  // once all calls are in
}

// assumed is what had to be assumed about a template, in the words of Notes.
type assumed struct {
	noTemplate, noVersion       bool
	unknown, notLoaded, removed string
}

// share is what the recorded calls of the lane are of all traffic: less than was sampled, where the volume is to be more.
func (l *lane) share() float64 { return l.sampling / l.volume }

// lane gives the lane of a call.
func (r *Run) lane(c *traffic.Call) (*lane, error) {
	key := labelsOf(c, r.sampling(c))
	if r.last != nil && r.last.labels == key {
		return r.last, nil
	}
	l, ok := r.lanes[key]
	if !ok {
		var err error
		if l, err = r.lore.lane(key.own()); err != nil {
			return nil, err
		}
		r.lanes[l.labels] = l
		r.enter(l)
	}
	r.last = l
	return l, nil
}

func (l *lore) lane(key labels) (*lane, error) {
	l.learn.Lock()
	defer l.learn.Unlock()
	out := &lane{labels: key, digest: key.digest(), path: cleanPath(key.template), volume: l.plan.volume(key.track)}
	out.recorded, out.unpriced = l.recorded(l.base, key)
	out.why = out.recorded.why
	now := out.recorded
	if l.head != l.base {
		now, _ = l.recorded(l.head, key)
		if !now.costsAs(out.recorded) {
			out.way.reprice = now
		}
	}
	head := l.plan.Head.Limits(out.path, key.track)
	base := head // without a base head's hold on both sides, so nothing moves
	if l.plan.Base != nil {
		base = l.plan.Base.Limits(out.path, key.track)
	}
	l.limits(&out.way, now, base, head)
	if l.plan.Head.Service != nil {
		l.serve(out, l.plan.Head.Service(out.path, key.track))
	}
	return out, l.texts(out)
}

// texts finds the text that the calls were made from, and base's and head's.
func (l *lore) texts(out *lane) error {
	from, base, head, err := l.templates(out)
	if err != nil {
		return err
	}
	w, family := &out.way, out.recorded.Tokenizer
	w.toBase, w.toHead = l.edit(from, base, family), l.edit(base, head, family)
	l.sent(out, base, head)
	if !w.toHead.moves() || !out.recorded.priced {
		return nil
	}
	if _, first := head.StablePrefix(); first != nil {
		w.places[stepCache] = first.Span
		w.cache = sync.OnceValue(func() *cacheLoss { return l.cacheLoss(w.toHead, out.recorded, first) })
	}
	return nil
}

// templates finds the template calls were made from, and its base and head versions. Any may be nil.
func (l *lore) templates(out *lane) (from, base, head *prompt.Template, err error) {
	if out.path == "" {
		out.assumed.noTemplate = true
		return nil, nil, nil, nil
	}
	head = l.plan.Head.Templates[out.path]
	base = head
	if l.plan.Base != nil {
		base = l.plan.Base.Templates[out.path]
	}
	switch {
	case base == nil && head == nil:
		out.assumed.notLoaded = out.path
		return nil, nil, nil, nil
	case head == nil:
		out.assumed.removed = out.path
		head = base
	case base == nil:
		base = head
	}
	from, err = l.version(out, base, head)
	return from, base, head, err
}

// version resolves the recorded version of a template; what cannot be resolved is taken as base's, and counted.
func (l *lore) version(out *lane, base, head *prompt.Template) (*prompt.Template, error) {
	switch {
	case out.labels.version == "":
		out.assumed.noVersion = true
		return base, nil
	case matches(base, out.labels.version):
		return base, nil
	case matches(head, out.labels.version):
		return head, nil
	}
	old, err := l.old(base.Path, out.labels.version)
	if err != nil {
		return nil, err
	}
	if old == nil {
		out.assumed.unknown = base.Path
		return base, nil
	}
	return old, nil
}

func matches(t *prompt.Template, id string) bool { return id == t.BlobID || id == t.SHA256 }
