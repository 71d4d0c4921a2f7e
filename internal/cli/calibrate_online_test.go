package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/token"
)

const testKey = "sk-test-0123456789"

// countServer answers as the counting endpoint does, and holds every request against its documented form: one token a
// byte and 7 for the frame. first, where given, answers the requests before.
type countServer struct {
	*httptest.Server
	t     *testing.T
	first func(n int, w http.ResponseWriter) bool // reports whether it answered request n, from 1
	seen  atomic.Int64
	now   atomic.Int64
	most  atomic.Int64
}

func newCountServer(t *testing.T, first func(n int, w http.ResponseWriter) bool) *countServer {
	s := &countServer{t: t, first: first}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func (s *countServer) serve(w http.ResponseWriter, r *http.Request) {
	n := int(s.seen.Add(1))
	s.most.Store(max(s.most.Load(), s.now.Add(1)))
	defer s.now.Add(-1)
	text := s.read(r)
	if s.first != nil && s.first(n, w) {
		return
	}
	fmt.Fprintf(w, `{"input_tokens": %d}`, len(text)+7)
}

func (s *countServer) read(r *http.Request) string {
	var body map[string]any
	raw, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(raw, &body)
	}
	if err != nil || r.Method != http.MethodPost || r.URL.Path != "/v1/messages/count_tokens" {
		s.t.Errorf("%s %s: %v", r.Method, r.URL, err)
	}
	for name, want := range map[string]string{"x-api-key": testKey, "anthropic-version": "2023-06-01", "content-type": "application/json"} {
		if got := r.Header.Get(name); got != want {
			s.t.Errorf("header %s is %q, want %q", name, got, want)
		}
	}
	messages, _ := body["messages"].([]any)
	if len(messages) != 1 {
		s.t.Fatalf("body %s", raw)
	}
	message, _ := messages[0].(map[string]any)
	text, _ := message["content"].(string)
	if diff := cmp.Diff(map[string]any{"model": "claude-opus-4-7", "messages": []any{map[string]any{"role": "user", "content": text}}}, body); diff != "" || text == "" {
		s.t.Errorf("body (-want +got):\n%s", diff)
	}
	return text
}

// client is one whose pauses are noted and not waited for.
func (s *countServer) client(t *testing.T) (*countClient, *[]time.Duration) {
	t.Helper()
	c, err := newCountClient(environment(s.URL), "claude-opus-4-7")
	if err != nil {
		t.Fatal(err)
	}
	var pauses []time.Duration
	var mu sync.Mutex
	c.pause = func(ctx context.Context, d time.Duration) error {
		mu.Lock()
		defer mu.Unlock()
		pauses = append(pauses, d)
		return ctx.Err()
	}
	return c, &pauses
}

func environment(base string) func(string) string {
	return func(name string) string {
		return map[string]string{"ANTHROPIC_API_KEY": testKey, "ANTHROPIC_BASE_URL": base}[name]
	}
}

