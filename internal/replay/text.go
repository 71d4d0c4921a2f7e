package replay

import (
	"cmp"
	"slices"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/token"
)

// Text is the text of a strand's template on one side, with what sending it over and over came to. Only its own tokens
// count, not the calls as a whole.
type Text struct {
	Strand   *Strand
	Template *prompt.Template

	lanes []laneText // in the order of their labels
}

// laneText is a lane's share of a text: the calls, the prices they were paid by, and how much of all traffic they are.
type laneText struct {
	*carried
	on    *bill
	share float64
}

// Portion is what some sections of a text came to. Recorded sums are exact. All stands for all traffic: divided by the
// sampling share, times the volume.
type Portion struct {
	Calls int64        // recorded calls that sent the text
	Usage token.Usage  // prompt tokens of the sections over the recorded calls, by price class
	Cost  money.Amount // of them; what a model without a price was sent is not in it
	Plain money.Amount // what they cost if all were plain input

	All, AllDoubt Volume  // calls, tokens and dollars; and how far counting may put them off, as half-widths
	AllPlain      float64 // dollars
	AllRead       float64 // tokens that were read from a cache
}

// Sent is a kind of calls that sent some sections for the same price.
type Sent struct {
	Tokens, Cost float64
	Error        float64 // relative, of both
	Weight       float64 // calls of all traffic
}

// Texts gives the texts of one side in the order of their strands; none where the plan does not ask for them, and none for
// calls whose template is not known. They depend neither on the order nor on the split of the recording.
func (r *Result) Texts(onBase bool) []*Text {
	if onBase {
		return r.texts[0]
	}
	return r.texts[1]
}

// sent sets up the books of a lane's texts.
func (l *lore) sent(out *lane, base, head *prompt.Template) {
	if !l.plan.Texts || head == nil {
		return
	}
	last := out.way.last(out.recorded)
	out.sentHead = l.carried(head, last.Tokenizer)
	switch {
	case l.plan.Base == nil:
	case out.way.still(out.recorded):
		out.sentBase = out.sentHead
	default:
		out.sentBase = l.carried(base, out.recorded.Tokenizer)
	}
}

// carried is nil for a text without tokens: nothing is paid for it.
func (l *lore) carried(t *prompt.Template, family string) *carried {
	y := l.layout(t, family)
	if y.total.Tokens == 0 {
		return nil
	}
	return &carried{text: y}
}

// still reports whether head leaves the lane's calls as they are on base.
func (w *way) still(recorded *bill) bool {
	return !w.toHead.moves() && w.retrieved == 0 && w.inputCap < 0 && w.outputCap < 0 && !w.uncached && w.recount == nil && w.last(recorded) == recorded
}

// carry books in which classes a call had its text.
func (l *lane) carry(m *move, times int64) {
	if l.sentHead != nil {
		l.sentHead.add(m.after.usage, m.after.on.band(m.after.usage), times)
	}
	if l.sentBase != nil && l.sentBase != l.sentHead {
		l.sentBase.add(m.before.usage, m.before.on.band(m.before.usage), times)
	}
}

func (l *lane) mergeSent(o *lane) {
	if l.sentHead != nil {
		l.sentHead.merge(o.sentHead)
	}
	if l.sentBase != nil && l.sentBase != l.sentHead {
		l.sentBase.merge(o.sentBase)
	}
}

// textsOf collects the lanes' texts by strand.
func (r *Run) textsOf(strands []*Strand) (out [2][]*Text) {
	lanes := make([]*lane, 0, len(r.lanes))
	for _, l := range r.lanes {
		lanes = append(lanes, l)
	}
	slices.SortFunc(lanes, func(a, b *lane) int { return a.labels.compare(b.labels) })
	for side := range out {
		found := map[*Strand]*Text{}
		for _, l := range lanes {
			c, on := l.sentBase, l.recorded
			if side == 1 {
				c, on = l.sentHead, l.way.last(l.recorded)
			}
			if c == nil {
				continue
			}
			t := found[l.strand]
			if t == nil {
				t = &Text{Strand: l.strand, Template: c.text.template}
				found[l.strand] = t
			}
			t.lanes = append(t.lanes, laneText{c, on, l.share()})
		}
		for _, s := range strands {
			if t := found[s]; t != nil {
				out[side] = append(out[side], t)
			}
		}
	}
	return out
}

// Sections is how many sections the text has, over all files of its template.
func (t *Text) Sections() int { return len(t.lanes[0].text.sections) }

// Portion is what sections from ≤ i < to came to, numbered from 0 over all files. Portions of sections add up: exactly in
// the recorded sums, and in the others but for rounding.
func (t *Text) Portion(from, to int) Portion {
	var p Portion
	for _, l := range t.lanes {
		err := l.text.err(from, to)
		for band, paid := range l.bands {
			if paid != nil {
				p.add(&l, band, paid.tokens(l.text, from, to), paid.calls(), err)
			}
		}
	}
	return p
}

// Plus adds what other calls came to.
func (p Portion) Plus(o Portion) Portion {
	return Portion{p.Calls + o.Calls, p.Usage.Add(o.Usage), p.Cost.Add(o.Cost), p.Plain.Add(o.Plain), p.All.plus(o.All), p.AllDoubt.plus(o.AllDoubt),
		p.AllPlain + o.AllPlain, p.AllRead + o.AllRead}
}

func (v Volume) plus(o Volume) Volume {
	return Volume{v.Calls + o.Calls, v.Tokens + o.Tokens, v.Cost + o.Cost}
}

func (p *Portion) add(l *laneText, band int, u token.Usage, calls int64, err float64) {
	cost, plain := l.on.price(band, u), l.on.price(band, uncached(u))
	p.Calls, p.Usage, p.Cost, p.Plain = p.Calls+calls, p.Usage.Add(u), p.Cost.Add(cost), p.Plain.Add(plain)
	tokens, dollars := float64(u.Prompt())/l.share, cost.Float()/l.share
	p.All.Calls += float64(calls) / l.share
	p.All.Tokens += tokens
	p.All.Cost += dollars
	p.AllDoubt.Tokens += float64(tokens * err)
	p.AllDoubt.Cost += float64(dollars * err)
	p.AllPlain += plain.Float() / l.share
	p.AllRead += float64(u.CacheRead) / l.share
}

// price is the exact cost of usage in a band; zero for a model without a price.
func (b *bill) price(band int, u token.Usage) money.Amount {
	if !b.priced {
		return money.Amount{}
	}
	return b.rates(rateKey{cmp.Or(b.tier, pricing.Standard), band}).Cost(u)
}

// Sent lists the calls by what sending sections from ≤ i < to cost each of them. Calls that had the text in several classes
// are known by their mean alone.
func (t *Text) Sent(from, to int) []Sent {
	var out []Sent
	for _, l := range t.lanes {
		err, length := l.text.err(from, to), l.text.length(from, to)
		for band, p := range l.bands {
			if p == nil {
				continue
			}
			add := func(u token.Usage, calls int64) {
				if calls > 0 {
					n := float64(calls)
					out = append(out, Sent{float64(u.Prompt()) / n, l.on.price(band, u).Float() / n, err, n / l.share})
				}
			}
			for class, calls := range p.whole {
				var held [classes]int64
				held[class] = calls * length
				add(ofClasses(held), calls)
			}
			add(p.partedTokens(l.text, from, to), p.parted)
		}
	}
	return out
}
