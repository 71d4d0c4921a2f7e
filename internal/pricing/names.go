package pricing

import (
	"regexp"
	"strings"
)

// How a name is read. Every comparison is of whole names, in lower case: no name ever matches another's beginning, so
// gpt-4o-2024-05-13 is not gpt-4o, and claude-opus-5-5 is not claude-opus-5. Spellings are tried in this order, the
// longest first, and the first that a row has wins:
//
//  1. the name as it is: a row's id, a row's name without its provider, an alias (last, when it starts like a provider);
//  2. prefixes taken off, one at a time: an ARN up to its last slash, a provider (azure/, vertex_ai/, accounts/
//     fireworks/models/ …), an AWS region after bedrock/, a cross-region profile (us., eu., global. …), a data zone (us/,
//     eu/), the vendor in a Bedrock id (anthropic.);
//  3. at each of these, suffixes taken off: -v1:0 and the like in Bedrock ids, a date (-20260724, @20260724, -2024-08-06),
//     -latest, @default, [1m], :thinking, -thinking;
//  4. at each of these, dots and dashes taken as the same, and Claude's two word orders (claude-4.5-opus).
//
// A provider in the name binds: azure/x is never answered with another provider's price. Two hosts list their vendor's
// prices and are answered with the vendor's row where they have none: Bedrock for Claude, Vertex for Claude and Gemini.

// spelling is a name being read: what is left of it, and what was learnt from what was taken off.
type spelling struct {
	provider string // "" while any provider will do
	region   string // as in row.Regions; "" for none
	name     string
}

// spellings lists every reading of a name in the order they are tried.
func spellings(name string) []spelling {
	s := spelling{name: strings.ToLower(strings.TrimSpace(name))}
	if profile.MatchString(s.name) || vendorDot.MatchString(s.name) {
		s.provider = "bedrock" // nobody else writes a vendor and a dot
	}
	var out, last []spelling
	if s.saysProvider() {
		last = []spelling{s} // hosts have models called openai/gpt-oss-20b
	} else {
		out = s.shortened()
	}
	for range 6 {
		next, ok := s.unprefixed()
		if !ok {
			break
		}
		s = next
		out = append(out, s.shortened()...)
	}
	return append(out, last...)
}

// prefixes are how gateways and SDKs write a provider before a model.
var prefixes = []struct{ prefix, provider string }{
	{"openai/", "openai"},
	{"anthropic/", "anthropic"},
	{"google/", "google"},
	{"gemini/", "google"},
	{"models/", "google"},
	{"vertex_ai/", "vertex"},
	{"vertex/", "vertex"},
	{"google-vertex/", "vertex"},
	{"azure/", "azure"},
	{"azure_ai/", "azure-ai"},
	{"azure-ai/", "azure-ai"},
	{"bedrock/converse/", "bedrock"},
	{"bedrock_converse/", "bedrock"},
	{"amazon-bedrock/", "bedrock"},
	{"bedrock/", "bedrock"},
	{"mistral/", "mistral"},
	{"mistralai/", "mistral"},
	{"cohere/", "cohere"},
	{"cohere_chat/", "cohere"},
	{"deepseek/", "deepseek"},
	{"deepseek-ai/", "deepseek"},
	{"xai/", "xai"},
	{"x-ai/", "xai"},
	{"groq/", "groq"},
	{"together_ai/", "together"},
	{"together/", "together"},
	{"fireworks_ai/", "fireworks"},
	{"fireworks/", "fireworks"},
	{"accounts/fireworks/models/", "fireworks"},
	{"voyage/", "voyage"},
	{"cerebras/", "cerebras"},
	{"perplexity/", "perplexity"},
	{"moonshot/", "moonshot"},
	{"moonshotai/", "moonshot"},
	{"minimax/", "minimax"},
	{"zai/", "zai"},
	{"z-ai/", "zai"},
	{"jina_ai/", "jina"},
	{"jina/", "jina"},
	{"qwen/", "qwen"},
	{"dashscope/", "qwen"},
}

// saysProvider reports whether a prefix of the name is a provider.
func (s spelling) saysProvider() bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s.name, p.prefix) {
			return true
		}
	}
	return false
}

