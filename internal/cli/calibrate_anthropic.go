package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
)

const (
	anthropicURL     = "https://api.anthropic.com"
	anthropicVersion = "2023-06-01" // of the interface; platform.claude.com, API versions
	tries            = 6            // of one request that a server asks to repeat; with the pauses below, about half a minute
	blindTries       = 3            // of one that no server answers
	firstPause       = time.Second
	longestPause     = 2 * time.Minute // a server that asks for more is given up
	answerTimeout    = 30 * time.Second
	largestAnswer    = 1 << 20
)

// countClient asks Anthropic's token counting endpoint. The key is sent in one header and never shown.
type countClient struct {
	url   *url.URL
	key   string
	model string
	http  *http.Client
	pause func(context.Context, time.Duration) error
}

// newCountClient takes the key from ANTHROPIC_API_KEY and the server from ANTHROPIC_BASE_URL.
func newCountClient(getenv func(string) string, model string) (*countClient, error) {
	key := strings.TrimSpace(getenv("ANTHROPIC_API_KEY"))
	if key == "" {
		return nil, usageError{"ANTHROPIC_API_KEY is not set", "set it to a key of your own; counting is free of charge, and nothing was sent"}
	}
	base, err := baseURL(cmp.Or(getenv("ANTHROPIC_BASE_URL"), anthropicURL))
	if err != nil {
		return nil, err
	}
	c := &countClient{url: base.JoinPath("v1", "messages", "count_tokens"), key: key, model: model, pause: pause}
	// A redirect would carry the key to a host that nobody named.
	c.http = &http.Client{Timeout: answerTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return c, nil
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}

// refusal is an answer that is not a count.
type refusal struct {
	status  int
	message string        // what the server says, shortened
	after   time.Duration // to wait; 0 where it does not say
	final   bool          // it says that waiting is in vain
}

func (r *refusal) Error() string {
	return fmt.Sprintf("the server answers %d: %s", r.status, r.message)
}

// passing reports whether the same request may be answered later: too many requests, or trouble of the server's own
// (529 is Anthropic's for too much load).
func (r *refusal) passing() bool {
	return !r.final && (r.status == http.StatusTooManyRequests || r.status == http.StatusRequestTimeout || r.status >= 500)
}

// count asks for the input tokens of a request with the text as its only message, again and again where the server asks
// for patience.
func (c *countClient) count(ctx context.Context, text string) (int64, error) {
	body, err := json.Marshal(map[string]any{"model": c.model, "messages": []map[string]string{{"role": "user", "content": text}}})
	if err != nil {
		return 0, err
	}
	for try, wait := 1, firstPause; ; try, wait = try+1, 2*wait {
		n, err := c.ask(ctx, body)
		if err == nil || ctx.Err() != nil || try >= worth(err) {
			return n, c.explain(err)
		}
		asked := wait
		if r := (*refusal)(nil); errors.As(err, &r) && r.after > 0 {
			asked = r.after
		}
		if asked > longestPause {
			return 0, fmt.Errorf("%w (it asks to wait %s, which is too long)", err, asked)
		}
		if err := c.pause(ctx, asked); err != nil {
			return 0, err
		}
	}
}

// worth is how often a request that fails so is tried in all.
func worth(err error) int {
	var r *refusal
	switch {
	case errors.Is(err, errAnswer):
		return 1
	case !errors.As(err, &r):
		return blindTries
	case r.passing():
		return tries
	}
	return 1
}

// explain turns refusals that the user can mend into usage errors.
func (c *countClient) explain(err error) error {
	var r *refusal
	if !errors.As(err, &r) {
		return err
	}
	switch r.status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return usageError{fmt.Sprintf("%s refuses the key (%d: %s)", c.url.Host, r.status, r.message), "check ANTHROPIC_API_KEY"}
	case http.StatusBadRequest, http.StatusNotFound:
		return usageError{fmt.Sprintf("%s refuses the request (%d: %s)", c.url.Host, r.status, r.message), "check the name given with --model, as the provider spells it"}
	}
	return err
}

// errAnswer is an answer that promises a count and does not hold one.
var errAnswer = errors.New("the answer holds no count")

func (c *countClient) ask(ctx context.Context, body []byte) (int64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url.String(), bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("content-type", "application/json")
	req.Header.Set("anthropic-version", anthropicVersion)
	req.Header.Set("x-api-key", c.key)
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close() //nolint:errcheck // only read from
	answer, err := io.ReadAll(io.LimitReader(resp.Body, largestAnswer))
	if err != nil {
		return 0, fmt.Errorf("read the answer: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return 0, c.refused(resp, answer)
	}
	var counted struct {
		InputTokens *int64 `json:"input_tokens"`
	}
	if err := json.Unmarshal(answer, &counted); err != nil || counted.InputTokens == nil || *counted.InputTokens <= 0 {
		return 0, fmt.Errorf("%w: %s", errAnswer, c.shown(string(answer)))
	}
	return *counted.InputTokens, nil
}

// refused reads an error answer: its own words where it has the documented form, else the start of what came.
func (c *countClient) refused(resp *http.Response, answer []byte) error {
	var said struct {
		Error struct {
			Type, Message string
		}
	}
	r := &refusal{status: resp.StatusCode, message: string(answer)}
	if json.Unmarshal(answer, &said) == nil && said.Error.Type != "" {
		r.message = said.Error.Type + ": " + said.Error.Message
	}
	// Over the month's spending limit the status is 429 as well, and stays so until the next month.
	r.final = bytes.Contains(answer, []byte("enforced_spend_limit_reached"))
	r.message = c.shown(r.message)
	r.after = retryAfter(resp.Header.Get("retry-after"), resp.Header.Get("date"))
	return r
}

// retryAfter reads the header's two forms, seconds and a date (RFC 9110, 10.2.3); a date is measured by the server's own.
func retryAfter(header, date string) time.Duration {
	if s, err := strconv.ParseFloat(header, 64); err == nil && s > 0 && s < 1e6 {
		return time.Duration(s * float64(time.Second))
	}
	until, err := http.ParseTime(header)
	now, e := http.ParseTime(date)
	if err != nil || e != nil {
		return 0
	}
	return max(0, until.Sub(now))
}

const shownAnswer = 200

// shown is what may be printed of an answer: one line, short, and without the key should the server repeat it.
func (c *countClient) shown(s string) string {
	s = strings.ReplaceAll(s, c.key, "…")
	s = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)), " ")
	if s == "" {
		return "nothing more"
	}
	if r := []rune(s); len(r) > shownAnswer {
		return string(r[:shownAnswer]) + "…"
	}
	return s
}
