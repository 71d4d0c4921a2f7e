package pricing

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLookupNames(t *testing.T) {
	cases := []struct{ name, want string }{
		{"claude-opus-5", "anthropic/claude-opus-5"},
		{"claude-opus-5-5", "anthropic/claude-opus-5-5"},
		{" Claude-Opus-5.5 ", "anthropic/claude-opus-5-5"},
		{"claude-5.5-opus", "anthropic/claude-opus-5-5"},
		{"claude-5-5-opus", "anthropic/claude-opus-5-5"},
		{"claude-4.5-opus", "anthropic/claude-opus-4-5"},
		{"claude-opus-5-5-20260928", "anthropic/claude-opus-5-5"},
		{"claude-opus-5-20260724", "anthropic/claude-opus-5"},
		{"claude-sonnet-4-5-20250929[1m]", "anthropic/claude-sonnet-4-5"},
		{"claude-opus-5[1m]", "anthropic/claude-opus-5"},
		{"anthropic/claude-haiku-4.5", "anthropic/claude-haiku-4-5"},
		{"claude-3-5-sonnet-latest", "anthropic/claude-3-5-sonnet-20241022"},
		{"claude-3.5-sonnet", "anthropic/claude-3-5-sonnet-20241022"},
		{"claude-sonnet-3.7", "anthropic/claude-3-7-sonnet-20250219"},
		{"claude-3.7-sonnet:thinking", "anthropic/claude-3-7-sonnet-20250219"},
		{"claude-4-opus-20250514", "anthropic/claude-4-opus-20250514"},
		{"claude-opus-5@20260724", "anthropic/claude-opus-5"},
		{"vertex_ai/claude-opus-5@20260724", "vertex/claude-opus-5"},
		{"vertex_ai/anthropic/claude-opus-5", "vertex/claude-opus-5"},
		{"vertex_ai/claude-opus-4-6@default", "vertex/claude-opus-4-6@default"},
		{"vertex_ai/claude-opus-5-5", "anthropic/claude-opus-5-5"},
		{"vertex_ai/gemini-2.5-pro", "vertex/gemini-2.5-pro"},
		{"models/gemini-2.5-pro", "google/gemini-2.5-pro"},
		{"gemini/gemini-2.5-pro", "google/gemini-2.5-pro"},
		{"anthropic.claude-opus-4-7", "bedrock/anthropic.claude-opus-4-7"},
		{"anthropic.claude-opus-4-7-v1:0", "bedrock/anthropic.claude-opus-4-7"},
		{"us.anthropic.claude-sonnet-4-5-20250929-v1:0", "bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0"},
		{"anthropic.claude-sonnet-4-5", "bedrock/anthropic.claude-sonnet-4-5-20250929-v1:0"},
		{"bedrock/converse/eu.anthropic.claude-opus-5", "bedrock/eu.anthropic.claude-opus-5"},
		{"bedrock/eu-central-1/anthropic.claude-opus-5-v1:0", "bedrock/eu.anthropic.claude-opus-5"},
		{"bedrock/ap-southeast-2/anthropic.claude-opus-5", "bedrock/au.anthropic.claude-opus-5"},
		{"bedrock/us-gov-west-1/anthropic.claude-sonnet-4-5", "bedrock/us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0"},
		{"ca.anthropic.claude-opus-5", "bedrock/ca.anthropic.claude-opus-5"},
		{"global.anthropic.claude-opus-5", "bedrock/anthropic.claude-opus-5"},
		{"us.anthropic.claude-opus-5-5-v1:0", "bedrock/us.anthropic.claude-opus-5-5"},
		{"global.anthropic.claude-opus-5-5-v1:0", "anthropic/claude-opus-5-5"},
		{"us.amazon.nova-premier-v1:0", "bedrock/us.amazon.nova-premier-v1:0"},
		{"us.meta.llama3-3-70b-instruct-v1:0", "bedrock/meta.llama3-3-70b-instruct-v1:0"},
		{"arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-opus-5-v1:0", "bedrock/us.anthropic.claude-opus-5"},
		{"gpt-4o-2024-05-13", "openai/gpt-4o-2024-05-13"},
		{"azure/gpt-4o-2024-05-13", "azure/gpt-4o-2024-05-13"},
		{"gpt-4o-2024-08-06", "openai/gpt-4o"},
		{"gpt-5-6-terra", "openai/gpt-5.6-terra"},
		{"gpt-5.6", "openai/gpt-5.6-sol"},
		{"azure/gpt-5.6", "azure/gpt-5.6"},
		{"us/gpt-6-sol", "openai/us/gpt-6-sol"},
		{"openai/eu/gpt-6-sol", "openai/eu/gpt-6-sol"},
		{"deepseek-v4-flash", "deepseek/deepseek-flash"},
		{"deepseek-r1", "deepseek/deepseek-r1"},
		{"x-ai/grok-4.7", "xai/grok-4.7"},
		{"grok-4-7", "xai/grok-4.7"},
		{"MiniMax-M2.5", "minimax/MiniMax-M2.5"},
		{"accounts/fireworks/models/glm-4p7", "fireworks/glm-4p7"},
		{"groq/openai/gpt-oss-20b", "groq/openai/gpt-oss-20b"},
		{"mistral-large-latest", "mistral/mistral-large-latest"},
		{"kimi-k2-thinking", "moonshot/kimi-k2-thinking"},
	}
	c := catalog(t)
	for _, k := range cases {
		m := lookup(t, c, k.name, now)
		if m.ID != k.want {
			t.Errorf("%q: %s, want %s", k.name, m.ID, k.want)
		}
		if again := lookup(t, c, m.ID, now); again.ID != m.ID || text(again.standard) != text(m.standard) {
			t.Errorf("%q: its id %s finds %s", k.name, m.ID, again.ID)
		}
	}
}

