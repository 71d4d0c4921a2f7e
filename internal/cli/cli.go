// Package cli owns flags, one file per command, and the mapping from outcomes to exit codes. It wires the packages
// below to the operating system; rules and arithmetic are theirs.
//
//	os.Exit(cli.Main(os.Args[1:], cli.System()))
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/fatih/color"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/tokengate/tokengate/internal/repo"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/spendlogs"
)

// Exit codes. Nothing else decides one.
const (
	exitPass         = 0
	exitOver         = 1
	exitUsage        = 2
	exitInconclusive = 3
	exitBroken       = 4
)

// Env is what a command sees of the outside.
type Env struct {
	In       io.Reader
	Out, Err io.Writer
	Now      func() time.Time
	Width    int  // columns of the terminal; 0 when output is not one
	Color    bool // the terminal shows colour and the user has not asked for none
	Progress bool // standard error is a terminal, and this is not a CI job
}

// System is the process's own environment. NO_COLOR turns colour off, CI turns progress off.
func System() Env {
	e := Env{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Now: time.Now}
	if w, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil {
		e.Width = w
		e.Color = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	}
	e.Progress = os.Getenv("CI") == "" && term.IsTerminal(int(os.Stderr.Fd()))
	return e
}

// verdictError ends a command whose report was written with another verdict than pass.
type verdictError struct{ status report.Status }

func (e verdictError) Error() string { return "verdict: " + string(e.status) }

// inconclusiveError ends a command that has nothing to answer with, with a hint.
type inconclusiveError struct{ msg, hint string }

func (e inconclusiveError) Error() string { return e.msg }

// usageError is a mistake in flags or arguments, with a hint.
type usageError struct{ msg, hint string }

func (e usageError) Error() string { return e.msg }

// diagnosticsError is what the user wrote that cannot be used.
type diagnosticsError struct {
	diags   source.Diagnostics
	content func(file string) []byte
}

func (e diagnosticsError) Error() string { return fmt.Sprintf("%d problems", len(e.diags)) }

// Main runs the command line and returns the exit code.
func Main(args []string, env Env) int {
	root := newRoot(&env)
	root.SetArgs(args)
	root.SetIn(env.In)
	root.SetOut(env.Out)
	root.SetErr(env.Err)
	return env.exit(root.ExecuteContext(context.Background()))
}

// exit is the one place where an outcome becomes a message and a code.
func (e *Env) exit(err error) int {
	var verdict verdictError
	var usage usageError
	var open inconclusiveError
	var diags diagnosticsError
	var ref *repo.RefError
	var logs *spendlogs.Error
	switch {
	case err == nil:
		return exitPass
	case errors.As(err, &verdict):
		return map[report.Status]int{report.Fail: exitOver, report.Inconclusive: exitInconclusive}[verdict.status]
	case errors.As(err, &diags):
		printer := source.Printer{Content: diags.content, Paint: e.paint()}
		if err := printer.Print(e.Err, diags.diags); err != nil {
			return exitBroken
		}
		return exitUsage
	case errors.As(err, &ref):
		return e.complain(exitUsage, ref.Error(), ref.Hint)
	case errors.As(err, &usage):
		return e.complain(exitUsage, usage.msg, usage.hint)
	case errors.As(err, &open):
		return e.complain(exitInconclusive, open.msg, open.hint)
	case errors.As(err, &logs) && logs.Wrong:
		return e.complain(exitUsage, err.Error(), logs.Hint)
	case logs != nil:
		return e.complain(exitBroken, err.Error(), logs.Hint)
	}
	return e.complain(exitBroken, err.Error(), "")
}

func (e *Env) complain(code int, msg, hint string) int {
	fmt.Fprintf(e.Err, "tokengate: %s\n", msg)
	if hint != "" {
		fmt.Fprintf(e.Err, "  hint: %s\n", hint)
	}
	return code
}

func (e *Env) paint() func(source.Severity, string) string {
	if !e.Color {
		return nil
	}
	paints := map[source.Severity]*color.Color{source.Error: color.New(color.FgRed, color.Bold), source.Warning: color.New(color.FgYellow), source.Info: color.New(color.FgCyan)}
	for _, c := range paints {
		c.EnableColor()
	}
	return func(s source.Severity, text string) string { return paints[s].Sprint(text) }
}

func newRoot(env *Env) *cobra.Command {
	root := &cobra.Command{
		Use:   "tokengate",
		Short: "Hold a change against its LLM token budget before it ships",
		Long: `tokengate replays recorded traffic through a change of a CLAUDE.md, a prompt, a model or a cap, forecasts tokens,
money and latency per track, and holds the forecast against declared ceilings.

Exit codes: 0 pass · 1 over budget · 2 bad flags, configuration or template · 3 inconclusive · 4 could not run`,
		Example: `  tokengate init                      write a tokengate.yaml for this repository
  tokengate check                     hold the working tree against the merge base
  tokengate check --base none         hold it against its ceilings alone
  tokengate count CLAUDE.md           count a template, section by section
  tokengate explain period-ceiling    say what a rule means`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(c *cobra.Command, given []string) error {
			if len(given) == 0 {
				return nil
			}
			return usageError{fmt.Sprintf("unknown command %q", given[0]), nearest(given[0], commandNames(c), "tokengate --help lists the commands")}
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usageError{err.Error(), "see " + c.CommandPath() + " --help"}
	})
	root.AddCommand(newCheck(env), newCost(env), newForecast(env), newBacktest(env), newWhatIf(env), newCount(env), newLint(env), newTraffic(env), newCalibrate(env), newInit(env), newTemplates(env), newReport(env), newSchema(env), newExplain(env), newVersion(env))
	return root
}

// nearest is source.DidYouMean for a shell, where quotes would have to be taken off again.
func nearest(word string, known []string, otherwise string) string {
	if near := source.Nearest(word, known); near != "" {
		return fmt.Sprintf("did you mean %s?", near)
	}
	return otherwise
}

func commandNames(c *cobra.Command) []string {
	var names []string
	for _, sub := range c.Commands() {
		names = append(names, sub.Name())
	}
	return names
}

// args turns cobra's complaint about arguments into a usage error.
func args(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, given []string) error {
		if err := check(c, given); err != nil {
			return usageError{err.Error(), "see " + c.CommandPath() + " --help"}
		}
		return nil
	}
}