func answer(status int, header, body string) func(int, http.ResponseWriter) bool {
	return func(_ int, w http.ResponseWriter) bool {
		if header != "" {
			w.Header().Set("retry-after", header)
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
		return true
	}
}

// Too many requests and too much load pass: the request is repeated after as long as the server asks for, or after a
// second, then two, then four.
func TestCountRetries(t *testing.T) {
	s := newCountServer(t, func(n int, w http.ResponseWriter) bool {
		switch n {
		case 1:
			return answer(429, "7", `{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}`)(n, w)
		case 2:
			return answer(529, "", `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`)(n, w)
		case 3:
			return answer(503, "Wed, 21 Oct 2026 07:28:30 GMT", "")(n, w)
		}
		return false
	})
	c, pauses := s.client(t)
	n, err := c.count(t.Context(), "twelve bytes")
	if err != nil || n != 19 {
		t.Errorf("%d, %v", n, err)
	}
	if len(*pauses) != 3 || (*pauses)[0] != 7*time.Second || (*pauses)[1] != 2*time.Second {
		t.Errorf("paused %v", *pauses)
	}
}

func TestRetryAfter(t *testing.T) {
	const date = "Wed, 21 Oct 2026 07:28:00 GMT"
	for header, want := range map[string]time.Duration{"": 0, "3": 3 * time.Second, "1.5": 1500 * time.Millisecond, "-4": 0, "soon": 0, "NaN": 0,
		"1e30": 0, "Wed, 21 Oct 2026 07:28:30 GMT": 30 * time.Second, "Wed, 21 Oct 2026 07:27:00 GMT": 0} {
		if got := retryAfter(header, date); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
}

func TestCountRefused(t *testing.T) {
	cases := []struct {
		name, header, body string
		status             int
		want               string
		usage              bool
		requests           int64
	}{
		{"wrong key", "", `{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key ` + testKey + `"}}`, 401, "refuses the key (401: authentication_error: invalid x-api-key …)", true, 1},
		{"forbidden", "", "", 403, "refuses the key (403: nothing more)", true, 1},
		{"wrong model", "", `{"type":"error","error":{"type":"not_found_error","message":"model: claude-opus-4-7"}}`, 404, "not_found_error: model: claude-opus-4-7", true, 1},
		{"not a count", "", `{"tokens": 3}`, 200, `the answer holds no count: {"tokens": 3}`, false, 1},
		{"a count of nothing", "", `{"input_tokens": 0}`, 200, "the answer holds no count", false, 1},
		{"not JSON", "", "<html>\n<body>\x1b[31mA proxy's page", 200, "the answer holds no count: <html> <body> [31mA proxy's page", false, 1},
		{"long", "", strings.Repeat("x", 5000), 418, "the server answers 418: " + strings.Repeat("x", 200) + "…", false, 1},
		{"never mends", "", "", 500, "the server answers 500", false, 6},
		{"over the spending limit", "", `{"error":{"type":"rate_limit_error","message":"no more","details":{"error_code":"enforced_spend_limit_reached"}}}`, 429, "no more", false, 1},
		{"asks too much", "3600", "", 429, "asks to wait 1h0m0s, which is too long", false, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := newCountServer(t, answer(c.status, c.header, c.body))
			client, _ := s.client(t)
			_, err := client.count(t.Context(), "text")
			var usage usageError
			if err == nil || !strings.Contains(err.Error(), c.want) || errors.As(err, &usage) != c.usage {
				t.Errorf("%v, want %q", err, c.want)
			}
			if strings.Contains(fmt.Sprint(err), testKey) {
				t.Errorf("the key is shown: %v", err)
			}
			if got := s.seen.Load(); got != c.requests {
				t.Errorf("%d requests, want %d", got, c.requests)
			}
		})
	}
}

// A redirect is not followed: the key would go where nobody sent it.
func TestCountStaysHome(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the request was sent on to another server") }))
	defer other.Close()
	s := newCountServer(t, func(n int, w http.ResponseWriter) bool {
		w.Header().Set("location", other.URL)
		return answer(http.StatusTemporaryRedirect, "", "")(n, w)
	})
	c, _ := s.client(t)
	if _, err := c.count(t.Context(), "text"); err == nil || !strings.Contains(err.Error(), "the server answers 307") {
		t.Error(err)
	}
}

func TestDistinct(t *testing.T) {
	texts := []onlineText{{"a", "a:1", "one"}, {"a", "a:2", " \n"}, {"b", "b:1", "one"}, {"b", "b:2", "one "}, {"b", "b:3", ""}}
	if got := distinct(texts); len(got) != 2 || got[0] != texts[0] || got[1] != texts[3] {
		t.Errorf("%v", got)
	}
}

// A server that hangs is left when the run ends, or when it takes too long.
func TestCountHangs(t *testing.T) {
	release := make(chan struct{})
	s := newCountServer(t, func(int, http.ResponseWriter) bool { <-release; return false })
	defer close(release)
	c, _ := s.client(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.count(ctx, "text"); !errors.Is(err, context.DeadlineExceeded) || s.seen.Load() != 1 {
		t.Errorf("%v after %d requests", err, s.seen.Load())
	}
	c.http.Timeout = 20 * time.Millisecond
	if _, err := c.count(t.Context(), "text"); err == nil || s.seen.Load() != 1+blindTries {
		t.Errorf("%v after %d requests", err, s.seen.Load())
	}
}

func TestCountNoServer(t *testing.T) {
	s := newCountServer(t, nil)
	c, pauses := s.client(t)
	s.Close()
	_, err := c.count(t.Context(), "text")
	var usage usageError
	if err == nil || errors.As(err, &usage) || len(*pauses) != blindTries-1 {
		t.Errorf("%v after pauses %v", err, *pauses)
	}
}

func TestCountClientSettings(t *testing.T) {
	for base, want := range map[string]string{"": "https://api.anthropic.com/v1/messages/count_tokens", "https://gateway.example/llm/": "https://gateway.example/llm/v1/messages/count_tokens",
		"http://localhost:4000": "http://localhost:4000/v1/messages/count_tokens"} {
		c, err := newCountClient(environment(base), "m")
		if err != nil || c.url.String() != want {
			t.Errorf("%q: %v, %v, want %s", base, c, err, want)
		}
	}
	for _, base := range []string{"http://gateway.example", "gateway.example", "ftp://gateway.example", "://"} {
		if _, err := newCountClient(environment(base), "m"); err == nil {
			t.Errorf("%q was accepted", base)
		}
	}
	if _, err := newCountClient(func(string) string { return "" }, "m"); err == nil || !strings.Contains(err.Error(), "ANTHROPIC_API_KEY is not set") {
		t.Errorf("no key: %v", err)
	}
}

// Every text is counted in its place, at most four at a time; the first failure ends the rest.
func TestCountAll(t *testing.T) {
	s := newCountServer(t, func(int, http.ResponseWriter) bool { time.Sleep(2 * time.Millisecond); return false })
	c, _ := s.client(t)
	var texts []onlineText
	var want []int64
	for i := range 40 {
		texts = append(texts, onlineText{"a.md", fmt.Sprintf("a.md:%d", i), strings.Repeat("x", i+1)})
		want = append(want, int64(i+8))
	}
	got, err := countAll(t.Context(), texts, c.count)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if most := s.most.Load(); most > 4 || most < 2 {
		t.Errorf("%d at a time", most)
	}
	bad := newCountServer(t, answer(401, "", "no"))
	c, _ = bad.client(t)
	if _, err := countAll(t.Context(), texts, c.count); err == nil || !strings.Contains(err.Error(), "refuses the key") || bad.seen.Load() > 8 {
		t.Errorf("%v after %d requests", err, bad.seen.Load())
	}
}

// The whole command against the server: sections are sent once each, the fit learns the frame, the file is written, and
// the key is nowhere.
func TestCalibrateOnline(t *testing.T) {
	s := newCountServer(t, nil)
	t.Setenv("ANTHROPIC_API_KEY", testKey)
	t.Setenv("ANTHROPIC_BASE_URL", s.URL)
	dir := t.TempDir()
	var template strings.Builder
	for i := range 30 {
		fmt.Fprintf(&template, "# Part %d\n%s\n\n", i, strings.Repeat("The forecast is held against the ceiling of the track. ", 3+i%7))
	}
	file, out := filepath.Join(dir, "prompt.md"), filepath.Join(dir, "c.json")
	if err := os.WriteFile(file, []byte(template.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	env := Env{Out: &stdout, Err: &stderr, Now: func() time.Time { return time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC) }}
	code := Main([]string{"calibrate", "-C", dir, "--online", "anthropic", "--model", "claude-opus-4-7", "--out", out, file}, env)
	// One token a byte is more than four times o200k's count of prose, so the factor is refused.
	if code != exitInconclusive || !strings.Contains(stdout.String(), "was refused: it is not between 0.5 and 4") {
		t.Errorf("exit %d\n%s%s", code, &stdout, &stderr)
	}
	if !strings.HasPrefix(stderr.String(), "sending 31 texts, ") || !strings.Contains(stderr.String(), "bytes, to "+strings.TrimPrefix(s.URL, "http://")) {
		t.Errorf("announced as %q", stderr.String())
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a file was written without a factor")
	}
	s.perToken()
	stdout.Reset()
	code = Main([]string{"calibrate", "-C", dir, "--online", "anthropic", "--model", "claude-opus-4-7", "--out", out, file}, env)
	content, err := os.ReadFile(out)
	if code != exitPass || err != nil {
		t.Fatalf("exit %d, %v\n%s%s", code, err, &stdout, &stderr)
	}
	c, diags := token.ReadCalibration(content, "c.json")
	f, ok := c.Family("claude-4.7")
	if by := f.Factors[token.Markdown]; len(diags) > 0 || !ok || by.Ratio < 1.3 || by.Ratio > 1.6 || by.RelativeError > .05 || !f.Basis.First.IsZero() {
		t.Errorf("%v %+v", diags, f)
	}
	if all := stdout.String() + stderr.String() + string(content); strings.Contains(all, testKey) {
		t.Error("the key was printed or written")
	}
	if !strings.Contains(stdout.String(), "prompt.md (whole)") {
		t.Errorf("no row for the whole text:\n%s", &stdout)
	}
}

// perToken makes the server count 29 tokens every hundred bytes, which is near what a tokenizer does.
func (s *countServer) perToken() {
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"input_tokens": %d}`, len(s.read(r))*29/100+11)
	})
}

func TestCalibrateOnlineUsage(t *testing.T) {
	t.Setenv("ANTHROPIC_API_KEY", "")
	dir := t.TempDir()
	file := filepath.Join(dir, "prompt.md")
	if err := os.WriteFile(file, []byte("# One\nText.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, given := range map[string][]string{
		"ANTHROPIC_API_KEY is not set":      {"--online", "anthropic", "--model", "claude-opus-4-7", file},
		"needs the model":                   {"--online", "anthropic", file},
		"needs templates":                   {"--online", "anthropic", "--model", "claude-opus-4-7"},
		`provider "acme" is not known`:      {"--online", "acme", "--model", "claude-opus-4-7", file},
		`model "claude-opus-47" is not`:     {"--online", "anthropic", "--model", "claude-opus-47", file},
		"are two sources":                   {"--online", "anthropic", "--model", "claude-opus-4-7", "--recording", file, file},
		"counted with --online only":        {file},
		"--model is for --online":           {"--model", "claude-opus-4-7"},
		`format "xml" is not known`:         {"--format", "xml"},
		"there is no recorded traffic":      {},
		`--assume does not know "trak"`:     {"--assume", "trak=x"},
		"there is no calibration at":        {"--check", "--recording", file},
		"is not a folder":                   {"-C", filepath.Join(dir, "nowhere")},
		"no configuration at tokengate.yml": {"--config", "tokengate.yml"},
	} {
		var stderr bytes.Buffer
		args := append([]string{"calibrate", "-C", dir}, given...)
		code := Main(args, Env{Out: io.Discard, Err: &stderr, Now: time.Now})
		if code != exitUsage || !strings.Contains(stderr.String(), want) {
			t.Errorf("%v: exit %d\n%s", given, code, &stderr)
		}
	}
}
