package cli

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"testing/fstest"

	"github.com/olekukonko/tablewriter/tw"
	"github.com/spf13/cobra"

	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/stacks"
	"github.com/tokengate/tokengate/internal/token"
)

func newTemplates(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "templates",
		Short: "Show the project templates that init --stack writes, and how a project differs from one",
		Example: `  tokengate templates list
  tokengate templates show incident-response CLAUDE.md
  tokengate templates diff incident-response --stat`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	cmd.AddCommand(newTemplatesList(env), newTemplatesShow(env), newTemplatesDiff(env))
	return cmd
}

// shippedTemplate is one line of templates list, and its JSON.
type shippedTemplate struct {
	Name     string `json:"name"`
	For      string `json:"for"`
	AlwaysOn int64  `json:"always_on_tokens"` // of o200k_base: CLAUDE.md and what is listed of skills, paid in every call
	Lazy     int64  `json:"lazy_tokens"`      // skill bodies and rules with paths, paid where they are used
	Prompts  int64  `json:"prompt_tokens"`    // of the application's prompts, before their variables are filled in
	Files    int    `json:"files"`
	Version  string `json:"version"` // changes with what is shipped
}

func newTemplatesList(env *Env) *cobra.Command {
	format := "table"
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the project templates with their size and version",
		Example: `  tokengate templates list
  tokengate templates list -f json`,
		Args: args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error { return runTemplatesList(env, format) },
	}
	cmd.Flags().StringVarP(&format, "format", "f", "table", "output: table or json")
	return cmd
}

func runTemplatesList(env *Env, format string) error {
	if format != "table" && format != "json" {
		return usageError{fmt.Sprintf("format %q is not known", format), "write table or json"}
	}
	var list []shippedTemplate
	for _, s := range stacks.All {
		t, err := describe(s)
		if err != nil {
			return err
		}
		list = append(list, t)
	}
	if format == "json" {
		return writeJSON(env.Out, map[string]any{"templates": list})
	}
	var rows [][]string
	for _, t := range list {
		rows = append(rows, []string{t.Name, money.Count(t.AlwaysOn).Exact(), money.Count(t.Lazy).Exact(), money.Count(t.Prompts).Exact(), t.Version})
	}
	if err := plainTable(env, []string{"Template", "Always on", "Lazy", "Prompts", "Version"},
		[]tw.Align{tw.AlignLeft, tw.AlignRight, tw.AlignRight, tw.AlignRight, tw.AlignLeft}, rows); err != nil {
		return err
	}
	for _, t := range list {
		for _, line := range wrapped(t.Name+": "+t.For, env.Width) {
			fmt.Fprintln(env.Out, line)
		}
	}
	fmt.Fprintln(env.Out, "tokens of o200k_base. Always on: CLAUDE.md and the list of skills. Lazy: skill bodies, and rules for some paths.")
	return nil
}

func describe(s stacks.Stack) (t shippedTemplate, err error) {
	t.Name, t.For = s.Name, s.Summary
	if t.Version, err = s.Version(); err != nil {
		return t, err
	}
	files, err := s.Files(stacks.Values{})
	if err != nil {
		return t, err
	}
	t.Files = len(files) + 1 // the recording is made when the template is written
	costs, err := sentOf(files)
	if err != nil {
		return t, err
	}
	for _, f := range files {
		switch cost := costs[f.Path]; cost.when {
		case whenCalled:
			t.Prompts += cost.count
		case whenNever:
		case prompt.AtLaunch:
			t.AlwaysOn += cost.count
		default:
			t.Lazy += cost.count
			t.AlwaysOn += cost.listed
		}
	}
	return t, nil
}

// When a file of a template is sent that the coding tool does not load.
const (
	whenCalled prompt.When = "by the application"
	whenNever              = prompt.Never
)

// sent is what a file costs where it is sent, and when that is.
type sent struct {
	count  int64 // tokens of o200k_base; -1 for a file that nothing sends
	listed int64 // of a skill: its name and description, which are sent at launch
	when   prompt.When
}

func (s sent) tokens() string {
	if s.count < 0 {
		return "–"
	}
	return money.Count(s.count).Exact()
}

// sentOf tells of each file of a template when it is sent, and counts it as it is sent: those that the coding tool loads, and
// the prompts of the application, which are every other Markdown file.
func sentOf(files []stacks.File) (map[string]sent, error) {
	counter, err := token.For("o200k_base")
	if err != nil {
		return nil, err
	}
	project := tree(files)
	loaded, diags := prompt.LoadTree(project, prompt.Loader{})
	if diags.HasErrors() {
		return nil, diagnosticsError{diags, contentOf(project)}
	}
	out := map[string]sent{}
	for _, m := range loaded.Members {
		out[m.Path] = sent{counter.Count(m.File.Text()).Tokens, counter.Count(m.Listed.Text()).Tokens, m.When}
	}
	for _, f := range files {
		if _, ok := out[f.Path]; ok {
			continue
		}
		out[f.Path] = sent{count: -1, when: whenNever}
		if t, _ := prompt.Load(project, f.Path, prompt.Options{}); path.Ext(f.Path) == ".md" && t != nil {
			out[f.Path] = sent{count: counter.Count(t.Text()).Tokens, when: whenCalled}
		}
	}
	return out, nil
}

