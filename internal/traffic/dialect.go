package traffic

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tokengate/tokengate/internal/parquet"
	"github.com/tokengate/tokengate/internal/source"
)

// The names of the dialects.
const (
	Native     = "native"      // tokengate's own JSONL
	ClaudeCode = "claude-code" // session transcripts
	LiteLLM    = "litellm"     // standard logging payloads and spend-log rows
	OTLP       = "otlp"        // GenAI spans, log events and metrics as OTLP/JSON
	Anthropic  = "anthropic"   // Messages responses
	OpenAI     = "openai"      // Chat Completions and Responses
	Gemini     = "gemini"      // generateContent responses, Vertex's as well
	Bedrock    = "bedrock"     // Converse responses and invocation logs

	OpenAIBatch    = "openai-batch"    // output and error files, Groq's and LiteLLM's as well
	AnthropicBatch = "anthropic-batch" // results of message batches
	GeminiBatch    = "gemini-batch"    // output of the Gemini API's and of Vertex's batches
	BedrockBatch   = "bedrock-batch"   // output of batch inference

	VCR       = "vcr"        // cassettes of vcrpy and go-vcr
	NativeCSV = "native-csv" // the same as a table
	Langfuse  = "langfuse"   // observations, traces and ingestion batches, as JSON, JSON lines and CSV
	Helicone  = "helicone"   // requests, as JSON, JSON lines and CSV
	TraceCSV  = "trace-csv"  // inference traces as CSV
	Mooncake  = "mooncake"   // Mooncake's traces as JSON lines
	Parquet   = "parquet"    // the native keys as columns
)

// dialect reads one format. looksFor finishes the sentence "looked for …".
type dialect struct {
	name     string
	looksFor string
	detect   func(h head) bool
	read     func(f *file, in *input) error
}

// dialects are tried in this order.
func dialects() []dialect {
	return []dialect{
		{Native, `JSON lines with "ts", "model" and "usage"`, isNative, readNative},
		{VCR, `cassettes of vcrpy or go-vcr with "interactions"`, isVCR, readVCR},
		{NativeCSV, `CSV with the columns "ts", "model", "input" and "output"`, isNativeCSV, readNativeCSV},
		{Langfuse, `Langfuse observations with "id", "traceId", "type" and "startTime", alone or in "data", "observations" or "batch"`, isLangfuse, readLangfuse},
		{Helicone, `Helicone requests with "request_id" and "request_created_at"`, isHelicone, readHelicone},
		{ClaudeCode, `Claude Code lines with "sessionId" or "message.usage"`, isClaudeCode, readClaudeCode},
		{LiteLLM, `LiteLLM objects with "call_type"`, isLiteLLM, readLiteLLM},
		{OTLP, `OTLP objects with "resourceSpans", "resourceLogs", "resourceMetrics" or "batches", spans with "context", "spanContext" or "traceId", or Jaeger's with "data" and "traceID"`, isOTLP, readOTLP},
		{OpenAIBatch, `OpenAI batch output with "custom_id" and "response"`, isOpenAIBatch, readOpenAIBatch},
		{AnthropicBatch, `Anthropic batch results with "custom_id" and "result"`, isAnthropicBatch, readAnthropicBatch},
		{GeminiBatch, `Gemini batch output with "key" and "response", or "response" and "processed_time"`, isGeminiBatch, readGeminiBatch},
		{BedrockBatch, `Bedrock batch output with "recordId" and "modelOutput"`, isBedrockBatch, readBedrockBatch},
		{Anthropic, `Anthropic messages with "usage", by themselves or as "response"`, isAnthropic, readResponses},
		{OpenAI, `OpenAI responses with "usage"`, isOpenAI, readResponses},
		{Gemini, `Gemini responses with "usageMetadata"`, isGemini, readResponses},
		{Bedrock, `Bedrock responses with "usage.inputTokens", or invocation logs with "modelId"`, isBedrock, readResponses},
		{TraceCSV, `CSV with the header "` + strings.Join(traceHeaders(), `" or "`) + `"`, isTraceCSV, readTraceCSV},
		{Mooncake, `Mooncake lines with "timestamp", "input_length" and "output_length"`, isMooncake, readMooncake},
		{Parquet, `Parquet files with the native keys as columns`, isParquet, readParquet},
	}
}

// Dialects lists the names a Source may give.
func Dialects() []string {
	var names []string
	for _, d := range dialects() {
		names = append(names, d.name)
	}
	return names
}

// pick finds the dialect of a file by name or content, and refuses what cannot be traffic.
func pick(name string, in *input) (dialect, error) {
	b, err := in.Peek(headSize)
	if len(b) == 0 && err != nil && !errors.Is(err, io.EOF) {
		return dialect{}, err
	}
	var h head
	switch isMagic := bytes.HasPrefix(b, []byte(parquet.Magic)); {
	case !isMagic:
		if err := refuseHead(b); err != nil {
			return dialect{}, err
		}
		h = look(b)
	case name == "" || name == Parquet:
		h = head{text: parquet.Magic}
	default:
		return dialect{}, &fileError{rule: ruleBinary, summary: "the recording is a Parquet file", hint: "leave its dialect out, or set it to " + Parquet}
	}
	var looked []string
	for _, d := range dialects() {
		if d.name == name || name == "" && d.detect(h) {
			return d, nil
		}
		looked = append(looked, d.looksFor)
	}
	if name != "" {
		return dialect{}, unknownDialect(name)
	}
	e := &fileError{rule: ruleDialect, summary: "the format of the recording is not known; looked for " + strings.Join(looked, ", "), hint: "name it with dialect: …, or convert it to the native form"}
	if h.has("spend", "models") {
		e.hint = "these are daily sums: ask LiteLLM for rows with /spend/logs?summarize=false"
	}
	if e := beside(h); e != nil {
		return dialect{}, e
	}
	return dialect{}, e
}

