package promptfoo

import (
	"slices"

	"github.com/tokengate/tokengate/internal/evals"
)

// planner turns tests into calls.
type planner struct {
	work int // steps that rendering took so far
	*loader
	defaults value // the default test
	limit    int   // of calls
	texts    map[string]string
	size     int // bytes of text rendered so far
	told     map[string]bool
}

// pair is a provider with a prompt it is asked.
type pair struct{ provider, prompt int }

// plan lists the calls of every test, with what grades them and what limits them. A run that is too large is refused
// before it is taken apart.
func (p *planner) plan(tests []test) {
	p.texts, p.told = map[string]string{}, map[string]bool{}
	if !p.fits(tests) {
		return
	}
	for _, t := range tests {
		if len(p.suite.Tests) > 0 && p.size > maxText {
			p.diags.Add("promptfoo-too-large", t.at, "name shorter texts, or fewer tests", "the rendered prompts take more than %d MiB", maxText>>20)
			return
		}
		p.planTest(t)
	}
	slices.Sort(p.suite.Repeats)
	p.suite.Repeats = slices.Compact(p.suite.Repeats)
	for _, prompt := range p.suite.Prompts {
		p.uncertain(prompt)
	}
}

// fits counts calls before they are made.
func (p *planner) fits(tests []test) bool {
	calls, inputs := 0, 0
	for _, t := range tests {
		_, each := p.choices(t)
		n := combinations(each, p.limit)
		calls += n * max(1, len(p.pairs(t))) * min(p.repeatOf(t), p.limit+1)
		inputs += n * len(p.suite.Prompts)
		if calls > p.limit || inputs > maxInputs {
			p.diags.Add("promptfoo-too-large", t.at, "count a part of it: fewer tests, variables or repeats", "the run makes more than %d calls or renders more than %d prompts", p.limit, maxInputs)
			return false
		}
	}
	return true
}

func (p *planner) repeatOf(t test) int {
	if n := t.option("repeat").whole(); n > 0 {
		return n
	}
	return p.repeat()
}

// pairs lists who is asked what for a test, after the filters of test and providers.
func (p *planner) pairs(t test) (out []pair) {
	for i, provider := range p.suite.Providers {
		if provider.Instead || !allows(t.providers, provider.Label, provider.ID) {
			continue
		}
		for j, prompt := range p.suite.Prompts {
			if allows(p.allowed[provider.Name()], prompt.Label, prompt.ID) && allows(t.prompts, prompt.Label, prompt.ID) {
				out = append(out, pair{i, j})
			}
		}
	}
	return out
}

// planTest adds the rows of a test, one a combination of its variables.
func (p *planner) planTest(t test) {
	pairs, repeat := p.pairs(t), p.repeatOf(t)
	p.suite.Repeats = append(p.suite.Repeats, repeat)
	instead := p.instead(t)
	rows := expand(p.choices(t))
	for _, row := range rows {
		at := len(p.suite.Tests)
		vars, why := p.variables(row)
		if v := t.option("transformVars"); !v.null() && why == "" {
			why = "variables are changed by transformVars, which is not run"
		}
		p.suite.Tests = append(p.suite.Tests, evals.Test{Description: t.description, Vars: vars, Span: t.at})
		inputs := map[int]int{}
		for _, pr := range pairs {
			if _, made := inputs[pr.prompt]; !made {
				inputs[pr.prompt] = len(p.suite.Inputs)
				p.suite.Inputs = append(p.suite.Inputs, p.input(t, pr.prompt, at, vars, why))
			}
			if t.given {
				continue
			}
			call := evals.Call{Input: inputs[pr.prompt], Provider: pr.provider, Repeat: int64(repeat)}
			if instead >= 0 {
				call.Provider = instead
			}
			p.suite.Calls = append(p.suite.Calls, call)
		}
	}
	p.assertions(t, pairs, int64(len(rows)), int64(repeat))
}

// instead is the provider that answers in the place of all others, listed behind them; −1 without one.
func (p *planner) instead(t test) int {
	if t.provider.null() || t.given {
		return -1
	}
	for i, have := range p.suite.Providers {
		if have.Instead && have.Span == t.provider.at {
			return i
		}
	}
	before := len(p.suite.Providers)
	p.provider(t.provider)
	if len(p.suite.Providers) == before {
		return -1
	}
	p.suite.Providers = p.suite.Providers[:before+1]
	p.suite.Providers[before].Instead = true
	return before
}

// assertions adds the calls that judge a test's outputs, and the limits it sets: for every row and prompt.
func (p *planner) assertions(t test, pairs []pair, rows, repeat int64) {
	outputs := rows * int64(len(pairs)) * repeat
	for _, a := range t.asserts {
		p.assertion(t, a, false, pairs, rows, outputs, repeat)
	}
}

func (p *planner) assertion(t test, a value, soft bool, pairs []pair, rows, outputs, repeat int64) {
	kind, negated := kindOf(a.get("type").text())
	weight, weighed := a.get("weight").float()
	soft = soft || t.scored || weighed && weight == 0
	switch {
	case kind == "assert-set":
		for _, one := range a.get("assert").many() {
			p.assertion(t, p.deref(one), soft || !a.get("threshold").null(), pairs, rows, outputs, repeat)
		}
	case kind == "cost" || kind == "latency":
		p.limitOf(a, kind, negated, soft, pairs, int(rows))
	case kind == "select-best":
		if len(pairs) > 1 {
			p.judges(t, a, kind, rows*repeat)
		}
	case graders[kind] != nil:
		p.judges(t, a, kind, outputs)
	case slices.Contains(ownKinds, kind):
		p.tell(a, kind+" assertions run code of their own, which may call a model: such calls are not counted")
	case !knownKind(kind):
		p.diags.Warn("promptfoo-assertion", a.at, "", "assertion %q is not known: if a model judges it, these calls are not counted", short(a.get("type").text()))
	default:
		p.judges(t, a, kind, outputs)
	}
}

// tell leaves something open once.
func (p *planner) tell(at value, what string) {
	if !p.told[what] {
		p.told[what] = true
		p.open(at.at, false, what)
	}
}

// limitOf adds what a cost or latency assertion allows one call. One that need not hold is no limit, and is named.
func (p *planner) limitOf(a value, metric string, negated, soft bool, pairs []pair, rows int) {
	threshold := a.get("threshold")
	most, ok := threshold.float()
	switch {
	case negated:
		return
	case !ok || most < 0:
		p.diags.Add("promptfoo-value", atOr(threshold, a), "write threshold: 0.01, US dollars a call or milliseconds", "the %s assertion has no threshold", metric)
		return
	case soft:
		p.tell(a, metric+" assertions that are weighed against others need not hold, so they are no ceiling")
		return
	}
	prompts := []int{}
	for _, pr := range pairs {
		if !slices.Contains(prompts, pr.prompt) {
			prompts = append(prompts, pr.prompt)
		}
	}
	for row := len(p.suite.Tests) - rows; row < len(p.suite.Tests); row++ {
		for _, prompt := range prompts {
			p.suite.Limits = append(p.suite.Limits, evals.Limit{Metric: metric, Value: most, Prompt: prompt, Test: row, Span: atOr(threshold, a)})
		}
	}
}