func TestLookupUnknown(t *testing.T) {
	cases := []struct {
		name      string
		near      []string
		ambiguous bool
	}{
		{"<synthetic>", nil, false},
		{"", nil, false},
		{"/", nil, false},
		{"claude", nil, false},
		{"bedrock/claude", nil, false},
		{"claude-opus-5-6", []string{"anthropic/claude-opus-5-5", "anthropic/claude-opus-4-6", "anthropic/claude-opus-5"}, false},
		{"claude-opsu-5-5", []string{"anthropic/claude-opus-5-5"}, false},
		{"gpt-6-sool", []string{"openai/gpt-6-sol"}, false},
		{"MiniMax-M9", []string{"minimax/MiniMax-M2"}, false},
		{"openrouter/anthropic/claude-opus-5", []string{"anthropic/claude-opus-5"}, false},
		{"azure/gpt-6-sol", []string{"openai/gpt-6-sol"}, false},
		{"eu/claude-opus-5", []string{"anthropic/claude-opus-5"}, false},
		{"azure/eu/gpt-4o", []string{"openai/gpt-4o"}, false},
		{"groq/claude-opus-5", []string{"anthropic/claude-opus-5"}, false},
		{"anthropic.claude-opus-9-v1:0", nil, false},
		{"gpt-oss-120b", []string{"azure-ai/gpt-oss-120b", "cerebras/gpt-oss-120b", "fireworks/gpt-oss-120b"}, true},
		{strings.Repeat("x", 100_000), nil, false},
	}
	c := catalog(t)
	for _, k := range cases {
		u := unknown(t, c, k.name)
		if u.Ambiguous != k.ambiguous || len(k.near) > len(u.Near) || !slices.Equal(k.near, u.Near[:len(k.near)]) {
			t.Errorf("%.40q: near %q, ambiguous %v; want %q", k.name, u.Near, u.Ambiguous, k.near)
		}
		if len(u.Error()) > 400 {
			t.Errorf("%.40q: an error of %d bytes", k.name, len(u.Error()))
		}
	}
	got := unknown(t, c, "gpt-6-sool").Error()
	if want := `model "gpt-6-sool" is not in the price catalogue; the nearest names are openai/gpt-6-sol`; !strings.HasPrefix(got, want) {
		t.Errorf("error %q", got)
	}
}