func unknownDialect(name string) error {
	hint := source.DidYouMean(name, Dialects(), "write one of "+strings.Join(Dialects(), ", "))
	return &fileError{rule: ruleDialect, summary: fmt.Sprintf("there is no dialect %q", name), hint: hint}
}

// magics are the beginnings of files that hold no text.
var magics = []struct{ begins, rule, summary, hint string }{
	{"version https://git-lfs.github.com/spec/", rulePointer, "the recording is a Git LFS pointer, not its content", "run git lfs pull"},
	{"\xff\xfe", ruleEncoding, "the recording is UTF-16", "convert it: iconv -f UTF-16 -t UTF-8"},
	{"\xfe\xff", ruleEncoding, "the recording is UTF-16", "convert it: iconv -f UTF-16 -t UTF-8"},
	{"PK\x03\x04", ruleBinary, "the recording is a zip archive", "unpack it"},
}

// refuseHead says why the beginning of a file shows that it is no traffic, if it does.
func refuseHead(b []byte) error {
	for _, m := range magics {
		if bytes.HasPrefix(b, []byte(m.begins)) {
			return &fileError{rule: m.rule, summary: m.summary, hint: m.hint}
		}
	}
	b = bytes.TrimPrefix(b, utf8BOM)
	if len(bytes.TrimSpace(b)) == 0 && len(b) < headSize {
		return errEmpty
	}
	line, _, _ := bytes.Cut(bytes.TrimSpace(b), []byte("\n"))
	if bytes.ContainsFunc(line, func(r rune) bool { return r < ' ' && r != '\t' && r != '\r' }) {
		return &fileError{rule: ruleBinary, summary: "the recording is not text", hint: "export it as JSON lines; OTLP as JSON, not protocol buffers"}
	}
	return nil
}

var errEmpty = errors.New("empty file")

// notUTF8 is the error of a text that turns into another encoding, as tools that append in UTF-16 leave it.
func notUTF8(line int) error {
	return &fileError{rule: ruleEncoding, summary: "the recording changes its encoding or holds binary data", line: line, hint: "write it as UTF-8 throughout", midway: true}
}

// head is what the beginning of a file looks like: the first line, and the keys of the first objects.
type head struct {
	line    string
	text    string            // the first kilobytes
	objects []map[string]bool // by "key" and "key.key"
}

// has tells whether any one object has all the keys.
func (h head) has(keys ...string) bool {
	for _, o := range h.objects {
		n := 0
		for _, k := range keys {
			if o[k] {
				n++
			}
		}
		if n == len(keys) {
			return true
		}
	}
	return false
}

// look reads keys from as much of the beginning as is there; the last object may be cut off, and lines may be broken.
func look(b []byte) head {
	b = bytes.TrimPrefix(b, utf8BOM)
	line, _, _ := bytes.Cut(b, []byte("\n"))
	h := head{line: strings.TrimSpace(string(line[:min(len(line), 200)])), text: string(b[:min(len(b), 4<<10)])}
	for len(b) > 0 && len(h.objects) < 64 {
		o, n := lookAt(b)
		if len(o) > 0 {
			h.objects = append(h.objects, o)
		}
		if n > 0 {
			b = b[n:]
			continue
		}
		_, b, _ = bytes.Cut(b, []byte("\n"))
	}
	return h
}

// lookAt reads the keys of one object, one level deep beside the top. n is where it ends: 0 when it is broken, and the
// whole length when it goes on beyond what there is to look at.
func lookAt(b []byte) (keys map[string]bool, n int) {
	trimmed := bytes.TrimLeft(b, " \t\r\n[,")
	d := jsontext.NewDecoder(bytes.NewBuffer(trimmed), foreign)
	keys = map[string]bool{}
	switch err := lookInto(d, "", keys); {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		keys[cutOff] = true
		return keys, len(b)
	case err != nil:
		return keys, 0
	}
	return keys, int(d.InputOffset()) + len(b) - len(trimmed)
}

func lookInto(d *jsontext.Decoder, prefix string, keys map[string]bool) error {
	t, err := d.ReadToken()
	if err != nil {
		return err
	}
	if t.Kind() != '{' {
		return errors.New("not an object")
	}
	for d.PeekKind() == '"' {
		if t, err = d.ReadToken(); err != nil {
			return err
		}
		name := prefix + t.String()
		keys[name] = true
		if err = lookBehind(d, name, keys); err != nil {
			return err
		}
	}
	_, err = d.ReadToken()
	return err
}
