package token

import (
	"net/http"
	"testing"
)

type refuse struct{ t *testing.T }

func (r refuse) RoundTrip(q *http.Request) (*http.Response, error) {
	r.t.Errorf("a vocabulary was asked for over the network: %s", q.URL)
	return nil, http.ErrServerClosed
}

// Vocabularies come from the program itself: every exact family counts, and is audited, with every request refused and
// no cache folder.
func TestOffline(t *testing.T) {
	old := http.DefaultTransport
	http.DefaultTransport = refuse{t}
	defer func() { http.DefaultTransport = old }()
	t.Setenv("TIKTOKEN_CACHE_DIR", t.TempDir())
	for name, pattern := range referencePatterns {
		audit, err := auditor(name, pattern) // afresh, whatever ran before
		if err != nil {
			t.Fatal(err)
		}
		if n := len(audit.EncodeOrdinary("hello world")); n != 2 {
			t.Errorf("%s: %d tokens", name, n)
		}
	}
	for _, name := range referenceFamilies {
		c, err := For(name)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := c.Reference("hello world"); err != nil || n != 2 || c.Count("hello world").Tokens != 2 {
			t.Errorf("%s: %d tokens, %v", name, n, err)
		}
	}
	if c, err := For("claude-3"); err != nil {
		t.Fatal(err)
	} else if _, err := c.Reference("hello"); err == nil {
		t.Error("a tokenizer that is not public is audited")
	}
}
