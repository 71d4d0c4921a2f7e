package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/token"
)

type countOptions struct {
	models []string
	by     string
	as     string
	format string
	audit  bool

	byGiven bool // --by was given
	found   bool // what the files are was told by their content
	book    token.Book
}

func newCount(env *Env) *cobra.Command {
	o := &countOptions{}
	cmd := &cobra.Command{
		Use:   "count [FILE... | FOLDER]",
		Short: "Count the tokens of a project's files as the tool loads them, of templates, of a request, or of one run of an eval",
		Long: `count without a file, or with a folder, counts everything that the tool loads of the project: memory files, rules,
subagents, skills and commands, each with when it is sent (with every call from launch on, once a matching file is read,
with every call of a subagent, from an invocation on) and the totals. The loader of the folder's tokengate.yaml says which tool.

With files it loads each as the tool that sends it would (CLAUDE.md with its imports, without front matter and comments)
and counts every section. Jinja, Handlebars, Mustache, Dotprompt and Prompty files are rendered first, with the samples and
defaults they give themselves, and the frame around their messages is counted too.

With --as request each file is the JSON body of one call (OpenAI Chat Completions or Responses,
Anthropic Messages); its messages, tools, images and the frame around them are counted, each by a rule that is named.

An eval (promptfooconfig.yaml, OpenAI eval samples as .jsonl, a registry of them) is planned without being run: prompts ×
providers × tests × repeats, the calls of graders, input tokens a call and in all, and what they cost. --model counts
every call for that model instead. Scripts are not run and services not asked: what only they know is listed.

Every count says how it was made and how far it may be off. A calibration that the tokengate.yaml of the current folder
names is used, as check does. Nothing is sent anywhere.`,
		Example: `  tokengate count
  tokengate count --by section services/web
  tokengate count CLAUDE.md
  tokengate count --model gpt-4.1 --model claude-opus-4-7 --by section CLAUDE.md
  tokengate count --model gpt-4o prompts/greet.prompt
  tokengate count --as request --model gpt-4o request.json
  tokengate count --audit --model gpt-4.1 CLAUDE.md
  tokengate count promptfooconfig.yaml
  tokengate count --model gpt-4.1 --model claude-opus-4-7 evals/samples.jsonl
  cat prompt.md | tokengate count -`,
		Args: args(cobra.ArbitraryArgs),
		RunE: func(cmd *cobra.Command, files []string) error {
			o.byGiven = cmd.Flags().Changed("by")
			return runCount(cmd.Context(), env, o, files)
		},
	}
	cmd.Flags().StringArrayVarP(&o.models, "model", "m", nil, "model, or tokenizer family, to count for; repeatable (default: o200k_base, or the model that the request names)")
	cmd.Flags().StringVar(&o.by, "by", "section", "rows of a template: section or file (default of a folder: file)")
	cmd.Flags().StringVar(&o.as, "as", "auto", "what the files are: template, request, eval, or auto, which tells evals and chat messages in JSON by name and content")
	cmd.Flags().BoolVar(&o.audit, "audit", false, "count templates a second time with tiktoken-go and fail where it differs (slow)")
	cmd.Flags().StringVarP(&o.format, "format", "f", "table", "output: table or json")
	return cmd
}

// counting is a model asked for: the name it was asked by, what the catalogue calls it, and its counter.
type counting struct {
	asked   string
	model   string // "" where a tokenizer family was asked for
	counter *token.Counter
}

func runCount(ctx context.Context, env *Env, o *countOptions, files []string) error {
	for _, choice := range []struct {
		flag, value string
		known       []string
	}{{"--by", o.by, []string{"section", "file"}}, {"--as", o.as, countAs}, {"format", o.format, []string{"table", "json"}}} {
		if !slices.Contains(choice.known, choice.value) {
			last := len(choice.known) - 1
			return usageError{fmt.Sprintf("%s %q is not known", choice.flag, choice.value), fmt.Sprintf("write %s or %s", strings.Join(choice.known[:last], ", "), choice.known[last])}
		}
	}
	if err := o.recognise(ctx, env, files); err != nil {
		return err
	}
	memo, save := remember(env)
	defer save()
	o.book = token.Book{Memo: memo}
	if o.audit && o.as != "template" {
		return usageError{"--audit is for templates", "leave out --as " + o.as}
	}
	calibration, err := o.calibrate()
	if err != nil {
		return err
	}
	if o.as == "eval" {
		return countEvals(ctx, env, o, files, calibration)
	}
	var doc countDocument
	if dir, ok := o.folder(files); ok {
		doc, err = countTree(ctx, env, o, dir)
	} else if o.as == "request" {
		doc, err = countRequests(env, o, files)
	} else {
		doc, err = countTemplates(ctx, env, o, files)
	}
	if err != nil {
		return err
	}
	if calibration != "" {
		doc.note(calibration)
	}
	if o.format == "json" {
		return writeJSON(env.Out, &doc)
	}
	return doc.writeTable(env)
}

func countTemplates(ctx context.Context, env *Env, o *countOptions, files []string) (countDocument, error) {
	if len(o.models) == 0 {
		o.models = []string{"o200k_base"}
	}
	models, err := o.counters(env.Now())
	if err != nil {
		return countDocument{}, err
	}
	doc := countDocument{Models: o.models}
	for _, f := range files {
		t, err := loadTemplate(ctx, env, f)
		if err != nil {
			return countDocument{}, err
		}
		doc.addTemplate(t, models, o.by == "section")
		if o.audit {
			if err := doc.audit(t, models); err != nil {
				return countDocument{}, err
			}
		}
	}
	return doc, nil
}

// counters resolves tokenizer families by their own name, and models by the catalogue.
func (o *countOptions) counters(now time.Time) ([]counting, error) {
	var out []counting
	for _, name := range o.models {
		c := counting{asked: name}
		var err error
		if c.counter, err = o.book.For(name); err != nil {
			if c.model, c.counter, err = o.counterOf(name, now); err != nil {
				return nil, err
			}
		}
		out = append(out, c)
	}
	return out, nil
}

func (o *countOptions) counterOf(name string, now time.Time) (id string, _ *token.Counter, _ error) {
	catalog, err := pricing.Builtin()
	if err != nil {
		return "", nil, err
	}
	m, err := catalog.Lookup(name, now)
	if err != nil {
		return "", nil, unknownModel(catalog, name, now)
	}
	c, err := o.book.For(m.Tokenizer)
	return m.ID, c, err
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
