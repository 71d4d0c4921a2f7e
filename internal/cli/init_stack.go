package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/olekukonko/tablewriter/tw"
	"github.com/spf13/cobra"

	"github.com/tokengate/tokengate/internal/repo"
	"github.com/tokengate/tokengate/internal/stacks"
	"github.com/tokengate/tokengate/internal/traffic"
)

type stackOptions struct {
	dir, stack string
	keep       bool
	values     stacks.Values
}

func (o *stackOptions) register(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVarP(&o.dir, "dir", "C", ".", "project folder")
	f.StringVar(&o.stack, "stack", "", "project template: "+strings.Join(stacks.Names(), ", "))
	f.StringVar(&o.values.Name, "name", "", "name of the project (default: the folder's)")
	f.StringVar(&o.values.Owner, "owner", "", "who answers for the budget (default: the owner of * in CODEOWNERS)")
	f.StringVar(&o.values.Approver, "approver", "", "who must approve a raised ceiling")
	f.BoolVar(&o.keep, "keep", false, "leave files that are there as they are, and write the others")
	if err := cmd.RegisterFlagCompletionFunc("stack", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return stackChoices(), cobra.ShellCompDirectiveNoFileComp
	}); err != nil {
		panic("init: " + err.Error()) // the flag is defined above
	}
}

// stackChoices are the stacks with what they are for, as a shell shows them.
func stackChoices() []string {
	var out []string
	for _, s := range stacks.All {
		out = append(out, s.Name+"\t"+s.Summary)
	}
	return out
}

func findStack(name string) (stacks.Stack, error) {
	s, ok := stacks.Find(name)
	if !ok {
		return s, usageError{fmt.Sprintf("stack %q is not known", name), nearest(name, stacks.Names(), "tokengate templates list names them all")}
	}
	return s, nil
}

// runInitStack writes a template: all of it, or nothing.
func runInitStack(ctx context.Context, env *Env, o *stackOptions) error {
	s, err := findStack(o.stack)
	if err != nil {
		return err
	}
	here, err := locate(ctx, o.dir)
	if err != nil {
		return err
	}
	files, err := s.Files(here.values(o.values))
	if err != nil {
		return valueError(err)
	}
	if here.below != "" {
		files = slices.DeleteFunc(files, func(f stacks.File) bool { return f.Path == stacks.Workflow })
	}
	recording, err := packed(s.Example(files, env.Now()))
	if err != nil {
		return err
	}
	files = append(files, stacks.File{Path: stacks.ExampleRecording, Content: recording})
	written, kept, err := place(o.dir, files, o.keep)
	if err != nil {
		return err
	}
	return env.wrote(s, o.dir, here, written, kept)
}

func valueError(err error) error {
	var v *stacks.ValueError
	if errors.As(err, &v) {
		return usageError{v.Error(), "give another one with --" + v.Key}
	}
	return err
}

// location is where a project stands.
type location struct {
	files fs.FS
	name  string // of its folder
	below string // the folder's path in its repository; "" at the root, and without one
}

func locate(ctx context.Context, dir string) (location, error) {
	files, err := openProject(ctx, dir)
	if err != nil {
		return location{}, err
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return location{}, err
	}
	l := location{files: files, name: filepath.Base(abs)}
	r, err := repo.Open(ctx, dir)
	if errors.Is(err, repo.ErrNotGit) {
		return l, nil
	}
	if err != nil {
		return l, err
	}
	_, project, err := r.Whole()
	if project != "." {
		l.below = project
	}
	return l, errors.Join(err, r.Close())
}

// values fills in what was not given: the folder's name, and the owner of everything.
func (l location) values(given stacks.Values) stacks.Values {
	if given.Name == "" {
		given.Name = l.name
	}
	if given.Owner == "" {
		given.Owner = owner(l.files)
	}
	return given
}

// packed writes calls as init leaves them in a project. The writer gives the same bytes for the same calls.
func packed(calls []traffic.Call) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	for i := range calls {
		if err := traffic.WriteNative(z, &calls[i]); err != nil {
			return nil, err
		}
	}
	err := z.Close()
	return b.Bytes(), err
}

