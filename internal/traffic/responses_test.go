package traffic

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/token"
)

func readText(t *testing.T, text string, d Defaults) (*Recording, string) {
	t.Helper()
	rec, diags, err := Read([]Source{{FS: fstest.MapFS{"f": &fstest.MapFile{Data: []byte(text)}}, Path: "f", Defaults: d}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return rec, told(diags)
}

const message = `{"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[],"stop_reason":"end_turn","usage":{"input_tokens":3,"output_tokens":2}}`

// TestDetect holds apart what looks alike.
func TestDetect(t *testing.T) {
	chat := `{"id":"c","object":"chat.completion","created":1777881600,"model":"m","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}`
	gemini := `{"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1},"modelVersion":"g","createTime":"2026-05-04T08:00:00Z"}`
	for _, c := range []struct{ name, text, want string }{
		{"a message", message, Anthropic},
		{"a message in a transcript", `{"type":"assistant","sessionId":"s","timestamp":"2026-05-04T08:00:00Z","message":` + message + `}`, ClaudeCode},
		{"a message in a bare transcript", `{"timestamp":"2026-05-04T08:00:00Z","message":` + message + `}`, ClaudeCode},
		{"the events of a stream by themselves", `{"type":"message_start","message":` + message + `}`, Anthropic},
		{"a message that LiteLLM logged", `{"call_type":"acompletion","startTime":1777881600,"request_id":"r","response":` + message + `}`, LiteLLM},
		{"a message in an envelope with ts and model", `{"ts":"2026-05-04T08:00:00Z","model":"m","response":` + message + `}`, Anthropic},
		{"a message as text", `{"ts":"2026-05-04T08:00:00Z","response":` + escaped(message) + `}`, Anthropic},
		{"an HTTP exchange", `{"request":{"url":"/v1/messages"},"response":{"status":200,"body":` + message + `}}`, Anthropic},
		{"a native line", oneCall, Native},
		{"a chat", chat, OpenAI},
		{"a chat without its object", `{"choices":[],"usage":{"prompt_tokens":1}}`, OpenAI},
		{"an event with a response", `{"type":"response.completed","response":{"object":"response","created_at":1777881600,"model":"m","usage":{"input_tokens":1}}}`, OpenAI},
		{"a list of chunks", `{"response":[{"object":"chat.completion.chunk"}]}`, OpenAI},
		{"Gemini", gemini, Gemini},
		{"Gemini in an envelope", `{"timestamp":"2026-05-04T08:00:00Z","status":"ok","request":{"contents":[]},"response":` + gemini + `}`, Gemini},
		{"Vertex batch", `{"status":"","request":{"contents":[]},"response":` + gemini + `}`, GeminiBatch},
		{"Vertex batch of messages", `{"custom_id":"a","status":"","processed_time":"2026-05-04T08:00:00Z","request":{},"response":` + message + `}`, GeminiBatch},
		{"Converse", `{"output":{},"stopReason":"end_turn","usage":{"inputTokens":1,"outputTokens":1}}`, Bedrock},
		{"an error file of a batch", `{"id":"b","custom_id":"a","response":null,"error":{"code":"batch_expired"}}`, OpenAIBatch},
		{"a batch of messages", `{"custom_id":"a","result":{"type":"succeeded","message":` + message + `}}`, AnthropicBatch},
		{"a Bedrock batch", `{"recordId":"a","modelInput":{},"modelOutput":` + message + `}`, BedrockBatch},
		{"a cassette", "version: 1\ninteractions:\n- request: {}\n", VCR},
		{"an export of a chat tool", `{"type":"message","user":"u","text":"hi","ts":"1777881600.1"}`, ""},
		{"another log", `{"key":"a","error":"x"}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec, diags := readText(t, c.text, Defaults{})
			if got := rec.Files[0].Dialect; got != c.want {
				t.Errorf("%q, want %q; %s", got, c.want, diags)
			}
		})
	}
}

func escaped(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` }

// TestBeside refuses files that lie beside recordings, and says what they are.
func TestBeside(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"OpenAI batch input", `{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"m"}}`, "the requests of a batch"},
		{"Anthropic batch input", `{"custom_id":"a","params":{"model":"m","messages":[]}}`, "the requests of a batch"},
		{"Anthropic batch input, whole", `{"requests":[{"custom_id":"a","params":{}}]}`, "the requests of a batch"},
		{"Gemini batch input", `{"key":"a","request":{"contents":[]}}`, "the requests of a batch"},
		{"Vertex batch input", `{"request":{"contents":[]}}`, "the requests of a batch"},
		{"Bedrock batch input", `{"recordId":"a","modelInput":{}}`, "the requests of a batch"},
		{"a batch", `{"id":"batch_1","object":"batch","output_file_id":"f"}`, "the description of a batch"},
		{"a manifest", `{"totalRecordCount":1,"processedRecordCount":1}`, "the manifest of a Bedrock batch"},
		{"statistics", `{"version":1,"dailyModelTokens":[],"modelUsage":{}}`, "record the session transcripts"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec, diags := readText(t, c.text+"\n", Defaults{})
			if !strings.HasPrefix(diags, "error traffic-dialect ") || !strings.Contains(diags, c.want) || len(rec.Calls) > 0 {
				t.Errorf("%s, want %q", diags, c.want)
			}
		})
	}
	long := `{"recordId":"a","modelInput":{"prompt":"` + strings.Repeat("x", headSize) + `"},"modelOutput":` + message + "}\n"
	if _, diags := readText(t, long, Defaults{}); strings.Contains(diags, "requests of a batch") {
		t.Errorf("a record of which only the beginning was seen is called a request: %s", diags)
	}
}

// TestDay places calls that have no time, and only those.
func TestDay(t *testing.T) {
	day := time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)
	text := message + "\n" + `{"timestamp":"2026-05-09T01:00:00Z","response":` + strings.Replace(message, "msg_1", "msg_2", 1) + "}\n"
	rec, diags := readText(t, text, Defaults{Day: day})
	if len(rec.Calls) != 2 || !rec.First.Equal(day) || !rec.Last.Equal(day.AddDate(0, 0, 5).Add(time.Hour)) {
		t.Errorf("from %v to %v; %s", rec.First, rec.Last, diags)
	}
	rec, diags = readText(t, text, Defaults{})
	if len(rec.Calls) != 1 || !strings.Contains(diags, "no time") || !strings.Contains(diags, "defaults.day") || rec.BadShare() != 0.5 {
		t.Errorf("%d calls, bad share %v; %s", len(rec.Calls), rec.BadShare(), diags)
	}
}

