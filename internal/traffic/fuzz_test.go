package traffic

import (
	"bytes"
	"cmp"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"
)

// fuzz feeds a reader with anything. It must neither panic nor fail, every call it gives must be sound and survive the
// native dialect, nothing may vanish, and the text read twice must give the same.
func fuzz(f *testing.F, dialect string, seeds ...string) {
	names, err := filepath.Glob("testdata/" + cmp.Or(dialect, "*") + "/*.[jcy]*")
	if err != nil {
		f.Fatal(err)
	}
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		src := []Source{{FS: fstest.MapFS{"f": &fstest.MapFile{Data: b}}, Path: "f", Dialect: dialect, Defaults: Defaults{Model: "d", Day: time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)}}}
		opts := Options{MaxBytes: 1 << 20}
		rec, diags, err := Read(src, opts)
		if err != nil {
			t.Fatal(err)
		}
		checkSound(t, rec)
		if rec.Lines > 0 && len(rec.Calls) == 0 && len(rec.Skipped) == 0 && len(diags) == 0 {
			t.Errorf("%d lines vanished", rec.Lines)
		}
		again, _, err := Read(src, opts)
		if err != nil || show(t, rec, diags) != show(t, again, diags) {
			t.Error("read differently the second time")
		}
	})
}

func checkSound(t *testing.T, rec *Recording) {
	t.Helper()
	var b bytes.Buffer
	for i := range rec.Calls {
		c := &rec.Calls[i]
		if err := check(c); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
		if i > 0 && compareCalls(&rec.Calls[i-1], c) > 0 {
			t.Errorf("call %d is out of order", i)
		}
		if err := WriteNative(&b, c); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if len(rec.Calls) == 0 {
		return
	}
	back, _, err := Read([]Source{{FS: fstest.MapFS{"n": &fstest.MapFile{Data: b.Bytes()}}, Path: "n", Dialect: Native}}, Options{})
	if err != nil || len(back.Calls) != len(rec.Calls) {
		t.Errorf("%d calls in the native dialect became %d, %v", len(rec.Calls), len(back.Calls), err)
	}
}

func FuzzNative(f *testing.F) { fuzz(f, Native, oneCall, oneCall+"{", `{"ts":1e99}`) }

func FuzzClaudeCode(f *testing.F) {
	f.Add([]byte(`{"message":{"usage":{"input_tokens":1}},"timestamp":"2026-01-01T00:00:00Z"}`))
	fuzz(f, ClaudeCode, `{"type":"assistant","message":"x"}`)
}

func FuzzLiteLLM(f *testing.F) {
	fuzz(f, LiteLLM, `[{"id":"a","metadata":"{\"usage_object\":1}","startTime":1e10,"prompt_tokens":1}]`)
}

func FuzzOTLP(f *testing.F) {
	fuzz(f, OTLP, `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"a","spanId":"b","parentSpanId":"b"},{"traceId":"a","spanId":"b","parentSpanId":"c"}]}]}]}`)
}

func FuzzTraceCSV(f *testing.F) {
	fuzz(f, TraceCSV, "timestamp_ms,input_tokens,output_tokens\n1,2,3\n")
}

func FuzzAnthropic(f *testing.F) {
	fuzz(f, Anthropic, `{"response":"event: x\ndata: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":1}}\n\n"}`, `{"response":[["{"],{"data":"{"}]}`)
}

func FuzzOpenAI(f *testing.F) {
	fuzz(f, OpenAI, `{"response":{"object":"response","response":{"object":"response"}}}`, `{"created":1e300,"object":"response","usage":{}}`)
}

func FuzzGemini(f *testing.F) {
	fuzz(f, Gemini, `{"usageMetadata":{},"candidates":[{}],"sdk_http_response":{"headers":{"date":["x"]}}}`)
}

func FuzzBedrock(f *testing.F) {
	fuzz(f, Bedrock, `{"modelId":"m","operation":"o","input":{},"output":{"outputBodyJson":[1]}}`, `{"metadata":{"usage":{},"metrics":{}}}`)
}

func FuzzOpenAIBatch(f *testing.F) { fuzz(f, OpenAIBatch, `{"custom_id":"a","response":{"body":{}}}`) }

func FuzzAnthropicBatch(f *testing.F) {
	fuzz(f, AnthropicBatch, `{"custom_id":"a","result":{"type":"succeeded","message":[]}}`)
}

func FuzzGeminiBatch(f *testing.F) { fuzz(f, GeminiBatch, `{"key":"a","response":"data: {}"}`) }

func FuzzBedrockBatch(f *testing.F) { fuzz(f, BedrockBatch, `{"recordId":1,"modelOutput":1}`) }

func FuzzVCR(f *testing.F) {
	fuzz(f, VCR, "interactions:\n- {request: {uri: /v1/messages}, response: {body: x, status: {code: 1e9}}}\n", "interactions: [[], *a]", "interactions:\n- response: {body: !!binary AAAAEAAAAAAAAAAAAAAAAA==}\n")
}

// FuzzDetect feeds the detection: packed or not, text or not.
func FuzzDetect(f *testing.F) {
	fuzz(f, "", "\x1f\x8b\x08\x00", "\x28\xb5\x2f\xfd\x00", "[[[{", "{\"a\":\n{")
}

// FuzzText feeds the readers of prompts. It is apart from the others because counting is slower than all they do.
func FuzzText(f *testing.F) {
	for _, dialect := range Dialects() {
		if b, err := os.ReadFile("testdata/" + dialect + "/text.jsonl"); err == nil {
			for line := range bytes.Lines(b) {
				f.Add(line)
			}
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		src := []Source{{FS: fstest.MapFS{"f": &fstest.MapFile{Data: b}}, Path: "f", Defaults: Defaults{Model: "d"}}}
		textChangesNothingElse(t, src, Options{MaxBytes: 1 << 20})
	})
}

func FuzzNativeCSV(f *testing.F) {
	fuzz(f, NativeCSV, "ts,model,input,output,vars.a\n2026-05-04T07:00:00Z,m,1,2,\"a\nb\"\n", "ts,model,input,output\n\"")
}

func FuzzLangfuse(f *testing.F) {
	fuzz(f, Langfuse, `{"data":[{"data":[{"data":[{"id":"a"}]}]}]}`, `{"batch":[{"type":"generation-update","body":{"id":"a"}}]}`, "id,type,traceId,startTime\na,GENERATION,t,1\n",
		`{"id":"a","type":"TOOL","startTime":1,"parentObservationId":"a","usageDetails":{"input":1}}`)
}

func FuzzHelicone(f *testing.F) {
	fuzz(f, Helicone, `{"data":{"heliconeRequest":[{"id":"a"}]}}`, `{"request_id":"a","request_created_at":1,"prompt_tokens":1,"requestId":"b"}`)
}

func FuzzMooncake(f *testing.F) {
	fuzz(f, Mooncake, `{"timestamp":1e20,"input_length":1,"output_length":1}`)
}
