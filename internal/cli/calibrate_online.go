package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/olekukonko/tablewriter/tw"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/request"
	"github.com/tokengate/tokengate/internal/token"
)

// onlineText is one text to be counted by the provider: a section of a template, or a whole one.
type onlineText struct {
	template, where, text string
}

// onlineCount is what the provider counted, beside the estimate that needs no calibration.
type onlineCount struct {
	Where    string         `json:"where"`
	Estimate token.Estimate `json:"estimate"` // of the text alone, by published factors
	Counted  int64          `json:"counted"`  // by the provider, its frame included
}

// countOnline asks the provider for the size of every section, and of every whole template.
func (o *calibrateOptions) countOnline(ctx context.Context, env *Env, p *calibrateProject, files []string) (*evidence, error) {
	m, err := p.catalog.Lookup(o.model, env.Now())
	if err != nil {
		return nil, unknownModel(p.catalog, o.model, env.Now())
	}
	e := newEvidence()
	var texts []onlineText
	for _, name := range files {
		t, err := loadTemplate(ctx, env, name)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256([]byte(t.Text()))
		e.sums[t.Path] = hex.EncodeToString(sum[:])
		texts = append(texts, textsOf(t)...)
	}
	texts = distinct(texts)
	client, err := newCountClient(os.Getenv, o.model)
	if err != nil {
		return nil, err
	}
	size := 0
	for _, t := range texts {
		size += len(t.text)
	}
	fmt.Fprintf(env.Err, "sending %s, %s bytes, to %s, to be counted for %s; no answer is generated\n", number(int64(len(texts)), "text"), money.Count(size).Exact(), client.url.Host, o.model)
	counts, err := countAll(ctx, texts, client.count)
	if err != nil {
		return nil, err
	}
	return e, o.take(e, m.Tokenizer, texts, counts)
}

// take turns the provider's counts into samples and into rows of the report.
func (o *calibrateOptions) take(e *evidence, family string, texts []onlineText, counts []int64) error {
	counter, err := token.For(family)
	if err != nil {
		return err
	}
	e.calls = int64(len(texts))
	for i, t := range texts {
		body := request.Body{Messages: []request.Message{{Role: "user", Text: []string{t.text}}}}
		e.add(family, t.template, time.Time{}, token.Sample{Content: body.Content(), Tokens: counts[i]})
		e.texts = append(e.texts, onlineCount{Where: t.where, Estimate: counter.Count(t.text), Counted: counts[i]})
	}
	return nil
}

// textsOf lists what is counted of a template. Text of nothing but whitespace is refused by the provider.
func textsOf(t *prompt.Template) []onlineText {
	var out []onlineText
	for _, f := range t.Files {
		for _, s := range f.Sections {
			where := f.Path
			if s.Span.Start.Line > 0 {
				where = fmt.Sprintf("%s:%d", f.Path, s.Span.Start.Line)
			}
			out = append(out, onlineText{t.Path, where, s.Text})
		}
	}
	return append(out, onlineText{t.Path, t.Path + " (whole)", t.Text()})
}

// distinct drops blank texts and texts that stand earlier in the list: a sample twice is not two.
func distinct(texts []onlineText) []onlineText {
	seen := map[string]bool{}
	var out []onlineText
	for _, t := range texts {
		if strings.TrimSpace(t.text) == "" || seen[t.text] {
			continue
		}
		seen[t.text] = true
		out = append(out, t)
	}
	return out
}

// atOnce bounds how many requests are on their way at a time: far below any tier's rate limit.
const atOnce = 4

// countAll counts every text. The first failure stops the others and is the one that is told.
func countAll(ctx context.Context, texts []onlineText, count func(context.Context, string) (int64, error)) ([]int64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	counts := make([]int64, len(texts))
	var wg sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for i, t := range texts {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if ctx.Err() != nil {
				return
			}
			n, err := count(ctx, t.text)
			if err != nil {
				var usage usageError
				if !errors.As(err, &usage) {
					err = fmt.Errorf("count %s: %w", t.where, err)
				}
				cancel(err)
			}
			counts[i] = n
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	return counts, nil
}

// textTable shows the provider's counts beside the estimates.
func textTable(env *Env, texts []onlineCount) error {
	var rows [][]string
	for _, t := range texts {
		rows = append(rows, []string{t.Where, money.Count(t.Estimate.Tokens).Exact(), money.Count(t.Counted).Exact()})
	}
	return plainTable(env, []string{"Text", "Estimate", "Counted"}, []tw.Align{tw.AlignLeft, tw.AlignRight, tw.AlignRight}, rows)
}

// baseURL is where requests go. A key must not cross a network in the clear.
func baseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, usageError{"ANTHROPIC_BASE_URL is not the address of a server", "write it as https://host, or unset it"}
	}
	if host := u.Hostname(); u.Scheme == "http" && host != "localhost" && host != "127.0.0.1" && host != "::1" {
		return nil, usageError{"ANTHROPIC_BASE_URL is not https, and the key would be readable on the way", "write https://" + u.Host}
	}
	return u, nil
}
