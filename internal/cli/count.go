package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing/fstest"
	"time"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/tw"
	"github.com/spf13/cobra"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/replay"
	"github.com/tokengate/tokengate/internal/repo"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/token"
)

type countOptions struct {
	models []string
	by     string
	format string
}

func newCount(env *Env) *cobra.Command {
	o := &countOptions{}
	cmd := &cobra.Command{
		Use:   "count FILE...",
		Short: "Count the tokens of templates per file and section",
		Long: `count loads each file as the tool that sends it would (CLAUDE.md with its imports, without front matter and comments)
and counts every section. Counts for tokenizers that are not public carry their error.`,
		Example: `  tokengate count CLAUDE.md
  tokengate count --model gpt-4.1 --model claude-opus-4-7 --by section CLAUDE.md
  cat prompt.md | tokengate count -`,
		Args: args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, files []string) error { return runCount(cmd.Context(), env, o, files) },
	}
	cmd.Flags().StringArrayVarP(&o.models, "model", "m", nil, "model, or tokenizer family, to count for; repeatable (default: o200k_base)")
	cmd.Flags().StringVar(&o.by, "by", "section", "rows of the table: section or file")
	cmd.Flags().StringVarP(&o.format, "format", "f", "table", "output: table or json")
	return cmd
}

// counted is one row: a section, a file or a whole template, under every model asked for.
type counted struct {
	Template string           `json:"template"`
	File     string           `json:"file,omitempty"`
	Heading  string           `json:"heading,omitempty"`
	Line     int              `json:"line,omitempty"`
	Counts   []token.Estimate `json:"counts"`
}

func runCount(ctx context.Context, env *Env, o *countOptions, files []string) error {
	if o.by != "section" && o.by != "file" {
		return usageError{fmt.Sprintf("--by %q is not known", o.by), "write section or file"}
	}
	if o.format != "table" && o.format != "json" {
		return usageError{fmt.Sprintf("format %q is not known", o.format), "write table or json"}
	}
	if len(o.models) == 0 {
		o.models = []string{"o200k_base"}
	}
	counters, err := countersFor(o.models, env.Now())
	if err != nil {
		return err
	}
	var rows []counted
	for _, f := range files {
		t, err := loadTemplate(ctx, env, f)
		if err != nil {
			return err
		}
		rows = append(rows, countRows(t, counters, o.by == "section")...)
	}
	if o.format == "json" {
		return writeCountJSON(env.Out, o.models, rows)
	}
	return writeCountTable(env, o.models, rows)
}

// countersFor resolves models by the catalogue, and tokenizer families by their own name.
func countersFor(models []string, now time.Time) ([]*token.Counter, error) {
	catalog, err := pricing.Builtin()
	if err != nil {
		return nil, err
	}
	var out []*token.Counter
	for _, name := range models {
		family := name
		if m, err := catalog.Lookup(name, now); err == nil {
			family = m.Tokenizer
		}
		c, err := token.For(family)
		if err != nil {
			return nil, unknownModel(catalog, name, now)
		}
		out = append(out, c)
	}
	return out, nil
}

func unknownModel(catalog *pricing.Catalog, name string, now time.Time) error {
	_, err := catalog.Lookup(name, now)
	hint := "tokenizer families are " + strings.Join(token.Families(), ", ")
	var unknown *pricing.UnknownModelError
	if errors.As(err, &unknown) && len(unknown.Near) > 0 {
		hint = "did you mean " + strings.Join(unknown.Near, ", ") + "?"
	}
	return usageError{fmt.Sprintf("model %q is not known", name), hint}
}

