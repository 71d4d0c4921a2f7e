package traffic

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/token"
)

// shared finds the folder of real files beside the project: they are not part of it.
func shared(t *testing.T, name string) (root, path string) {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the package")
		}
	}
	root = filepath.Join(dir, "..", "shared")
	if _, err := os.Stat(filepath.Join(root, name)); err != nil {
		t.Skip("shared samples not present: " + name)
	}
	return root, name
}

type totals struct {
	Calls, Lines, Duplicates, Bounds, Bad int64
	Usage                                 token.Usage
}

func sum(rec *Recording) totals {
	t := totals{Calls: int64(len(rec.Calls)), Lines: rec.Lines, Duplicates: rec.Duplicates}
	for _, c := range rec.Calls {
		t.Usage = t.Usage.Add(c.Usage)
		if c.OutputIsBound {
			t.Bounds++
		}
	}
	for _, s := range rec.Skipped {
		if s.Bad {
			t.Bad += s.Count
		}
	}
	return t
}

// TestSamples reads real files. The totals were computed apart, by a script that shares no code with the readers.
func TestSamples(t *testing.T) {
	const claude, otlp, batches = "formats/samples/claude-code-jsonl/", "formats/samples/otlp/", "formats/samples/batch/"
	const answers = "formats/samples/provider-responses/anthropic__"
	const cassettes = "formats/samples/vcr-cassettes/"
	for _, c := range []struct {
		name, dialect string
		want          totals
	}{
		{otlp + "tempo_export_with_batches.json", OTLP, totals{Calls: 2, Lines: 1, Usage: token.Usage{Input: 4648, Output: 129}}},
		{otlp + "jaeger_helm.json", OTLP, totals{Calls: 2, Lines: 5333, Usage: token.Usage{Input: 1820 + 1956 - 1792, CacheRead: 1792, Output: 130}}},
		{otlp + "jaeger_k8s.json", OTLP, totals{Calls: 1, Lines: 3908, Usage: token.Usage{Input: 2203 - 1792, CacheRead: 1792, Output: 139}}},
		{otlp + "file-exporter-spec-spans.jsonl", OTLP, totals{Lines: 4}},
		{otlp + "file-exporter-spec-metrics.jsonl", OTLP, totals{Lines: 4}},
		{otlp + "proto-example-trace.json", OTLP, totals{Lines: 51}},
		{"formats/samples/litellm/spend_logs_payload.json", LiteLLM, totals{Calls: 1, Lines: 33, Usage: token.Usage{Input: 10, Output: 20}}},
		{"formats/samples/litellm/standard_logging_payload.json", LiteLLM, totals{Calls: 1, Lines: 179, Usage: token.Usage{Input: 10, Output: 20}}},
		{claude + "sniffly__ba79134d-b6e9-4867-af0c-6941038c9e4b.jsonl", ClaudeCode,
			totals{Calls: 24, Lines: 76, Duplicates: 16, Bounds: 21, Usage: token.Usage{Input: 91, CacheRead: 503769, CacheWrite5m: 16072, Output: 2266}}},
		{claude + "sniffly__fed8ce56-bc79-401f-a83e-af084253362f.jsonl", ClaudeCode,
			totals{Calls: 4, Lines: 21, Duplicates: 6, Bounds: 4, Usage: token.Usage{Input: 88, CacheRead: 44544, CacheWrite5m: 16000, Output: 278}}},
		{claude + "sniffly__ff71dbed-a4f2-4284-a4fc-fe2fb90de929.jsonl", ClaudeCode, totals{Lines: 1}},
		{claude + "claude-code-log__test_test_data_edge_cases.jsonl", ClaudeCode, totals{Calls: 4, Lines: 19, Bounds: 1, Usage: token.Usage{Input: 488, Output: 435}}},
		{claude + "claude-code-log__test_test_data_representative_messages.jsonl", ClaudeCode, totals{Calls: 5, Lines: 12, Usage: token.Usage{Input: 218, Output: 445}}},
		{claude + "ccusage__apps_ccusage_test_test-transcript.jsonl", ClaudeCode, totals{Lines: 4, Bad: 2}},
		{claude + "ccusage__apps_ccusage_test_fixtures_codex_sessions_project-alpha_session-alpha.jsonl", "", totals{}},
		{"formats/samples/traces/azure_code_first500.csv", TraceCSV, totals{Calls: 499, Lines: 499, Usage: token.Usage{Input: 1080792, Output: 12026}}},
		{"formats/samples/traces/azure_conv_first500.csv", TraceCSV, totals{Calls: 499, Lines: 499, Usage: token.Usage{Input: 466651, Output: 132116}}},
		{batches + "anthropic_batch_results_docs.jsonl", AnthropicBatch, totals{Calls: 2, Lines: 2, Usage: token.Usage{Input: 21, Output: 70}}},
		{batches + "groq_batch_output.jsonl", OpenAIBatch, totals{Calls: 3, Lines: 3, Usage: token.Usage{Input: 55 + 75 + 48, Output: 76 + 2003 + 12}}},
		{answers + "092be1de-d3f8-4c22-a4ea-a7ad54689836.json", Anthropic, totals{Calls: 2, Lines: 317, Usage: token.Usage{Input: 3182, Output: 237}}},
		{answers + "924cfccc-c863-44ed-9838-c36b37416eaf.json", Anthropic, totals{Calls: 1, Lines: 106, Usage: token.Usage{Input: 249, Output: 26}}},
		{answers + "9381e2b7-7fa1-46f7-9f78-46dc8431ea9d.json", Anthropic, totals{Calls: 1, Lines: 67, Usage: token.Usage{Input: 135, Output: 10}}},
		{answers + "a8b7dbb8-2321-4624-abdb-7ba2136b5c38.json", Anthropic, totals{Calls: 1, Lines: 210, Usage: token.Usage{Input: 135, Output: 10}}},
		{answers + "bd7029d5-d8d4-4e06-be3a-2ac9c60803a6.json", Anthropic, totals{Calls: 1, Lines: 130, Usage: token.Usage{Input: 406, Output: 50}}},
		{answers + "c11eefc7-fff0-4466-8453-42eef73b8876.json", Anthropic, totals{Calls: 1, Lines: 106, Usage: token.Usage{Input: 249, Output: 26}}},
		{answers + "d7092a7d-b723-4470-8fb0-da138cd103a1.json", Anthropic, totals{Calls: 1, Lines: 103, Usage: token.Usage{Input: 222, Output: 14}}},
		{answers + "d743d628-16aa-4c9f-ae78-51deb578f746.json", Anthropic, totals{Calls: 1, Lines: 354, Usage: token.Usage{Input: 406, Output: 50}}},
		{cassettes + "anthropic-sdk-go__tool_runner_basic.yaml", VCR, totals{Calls: 2, Lines: 177, Usage: token.Usage{Input: 402 + 514, Output: 89 + 19}}},
		{cassettes + "anthropic-sdk-go__tool_runner_streaming_all.yaml", VCR, totals{Calls: 2, Lines: 242, Usage: token.Usage{Input: 397 + 509, Output: 89 + 19}}},
		{cassettes + "openllmetry__test_anthropic_prompt_caching_async_legacy.yaml", VCR, totals{Calls: 2, Lines: 364, Usage: token.Usage{Input: 8, CacheRead: 1165, CacheWrite5m: 1165, Output: 207 + 224}}},
		{cassettes + "openllmetry__test_anthropic_prompt_caching_async_stream_legacy.yaml", VCR, totals{Calls: 2, Lines: 616, Usage: token.Usage{Input: 8, CacheRead: 1167, CacheWrite5m: 1167, Output: 289 + 256}}},
		{cassettes + "openllmetry__test_titan_converse_guardrail.yaml", VCR, totals{Calls: 1, Lines: 51, Usage: token.Usage{Input: 28, Output: 26}}},
		{cassettes + "openllmetry__test_titan_converse_stream_guardrail.yaml", VCR, totals{Calls: 1, Lines: 87, Usage: token.Usage{Input: 28, Output: 22}}},
		{cassettes + "openllmetry__test_titan_invoke_model_guardrail.yaml", VCR, totals{Calls: 1, Lines: 83, Usage: token.Usage{Input: 28, Output: 197}}},
		{batches + "groq_batch_input.jsonl", "", totals{}},
		{batches + "openai_batch_input_small.jsonl", "", totals{}},
		{batches + "bedrock_batch_completions_first20.jsonl", "", totals{}},
		{batches + "vertex_batch_completions.jsonl", "", totals{}},
		{"formats/samples/claude-stats-cache/AjayIrkal23__agentic-mercy-10x.json", "", totals{}},
		{"data/traces/azure2023_code.csv.gz", TraceCSV, totals{Calls: 8819, Lines: 8819, Usage: token.Usage{Input: 18059974, Output: 245896}}},
		{"data/traces/mooncake_conversation.csv.gz", TraceCSV, totals{Calls: 12031, Lines: 12031, Usage: token.Usage{Input: 144793823, Output: 4122048}}},
		{"formats/samples/traces/mooncake_conversation_first300.jsonl", Mooncake, totals{Calls: 300, Lines: 300, Usage: token.Usage{Input: 4269971, Output: 113079}}},
		{"formats/samples/traces/mooncake_synthetic_first100.jsonl", Mooncake, totals{Calls: 100, Lines: 100, Usage: token.Usage{Input: 1313850, Output: 17729}}},
		{"data/traces/hourly_servegen_dev.csv.gz", "", totals{}},
	} {
		t.Run(filepath.Base(c.name), func(t *testing.T) {
			root, path := shared(t, c.name)
			rec, diags, err := Read([]Source{{FS: os.DirFS(root), Path: path, Defaults: Defaults{Model: "trace-model", Day: time.Date(2026, 2, 25, 0, 0, 0, 0, time.UTC)}}}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := rec.Files[0].Dialect; got != c.dialect || (got == "") != diags.HasErrors() {
				t.Errorf("dialect %q, want %q; %s", got, c.dialect, told(diags))
			}
			if diff := gocmp.Diff(c.want, sum(rec)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestSampleSessions reads all transcripts at once, twice over: a copy of the folder in the folder adds nothing.
func TestSampleSessions(t *testing.T) {
	root, dir := shared(t, "formats/samples/claude-code-jsonl")
	names, err := filepath.Glob(filepath.Join(root, dir, "*.jsonl"))
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	var srcs []Source
	for _, n := range names {
		s := Source{FS: os.DirFS(filepath.Join(root, dir)), Path: filepath.Base(n), Dialect: ClaudeCode, Defaults: Defaults{Model: "x"}}
		srcs = append(srcs, s)
		s.Name = "copy of " + s.Path
		srcs = append(srcs, s)
	}
	rec, _, err := Read(srcs, Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := sum(rec)
	if got.Calls != 48 || got.Bounds != 36 {
		t.Errorf("%d calls, %d bounds; want 48, 36", got.Calls, got.Bounds)
	}
	if diff := gocmp.Diff(token.Usage{Input: 2350, CacheRead: 548423, CacheWrite5m: 32162, Output: 4012}, got.Usage); diff != "" {
		t.Error(diff)
	}
}

// TestSamplePrompts counts the prompts of real calls. Messages and tools were counted by eye; the text is near to what was
// billed, but not equal to it: frames come on top of it, and OpenAI writes tools shorter than JSON.
func TestSamplePrompts(t *testing.T) {
	type size struct{ Messages, Tools int64 }
	for name, want := range map[string][]size{
		"otlp/tempo_export_with_batches.json":   {{2, 10}, {4, 10}},
		"otlp/jaeger_helm.json":                 {{2, 9}, {4, 9}},
		"otlp/jaeger_k8s.json":                  {{2, 18}},
		"litellm/spend_logs_payload.json":       nil,
		"litellm/standard_logging_payload.json": {{1, 0}},
	} {
		t.Run(filepath.Base(name), func(t *testing.T) {
			root, path := shared(t, "formats/samples/"+name)
			rec, _, err := Read([]Source{{FS: os.DirFS(root), Path: path}}, Options{Text: true})
			if err != nil {
				t.Fatal(err)
			}
			var got []size
			for _, c := range rec.Calls {
				if c.Prompt == nil {
					continue
				}
				got = append(got, size{c.Prompt.Messages, c.Prompt.Tools})
				var text int64
				for _, n := range c.Prompt.Text {
					text += n
				}
				if billed := c.Usage.Prompt(); billed > 100 && (text < billed*9/10 || text > billed*12/10) {
					t.Errorf("%s: %d tokens of text, %d billed", c.ID, text, billed)
				}
			}
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