// No name matches another's beginning: a character more is another model.
func TestNoPrefixMatch(t *testing.T) {
	c := catalog(t)
	for _, r := range c.rows {
		if f, err := c.find(r.name + "-x"); err == nil && f.row.name != r.name+"-x" {
			t.Errorf("%s-x finds %s", r.name, f.row.ID)
		}
		if f, err := c.find(r.ID + "9"); err == nil && !strings.HasSuffix(r.ID, "-v1:0") {
			t.Errorf("%s9 finds %s", r.ID, f.row.ID)
		}
	}
}

// A short form of two Bedrock ids at different prices is neither's.
func TestBedrockShortFormsClash(t *testing.T) {
	rows, err := parseRows([]byte(`{"id":"bedrock/x.m-1-20260101-v1:0","mode":"chat","price":{"input":1,"output":1}}
{"id":"bedrock/x.m-1-20260201-v1:0","mode":"chat","price":{"input":2,"output":2}}
{"id":"bedrock/x.m-2-20260101-v1:0","mode":"chat","price":{"input":3,"output":3}}
{"id":"bedrock/x.m-3-v1","mode":"chat","price":{"input":3,"output":3}}`))
	if err != nil {
		t.Fatal(err)
	}
	c := &Catalog{rows: rows, index: newIndex(rows)}
	_ = unknown(t, c, "bedrock/x.m-1")
	_ = unknown(t, c, "bedrock/x.m-3") // its v1 may be the model's own
	if m := lookup(t, c, "bedrock/x.m-2", now); m.ID != "bedrock/x.m-2-20260101-v1:0" {
		t.Error(m.ID)
	}
}

func TestSpellings(t *testing.T) {
	var got []string
	for _, s := range spellings("bedrock/us-east-1/us.anthropic.claude-opus-5-20260724-v1:0") {
		got = append(got, s.provider+"|"+s.region+"|"+s.name)
	}
	want := []string{
		"bedrock||us-east-1/us.anthropic.claude-opus-5-20260724-v1:0",
		"bedrock||us-east-1/us.anthropic.claude-opus-5-20260724",
		"bedrock||us-east-1/us.anthropic.claude-opus-5",
		"bedrock|us.|us.anthropic.claude-opus-5-20260724-v1:0",
		"bedrock|us.|us.anthropic.claude-opus-5-20260724",
		"bedrock|us.|us.anthropic.claude-opus-5",
		"bedrock|us.|anthropic.claude-opus-5-20260724-v1:0",
		"bedrock|us.|anthropic.claude-opus-5-20260724",
		"bedrock|us.|anthropic.claude-opus-5",
		"bedrock|us.|claude-opus-5-20260724-v1:0",
		"bedrock|us.|claude-opus-5-20260724",
		"bedrock|us.|claude-opus-5",
		"||bedrock/us-east-1/us.anthropic.claude-opus-5-20260724-v1:0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func FuzzLookup(f *testing.F) {
	for _, s := range []string{"claude-opus-5", "us.anthropic.claude-opus-5-v1:0", "arn:aws:bedrock:x", "azure/", "[1m]", "@20260101", "us/us/us/us/gpt-4o", "\xff", "bedrock/us-east-1/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		c := catalog(t)
		m, err := c.Lookup(name, now)
		if err != nil {
			_ = unknown(t, c, name)
			return
		}
		again, err := c.Lookup(m.ID, now)
		if err != nil || again.ID != m.ID || text(again.standard) != text(m.standard) {
			t.Errorf("%q resolves to %s, which resolves to %s (%v)", name, m.ID, again.ID, err)
		}
	})
}