// loadTemplate reads a file as part of its repository, so that imports and links inside it resolve.
func loadTemplate(ctx context.Context, env *Env, name string) (*prompt.Template, error) {
	files, root, err := openTemplate(ctx, env, name)
	if err != nil {
		return nil, err
	}
	t, diags := prompt.Load(files, root, prompt.Options{Now: env.Now()})
	if t == nil || diags.HasErrors() {
		return nil, diagnosticsError{diags, contentOf(files)}
	}
	if len(diags) > 0 {
		printer := source.Printer{Content: contentOf(files), Paint: env.paint()}
		if err := printer.Print(env.Err, diags); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func openTemplate(ctx context.Context, env *Env, name string) (fs.FS, string, error) {
	if name == "-" {
		content, err := io.ReadAll(env.In)
		return fstest.MapFS{"stdin.md": {Data: content}}, "stdin.md", err
	}
	if info, err := os.Stat(name); err != nil || info.IsDir() {
		return nil, "", usageError{fmt.Sprintf("%s is not a file", name), "check the path"}
	}
	dir := filepath.Dir(name)
	r, err := repo.Open(ctx, dir)
	if errors.Is(err, repo.ErrNotGit) {
		files, err := repo.Folder(dir)
		return files, filepath.Base(name), err
	}
	if err != nil {
		return nil, "", err
	}
	files, project, err := r.Whole()
	if err != nil {
		return nil, "", err
	}
	return files, path.Join(project, filepath.Base(name)), r.Close()
}

func countRows(t *prompt.Template, counters []*token.Counter, sections bool) []counted {
	total := counted{Template: t.Path}
	measured := make([]replay.Measured, len(counters))
	for i, c := range counters {
		measured[i] = replay.Measure(t, c)
		total.Counts = append(total.Counts, measured[i].Total)
	}
	var rows []counted
	for i, f := range t.Files {
		if !sections {
			rows = append(rows, countFile(t.Path, f, i, measured))
			continue
		}
		for j, s := range f.Sections {
			row := counted{Template: t.Path, File: f.Path, Heading: s.Heading, Line: s.Span.Start.Line}
			for _, m := range measured {
				row.Counts = append(row.Counts, m.Sections[i][j])
			}
			rows = append(rows, row)
		}
	}
	return append(rows, total)
}

func countFile(template string, f prompt.File, i int, measured []replay.Measured) counted {
	row := counted{Template: template, File: f.Path}
	for _, m := range measured {
		row.Counts = append(row.Counts, replay.Sum(m.Sections[i]))
	}
	return row
}

func writeCountJSON(w io.Writer, models []string, rows []counted) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(struct {
		Models []string  `json:"models"`
		Rows   []counted `json:"rows"`
	}{models, rows})
}

func writeCountTable(env *Env, models []string, rows []counted) error {
	header := append([]string{"Where", "Section"}, models...)
	align := []tw.Align{tw.AlignLeft, tw.AlignLeft}
	for range models {
		align = append(align, tw.AlignRight)
	}
	table := tablewriter.NewTable(env.Out, tablewriter.WithHeaderAutoFormat(tw.Off), tablewriter.WithTrimSpace(tw.On),
		tablewriter.WithHeaderAlignment(tw.AlignLeft), tablewriter.WithRowAlignmentConfig(tw.CellAlignment{PerColumn: align}),
		tablewriter.WithRendition(tw.Rendition{Borders: tw.BorderNone, Symbols: tw.NewSymbols(tw.StyleLight)}))
	table.Header(header)
	for _, r := range rows {
		if err := table.Append(countCells(r)); err != nil {
			return err
		}
	}
	if err := table.Render(); err != nil {
		return err
	}
	for i, m := range models {
		if e := rows[len(rows)-1].Counts[i]; e.RelativeError > 0 {
			fmt.Fprintf(env.Out, "%s: %s, ±%s\n", m, e.Method, money.Ratio(e.RelativeError))
		} else {
			fmt.Fprintf(env.Out, "%s: %s\n", m, e.Method)
		}
	}
	return nil
}

func countCells(r counted) []string {
	where, heading := r.File, r.Heading
	switch {
	case r.File == "":
		where, heading = r.Template, "total"
	case r.Line > 0:
		where = fmt.Sprintf("%s:%d", r.File, r.Line)
	}
	cells := []string{where, shorten(heading, 48)}
	for _, e := range r.Counts {
		cells = append(cells, countCell(e))
	}
	return cells
}

func countCell(e token.Estimate) string {
	n := money.Count(e.Tokens).Exact()
	if e.RelativeError > 0 {
		return n + " ±" + money.Count(int64(float64(e.Tokens)*e.RelativeError+0.5)).Exact()
	}
	return n
}

func shorten(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
