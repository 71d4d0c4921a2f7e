package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"testing/fstest"

	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/repo"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/token"
)

const preambleNote = "(preamble): the sentence Claude Code puts once in front of all memory files of a conversation; tokengate count without " +
	"a file shows all that goes with it"

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
	if err := isFile(name); err != nil {
		return nil, "", err
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

func isFile(name string) error {
	if info, err := os.Stat(name); err != nil || info.IsDir() {
		return usageError{fmt.Sprintf("%s is not a file", name), "check the path"}
	}
	return nil
}

// addTemplate adds the rows of one template, its total last. The total is the sum of the rows, errors in tokens too:
// they have one cause, so they do not cancel.
func (d *countDocument) addTemplate(t *prompt.Template, models []counting, sections bool) {
	total := each(models, func(m counting) token.Estimate { return m.counter.Count("") })
	row := func(r countRow, text ...string) {
		counts := each(models, func(m counting) token.Estimate { return m.counter.Count("") })
		for i, m := range models {
			for _, s := range text {
				counts[i] = counts[i].Add(m.counter.Count(s))
			}
			total[i] = total[i].Add(counts[i])
		}
		d.add(r, counts)
	}
	for _, f := range t.Files {
		var whole []string
		for _, s := range f.Sections {
			if sections {
				row(countRow{Kind: "section", Template: t.Path, File: f.Path, Heading: s.Heading, Line: s.Span.Start.Line}, s.Text)
			}
			whole = append(whole, s.Text)
		}
		if !sections {
			row(countRow{Kind: "file", Template: t.Path, File: f.Path}, whole...)
		}
	}
	if t.Kind == prompt.ClaudeMD && !t.Lazy && t.Text() != "" {
		row(countRow{Kind: "preamble", Template: t.Path, Heading: prompt.Preamble}, prompt.PreambleText)
		d.note(preambleNote)
	}
	if t.Kind.Rendered() {
		for i, e := range d.addRendered(t, models) {
			total[i] = total[i].Add(e)
		}
	}
	d.add(countRow{Kind: "total", Template: t.Path, Heading: "total"}, total)
}

func each[T any](of []T, count func(T) token.Estimate) []token.Estimate {
	var out []token.Estimate
	for _, v := range of {
		out = append(out, count(v))
	}
	return out
}

func (d *countDocument) note(text string) {
	if !slices.Contains(d.Notes, text) {
		d.Notes = append(d.Notes, text)
	}
}
