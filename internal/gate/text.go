package gate

import (
	"maps"
	"math"
	"slices"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/forecast"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/replay"
	"github.com/tokengate/tokengate/internal/token"
)

// passage is what a scope names of one template: sections from ≤ i < to, numbered over its files.
type passage struct {
	*prompt.Template
	from, to int
}

// passages finds the text of a scope, "CLAUDE.md#testing" or ".claude/rules/api.md", in templates.
func passages(scope budget.Scope, templates []*prompt.Template) []passage {
	file, anchor := scope.Text()
	var out []passage
	for _, t := range templates {
		at := 0
		for _, f := range t.Files {
			from, n := 0, len(f.Sections)
			if anchor != "" {
				from = slices.IndexFunc(f.Sections, func(s prompt.Section) bool { return s.Anchor == anchor })
				n = len(f.Under(anchor))
			}
			if f.Path == file && n > 0 {
				out = append(out, passage{t, at + from, at + from + n})
			}
			at += len(f.Sections)
		}
	}
	return out
}

// measureTexts measures the texts that ceilings are set on. Their numbers are those of the text alone: its own tokens and
// what these cost, not the calls as a whole.
func (m *measurements) measureTexts(ceilings []budget.Ceiling, base, head *side, count counters, res *replay.Result) {
	for _, c := range ceilings {
		if _, done := m.scopes[c.Scope]; !c.Scope.OwnText() || done {
			continue
		}
		t := textMeasure{m: m, head: m.textSide(c.Scope, head, count, res.Texts(false))}
		if base != nil {
			t.base = m.textSide(c.Scope, base, count, res.Texts(true))
		}
		m.scopes[c.Scope] = t.measured()
	}
}

// textMeasure is a text on both sides; a side is nil where nothing sends it there.
type textMeasure struct {
	m          *measurements
	base, head *textSide
}

// textSide is a text on one side.
type textSide struct {
	replay.Portion
	sent   []replay.Sent
	shares [2][]float64   // by strand: the text's cost and tokens, of what the strand is forecast from
	static token.Estimate // its size where no call tells it
	moved  bool           // calls that send it change their tokenizer
}

func (m *measurements) textSide(scope budget.Scope, s *side, count counters, texts []*replay.Text) *textSide {
	var out *textSide
	for _, p := range passages(scope, s.all()) {
		if out == nil {
			out = &textSide{shares: [2][]float64{make([]float64, len(m.strands)), make([]float64, len(m.strands))}, static: p.size(count.template(s, p.Template))}
		}
		for _, t := range textsOf(texts, p.Template) {
			n := t.Portion(p.from, p.to)
			out.Portion, out.sent = out.Plus(n), append(out.sent, t.Sent(p.from, p.to)...)
			i := slices.Index(m.strands, t.Strand)
			spent := m.driving(i)
			out.shares[0][i] += ratio(n.All.Cost, spent.Cost)
			out.shares[1][i] += ratio(n.All.Tokens, spent.Tokens)
			out.moved = out.moved || t.Strand.BaseModel != t.Strand.HeadModel
		}
	}
	return out
}

// all lists the templates of a side by path.
func (s *side) all() []*prompt.Template {
	var out []*prompt.Template
	for _, name := range slices.Sorted(maps.Keys(s.templates)) {
		out = append(out, s.templates[name])
	}
	return out
}

func (p passage) size(c *token.Counter) token.Estimate {
	var parts []token.Estimate
	for _, f := range replay.Measure(p.Template, c).Sections {
		parts = append(parts, f...)
	}
	return replay.Sum(parts[p.from:p.to])
}

// driving is what a strand came to, over the whole recording, on the side that it is forecast from.
func (m *measurements) driving(strand int) (sum replay.Volume) {
	for _, day := range slices.Sorted(maps.Keys(m.strands[strand].Days)) {
		d := m.strands[strand].Days[day]
		costs, toks := d.Head.Cost, d.Head.Tokens
		if m.hasBase && m.cost.ratio[strand][0] != 0 {
			costs = d.Base.Cost
		}
		if m.hasBase && m.tokens.ratio[strand][0] != 0 {
			toks = d.Base.Tokens
		}
		sum.Cost, sum.Tokens = sum.Cost+costs, sum.Tokens+toks
	}
	return sum
}