var (
	awsRegion = regexp.MustCompile(`^(us-gov|[a-z]{2})-[a-z]+-[0-9]/`)
	profile   = regexp.MustCompile(`^(us-gov|us|eu|apac|au|jp|ca|global)\.([a-z0-9]+\..+)$`)
	vendorDot = regexp.MustCompile(`^(anthropic|amazon|meta|mistral|cohere|deepseek|openai|qwen|google|minimax|zai|xai)\.(.+)$`)
)

// unprefixed takes one prefix off. The first provider named binds: vertex_ai/anthropic/x stays at Vertex.
func (s spelling) unprefixed() (spelling, bool) {
	if strings.HasPrefix(s.name, "arn:aws") && strings.Contains(s.name, ":bedrock:") {
		return spelling{"bedrock", "", s.name[strings.LastIndexByte(s.name, '/')+1:]}, strings.Contains(s.name, "/")
	}
	for _, p := range prefixes {
		if rest, ok := strings.CutPrefix(s.name, p.prefix); ok && rest != "" {
			s.name = rest
			if s.provider == "" {
				s.provider = p.provider
			}
			return s, true
		}
	}
	return s.unregioned()
}

func (s spelling) unregioned() (spelling, bool) {
	if m := awsRegion.FindStringSubmatch(s.name); m != nil && s.provider == "bedrock" {
		return spelling{s.provider, profileOf(m[0]), s.name[len(m[0]):]}, true
	}
	if m := profile.FindStringSubmatch(s.name); m != nil && (s.provider == "" || s.provider == "bedrock") {
		return spelling{"bedrock", m[1] + ".", m[2]}, true
	}
	for _, zone := range []string{"us/", "eu/"} {
		if rest, ok := strings.CutPrefix(s.name, zone); ok && s.region == "" {
			return spelling{s.provider, zone, rest}, true
		}
	}
	if m := vendorDot.FindStringSubmatch(s.name); m != nil && (s.provider == "" || s.provider == "bedrock") {
		return spelling{"bedrock", s.region, m[2]}, true
	}
	return s, false
}

// profileOf is the cross-region profile whose price an AWS region's own endpoint has.
func profileOf(region string) string {
	switch {
	case strings.HasPrefix(region, "us-gov-"):
		return "us-gov."
	case strings.HasPrefix(region, "ap-southeast-2/"):
		return "au."
	case strings.HasPrefix(region, "ap-northeast-1/"), strings.HasPrefix(region, "ap-northeast-3/"):
		return "jp."
	case strings.HasPrefix(region, "ap-"):
		return "apac."
	}
	return region[:2] + "."
}

var (
	suffix = regexp.MustCompile(`([-@]20[0-9]{6}|-20[0-9]{2}-[0-9]{2}-[0-9]{2}|-latest|@latest|@default|\[1m\]|:thinking|-thinking)$`)
	// Bedrock's version of a model's packaging, not of the model.
	bedrockVersion = regexp.MustCompile(`(-v[0-9](:[0-9])?|:[0-9])$`)
)

// shortened lists s and what is left of it as suffixes come off, longest first.
func (s spelling) shortened() []spelling {
	out := []spelling{s}
	for range 4 {
		at := suffix.FindStringIndex(s.name)
		if at == nil && s.provider == "bedrock" {
			at = bedrockVersion.FindStringIndex(s.name)
		}
		if at == nil || at[0] == 0 {
			break
		}
		s.name = s.name[:at[0]]
		out = append(out, s)
	}
	return out
}

// fold makes spellings that differ in punctuation alone the same.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '.' || r == '_' || r == '@' {
			return '-'
		}
		return r
	}, name)
}

var (
	versionFirst = regexp.MustCompile(`^claude-([0-9]{1,2}(?:-[0-9]{1,2})?)-([a-z]+)(-.*)?$`)
	versionLast  = regexp.MustCompile(`^claude-([a-z]+)-([0-9]{1,2}(?:-[0-9]{1,2})?)(-.*)?$`)
)

// reordered is a folded Claude name with version and family swapped, or "" when it is not such a name.
func reordered(folded string) string {
	if m := versionFirst.FindStringSubmatch(folded); m != nil {
		return "claude-" + m[2] + "-" + m[1] + m[3]
	}
	if m := versionLast.FindStringSubmatch(folded); m != nil {
		return "claude-" + m[2] + "-" + m[1] + m[3]
	}
	return ""
}
