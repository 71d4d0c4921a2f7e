package cli

import (
	"fmt"
	"slices"

	"github.com/olekukonko/tablewriter/tw"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/token"
)

// countDocument is what count found; it is the JSON output as it is.
type countDocument struct {
	Models []string   `json:"models"`
	Rows   []countRow `json:"rows"`
	Notes  []string   `json:"notes,omitempty"`

	tree bool // rows are those of a tree
}

// countRow is a section, a file, a part of a request, or the total of one template or request, under every model.
type countRow struct {
	Kind     string           `json:"kind"`
	Template string           `json:"template"` // or the request's file
	File     string           `json:"file,omitempty"`
	Heading  string           `json:"heading,omitempty"`
	Line     int              `json:"line,omitempty"`
	Role     string           `json:"role,omitempty"`     // of a tree: memory, import, rule, agent, skill or command
	When     string           `json:"when,omitempty"`     // of a tree: launch, lazy, spawn, invocation, never or apart
	Name     string           `json:"name,omitempty"`     // of a subagent, skill or command
	Patterns []string         `json:"patterns,omitempty"` // files that load a lazy one
	Reason   string           `json:"reason,omitempty"`   // why it is sent then, or not at all
	Counts   []token.Estimate `json:"counts"`             // in the order of Models
}

func (d *countDocument) add(row countRow, counts []token.Estimate) {
	row.Counts = counts
	d.Rows = append(d.Rows, row)
}

// writeTable writes a line for every row and model: where, what, model, tokens, error, method. One model has no column.
func (d *countDocument) writeTable(env *Env) error {
	if d.tree {
		return d.writeTree(env)
	}
	t := countTable{header: []string{"Where", "Section", "Model", "Tokens", "Error", "Method"}}
	align := []tw.Align{tw.AlignLeft, tw.AlignLeft, tw.AlignLeft, tw.AlignRight, tw.AlignRight, tw.AlignLeft}
	for _, r := range d.Rows {
		for i, e := range r.Counts {
			where, heading := r.place(), r.Heading
			if i > 0 {
				where, heading = "", ""
			}
			t.lines = append(t.lines, []string{where, heading, d.Models[i], money.Count(e.Tokens).Exact(), give(e), e.Method})
		}
	}
	if len(d.Models) == 1 {
		align = slices.Delete(align, 2, 3)
		t.drop(2)
	}
	return d.draw(env, t, align)
}

// draw writes a table that fits the terminal, and the notes below it.
func (d *countDocument) draw(env *Env, t countTable, align []tw.Align) error {
	notes := append(t.fit(env.Width), d.Notes...)
	if err := plainTable(env, t.header, align, t.lines); err != nil {
		return err
	}
	for _, n := range notes {
		for _, line := range wrapped(n, env.Width) {
			fmt.Fprintln(env.Out, line)
		}
	}
	return nil
}

func (r countRow) place() string {
	switch {
	case r.File == "":
		return r.Template
	case r.Line > 0:
		return fmt.Sprintf("%s:%d", r.File, r.Line)
	}
	return r.File
}

// give is the error of a count: in tokens, rounded up so that no error vanishes, and in percent.
func give(e token.Estimate) string {
	if e.RelativeError == 0 {
		return "0"
	}
	n := float64(e.Tokens) * e.RelativeError
	return fmt.Sprintf("±%s (%s)", money.Count(int64(n+0.999999)).Exact(), money.Ratio(e.RelativeError))
}