// TestExchange reads one record each: what is taken from where.
func TestExchange(t *testing.T) {
	at := time.Date(2026, 5, 4, 8, 0, 0, 0, time.UTC)
	usage := token.Usage{Input: 3, Output: 2}
	in := func(more string) string { return `{` + more + `,"response":` + message + `}` }
	for _, c := range []struct {
		name, text string
		want       Call
		err        string
	}{
		{"seconds", in(`"ts":1777881600`), Call{Time: at}, ""},
		{"seconds as text", in(`"time":"1777881600.5"`), Call{Time: at.Add(time.Second / 2)}, ""},
		{"milliseconds", in(`"timestamp":1777881600250`), Call{Time: at.Add(time.Second / 4)}, ""},
		{"a duration for a time", in(`"time":1.25`), Call{}, "neither seconds nor milliseconds"},
		{"no time that can be read", in(`"created_at":"yesterday"`), Call{}, `created_at: "yesterday"`},
		{"a date among the headers", `{"response":{"status_code":200,"headers":{"DATE":["Mon, 04 May 2026 08:00:00 GMT"]},"body":` + message + `}}`, Call{Time: at}, ""},
		{"latency", in(`"ts":1777881600,"latency_ms":12.5,"ttft_ms":"3"`), Call{Time: at, Latency: 12500 * time.Microsecond, FirstToken: 3 * time.Millisecond}, ""},
		{"duration", in(`"ts":1777881600,"duration_ms":7`), Call{Time: at, Latency: 7 * time.Millisecond}, ""},
		{"a negative latency", in(`"ts":1777881600,"latency_ms":-7`), Call{}, "it took -7 ms"},
		{"labels", in(`"ts":1777881600,"track":"t","session":"s","user":"u","metadata":{"track":"other","feature":"f","template":"a.md","template_version":"v"}`),
			Call{Time: at, Track: "t", Feature: "f", Session: "s", User: "u", Template: "a.md", TemplateVersion: "v"}, ""},
		{"a user of the request", in(`"ts":1777881600,"request":{"metadata":{"user_id":"u"}}`), Call{Time: at, User: "u"}, ""},
		{"a request as text", in(`"ts":1777881600,"request":"{\"metadata\":{\"user_id\":\"u\"}}"`), Call{Time: at, User: "u"}, ""},
		{"Bedrock bills the id that was asked for", in(`"ts":1777881600,"request":{"url":"https://h/model/us.anthropic.claude-x-v1%3A0/invoke","body":{}}`), Call{Time: at, Model: "us.anthropic.claude-x-v1:0"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec, diags := readText(t, c.text, Defaults{})
			if c.err != "" {
				if !strings.Contains(diags, c.err) || len(rec.Calls) > 0 {
					t.Errorf("%s, want %q", diags, c.err)
				}
				return
			}
			want := c.want
			want.ID, want.Model, want.Usage, want.Status, want.Place = "msg_1", either(want.Model, "claude-x"), usage, "ok", Place{"f", 1}
			if diff := cmp.Diff([]Call{want}, rec.Calls); diff != "" {
				t.Errorf("%s%s", diff, diags)
			}
		})
	}
}