func (t textMeasure) measured() budget.Measured {
	out := budget.Measured{Days: len(t.m.days), NeedDays: forecast.MinDays}
	if t.base != nil {
		out.Base, _ = t.numbers(t.base)
	}
	if t.head == nil {
		return out
	}
	out.Calls, out.CountingError = t.head.Calls, t.head.err()
	out.Head, out.Short = t.numbers(t.head)
	if t.base != nil {
		out.EffectDoubt = map[string]float64{}
		out.CostEffect = t.effect(budget.Cost, t.base.All.Cost, t.head.All.Cost, out.EffectDoubt)
		old, now := t.base.All.Tokens, t.head.All.Tokens
		if old == 0 {
			old, now = float64(t.base.static.Tokens), float64(t.head.static.Tokens)
		}
		out.TokensEffect = t.effect(budget.Tokens, old, now, out.EffectDoubt)
	}
	return out
}

// err is the relative error of the text's count.
func (s *textSide) err() float64 {
	if s.All.Tokens == 0 {
		return s.static.RelativeError
	}
	return s.AllDoubt.Tokens / s.All.Tokens
}

// effect is what the change makes of a text. Both sides are of the same calls, and how long a text is does not differ from
// session to session, so nothing but counting is in doubt: two counts by one tokenizer are wrong the same way.
func (t textMeasure) effect(metric string, base, head float64, doubts map[string]float64) *forecast.Effect {
	if base == 0 {
		return nil
	}
	e := forecast.Effect{Ratio: head/base - 1, Confidence: 0.95}
	doubt := math.Abs(e.Ratio) * max(t.base.err(), t.head.err())
	if t.head.moved {
		doubt = head / base * max(t.base.err(), t.head.err())
	}
	e.Low, e.High, doubts[metric] = max(e.Ratio-doubt, -1), e.Ratio+doubt, doubt
	return &e
}

// numbers measures one side: what sending the text once comes to, and over a period.
func (t textMeasure) numbers(s *textSide) (*budget.Numbers, error) {
	n := &budget.Numbers{}
	vs := s.values()
	single := vs.quantiles()
	n.CallMedian, n.PerCall, n.CallDoubt = single.at(0), single.at(len(shownAt)-1), vs.doubts(0.95)
	if s.Calls == 0 {
		return n, nil
	}
	doubt := replay.Shares{Cost: ratio(s.AllDoubt.Cost, s.All.Cost), Tokens: ratio(s.AllDoubt.Tokens, s.All.Tokens)}
	cost, err := t.amount(t.m.cost, s, 0, doubt.Cost)
	if err != nil {
		return n, err
	}
	tokens, err := t.amount(t.m.tokens, s, 1, doubt.Tokens)
	n.Cost, n.Tokens, n.Forecast = cost.Dist, tokens.Dist, err == nil
	n.PeriodDoubt = map[string]float64{budget.Cost: doubt.Cost, budget.Tokens: doubt.Tokens}
	return n, err
}

// values are what sending the text once came to, by metric.
func (s *textSide) values() values {
	vs := values{}
	put := func(metric string, v, err, weight float64) {
		vs[metric] = append(vs[metric], value{v, float64(v * err), weight})
	}
	for _, c := range s.sent {
		put(budget.Cost, c.Cost, c.Error, c.Weight)
		put(budget.Tokens, c.Tokens, c.Error, c.Weight)
		put(budget.InputTokens, c.Tokens, c.Error, c.Weight)
	}
	if len(s.sent) == 0 {
		put(budget.Tokens, float64(s.static.Tokens), s.static.RelativeError, 1)
		put(budget.InputTokens, float64(s.static.Tokens), s.static.RelativeError, 1)
	}
	return vs
}

// amount sums what the text takes of every strand's paths; see measurements.amount. What a calendar period has spent
// already was counted as well, so the doubt is of all of it.
func (t textMeasure) amount(o *outlook, s *textSide, metric int, doubt float64) (amount, error) {
	var out amount
	m := t.m
	from, sum := make([]float64, len(m.days)), make([]float64, forecast.PathCount)
	before := s
	if t.base != nil {
		before = t.base // the change did not exist on the days that are known
	}
	for i := range m.strands {
		out.spent += float64(o.spent[i] * before.shares[metric][i])
		driving := o.base[i]
		if o.ratio[i][0] == 0 {
			driving = o.head[i]
		}
		for day := range from {
			from[day] += float64(driving[day] * s.shares[metric][i])
		}
		o.add(sum, i, s.shares[metric][i])
	}
	out.daily = from
	if total(from) == 0 && len(m.days) >= forecast.MinDays {
		return out, out.onTop(sum, 0)
	}
	if _, err := forecast.Check(from, m.horizon()); err != nil {
		return out, err
	}
	if o.err != nil {
		return out, o.err
	}
	return out, out.onTop(sum, doubt/1.96)
}
