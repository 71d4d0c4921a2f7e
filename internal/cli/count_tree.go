package cli

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/olekukonko/tablewriter/tw"

	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/token"
)

// folder is the folder that is to be counted as a whole: the one that is named, or the current one.
func (o *countOptions) folder(args []string) (dir string, ok bool) {
	switch {
	case o.as == "request":
		return "", false
	case len(args) == 0:
		return ".", true
	case len(args) > 1:
		return "", false
	}
	info, err := os.Stat(args[0])
	return args[0], err == nil && info.IsDir()
}

// countTree counts all that the tool loads of a project.
func countTree(ctx context.Context, env *Env, o *countOptions, dir string) (countDocument, error) {
	doc := countDocument{tree: true}
	if o.audit {
		return doc, usageError{"--audit is for files", "name the files"}
	}
	if len(o.models) == 0 {
		o.models = []string{"o200k_base"}
	}
	doc.Models = o.models
	models, err := o.counters(env.Now())
	if err != nil {
		return doc, err
	}
	p, err := loadProject(ctx, dir, "")
	if err != nil {
		return doc, err
	}
	loader := p.config.Loading()
	loader.Now = env.Now()
	tree, diags := prompt.LoadTree(p.files, loader)
	if diags.HasErrors() {
		return doc, diagnosticsError{diags, contentOf(p.files)}
	}
	printer := source.Printer{Content: contentOf(p.files), Paint: env.paint()}
	if err := printer.Print(env.Err, diags); err != nil {
		return doc, err
	}
	if len(tree.Members) == 0 {
		return doc, usageError{fmt.Sprintf("%s holds no file that the tool loads", dir), "set loader.tool in " + config.Name + " for another tool, or name files"}
	}
	t := treeCount{doc: &doc, models: models, sections: o.by == "section" && o.byGiven}
	t.add(tree)
	return doc, nil
}

// treeCount makes the rows of a tree, and their sums by when they are sent.
type treeCount struct {
	doc      *countDocument
	models   []counting
	sections bool
	sums     map[string][]token.Estimate
}

// whenApart is where a user's own files are counted.
const whenApart = "apart"

// totals are the sums that are shown, in their order.
var totals = []struct{ when, says string }{
	{string(prompt.AtLaunch), "every call of the main conversation"},
	{string(prompt.Lazily), "at most, once matching files are read"},
	{string(prompt.PerSpawn), "bodies of subagents, each in its calls"},
	{string(prompt.PerInvocation), "bodies of skills and commands, once invoked"},
	{whenApart, "a user's own files, not checked in"},
}

func (t *treeCount) add(tree *prompt.Tree) {
	t.sums = map[string][]token.Estimate{}
	for _, m := range tree.Members {
		row := countRow{Template: m.Template, File: m.Path, Role: string(m.Role), When: string(m.When), Name: m.Name, Patterns: m.Patterns, Reason: m.Why}
		if m.Local && m.Template == "" || m.Local && !tree.Loader.Local {
			row.When = whenApart
		}
		if len(m.Listed.Sections) > 0 {
			listed := row
			listed.When, listed.Template = string(prompt.AtLaunch), tree.Main().Path
			listed.Reason = "its name and description"
			if m.Why != "" {
				listed.Reason = m.Why
			}
			t.file(listed, m.Listed)
		}
		t.file(row, m.File)
	}
	for _, total := range totals {
		if sum := t.sums[total.when]; sum != nil {
			t.doc.add(countRow{Kind: "total", When: total.when, Reason: total.says}, sum)
		}
	}
	t.again(tree)
}

// again tells what subagents load once more.
func (t *treeCount) again(tree *prompt.Tree) {
	any := tree.Template(tree.Of(prompt.AnyAgent, ""))
	if any == nil {
		return
	}
	n := t.models[0].counter.Count("")
	for _, f := range any.Files {
		for _, s := range f.Sections {
			n = n.Add(t.models[0].counter.Count(s.Text))
		}
	}
	t.doc.note(fmt.Sprintf("every subagent but Explore and Plan loads the memory files again: %s tokens more with each of its calls", money.Count(n.Tokens).Exact()))
	t.doc.note("not in the project, and not counted: the user's own files in ~/.claude, an organisation's, plugins, and what the tool itself sends")
}

// file adds a row for a file or for each of its sections. One that sends nothing has a row all the same.
func (t *treeCount) file(row countRow, f prompt.File) {
	if t.sections {
		row.Kind = "section"
		for _, s := range f.Sections {
			r := row
			r.Heading, r.Line = s.Heading, s.Span.Start.Line
			t.row(r, s.Text)
		}
		if len(f.Sections) > 0 {
			return
		}
	}
	row.Kind = "file"
	var texts []string
	for _, s := range f.Sections {
		texts = append(texts, s.Text)
	}
	t.row(row, texts...)
}

func (t *treeCount) row(r countRow, texts ...string) {
	counts := each(t.models, func(m counting) token.Estimate { return m.counter.Count("") })
	for i, m := range t.models {
		for _, s := range texts {
			counts[i] = counts[i].Add(m.counter.Count(s))
		}
	}
	t.doc.add(r, counts)
	if len(texts) == 0 {
		return
	}
	sum := t.sums[r.When]
	if sum == nil {
		sum = each(t.models, func(m counting) token.Estimate { return m.counter.Count("") })
	}
	for i := range sum {
		sum[i] = sum[i].Add(counts[i])
	}
	t.sums[r.When] = sum
}

// writeTree writes a line for every row and model: where, what it is, when it is sent, tokens, error, method.
func (d *countDocument) writeTree(env *Env) error {
	t := countTable{header: []string{"Where", "Role", "Sent", "Detail", "Model", "Tokens", "Error", "Method"}}
	align := []tw.Align{tw.AlignLeft, tw.AlignLeft, tw.AlignLeft, tw.AlignLeft, tw.AlignLeft, tw.AlignRight, tw.AlignRight, tw.AlignLeft}
	for _, r := range d.Rows {
		for i, e := range r.Counts {
			cells := []string{r.place(), r.Role, r.When, r.detail()}
			if r.Kind == "total" {
				cells[0], cells[1] = "total", ""
			}
			if i > 0 {
				cells = make([]string, len(cells))
			}
			t.lines = append(t.lines, append(cells, d.Models[i], money.Count(e.Tokens).Exact(), give(e), e.Method))
		}
	}
	if len(d.Models) == 1 {
		align = slices.Delete(align, 4, 5)
		t.drop(4)
	}
	return d.draw(env, t, align)
}

// detail is the heading of a section, else the name of what it is, else the reason of its time.
func (r countRow) detail() string {
	switch {
	case r.Heading != "", r.Kind == "section":
		return r.Heading
	case r.When == string(prompt.Never), r.Name == "":
		return r.Reason
	case r.Reason != "":
		return r.Name + ": " + r.Reason
	}
	return r.Name
}