// TestStreams reads the usage of streams, which is cumulative.
func TestStreams(t *testing.T) {
	start := `{"type":"message_start","message":{"id":"m","type":"message","model":"c","stop_reason":null,"usage":{"input_tokens":9,"cache_read_input_tokens":4,"output_tokens":1}}}`
	delta := func(n, stop string) string {
		return `{"type":"message_delta","delta":{"stop_reason":` + stop + `},"usage":{"output_tokens":` + n + `}}`
	}
	gemini := func(n, finish string) string {
		return `{"candidates":[{` + finish + `}],"modelVersion":"g","usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":` + n + `}}`
	}
	for _, c := range []struct {
		name, stream string
		want         token.Usage
		bound        bool
		err          string
	}{
		{"the last delta holds", start + "," + delta("5", "null") + "," + delta("8", `"end_turn"`), token.Usage{Input: 9, CacheRead: 4, Output: 8}, false, ""},
		{"the last delta has input as well", start + `,{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"input_tokens":30,"output_tokens":8,"server_tool_use":{"web_search_requests":1}}}`,
			token.Usage{Input: 30, CacheRead: 4, Output: 8}, false, "web searches"},
		{"cut after the start", start, token.Usage{Input: 9, CacheRead: 4, Output: 1}, true, ""},
		{"cut after a delta", start + "," + delta("5", "null"), token.Usage{Input: 9, CacheRead: 4, Output: 5}, true, ""},
		{"failed on the way", start + `,{"type":"error","error":{}}`, token.Usage{Input: 9, CacheRead: 4, Output: 1}, true, ""},
		{"without a start", delta("5", `"end_turn"`), token.Usage{}, false, "a stream without usage"},
		{"Gemini's last chunk holds", gemini("2", "") + "," + gemini("6", `"finishReason":"STOP"`), token.Usage{Input: 5, Output: 6}, false, ""},
		{"Gemini, cut", gemini("2", ""), token.Usage{Input: 5, Output: 2}, true, ""},
		{"no usage", `{"object":"chat.completion.chunk"}`, token.Usage{}, false, "stream_options.include_usage"},
		{"nothing known", `{"hello":1}`, token.Usage{}, false, "format of the recording is not known"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec, diags := readText(t, `{"ts":"2026-05-04T08:00:00Z","response":[`+c.stream+`]}`, Defaults{})
			if !strings.Contains(diags, c.err) || (c.err == "") != (diags == "") {
				t.Errorf("%s, want %q", diags, c.err)
			}
			if c.want == (token.Usage{}) {
				if len(rec.Calls) > 0 {
					t.Errorf("%+v", rec.Calls)
				}
				return
			}
			if len(rec.Calls) != 1 {
				t.Fatalf("%d calls; %s", len(rec.Calls), diags)
			}
			if diff := cmp.Diff(c.want, rec.Calls[0].Usage); diff != "" || rec.Calls[0].OutputIsBound != c.bound {
				t.Errorf("%sbound %v, want %v", diff, rec.Calls[0].OutputIsBound, c.bound)
			}
		})
	}
}