// place writes files below dir and never over one that is there. What cannot be written to its end is taken back. Links
// that lead out of dir are not followed.
func place(dir string, files []stacks.File, keep bool) (written []stacks.File, kept []string, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	for _, f := range files {
		switch _, err := root.Lstat(f.Path); {
		case err == nil:
			kept = append(kept, f.Path)
		case errors.Is(err, fs.ErrNotExist):
			written = append(written, f)
		default:
			return nil, nil, usageError{fmt.Sprintf("cannot write %s: %v", f.Path, err), "move what is in the way, or choose another folder with -C"}
		}
	}
	if len(kept) > 0 && !keep {
		return nil, nil, usageError{fmt.Sprintf("nothing was written: %s in %s: %s", plural(len(kept), "file is", "files are")+" there already", dir, strings.Join(kept, ", ")),
			"add --keep to leave them as they are and write the others; tokengate templates diff shows how they differ from the template"}
	}
	for i, f := range written {
		if err := create(root, f); err != nil {
			for _, done := range written[:i+1] {
				_ = root.Remove(done.Path) // the first error is the one to tell
			}
			return nil, nil, fmt.Errorf("write %s: %w; nothing was kept of the template", f.Path, err)
		}
	}
	return written, kept, nil
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func create(root *os.Root, f stacks.File) error {
	if err := root.MkdirAll(path.Dir(f.Path), 0o755); err != nil {
		return err
	}
	w, err := root.OpenFile(f.Path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	if _, err := w.Write(f.Content); err != nil {
		return errors.Join(err, w.Close())
	}
	return w.Close()
}

// wrote says what init wrote, what each file costs to send, and what to do next.
func (e *Env) wrote(s stacks.Stack, dir string, here location, written []stacks.File, kept []string) error {
	fmt.Fprintf(e.Out, "wrote %s of the template %s\n\n", plural(len(written), "file", "files"), s.Name)
	costs, err := sentOf(written)
	if err != nil {
		return err
	}
	var rows [][]string
	for _, f := range written {
		cost := costs[f.Path]
		rows = append(rows, []string{filepath.Join(dir, filepath.FromSlash(f.Path)), cost.tokens(), string(cost.when)})
	}
	if err := plainTable(e, []string{"File", "Tokens", "Sent"}, []tw.Align{tw.AlignLeft, tw.AlignRight, tw.AlignLeft}, rows); err != nil {
		return err
	}
	for _, name := range kept {
		fmt.Fprintf(e.Out, "kept %s as it is\n", name)
	}
	fmt.Fprintln(e.Out, "\ntokens are of o200k_base; tokengate count says what other models make of a file")
	fmt.Fprintln(e.Out, "next:")
	for i, step := range here.steps(s, dir, written) {
		for j, line := range wrapped(step, max(e.width()-5, 40)) {
			lead := fmt.Sprintf("  %d. ", i+1)
			if j > 0 {
				lead = "     "
			}
			fmt.Fprintln(e.Out, lead+line)
		}
	}
	return nil
}

// width is that of the terminal, or what reads well in a file.
func (e *Env) width() int {
	if e.Width > 0 {
		return e.Width
	}
	return 120
}

// steps is what is left to do after a template was written.
func (l location) steps(s stacks.Stack, dir string, written []stacks.File) []string {
	at := ""
	if dir != "." {
		at = " -C " + dir
	}
	var out []string
	var open []string
	for _, word := range []string{stacks.OwnerPlaceholder, stacks.ApproverPlaceholder} {
		if slices.ContainsFunc(written, func(f stacks.File) bool { return bytes.Contains(f.Content, []byte(word)) }) {
			open = append(open, word)
		}
	}
	if len(open) > 0 {
		out = append(out, "put names in the place of "+strings.Join(open, " and "))
	}
	out = append(out,
		"tokengate check --base none"+at+" holds the example traffic against the budget",
		"record calls of your own, list them under recordings in tokengate.yaml, and delete "+stacks.ExampleRecording+": until then every report warns that it rests on an example")
	if l.below != "" {
		out = append(out, fmt.Sprintf("GitHub reads workflows from the root of the repository only, so none was written in %s: tokengate templates show %s %s prints it; add -C %s to its check",
			l.below, s.Name, stacks.Workflow, l.below))
	}
	return append(out, "commit the files")
}