func tree(files []stacks.File) fs.FS {
	out := fstest.MapFS{}
	for _, f := range files {
		out[f.Path] = &fstest.MapFile{Data: f.Content}
	}
	return out
}

func newTemplatesShow(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "show TEMPLATE [FILE]",
		Short: "Print the files of a template, or one of them, as they are shipped",
		Example: `  tokengate templates show incident-response
  tokengate templates show incident-response .claude/skills/hand-over/SKILL.md`,
		Args:              args(cobra.RangeArgs(1, 2)),
		ValidArgsFunction: completeTemplate,
		RunE: func(_ *cobra.Command, given []string) error {
			return runTemplatesShow(env, given[0], given[1:])
		},
	}
}

// completeTemplate completes the name of a template, then the files of it.
func completeTemplate(c *cobra.Command, given []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(given) == 0 {
		return stackChoices(), cobra.ShellCompDirectiveNoFileComp
	}
	var paths []string
	if s, ok := stacks.Find(given[0]); ok && len(given) == 1 && c.Name() == "show" {
		files, err := s.Files(stacks.Values{})
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		for _, f := range files {
			paths = append(paths, f.Path)
		}
	}
	return paths, cobra.ShellCompDirectiveNoFileComp
}

func runTemplatesShow(env *Env, name string, only []string) error {
	s, err := findStack(name)
	if err != nil {
		return err
	}
	files, err := s.Files(stacks.Values{})
	if err != nil {
		return err
	}
	var paths []string
	for i, f := range files {
		paths = append(paths, f.Path)
		switch {
		case len(only) == 0:
			if i > 0 {
				fmt.Fprintln(env.Out)
			}
			fmt.Fprintf(env.Out, "==> %s <==\n%s", f.Path, f.Content)
		case f.Path == path.Clean(only[0]):
			_, err := env.Out.Write(f.Content)
			return err
		}
	}
	if len(only) > 0 {
		return usageError{fmt.Sprintf("template %s has no file %s", name, only[0]), nearest(only[0], paths, "it has "+strings.Join(paths, ", "))}
	}
	return nil
}

func newTemplatesDiff(env *Env) *cobra.Command {
	dir, stat := ".", false
	cmd := &cobra.Command{
		Use:   "diff TEMPLATE",
		Short: "Show what would take a project's files to the shipped template",
		Long: `diff prints a unified diff from the project's files to the shipped ones, with the name, owner and approver that the
project's tokengate.yaml gives. git apply or patch -p1 takes it, whole or in parts. Files that the template does not have
are named, never removed. Exit code 0 when nothing differs, 1 when something does.`,
		Example: `  tokengate templates diff incident-response --stat
  tokengate templates diff incident-response -C services/pager > update.patch`,
		Args:              args(cobra.ExactArgs(1)),
		ValidArgsFunction: completeTemplate,
		RunE: func(cmd *cobra.Command, given []string) error {
			return runTemplatesDiff(cmd.Context(), env, given[0], dir, stat)
		},
	}
	cmd.Flags().StringVarP(&dir, "dir", "C", ".", "project folder")
	cmd.Flags().BoolVar(&stat, "stat", false, "a line for each file instead of the differences")
	return cmd
}

func runTemplatesDiff(ctx context.Context, env *Env, name, dir string, stat bool) error {
	s, err := findStack(name)
	if err != nil {
		return err
	}
	here, err := locate(ctx, dir)
	if err != nil {
		return err
	}
	cfg, _, diags := config.Load(here.files, config.Name)
	if diags.HasErrors() {
		diags.Sort()
		return diagnosticsError{diags, contentOf(here.files)}
	}
	values := here.values(stacks.Values{Name: cfg.Project.Name.Value, Owner: cfg.Project.Owner.Value, Approver: cfg.Project.Approver.Value})
	found, err := s.Diff(here.files, values)
	if err != nil {
		return valueError(err)
	}
	differs := false
	for _, d := range found {
		if d.Path == stacks.Workflow && d.Change == stacks.Missing && here.below != "" {
			continue // it is at the root of the repository, if anywhere
		}
		differs = differs || d.Change != stacks.Same
		switch {
		case stat:
			fmt.Fprintf(env.Out, "%-8s %5s  %s\n", d.Change, d.Size(), d.Path)
		case d.Change == stacks.Extra:
			fmt.Fprintf(env.Err, "only in the project: %s\n", d.Path)
		default:
			fmt.Fprint(env.Out, d.Patch)
		}
	}
	if differs {
		return verdictError{report.Fail}
	}
	fmt.Fprintf(env.Err, "no difference from the template %s\n", name)
	return nil
}