// TestResponseFacts tells where everything was read.
func TestResponseFacts(t *testing.T) {
	f := newFile(Source{Name: "f", Defaults: Defaults{Day: time.Unix(0, 0)}})
	got := hearFacts(f)
	line := `{"tags":["a","b"],"session_id":"s","request":{"url":"https://h/v1/messages?x=1","body":{"model":"m","metadata":{"user_id":"u","team":"red","n":3}}},"metadata":{"track":"t"},
		"response":{"status":200,"body":` + message + `}}`
	if err := f.logged([]byte(line), 1); err != nil {
		t.Fatal(err)
	}
	item := `{"custom_id":"sum-7","response":{"status_code":200,"body":{"object":"response","id":"r","created_at":1777881600,"model":"m","status":"completed","prompt":{"id":"p","version":"2"},"metadata":{"k":"v"},"usage":{"input_tokens":1,"output_tokens":1}}},"error":null}`
	o, _ := lookAt([]byte(item))
	x, err := exchangeOf([]byte(item), o)
	if err != nil {
		t.Fatal(err)
	}
	x.tier, x.custom = tierBatch, said{"sum-7", "custom_id"}
	if err := f.exchange(&x, 2); err != nil {
		t.Fatal(err)
	}
	want := [][]Fact{{
		{"id", "msg_1", "response.body.id"}, {"model", "claude-x", "response.body.model"}, {"user", "u", "request.body.metadata.user_id"}, {"session", "s", "session_id"},
		{"provider", "anthropic", "response.body.usage"}, {"path", "/v1/messages", "request.url"}, {"track", "t", "metadata.track"}, {"metadata.track", "t", "metadata.track"},
		{"metadata.n", "3", "request.body.metadata.n"}, {"metadata.team", "red", "request.body.metadata.team"}, {"metadata.user_id", "u", "request.body.metadata.user_id"},
		{"tag", "a", "tags"}, {"tag", "b", "tags"},
	}, {
		{"id", "r", "response.body.id"}, {"model", "m", "response.body.model"}, {"tier", "batch", "the form of the file"}, {"provider", "openai", "response.body.usage"},
		{"prompt", "p", "response.body.prompt.id"}, {"prompt_version", "2", "response.body.prompt.version"}, {"metadata.custom_id", "sum-7", "custom_id"},
		{"metadata.k", "v", "response.body.metadata.k"},
	}}
	if diff := cmp.Diff(want, *got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestBatchNames: the same name in two batches is two calls; a copy of an item is none.
func TestBatchNames(t *testing.T) {
	item := func(n string) string {
		return `{"custom_id":"a","response":{"status_code":200,"body":{"object":"list","model":"m","usage":{"prompt_tokens":` + n + `,"total_tokens":` + n + `}}}}` + "\n"
	}
	root := fstest.MapFS{"may": &fstest.MapFile{Data: []byte(item("5"))}, "june": &fstest.MapFile{Data: []byte(item("6"))}, "copy": &fstest.MapFile{Data: []byte(item("5"))}}
	var srcs []Source
	for _, name := range []string{"may", "june", "copy"} {
		srcs = append(srcs, Source{FS: root, Path: name, Defaults: Defaults{Day: time.Unix(0, 0)}})
	}
	rec, _, err := Read(srcs, Options{})
	if err != nil || len(rec.Calls) != 2 || rec.Duplicates != 1 {
		t.Errorf("%d calls, %d duplicates, %v", len(rec.Calls), rec.Duplicates, err)
	}
}
