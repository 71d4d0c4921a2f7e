package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	_ "embed"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/spf13/cobra"

	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/repo"
	"github.com/tokengate/tokengate/internal/stacks"
	"github.com/tokengate/tokengate/internal/traffic"
)

//go:embed init.yaml.tmpl
var initTemplate string

func newInit(env *Env) *cobra.Command {
	o := &stackOptions{}
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write a commented tokengate.yaml for this repository, or a whole project template",
		Long: `init looks for templates, prompts, fixtures and recorded traffic in the project folder and writes a tokengate.yaml that
names what it found. It never overwrites a file.

With --stack it writes a project template: CLAUDE.md with skills and rules, tokengate.yaml, prompts with fixtures, a workflow
and a recording of example traffic. If one of these files is there already, nothing is written; --keep leaves such files as they
are and writes the others. tokengate templates list says what there is.`,
		Example: `  tokengate init
  tokengate init -C services/assistant
  tokengate init --stack incident-response --owner @org/sre --approver @org/finance`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.stack != "" {
				return runInitStack(cmd.Context(), env, o)
			}
			if o.keep || o.values != (stacks.Values{}) {
				return usageError{"--name, --owner, --approver and --keep are for a project template", "name one with --stack"}
			}
			return runInit(cmd.Context(), env, o.dir)
		},
	}
	o.register(cmd)
	return cmd
}

// found is what init writes about.
type found struct {
	Name, Owner string
	Templates   []string
	Fixtures    []string
	Recordings  []string
	Tracks      []string
	Features    []string
	Schema      string
}

func runInit(ctx context.Context, env *Env, dir string) error {
	files, err := projectFiles(ctx, dir)
	if err != nil {
		return err
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	what := look(files)
	what.Name = filepath.Base(abs)
	target := filepath.Join(dir, config.Name)
	f, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return usageError{target + " is there already", "edit it, or remove it first; init never overwrites"}
	}
	if err != nil {
		return err
	}
	tmpl := template.Must(template.New("init").Funcs(template.FuncMap{"quote": yamlQuote}).Parse(initTemplate))
	if err := tmpl.Execute(f, what); err != nil {
		_ = f.Close() // the first error is the one to tell
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	fmt.Fprintf(env.Out, "wrote %s: %d templates, %d fixtures, %d recordings, %d tracks\n", target, len(what.Templates), len(what.Fixtures), len(what.Recordings), len(what.Tracks))
	fmt.Fprintln(env.Out, "next: declare a ceiling in it, then run tokengate check")
	return nil
}

func projectFiles(ctx context.Context, dir string) (fs.FS, error) {
	r, err := repo.Open(ctx, dir)
	if errors.Is(err, repo.ErrNotGit) {
		return repo.Folder(dir)
	}
	if err != nil {
		return nil, err
	}
	return r.WorkTree()
}

// look finds what is worth naming. Globs are written where a folder holds several files of a kind.
func look(files fs.FS) found {
	var w found
	for _, name := range []string{"CLAUDE.md", ".claude/CLAUDE.md"} {
		if _, err := fs.Stat(files, name); err == nil {
			w.Templates = append(w.Templates, name)
		}
	}
	if _, err := fs.Stat(files, "AGENTS.md"); err == nil && len(w.Templates) == 0 {
		w.Templates = append(w.Templates, "AGENTS.md")
	}
	w.Templates = append(w.Templates, globs(files, "prompts/**/*.md", "prompts/**/*.txt", "prompts/**/*.prompt")...)
	w.Fixtures = globs(files, "fixtures/**/*.yaml", "fixtures/**/*.yml")
	w.Recordings = globs(files, "traffic/**/*.jsonl*", "recordings/**/*.jsonl*", ".tokengate/**/*.jsonl*")
	w.Owner = owner(files)
	w.labels(files)
	return w
}

func globs(files fs.FS, patterns ...string) []string {
	var out []string
	for _, p := range patterns {
		if names, err := doublestar.Glob(files, p, doublestar.WithFilesOnly()); err == nil && len(names) > 0 {
			out = append(out, p)
		}
	}
	return out
}

// labels reads the recordings for the tracks and features that their calls name.
func (w *found) labels(files fs.FS) {
	var sources []traffic.Source
	for _, p := range w.Recordings {
		names, err := doublestar.Glob(files, p, doublestar.WithFilesOnly())
		if err != nil {
			continue
		}
		for _, n := range names {
			sources = append(sources, traffic.Source{FS: files, Path: n, Name: n, Sampling: 1})
		}
	}
	tracks, features := map[string]bool{}, map[string]bool{}
	_, _, err := traffic.Stream(sources, traffic.Options{}, func() traffic.Consumer {
		return func(c *traffic.Call) error {
			tracks[c.Track], features[c.Feature] = true, true
			return nil
		}
	})
	if err != nil {
		return // check will say what is wrong with the recording
	}
	w.Tracks, w.Features = names(tracks), names(features)
}

func names(set map[string]bool) []string {
	var out []string
	for n := range set {
		if n != "" {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out
}

// owner reads the owner of everything from CODEOWNERS: the last rule for * wins.
func owner(files fs.FS) string {
	for _, name := range []string{".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"} {
		content, err := fs.ReadFile(files, name)
		if err != nil {
			continue
		}
		who := ""
		for line := range strings.Lines(string(content)) {
			if f := strings.Fields(line); len(f) > 1 && f[0] == "*" && !strings.HasPrefix(f[1], "#") {
				who = f[1]
			}
		}
		return who
	}
	return ""
}

// yamlQuote writes any text as a YAML double-quoted scalar.
func yamlQuote(s string) string { return fmt.Sprintf("%q", s) }
