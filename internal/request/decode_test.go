package request

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/token"
)

// png is a picture of 3 × 2 pixels, as far as its header.
var png = base64.StdEncoding.EncodeToString([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x03\x00\x00\x00\x02\x08\x06\x00\x00\x00\x9d\x74\x66\x1a\x00\x00\x00\x00IEND\xaeB\x60\x82"))

func TestDecode(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want Body
	}{
		"chat completions": {
			`{"model": "gpt-4o", "temperature": 1, "tool_choice": "required", "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}},
			"messages": [
				{"role": "system", "content": "a"},
				{"role": "user", "name": "Bo", "content": [{"type": "text", "text": "b"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,` + png + `", "detail": "high"}}]},
				{"role": "assistant", "content": null, "refusal": null, "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{\"x\": 1}"}}]},
				{"role": "tool", "tool_call_id": "1", "content": "c"}],
			"tools": [{"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}, "strict": true}}]}`,
			Body{Model: "gpt-4o", Forced: true, Format: []byte(`{"type": "object"}`),
				Messages: []Message{
					{Role: "system", Text: []string{"a"}},
					{Role: "user", Name: "Bo", Text: []string{"b"}, Images: []Image{{3, 2, "high"}}},
					{Role: "assistant", Text: []string{"f", `{"x": 1}`}, Calls: 1},
					{Role: "tool", Text: []string{"c"}},
				},
				Tools: []Tool{{"f", "d", []byte(`{"type": "object"}`)}}},
		},
		"functions of old": {
			`{"messages": [{"role": "assistant", "content": "", "function_call": {"name": "f", "arguments": "{}"}}], "functions": [{"name": "f", "parameters": {}}], "function_call": {"name": "f"}}`,
			Body{Forced: true, Messages: []Message{{Role: "assistant", Text: []string{"", "f", "{}"}, Calls: 1}}, Tools: []Tool{{"f", "", []byte(`{}`)}}},
		},
		"responses": {
			`{"model": "gpt-5", "instructions": "a", "text": {"format": {"type": "json_schema", "schema": {}}}, "tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}}],
			"input": [
				{"role": "user", "content": [{"type": "input_text", "text": "b"}, {"type": "input_image", "image_url": "https://example.com/x.png", "detail": "low"}]},
				{"type": "reasoning", "id": "r", "summary": [], "content": [{"type": "reasoning_text", "text": "c"}]},
				{"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"},
				{"type": "function_call_output", "call_id": "1", "output": "d"},
				{"type": "message", "role": "assistant", "id": "m", "status": "completed", "content": [{"type": "output_text", "text": "e", "annotations": []}]}]}`,
			Body{Model: "gpt-5", Format: []byte(`{}`), Tools: []Tool{{"f", "", []byte(`{"type": "object"}`)}},
				Messages: []Message{
					{Role: "system", Text: []string{"a"}},
					{Role: "user", Text: []string{"b"}, Images: []Image{{0, 0, "low"}}},
					{Role: "assistant", Text: []string{"c"}},
					{Role: "assistant", Text: []string{"f", "{}"}, Calls: 1},
					{Role: "tool", Text: []string{"d"}},
					{Role: "assistant", Text: []string{"e"}},
				}},
		},
		"responses with a string": {`{"input": "hi"}`, Body{Messages: []Message{{Role: "user", Text: []string{"hi"}}}}},
		"messages": {
			`{"model": "claude-opus-4-7", "max_tokens": 5, "system": [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}], "tool_choice": {"type": "auto"}, "thinking": {"type": "enabled", "budget_tokens": 9},
			"messages": [
				{"role": "user", "content": "b"},
				{"role": "assistant", "content": [{"type": "thinking", "thinking": "c", "signature": "s"}, {"type": "tool_use", "id": "1", "name": "f", "input": {"x":  1}}]},
				{"role": "user", "content": [
					{"type": "tool_result", "tool_use_id": "1", "content": [{"type": "text", "text": "d"}, {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "` + png + `"}}]},
					{"type": "tool_result", "tool_use_id": "2"},
					{"type": "document", "title": "e", "source": {"type": "text", "media_type": "text/plain", "data": "g"}},
					{"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "h"}]}},
					{"type": "search_result", "source": "i", "title": "j", "content": [{"type": "text", "text": "k"}]}]}],
			"tools": [{"name": "f", "description": "d", "input_schema": {"type": "object"}}]}`,
			Body{Model: "claude-opus-4-7", Tools: []Tool{{"f", "d", []byte(`{"type": "object"}`)}},
				Messages: []Message{
					{Role: "system", Text: []string{"a"}},
					{Role: "user", Text: []string{"b"}},
					{Role: "assistant", Text: []string{"c", "f", `{"x":1}`}, Calls: 1},
					{Role: "user", Text: []string{"d", "e", "g", "h", "i", "j", "k"}, Images: []Image{{3, 2, ""}}},
				}},
		},
		"type after the rest": {
			`{"messages": [{"content": [{"text": "a", "type": "text"}], "role": "user"}]}`,
			Body{Messages: []Message{{Role: "user", Text: []string{"a"}}}},
		},
		"text that is cut": {"{\"messages\": [{\"role\": \"user\", \"content\": \"\xff\\ud83d\"}]}", Body{Messages: []Message{{Role: "user", Text: []string{"\uFFFD\uFFFD"}}}}},
		"nothing said":     {`{"messages": []}`, Body{}},
	} {
		got, err := Decode([]byte(c.body))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestDecodeErrors wants the place and the name of everything that would otherwise be lost.
func TestDecodeErrors(t *testing.T) {
	user := func(part string) string {
		return `{"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}, ` + part + `]}]}`
	}
	const part = "/messages/0/content/1"
	for _, c := range []struct{ body, pointer, problem string }{
		{``, "", "not JSON"},
		{`{"messages": [}`, "/messages/0", "not JSON"},
		{`{"messages": [`, "", "not JSON"},
		{`{"messages": []} x`, "", "not JSON"},
		{`{"messages": []} {}`, "", "more follows"},
		{`{"messages": [], "messages": []}`, "/messages", "duplicate"},
		{`[]`, "", "expected an object"},
		{`{}`, "", `neither "messages" nor "input"`},
		{`{"messages": [], "input": "x"}`, "/input", "both"},
		{`{"messages": {}}`, "/messages", "array of messages"},
		{`{"messages": ["x"]}`, "/messages/0", "expected an object"},
		{`{"messages": [{"content": "x"}]}`, "/messages/0", `no "role"`},
		{`{"messages": [{"role": "user", "content": 1}]}`, "/messages/0/content", "expected a string or an array"},
		{`{"messages": [{"role": "user", "content": "x", "extra": "y"}]}`, "/messages/0/extra", `member "extra" is not known`},
		{`{"messages": [], "extra/more": [1]}`, "/extra~1more", `member "extra/more" is not known`},
		{`{"messages": [], "previous_response_id": "r"}`, "/previous_response_id", "not in the body"},
		{`{"messages": [], "mcp_servers": [{"url": "x"}]}`, "/mcp_servers", "not in the body"},
		{`{"messages": [], "tools": {}}`, "/tools", "array of tools"},
		{`{"messages": [], "tools": [{"type": "web_search"}]}`, "/tools/0", `type "web_search"`},
		{`{"messages": [], "tools": [{"type": "function", "function": {}}]}`, "/tools/0", `no "name"`},
		{`{"messages": [{"role": "assistant", "tool_calls": {}}]}`, "/messages/0/tool_calls", "array of tool calls"},
		{`{"messages": [{"role": "assistant", "tool_calls": [{"type": "odd"}]}]}`, "/messages/0/tool_calls/0", `type "odd"`},
		{`{"messages": [{"role": "assistant", "tool_calls": [{"function": {}}]}]}`, "/messages/0/tool_calls/0/function", `no "name"`},
		{`{"input": [{"type": "reasoning", "encrypted_content": "x"}]}`, "/input/0", "without its text"},
		{`{"input": [{"type": "item_reference", "id": "x"}]}`, "/input/0", `item of type "item_reference"`},
		{`{"input": [{"type": "function_call_output"}]}`, "/input/0", `no "output"`},
		{`{"messages": [{"role": "user", "name": ["x"]}]}`, "/messages/0/name", "expected a string"},
		{`{"messages": [], "tools": [{"name": "f", "description": ["x"]}]}`, "/tools/0/description", "expected a string"},
		{`{"messages": [], "model": {"name": "x"}}`, "/model", "expected a string"},
		{user(`{"type": "hologram"}`), part, `part of type "hologram" is not known`},
		{user(`{"text": "b"}`), part, `no "type"`},
		{user(`{"type": "text"}`), part, `no string "text"`},
		{user(`{"type": "text", "text": 1}`), part, `no string "text"`},
		{user(`1`), part, `no "type"`},
		{user(`{"type": "input_audio", "input_audio": {}}`), part, `"input_audio" cannot be told`},
		{user(`{"type": "redacted_thinking", "data": "x"}`), part, `"redacted_thinking" cannot be told`},
		{user(`{"type": "document", "source": {"type": "base64", "media_type": "application/pdf"}}`), part, `source of type "base64"`},
		{user(`{"type": "document"}`), part, `source of type ""`},
	} {
		_, err := Decode([]byte(c.body))
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%s: error %v, want a Error", c.body, err)
			continue
		}
		if e.Pointer != c.pointer && !strings.Contains(c.problem, "JSON") || !strings.Contains(e.Problem, c.problem) {
			t.Errorf("%s: at %q: %s; want %q: %s", c.body, e.Pointer, e.Problem, c.pointer, c.problem)
		}
		if e.Offset < 0 || e.Offset > int64(len(c.body)) {
			t.Errorf("%s: offset %d", c.body, e.Offset)
		}
	}
}

// TestErrorOffset points at the first byte of the value.
func TestErrorOffset(t *testing.T) {
	body := `{ "messages" : [ {"role": "user", "content": [ {"type": "hologram"} ] } ] }`
	_, err := Decode([]byte(body))
	var e *Error
	if !errors.As(err, &e) || !strings.HasPrefix(body[e.Offset:], `{"type": "hologram"}`) {
		t.Errorf("%v", err)
	}
	if got := err.Error(); got != `request body at /messages/0/content/0: part of type "hologram" is not known` {
		t.Error(got)
	}
}

func TestDecodeMessages(t *testing.T) {
	got, err := DecodeMessages([]byte(`[{"role": "user", "content": "a"}, {"role": "assistant", "content": ["b", {"type": "text", "text": "c"}]}]`))
	want := []Message{{Role: "user", Text: []string{"a"}}, {Role: "assistant", Text: []string{"b", "c"}}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	var e *Error
	if _, err := DecodeMessages([]byte(`[{"role": "user", "content": [{"type": "x"}]}]`)); !errors.As(err, &e) || e.Pointer != "/0/content/0" {
		t.Errorf("%v", err)
	}
}

// TestContent counts "hi" and its like by hand: one token each.
func TestContent(t *testing.T) {
	r, err := Decode([]byte(`{"messages": [{"role": "user", "name": "Bo", "content": "hi there"}, {"role": "user", "content": [{"type": "text", "text": "日本語"}, {"type": "image_url", "image_url": {"url": "u"}}]}],
		"tools": [{"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type":   "object"}}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := token.Content{Messages: 2, Tools: 1, Images: 1}
	for class, n := range map[token.Class]int64{
		token.Prose: 1 + 2 + 1 + 1, // Bo, hi there, f, d
		token.CJK:   2,             // 日本 and 語
		token.JSON:  5,             // {"type":"object"}
	} {
		want.Text[slices.Index(token.Classes(), class)] = n
	}
	if diff := cmp.Diff(want, r.Content()); diff != "" {
		t.Error(diff)
	}
}

// TestImageSize reads the headers of each format, and nothing of what is no picture or is cut.
func TestImageSize(t *testing.T) {
	riff := func(kind, data string) string {
		return "RIFF\x00\x00\x00\x00WEBP" + kind + "\x00\x00\x00\x00" + data + strings.Repeat("\x00", 20)
	}
	for name, c := range map[string]struct {
		bytes string
		w, h  int
	}{
		"gif":      {"GIF89a\x05\x00\x04\x00\x00\x00\x00", 5, 4},
		"jpeg":     {"\xff\xd8\xff\xc0\x00\x0b\x08\x00\x06\x00\x07\x01\x01\x11\x00\xff\xda\x00\x08", 7, 6},
		"webp":     {riff("VP8 ", "\x00\x00\x00\x9d\x01\x2a\x09\x40\x08\x80"), 9, 8}, // the two top bits are a scale
		"lossless": {riff("VP8L", "\x2f\x0a\x40\x02\x00"), 11, 10},                   // 10, and 9 × 2^14
		"extended": {riff("VP8X", "\x00\x00\x00\x00\x0c\x00\x00\x0b\x01\x00"), 13, 268},
		"cut webp": {"RIFF\x00\x00\x00\x00WEBPVP8X", 0, 0},
		"other":    {riff("ALPH", ""), 0, 0},
		"text":     {"no picture at all, but long enough to be one, one would think", 0, 0},
		"nothing":  {"", 0, 0},
	} {
		data := base64.StdEncoding.EncodeToString([]byte(c.bytes))
		if w, h := urlSize("data:image/x;base64," + data); w != c.w || h != c.h {
			t.Errorf("%s: %d × %d, want %d × %d", name, w, h, c.w, c.h)
		}
	}
	for _, url := range []string{"", "data:", "data:image/png,abc", "https://example.com/a,b", "data:image/png;base64,%%%"} {
		if w, h := urlSize(url); w != 0 || h != 0 {
			t.Errorf("%q: %d × %d", url, w, h)
		}
	}
}

// FuzzDecode wants a request or a placed error of any bytes, text that is valid, and counts that are not
// negative whatever stands in schemas and images.
func FuzzDecode(f *testing.F) {
	for _, body := range []string{jargon, weather, scientist, forecast, `{"input": "hi"}`, `{"messages": [{"role": "user", "content": [{"type": "image", "source": {"data": "` + png + `"}}]}]}`,
		`{"messages": [], "tools": [{"name": "f", "input_schema": {"properties": {"a": true, "b": {"enum": [1], "items": {}}}}}]}`, "{\"\xff\": 1", `{"messages":[{"role":"a","content":"\ud800"}]}`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := Decode(body)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Offset < 0 || e.Offset > int64(len(body)) || e.Problem == "" {
				t.Fatalf("%#v", err)
			}
			return
		}
		for _, m := range r.Messages {
			for _, text := range m.Text {
				if !utf8.ValidString(text) {
					t.Fatalf("%q", text)
				}
			}
		}
		if len(body) > 4096 {
			return
		}
		for _, family := range []string{"o200k_base", "o200k_harmony", "claude-4.7", "gemini"} {
			c, _ := token.For(family)
			got := Count(c, r)
			for _, e := range []token.Estimate{got.Text, got.Frame, got.Tools, got.Format, got.Images, got.Total} {
				if e.Tokens < 0 || e.RelativeError < 0 || e.Method == "" && e.Tokens > 0 {
					t.Fatalf("%s: %+v", family, e)
				}
			}
		}
	})
}
