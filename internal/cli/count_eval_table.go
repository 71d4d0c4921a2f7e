package cli

import (
	"fmt"

	"github.com/olekukonko/tablewriter/tw"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/token"
)

// evalDocument is what one run of each eval calls and costs; it is the JSON output as it is.
type evalDocument struct {
	Evals []evalRun `json:"evals"`
	Notes []string  `json:"notes,omitempty"`
}

type evalRun struct {
	Path     string       `json:"path"`
	Format   string       `json:"format"`
	Formula  string       `json:"formula"`
	Prompts  int          `json:"prompts"`
	Tests    int          `json:"tests"`
	Repeats  []int        `json:"repeats"`
	Calls    int64        `json:"calls"`
	Complete bool         `json:"complete"` // false: calls is a lower bound
	Rows     []evalRow    `json:"rows"`
	Graders  []evalGrader `json:"graders,omitempty"`
	Limits   []evalLimit  `json:"limits,omitempty"`
	Open     []evalOpen   `json:"open,omitempty"`
}

// evalRow is the calls of one provider, or of one model that was asked for. Tokens are of the input alone.
type evalRow struct {
	Provider     string          `json:"provider,omitempty"`
	Model        string          `json:"model,omitempty"`
	Calls        int64           `json:"calls"`
	Unknown      int64           `json:"unknown_calls"` // their text is not known, so they are in no number here
	Input        *token.Estimate `json:"input,omitempty"`
	Mean         float64         `json:"mean_tokens"`
	P50          float64         `json:"p50_tokens"`
	P95          float64         `json:"p95_tokens"`
	Max          int64           `json:"max_tokens"`
	Cost         *money.Amount   `json:"input_cost,omitempty"`
	OutputAtMost *money.Amount   `json:"output_cost_at_most,omitempty"`
	Notes        []string        `json:"notes,omitempty"`
}

type evalGrader struct {
	Kind     string `json:"kind"`
	Needs    string `json:"needs"`
	Provider string `json:"provider,omitempty"`
	Model    string `json:"model,omitempty"`
	Least    int64  `json:"calls_at_least"`
	Most     int64  `json:"calls_at_most"`
}

type evalLimit struct {
	Metric string  `json:"metric"`
	Most   float64 `json:"most"` // US dollars or milliseconds a call
	Inputs int     `json:"inputs"`
	At     string  `json:"place"`
}

type evalOpen struct {
	What  string `json:"what"`
	Calls bool   `json:"leaves_calls_open"`
	At    string `json:"place"`
}

// writeTable writes what is called, what grades, what is limited and what is not known, eval by eval.
func (d *evalDocument) writeTable(env *Env) error {
	for i, e := range d.Evals {
		if i > 0 {
			fmt.Fprintln(env.Out)
		}
		e.line(env, e.Path+": "+e.Formula)
		if err := e.writeRows(env); err != nil {
			return err
		}
		if err := e.writeGraders(env); err != nil {
			return err
		}
		e.writeRest(env)
	}
	for _, n := range d.Notes {
		evalRun{}.line(env, n)
	}
	return nil
}

func (e evalRun) line(env *Env, text string) {
	for _, line := range wrapped(text, env.Width) {
		fmt.Fprintln(env.Out, line)
	}
}

func (e evalRun) writeRows(env *Env) error {
	t := countTable{header: []string{"Where", "Model", "Calls", "Mean", "P95", "Input tokens", "Error", "Input cost", "Output at most"}}
	align := []tw.Align{tw.AlignLeft, tw.AlignLeft}
	for range t.header[2:] {
		align = append(align, tw.AlignRight)
	}
	var total money.Amount
	priced := true
	for _, r := range e.Rows {
		cells := r.cells()
		if !e.Complete {
			cells[2] = "≥ " + cells[2]
		}
		t.lines = append(t.lines, cells)
		if r.Cost != nil {
			total = total.Add(*r.Cost)
		}
		priced = priced && r.Cost != nil
	}
	if len(e.Rows) > 0 && e.Rows[0].Provider == "" {
		t.drop(0)
		align = align[1:]
	}
	t.fit(env.Width)
	if err := plainTable(env, t.header, align, t.lines); err != nil {
		return err
	}
	if len(e.Rows) > 1 && e.Rows[0].Provider != "" {
		text := "one run: input costs " + total.String()
		switch {
		case e.Calls == 0:
			text = "one run: what it costs is not known"
		case !priced || !e.Complete:
			text += " as far as it is known"
		}
		e.line(env, text)
	}
	for _, r := range e.Rows {
		for _, n := range r.Notes {
			e.line(env, r.name()+": "+n)
		}
	}
	return nil
}

func (r evalRow) name() string {
	if r.Provider != "" {
		return r.Provider
	}
	return r.Model
}

func (r evalRow) cells() []string {
	calls := money.Count(r.Calls).Exact()
	if r.Unknown > 0 {
		calls += fmt.Sprintf(" (%s unknown)", money.Count(r.Unknown).Exact())
	}
	cells := []string{r.name(), r.Model, calls, "?", "?", "?", "?", "?", "?"}
	if r.Input != nil {
		cells[3], cells[4] = money.Count(int64(r.Mean+0.5)).Exact(), money.Count(int64(r.P95+0.5)).Exact()
		cells[5], cells[6] = money.Count(r.Input.Tokens).Exact(), give(*r.Input)
	}
	if r.Cost != nil {
		cells[7] = r.Cost.String()
	}
	if r.OutputAtMost != nil {
		cells[8] = r.OutputAtMost.String()
	}
	return cells
}

// writeGraders lists who judges the answers. What they cost is not known: the answers are what they read.
func (e evalRun) writeGraders(env *Env) error {
	if len(e.Graders) == 0 {
		return nil
	}
	t := countTable{header: []string{"Section", "Calls", "Kind of call", "Model"}}
	var least, most int64
	for _, g := range e.Graders {
		who := g.Provider
		if who == "" {
			who = "promptfoo's default"
		}
		t.lines = append(t.lines, []string{g.Kind, fromTo(g.Least, g.Most), g.Needs, who})
		least, most = least+g.Least, most+g.Most
	}
	t.fit(env.Width)
	t.header[0] = "Grader"
	e.line(env, "graders: "+graderCalls(least, most)+" beside them; they read answers, so their tokens are not known")
	return plainTable(env, t.header, []tw.Align{tw.AlignLeft, tw.AlignRight, tw.AlignLeft, tw.AlignLeft}, t.lines)
}

func fromTo(least, most int64) string {
	if least == most {
		return money.Count(least).Exact()
	}
	return money.Count(least).Exact() + " to " + money.Count(most).Exact()
}

func (e evalRun) writeRest(env *Env) {
	for _, l := range e.Limits {
		e.line(env, fmt.Sprintf("limit: %s (%s)", l.text(), l.At))
	}
	e.line(env, "not known: how long answers are; calls that a cache answers are counted")
	for _, o := range e.Open {
		e.line(env, fmt.Sprintf("not known: %s (%s)", o.What, o.At))
	}
}

func graderCalls(least, most int64) string {
	if most == 1 {
		return fromTo(least, most) + " call"
	}
	return fromTo(least, most) + " calls"
}
