package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/traffic"
)

// keyVariable holds the secret that redact hashes with.
const keyVariable = "TOKENGATE_REDACT_KEY"

type convertOptions struct {
	trafficOptions
	out     string
	force   bool
	keyFile string
}

func newTrafficConvert(env *Env) *cobra.Command {
	o := &convertOptions{}
	cmd := &cobra.Command{
		Use:   "convert [RECORDING...] -o FILE",
		Short: "Write recorded calls in the native dialect, each once",
		Long: `convert reads recordings of any dialect and writes their calls as JSON lines of the native dialect, each once, with the
labels that map: rules and defaults give them. A name that ends in .gz or .zst packs the file. Nothing stands under that
name before all of it is written.`,
		Example: `  tokengate traffic convert spans.json -o traffic/spans.jsonl.gz
  tokengate traffic convert ~/.claude/projects -o - --assume track=coding | head
  tokengate traffic convert "$DATABASE_URL" -o traffic/october.jsonl.zst`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.write(cmd.Context(), env, args, func(*traffic.Call) {})
		},
	}
	o.flags(cmd)
	return cmd
}

func newTrafficRedact(env *Env) *cobra.Command {
	o := &convertOptions{}
	cmd := &cobra.Command{
		Use:   "redact [RECORDING...] -o FILE",
		Short: "Write recorded calls without text and without names, safe to commit",
		Long: fmt.Sprintf(`redact writes calls as convert does, without the text of prompts and the variables of templates, and with a keyed hash in
the place of every id, user and session. Equal ones stay equal, so that calls count once and budgets per user and session
hold; who they are cannot be told without the key. Labels, models, times, tokens, latencies and outcomes stay: see that
no label holds a name (traffic inspect lists them).

The key is read from %s or --key-file, and has %d bytes at least. Use the same one for
recordings that belong together, and keep it out of the repository.`, keyVariable, traffic.MinRedactKey),
		Example: fmt.Sprintf(`  openssl rand -hex 32 > ~/.tokengate-key
  tokengate traffic redact --key-file ~/.tokengate-key raw/*.jsonl -o traffic/october.jsonl.gz
  %s=$SECRET tokengate traffic redact spans.json -o traffic/spans.jsonl`, keyVariable),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := o.redactor()
			if err != nil {
				return err
			}
			return o.write(cmd.Context(), env, args, r.Redact)
		},
	}
	o.flags(cmd)
	cmd.Flags().StringVar(&o.keyFile, "key-file", "", "file with the secret key (default: "+keyVariable+")")
	return cmd
}

func (o *convertOptions) flags(cmd *cobra.Command) {
	o.trafficOptions.flags(cmd)
	cmd.Flags().StringVarP(&o.out, "out", "o", "", "file to write: .jsonl, .jsonl.gz or .jsonl.zst; - for standard output")
	cmd.Flags().BoolVar(&o.force, "force", false, "replace the file if it is there")
}

func (o *convertOptions) redactor() (*traffic.Redactor, error) {
	key, from := os.Getenv(keyVariable), keyVariable
	if o.keyFile != "" {
		b, err := os.ReadFile(o.keyFile)
		if err != nil {
			return nil, usageError{fmt.Sprintf("cannot read the key: %v", err), "make one: openssl rand -hex 32 > FILE"}
		}
		key, from = strings.TrimSpace(string(b)), o.keyFile
	}
	if key == "" {
		return nil, usageError{"there is no key to hash users and sessions with", "set " + keyVariable + ", or name a file with --key-file; openssl rand -hex 32 makes a key"}
	}
	r, err := traffic.NewRedactor([]byte(key))
	if err != nil {
		return nil, usageError{fmt.Sprintf("%s: %v", from, err), "openssl rand -hex 32 makes a key"}
	}
	return r, nil
}

// write reads the recordings and writes every call, changed as told.
func (o *convertOptions) write(ctx context.Context, env *Env, args []string, change func(*traffic.Call)) error {
	in, out, err := o.begin(ctx, env, args)
	if err != nil {
		return err
	}
	defer in.close()
	sum, err := in.stream(env, func() traffic.Consumer {
		err := out.restart()
		return func(c *traffic.Call) error {
			if err != nil {
				return err
			}
			change(c)
			return traffic.WriteNative(out, c)
		}
	})
	if err != nil {
		return errors.Join(err, out.discard())
	}
	if err := out.finish(); err != nil {
		return err
	}
	o.wrote(env, sum.Count, sum)
	return nil
}

// begin opens what is read and what is written.
func (o *convertOptions) begin(ctx context.Context, env *Env, args []string) (*trafficInput, *wholeFile, error) {
	in, err := o.open(ctx, args)
	if err != nil {
		return nil, nil, err
	}
	out, err := o.create(env)
	if err != nil {
		in.close()
	}
	return in, out, err
}

func (o *convertOptions) create(env *Env) (*wholeFile, error) {
	if o.out == "" {
		return nil, usageError{"there is no file to write", "name one with -o, such as -o traffic.jsonl.gz, or -o - for standard output"}
	}
	return newWholeFile(env.Out, o.out, o.force)
}

// wrote says what was done, beside the data.
func (o *convertOptions) wrote(env *Env, calls int64, sum *traffic.Summary) {
	fmt.Fprintf(env.Err, "wrote %s calls to %s (%s lines read, %s repeated a call)\n", money.Count(calls).Exact(), o.out, money.Count(sum.Lines).Exact(), money.Count(sum.Duplicates).Exact())
}
